// Opens chests: what is in them is drawn from weighted tables in constant time (Walker's alias method), rare things sooner or later.
#include "mod.h"

enum { ITEMS = 64, CHESTS = 8, RARE = 60, PATIENCE = 400 };

static u16 share[ITEMS]; // of 1024: how often a column stands for itself
static u8 other[ITEMS];  // what it stands for else
static u32 owned[ITEMS];
static u32 opened, since_rare;
static u8 is_ready;

static u32 left[ITEMS];

static void take(u32 poor, u32 rich) {
    share[poor] = (u16)left[poor];
    other[poor] = (u8)rich;
    left[rich] -= 1024 - left[poor];
}

// Weights fall from 64 to 1. What the poorest column lacks the richest gives; when that lacks something too, the next gives.
static void prepare(void) {
    for (u32 i = 0; i < ITEMS; i++) {
        left[i] = (ITEMS - i) * 1024 * ITEMS / (ITEMS * (ITEMS + 1) / 2);
        share[i] = 1024;
    }
    u32 rich = 0;
    for (u32 last = ITEMS - 1; rich < last && left[last] < 1024 && left[rich] >= 1024; last--) {
        take(last, rich);
        for (; left[rich] < 1024 && rich + 1 < last && left[rich + 1] >= 1024; rich++) take(rich, rich + 1);
    }
    is_ready = 1;
}

static void open_chest(u32 luck) {
    u32 column = luck % ITEMS;
    u32 item = (luck >> 6) % 1024 < share[column] ? column : other[column];
    if (++since_rare > PATIENCE) item = RARE + luck % (ITEMS - RARE);
    if (item >= RARE) since_rare = 0;
    owned[item]++;
    opened++;
}

EXPORT(tick) void tick(float dt) {
    if (!is_ready) prepare();
    u32 luck = draw();
    for (u32 i = 0; i < CHESTS; i++) {
        luck = luck * 1664525 + 1013904223;
        open_chest(luck >> 8);
    }
    move(0, (float)since_rare * dt);
    if (owned[ITEMS - 1] > 0 && opened % 4096 == 0) say("legendary!", 10);
}
