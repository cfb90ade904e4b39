// Draws a map of 64 by 64 cells: roads as lines between towns, fog that comes back row by row, and who is near.
#include "mod.h"

enum { SIZE = 64, TOWNS = 8 };

static u8 pixels[SIZE][SIZE];
static struct { u8 x, y; } towns[TOWNS];
static u32 frame, drawn;

static void road(i32 x, i32 y, i32 to_x, i32 to_y, u8 color) {
    i32 dx = to_x > x ? to_x - x : x - to_x, dy = to_y > y ? y - to_y : to_y - y;
    i32 step_x = to_x > x ? 1 : -1, step_y = to_y > y ? 1 : -1;
    for (i32 error = dx + dy;; drawn++) {
        pixels[y][x] = color;
        if (x == to_x && y == to_y) break;
        i32 twice = 2 * error;
        if (twice >= dy) { error += dy; x += step_x; }
        if (twice <= dx) { error += dx; y += step_y; }
    }
}

static void fog(u8 *row) {
    for (u32 x = 0; x < SIZE; x++) row[x] -= row[x] >> 2;
}

EXPORT(tick) void tick(float dt) {
    u32 luck = draw(), one = frame % TOWNS, two = (luck >> 12) % TOWNS;
    towns[one].x = luck % SIZE;
    towns[one].y = (luck >> 6) % SIZE;
    road(towns[one].x, towns[one].y, towns[two].x, towns[two].y, 255);
    fog(pixels[frame % SIZE]);
    fog(pixels[(frame + SIZE / 2) % SIZE]);
    frame++;
    move((float)towns[one].x * dt, (float)towns[one].y * dt);
}
