//! The example `carts` as a test: what consoles draw, and that all carts of the corpora have the right answers together.
//!
//! Owns: what the example promises. Does not know: the console; it includes the example's own files. The variable
//! `SKEP_CORPORA` names the folder with `index.json` and the carts in `real/wasm4`; without it that test says that it was skipped.

#![expect(clippy::unwrap_used, reason = "what is unwrapped is what the test expects")]

#[path = "../examples/carts/answers.rs"]
mod answers;
#[path = "../examples/carts/arcade/mod.rs"]
mod arcade;
#[path = "../examples/carts/options.rs"]
mod options;

use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::{env, fs, io};

use clap::{CommandFactory as _, Parser as _};
use skep::{MemoryMode, Trap};

use self::answers::{Answers, Verdict};
use self::arcade::{Arcade, Cart};
use self::options::Options;

const MODES: [MemoryMode; 3] = MemoryMode::ALL;

/// A cart with this text between its imports and its end. Data lies from 8000 on.
fn cart(name: &str, text: &str) -> Cart {
    let text = format!(
        r#"(module
            (import "env" "memory" (memory 1))
            (import "env" "rect" (func $rect (param i32 i32 i32 i32)))
            (import "env" "oval" (func $oval (param i32 i32 i32 i32)))
            (import "env" "line" (func $line (param i32 i32 i32 i32)))
            (import "env" "hline" (func $hline (param i32 i32 i32)))
            (import "env" "blit" (func $blit (param i32 i32 i32 i32 i32 i32)))
            (import "env" "text" (func $text (param i32 i32 i32)))
            (import "env" "odd" (func $odd (param f64)))
            (func $colors (param i32) (i32.store16 (i32.const 0x14) (local.get 0)))
            (func $c (param i32 i32) (i32.store8 (local.get 0) (local.get 1)))
            {text})"#
    );
    Cart { name: name.to_owned(), bytes: text.into_bytes() }
}

/// What the only cart shows after so many frames: a digit per pixel, the part that is `size` wide and high.
fn shown(draws_apart: bool, mode: MemoryMode, cart: &Cart, frames: u32, size: (usize, usize)) -> Vec<String> {
    let mut arcade = Arcade::open(mode, draws_apart, std::slice::from_ref(cart)).unwrap();
    arcade.start();
    (0..frames).for_each(|_| arcade.frame());
    assert!(arcade.seats()[0].ended.is_none(), "{:?}", arcade.seats());
    let pixels = arcade.picture(0).unwrap().pixels;
    let pixel = |x: usize, y: usize| (pixels[(y * 160 + x) / 4] >> (x % 4 * 2) & 3).to_string();
    (0..size.1).map(|y| (0..size.0).map(|x| pixel(x, y)).collect()).collect()
}

/// Checks a picture in both modes, drawn into the cart's memory and beside it.
fn check(text: &str, expected: &[&str]) {
    for mode in MODES {
        for draws_apart in [false, true] {
            let size = (expected[0].len(), expected.len());
            let found = shown(draws_apart, mode, &cart("drawn", text), 1, size);
            assert_eq!(found, expected, "{mode:?}, draws apart: {draws_apart}: {text}");
        }
    }
}

#[test]
fn shapes() {
    check(
        r#"(func (export "update")
            (call $colors (i32.const 0x42))
            (call $rect (i32.const 1) (i32.const 1) (i32.const 5) (i32.const 4))
            (call $line (i32.const 7) (i32.const 0) (i32.const 9) (i32.const 5))
            (call $hline (i32.const -3) (i32.const 5) (i32.const 5)))"#,
        &["0000000100", "0333330100", "0311130010", "0311130010", "0333330001", "1100000001"],
    );
    check(
        r#"(func (export "update")
            (call $colors (i32.const 0x32))
            (call $oval (i32.const 0) (i32.const 0) (i32.const 6) (i32.const 6)))"#,
        &["022220", "211112", "211112", "211112", "211112", "022220"],
    );
}

#[test]
fn sprites_are_clipped_flipped_and_turned() {
    let sprite = |x: i32, flags: u32| {
        format!(
            r#"(data (i32.const 8000) "\c0\80")
               (func (export "update")
                (call $colors (i32.const 0x21))
                (call $blit (i32.const 8000) (i32.const {x}) (i32.const 0) (i32.const 8) (i32.const 2) (i32.const {flags})))"#
        )
    };
    check(&sprite(0, 0), &["11000000", "10000000", "00000000"]);
    check(&sprite(-1, 0), &["10000000", "00000000"]);
    check(&sprite(0, 2), &["00000011", "00000001"]);
    check(&sprite(0, 4), &["10000000", "11000000"]);
    check(&sprite(0, 8), &["000", "000", "000", "000", "000", "000", "100", "110"]);
}

#[test]
fn texts() {
    check(
        r#"(data (i32.const 8000) "i\00")
           (func (export "update")
            (call $colors (i32.const 0x04))
            (call $text (i32.const 8000) (i32.const 0) (i32.const 0)))"#,
        &["03330", "00300", "00300", "00300", "00300", "00300", "03330", "00000"],
    );
}

#[test]
fn pictures_stay_only_when_asked() {
    let text = |flags: u32| {
        format!(
            r#"(global $x (mut i32) (i32.const 0))
               (func (export "update")
                (call $c (i32.const 0x1f) (i32.const {flags}))
                (call $c (i32.const 161) (i32.const 0xff))
                (call $colors (i32.const 2))
                (call $hline (global.get $x) (i32.const 0) (i32.const 1))
                (global.set $x (i32.add (global.get $x) (i32.const 1))))"#
        )
    };
    for draws_apart in [false, true] {
        let last = |flags| shown(draws_apart, MemoryMode::Checked, &cart("moving", &text(flags)), 3, (8, 1));
        assert_eq!(last(0), ["00103333"], "draws apart: {draws_apart}");
        assert_eq!(last(1), ["11103333"], "draws apart: {draws_apart}");
    }
}

#[test]
fn one_that_traps_ends_and_the_others_play_on() {
    let carts = [
        cart("good", r#"(func (export "update") (call $odd (f64.const 1)))"#),
        cart("bad", r#"(func (export "update") (call $c (i32.const 65536) (i32.const 1)))"#),
        cart(
            "huge",
            r#"(func (export "update") (call $oval (i32.const -2147483648) (i32.const -5) (i32.const -1) (i32.const -1)))"#,
        ),
        cart(
            "far",
            r#"(func (export "update") (call $blit (i32.const -1) (i32.const 0) (i32.const 0) (i32.const -1) (i32.const 2147483647) (i32.const 15)))"#,
        ),
    ];
    for mode in MODES {
        let mut arcade = Arcade::open(mode, false, &carts).unwrap();
        arcade.start();
        (0..5).for_each(|_| arcade.frame());
        let traps: Vec<_> =
            arcade.seats().iter().map(|seat| seat.ended.as_ref().and_then(skep::Error::trap)).collect();
        assert_eq!(traps, [None, Some(Trap::OutOfBoundsMemoryAccess), None, None], "{:?}", arcade.seats());
        assert_eq!(arcade.state(0).unwrap().calls, 0, "a call that no console has");
        assert_eq!(arcade.state(2).unwrap().calls, 5);
    }
}

#[test]
fn a_cart_that_cannot_be_played_is_named() {
    let error =
        Arcade::open(MemoryMode::Checked, false, &[cart("broken", "(func (export \"update\") drop)")]);
    assert!(error.err().unwrap().starts_with("broken: "));
}

#[test]
fn pictures_are_png() {
    let mut arcade = Arcade::open(
        MemoryMode::Checked,
        false,
        &[cart("c", r#"(func (export "update") (call $c (i32.const 160) (i32.const 0xe4)))"#)],
    )
    .unwrap();
    arcade.frame();
    let mut file = Vec::new();
    arcade.picture(0).unwrap().write(&mut file).unwrap();
    let mut decoder = png::Decoder::new(io::Cursor::new(file));
    decoder.set_transformations(png::Transformations::EXPAND);
    let mut reader = decoder.read_info().unwrap();
    let mut pixels = vec![0; reader.output_buffer_size().unwrap()];
    let info = reader.next_frame(&mut pixels).unwrap();
    assert_eq!((info.width, info.height), (160, 160));
    let expected = [0xe0, 0xf8, 0xcf, 0x86, 0xc0, 0x6c, 0x30, 0x68, 0x50, 0x07, 0x18, 0x21, 0xe0, 0xf8, 0xcf];
    assert_eq!(pixels[..15], expected);
}

#[test]
fn all_carts_of_the_corpora_together() {
    let Some(folder) = env::var_os("SKEP_CORPORA").map(PathBuf::from) else {
        // Written so, it is seen although the test passes.
        let _ =
            writeln!(io::stderr(), "skipped: SKEP_CORPORA names no folder with index.json and real/wasm4");
        return;
    };
    let answers = Answers::read(&fs::read(folder.join("index.json")).unwrap()).unwrap();
    let carts = read(&folder.join("real/wasm4"));
    for (mode, threads) in [(MemoryMode::Checked, 1), (MemoryMode::Checked, 2), (MemoryMode::Guarded, 2)] {
        let pool = rayon::ThreadPoolBuilder::new().num_threads(threads).build().unwrap();
        let verdict = pool.install(|| {
            let mut arcade = Arcade::open(mode, true, &carts).unwrap();
            arcade.start();
            (0..60).for_each(|_| arcade.frame());
            answers.compare(&arcade, 60).unwrap()
        });
        let expected = Verdict { by_hash: 103, by_trap: 1, wrong: Vec::new() };
        assert_eq!(verdict, expected, "{mode:?}, {threads} threads");
    }
}

fn read(folder: &Path) -> Vec<Cart> {
    let paths = fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path());
    let carts = paths.filter(|path| path.extension().is_some_and(|kind| kind == "wasm"));
    let name = |path: &Path| path.file_stem().unwrap().to_string_lossy().into_owned();
    carts.map(|path| Cart { name: name(&path), bytes: fs::read(&path).unwrap() }).collect()
}

#[test]
fn arguments() {
    let parse = |args: &str| Options::try_parse_from(["carts"].into_iter().chain(args.split_whitespace()));
    let all =
        parse("some/folder --frames 3 --out pictures --check index.json --mode guarded --threads 2").unwrap();
    let expected = Options {
        folder: "some/folder".into(),
        frames: 3,
        out: Some("pictures".into()),
        check: Some("index.json".into()),
        mode: MemoryMode::Guarded,
        threads: Some(2),
    };
    assert_eq!(all, expected);
    assert!(parse("").is_err(), "a folder is needed");
    assert!(parse("folder --frames 0").is_err());
    Options::command().debug_assert();
}
