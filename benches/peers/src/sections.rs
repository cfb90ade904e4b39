//! How large a module's code section is: the byte count that compile times are divided by. Knows nothing else of the
//! format; engines validate.

use anyhow::{Result, bail};

const CODE_SECTION: u8 = 10;
const HEADER_BYTES: usize = 8;

/// Bytes in the payload of the code section, 0 without one.
pub fn code_bytes(wasm: &[u8]) -> Result<usize> {
    if !wasm.starts_with(b"\0asm") || wasm.len() < HEADER_BYTES {
        bail!("not a binary WebAssembly module");
    }
    let mut at = HEADER_BYTES;
    while at < wasm.len() {
        let id = wasm[at];
        at += 1;
        let size = leb(wasm, &mut at)?;
        if id == CODE_SECTION {
            return Ok(size);
        }
        at += size;
    }
    Ok(0)
}

fn leb(wasm: &[u8], at: &mut usize) -> Result<usize> {
    let mut value = 0;
    for shift in (0..35).step_by(7) {
        let Some(&byte) = wasm.get(*at) else { bail!("section size cut off at byte {at}") };
        *at += 1;
        value |= usize::from(byte & 0x7f) << shift;
        if byte & 0x80 == 0 {
            return Ok(value);
        }
    }
    bail!("section size too long at byte {at}")
}

#[cfg(test)]
mod tests {
    use super::code_bytes;

    #[test]
    fn finds_the_code_section_behind_others() {
        let wasm = b"\0asm\x01\0\0\0\x01\x04\x01\x60\0\0\x03\x02\x01\0\x0a\x04\x01\x02\0\x0b";
        assert_eq!(code_bytes(wasm).unwrap(), 4);
        assert_eq!(code_bytes(b"\0asm\x01\0\0\0").unwrap(), 0);
        assert!(code_bytes(b"\0asm\x01\0\0\0\x01").is_err());
        assert!(code_bytes(b"(module)").is_err());
    }
}
