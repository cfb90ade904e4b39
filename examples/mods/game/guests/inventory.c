// A bag of 40 things: some are found, some are used up, and the bag is kept sorted by kind, quality and number.
#include "mod.h"

enum { SLOTS = 40 };

static u32 bag[SLOTS]; // kind << 16 | quality << 8 | number
static u32 swaps, turns;

// Insertion sort, greatest first: little has changed since it was sorted last.
static void sort(void) {
    for (u32 i = 1; i < SLOTS; i++) {
        u32 thing = bag[i], at = i;
        for (; at > 0 && bag[at - 1] < thing; at--, swaps++) bag[at] = bag[at - 1];
        bag[at] = thing;
    }
}

// Things of the same kind and quality share a slot, as far as they fit.
static void stack_up(void) {
    for (u32 i = 1; i < SLOTS; i++) {
        u32 sum = (bag[i - 1] & 255) + (bag[i] & 255);
        if (bag[i] && bag[i] >> 8 == bag[i - 1] >> 8 && sum <= 64) {
            bag[i - 1] = (bag[i] & ~255u) | sum;
            bag[i] = 0;
        }
    }
}

EXPORT(tick) void tick(float dt) {
    for (u32 found = 0; found < 2; found++) {
        u32 luck = draw();
        bag[luck % SLOTS] = (luck >> 8 & 7) << 16 | (luck >> 12 & 3) << 8 | (1 + (luck >> 16 & 7));
    }
    u32 used = turns++ % SLOTS;
    if (bag[used] & 255) bag[used]--;
    sort();
    stack_up();
    move(dt * (float)(bag[0] & 255), 0);
}
