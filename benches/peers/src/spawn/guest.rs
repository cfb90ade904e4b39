//! The modules whose instances are made.

/// Where an instance of [`Guest::Page`] writes, and how many bytes.
pub const WRITTEN: [(usize, usize); 2] = [(4096, 4096), (36864, 4096)];

/// One of the modules. All but the first export `run`, without parameters and results, and `answer`, which tells what `run` has done.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Guest {
    /// Nothing in it.
    Empty,
    /// A page of memory (64 KiB), in which `run` fills two of the system's (4 KiB).
    Page,
    /// Its `run` does nothing.
    Nothing,
    /// A page of memory; as its start function and at each `run` it computes for some microseconds.
    Work,
}

/// Steps of a generator of random numbers in one `run`: more than 5 µs on machines of today.
const STEPS: u32 = 6000;

impl Guest {
    pub const fn title(self) -> &'static str {
        match self {
            Self::Empty => "an empty module",
            Self::Page => "one page of memory, 8 KiB of it written",
            Self::Nothing => "an empty function",
            Self::Work => "6000 steps of work",
        }
    }

    pub const fn text(self) -> &'static str {
        match self {
            Self::Empty => "(module)",
            Self::Page => PAGE,
            Self::Nothing => NOTHING,
            Self::Work => WORK,
        }
    }

    /// Whether there is something to call.
    pub const fn runs(self) -> bool {
        !matches!(self, Self::Empty)
    }

    /// What `answer` returns before the first `run` and after it.
    pub fn answers(self) -> Option<[i32; 2]> {
        match self {
            Self::Empty => None,
            Self::Page => Some([0, 7 * (WRITTEN[0].1 + WRITTEN[1].1) as i32]),
            Self::Nothing => Some([0, 0]),
            Self::Work => Some([1, 2].map(|runs| worked(runs * STEPS))),
        }
    }
}

/// Its answer is the sum of all bytes of its memory.
const PAGE: &str = r#"(module (memory 1 1)
    (func (export "run")
        (memory.fill (i32.const 4096) (i32.const 7) (i32.const 4096))
        (memory.fill (i32.const 36864) (i32.const 7) (i32.const 4096)))
    (func (export "answer") (result i32) (local $at i32) (local $sum i32)
        (loop $next
            (local.set $sum (i32.add (local.get $sum) (i32.load8_u (local.get $at))))
            (local.set $at (i32.add (local.get $at) (i32.const 1)))
            (br_if $next (i32.lt_u (local.get $at) (i32.const 65536))))
        (local.get $sum)))"#;

const NOTHING: &str = r#"(module (func (export "run")) (func (export "answer") (result i32) (i32.const 0)))"#;

const WORK: &str = r#"(module (memory 1 1)
    (func $run (export "run") (local $value i32) (local $left i32)
        (local.set $value (i32.load (i32.const 0)))
        (local.set $left (i32.const 6000))
        (loop $next
            (local.set $value
                (i32.add (i32.mul (local.get $value) (i32.const 1664525)) (i32.const 1013904223)))
            (i32.store (i32.and (local.get $left) (i32.const 0xffc)) (local.get $value))
            (br_if $next (local.tee $left (i32.sub (local.get $left) (i32.const 1)))))
        (i32.store (i32.const 0) (local.get $value)))
    (start $run)
    (func (export "answer") (result i32) (i32.load (i32.const 0))))"#;

/// What [`Guest::Work`] has computed after so many steps.
fn worked(steps: u32) -> i32 {
    (0..steps).fold(0_i32, |value, _| value.wrapping_mul(1_664_525).wrapping_add(1_013_904_223))
}
