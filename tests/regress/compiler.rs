//! Bugs of the compiler: what a module computes is compared with an unrelated interpreter.

use skep::{Config, Cpu, Engine, Linker, MemoryMode, Module, Store, Tuning};

/// Engines with settings that must not change a result.
fn engines() -> [Engine; 4] {
    let default = Config::default();
    let checked = default.clone().memory_mode(MemoryMode::Checked).verify(true);
    let oldest = default.clone().cpu_mask(Cpu::NONE);
    [default.clone(), checked, oldest, default.tuning(Tuning::NONE)]
        .map(|config| Engine::new(&config).unwrap())
}

/// What the export `run` gives here for two numbers; `None` is a trap.
fn run(engine: &Engine, wasm: &[u8], args: (i64, i64)) -> Option<i64> {
    let module = Module::new(engine, wasm).unwrap();
    let mut store = Store::new(engine);
    let template = Linker::new(engine).template(&module).unwrap();
    let instance = store.spawn(&template, ()).unwrap();
    instance.typed_func::<(i64, i64), i64>(&store, "run").unwrap().call(&mut store, args).ok()
}

fn run_oracle(wasm: &[u8], args: (i64, i64)) -> Option<i64> {
    let engine = wasmi::Engine::default();
    let module = wasmi::Module::new(&engine, wasm).unwrap();
    let mut store = wasmi::Store::new(&engine, ());
    let instance = wasmi::Linker::new(&engine).instantiate_and_start(&mut store, &module).unwrap();
    instance.get_typed_func::<(i64, i64), i64>(&store, "run").unwrap().call(&mut store, args).ok()
}

/// Runs the text's export `run` for all pairs of a few numbers.
fn check(text: &str) {
    const NUMBERS: [i64; 4] = [0, 1, -7, 0x1234_5678_9ABC_DEF0];
    let wasm = wat::parse_str(text).unwrap();
    for engine in engines() {
        for args in NUMBERS.into_iter().flat_map(|a| NUMBERS.map(|b| (a, b))) {
            assert_eq!(run(&engine, &wasm, args), run_oracle(&wasm, args), "{args:?} for {text:.200}");
        }
    }
}

/// A value that a branch reloads from its slot is below the next block and lies where that block's result comes.
#[test]
fn a_value_reloaded_for_a_branch_that_was_not_taken_is_stored_again_before_a_block() {
    check(
        "(module (func (export \"run\") (param i64 i64) (result i64)
            (drop (i64.add (local.get 0) (i64.mul (local.get 0) (i64.xor (local.get 0) (local.get 0)))))
            (drop (i64.add (local.get 1) (i64.mul (local.get 1) (i64.xor (local.get 1) (local.get 1)))))
            (block (result i64 i32)
                (i64.add (local.get 0) (i64.const 1))
                (i32.wrap_i64 (i64.add (local.get 1) (i64.const 2)))
                (block nop)
                (br_if 0 (i64.eqz (local.get 1)))
                (block (result i64) (i64.mul (local.get 0) (local.get 1)))
                drop)
            i64.extend_i32_u
            i64.add))",
    );
}

/// Storing many values asks for room in the code buffer again and again.
#[test]
fn any_number_of_values_is_stored_before_a_block_or_a_change_of_their_local() {
    const COUNT: usize = 10_000;
    let (gets, adds) = ("local.get 0 ".repeat(COUNT), "i64.add ".repeat(COUNT));
    for change in
        ["(block nop)", "(local.set 0 (i64.const 5))", "(local.set 0 (i64.mul (local.get 1) (local.get 1)))"]
    {
        check(&format!(
            "(module (func (export \"run\") (param i64 i64) (result i64)
                {gets} {change} local.get 1 {adds}))"
        ));
    }
}

/// A module of one function of a type, with this code, and what compiling it ends with.
fn compile(ty: &[u8], code: &[&[u8]]) -> Result<Module, String> {
    let leb = |mut value: usize| {
        let mut out = Vec::new();
        while value >= 0x80 {
            out.push(u8::try_from(value & 0x7F).unwrap() | 0x80);
            value >>= 7;
        }
        out.push(u8::try_from(value).unwrap());
        out
    };
    let section = |id: u8, content: Vec<u8>| [vec![id], leb(content.len()), content].concat();
    let body = [&[0], &code.concat()[..]].concat();
    let sections = [
        section(1, [&[1], ty].concat()),
        section(3, vec![1, 0]),
        section(10, [vec![1], leb(body.len()), body].concat()),
    ];
    let wasm = [b"\0asm\x01\0\0\0", &sections.concat()[..]].concat();
    Module::new(&Engine::new(&Config::default()).unwrap(), wasm).map_err(|error| error.to_string())
}

/// In dead code each of them is one byte, and the validator takes all results off its stack.
#[test]
fn the_values_of_a_return_are_charged() {
    let ty = [&[0x60, 0, 0xE8, 0x07], &[0x7E; 1000][..]].concat();
    let error = compile(&ty, &[&[0x00], &[0x0F; 100_000], &[0x0B]]).unwrap_err();
    assert!(error.contains("values moved"), "{error}");
    assert!(compile(&ty, &[&[0x00], &[0x0F; 1_000], &[0x0B]]).is_ok());
}

/// `f64.convert_i32_s`, `i32.trunc_f64_s`, over and over: about 50 bytes of code for two, part of it behind the function, where it
/// exits to traps. No operand is known, so none folds.
#[test]
fn a_body_that_asks_for_too_much_code_is_given_up_when_the_limit_is_reached() {
    let body = [0xB7, 0xAA].repeat(3_800_000);
    let error = compile(&[0x60, 1, 0x7F, 0], &[&[0x20, 0], &body, &[0x1A, 0x0B]]).unwrap_err();
    let asked = error.split("bytes of machine code ").nth(1).and_then(|rest| rest.split(' ').next());
    let asked: u64 = asked.unwrap_or_else(|| panic!("{error}")).parse().unwrap();
    assert!(asked < (120 << 20) + 4096, "{error}");
}

/// Each `br_if` carries a thousand values: what says where they go does not outlive it, nor does storage outlive the module.
/// In a process of its own, since what is measured is the process.
#[test]
fn lists_of_values_do_not_add_up() {
    let mut child = crate::itself::itself();
    let child = child.args(["--exact", "--ignored", "compiler::lists_of_values_measured"]);
    let output = child.output().unwrap();
    let said = String::from_utf8_lossy(&output.stdout);
    assert!(output.status.success() && said.contains("1 passed"), "{said}");
}

#[test]
#[ignore = "run by lists_of_values_do_not_add_up"]
fn lists_of_values_measured() {
    const BRANCHES: usize = 20_000;
    let ty = [&[0x60, 0, 0xE8, 0x07], &[0x7E; 1000][..]].concat();
    // The bytes of a body raise what it may move: these are dead.
    let (pushed, branches) = ([0x42, 0].repeat(1000), [0x41, 0, 0x0D, 0].repeat(BRANCHES));
    let dead = vec![0x01; 2_500_000];
    assert!(compile(&ty, &[&pushed, &branches, &[0x00], &dead, &[0x0B]]).is_ok());
    let status = std::fs::read_to_string("/proc/self/status").unwrap();
    let peak = status.lines().find_map(|line| line.strip_prefix("VmHWM:")).unwrap();
    let peak_kib: usize = peak.trim().trim_end_matches(" kB").parse().unwrap();
    assert!(peak_kib < 100 * 1024, "{peak_kib} KiB");
}
