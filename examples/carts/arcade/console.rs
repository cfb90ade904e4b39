//! A console for one cart: what the host keeps with it, and the functions that it offers.
//!
//! Owns: [`Console`], where carts and consoles meet in memory, the calls. Does not know: other carts, and when frames are due.
//!
//! A console can be asked to leave the cart's memory as a console without a screen leaves it, since that is what answers of other
//! engines were made with. It draws into a canvas of its own then. Such a canvas follows what the cart draws itself into its
//! memory, byte by byte, but a cart that reads its picture, or clears what the console has drawn, gets or shows another one.

use skep::{Caller, Engine, Error, ExternType, Linker, Memory, Module, Val};

use super::canvas::{BYTES, Canvas, Sprite};
use super::font;

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

/// Where the console keeps what it shares with the cart.
pub(crate) mod at {
    pub(crate) const PALETTE: usize = 0x04;
    pub(crate) const DRAW_COLORS: usize = 0x14;
    pub(crate) const GAMEPAD_1: usize = 0x16;
    pub(crate) const MOUSE: usize = 0x1a;
    pub(crate) const SYSTEM_FLAGS: usize = 0x1f;
    pub(crate) const FRAMEBUFFER: usize = 0xa0;
}

/// Bytes of a page that a console needs: all that lies before the cart's own data.
const SHARED_BYTES: usize = at::FRAMEBUFFER + BYTES;

/// The system flag that keeps the picture from frame to frame.
const PRESERVE_FRAMEBUFFER: u8 = 1;

const PALETTE: [u32; 4] = [0x00e0_f8cf, 0x0086_c06c, 0x0030_6850, 0x0007_1821];

/// Where the mouse is when it is nowhere: both coordinates.
const MOUSE_AWAY: [u8; 4] = [0xff, 0x7f, 0xff, 0x7f];

/// What the host keeps with a cart.
#[derive(Debug)]
pub(crate) struct Console {
    /// The page that the console made.
    pub(crate) page: Memory,
    /// The memory that the cart uses: the page, or one that it exports.
    pub(crate) screen: Memory,
    canvas: Canvas,
    /// The picture in the cart's memory when it was looked at last, if that is not where the console draws.
    seen: Option<Canvas>,
    /// A hash of all calls (FNV over numbers).
    pub(crate) log: u32,
    pub(crate) calls: u64,
    pub(crate) frame: u32,
}

impl Console {
    /// A console with this page. With `draws_apart` it draws nothing into the cart's memory.
    pub(crate) fn new(page: Memory, draws_apart: bool) -> Self {
        let seen = draws_apart.then(Canvas::new);
        Self { page, screen: page, canvas: Canvas::new(), seen, log: 0x811c_9dc5, calls: 0, frame: 0 }
    }

    /// Fills a page as a console that is switched on does.
    pub(crate) fn switch_on(page: &mut [u8]) {
        for (bytes, color) in page[at::PALETTE..].chunks_exact_mut(4).zip(PALETTE) {
            bytes.copy_from_slice(&color.to_le_bytes());
        }
        page[at::DRAW_COLORS..][..2].copy_from_slice(&[0x03, 0x12]);
        page[at::MOUSE..][..4].copy_from_slice(&MOUSE_AWAY);
    }

    /// What happens before a frame: buttons that follow from its number, and a fresh picture.
    pub(crate) fn begin_frame(&mut self, page: &mut [u8]) {
        page[at::GAMEPAD_1] = buttons(self.frame);
        if page[at::SYSTEM_FLAGS] & PRESERVE_FRAMEBUFFER == 0 {
            page[at::FRAMEBUFFER..][..BYTES].fill(0);
            let seen = self.seen.iter_mut();
            [&mut self.canvas].into_iter().chain(seen).for_each(|canvas| canvas.bytes_mut().fill(0));
        }
        self.frame += 1;
    }

    /// The picture as it is now.
    pub(crate) fn picture(&mut self, memory: &[u8]) -> Box<[u8; BYTES]> {
        if memory.len() >= SHARED_BYTES {
            self.look(memory);
        }
        Box::new(*self.canvas.bytes())
    }

    /// Takes over what the cart has drawn into its memory.
    fn look(&mut self, memory: &[u8]) {
        let now = &memory[at::FRAMEBUFFER..][..BYTES];
        let Some(seen) = &mut self.seen else { return self.canvas.bytes_mut().copy_from_slice(now) };
        if seen.bytes() != now {
            for ((byte, seen), &now) in self.canvas.bytes_mut().iter_mut().zip(seen.bytes_mut()).zip(now) {
                *byte = if *seen == now { *byte } else { now };
                *seen = now;
            }
        }
    }

    /// Does a drawing call. What is no drawing call, or names what is not there, draws nothing.
    fn draw(&mut self, memory: &mut [u8], call: &str, args: &[u32]) -> Option<()> {
        if memory.len() < SHARED_BYTES {
            return None;
        }
        self.look(memory);
        self.draw_apart(memory, call, args)?;
        if self.seen.is_none() {
            memory[at::FRAMEBUFFER..][..BYTES].copy_from_slice(self.canvas.bytes());
        }
        Some(())
    }

    fn draw_apart(&mut self, memory: &[u8], call: &str, args: &[u32]) -> Option<()> {
        let colors = u16::from_le_bytes([memory[at::DRAW_COLORS], memory[at::DRAW_COLORS + 1]]);
        let mut pen = self.canvas.pen(colors);
        let from = |address: u32| memory.get(address as usize..);
        let at = |index: usize| args.get(index).copied().map(u32::cast_signed);
        match (call, args) {
            ("blit", &[address, _, _, _, _, flags]) => {
                let size = (at(3)?, at(4)?);
                let sprite = Sprite { bytes: from(address)?, from: (0, 0), stride: size.0, size, flags };
                pen.blit(&sprite, at(1)?, at(2)?);
            }
            ("blitSub", &[address, _, _, _, _, _, _, _, flags]) => {
                let (size, start) = ((at(3)?, at(4)?), (at(5)?, at(6)?));
                let sprite = Sprite { bytes: from(address)?, from: start, stride: at(7)?, size, flags };
                pen.blit(&sprite, at(1)?, at(2)?);
            }
            ("line", [_, _, _, _]) => pen.line((at(0)?, at(1)?), (at(2)?, at(3)?)),
            ("hline", &[_, _, len]) => pen.row(at(0)?, at(1)?, len.into(), 0),
            ("vline", &[_, _, len]) => pen.column(at(0)?, at(1)?, len.into(), 0),
            ("oval", &[_, _, width, height]) => pen.oval(at(0)?, at(1)?, width, height),
            ("rect", &[_, _, width, height]) => pen.rect(at(0)?, at(1)?, width, height),
            ("text", &[address, _, _]) => {
                let letters = from(address)?.iter().copied().take_while(|&letter| letter != 0);
                font::write(&mut pen, letters, at(1)?, at(2)?);
            }
            ("textUtf8", &[address, len, _, _]) => {
                font::write(&mut pen, from(address)?.iter().copied().take(len as usize), at(2)?, at(3)?);
            }
            ("textUtf16", &[address, len, _, _]) => {
                let letters = from(address)?.iter().copied().step_by(2).take(len as usize / 2);
                font::write(&mut pen, letters, at(2)?, at(3)?);
            }
            _ => return None,
        }
        Some(())
    }

    /// Logs a call.
    fn note(&mut self, number: u32) {
        self.log = (self.log ^ number).wrapping_mul(16_777_619);
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

/// The page, and for each function that the cart imports one of its type, which logs the call, draws, and answers 0.
pub(crate) fn linker(engine: &Engine, module: &Module, page: Memory) -> Result<Linker<Console>, Error> {
    let mut linker = Linker::new(engine);
    linker.define("env", "memory", page);
    for import in module.imports() {
        let ExternType::Func(ty) = import.ty else { continue };
        let known = CALLS.iter().position(|name| import.module == "env" && import.name == *name);
        let known = known.and_then(|at| Some((u32::try_from(at + 1).ok()?, CALLS[at])));
        linker.func_new(import.module, import.name, ty, move |mut caller, params, _| match known {
            Some((number, name)) => answer(&mut caller, number, name, params),
            None => {
                caller.data_mut().note(UNKNOWN_CALL);
                Ok(())
            }
        })?;
    }
    Ok(linker)
}

/// A call of the console.
fn answer(caller: &mut Caller<'_, Console>, number: u32, name: &str, params: &[Val]) -> Result<(), Error> {
    const PARAMS_MAX: usize = 9;
    let mut words = [0; PARAMS_MAX];
    let console = caller.data_mut();
    console.note(number);
    console.calls += 1;
    for (index, param) in params.iter().enumerate() {
        let Val::I32(word) = *param else {
            return Err(Error::host(format!("the console takes i32 only, found {}", param.ty())));
        };
        console.note(word.cast_unsigned());
        if let Some(place) = words.get_mut(index) {
            *place = word.cast_unsigned();
        }
    }
    let screen = console.screen;
    let (memory, console) = caller.memory_and_data(screen)?;
    // What cannot be drawn is not: the cart is told nothing.
    let _ = console.draw(memory, name, &words[..params.len().min(PARAMS_MAX)]);
    Ok(())
}
