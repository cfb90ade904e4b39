//! The machine code of small inputs, instruction by instruction: `NAME.wat` beside `NAME.x64.asm`.
//!
//! Owns: the comparison. `BLESS=1 cargo test --test golden` rewrites the expectations; read the difference before committing it.
//! Does not know: whether the code is right (`tests/props`) or fast (`benches/peers`): it shows what a change of the compiler does.

#![expect(clippy::unwrap_used, reason = "what is unwrapped is what the test expects")]

use std::fmt::Write;
use std::path::{Path, PathBuf};

use skep::{Config, Cpu, Engine, MemoryMode, Module};
use yaxpeax_arch::{Decoder, LengthedInstruction, U8Reader};
use yaxpeax_x86::amd64::InstDecoder;

/// Instructions of all functions in both memory modes; the oldest CPU, so that every host gives the same.
fn disassembly(wat: &str) -> String {
    let mut text = String::new();
    for mode in MemoryMode::ALL {
        let engine = Engine::new(&Config::default().memory_mode(mode).cpu_mask(Cpu::NONE)).unwrap();
        let module = Module::new(&engine, wat).unwrap();
        for code in module.func_codes() {
            writeln!(text, ";; {mode:?} func[{}], frame of {} bytes", code.func_index, code.frame_bytes)
                .unwrap();
            let mut at = 0;
            while at < code.bytes.len() {
                let mut reader = U8Reader::new(&code.bytes[at..]);
                let Ok(instruction) = InstDecoder::default().decode(&mut reader) else {
                    writeln!(text, "{at:4x}  .byte {:#04x}", code.bytes[at]).unwrap();
                    at += 1;
                    continue;
                };
                writeln!(text, "{at:4x}  {instruction}").unwrap();
                at += usize::try_from(instruction.len().to_const()).unwrap();
            }
        }
    }
    text
}

fn folder() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/golden")
}

#[test]
fn machine_code_is_as_expected() {
    let mut inputs: Vec<_> = folder().read_dir().unwrap().map(|entry| entry.unwrap().path()).collect();
    inputs.retain(|path| path.extension().is_some_and(|extension| extension == "wat"));
    inputs.sort();
    assert!(inputs.len() >= 6, "only {} inputs", inputs.len());
    for input in inputs {
        let expectation = input.with_extension("x64.asm");
        let found = disassembly(&std::fs::read_to_string(&input).unwrap());
        if std::env::var_os("BLESS").is_some() {
            std::fs::write(&expectation, &found).unwrap();
        }
        let expected = std::fs::read_to_string(&expectation).unwrap_or_default();
        let line = expected.lines().zip(found.lines()).position(|(a, b)| a != b);
        assert!(expected == found, "{}: differs from line {line:?} on:\n{found}", expectation.display());
    }
}
