//! Whether what is found matches what is imported.
//!
//! Owns: the checks of the standard's chapter on external typing, in a fixed order: the first that fails is the error.
//! Does not know: where a definition comes from (`linker`).

use crate::error::LinkCause;
use crate::spec::types::{ExternType, GlobalType, Limits, MemoryType, TableType};

/// Checks a found item against an import. Minimums of found memories and tables are their current sizes.
///
/// # Errors
/// The first check that fails.
pub(crate) fn check(expected: &ExternType, found: &ExternType) -> Result<(), LinkCause> {
    match (expected, found) {
        (ExternType::Func(expected), ExternType::Func(found))
        | (ExternType::Tag(expected), ExternType::Tag(found)) => {
            ensure(expected == found, || LinkCause::Signature(expected.clone(), found.clone()))
        }
        (ExternType::Table(expected), ExternType::Table(found)) => check_table(expected, found),
        (ExternType::Memory(expected), ExternType::Memory(found)) => check_memory(expected, found),
        (ExternType::Global(expected), ExternType::Global(found)) => check_global(*expected, *found),
        (_, found) => Err(LinkCause::Kind(found.kind())),
    }
}

fn ensure(holds: bool, cause: impl FnOnce() -> LinkCause) -> Result<(), LinkCause> {
    if holds { Ok(()) } else { Err(cause()) }
}

fn check_table(expected: &TableType, found: &TableType) -> Result<(), LinkCause> {
    let elements = (expected.element, found.element);
    ensure(elements.0 == elements.1, || LinkCause::TableType(elements.0.into(), elements.1.into()))?;
    let index_types = (expected.index_type(), found.index_type());
    ensure(index_types.0 == index_types.1, || LinkCause::IndexType(index_types.0, index_types.1))?;
    check_limits(&expected.limits, &found.limits)
}

fn check_memory(expected: &MemoryType, found: &MemoryType) -> Result<(), LinkCause> {
    let index_types = (expected.index_type(), found.index_type());
    ensure(index_types.0 == index_types.1, || LinkCause::IndexType(index_types.0, index_types.1))?;
    let pages = (expected.page_bytes(), found.page_bytes());
    ensure(pages.0 == pages.1, || LinkCause::PageSize(pages.0, pages.1))?;
    let shared = (expected.shared, found.shared);
    ensure(shared.0 == shared.1, || LinkCause::Shared(shared.0, shared.1))?;
    check_limits(&expected.limits, &found.limits)
}

fn check_limits(expected: &Limits, found: &Limits) -> Result<(), LinkCause> {
    ensure(expected.min <= found.min, || LinkCause::Minimum(expected.min, found.min))?;
    match (expected.max, found.max) {
        (None, _) => Ok(()),
        (Some(max), None) => Err(LinkCause::NoMaximum(max)),
        (Some(expected), Some(found)) => ensure(found <= expected, || LinkCause::Maximum(expected, found)),
    }
}

fn check_global(expected: GlobalType, found: GlobalType) -> Result<(), LinkCause> {
    let mutable = (expected.mutable, found.mutable);
    ensure(mutable.0 == mutable.1, || LinkCause::Mutability(mutable.0, mutable.1))?;
    let content = (expected.content, found.content);
    ensure(content.0 == content.1, || LinkCause::ValueType(content.0, content.1))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::spec::types::{FuncType, RefType, ValType};

    fn check_text(expected: &ExternType, found: &ExternType, text: &str) {
        let result = check(expected, found).map_or_else(|cause| cause.to_string(), |()| String::new());
        assert_eq!(result, text, "{expected} from {found}");
    }

    #[test]
    fn functions_match_by_type() {
        let func = |params: &[ValType], results: &[ValType]| {
            ExternType::Func(FuncType::new(params.iter().copied(), results.iter().copied()))
        };
        check_text(&func(&[ValType::I32], &[]), &func(&[ValType::I32], &[]), "");
        check_text(&func(&[], &[ValType::F32]), &func(&[], &[]), "signature mismatch: v_f32 != v_v");
    }

    #[test]
    fn tables_match_by_element_then_size() {
        let table = |element, min, max| ExternType::Table(TableType::new(element, min, max));
        check_text(&table(RefType::Func, 1, None), &table(RefType::Func, 1, Some(2)), "");
        check_text(
            &table(RefType::Func, 9, None),
            &table(RefType::Extern, 1, None),
            "table type mismatch: funcref != externref",
        );
        check_text(
            &table(RefType::Func, 2, None),
            &table(RefType::Func, 1, None),
            "minimum size mismatch: 2 > 1",
        );
        check_text(
            &table(RefType::Func, 1, Some(9)),
            &table(RefType::Func, 1, None),
            "maximum size mismatch: 9, but actual has no max",
        );
        check_text(
            &table(RefType::Func, 1, Some(9)),
            &table(RefType::Func, 1, Some(10)),
            "maximum size mismatch: 9 < 10",
        );
    }

    #[test]
    fn an_absent_maximum_of_a_memory_is_absent() {
        let memory = |min, max| ExternType::Memory(MemoryType::new(min, max));
        check_text(
            &memory(1, Some(65536)),
            &memory(1, None),
            "maximum size mismatch: 65536, but actual has no max",
        );
        check_text(&memory(1, None), &memory(3, Some(4)), "");
        check_text(&memory(4, None), &memory(3, Some(4)), "minimum size mismatch: 4 > 3");
        let mut shared = MemoryType::new(1, Some(2));
        shared.shared = true;
        let shared = ExternType::Memory(shared);
        check_text(&shared, &memory(1, Some(2)), "shared mismatch: true != false");
        check_text(&memory(1, Some(2)), &shared, "shared mismatch: false != true");
        let mut wide = MemoryType::new(1, None);
        wide.index64 = true;
        check_text(&ExternType::Memory(wide), &memory(1, None), "index type mismatch: i64 != i32");
    }

    #[test]
    fn globals_match_by_mutability_then_type() {
        let global = |content, mutable| ExternType::Global(GlobalType { content, mutable });
        check_text(&global(ValType::I32, true), &global(ValType::I32, true), "");
        check_text(
            &global(ValType::I32, true),
            &global(ValType::I64, false),
            "mutability mismatch: true != false",
        );
        check_text(
            &global(ValType::F64, false),
            &global(ValType::I32, false),
            "value type mismatch: f64 != i32",
        );
    }

    #[test]
    fn kinds_come_first() {
        let memory = ExternType::Memory(MemoryType::new(1, None));
        let func = ExternType::Func(FuncType::new([], []));
        assert_eq!(check(&func, &memory), Err(LinkCause::Kind(memory.kind())));
    }
}
