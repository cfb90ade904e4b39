//! Whole modules: functions in chunks, compiled on any number of threads, joined into one image.
//!
//! Owns: how a module is cut (by size only, so equal input gives an equal image whatever the number of threads), which worker
//! compiles a chunk, and the joining. Does not know: how a function is compiled (`compile`), who publishes the image.

use std::cell::Cell;
use std::ops::Range;
use std::thread::LocalKey;

use rayon::prelude::*;

use super::buffers::{Records, Reloc};
use super::compile::{ModuleContext, Worker};
use super::image::{FuncImage, Image, Site, TypeReloc};
use super::masm::Masm;
use super::target::Target;
use crate::arena::index::IndexVec;
use crate::spec::decode::Decoded;
use crate::spec::invalid::{LimitExceeded, ModuleError};
use crate::spec::limits::{CODE_BYTES_MAX, values_moved_max};
use crate::spec::module::{DefinedFuncIdx, ModuleDecl};

/// A chunk ends with the body that reaches this many bytes.
const CHUNK_BYTES: usize = 64 * 1024;
/// Modules whose bodies have fewer bytes are compiled on the calling thread.
const SERIAL_BYTES_MAX: usize = 128 * 1024;

/// A worker is kept for the next chunk unless this one has had longer bodies or more code.
const KEPT_BODY_BYTES_MAX: usize = 1 << 20;
const KEPT_CODE_BYTES_MAX: usize = 8 << 20;

/// A thread's worker for one backend, kept from module to module.
pub(super) type WorkerCell<M> = Cell<Option<Box<(Target, Worker<M>)>>>;

/// The code of one chunk.
struct Chunk {
    code: Vec<u8>,
    funcs: Vec<FuncImage>,
    records: Records,
    values_moved: u64,
    error: Option<ModuleError>,
}

/// Compiles a module with the backend `M`.
pub(super) fn compile<M: Masm>(
    bytes: &[u8],
    decoded: &Decoded,
    target: &Target,
    workers: &'static LocalKey<WorkerCell<M>>,
) -> Result<Image, ModuleError> {
    let cx = ModuleContext::new(bytes, decoded, target);
    let cuts = cut(&decoded.decl);
    let one = |range: &Range<usize>| compile_chunk(&cx, range.clone(), workers);
    let body_bytes: usize = decoded.decl.bodies.as_slice().iter().map(ExactSizeIterator::len).sum();
    let chunks: Vec<Chunk> = if body_bytes < SERIAL_BYTES_MAX {
        cuts.iter().map(one).collect()
    } else {
        cuts.par_iter().map(one).collect()
    };
    let moved = chunks.iter().fold(0u64, |sum, chunk| sum.saturating_add(chunk.values_moved));
    LimitExceeded::check("values moved", moved, values_moved_max(bytes.len()))?;
    join::<M>(&cx, chunks)
}

/// Ranges of defined functions, cut by the size of their bodies.
fn cut(decl: &ModuleDecl) -> Vec<Range<usize>> {
    let mut cuts = Vec::new();
    let (mut start, mut size) = (0, 0);
    for (at, body) in decl.bodies.as_slice().iter().enumerate() {
        size += body.len();
        if size >= CHUNK_BYTES {
            cuts.push(start..at + 1);
            (start, size) = (at + 1, 0);
        }
    }
    if start < decl.bodies.len() {
        cuts.push(start..decl.bodies.len());
    }
    cuts
}

fn compile_chunk<M: Masm>(
    cx: &ModuleContext<'_>,
    range: Range<usize>,
    workers: &'static LocalKey<WorkerCell<M>>,
) -> Chunk {
    let kept = workers.take().filter(|kept| kept.0 == *cx.target);
    let mut kept = kept.unwrap_or_else(|| Box::new((*cx.target, Worker::new(cx.target))));
    let worker = &mut kept.1;
    worker.begin_chunk();
    let bodies = &cx.decoded.decl.bodies.as_slice()[range.clone()];
    let body_bytes: usize = bodies.iter().map(ExactSizeIterator::len).sum();
    let mut funcs = Vec::with_capacity(range.len());
    let mut error = None;
    for at in range {
        match worker.compile(cx, DefinedFuncIdx::from_usize(at)) {
            Ok(func) => funcs.push(func),
            Err(why) => {
                error = Some(why);
                break;
            }
        }
    }
    let values_moved = worker.values_moved();
    let (code, records) = match error {
        None => worker.take_code(),
        Some(_) => Default::default(),
    };
    // After an error a worker may be in the middle of a function. One that has seen something huge holds storage to match.
    if error.is_none() && body_bytes <= KEPT_BODY_BYTES_MAX && code.len() <= KEPT_CODE_BYTES_MAX {
        workers.set(Some(kept));
    }
    Chunk { code, funcs, records, values_moved, error }
}

/// Puts the chunks one behind the other and lets their calls find each other.
fn join<M: Masm>(cx: &ModuleContext<'_>, chunks: Vec<Chunk>) -> Result<Image, ModuleError> {
    let size: usize = chunks.iter().map(|chunk| chunk.code.len().next_multiple_of(16)).sum();
    if let Some(error) = chunks.iter().find_map(|chunk| chunk.error.clone()) {
        return Err(error);
    }
    LimitExceeded::check("bytes of machine code", size as u64, CODE_BYTES_MAX as u64)?;
    let mut image = Image {
        target: *cx.target,
        code: Vec::with_capacity(size),
        funcs: IndexVec::with_capacity(cx.decoded.decl.bodies.len()),
        returns: Vec::new(),
        accesses: Vec::new(),
        types: Vec::new(),
        layout: cx.layout,
    };
    let mut calls = Vec::new();
    for chunk in chunks {
        append(&mut image, &mut calls, chunk);
    }
    for (at, func, form) in calls {
        let callee = cx.decoded.decl.defined(func).expect("only own functions are called directly");
        let fits = M::patch_call(&mut image.code, at, form, image.funcs[callee].local);
        assert!(fits, "the limit on a module's code keeps every call in reach");
    }
    Ok(image)
}

fn append(image: &mut Image, calls: &mut Vec<(u32, crate::spec::module::FuncIdx, u8)>, chunk: Chunk) {
    image.code.resize(image.code.len().next_multiple_of(16), 0);
    let base = u32::try_from(image.code.len()).expect("limited by CODE_BYTES_MAX");
    image.code.extend_from_slice(&chunk.code);
    for func in chunk.funcs {
        image.funcs.push(FuncImage {
            start: func.start + base,
            local: func.local + base,
            foreign: func.foreign.map(|at| at + base),
            end: func.end + base,
            frame_bytes: func.frame_bytes,
        });
    }
    let moved = |site: Site| Site { code: site.code + base, wasm: site.wasm };
    image.returns.extend(chunk.records.returns.into_iter().map(moved));
    image.accesses.extend(chunk.records.accesses.into_iter().map(moved));
    for (at, reloc) in chunk.records.relocs {
        match reloc {
            Reloc::Call { func, form } => calls.push((at + base, func, form)),
            Reloc::Type { ty, patch } => image.types.push(TypeReloc { at: at + base, ty, patch }),
        }
    }
}
