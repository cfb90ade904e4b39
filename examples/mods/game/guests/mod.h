// What a mod in C knows of the game: the functions of module `env` (see host.rs), and short names of types.
//
// A mod's whole state lies in its memory below `__heap_base`, so the game can move it into a new version of the mod.

#define HOST(name) __attribute__((import_module("env"), import_name(#name)))
#define EXPORT(name) __attribute__((export_name(#name)))

typedef unsigned char u8;
typedef unsigned short u16;
typedef unsigned int u32;
typedef int i32;
typedef unsigned long long u64;

HOST(random) u32 draw(void);
HOST(time) u64 time_ms(void);
HOST(move) void move(float x, float y);
HOST(log) void say(const char *text, u32 len);
