//! `skep inspect`: what a module declares, its sizes, and the machine code of a function.
//!
//! Owns: the listing, disassembly with wasm offsets. Does not know: how code is made.

use std::io::{self, Write};

use skep::{Arch, FuncCode, Module};
use yaxpeax_arch::{Decoder, LengthedInstruction, U8Reader};
use yaxpeax_arm::armv8::a64;
use yaxpeax_x86::amd64;

use crate::options::InspectOptions;
use crate::outcome::{Failure, Outcome, load};

/// Runs the command.
pub(crate) fn inspect(options: &InspectOptions) -> Outcome {
    let engine = options.mode.engine_for(options.target)?;
    let module = load(&engine, &options.file)?;
    let mut out = io::stdout().lock();
    match &options.disasm {
        None => summary(&mut out, &module)?,
        Some(name) => {
            let func = find(&module, name)
                .ok_or_else(|| Failure::Usage(format!("{}: no function {name:?}", options.file.display())))?;
            let code = module.func_code(func).ok_or_else(|| {
                Failure::Usage(format!("{}: function {func} is imported", options.file.display()))
            })?;
            disassemble(&mut out, &module, &code)?;
        }
    }
    Ok(())
}

fn summary(out: &mut impl Write, module: &Module) -> io::Result<()> {
    writeln!(out, "module {}", module.name().unwrap_or("without a name"))?;
    writeln!(
        out,
        "  {} bytes, code section {} bytes, machine code {} bytes",
        module.bytes().len(),
        module.code_section_bytes(),
        module.machine_code_bytes()
    )?;
    let defined = module.func_codes().count();
    writeln!(out, "  {} functions, {} of them imported", module.func_count(), module.func_count() - defined)?;
    writeln!(out, "imports {}", module.imports().len())?;
    for import in module.imports() {
        writeln!(out, "  {:?} {:?} {}", import.module, import.name, import.ty)?;
    }
    writeln!(out, "exports {}", module.exports().len())?;
    for export in module.exports() {
        writeln!(out, "  {:?} {}", export.name, export.ty)?;
    }
    writeln!(out, "memories {}", module.memories().len())?;
    for memory in module.memories() {
        writeln!(out, "  {memory}")?;
    }
    Ok(())
}

/// A function by its export, its name in the name section, or its index.
fn find(module: &Module, name: &str) -> Option<u32> {
    let count = u32::try_from(module.func_count()).ok()?;
    module
        .exported_func(name)
        .or_else(|| (0..count).find(|&func| module.func_name(func) == Some(name)))
        .or_else(|| name.parse().ok().filter(|&func| func < count))
}

fn disassemble(out: &mut impl Write, module: &Module, code: &FuncCode<'_>) -> io::Result<()> {
    let name = module.func_name(code.func_index).unwrap_or("without a name");
    writeln!(
        out,
        "function {} {name}: wasm {:#x}..{:#x}, {} bytes of machine code, frame {} bytes",
        code.func_index,
        code.wasm.start,
        code.wasm.end,
        code.bytes.len(),
        code.frame_bytes
    )?;
    for line in lines(module.engine().target().arch, code.bytes, &code.sites) {
        let bytes: String = line.bytes.iter().map(|byte| format!("{byte:02x}")).collect();
        write!(out, "{:>6x}  {bytes:<22} {}", line.at, line.text)?;
        match line.wasm {
            Some(wasm) => writeln!(out, "  ; wasm {wasm:#x}")?,
            None => writeln!(out)?,
        }
    }
    Ok(())
}

/// One instruction.
struct Line<'a> {
    at: u32,
    bytes: &'a [u8],
    text: String,
    wasm: Option<u32>,
}

/// A site is the address of an access, or the address behind a call or an exit for a trap: then it belongs to what lies before.
fn lines<'a>(arch: Arch, code: &'a [u8], sites: &[(u32, u32)]) -> Vec<Line<'a>> {
    let wasm_at = |offset: usize, skip: bool| {
        let offset = u32::try_from(offset).ok()?;
        sites.iter().filter(|site| site.0 == offset).nth(usize::from(skip)).map(|site| site.1)
    };
    let mut lines = Vec::new();
    let mut at = 0;
    let (mut after_call, mut in_exit) = (false, false);
    while at < code.len() {
        let (len, text) = match arch {
            Arch::X64 => decode_x64(&code[at..]),
            Arch::Aarch64 => decode_aarch64(&code[at..]),
        };
        let end = (at + len).min(code.len());
        in_exit |= text.starts_with(EXIT);
        let leaves = in_exit && LEAVES.iter().any(|name| text.starts_with(name));
        in_exit &= !leaves;
        let is_call = leaves || CALLS.iter().any(|name| text.starts_with(name));
        let wasm = if is_call { wasm_at(end, false) } else { wasm_at(at, after_call) };
        lines.push(Line { at: u32::try_from(at).unwrap_or(u32::MAX), bytes: &code[at..end], text, wasm });
        at = end;
        after_call = is_call;
    }
    lines
}

/// How an exit for a trap begins and ends on aarch64, where it is no call.
const EXIT: &str = "adr x16,";
const LEAVES: [&str; 2] = ["b ", "br "];

/// How the names of calls begin.
const CALLS: [&str; 3] = ["call", "bl ", "blr "];

/// Length and text of the first instruction; constants and jump tables lie behind the code.
fn decode_x64(code: &[u8]) -> (usize, String) {
    match amd64::InstDecoder::default().decode(&mut U8Reader::new(code)) {
        Ok(found) => (usize::try_from(found.len().to_const()).unwrap_or(1).max(1), found.to_string()),
        Err(_) => (1, format!(".byte {:#04x}", code[0])),
    }
}

/// As `decode_x64`.
fn decode_aarch64(code: &[u8]) -> (usize, String) {
    match a64::InstDecoder::default().decode(&mut U8Reader::new(code)) {
        Ok(found) => (4, found.to_string()),
        Err(_) => (
            4,
            code.first_chunk()
                .map_or_else(String::new, |word| format!(".word {:#010x}", u32::from_le_bytes(*word))),
        ),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn offsets_stand_beside_what_they_belong_to() {
        // mov eax, [rdi]; call +0; ret; then a byte that begins no instruction.
        let code = [0x8B, 0x07, 0xE8, 0, 0, 0, 0, 0xC3, 0x06];
        let lines = lines(Arch::X64, &code, &[(0, 0x11), (7, 0x22)]);
        let found: Vec<_> = lines.iter().map(|line| (line.at, line.wasm)).collect();
        assert_eq!(found, [(0, Some(0x11)), (2, Some(0x22)), (7, None), (8, None)]);
        assert!(lines[3].text.starts_with(".byte"), "{}", lines[3].text);
        // ldr w0, [x1]; bl +0; ret; then a word that is no instruction.
        let code = [0x20, 0, 0x40, 0xB9, 0, 0, 0, 0x94, 0xC0, 0x03, 0x5F, 0xD6, 0xC0, 0xFF, 0xFF, 0xFF];
        let lines = super::lines(Arch::Aarch64, &code, &[(0, 0x11), (8, 0x22)]);
        let found: Vec<_> = lines.iter().map(|line| (line.at, line.wasm)).collect();
        assert_eq!(found, [(0, Some(0x11)), (4, Some(0x22)), (8, None), (12, None)]);
        assert!(lines[3].text.starts_with(".word"), "{}", lines[3].text);
        // adr x16, +8; b -8; adr x16, +8; br x14; ldr w0, [x1]: two exits, then an access behind the second.
        let code = [0x10000050_u32, 0x17FFFFFE, 0x10000050, 0xD61F01C0, 0xB9400020];
        let code: Vec<u8> = code.into_iter().flat_map(u32::to_le_bytes).collect();
        let lines = super::lines(Arch::Aarch64, &code, &[(8, 0x11), (16, 0x22), (16, 0x33)]);
        let found: Vec<_> = lines.iter().map(|line| (line.at, line.wasm)).collect();
        assert_eq!(found, [(0, None), (4, Some(0x11)), (8, None), (12, Some(0x22)), (16, Some(0x33))]);
    }
}
