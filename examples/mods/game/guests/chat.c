// A chat filter: puts lines together as players type them, finds words that it may not show, and stars them out.
#include "mod.h"

enum { LINE = 96, HISTORY = 16 };

static const char words[16][10] = {"hello", "you", "noob", "darn", "trade", "sword", "for", "the",
                                   "blasted", "dragon", "is", "here", "heck", "run", "gg", "again"};
static const char banned[4][8] = {"noob", "darn", "blasted", "heck"};

static char history[HISTORY][LINE];
static u32 lines, starred;

static u32 type_line(char *line, u32 luck) {
    u32 len = 0;
    for (u32 i = 0; i < 6; i++, luck >>= 4) {
        const char *word = words[luck & 15];
        if (len > 0) line[len++] = ' ';
        while (*word) line[len++] = *word++;
    }
    line[len] = 0;
    return len;
}

// The length of the banned word that begins here, or 0.
static u32 banned_at(const char *text) {
    for (u32 i = 0; i < 4; i++) {
        u32 len = 0;
        while (banned[i][len] && banned[i][len] == text[len]) len++;
        if (!banned[i][len]) return len;
    }
    return 0;
}

EXPORT(tick) void tick(float dt) {
    char *line = history[lines++ % HISTORY];
    u32 len = type_line(line, draw());
    u32 found = 0;
    for (u32 at = 0; at < len; at++) {
        u32 bad = banned_at(line + at);
        for (u32 i = 0; i < bad; i++) line[at + i] = '*';
        found += bad > 0;
    }
    starred += found;
    move(dt * (float)found, 0);
    if (found >= 5) say(line, len);
}
