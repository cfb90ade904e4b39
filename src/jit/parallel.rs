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
use crate::spec::module::{DefinedFuncIdx, FuncIdx, ModuleDecl};

/// A chunk ends with the body that reaches this many bytes.
const CHUNK_BYTES: usize = 64 * 1024;
/// Modules whose bodies have fewer bytes are compiled on the calling thread.
const SERIAL_BYTES_MAX: usize = 128 * 1024;

/// Chunks start at multiples of this many bytes, as the functions in them do: constants and loops are aligned within a chunk.
const CHUNK_ALIGN: usize = 16;
const _: () = assert!(CHUNK_ALIGN.is_multiple_of(super::masm::CONSTANT_BYTES as usize));

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
    /// Direct calls: where the field is, whom it calls, its form.
    calls: Vec<(u32, FuncIdx, u8)>,
    types: Vec<TypeReloc>,
    values_moved: u64,
    touches_tables: bool,
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
    join::<M>(&cx, &chunks)
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
    let (values_moved, touches_tables) = (worker.values_moved(), worker.touches_tables());
    let (code, mut records) = match error {
        None => worker.take_code(),
        Some(_) => Default::default(),
    };
    let (mut calls, mut types) = (Vec::new(), Vec::new());
    for (at, reloc) in records.relocs.drain(..) {
        match reloc {
            Reloc::Call { func, form } => calls.push((at, func, form)),
            Reloc::Type { ty, patch } => types.push(TypeReloc { at, ty, patch }),
        }
    }
    // After an error a worker may be in the middle of a function. One that has seen something huge holds storage to match.
    if error.is_none() && body_bytes <= KEPT_BODY_BYTES_MAX && code.len() <= KEPT_CODE_BYTES_MAX {
        workers.set(Some(kept));
    }
    Chunk { code, funcs, records, calls, types, values_moved, touches_tables, error }
}

/// Puts the chunks one behind the other and lets their calls find each other.
fn join<M: Masm>(cx: &ModuleContext<'_>, chunks: &[Chunk]) -> Result<Image, ModuleError> {
    let mut size = 0usize;
    let places = chunks.iter().map(|chunk| {
        let at = size;
        size += chunk.code.len().next_multiple_of(CHUNK_ALIGN);
        at
    });
    let places: Vec<usize> = places.collect();
    if let Some(error) = chunks.iter().find_map(|chunk| chunk.error.clone()) {
        return Err(error);
    }
    LimitExceeded::check("bytes of machine code", size as u64, CODE_BYTES_MAX as u64)?;
    let bases = places.iter().map(|&at| u32::try_from(at).expect("limited by CODE_BYTES_MAX"));
    let mut funcs: IndexVec<DefinedFuncIdx, FuncImage> =
        IndexVec::with_capacity(cx.decoded.decl.bodies.len());
    let mut types = Vec::new();
    for (chunk, base) in chunks.iter().zip(bases) {
        chunk.funcs.iter().for_each(|func| _ = funcs.push(func.moved(base)));
        types.extend(chunk.types.iter().map(|reloc| TypeReloc { at: reloc.at + base, ..*reloc }));
    }
    let count = |of: fn(&Records) -> &Vec<Site>| chunks.iter().map(|chunk| of(&chunk.records).len()).sum();
    let mut image = Image {
        target: *cx.target,
        code: vec![0; size],
        funcs,
        returns: vec![Site::default(); count(|records| &records.returns)],
        accesses: vec![Site::default(); count(|records| &records.accesses)],
        types,
        layout: cx.layout,
        touches_tables: chunks.iter().any(|chunk| chunk.touches_tables),
    };
    fill::<M>(&cx.decoded.decl, &mut image, chunks);
    Ok(image)
}

/// Where one chunk goes in an image.
struct Part<'a> {
    chunk: &'a Chunk,
    base: u32,
    code: &'a mut [u8],
    returns: &'a mut [Site],
    accesses: &'a mut [Site],
}

/// Fills the code and the sites of an image whose functions have their places, on all threads.
fn fill<M: Masm>(decl: &ModuleDecl, image: &mut Image, chunks: &[Chunk]) {
    let size = image.code.len();
    let (mut code, mut returns, mut accesses) =
        (&mut image.code[..], &mut image.returns[..], &mut image.accesses[..]);
    let mut base = 0;
    let mut parts = Vec::with_capacity(chunks.len());
    for chunk in chunks {
        let len = chunk.code.len().next_multiple_of(CHUNK_ALIGN);
        parts.push(Part {
            chunk,
            base,
            code: take(&mut code, len),
            returns: take(&mut returns, chunk.records.returns.len()),
            accesses: take(&mut accesses, chunk.records.accesses.len()),
        });
        base += u32::try_from(len).expect("limited by CODE_BYTES_MAX");
    }
    let funcs = &image.funcs;
    let local = |func| funcs[decl.defined(func).expect("only own functions are called directly")].local;
    if size < SERIAL_BYTES_MAX {
        parts.into_iter().for_each(|part| part.fill::<M>(local));
    } else {
        parts.into_par_iter().for_each(|part| part.fill::<M>(local));
    }
}

/// Cuts the first `len` elements off a slice.
fn take<'a, T>(slice: &mut &'a mut [T], len: usize) -> &'a mut [T] {
    slice.split_off_mut(..len).expect("counted before")
}

impl Part<'_> {
    fn fill<M: Masm>(self, local: impl Fn(FuncIdx) -> u32) {
        let Chunk { code, records, calls, .. } = self.chunk;
        self.code[..code.len()].copy_from_slice(code);
        for &(at, func, form) in calls {
            let place = at as usize..at as usize + 4;
            let field = &mut self.code[place];
            let old = u32::from_le_bytes(field.try_into().expect("four bytes"));
            let new = M::call_field(old, self.base + at, form, local(func));
            let new = new.expect("the limit on a module's code keeps every call in reach");
            field.copy_from_slice(&new.to_le_bytes());
        }
        let base = self.base;
        let moved = |site: &Site| Site { code: site.code + base, wasm: site.wasm };
        self.returns.iter_mut().zip(&records.returns).for_each(|(to, site)| *to = moved(site));
        self.accesses.iter_mut().zip(&records.accesses).for_each(|(to, site)| *to = moved(site));
    }
}

#[cfg(test)]
mod tests {
    use super::super::compile;
    use super::super::target::Arch;
    use super::*;
    use crate::spec::decode::decode;
    use crate::spec::features::Features;
    use crate::spec::limits::ModuleLimits;

    /// Whether a function with this body may be entered whatever the host's arithmetic is.
    fn check(body: &str, plain: bool) {
        let text = format!(
            r#"(module (memory 1) (table 1 funcref) (type $t (func)) (func $other) (elem declare func $other)
                (func (param i32 f32 f64) {body}))"#
        );
        let bytes = wat::parse_str(text).unwrap();
        let decoded = decode(&bytes, Features::default(), &ModuleLimits::default()).unwrap();
        for arch in Arch::ALL {
            let image = compile(&bytes, &decoded, &Target::new(arch)).unwrap();
            assert_eq!(image.funcs[DefinedFuncIdx::new(1)].plain, plain, "{arch:?}: {body}");
        }
    }

    #[test]
    fn functions_without_calls_and_float_arithmetic_are_plain() {
        for moves in [
            "",
            "(drop (i32.div_s (i32.load (local.get 0)) (i32.const 10)))",
            "(f64.store (local.get 0) (local.get 2)) (drop (f32.load (local.get 0)))",
            "(drop (i64.extend_i32_s (i32.reinterpret_f32 (local.get 1))))",
            "(local.set 2 (select (local.get 2) (f64.const 1) (i32.wrap_i64 (i64.const 1))))",
            "unreachable",
        ] {
            check(moves, true);
        }
        for computes in [
            "(drop (f64.add (local.get 2) (local.get 2)))",
            "(drop (f32.lt (local.get 1) (f32.const 2)))",
            "(drop (f32.sqrt (local.get 1)))",
            "(drop (f32.demote_f64 (local.get 2)))",
            "(drop (f64.convert_i32_u (local.get 0)))",
            "(drop (i32.trunc_sat_f64_s (local.get 2)))",
            "(drop (i64.trunc_f32_u (local.get 1)))",
            "(call $other)",
            "(call_indirect (type $t) (local.get 0))",
            "(drop (memory.grow (local.get 0)))",
            "(memory.copy (local.get 0) (local.get 0) (local.get 0))",
        ] {
            check(computes, false);
        }
    }
}
