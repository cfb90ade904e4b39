//! Shapes that made compilers take time or stack out of proportion: each in the time that its size allows, and on a small stack.
//!
//! In builds with debug assertions the shapes are smaller.

use skep::{Config, Engine, Error, MemoryMode};

use crate::binary::{Body, Builder, F64, I32, I64, leb};
use crate::clock::Compiler;

/// How many times smaller shapes are here.
const LESS: usize = if cfg!(debug_assertions) { 10 } else { 1 };

const NOTHING: (&[u8], &[u8]) = (&[], &[]);
const BLOCK: [u8; 2] = [0x02, 0x40];
const LOOP: [u8; 2] = [0x03, 0x40];
const IF: [u8; 2] = [0x04, 0x40];
const ELSE: u8 = 0x05;
const END: u8 = 0x0B;
const DROP: u8 = 0x1A;
const GET: u8 = 0x20;
const SET: u8 = 0x21;
const CALL: u8 = 0x10;
const BR: u8 = 0x0C;
const BR_IF: u8 = 0x0D;
const BR_TABLE: u8 = 0x0E;
const ZERO: [u8; 2] = [0x41, 0];

/// One function without parameters and results.
fn one(body: Body) -> Vec<u8> {
    Builder::new().types(&[NOTHING]).funcs(&[0]).memory().bodies(&[body])
}

/// Compiles a module in each memory mode; whether all is well or a limit of ours was met.
fn check(what: &str, wasm: &[u8]) {
    for mode in MemoryMode::ALL {
        let engine = Engine::new(&Config::default().memory_mode(mode)).unwrap();
        let mut compiler = Compiler::new(engine);
        match compiler.compile(what, wasm) {
            Ok(_) | Err(Error::Limit(_)) => {}
            Err(other) => panic!("{what}, {mode:?}: {other}"),
        }
        compiler.report();
    }
}

#[test]
fn operand_stacks() {
    let depth = 1_000_000 / LESS;
    check("1 M constants deep", &one(Body::new(&[]).repeat(depth, &ZERO).repeat(depth, &[DROP])));
    let loads = Body::new(&[]).repeat(depth, &[0x41, 0, 0x28, 0, 0]).repeat(depth, &[DROP]);
    check("1 M loads deep", &one(loads));
    let aliases = Body::new(&[(1, I32)]).repeat(depth, &[GET, 0]).repeat(depth, &[DROP]);
    check("1 M aliases deep", &one(aliases));
    let adds = Body::new(&[(1, I32)]).repeat(depth, &[GET, 0]).repeat(depth - 1, &[0x6A]).op(&[DROP]);
    check("1 M additions", &one(adds));
    let floats = Body::new(&[(1, F64)]).repeat(depth, &[GET, 0]).repeat(depth - 1, &[0xA0]).op(&[DROP]);
    check("1 M float additions", &one(floats));
}

#[test]
fn aliases_and_sets() {
    let count = 100_000 / LESS;
    let all = Body::new(&[(1, I32)])
        .repeat(count, &[GET, 0])
        .repeat(count, &[0x41, 1, SET, 0])
        .repeat(count, &[DROP]);
    check("aliases, then sets", &one(all));
    let each =
        Body::new(&[(2, I32)]).repeat(count, &[GET, 0, GET, 1, 0x41, 1, SET, 0]).repeat(2 * count, &[DROP]);
    check("aliases between sets", &one(each));
    let many = Body::new(&[(100, I32)])
        .each(count, |body, n| body.index(GET, n % 100))
        .each(count, |body, n| body.op(&ZERO).index(SET, n * 7 % 100))
        .repeat(count, &[DROP]);
    check("aliases of many locals", &one(many));
    let labels = Body::new(&[(1, I32)])
        .repeat(count, &[GET, 0])
        .repeat(count, &[BLOCK[0], BLOCK[1], END, GET, 0, BR_IF, 0])
        .repeat(count, &[DROP]);
    check("labels over a deep stack", &one(labels));
    let calls =
        Body::new(&[(1, I32)]).repeat(count, &[GET, 0]).repeat(count, &[CALL, 0]).repeat(count, &[DROP]);
    check("calls over a deep stack", &one(calls));
}

#[test]
fn nesting() {
    let depth = 100_000 / LESS;
    check("blocks", &one(Body::new(&[]).repeat(depth, &BLOCK).repeat(depth, &[END])));
    check("loops", &one(Body::new(&[]).repeat(depth, &LOOP).repeat(depth, &[END])));
    let ifs = Body::new(&[(1, I32)]).repeat(depth, &[GET, 0, IF[0], IF[1]]).repeat(depth, &[ELSE, END]);
    check("ifs", &one(ifs));
    let elses = Body::new(&[(1, I32)]).repeat(depth, &[GET, 0, IF[0], IF[1], ELSE]).repeat(depth, &[END]);
    check("else ifs", &one(elses));
    let branches = Body::new(&[])
        .repeat(depth, &BLOCK)
        .each(depth, |body, n| body.op(&ZERO).index(BR_IF, n))
        .repeat(depth, &[END]);
    check("blocks with branches to each", &one(branches));
    let dead = Body::new(&[]).op(&[0x00]).repeat(depth, &BLOCK).repeat(depth, &[END]);
    check("unreachable blocks", &one(dead));
}

#[test]
fn comparisons() {
    let count = 100_000 / LESS;
    let chain = Body::new(&[(1, I32)]).op(&[GET, 0]).repeat(count, &[0x41, 1, 0x48]).op(&[DROP]);
    check("comparisons of comparisons", &one(chain));
    check("eqz of eqz", &one(Body::new(&[(1, I32)]).op(&[GET, 0]).repeat(count, &[0x45]).op(&[DROP])));
    let select = Body::new(&[(1, I32)]).op(&[GET, 0]).repeat(count, &[GET, 0, GET, 0, 0x1B]).op(&[DROP]);
    check("select of select", &one(select));
    let deep =
        Body::new(&[(1, I32)]).repeat(count, &[GET, 0, GET, 0, 0x48]).repeat(count - 1, &[0x6A]).op(&[DROP]);
    check("comparisons deep", &one(deep));
}

#[test]
fn branch_tables() {
    let targets = 65_520 / LESS;
    let depth = 5_000;
    let table = |targets: usize, depth: usize| {
        let list: Vec<u8> = (0..=targets).flat_map(|n| leb(n % depth)).collect();
        [vec![BR_TABLE], leb(targets), list].concat()
    };
    let plain =
        Body::new(&[]).repeat(depth, &BLOCK).op(&ZERO).op(&table(targets, depth)).repeat(depth, &[END]);
    check("a table of 65 k targets", &one(plain));
    let values = vec![I64; 1_000];
    let wide = |times: usize, targets: usize, depth: usize| {
        let mut body = Body::new(&[]);
        for _ in 0..times {
            body = body
                .repeat(depth, &[0x02, 1])
                .repeat(1_000, &[0x42, 0])
                .op(&ZERO)
                .op(&table(targets, depth))
                .repeat(depth - 1, &[END, 0x00])
                .op(&[END])
                .repeat(1_000, &[DROP]);
        }
        Builder::new().types(&[NOTHING, (&[], &values)]).funcs(&[0]).bodies(&[body])
    };
    check("a table of 65 k targets with 1000 values", &wide(1, targets, 40));
    check("50 tables of 4 k targets with 1000 values", &wide(50 / LESS, 4_000, 20));
}

#[test]
fn wide_signatures() {
    let values = vec![I64; 1_000];
    let types: [(&[u8], &[u8]); 2] = [(&values, &values), NOTHING];
    let leaf = Body::new(&[]).each(1_000, |body, n| body.index(GET, n));
    let caller = Body::new(&[]).repeat(1_000, &[0x42, 7]).repeat(500, &[CALL, 0]).repeat(1_000, &[DROP]);
    check(
        "500 calls of 1000 parameters",
        &Builder::new().types(&types).funcs(&[0, 1]).bodies(&[leaf, caller]),
    );
    let blocks = Body::new(&[])
        .repeat(1_000, &[0x42, 7])
        .repeat(500, &[0x02, 0])
        .repeat(500, &[END])
        .repeat(1_000, &[DROP]);
    check("500 blocks of 1000 parameters", &Builder::new().types(&types).funcs(&[1]).bodies(&[blocks]));
    let more = Body::new(&[])
        .repeat(1_000, &[0x42, 7])
        .repeat(100_000 / LESS, &[0x02, 0, END])
        .repeat(1_000, &[DROP]);
    check("100 k blocks of 1000 parameters", &Builder::new().types(&types).funcs(&[1]).bodies(&[more]));
}

#[test]
fn locals() {
    let all = Body::new(&[(50_000, I64)]);
    check("50 k locals", &one(all));
    let used = Body::new(&[(50_000, I64)]).each(50_000, |body, n| body.index(GET, n).index(SET, 49_999 - n));
    check("50 k locals, all used", &one(used));
    let loops = Body::new(&[(2_000, I32)])
        .each(2_000, |body, n| body.op(&LOOP).index(GET, n).index(SET, (n + 1) % 2_000))
        .repeat(2_000, &[END]);
    check("2000 locals in 2000 loops", &one(loops));
    let beside = Body::new(&[(2_000, I32)])
        .each(2_000, |body, n| body.op(&LOOP).index(GET, n).index(SET, (n + 1) % 2_000).op(&[END]));
    check("2000 loops beside each other", &one(beside));
}

#[test]
fn many_functions() {
    let count = 1_000_000 / LESS;
    let tiny = vec![Body::new(&[]); count];
    check("1 M functions", &Builder::new().types(&[NOTHING]).funcs(&vec![0; count]).bodies(&tiny));
    let count = 100_000 / LESS;
    let greedy = vec![Body::new(&[(50_000, I64)]); count];
    check(
        "100 k functions of 50 k locals",
        &Builder::new().types(&[NOTHING]).funcs(&vec![0; count]).bodies(&greedy),
    );
    let calling = vec![Body::new(&[]).op(&[CALL, 0, CALL, 1]); count];
    check(
        "100 k functions that call",
        &Builder::new().types(&[NOTHING]).funcs(&vec![0; count]).bodies(&calling),
    );
}

#[test]
fn long_bodies() {
    // Length of the body's own bytes: the count of its locals, the code, `end`.
    let longest = 7_654_321 - 2;
    let code = |piece: &[u8]| Body::new(&[(1, I32)]).repeat((longest - 2) / LESS / piece.len(), piece);
    check("constants", &one(code(&[0x41, 1, DROP])));
    check("nops", &one(code(&[0x01])));
    check("divisions", &one(code(&[GET, 0, GET, 0, 0x6D, SET, 0])));
    check("accesses", &one(code(&[GET, 0, 0x28, 2, 4, SET, 0])));
    check("stores", &one(code(&[GET, 0, GET, 0, 0x36, 2, 4])));
    check("traps", &one(code(&[GET, 0, 0x04, 0x40, 0x00, END])));
    check("branches to the end", &one(code(&[GET, 0, BR_IF, 0])));
    check("loops", &one(code(&[0x03, 0x40, GET, 0, BR_IF, 0, END])));
    check("dead branches", &one(code(&[BR, 0])));
    check("growth", &one(code(&[GET, 0, 0x40, 0, SET, 0])));
    check("fills", &one(code(&[GET, 0, GET, 0, GET, 0, 0xFC, 11, 0])));
    check("calls", &one(code(&[CALL, 0])));
    check("conversions", &one(code(&[GET, 0, 0xB7, 0xAA, SET, 0])));
}

#[test]
fn a_body_over_the_limit_is_refused() {
    let engine = Engine::new(&Config::default()).unwrap();
    let wasm = one(Body::new(&[]).repeat(7_654_321, &[0x01]));
    let error = Compiler::new(engine).compile("a long body", &wasm).unwrap_err();
    assert!(error.to_string().contains("body"), "{error}");
}

#[test]
fn nothing_recurses_over_its_input() {
    let depth = 100_000;
    let modules = [
        one(Body::new(&[(1, I32)]).repeat(depth, &[GET, 0, IF[0], IF[1]]).repeat(depth, &[ELSE, END])),
        one(Body::new(&[]).repeat(depth, &BLOCK).repeat(depth, &[END])),
        one(Body::new(&[(1, I32)])
            .repeat(depth, &[GET, 0, GET, 0, 0x48])
            .repeat(depth - 1, &[0x6A])
            .op(&[DROP])),
        one(Body::new(&[(1, I32)]).repeat(depth, &[GET, 0]).repeat(depth - 1, &[0x6A]).op(&[DROP])),
    ];
    let engine = Engine::new(&Config::default()).unwrap();
    let small = std::thread::Builder::new().stack_size(256 << 10);
    let compile = move || modules.iter().all(|wasm| skep::Module::new(&engine, wasm).is_ok());
    assert!(small.spawn(compile).unwrap().join().unwrap());
}
