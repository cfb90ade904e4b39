//! The least that a call per instance can cost: the two cache lines of its context touched, one of them written, a function called
//! through a pointer, an answer written.

use std::hint::black_box;

/// As much of a context as every call touches.
#[repr(align(64))]
#[derive(Clone)]
struct Context {
    limit: u64,
    _rest: [u64; 7],
    memory: u64,
    _more: [u64; 7],
}

/// Blocks of as many instances, and their answers.
pub(crate) struct Floor {
    /// As far apart as the contexts of the bench's modules.
    contexts: Vec<[Context; 2]>,
    answers: Vec<[u64; 2]>,
}

impl Floor {
    pub(crate) fn new(count: usize) -> Self {
        let context = Context { limit: 0, _rest: [0; 7], memory: 1, _more: [0; 7] };
        Self { contexts: vec![[context.clone(), context]; count], answers: vec![[1; 2]; count] }
    }

    /// Touches all of them once.
    pub(crate) fn walk(&mut self) {
        let function: fn(u64) = black_box(nothing);
        for ([context, _], answer) in self.contexts.iter_mut().zip(&mut self.answers) {
            context.limit = 3;
            function(context.memory);
            *answer = [0; 2];
        }
        black_box((&mut self.contexts, &mut self.answers));
    }
}

#[inline(never)]
fn nothing(memory: u64) {
    black_box(memory);
}
