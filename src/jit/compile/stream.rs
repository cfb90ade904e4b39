//! The operator stream: how pass A hands a validated body to pass B.
//!
//! Owns: the encoding of an operator in one word (plus operand words for what is wide), and the reader that pass B walks.
//! Does not know: what operators mean. The body is decoded once, by wasmparser, so pass B cannot disagree with what was
//! validated; and the next operator is there for peeking.
//!
//! A word is `offset in the body: 23 | cold: 1 | row: 8 | immediate: 32`, high to low. Dead code is left out.

use crate::spec::limits::BODY_BYTES_MAX;
use crate::spec::module::TypeIdx;
use crate::spec::ops::Op;
use crate::spec::types::ValType;

const ROW_BITS: u32 = 8;
const IMM_BITS: u32 = 32;
const COLD: u64 = 1 << (ROW_BITS + IMM_BITS);
const OFFSET_AT: u32 = ROW_BITS + IMM_BITS + 1;
const OFFSET_BITS: u32 = 64 - OFFSET_AT;
const _: () = assert!(BODY_BYTES_MAX < 1 << OFFSET_BITS);
const _: () = assert!(Op::ALL.len() <= 1 << ROW_BITS);

/// Immediate of a block without parameters and results.
const BLOCK_EMPTY: u32 = u32::MAX;
/// Immediate of a block with one result: this plus the result's position in `RESULT_TYPES`. Type indices lie below.
const BLOCK_RESULT: u32 = u32::MAX - 8;
const RESULT_TYPES: [ValType; 7] = [
    ValType::I32,
    ValType::I64,
    ValType::F32,
    ValType::F64,
    ValType::V128,
    ValType::FuncRef,
    ValType::ExternRef,
];

/// Type of a block.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum BlockType {
    /// No parameters, no results.
    Empty,
    /// No parameters, one result.
    Result(ValType),
    /// As a function type.
    Func(TypeIdx),
}

impl BlockType {
    pub(crate) fn encode(self) -> u32 {
        match self {
            Self::Empty => BLOCK_EMPTY,
            Self::Result(ty) => {
                let at = RESULT_TYPES.iter().position(|&t| t == ty).expect("every value type is listed");
                BLOCK_RESULT + u32::try_from(at).expect("seven entries")
            }
            Self::Func(ty) => ty.as_u32(),
        }
    }

    pub(crate) fn decode(imm: u32) -> Self {
        if imm == BLOCK_EMPTY {
            Self::Empty
        } else if imm >= BLOCK_RESULT {
            Self::Result(RESULT_TYPES[(imm - BLOCK_RESULT) as usize])
        } else {
            Self::Func(TypeIdx::new(imm))
        }
    }
}

/// The stream of one body, written by pass A. Storage is kept between bodies.
#[derive(Debug, Default)]
pub(crate) struct Stream {
    words: Vec<u64>,
}

impl Stream {
    pub(crate) fn clear(&mut self) {
        self.words.clear();
    }

    #[inline]
    pub(crate) fn push(&mut self, op: Op, offset: u32, imm: u32) {
        let word = u64::from(offset) << OFFSET_AT | (op as u64) << IMM_BITS | u64::from(imm);
        self.words.push(word);
    }

    /// Where the operator pushed last stands.
    #[inline]
    pub(crate) fn last(&self) -> usize {
        self.words.len() - 1
    }

    /// What follows this operator where its condition leads straight on is seldom executed.
    pub(crate) fn mark_cold(&mut self, at: usize) {
        self.words[at] |= COLD;
    }

    /// An operand word of the operator pushed last.
    #[inline]
    pub(crate) fn push_operand(&mut self, word: u64) {
        self.words.push(word);
    }

    pub(crate) fn reader(&self) -> Reader<'_> {
        Reader { words: &self.words, at: 0 }
    }
}

/// An operator as pass B sees it.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Record(u64);

impl Record {
    /// The row.
    #[inline]
    pub(crate) fn op(self) -> Op {
        Op::ALL[(self.0 >> IMM_BITS & ((1 << ROW_BITS) - 1)) as usize]
    }

    /// Bytes from the start of the body.
    #[inline]
    pub(crate) fn offset(self) -> u32 {
        (self.0 >> OFFSET_AT) as u32
    }

    /// The immediate, or what stands for it.
    #[inline]
    pub(crate) fn imm(self) -> u32 {
        (self.0 & 0xFFFF_FFFF) as u32
    }

    /// Whether what follows is seldom executed: see `Summary::end_of_live`.
    #[inline]
    pub(crate) fn is_cold(self) -> bool {
        self.0 & COLD != 0
    }
}

/// Walks a stream. Cannot fail: the stream ends with the body's `end`.
#[derive(Clone, Debug)]
pub(crate) struct Reader<'a> {
    words: &'a [u64],
    at: usize,
}

impl Reader<'_> {
    /// The next operator, or `None` behind the body's `end`.
    #[inline]
    pub(crate) fn next(&mut self) -> Option<Record> {
        let word = *self.words.get(self.at)?;
        self.at += 1;
        Some(Record(word))
    }

    /// The next operator without taking it.
    #[inline]
    pub(crate) fn peek(&self) -> Option<Record> {
        self.words.get(self.at).copied().map(Record)
    }

    /// An operand word of the operator taken last.
    #[inline]
    pub(crate) fn operand(&mut self) -> u64 {
        let word = self.words[self.at];
        self.at += 1;
        word
    }
}
