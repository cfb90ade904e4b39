//! The first code of an instance that is linked: active segments, then the start function.
//!
//! Owns: their order, and the errors that say which of them failed.
//! Does not know: what becomes of an instance that failed (`spawn`, `batch`).

use super::addr::InstanceAddr;
use super::call;
use super::island::ViewMut;
use crate::error::{Error, SegmentError, SegmentKind, StartError, TrapError};
use crate::module::Module;
use crate::spec::module::{DataMode, ElemMode, ExternIdx, FuncIdx};
use crate::spec::trap::Trap;

/// Segments and start.
pub(crate) fn begin<T>(
    store: &mut ViewMut<'_, T>,
    instance: InstanceAddr,
    module: &Module,
) -> Result<(), Error> {
    store.initialise(instance, module)?;
    let Some(start) = module.decl().start else { return Ok(()) };
    let func = store.origin_of(instance, start);
    call::call_func(store.reborrow(), func, Some(instance), &mut []).map_err(|cause| match cause {
        Error::Exit(code) => Error::Exit(code),
        cause => Error::Start(Box::new(start_error(module, start, cause))),
    })
}

fn start_error(module: &Module, start: FuncIdx, cause: Error) -> StartError {
    let exported = module.decl().exports.iter().filter(|export| export.item == ExternIdx::Func(start));
    let mut exports: Vec<Box<str>> = exported.map(|export| export.name.clone()).collect();
    exports.sort_unstable();
    StartError { func: start.as_u32(), exports: exports.into(), cause }
}

impl<T> ViewMut<'_, T> {
    /// Active elements in order, each checked whole, written and dropped; then data likewise.
    fn initialise(&mut self, instance: InstanceAddr, module: &Module) -> Result<(), Error> {
        let decl = module.decl();
        for (index, elem) in decl.elems.iter_enumerated() {
            match elem.mode {
                // What fills tables that all instances have in common is in them.
                ElemMode::Active { .. } if self.instance(instance).body.elem_is_dropped(index) => {}
                ElemMode::Active { table, offset } => {
                    let dst = u64::from(self.eval(instance, &offset).as_u32());
                    self.table_init(instance, (table, index), (dst, 0, elem.items.len() as u64))
                        .map_err(|trap| segment_error(SegmentKind::Element, index.as_u32(), trap))?;
                    self.elem_drop(instance, index);
                }
                ElemMode::Declared | ElemMode::Passive => {}
            }
        }
        for (index, data) in decl.data.iter_enumerated() {
            // What is among first contents is there.
            if let DataMode::Active { memory, offset } = data.mode
                && !self.instance(instance).body.data_is_dropped(index)
            {
                let dst = u64::from(self.eval(instance, &offset).as_u32());
                self.memory_init(instance, (memory, index), (dst, 0, data.bytes.len() as u64))
                    .map_err(|trap| segment_error(SegmentKind::Data, index.as_u32(), trap))?;
                self.data_drop(instance, index);
            }
        }
        Ok(())
    }
}

fn segment_error(kind: SegmentKind, index: u32, trap: Trap) -> Error {
    Error::Segment(Box::new(SegmentError { kind, index, trap: TrapError::bare(trap) }))
}
