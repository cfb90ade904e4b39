// Conway's game of life on a world of 32 by 32 cells that is round in both directions; 32 cells are added at once.
#include "mod.h"

enum { SIZE = 32, PATIENCE = 256 };

static u32 world[SIZE], next[SIZE];
static u32 generation, last_change;

static u32 west(u32 row) { return row << 1 | row >> 31; }
static u32 east(u32 row) { return row >> 1 | row << 31; }

static void scatter(void) {
    u32 luck = draw();
    for (u32 y = 0; y < SIZE; y++) {
        luck = luck * 1664525 + 1013904223;
        world[y] = luck & luck >> 7;
    }
    last_change = generation;
}

static void step(void) {
    u32 changed = 0;
    for (u32 y = 0; y < SIZE; y++) {
        u32 above = world[(y + SIZE - 1) % SIZE], here = world[y], below = world[(y + 1) % SIZE];
        u32 rows[8] = {west(above), above, east(above), west(here), east(here), west(below), below, east(below)};
        // Bits of the number of neighbours; from four on it does not matter how many.
        u32 ones = 0, twos = 0, more = 0;
        for (u32 i = 0; i < 8; i++) {
            u32 carry = ones & rows[i];
            ones ^= rows[i];
            more |= twos & carry;
            twos ^= carry;
        }
        next[y] = twos & ~more & (ones | here);
        changed |= next[y] ^ here;
    }
    for (u32 y = 0; y < SIZE; y++) world[y] = next[y];
    if (changed) last_change = generation;
}

EXPORT(tick) void tick(float dt) {
    generation++;
    if (generation % PATIENCE == 1 || generation - last_change > 8) scatter();
    step();
    move((float)__builtin_popcount(world[0]) * dt, (float)(time_ms() & 1) * dt);
}
