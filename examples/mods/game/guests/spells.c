// Spells are words in reverse Polish notation: a parser makes bytecode of them, and a small machine runs it, once per tick.
#include "mod.h"

enum { CODE = 64, STACK = 16 };
enum op { END, PUSH, ADD, SUB, MUL, SWAP, DUP, MANA, TIME, DROP };

static const char *const books[4] = {
    "m 3 * t + d 7 - * 5 s - x",
    "t d * m d * + 9 + x",
    "1 2 + 3 + 4 + m * t - d * x m 2 * x",
    "m t s d + d * s 6 * - x t x",
};

static u8 code[CODE];
static i32 stack[STACK];
static u32 mana, casts, fizzled, damage;

static void parse(const char *text) {
    u32 at = 0;
    for (; *text && at < CODE - 2; text++) {
        switch (*text) {
        case '+': code[at++] = ADD; break;
        case '-': code[at++] = SUB; break;
        case '*': code[at++] = MUL; break;
        case 's': code[at++] = SWAP; break;
        case 'd': code[at++] = DUP; break;
        case 'm': code[at++] = MANA; break;
        case 't': code[at++] = TIME; break;
        case 'x': code[at++] = DROP; break;
        default:
            if (*text >= '0' && *text <= '9') {
                code[at++] = PUSH;
                code[at++] = (u8)(*text - '0');
            }
        }
    }
    code[at] = END;
}

// Says whether the spell worked: one that takes more than there is, or piles up too much, fizzles.
static u32 cast(u32 now) {
    u32 top = 0;
    for (const u8 *op = code;; op++) {
        static const u8 takes[] = {0, 0, 2, 2, 2, 2, 1, 0, 0, 1};
        if (top < takes[*op] || top >= STACK - 1) return 0;
        i32 one = top > 0 ? stack[top - 1] : 0, two = top > 1 ? stack[top - 2] : 0;
        switch (*op) {
        case END: return 1;
        case PUSH: stack[top++] = *++op; break;
        case ADD: stack[--top - 1] = (i32)((u32)two + (u32)one); break;
        case SUB: stack[--top - 1] = (i32)((u32)two - (u32)one); break;
        case MUL: stack[--top - 1] = (i32)((u32)two * (u32)one); break;
        case SWAP: stack[top - 1] = two; stack[top - 2] = one; break;
        case DUP: stack[top++] = one; break;
        case MANA: stack[top++] = (i32)mana; break;
        case TIME: stack[top++] = (i32)now; break;
        case DROP: damage ^= (u32)stack[--top]; break;
        }
    }
}

EXPORT(tick) void tick(float dt) {
    mana = mana / 2 + (draw() & 1023);
    if (casts++ % 8 == 0) parse(books[casts / 8 % 4]);
    u32 now = (u32)time_ms();
    for (u32 i = 0; i < 3; i++) fizzled += !cast(now + i);
    move(dt * (float)(damage & 3), 0);
}
