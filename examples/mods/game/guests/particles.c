// A fountain: 48 particles that rise, fall, bounce, and are thrown again when they are old.
#include "mod.h"

enum { COUNT = 48 };

static struct { float x, y, dx, dy; i32 age; } all[COUNT];
static u32 thrown;

static void throw_again(u32 i, u32 luck) {
    all[i].x = all[i].y = 0;
    all[i].dx = (float)(i32)(luck & 255) / 64.0f - 2.0f;
    all[i].dy = 6.0f + (float)(luck >> 8 & 255) / 128.0f;
    all[i].age = 60 + (luck >> 16 & 127);
    thrown++;
}

EXPORT(tick) void tick(float dt) {
    u32 luck = draw();
    float x = 0, y = 0;
    for (u32 i = 0; i < COUNT; i++) {
        if (--all[i].age <= 0) throw_again(i, luck * (2 * i + 1));
        all[i].dy -= 9.81f * dt;
        all[i].x += all[i].dx * dt;
        all[i].y += all[i].dy * dt;
        if (all[i].y < 0) {
            all[i].y = -all[i].y;
            all[i].dy *= -0.6f;
        }
        x += all[i].x;
        y += all[i].y;
    }
    move(x * dt / COUNT, y * dt / COUNT);
}
