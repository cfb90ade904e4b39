//! Modules in odd shapes, each of which took some compiler time or memory out of proportion to its size. Nothing runs them.
//!
//! Owns: the shapes. How bytes are written is `build`'s; how much time a module may take is one of the `goals`.

mod build;

use build::{Body, I32, I64, module};

/// A module and its name.
pub struct Shape {
    /// As in tables, unique.
    pub name: &'static str,
    /// Writes it.
    pub make: fn() -> Vec<u8>,
}

/// All shapes.
pub const SHAPES: [Shape; 10] = [
    Shape { name: "million-empty-functions", make: million_empty_functions },
    Shape { name: "tiny-functions", make: tiny_functions },
    Shape { name: "greedy-functions", make: greedy_functions },
    Shape { name: "long-body-of-divisions", make: long_body_of_divisions },
    Shape { name: "long-body-of-stores", make: long_body_of_stores },
    Shape { name: "many-locals", make: many_locals },
    Shape { name: "locals-in-loops", make: locals_in_loops },
    Shape { name: "branch-table", make: branch_table },
    Shape { name: "nested-blocks", make: nested_blocks },
    Shape { name: "deep-operands", make: deep_operands },
];

const BLOCK: [u8; 2] = [0x02, 0x40];
const LOOP: [u8; 2] = [0x03, 0x40];
const END: u8 = 0x0B;
const BR_IF: u8 = 0x0D;
const BR_TABLE: u8 = 0x0E;
const DROP: u8 = 0x1A;
const GET: u8 = 0x20;
const SET: u8 = 0x21;
const I32_STORE: u8 = 0x36;
const I32_CONST: u8 = 0x41;
const I32_ADD: u8 = 0x6A;
const I32_DIV_S: u8 = 0x6D;

/// As long as a function may be at most in most engines, less some bytes for its locals.
const LONG_BODY_BYTES: usize = 7_654_321 - 16;

fn million_empty_functions() -> Vec<u8> {
    module(1_000_000, &Body::new(&[]))
}

fn tiny_functions() -> Vec<u8> {
    module(100_000, &Body::new(&[(2, I32)]).op(&[GET, 0, GET, 1, I32_ADD, SET, 0]))
}

fn greedy_functions() -> Vec<u8> {
    module(10_000, &Body::new(&[(50_000, I64)]))
}

fn long_body_of_divisions() -> Vec<u8> {
    long_body(&[GET, 0, GET, 1, I32_DIV_S, SET, 0])
}

fn long_body_of_stores() -> Vec<u8> {
    long_body(&[GET, 0, GET, 1, I32_STORE, 2, 4])
}

fn long_body(piece: &[u8]) -> Vec<u8> {
    module(1, &Body::new(&[(2, I32)]).repeat(LONG_BODY_BYTES / piece.len(), piece))
}

fn many_locals() -> Vec<u8> {
    const COUNT: usize = 50_000;
    let copy = |body: Body, local| body.index(GET, local).index(SET, COUNT - 1 - local);
    module(1, &(0..COUNT).fold(Body::new(&[(COUNT, I64)]), copy))
}

fn locals_in_loops() -> Vec<u8> {
    const COUNT: usize = 2_000;
    let open = |body: Body, at| body.op(&LOOP).index(GET, at).index(SET, (at + 1) % COUNT);
    module(1, &(0..COUNT).fold(Body::new(&[(COUNT, I32)]), open).repeat(COUNT, &[END]))
}

fn branch_table() -> Vec<u8> {
    const TARGETS: usize = 65_520;
    const DEPTH: usize = 5_000;
    let table = Body::new(&[]).repeat(DEPTH, &BLOCK).op(&[I32_CONST, 0]).index(BR_TABLE, TARGETS);
    let table = (0..=TARGETS).fold(table, |body, at| body.number(at % DEPTH));
    module(1, &table.repeat(DEPTH, &[END]))
}

fn nested_blocks() -> Vec<u8> {
    const DEPTH: usize = 100_000;
    let body = Body::new(&[]).repeat(DEPTH, &BLOCK);
    let body = (0..DEPTH).fold(body, |body, at| body.op(&[I32_CONST, 0]).index(BR_IF, at));
    module(1, &body.repeat(DEPTH, &[END]))
}

fn deep_operands() -> Vec<u8> {
    const DEPTH: usize = 1_000_000;
    let body = Body::new(&[(1, I32)]).repeat(DEPTH, &[GET, 0]).repeat(DEPTH - 1, &[I32_ADD]);
    module(1, &body.op(&[DROP]))
}

#[cfg(test)]
mod tests {
    use super::SHAPES;
    use crate::sections;

    #[test]
    fn shapes_are_modules_with_names_of_their_own() {
        for (at, shape) in SHAPES.iter().enumerate() {
            assert!(SHAPES[..at].iter().all(|other| other.name != shape.name), "{}", shape.name);
            let wasm = (shape.make)();
            let code = sections::code_bytes(&wasm).expect(shape.name);
            assert!(code > 1_000 && code < wasm.len(), "{}: {code} bytes", shape.name);
        }
    }
}
