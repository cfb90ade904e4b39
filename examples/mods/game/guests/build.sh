#!/bin/sh
# Compiles the mods in C to the .wasm files beside them, which are committed: whoever runs the example needs no compiler for C.
# Needs clang and wasm-ld (Debian: apt-get install clang lld). Another version of them makes other bytes, and other checksums.
set -eu
cd "$(dirname "$0")"
for source in *.c; do
    # One page, a stack of 4 KiB below all data, so that what overflows traps; names are kept for backtraces.
    clang --target=wasm32 -O2 -std=c11 -Wall -Wextra -ffreestanding -nostdlib -mbulk-memory \
        -Wl,--no-entry,--strip-debug,--stack-first,-z,stack-size=4096,--initial-memory=65536,--max-memory=65536 \
        -Wl,--export=__heap_base -o "${source%.c}.wasm" "$source"
done
