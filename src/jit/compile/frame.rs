//! The frame: what lies where between the stack pointer and the return address, and the code that makes and leaves it.
//!
//! Owns: [`FrameLayout`], prologue and epilogue. Does not know: operators.
//!
//! From the stack pointer up: outgoing area · locals without a pin · operand slots · own context · saved pins.

use super::pins::{LocalHome, Pins};
use super::summary::Summary;
use super::{Emit, ModuleContext};
use crate::jit::abi::{Class, FRAME_BYTES_MAX, Place, UNCHECKED_FRAME_BYTES_MAX};
use crate::jit::masm::{Home, Masm};
use crate::jit::target::Tuning;
use crate::spec::invalid::{LimitExceeded, ModuleError};
use crate::spec::ops::FloatSize;
use crate::spec::trap::Trap;

use super::values::{float_size, int_size};

/// Up to so many words are zeroed one by one, more by a loop.
const UNROLLED_ZEROS_MAX: usize = 8;

/// Where the parts of a frame are, in bytes from the stack pointer.
#[derive(Clone, Copy, Debug)]
pub(super) struct FrameLayout {
    /// The slot of operand stack entry 0.
    pub(super) slots_at: u32,
    /// The word that keeps the context across foreign calls.
    pub(super) own_at: u32,
    saves_at: u32,
    /// Bytes from the stack pointer to the return address.
    pub(super) bytes: u32,
}

/// Chooses pins and lays the frame out.
pub(super) fn plan<M: Masm>(
    cx: &ModuleContext<'_>,
    summary: &Summary,
    pins: &mut Pins,
) -> Result<FrameLayout, ModuleError> {
    let tuning = cx.target.tuning;
    pins.choose::<M>(&summary.locals, tuning, summary.outgoing_bytes);
    if tuning.has(Tuning::EXTRA_TEMPS) {
        let wanted = |temps: usize| (summary.height_max as usize).saturating_sub(temps);
        pins.add_temps::<M>(wanted(M::INT_TEMPS.len()).min(4), 0);
    }
    let slots_at = summary.outgoing_bytes + 8 * pins.frame_words;
    let own_at = slots_at + 8 * summary.height_max;
    let saves_at = own_at + 8 * u32::from(summary.calls_foreign);
    let saves = u32::try_from(pins.ints.len() + pins.floats.len()).expect("there are few registers");
    let needed = saves_at + 8 * saves;
    let bytes = match needed {
        0 if !summary.calls => 0,
        _ => (needed + M::RETURN_ADDRESS_BYTES).next_multiple_of(16) - M::RETURN_ADDRESS_BYTES,
    };
    LimitExceeded::check("bytes of a frame", bytes.into(), FRAME_BYTES_MAX.into())?;
    Ok(FrameLayout { slots_at, own_at, saves_at, bytes })
}

impl<M: Masm> Emit<'_, M> {
    /// Entries, stack check, frame, saves, parameters, zeroes. Returns start, local and foreign entry.
    pub(super) fn prologue(&mut self) -> (u32, u32, Option<u32>) {
        self.m.align(16);
        let start = self.m.buffers().offset();
        let foreign = self.cx.decoded.decl.funcs[self.index].escapes.then_some(start);
        if foreign.is_some() {
            self.m.foreign_entry();
        }
        let local = self.m.buffers().offset();
        if self.summary.calls || self.frame.bytes > UNCHECKED_FRAME_BYTES_MAX {
            let overflow = self.m.stack_check(self.frame.bytes);
            self.trap_if([overflow], Trap::CallStackExhausted);
        }
        self.m.prologue(self.frame.bytes);
        self.each_save(|m, home, save| match save {
            Save::Int(reg) => m.store_int(home, reg),
            Save::Float(reg) => m.store_float(home, reg),
        });
        self.receive_params();
        self.zero_locals();
        (start, local, foreign)
    }

    /// Restores what the prologue saved and returns. Results are in place.
    pub(super) fn epilogue(&mut self) {
        self.each_save(|m, home, save| match save {
            Save::Int(reg) => m.load_int(crate::spec::ops::IntSize::W64, reg, home),
            Save::Float(reg) => m.load_float(FloatSize::F64, reg, home),
        });
        let param_bytes = self.plan().param_bytes;
        self.m.epilogue(self.frame.bytes, param_bytes);
    }

    /// Number of registers that an epilogue restores.
    pub(super) fn saves_len(&self) -> usize {
        self.pins.ints.len() + self.pins.floats.len()
    }

    /// How this function's own parameters and results travel.
    pub(super) fn plan(&self) -> &crate::jit::abi::CallPlan {
        &self.cx.plans[self.cx.decoded.decl.funcs[self.index].ty]
    }

    fn each_save(&mut self, mut each: impl FnMut(&mut M, Home, Save)) {
        let ints = self.pins.ints.iter().map(|&reg| Save::Int(reg));
        let floats = self.pins.floats.iter().map(|&reg| Save::Float(reg));
        for (at, save) in (0..).zip(ints.chain(floats)) {
            each(self.m, Home::frame(self.frame.saves_at + 8 * at), save);
        }
    }

    fn receive_params(&mut self) {
        let plan = &self.cx.plans[self.cx.decoded.decl.funcs[self.index].ty];
        for (at, (local, home)) in (0..).zip(self.summary.locals.iter().zip(&self.pins.homes)) {
            let Some(&(place, _)) = plan.params.get(local.index as usize) else { continue };
            match (place, *home) {
                (Place::Int(n), LocalHome::Int(pin)) => {
                    self.m.move_int(int_size(local.ty), pin, M::INT_ARGS[n as usize]);
                }
                (Place::Int(n), LocalHome::Frame(offset)) => {
                    self.m.store_int(Home::frame(offset), M::INT_ARGS[n as usize]);
                    self.remember_int(M::INT_ARGS[n as usize], at);
                }
                (Place::Float(n), LocalHome::Float(pin)) => self.m.move_float(pin, M::FLOAT_ARGS[n as usize]),
                (Place::Float(n), LocalHome::Frame(offset)) => {
                    self.m.store_float(Home::frame(offset), M::FLOAT_ARGS[n as usize]);
                    self.remember_float(M::FLOAT_ARGS[n as usize], at);
                }
                (Place::Stack(offset), home) => {
                    let from = self.m.incoming(self.frame.bytes, offset);
                    match home {
                        LocalHome::Int(pin) => self.m.load_int(int_size(local.ty), pin, from),
                        LocalHome::Float(pin) => self.m.load_float(float_size(local.ty), pin, from),
                        LocalHome::Frame(offset) => self.m.copy_word(Home::frame(offset), from),
                    }
                }
                (place, home) => {
                    unreachable!("a parameter in {place:?} and its local in {home:?} differ in class")
                }
            }
            self.m.buffers().current.ensure(super::HEADROOM_BYTES);
        }
    }

    /// Locals that are no parameters start at zero, but for those that are set before they can be read.
    fn zero_locals(&mut self) {
        let params = self.plan().params.len();
        let fresh = |local: &super::summary::Local| local.index as usize >= params && local.starts_live;
        let in_frame = |(local, home): (&super::summary::Local, &LocalHome)| match home {
            LocalHome::Frame(at) if fresh(local) => Some(*at),
            _ => None,
        };
        let frame_words = self.summary.locals.iter().zip(&self.pins.homes).filter_map(in_frame).count();
        if frame_words > UNROLLED_ZEROS_MAX {
            self.zero_frame_locals(params);
        }
        for (local, home) in self.summary.locals.iter().zip(&self.pins.homes) {
            if !fresh(local) {
                continue;
            }
            match *home {
                LocalHome::Int(pin) => self.m.const_int(pin, 0),
                LocalHome::Float(pin) => {
                    debug_assert!(Class::of(local.ty) == Class::Float, "a vector pin holds a float");
                    self.m.const_float(float_size(local.ty), pin, 0);
                }
                LocalHome::Frame(at) if frame_words <= UNROLLED_ZEROS_MAX => {
                    self.m.store_const(Home::frame(at), 0);
                }
                LocalHome::Frame(_) => {}
            }
        }
    }

    /// Zeroes the words of fresh locals, run by run: parameters may lie among them.
    fn zero_frame_locals(&mut self, params: usize) {
        let locals = self.summary.locals.iter().zip(&self.pins.homes);
        let mut fresh = locals.filter_map(|(local, home)| match *home {
            LocalHome::Frame(at) if local.index as usize >= params && local.starts_live => Some(at),
            _ => None,
        });
        let count = fresh.clone().count();
        let words = self.scratch.alloc_with(count, |_| fresh.next().expect("counted before"));
        words.sort_unstable();
        let mut runs = words.iter().copied().peekable();
        while let Some(first) = runs.next() {
            let mut last = first;
            while runs.next_if_eq(&(last + 8)).is_some() {
                last += 8;
            }
            self.m.buffers().current.ensure(super::HEADROOM_BYTES);
            let count = (last - first) / 8 + 1;
            if count > 4 {
                self.m.zero_words(first, count, M::INT_TEMPS[0]);
                self.s.ints.forget(M::INT_TEMPS[0].0);
            } else {
                (0..count).for_each(|at| self.m.store_const(Home::frame(first + 8 * at), 0));
            }
        }
    }
}

#[derive(Clone, Copy)]
enum Save {
    Int(crate::jit::masm::Gpr),
    Float(crate::jit::masm::Vreg),
}
