//! Game carts for the fantasy console WASM-4, which is a host of exactly our kind: one page of memory that the host makes,
//! a few drawing calls, `start`, and `update` for each frame.
//!
//! Owns: the console, as far as carts can tell, and their answers. Does not know: pictures and sound; it hashes the calls.

use skep::{Engine, Error, ExternType, Instance, Linker, Memory, MemoryType, Module, Store, Trap, Val};

use crate::index::{Index, Row, short_hash};
use crate::report::Verdict;

/// The console's calls; a call is logged by its position, counted from 1.
const CALLS: &[&str] = &[
    "blit",
    "blitSub",
    "line",
    "hline",
    "vline",
    "oval",
    "rect",
    "text",
    "textUtf8",
    "textUtf16",
    "tone",
    "diskr",
    "diskw",
    "trace",
    "traceUtf8",
    "traceUtf16",
    "tracef",
];
/// What any other call is logged by, without its arguments.
const UNKNOWN_CALL: u32 = 99;
/// Frames after which the answers are known.
const FRAMES: &[u32] = &[60, 600];

/// Where the console keeps what it shares with the cart.
mod at {
    pub(super) const PALETTE: u64 = 0x04;
    pub(super) const DRAW_COLORS: u64 = 0x14;
    pub(super) const GAMEPAD_1: u64 = 0x16;
    pub(super) const MOUSE: u64 = 0x1a;
    pub(super) const SYSTEM_FLAGS: usize = 0x1f;
    pub(super) const FRAMEBUFFER: usize = 0xa0;
}
/// 160 × 160 pixels of two bits.
const FRAMEBUFFER_BYTES: usize = 6400;
/// The system flag that keeps the picture from frame to frame.
const PRESERVE_FRAMEBUFFER: u8 = 1;
const PALETTE: [u32; 4] = [0x00e0_f8cf, 0x0086_c06c, 0x0030_6850, 0x0007_1821];
/// Where the mouse is when it is nowhere: both coordinates.
const MOUSE_AWAY: [u8; 4] = [0xff, 0x7f, 0xff, 0x7f];

/// Plays a cart and compares what it did.
pub(crate) fn check(index: &Index, row: &Row, engine: &Engine) -> Verdict {
    try_check(index, row, engine).unwrap_or_else(|verdict| verdict)
}

fn try_check(index: &Index, row: &Row, engine: &Engine) -> Result<Verdict, Verdict> {
    let bytes = index.module(row)?;
    let wrong = |error: Error| Verdict::Failed(format!("{error:#}"));
    let mut console = Console::insert(engine, &bytes).map_err(wrong)?;
    if row.answer.starts_with("traps: out of bounds in update") {
        return Ok(trap_verdict(console.play(FRAMES[0])));
    }
    for &frames in FRAMES {
        console.play(frames).map_err(wrong)?;
        let state = console.state().map_err(wrong)?;
        let expected = format!("{frames} fr: {state}");
        // The index goes on, after a space, with remarks.
        let is_right =
            row.answer.split("; ").any(|part| format!("{part} ").starts_with(&format!("{expected} ")));
        if !is_right {
            return Ok(Verdict::Failed(format!("expected {:?}, found {expected:?}", row.answer)));
        }
    }
    Ok(Verdict::Passed)
}

/// Whether playing ended as the one cart must that reads past its memory.
fn trap_verdict(played: Result<(), Error>) -> Verdict {
    match played {
        Err(error) if error.trap() == Some(Trap::OutOfBoundsMemoryAccess) => Verdict::Passed,
        Err(error) => Verdict::Failed(format!("expected {}, found {error:#}", Trap::OutOfBoundsMemoryAccess)),
        Ok(()) => Verdict::Failed(format!("expected {}, found none", Trap::OutOfBoundsMemoryAccess)),
    }
}

/// What the console knows of its cart: a hash of all calls (FNV over numbers).
struct Log(u32);

impl Log {
    const START: u32 = 0x811c_9dc5;
    const PRIME: u32 = 16_777_619;

    fn mix(&mut self, number: u32) {
        self.0 = (self.0 ^ number).wrapping_mul(Self::PRIME);
    }
}

/// A console with a cart in it that has started.
struct Console {
    store: Store<Log>,
    cart: Instance,
    /// The page that the console made.
    page: Memory,
    frame: u32,
}

impl Console {
    fn insert(engine: &Engine, bytes: &[u8]) -> Result<Self, Error> {
        let module = Module::new(engine, bytes)?;
        let mut store = Store::new(engine);
        let page = Memory::new(&mut store, MemoryType::new(1, Some(1)))?;
        for (color, place) in PALETTE.iter().zip((at::PALETTE..).step_by(4)) {
            page.write(&mut store, place, &color.to_le_bytes())?;
        }
        page.write(&mut store, at::DRAW_COLORS, &[0x03, 0x12])?;
        page.write(&mut store, at::MOUSE, &MOUSE_AWAY)?;
        let linker = linker(engine, &module, page)?;
        let cart = linker.spawn(&mut store, &module, Log(Log::START))?;
        let mut console = Self { store, cart, page, frame: 0 };
        for name in ["_start", "_initialize", "start"] {
            console.call(name)?;
        }
        Ok(console)
    }

    /// Plays until this many frames were shown, with buttons that follow from the frame.
    fn play(&mut self, frames: u32) -> Result<(), Error> {
        while self.frame < frames {
            self.page.write(&mut self.store, at::GAMEPAD_1, &[buttons(self.frame)])?;
            let page = self.page.data_mut(&mut self.store)?;
            if page[at::SYSTEM_FLAGS] & PRESERVE_FRAMEBUFFER == 0 {
                page[at::FRAMEBUFFER..][..FRAMEBUFFER_BYTES].fill(0);
            }
            self.call("update")?;
            self.frame += 1;
        }
        Ok(())
    }

    /// Calls an export, if there is one of this name, with zeros.
    fn call(&mut self, name: &str) -> Result<(), Error> {
        if self.cart.export(&self.store, name)?.is_none() {
            return Ok(());
        }
        let func = self.cart.func(&self.store, name)?;
        let params: Vec<Val> = func.ty(&self.store)?.params.iter().map(|&ty| Val::default_of(ty)).collect();
        func.call(&mut self.store, &params)?;
        Ok(())
    }

    /// The hashes of all calls and of the memory, in the index's words.
    fn state(&self) -> Result<String, Error> {
        let exported = self.cart.memory(&self.store, "memory").unwrap_or(self.page);
        let Log(log) = self.store.data(self.cart)?;
        Ok(format!("log {log:08x} mem {}", short_hash(exported.data(&self.store)?)))
    }
}

/// The buttons that are down in a frame.
fn buttons(frame: u32) -> u8 {
    let button = |is_down: bool, bit: u8| if is_down { bit } else { 0 };
    button(frame % 30 < 3, 0x01)
        | button(frame % 60 >= 40, 0x20)
        | button((frame >> 5) % 3 == 1, 0x10)
        | button((frame >> 6) % 2 == 1, 0x40)
}

/// The page, and for each function that the cart imports one of its type that logs the call and answers 0.
fn linker(engine: &Engine, module: &Module, page: Memory) -> Result<Linker<Log>, Error> {
    let mut linker = Linker::<Log>::new(engine);
    linker.define("env", "memory", page);
    for import in module.imports() {
        let ExternType::Func(ty) = import.ty else { continue };
        let known = CALLS.iter().position(|name| import.module == "env" && import.name == *name);
        let number = known.and_then(|at| u32::try_from(at + 1).ok());
        linker.func_new(import.module, import.name, ty, move |mut caller, params, _| {
            let log: &mut Log = caller.data_mut();
            log.mix(number.unwrap_or(UNKNOWN_CALL));
            if number.is_some() {
                for param in params {
                    let Val::I32(word) = *param else {
                        return Err(Error::host(format!("the console takes i32 only, found {}", param.ty())));
                    };
                    log.mix(word.cast_unsigned());
                }
            }
            Ok(())
        })?;
    }
    Ok(linker)
}
