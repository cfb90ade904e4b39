//! The module that every script of the suite may import: `spectest`.
//!
//! Owns: its definitions. Does not know: scripts.

use skep::{Error, Global, GlobalType, Linker, Memory, MemoryType, RefType, Store, Table, TableType, Val};

const NAME: &str = "spectest";

/// Defines it. The printing functions print nothing: no script looks.
pub(crate) fn define(linker: &mut Linker<()>, store: &mut Store<()>) -> Result<(), Error> {
    linker.func(NAME, "print", || {})?;
    linker.func(NAME, "print_i32", |_: i32| {})?;
    linker.func(NAME, "print_i64", |_: i64| {})?;
    linker.func(NAME, "print_f32", |_: f32| {})?;
    linker.func(NAME, "print_f64", |_: f64| {})?;
    linker.func(NAME, "print_i32_f32", |_: i32, _: f32| {})?;
    linker.func(NAME, "print_f64_f64", |_: f64, _: f64| {})?;
    let globals = [
        ("global_i32", Val::I32(666)),
        ("global_i64", Val::I64(666)),
        ("global_f32", Val::F32(666.6)),
        ("global_f64", Val::F64(666.6)),
    ];
    for (name, value) in globals {
        let global = Global::new(store, GlobalType { content: value.ty(), mutable: false }, value)?;
        linker.define(NAME, name, global);
    }
    let table = Table::new(store, TableType::new(RefType::Func, 10, Some(20)), Val::FuncRef(None))?;
    linker.define(NAME, "table", table);
    let memory = Memory::new(store, MemoryType::new(1, Some(2)))?;
    linker.define(NAME, "memory", memory);
    Ok(())
}
