//! The machine code of small inputs, instruction by instruction: `NAME.wat` beside `NAME.x64.asm` and `NAME.aarch64.asm`. Every host
//! gives the same for both.
//!
//! Owns: the comparison. `BLESS=1 cargo test --test golden` rewrites the expectations; read the difference before committing it.
//! Does not know: whether the code is right (`tests/props`) or fast (`benches/peers`): it shows what a change of the compiler does.

#![expect(clippy::unwrap_used, reason = "what is unwrapped is what the test expects")]

use std::fmt::Write;
use std::path::{Path, PathBuf};

use skep::{Arch, Config, Engine, MemoryMode, Module};
use yaxpeax_arch::{Decoder, LengthedInstruction, U8Reader};
use yaxpeax_arm::armv8::a64;
use yaxpeax_x86::amd64;

/// Instructions of all functions in each memory mode, for the baseline of the architecture.
fn disassembly(arch: Arch, wat: &str) -> String {
    let mut text = String::new();
    for mode in MemoryMode::ALL {
        let engine = Engine::new(&Config::default().memory_mode(mode).arch(arch)).unwrap();
        let module = Module::new(&engine, wat).unwrap();
        for code in module.func_codes() {
            writeln!(text, ";; {mode:?} func[{}], frame of {} bytes", code.func_index, code.frame_bytes)
                .unwrap();
            let mut at = 0;
            while at < code.bytes.len() {
                let (len, instruction) = match arch {
                    Arch::X64 => decode_x64(&code.bytes[at..]),
                    Arch::Aarch64 => decode_aarch64(&code.bytes[at..]),
                };
                writeln!(text, "{at:4x}  {instruction}").unwrap();
                at += len;
            }
        }
    }
    text
}

/// Length and text of the first instruction.
fn decode_x64(code: &[u8]) -> (usize, String) {
    match amd64::InstDecoder::default().decode(&mut U8Reader::new(code)) {
        Ok(found) => (usize::try_from(found.len().to_const()).unwrap(), found.to_string()),
        Err(_) => (1, format!(".byte {:#04x}", code[0])),
    }
}

/// As `decode_x64`. What is no instruction is an entry of a jump table.
fn decode_aarch64(code: &[u8]) -> (usize, String) {
    match a64::InstDecoder::default().decode(&mut U8Reader::new(code)) {
        Ok(found) => (4, found.to_string()),
        Err(_) => (4, format!(".word {:#010x}", u32::from_le_bytes(*code.first_chunk().unwrap()))),
    }
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
        let wat = std::fs::read_to_string(&input).unwrap();
        check(Arch::X64, &wat, &input.with_extension("x64.asm"));
        check(Arch::Aarch64, &wat, &input.with_extension("aarch64.asm"));
    }
}

fn check(arch: Arch, wat: &str, expectation: &Path) {
    let found = disassembly(arch, wat);
    if std::env::var_os("BLESS").is_some() {
        std::fs::write(expectation, &found).unwrap();
    }
    let expected = std::fs::read_to_string(expectation).unwrap_or_default();
    let line = expected.lines().zip(found.lines()).position(|(a, b)| a != b);
    assert!(expected == found, "{}: differs from line {line:?} on:\n{found}", expectation.display());
}
