//! Labels: where branches go, and the jumps that wait for one to be placed.
//!
//! Owns: [`Labels`]. Does not know: how a displacement is written, nor what state holds at a label (`control`).

use crate::jit::buffers::{Jump, Mark};

const NONE: u32 = u32::MAX;

/// A place that code can jump to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct LabelId(u32);

#[derive(Clone, Copy, Debug)]
struct Label {
    /// Head of its list of waiting jumps.
    waiting: u32,
    /// A jump table goes here, or code that goes straight on.
    listed: bool,
    place: Option<Mark>,
}

/// All labels of a function. Storage is kept between functions.
#[derive(Debug, Default)]
pub(crate) struct Labels {
    labels: Vec<Label>,
    jumps: Vec<(Jump, u32)>,
}

impl Labels {
    pub(crate) fn clear(&mut self) {
        self.labels.clear();
        self.jumps.clear();
    }

    /// A label whose place is not known yet.
    pub(crate) fn create(&mut self) -> LabelId {
        let id = u32::try_from(self.labels.len()).expect("labels are limited by the size of a body");
        self.labels.push(Label { waiting: NONE, listed: false, place: None });
        LabelId(id)
    }

    /// Where the label is.
    pub(crate) fn place(&self, label: LabelId) -> Option<Mark> {
        self.labels[label.0 as usize].place
    }

    /// A jump waits for the label to be placed.
    pub(crate) fn wait(&mut self, label: LabelId, jump: Jump) {
        let label = &mut self.labels[label.0 as usize];
        debug_assert!(label.place.is_none(), "a placed label is jumped to at once");
        let id = u32::try_from(self.jumps.len()).expect("jumps are limited by the size of a body");
        self.jumps.push((jump, label.waiting));
        label.waiting = id;
    }

    /// Places the label; the jumps that waited for it are handed to `link`.
    pub(crate) fn bind(&mut self, label: LabelId, place: Mark, mut link: impl FnMut(Jump)) {
        let label = &mut self.labels[label.0 as usize];
        debug_assert!(label.place.is_none(), "a label has one place");
        label.place = Some(place);
        let mut at = std::mem::replace(&mut label.waiting, NONE);
        while at != NONE {
            let (jump, next) = self.jumps[at as usize];
            link(jump);
            at = next;
        }
    }

    /// A jump table, filled at the end of the function, goes to the label, or what is written before it without a jump.
    pub(crate) fn list(&mut self, label: LabelId) {
        self.labels[label.0 as usize].listed = true;
    }

    /// Whether something written so far goes to the label, which is not placed yet.
    pub(crate) fn is_awaited(&self, label: LabelId) -> bool {
        let label = &self.labels[label.0 as usize];
        label.listed || label.waiting != NONE
    }
}
