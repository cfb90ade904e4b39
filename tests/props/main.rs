//! What must hold for any input: machine code computes what an unrelated interpreter computes, and no input harms the host.

#![expect(clippy::unwrap_used, reason = "what is unwrapped is what the test expects")]

mod answers;
mod binary;
mod bombs;
mod clock;
mod handles;
mod herd;
mod malformed;
mod matching;
mod model;
mod numeric;
mod ops;
mod oracle;
mod random;
mod scene;
mod segments;
mod smith;
mod table;
mod texts;
mod tuning;
mod uses;
