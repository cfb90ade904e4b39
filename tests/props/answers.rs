//! Numbers that stand for what was seen, the same on every machine, and files that keep them.
//!
//! Does not know: what was seen.

use std::fmt::Write;
use std::hash::{Hash, Hasher};

/// Cases that one line of a file stands for.
const BLOCK: usize = 50;

/// A sum of whatever is hashed into it: one that no release of the standard library changes.
#[derive(Default)]
pub(crate) struct Sum(u64);

impl Sum {
    /// The sum of one thing.
    pub(crate) fn of(value: impl Hash) -> u64 {
        let mut sum = Self::default();
        value.hash(&mut sum);
        sum.finish()
    }
}

impl Hasher for Sum {
    fn write(&mut self, bytes: &[u8]) {
        for part in bytes.chunks(8) {
            let mut word = [0; 8];
            word[..part.len()].copy_from_slice(part);
            self.0 = (self.0.rotate_left(5) ^ u64::from_le_bytes(word)).wrapping_mul(0x9E37_79B9_7F4A_7C15);
            self.0 = (self.0 ^ part.len() as u64).wrapping_mul(0x2545_F491_4F6C_DD1D);
        }
    }

    fn finish(&self) -> u64 {
        self.0 ^ self.0 >> 29
    }
}

/// The text of a file: a line for each block, with its first case and its number.
pub(crate) fn text(first: u64, answers: &[u64]) -> String {
    let mut text = String::new();
    for (block, answers) in (0..).zip(answers.chunks(BLOCK)) {
        let first = first + block * BLOCK as u64;
        writeln!(text, "{first}+{} {:016x}", answers.len(), Sum::of(answers)).unwrap();
    }
    text
}

/// Lines of `kept` about the same cases that say something else, and how many say the same.
pub(crate) fn differences(found: &str, kept: &str) -> (Vec<String>, usize) {
    let mut wrong = Vec::new();
    let mut same = 0;
    for line in found.lines() {
        let cases = line.split(' ').next();
        match kept.lines().find(|kept| kept.split(' ').next() == cases) {
            Some(kept) if kept == line => same += 1,
            Some(kept) => wrong.push(format!("{line}, where {kept} is kept")),
            None => {}
        }
    }
    (wrong, same)
}

#[test]
fn a_number_that_differs_is_found_and_no_other() {
    let answers: Vec<u64> = (0..120).collect();
    let kept = text(100, &answers);
    assert_eq!(kept.lines().count(), 3);
    let mut other = answers.clone();
    other[60] += 1;
    let (wrong, same) = differences(&text(100, &other), &kept);
    assert_eq!((wrong.len(), same), (1, 2));
    assert!(wrong[0].starts_with("150+50 "), "{wrong:?}");
    assert_eq!(differences(&text(100, &answers[..50]), &kept), (Vec::new(), 1));
    assert_eq!(differences(&text(7, &answers), &kept), (Vec::new(), 0), "other cases are not compared");
}
