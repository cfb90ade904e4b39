//! Writes modules in the binary format: one type, one memory, any number of functions without parameters and results.

/// Type codes.
pub(super) const I32: u8 = 0x7F;
pub(super) const I64: u8 = 0x7E;

/// A function's body.
pub(super) struct Body {
    locals: Vec<u8>,
    code: Vec<u8>,
}

impl Body {
    /// A body with these runs of locals.
    pub(super) fn new(locals: &[(usize, u8)]) -> Self {
        let mut bytes = leb(locals.len());
        for &(count, ty) in locals {
            bytes.extend(leb(count));
            bytes.push(ty);
        }
        Self { locals: bytes, code: Vec::new() }
    }

    /// Appends bytes as they are.
    pub(super) fn op(mut self, code: &[u8]) -> Self {
        self.code.extend(code);
        self
    }

    /// Appends an unsigned number.
    pub(super) fn number(mut self, number: usize) -> Self {
        self.code.extend(leb(number));
        self
    }

    /// Appends an operator with an index.
    pub(super) fn index(self, op: u8, index: usize) -> Self {
        self.op(&[op]).number(index)
    }

    /// Appends the same bytes many times.
    pub(super) fn repeat(mut self, times: usize, code: &[u8]) -> Self {
        self.code.extend(code.repeat(times));
        self
    }
}

/// A module with a memory and this function so many times.
pub(super) fn module(count: usize, body: &Body) -> Vec<u8> {
    let body = [body.locals.as_slice(), &body.code, &[0x0B]].concat();
    let body = [leb(body.len()), body].concat();
    let mut wasm = b"\0asm\x01\0\0\0".to_vec();
    section(&mut wasm, 1, 1, &[0x60, 0, 0]);
    section(&mut wasm, 3, count, &vec![0; count]);
    section(&mut wasm, 5, 1, &[0, 1]);
    section(&mut wasm, 10, count, &body.repeat(count));
    wasm
}

fn section(wasm: &mut Vec<u8>, id: u8, count: usize, items: &[u8]) {
    let count = leb(count);
    wasm.push(id);
    wasm.extend(leb(count.len() + items.len()));
    wasm.extend(count);
    wasm.extend(items);
}

/// An unsigned number as the format has it.
fn leb(mut value: usize) -> Vec<u8> {
    let mut bytes = Vec::new();
    loop {
        let low = (value & 0x7F) as u8;
        value >>= 7;
        if value == 0 {
            bytes.push(low);
            return bytes;
        }
        bytes.push(low | 0x80);
    }
}
