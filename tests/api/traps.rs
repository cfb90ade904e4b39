//! Traps: code, place and detail of each kind, in each memory mode; stacks that run out.

use skep::{
    Caller, Config, Engine, Error, FuncType, Linker, MemoryMode, Module, Store, Trap, TrapDetail, Val,
    ValType,
};

use crate::common::{engine, spawn, spawn_with};

/// What `body`, in a module with a page of memory and a table of three, ends with: `(t0: own type, t1: another type, t2: null)`.
fn trap_of(mode: MemoryMode, body: &str) -> Error {
    let wat = format!(
        r#"(module $traps (memory 1) (table 3 funcref) (table $refs 2 externref)
            (type $v (func)) (type $i (func (param i32)))
            (elem $funcs (table 0) (i32.const 0) func $v $i) (data $bytes "abcd")
            (func $v) (func $i (param i32))
            (func $run (export "run") {body}))"#
    );
    let (mut store, instance) = spawn(mode, &wat);
    instance.typed_func::<(), ()>(&store, "run").unwrap().call(&mut store, ()).unwrap_err()
}

fn check(body: &str, code: Trap, detail: &TrapDetail) {
    for mode in MemoryMode::ALL {
        let error = trap_of(mode, body);
        let trap = error.trap_error().unwrap_or_else(|| panic!("{error}: {body}"));
        let (seen, wanted) = (rounded(mode, &trap.detail), rounded(mode, detail));
        assert_eq!((trap.code, seen), (code, wanted), "{mode:?}: {body}");
        assert_eq!(error.to_string(), code.text());
        let frame = trap.backtrace.frames().next().unwrap();
        assert_eq!((frame.module_name(), frame.func_name()), (Some("traps"), Some("run")), "{body}");
        assert!(frame.module_offset().is_some(), "{body}");
    }
}

/// The detail as far as the machine tells it: the address of a fault may be rounded down to a multiple of 8 on aarch64.
fn rounded(mode: MemoryMode, detail: &TrapDetail) -> TrapDetail {
    match detail {
        &TrapDetail::Memory { address, size }
            if cfg!(target_arch = "aarch64") && mode == MemoryMode::Guarded =>
        {
            TrapDetail::Memory { address: address & !7, size }
        }
        detail => detail.clone(),
    }
}

#[test]
fn arithmetic_traps() {
    let check = |body, code| check(body, code, &TrapDetail::None);
    check("unreachable", Trap::Unreachable);
    check("(drop (i32.div_s (i32.const 1) (i32.const 0)))", Trap::IntegerDivideByZero);
    check("(drop (i64.rem_u (i64.const 1) (i64.const 0)))", Trap::IntegerDivideByZero);
    check("(drop (i32.div_s (i32.const 0x80000000) (i32.const -1)))", Trap::IntegerOverflow);
    check("(drop (i32.trunc_f32_s (f32.const 1e10)))", Trap::IntegerOverflow);
    check("(drop (i64.trunc_f64_u (f64.const nan)))", Trap::InvalidConversionToInteger);
}

#[test]
fn memory_traps_name_the_first_byte_outside() {
    let memory = |body, address| {
        let detail = TrapDetail::Memory { address, size: 0x1_0000 };
        check(body, Trap::OutOfBoundsMemoryAccess, &detail);
    };
    memory("(drop (i32.load (i32.const 0x10000)))", 0x1_0000);
    memory("(drop (i64.load (i32.const 0xfffc)))", 0x1_0000);
    memory("(drop (i32.load8_s (i32.const 0x12345)))", 0x1_2345);
    memory("(drop (i32.load16_u offset=0x100 (i32.const -1)))", 0x1_0000_00FF);
    memory("(f64.store offset=0xffffffff (i32.const -1) (f64.const 1))", 0x1_FFFF_FFFE);
    memory("(i64.store32 (i32.const 0xffff) (i64.const 1))", 0x1_0000);
    memory("(i32.store8 (i32.const 0x80000000) (i32.const 1))", 0x8000_0000);
    let bulk = |body| check(body, Trap::OutOfBoundsMemoryAccess, &TrapDetail::None);
    bulk("(memory.fill (i32.const 0xffff) (i32.const 0) (i32.const 2))");
    bulk("(memory.copy (i32.const 0) (i32.const 1) (i32.const 0x10000))");
    bulk("(memory.init $bytes (i32.const 0) (i32.const 1) (i32.const 4))");
}

#[test]
fn table_traps_name_index_or_types() {
    let index = |body, code, index, size| check(body, code, &TrapDetail::Table { index, size });
    index("(call_indirect (type $v) (i32.const 3))", Trap::UndefinedElement, 3, 3);
    index("(call_indirect (type $v) (i32.const -1))", Trap::UndefinedElement, 0xFFFF_FFFF, 3);
    index("(drop (table.get $refs (i32.const 2)))", Trap::OutOfBoundsTableAccess, 2, 2);
    index("(table.set $refs (i32.const 7) (ref.null extern))", Trap::OutOfBoundsTableAccess, 7, 2);
    check("(call_indirect (type $v) (i32.const 2))", Trap::UninitializedElement, &TrapDetail::None);
    let (expected, found) = (FuncType::new([], []), FuncType::new([ValType::I32], []));
    let detail = TrapDetail::Signature { expected, found };
    check("(call_indirect (type $v) (i32.const 1))", Trap::IndirectCallTypeMismatch, &detail);
    let bulk = |body| check(body, Trap::OutOfBoundsTableAccess, &TrapDetail::None);
    bulk("(table.fill $refs (i32.const 1) (ref.null extern) (i32.const 2))");
    bulk("(table.copy 0 0 (i32.const 0) (i32.const 1) (i32.const 3))");
}

#[test]
fn bulk_operations_check_before_they_write() {
    let wat = r#"(module (memory (export "m") 3)
        (func (export "fill") (memory.fill (i32.const 10) (i32.const 1) (i32.const 0x30000)))
        (func (export "copy") (param i32 i32 i32) (memory.copy (local.get 0) (local.get 1) (local.get 2))))"#;
    for mode in MemoryMode::ALL {
        let (mut store, instance) = spawn(mode, wat);
        let memory = instance.memory(&store, "m").unwrap();
        let fill = instance.typed_func::<(), ()>(&store, "fill").unwrap();
        assert_eq!(fill.call(&mut store, ()).unwrap_err().trap(), Some(Trap::OutOfBoundsMemoryAccess));
        assert!(memory.data(&store).unwrap().iter().all(|&byte| byte == 0));
        // Overlaps around the size of a chunk, both ways.
        let copy = instance.typed_func::<(u32, u32, u32), ()>(&store, "copy").unwrap();
        for len in [0, 1, 0xFFFF, 0x1_0000, 0x1_0001, 0x2_0000] {
            for (dst, src) in [(0, 1), (1, 0), (0, 65_537), (65_537, 0), (5, 5)] {
                if dst.max(src) + len > 0x3_0000 {
                    continue;
                }
                let bytes = memory.data_mut(&mut store).unwrap();
                bytes.iter_mut().enumerate().for_each(|(n, byte)| *byte = (n % 251).to_le_bytes()[0]);
                let mut expected = bytes.to_vec();
                expected.copy_within(src as usize..(src + len) as usize, dst as usize);
                copy.call(&mut store, (dst, src, len)).unwrap();
                assert!(memory.data(&store).unwrap() == expected, "{len} from {src} to {dst}");
            }
        }
    }
}

#[test]
fn a_backtrace_names_the_whole_way() {
    let engine = engine(MemoryMode::Guarded);
    let linker = Linker::<()>::new(&engine);
    let wat = r#"(module $lib (memory 1)
        (func $inner (param i32) (result i32) (local i64 i64) (i32.load (local.get 0)))
        (func (export "go") (param i32) (result i32) (i32.add (call $inner (local.get 0)) (i32.const 1))))"#;
    let (mut store, lib) = spawn_with(&linker, &engine, wat, ());
    store.register("lib", lib).unwrap();
    let wat = r#"(module $app (import "lib" "go" (func $go (param i32) (result i32))) (table funcref (elem $middle))
        (type $t (func (param i64 i32 i64 i32 i64 i32 i64 i32 i64 i32) (result i32)))
        (func $middle (type $t) (call $go (local.get 9)))
        (func $main (export "main") (param i32) (result i32)
            (call_indirect (type $t) (i64.const 0) (i32.const 0) (i64.const 0) (i32.const 0) (i64.const 0) (i32.const 0)
                (i64.const 0) (i32.const 0) (i64.const 0) (local.get 0) (i32.const 0))))"#;
    let template = linker.template_in(&store, &Module::new(&engine, wat).unwrap()).unwrap();
    let app = store.spawn(&template, ()).unwrap();
    let main = app.typed_func::<u32, u32>(&store, "main").unwrap();
    assert_eq!(main.call(&mut store, 0).unwrap(), 1);
    let error = main.call(&mut store, 0x8000_0000).unwrap_err();
    let trap = error.trap_error().unwrap();
    assert_eq!(trap.instance, Some(lib.name()));
    let names: Vec<_> = trap
        .backtrace
        .frames()
        .map(|f| format!("{}.{}", f.module_name().unwrap(), f.func_name().unwrap()))
        .collect();
    assert_eq!(names, ["lib.inner", "lib.go", "app.middle", "app.main"]);
    // Offsets are those of the operators in the module.
    let ops: Vec<u8> = trap
        .backtrace
        .frames()
        .map(|f| {
            let module = if f.module_name() == Some("lib") { lib } else { app };
            module.module(&store).unwrap().bytes()[f.module_offset().unwrap() as usize]
        })
        .collect();
    assert_eq!(ops, [0x28, 0x10, 0x10, 0x11]);
}

#[test]
fn trap_outlives_module() {
    let error = trap_of(MemoryMode::Guarded, "(drop (i32.load (i32.const -8)))");
    let text = format!("{error:#}");
    assert!(
        text.starts_with("out of bounds memory access: address 0xfffffff8 of 0x10000 bytes in instance#1v1@"),
        "{text}"
    );
    assert!(text.contains("\n    0: traps!run at 0x"), "{text}");
}

const RECURSION: &str = r#"(module (import "h" "again" (func $again (param i32)))
    (type $t (func (param i32))) (table funcref (elem $indirect)) (memory 1)
    (func $plain (export "plain") (param i32) (call $plain (local.get 0)))
    (func $big (export "big") (param i32) (local i64 i64 i64 i64 i64 i64 i64 i64)
        (local.set 1 (i64.extend_i32_u (local.get 0))) (call $big (local.get 0)) (drop (local.get 1)))
    (func $indirect (export "indirect") (param i32) (call_indirect (type $t) (local.get 0) (i32.const 0)))
    (func $grow (export "grow") (param i32)
        (drop (memory.grow (i32.const 0))) (memory.fill (i32.const 0) (i32.const 0) (i32.const 9)) (call $grow (local.get 0)))
    (func $host (export "host") (param i32) (call $again (local.get 0)))
    (func (export "fine") (param i32) (result i32) (local.get 0)))"#;

fn recursing(stack_bytes: usize) -> (Store<()>, skep::Instance) {
    let engine = Engine::new(&Config::default().max_stack_bytes(stack_bytes)).unwrap();
    let mut linker = Linker::<()>::new(&engine);
    linker
        .func("h", "again", |mut caller: Caller<'_, ()>, n: i32| -> Result<(), Error> {
            caller.func("host")?.call(&mut caller, &[Val::I32(n)]).map(|_| ())
        })
        .unwrap();
    spawn_with(&linker, &engine, RECURSION, ())
}

#[test]
fn stacks_that_run_out_trap() {
    for stack_bytes in [64 << 10, 512 << 10, 1 << 30] {
        let (mut store, instance) = recursing(stack_bytes);
        let fine = instance.typed_func::<i32, i32>(&store, "fine").unwrap();
        for name in ["plain", "big", "indirect", "grow", "host"] {
            for _ in 0..3 {
                let func = instance.func(&store, name).unwrap();
                let error = func.call(&mut store, &[Val::I32(1)]).unwrap_err();
                assert_eq!(error.trap(), Some(Trap::CallStackExhausted), "{name} in {stack_bytes}: {error}");
                assert_eq!(fine.call(&mut store, 5).unwrap(), 5);
            }
        }
    }
}

#[test]
fn a_trap_in_recursion_has_as_many_frames_as_fit() {
    let (mut store, instance) = recursing(512 << 10);
    let error = instance.func(&store, "plain").unwrap().call(&mut store, &[Val::I32(1)]).unwrap_err();
    let backtrace = &error.trap_error().unwrap().backtrace;
    assert_eq!(backtrace.len(), 64);
    assert!(backtrace.frames().all(|frame| frame.func_name() == Some("plain")));
}

#[test]
fn host_recursion_on_a_small_thread() {
    let run = || {
        let (mut store, instance) = recursing(1 << 30);
        let error = instance.func(&store, "host").unwrap().call(&mut store, &[Val::I32(1)]).unwrap_err();
        assert_eq!(error.trap(), Some(Trap::CallStackExhausted));
    };
    std::thread::Builder::new().stack_size(512 << 10).spawn(run).unwrap().join().unwrap();
}
