//! Which locals keep a register for the whole function, and where the others lie.
//!
//! Owns: the choice by weight, and [`LocalHome`]. Does not know: code.

use super::summary::Local;
use crate::jit::abi::Class;
use crate::jit::masm::{Gpr, RegisterPlan, Vreg};
use crate::jit::target::Tuning;

/// A pin costs a save and a restore; it must be used more often than that, or in a loop (where one access weighs 8).
const PIN_WEIGHT_MIN: u32 = 4;

/// Where a local lives for the whole function.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum LocalHome {
    /// In a general register.
    Int(Gpr),
    /// In a vector register.
    Float(Vreg),
    /// In a word of the frame: bytes from the stack pointer.
    Frame(u32),
}

/// The outcome. Storage is kept between functions.
#[derive(Debug, Default)]
pub(crate) struct Pins {
    /// By touched local.
    pub(crate) homes: Vec<LocalHome>,
    /// General registers that the function saves: pins and extra temporaries.
    pub(crate) ints: Vec<Gpr>,
    /// Vector registers that the function saves.
    pub(crate) floats: Vec<Vreg>,
    /// How many of `ints` are pins.
    int_pins: usize,
    /// How many of `floats` are pins.
    float_pins: usize,
    /// Touched locals by falling weight.
    order: Vec<u32>,
    /// Words of the frame that locals take.
    pub(crate) frame_words: u32,
}

impl Pins {
    /// Chooses; frame homes are counted from `frame_at`.
    pub(crate) fn choose<P: RegisterPlan>(&mut self, locals: &[Local], tuning: Tuning, frame_at: u32) {
        self.homes.clear();
        self.homes.resize(locals.len(), LocalHome::Frame(0));
        self.ints.clear();
        self.floats.clear();
        self.order.clear();
        self.order.extend(0..u32::try_from(locals.len()).expect("locals of a body are limited"));
        self.order.sort_unstable_by_key(|&at| (std::cmp::Reverse(locals[at as usize].weight), at));
        self.frame_words = 0;
        for &at in &self.order {
            let local = &locals[at as usize];
            let worth = tuning.has(Tuning::PINS) && local.weight >= PIN_WEIGHT_MIN;
            self.homes[at as usize] = match Class::of(local.ty) {
                Class::Int if worth && self.ints.len() < P::INT_PINS.len() => {
                    let reg = P::INT_PINS[self.ints.len()];
                    self.ints.push(reg);
                    LocalHome::Int(reg)
                }
                Class::Float if worth && self.floats.len() < P::FLOAT_PINS.len() => {
                    let reg = P::FLOAT_PINS[self.floats.len()];
                    self.floats.push(reg);
                    LocalHome::Float(reg)
                }
                Class::Int | Class::Float => {
                    self.frame_words += 1;
                    LocalHome::Frame(frame_at + 8 * (self.frame_words - 1))
                }
            };
        }
        (self.int_pins, self.float_pins) = (self.ints.len(), self.floats.len());
    }

    /// Makes up to `ints` and `floats` pins that no local has into temporaries; they are saved like pins.
    pub(crate) fn add_temps<P: RegisterPlan>(&mut self, ints: usize, floats: usize) {
        self.ints.extend(P::INT_PINS[self.int_pins..].iter().take(ints));
        self.floats.extend(P::FLOAT_PINS[self.float_pins..].iter().take(floats));
    }

    /// Extra general temporaries.
    pub(crate) fn int_temps(&self) -> &[Gpr] {
        &self.ints[self.int_pins..]
    }

    /// Extra vector temporaries.
    pub(crate) fn float_temps(&self) -> &[Vreg] {
        &self.floats[self.float_pins..]
    }
}
