//! What a program must answer, read from the index and from the files beside the module, and how an answer is judged.

use std::path::Path;

use anyhow::{Context, Result};
use sha1::Sha1;
use sha2::{Digest, Sha256};

use crate::answer::{Answer, End};
use crate::corpus::hex;

/// Hashes in the index are the first 16 hex digits, if not longer.
const SHORT: usize = 16;

/// One thing that must hold.
#[derive(Debug, PartialEq, Eq)]
enum Check {
    Exit(i32),
    Score,
    StdoutSha256(String),
    StdoutSha1(String),
    StdoutContains(String),
    Stdout(Vec<u8>),
    Stderr(Vec<u8>),
    StdoutMasked(Vec<u8>),
    Memory(String),
}

/// All that must hold.
#[derive(Debug)]
pub struct Expect(Vec<Check>);

impl Expect {
    /// Reads the index' answer and, beside the module, the outputs that are expected (compared trimmed).
    pub fn new(ans: &str, module: &Path) -> Result<Self> {
        let mut checks: Vec<Check> = ans.split("; ").filter_map(parse).collect();
        let stem = module.with_extension("");
        for (stream, check) in [("stdout", Check::Stdout as fn(Vec<u8>) -> Check), ("stderr", Check::Stderr)]
        {
            let beside = [
                format!("{}.{stream}.expected", stem.display()),
                module.with_file_name(format!("default.{stream}.expected")).display().to_string(),
                format!("{}.{stream}.oracle", stem.display()),
            ];
            if let Some(file) = beside.iter().find(|file| Path::new(file).exists()) {
                checks.push(check(std::fs::read(file).with_context(|| file.clone())?));
            }
        }
        let masked = format!("{}.stdout.masked", stem.display());
        if Path::new(&masked).exists() {
            checks.push(Check::StdoutMasked(std::fs::read(&masked).context(masked)?));
        }
        if checks.is_empty() {
            anyhow::bail!("no answer can be read from \"{ans}\"");
        }
        Ok(Self(checks))
    }

    /// What is wrong with an answer, if anything.
    pub fn fault(&self, answer: &Answer) -> Option<String> {
        if let End::Trap(message) = &answer.end {
            return Some(format!("trap: {message}; stderr: \"{}\"", excerpt(&answer.stderr)));
        }
        self.0.iter().find_map(|check| fault(check, answer))
    }
}

/// One clause of the index' `ans`; clauses that are remarks give nothing.
fn parse(clause: &str) -> Option<Check> {
    let word = |text: &str| text.split_whitespace().next().map(str::to_owned);
    if let Some(rest) = clause.strip_prefix("exit ") {
        return Some(Check::Exit(word(rest)?.parse().ok()?));
    }
    if let Some(rest) = clause.strip_prefix("final-memory sha256/16 ") {
        return word(rest).map(Check::Memory);
    }
    if clause.starts_with("score >0") {
        return Some(Check::Score);
    }
    let rest = clause.strip_prefix("stdout ")?;
    if let Some(hash) = rest.strip_prefix("sha256/16 ") {
        return word(hash).map(Check::StdoutSha256);
    }
    if let Some(hash) = rest.strip_prefix("sha1 ") {
        return word(hash).map(Check::StdoutSha1);
    }
    if let Some(quoted) = rest.strip_prefix("contains \"") {
        return Some(Check::StdoutContains(quoted.split('"').next()?.to_owned()));
    }
    if let Some(quoted) = rest.strip_prefix('"') {
        let text = quoted.split('"').next()?.replace("\\n", "\n");
        return Some(Check::Stdout(text.into_bytes()));
    }
    word(rest)
        .filter(|hash| hash.len() == SHORT && hash.bytes().all(|c| c.is_ascii_hexdigit()))
        .map(Check::StdoutSha256)
}

fn fault(check: &Check, answer: &Answer) -> Option<String> {
    let differs = |what: &str, expected: &str, found: &str| {
        (expected != found).then(|| format!("{what}: expected {expected}, found {found}"))
    };
    match check {
        Check::Exit(code) => differs("exit code", &code.to_string(), &answer.exit_code().to_string()),
        Check::Score => {
            (answer.score.is_none_or(|score| score <= 0.0)).then(|| "score: none above 0".to_owned())
        }
        Check::StdoutSha256(hash) => {
            differs("stdout sha256", hash, &hex(&Sha256::digest(&answer.stdout))[..hash.len().min(64)])
        }
        Check::StdoutSha1(hash) => differs("stdout sha1", hash, &hex(&Sha1::digest(&answer.stdout))),
        Check::StdoutContains(text) => {
            let found = String::from_utf8_lossy(&answer.stdout);
            (!found.contains(text))
                .then(|| format!("stdout: no \"{text}\" in \"{}\"", excerpt(&answer.stdout)))
        }
        Check::Stdout(text) => differing("stdout", text, &answer.stdout),
        Check::Stderr(text) => differing("stderr", text, &answer.stderr),
        Check::StdoutMasked(text) => differing("stdout, digits masked", text, &masked(&answer.stdout)),
        Check::Memory(hash) => {
            differs("memory sha256/16", hash, answer.memory.as_deref().unwrap_or("no memory"))
        }
    }
}

fn differing(what: &str, expected: &[u8], found: &[u8]) -> Option<String> {
    let (expected, found) = (expected.trim_ascii(), found.trim_ascii());
    if expected == found {
        return None;
    }
    let at = expected.iter().zip(found).take_while(|(a, b)| a == b).count();
    let (expected, found) = (excerpt(&expected[at..]), excerpt(&found[at..]));
    Some(format!("{what} from byte {at}: expected \"{expected}\", found \"{found}\""))
}

/// Every run of digits as one `#`: what a program prints that prints its own time.
fn masked(text: &[u8]) -> Vec<u8> {
    let mut out = Vec::with_capacity(text.len());
    for &byte in text {
        if !byte.is_ascii_digit() {
            out.push(byte);
        } else if out.last() != Some(&b'#') {
            out.push(b'#');
        }
    }
    out
}

fn excerpt(bytes: &[u8]) -> String {
    const SHOWN: usize = 100;
    let text = String::from_utf8_lossy(&bytes[..bytes.len().min(SHOWN)]).escape_debug().to_string();
    if bytes.len() > SHOWN { format!("{text}… ({} bytes)", bytes.len()) } else { text }
}

#[cfg(test)]
mod tests {
    use super::{Check, masked, parse};

    #[test]
    fn clauses_of_the_index() {
        let memory = parse("final-memory sha256/16 4223477c568ddebd [wasmtime=V8]");
        assert_eq!(memory, Some(Check::Memory("4223477c568ddebd".into())));
        assert_eq!(parse("exit -1 (V8 only)"), Some(Check::Exit(-1)));
        assert_eq!(parse("memory hash differs between engines (do not use)"), None);
        assert_eq!(parse("stdout varies (timing/paths)"), None);
        assert_eq!(parse("stdout \"499500\\n\" (V8"), Some(Check::Stdout(b"499500\n".to_vec())));
        let short = parse("stdout 399dc41b6324befb (169 B) [wasmtime only]");
        assert_eq!(short, Some(Check::StdoutSha256("399dc41b6324befb".into())));
        assert_eq!(masked(b"1.25 s, x86\n"), b"#.# s, x#\n");
    }
}
