//! What the lives of instances cost on each engine: made and freed, one after the other and many at once; one function called on many;
//! all of it on two threads.
//!
//! Owns: what an engine must be able to do here, who takes part, and the order of the measurements. Does not know: an engine's API (one
//! file each). `guest` has the modules, `lives`, `columns` and `parallel` the measurements, `figures` the tables; goals are in
//! `crate::goals`. Beside the engines stand entities of a store of plain rows (`rows`) and copies of the same bytes (`copies`).

mod columns;
mod copies;
mod figures;
mod guest;
mod lives;
mod parallel;
mod rows;
mod singlepass;
mod skep;
mod wasmi;
mod wasmtime;

pub use figures::{Figures, What};
pub use guest::Guest;

use anyhow::{Context, Result, bail, ensure};

/// Alive at once.
pub const MANY: usize = 10_000;
/// Rounds, of which medians are taken.
const ROUNDS: usize = 9;
/// Instances whose answers are looked at.
const CHECKED: usize = 32;

/// Who makes instances, or does something that they are compared to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Maker {
    /// skep; many at once by its calls for many, which answer with lists.
    Skep,
    /// The same, but what comes of calls is told to a closure.
    SkepForEach,
    /// skep, one call for each instance.
    SkepSingly,
    /// wasmtime, which maps memories on demand; a store for each instance, as only a store frees its instances.
    OnDemand,
    /// The same with its pooling allocator at its defaults, but for room for all instances.
    Pooling,
    /// wasmtime, all instances in one store.
    OneStore,
    /// wasmer with Singlepass, a store for each instance.
    Wasmer,
    /// wasmi, a store for each instance.
    Wasmi,
    /// An entity component system: an entity with a row of 256 bytes for each instance.
    Hecs,
    /// The bytes that instances write in their memories, copied, then cleared, at the places where memories would have them.
    Copies,
    /// The same, side by side.
    CopiesDense,
}

impl Maker {
    const fn name(self) -> &'static str {
        match self {
            Self::Skep => "skep",
            Self::SkepForEach => "skep-for-each",
            Self::SkepSingly => "skep-singly",
            Self::OnDemand => "on-demand",
            Self::Pooling => "pooling",
            Self::OneStore => "one-store",
            Self::Wasmer => "wasmer",
            Self::Wasmi => "wasmi",
            Self::Hecs => "hecs",
            Self::Copies => "copying",
            Self::CopiesDense => "copying-dense",
        }
    }

    fn crowd(self, guest: Guest) -> Result<Box<dyn Crowd>> {
        Ok(match self {
            Self::Wasmer => Box::new(singlepass::Apart::new(&wat::parse_str(guest.text())?, guest)?),
            _ => self.crowd_for_threads(guest)?,
        })
    }

    /// One that may be used on several threads.
    fn crowd_for_threads(self, guest: Guest) -> Result<Box<dyn Crowd + Send>> {
        let wasm = wat::parse_str(guest.text())?;
        Ok(match self {
            Self::Skep => Box::new(skep::Together::new(&wasm, guest, false)?),
            Self::SkepForEach => Box::new(skep::Together::new(&wasm, guest, true)?),
            Self::SkepSingly => Box::new(skep::Singly::new(&wasm, guest)?),
            Self::OnDemand => Box::new(wasmtime::Apart::new(&wasm, false)?),
            Self::Pooling => Box::new(wasmtime::Apart::new(&wasm, true)?),
            Self::OneStore => Box::new(wasmtime::Together::new(&wasm)?),
            Self::Wasmer => bail!("its stores do not leave their thread"),
            Self::Wasmi => Box::new(wasmi::Apart::new(&wasm, guest)?),
            Self::Hecs => Box::new(rows::Entities::default()),
            Self::Copies => Box::new(copies::Bytes::in_memories()),
            Self::CopiesDense => Box::new(copies::Bytes::side_by_side()),
        })
    }

    /// Whether it runs guests.
    const fn is_engine(self) -> bool {
        !matches!(self, Self::Hecs) && !self.is_floor()
    }

    /// Whether it only writes bytes: nothing has to be made.
    const fn is_floor(self) -> bool {
        matches!(self, Self::Copies | Self::CopiesDense)
    }
}

/// Instances of one guest on one engine. Those that are there are called and freed together.
trait Crowd {
    /// Makes so many instances, calls `run` on each if the guest has it, and frees each before the next.
    fn lives(&mut self, count: usize) -> Result<()>;
    /// Makes so many and keeps them, ready to be called.
    fn spawn(&mut self, count: usize) -> Result<()>;
    /// Calls `run` on each that is there.
    fn run(&mut self) -> Result<()>;
    /// Frees all that are there.
    fn free(&mut self) -> Result<()>;
    /// What `answer` returns on each that is there.
    fn answers(&mut self) -> Result<Vec<i32>> {
        Ok(Vec::new())
    }
}

/// Measures all, or only makers whose names contain one of these.
pub fn bench(filters: &[String]) -> Result<Figures> {
    let mut figures = Figures::of(filters);
    let (one, two) = (crate::engines::pool(1)?, crate::engines::pool(2)?);
    // In a pool of one thread, so that calls that work on all threads work on the one whose time is measured.
    one.install(|| {
        lives::measure(Guest::Empty, &mut figures)?;
        lives::measure(Guest::Page, &mut figures)?;
        columns::measure(&mut figures)
    })?;
    parallel::measure([&one, &two], &mut figures)?;
    Ok(figures)
}

/// All of these that can be had, each checked. Others are faults.
fn crowds<C: Crowd + ?Sized>(
    makers: &[Maker],
    guest: Guest,
    crowd: impl Fn(Maker, Guest) -> Result<Box<C>>,
    figures: &mut Figures,
) -> Vec<(Maker, Box<C>)> {
    let mut crowds = Vec::new();
    let wanted: Vec<_> = makers.iter().copied().filter(|maker| figures.wants(maker.name())).collect();
    for maker in wanted {
        let checked = crowd(maker, guest).and_then(|mut crowd| {
            if maker.is_engine() {
                check(&mut *crowd, guest)?;
            }
            Ok(crowd)
        });
        match checked {
            Ok(crowd) => crowds.push((maker, crowd)),
            Err(error) => figures.faults.push(format!("{} on {}: {error:#}", guest.title(), maker.name())),
        }
    }
    crowds
}

/// Two generations of instances must begin and end alike, with others between them.
fn check(crowd: &mut (impl Crowd + ?Sized), guest: Guest) -> Result<()> {
    for _ in 0..2 {
        crowd.spawn(CHECKED)?;
        if let Some([before, after]) = guest.answers() {
            expect(crowd, before)?;
            crowd.run()?;
            expect(crowd, after)?;
        }
        crowd.free()?;
        crowd.lives(CHECKED)?;
    }
    Ok(())
}

fn expect(crowd: &mut (impl Crowd + ?Sized), answer: i32) -> Result<()> {
    let answers = crowd.answers().context("no answers")?;
    ensure!(answers == [answer; CHECKED], "not {answer}: {answers:?}");
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_engine_answers_right() {
        use Maker::{OnDemand, OneStore, Pooling, Skep, SkepForEach, SkepSingly, Wasmer, Wasmi};
        for guest in [Guest::Empty, Guest::Page, Guest::Nothing, Guest::Work] {
            for maker in [Skep, SkepForEach, SkepSingly, OnDemand, Pooling, OneStore, Wasmer, Wasmi] {
                let mut crowd = maker.crowd(guest).expect("an engine");
                if let Err(error) = check(&mut *crowd, guest) {
                    panic!("{} on {}: {error:#}", guest.title(), maker.name());
                }
            }
        }
    }

    #[test]
    fn wrong_answers_are_found() {
        let mut crowd = Maker::Wasmi.crowd(Guest::Page).expect("an engine");
        crowd.spawn(CHECKED).expect("instances");
        assert!(expect(&mut *crowd, 1).is_err());
    }
}
