//! What pass A learns of a body before any code is emitted.
//!
//! Owns: [`Summary`], the locals that the body touches with their weights, and the bookkeeping of live code.
//! Does not know: operators one by one (`scan` maps them to these few events) nor registers.

use super::stream::Stream;
use crate::spec::ops::Op;
use crate::spec::types::ValType;

/// Weight of an access outside of loops; each loop around it multiplies by `1 << LOOP_SHIFT`, up to `LOOP_DEPTH_MAX`.
const LOOP_SHIFT: u32 = 3;
const LOOP_DEPTH_MAX: u32 = 4;

/// Position of a local among those that the body touches, in order of first touch.
pub(crate) type Touched = u32;

/// A local that the body touches.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Local {
    /// Its index in the function.
    pub(crate) index: u32,
    /// Its type.
    pub(crate) ty: ValType,
    /// Accesses, each weighted by 8 to the power of its loop depth, saturating.
    pub(crate) weight: u32,
    /// Whether its first value may be read: false when the first access in straight-line code sets it.
    pub(crate) starts_live: bool,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Kind {
    Block,
    Loop,
    If,
}

#[derive(Clone, Copy, Debug)]
struct Frame {
    kind: Kind,
    /// Whether live code branches to the label.
    branched: bool,
}

/// What pass A learns. Storage is kept between bodies.
#[derive(Debug, Default)]
pub(crate) struct Summary {
    /// The operators of live code.
    pub(crate) stream: Stream,
    /// Targets of all `br_table`s, default last.
    pub(crate) targets: Vec<u32>,
    /// The locals that are touched.
    pub(crate) locals: Vec<Local>,
    /// The greatest height of the operand stack.
    pub(crate) height_max: u32,
    /// Whether anything is called: functions, imports, builtins.
    pub(crate) calls: bool,
    /// Whether anything outside of the instance may be called.
    pub(crate) calls_foreign: bool,
    /// Bytes of the outgoing area.
    pub(crate) outgoing_bytes: u32,
    /// By local index: position in `locals` plus one, or 0.
    touched: Vec<u32>,
    frames: Vec<Frame>,
    loop_depth: u32,
    /// The position being read cannot be reached.
    dead: bool,
    /// Blocks opened in dead code.
    dead_frames: u32,
    /// The `if`, or `br_if` to the end of the innermost block, behind which code has gone straight on so far.
    fork: Option<Fork>,
}

/// An operator behind which code may be cold.
#[derive(Clone, Copy, Debug)]
struct Fork {
    /// Where it stands in the stream.
    at: usize,
    /// Whether it is an `if`.
    is_if: bool,
}

impl Summary {
    /// Forgets the last body; the function's own label is open.
    pub(crate) fn begin(&mut self) {
        for local in &self.locals {
            self.touched[local.index as usize] = 0;
        }
        self.locals.clear();
        self.stream.clear();
        self.targets.clear();
        self.frames.clear();
        self.frames.push(Frame { kind: Kind::Block, branched: false });
        (self.height_max, self.outgoing_bytes, self.loop_depth, self.dead_frames) = (0, 0, 0, 0);
        (self.calls, self.calls_foreign, self.dead) = (false, false, false);
        self.fork = None;
    }

    /// Whether the operator being read is in live code.
    #[inline]
    pub(crate) fn is_live(&self) -> bool {
        !self.dead
    }

    /// An access to a local; `ty` is asked for at its first touch only. `sets` says that its value is written unread.
    #[inline]
    pub(crate) fn touch(&mut self, index: u32, sets: bool, ty: impl FnOnce() -> ValType) -> Touched {
        let at = index as usize;
        if at >= self.touched.len() {
            self.touched.resize(at + 1, 0);
        }
        if self.touched[at] == 0 {
            let starts_live = !(sets && self.frames.len() == 1);
            self.locals.push(Local { index, ty: ty(), weight: 0, starts_live });
            self.touched[at] = u32::try_from(self.locals.len()).expect("locals of a body are limited");
        }
        let touched = self.touched[at] - 1;
        let weight = 1 << (LOOP_SHIFT * self.loop_depth.min(LOOP_DEPTH_MAX));
        let local = &mut self.locals[touched as usize];
        local.weight = local.weight.saturating_add(weight);
        touched
    }

    /// The operator pushed last is an `if` or a `br_if` to this depth.
    #[inline]
    pub(crate) fn forks(&mut self, op: Op, depth: u32) {
        let ends_block = depth == 0 && self.frames.last().is_some_and(|frame| frame.kind == Kind::Block);
        let is_if = op == Op::If;
        self.fork = (is_if || ends_block).then(|| Fork { at: self.stream.last(), is_if });
    }

    /// Code goes on elsewhere too, or in a way that must not be moved.
    #[inline]
    pub(crate) fn joins(&mut self) {
        self.fork = None;
    }

    /// `block`, `loop` or `if`. Returns whether it is live.
    pub(crate) fn open(&mut self, op: Op) -> bool {
        self.joins();
        if self.dead {
            self.dead_frames += 1;
            return false;
        }
        let kind = match op {
            Op::Loop => Kind::Loop,
            Op::If => Kind::If,
            _ => Kind::Block,
        };
        self.loop_depth += u32::from(kind == Kind::Loop);
        self.frames.push(Frame { kind, branched: false });
        true
    }

    /// `else`. Returns whether its `if` is live.
    pub(crate) fn switch(&mut self) -> bool {
        self.joins();
        if self.dead && self.dead_frames > 0 {
            return false;
        }
        let frame = self.frames.last_mut().expect("validated: an else has its if");
        frame.kind = Kind::Block;
        frame.branched |= !self.dead;
        self.dead = false;
        true
    }

    /// `end`. Returns whether its block is live.
    pub(crate) fn close(&mut self) -> bool {
        self.joins();
        if self.dead && self.dead_frames > 0 {
            self.dead_frames -= 1;
            return false;
        }
        let frame = self.frames.pop().expect("validated: an end has its block");
        self.loop_depth -= u32::from(frame.kind == Kind::Loop);
        self.dead &= frame.kind == Kind::Loop || !(frame.branched || frame.kind == Kind::If);
        true
    }

    /// A branch in live code to the label at this depth.
    #[inline]
    pub(crate) fn branch(&mut self, depth: u32) {
        let at = self.frames.len() - 1 - depth as usize;
        self.frames[at].branched = true;
    }

    /// Live code ends here: `br`, `return`, `unreachable`, `br_table`. What led straight to a trap, or from an `if` out of the function, is
    /// taken to be seldom executed.
    #[inline]
    pub(crate) fn end_of_live(&mut self, op: Op) {
        self.dead = true;
        if let Some(fork) = self.fork.take()
            && (op == Op::Unreachable || op == Op::Return && fork.is_if)
        {
            self.stream.mark_cold(fork.at);
        }
    }

    /// A call of something; `foreign` when it may be outside of the instance.
    pub(crate) fn call(&mut self, foreign: bool, outgoing_bytes: u32) {
        self.calls = true;
        self.calls_foreign |= foreign;
        self.outgoing_bytes = self.outgoing_bytes.max(outgoing_bytes);
    }
}
