//! Many consoles in one store, each with its cart and its page of memory; all play at once.
//!
//! Owns: [`Arcade`]. Does not know: what a console offers (`console`), files, and which answers are right.

mod canvas;
mod console;
mod font;
mod picture;

use rayon::prelude::*;
use skep::{Caller, Config, Engine, Error, Instance, Memory, MemoryMode, MemoryType, Module, Store, Val};

use self::console::{Console, at, linker};
pub(crate) use self::picture::Picture;

/// A cart that is not played yet.
#[derive(Clone, Debug)]
pub(crate) struct Cart {
    pub(crate) name: String,
    pub(crate) bytes: Vec<u8>,
}

/// Consoles that play.
pub(crate) struct Arcade {
    store: Store<Console>,
    seats: Vec<Seat>,
}

/// A cart that is played, or was.
#[derive(Debug)]
pub(crate) struct Seat {
    pub(crate) name: String,
    cart: Instance,
    /// How it ended, if it did: this console is not used any more.
    pub(crate) ended: Option<Error>,
}

/// What a console left behind.
#[derive(Debug)]
pub(crate) struct State<'a> {
    /// A hash of all calls.
    pub(crate) log: u32,
    pub(crate) calls: u64,
    pub(crate) memory: &'a [u8],
}

impl Arcade {
    /// Puts all carts into consoles. With `draws_apart` they draw nothing into the carts' memories (see `console`).
    ///
    /// The error names the first cart that cannot be played.
    pub(crate) fn open(mode: MemoryMode, draws_apart: bool, carts: &[Cart]) -> Result<Self, String> {
        let engine = Engine::new(&Config::new().memory_mode(mode)).map_err(|error| format!("{error:#}"))?;
        let modules: Vec<_> = carts.par_iter().map(|cart| Module::new(&engine, &*cart.bytes)).collect();
        let mut arcade = Self { store: Store::new(&engine), seats: Vec::new() };
        for (cart, module) in carts.iter().zip(modules) {
            let seated = module.and_then(|module| arcade.seat(cart, &module, draws_apart));
            seated.map_err(|error| format!("{}: {error:#}", cart.name))?;
        }
        Ok(arcade)
    }

    fn seat(&mut self, cart: &Cart, module: &Module, draws_apart: bool) -> Result<(), Error> {
        let store = &mut self.store;
        let page = Memory::new(store, MemoryType::new(1, Some(1)))?;
        Console::switch_on(page.data_mut(store)?);
        let linker = linker(module.engine(), module, page)?;
        let instance = linker.spawn(store, module, Console::new(page, draws_apart))?;
        if let Ok(memory) = instance.memory(store, "memory") {
            store.data_mut(instance)?.screen = memory;
        }
        self.seats.push(Seat { name: cart.name.clone(), cart: instance, ended: None });
        Ok(())
    }

    /// Lets all carts begin.
    pub(crate) fn start(&mut self) {
        self.each(|cart| ["_start", "_initialize", "start"].iter().try_for_each(|name| call(cart, name)));
    }

    /// Plays a frame on all consoles.
    pub(crate) fn frame(&mut self) {
        self.each(|cart| {
            let (page, console) = cart.memory_and_data(cart.data().page)?;
            console.begin_frame(page);
            call(cart, "update")
        });
    }

    /// Does something for each cart that has not ended, on all threads.
    fn each(&mut self, what: impl Fn(&mut Caller<'_, Console>) -> Result<(), Error> + Sync) {
        let playing = self.seats.iter_mut().filter(|seat| seat.ended.is_none());
        let (mut seats, carts): (Vec<_>, Vec<_>) = playing.map(|seat| (&mut seat.ended, seat.cart)).unzip();
        let mut answers = Vec::new();
        self.store.visit(&carts, |_, cart| what(cart), &mut answers);
        for (ended, answer) in seats.iter_mut().zip(answers) {
            **ended = answer.err();
        }
    }

    /// The carts, in order.
    pub(crate) fn seats(&self) -> &[Seat] {
        &self.seats
    }

    /// What a console left behind.
    pub(crate) fn state(&self, seat: usize) -> Result<State<'_>, Error> {
        let &Console { log, calls, screen, .. } = self.store.data(self.seats[seat].cart)?;
        Ok(State { log, calls, memory: screen.data(&self.store)? })
    }

    /// What a console shows.
    pub(crate) fn picture(&mut self, seat: usize) -> Result<Picture, Error> {
        let memory = self.state(seat)?.memory.to_vec();
        let (colors, _) = memory.get(at::PALETTE..at::PALETTE + 16).unwrap_or(&[0; 16]).as_chunks();
        let mut palette = [0; 4];
        palette.iter_mut().zip(colors).for_each(|(color, &bytes)| *color = u32::from_le_bytes(bytes));
        let console = self.store.data_mut(self.seats[seat].cart)?;
        Ok(Picture { pixels: console.picture(&memory), palette })
    }
}

/// Calls an export, if there is one of this name, with zeros.
fn call(cart: &mut Caller<'_, Console>, name: &str) -> Result<(), Error> {
    let Ok(func) = cart.func(name) else { return Ok(()) };
    let params: Vec<Val> = func.ty(cart)?.params.iter().map(|&ty| Val::default_of(ty)).collect();
    func.call(cart, &params)?;
    Ok(())
}
