//! What the game offers to its guests: the functions of module `env`.
//!
//! Owns: [`Guest`], what the host keeps with each instance; [`Sky`], what all guests see; [`linker`].
//! Does not know: which guests there are, and when they get their turns.
//!
//! A host function changes nothing but its own guest's data. What a guest wants of others stays a wish in its data until the
//! frame is over, so the order of guests within a frame does not matter to them.

use std::sync::Arc;
use std::sync::atomic::{AtomicU32, AtomicU64, Ordering};

use skep::{Caller, Engine, Error, Linker};

/// Frames of the game in a second.
pub(crate) const FRAMES_PER_SECOND: u32 = 60;

/// How far from the middle a guest can get, in both directions.
const EDGE: f32 = 1000.0;

/// How many goods there are to trade.
const GOODS: u32 = 16;

/// What the host keeps with one instance.
#[derive(Debug)]
pub(crate) struct Guest {
    /// State of its own random numbers, so that they do not depend on what other guests do.
    random: u64,
    /// Where it is.
    place: (f32, f32),
    /// How often it has called the host.
    pub(crate) calls: u64,
    /// What it said last.
    pub(crate) said: Option<String>,
    /// How many of its turns have failed.
    pub(crate) strikes: u32,
    /// What it wants when the frame is over.
    pub(crate) wishes: Wishes,
}

/// What a guest asked for in the current frame.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub(crate) struct Wishes {
    pub(crate) wind: Option<(f32, f32)>,
    pub(crate) spark: bool,
    pub(crate) leave: bool,
}

impl Guest {
    /// A guest in the middle of the field. Equal seeds give equal random numbers.
    pub(crate) const fn new(seed: u64) -> Self {
        let wishes = Wishes { wind: None, spark: false, leave: false };
        Self { random: seed, place: (0.0, 0.0), calls: 0, said: None, strikes: 0, wishes }
    }

    /// The next random number (splitmix64).
    const fn next_random(&mut self) -> u64 {
        self.random = self.random.wrapping_add(0x9E37_79B9_7F4A_7C15);
        let mut z = self.random;
        z = (z ^ (z >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        z ^ (z >> 31)
    }
}

/// What all guests see and only the host changes, between frames.
#[derive(Debug, Default)]
pub(crate) struct Sky {
    frame: AtomicU32,
    /// The bits of both directions.
    wind: AtomicU64,
}

impl Sky {
    /// The number of the current frame.
    pub(crate) fn frame(&self) -> u32 {
        self.frame.load(Ordering::Relaxed)
    }

    pub(crate) fn next_frame(&self) {
        self.frame.fetch_add(1, Ordering::Relaxed);
    }

    pub(crate) fn set_wind(&self, (x, y): (f32, f32)) {
        self.wind.store(u64::from(x.to_bits()) << 32 | u64::from(y.to_bits()), Ordering::Relaxed);
    }

    fn wind(&self) -> (f32, f32) {
        let bits = self.wind.load(Ordering::Relaxed);
        let half =
            |shift: u32| f32::from_bits(u32::try_from(bits >> shift & 0xFFFF_FFFF).unwrap_or_default());
        (half(32), half(0))
    }

    /// Milliseconds of game time.
    fn time_ms(&self) -> u64 {
        u64::from(self.frame()) * 1000 / u64::from(FRAMES_PER_SECOND)
    }

    /// What a good costs now, in cents: each has its own price, which rises and falls at its own pace.
    fn price(&self, good: u32) -> Result<i64, String> {
        if good >= GOODS {
            return Err(format!("good {good}: there are goods 0 to {}", GOODS - 1));
        }
        let base = i64::from(good + 1) * 100;
        let half_period = i64::from(60 + good * 10);
        let phase = i64::from(self.frame()) % (2 * half_period);
        let height = if phase < half_period { phase } else { 2 * half_period - phase };
        Ok(base + base * height / half_period)
    }
}

/// The functions that guests may import.
///
/// | function | what it does |
/// |---|---|
/// | `random: [] -> [i32]` | a random number |
/// | `time: [] -> [i64]` | milliseconds since the game began |
/// | `move: [f32 f32] -> []` | moves the guest |
/// | `log: [i32 i32] -> []` | says a text: its address and its length in bytes |
/// | `wind: [] -> [f32 f32]`, `set_wind: [f32 f32] -> []` | feels the wind; makes it, from the next frame on |
/// | `price: [i32] -> [i64]`, `trade: [i32 i64] -> [i64]` | what a good costs; what so many of it cost |
/// | `spawn: [] -> []`, `leave: [] -> []` | wishes for a spark; to be freed |
pub(crate) fn linker(engine: &Engine, sky: &Arc<Sky>) -> Result<Linker<Guest>, Error> {
    let mut linker = Linker::new(engine);
    link_own(&mut linker)?;
    link_sky(&mut linker, sky)?;
    link_wishes(&mut linker)?;
    Ok(linker)
}

/// The guest's data, with one more call counted.
fn called<'c>(caller: &'c mut Caller<'_, Guest>) -> &'c mut Guest {
    let guest = caller.data_mut();
    guest.calls += 1;
    guest
}

/// Functions that need nothing but the guest itself.
fn link_own(linker: &mut Linker<Guest>) -> Result<(), Error> {
    linker.func("env", "random", |mut caller: Caller<'_, Guest>| {
        u32::try_from(called(&mut caller).next_random() >> 32).unwrap_or_default()
    })?;
    linker.func("env", "move", |mut caller: Caller<'_, Guest>, x: f32, y: f32| {
        let place = &mut called(&mut caller).place;
        // What is not a number moves nobody.
        if x.is_finite() && y.is_finite() {
            *place = ((place.0 + x).clamp(-EDGE, EDGE), (place.1 + y).clamp(-EDGE, EDGE));
        }
    })?;
    linker.func("env", "log", log)?;
    Ok(())
}

/// Says a text of the guest's memory. One that lies outside is an error of the guest's call.
fn log(mut caller: Caller<'_, Guest>, address: u32, len: u32) -> Result<(), Error> {
    const LEN_MAX: u32 = 4096;
    called(&mut caller);
    if len > LEN_MAX {
        return Err(Error::host(format!("a text of {len} bytes: at most {LEN_MAX} are heard")));
    }
    let memory = caller.memory("memory")?;
    let mut text = vec![0; len as usize];
    memory.read(&caller, address.into(), &mut text)?;
    let text = String::from_utf8(text)
        .unwrap_or_else(|error| String::from_utf8_lossy(error.as_bytes()).into_owned());
    caller.data_mut().said = Some(text);
    Ok(())
}

/// Functions that look at what all guests see.
fn link_sky(linker: &mut Linker<Guest>, sky: &Arc<Sky>) -> Result<(), Error> {
    let time = Arc::clone(sky);
    linker.func("env", "time", move |mut caller: Caller<'_, Guest>| {
        called(&mut caller);
        time.time_ms()
    })?;
    let wind = Arc::clone(sky);
    linker.func("env", "wind", move |mut caller: Caller<'_, Guest>| {
        called(&mut caller);
        wind.wind()
    })?;
    let price = Arc::clone(sky);
    linker.func("env", "price", move |mut caller: Caller<'_, Guest>, good: u32| {
        called(&mut caller);
        price.price(good)
    })?;
    let trade = Arc::clone(sky);
    linker.func("env", "trade", move |mut caller: Caller<'_, Guest>, good: u32, amount: i64| {
        called(&mut caller);
        trade.price(good).map(|price| price.wrapping_mul(amount))
    })?;
    Ok(())
}

/// Functions that ask for what happens when the frame is over.
fn link_wishes(linker: &mut Linker<Guest>) -> Result<(), Error> {
    linker.func("env", "set_wind", |mut caller: Caller<'_, Guest>, x: f32, y: f32| {
        called(&mut caller).wishes.wind = Some((x.clamp(-1.0, 1.0), y.clamp(-1.0, 1.0)));
    })?;
    linker.func("env", "spawn", |mut caller: Caller<'_, Guest>| called(&mut caller).wishes.spark = true)?;
    linker.func("env", "leave", |mut caller: Caller<'_, Guest>| called(&mut caller).wishes.leave = true)?;
    Ok(())
}
