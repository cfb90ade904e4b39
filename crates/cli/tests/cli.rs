//! The command as a user meets it: the built binary, its output and its exit status.
//!
//! Owns: what is promised of the command line. Does not know: how it is done.

use std::fs;
use std::path::PathBuf;
use std::process::{Command, Output, Stdio};
use std::sync::atomic::{AtomicU32, Ordering};

const MATH: &str = r#"(module $math
  (memory (export "m") 1 2)
  (func $add (export "add") (param i32 i32) (result i32) (i32.add (local.get 0) (local.get 1)))
  (func (export "swap") (param i64 f64) (result f64 i64) (local.get 1) (local.get 0))
  (func (export "div") (param i32) (result i32) (call $add (i32.div_s (i32.const 1) (local.get 0)) (i32.const 0)))
  (func (export "load") (param i32) (result i32) (i32.load (local.get 0)))
  (func (export "nothing")))"#;

/// Prints its arguments, then exits with what `$code` says.
const PROGRAM: &str = r#"(module
  (import "wasi_snapshot_preview1" "args_sizes_get" (func $sizes (param i32 i32) (result i32)))
  (import "wasi_snapshot_preview1" "args_get" (func $args (param i32 i32) (result i32)))
  (import "wasi_snapshot_preview1" "environ_get" (func $env (param i32 i32) (result i32)))
  (import "wasi_snapshot_preview1" "environ_sizes_get" (func $env_sizes (param i32 i32) (result i32)))
  (import "wasi_snapshot_preview1" "fd_write" (func $write (param i32 i32 i32 i32) (result i32)))
  (import "wasi_snapshot_preview1" "proc_exit" (func $exit (param i32)))
  (memory (export "memory") 1)
  (func (export "_start")
    (drop (call $sizes (i32.const 0) (i32.const 4)))
    (drop (call $args (i32.const 256) (i32.const 1024)))
    (i32.store (i32.const 8) (i32.const 1024))
    (i32.store (i32.const 12) (i32.load (i32.const 4)))
    (drop (call $write (i32.const 1) (i32.const 8) (i32.const 1) (i32.const 16)))
    (drop (call $env_sizes (i32.const 0) (i32.const 4)))
    (drop (call $env (i32.const 256) (i32.const 4096)))
    (i32.store (i32.const 8) (i32.const 4096))
    (i32.store (i32.const 12) (i32.load (i32.const 4)))
    (drop (call $write (i32.const 2) (i32.const 8) (i32.const 1) (i32.const 16)))
    (call $exit (i32.const 7))))"#;

/// Copies the first 5 bytes of `greeting` in the first directory to standard output.
const READER: &str = r#"(module
  (import "wasi_snapshot_preview1" "path_open"
    (func $open (param i32 i32 i32 i32 i32 i64 i64 i32 i32) (result i32)))
  (import "wasi_snapshot_preview1" "fd_read" (func $read (param i32 i32 i32 i32) (result i32)))
  (import "wasi_snapshot_preview1" "fd_write" (func $write (param i32 i32 i32 i32) (result i32)))
  (import "wasi_snapshot_preview1" "proc_exit" (func $exit (param i32)))
  (memory (export "memory") 1)
  (data (i32.const 64) "greeting")
  (data (i32.const 8) "\00\01\00\00\05\00\00\00")
  (func (export "_start") (local $errno i32)
    (local.set $errno (call $open (i32.const 3) (i32.const 1) (i32.const 64) (i32.const 8) (i32.const 0)
      (i64.const 2) (i64.const 0) (i32.const 0) (i32.const 0)))
    (if (local.get $errno) (then (call $exit (local.get $errno))))
    (drop (call $read (i32.load (i32.const 0)) (i32.const 8) (i32.const 1) (i32.const 16)))
    (drop (call $write (i32.const 1) (i32.const 8) (i32.const 1) (i32.const 16)))))"#;

/// A folder for one test, gone when it ends.
struct Folder(PathBuf);

impl Folder {
    fn new() -> Self {
        static NEXT: AtomicU32 = AtomicU32::new(0);
        let name = format!("skep-cli-{}-{}", std::process::id(), NEXT.fetch_add(1, Ordering::Relaxed));
        let path = std::env::temp_dir().join(name);
        fs::create_dir_all(&path).expect("the temporary folder can be written");
        Self(path)
    }

    fn with(self, name: &str, contents: &str) -> Self {
        let path = self.0.join(name);
        let parent = path.parent().expect("a file of this folder");
        fs::create_dir_all(parent)
            .and_then(|()| fs::write(&path, contents))
            .expect("the temporary folder can be written");
        self
    }

    fn skep(&self, args: &[&str]) -> Output {
        let mut command = Command::new(env!("CARGO_BIN_EXE_skep"));
        command.args(args).current_dir(&self.0).stdin(Stdio::null()).output().expect("the command is built")
    }
}

impl Drop for Folder {
    fn drop(&mut self) {
        let _ = fs::remove_dir_all(&self.0);
    }
}

/// Runs the command and compares the status, all of standard output, and a part of standard error.
#[track_caller]
fn check(folder: &Folder, args: &[&str], status: i32, stdout: &str, stderr_part: &str) {
    let output = folder.skep(args);
    let (out, err) = (String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr));
    assert_eq!(output.status.code(), Some(status), "{args:?}: {out}{err}");
    assert_eq!(out, stdout, "{args:?}: {err}");
    assert!(err.contains(stderr_part), "{args:?}: {err:?} lacks {stderr_part:?}");
    assert!(!stderr_part.is_empty() || err.is_empty(), "{args:?}: unexpected {err:?}");
}

#[test]
fn exports_are_called_with_arguments_of_their_types() {
    let folder = Folder::new().with("math.wat", MATH);
    for mode in ["guarded", "checked", "compact"] {
        let run = ["run", "--mode", mode, "--invoke"];
        let with = |rest: &[&'static str]| [&run[..], rest].concat();
        check(&folder, &with(&["add", "math.wat", "2", "-5"]), 0, "-3\n", "");
        check(&folder, &with(&["swap", "math.wat", "0xffffffffffffffff", "1.5"]), 0, "1.5\n-1\n", "");
        check(&folder, &with(&["nothing", "math.wat"]), 0, "", "");
        check(&folder, &with(&["div", "math.wat", "0"]), 134, "", "integer divide by zero");
        check(&folder, &with(&["load", "math.wat", "65533"]), 134, "", "out of bounds memory access");
    }
}

#[test]
fn wrong_use_is_status_2() {
    let folder = Folder::new().with("math.wat", MATH);
    check(&folder, &["run", "--invoke", "add", "math.wat", "2"], 2, "", "expected 2 arguments, found 1");
    check(&folder, &["run", "--invoke", "add", "math.wat", "2", "x"], 2, "", "\"x\" is not of type i32");
    check(&folder, &["run"], 2, "", "FILE");
    check(&folder, &["run", "--preload", "nofile", "math.wat"], 2, "", "NAME=VALUE");
    check(&folder, &["run", "--mode", "fast", "math.wat"], 2, "", "guarded");
    check(&folder, &["dance"], 2, "", "dance");
    check(&folder, &["inspect", "--disasm", "nobody", "math.wat"], 2, "", "nobody");
}

#[test]
fn what_cannot_be_run_is_status_1() {
    let folder = Folder::new()
        .with("math.wat", MATH)
        .with("invalid.wat", "(module (func (result i32)))")
        .with("broken.wat", "(module (func")
        .with("needy.wat", r#"(module (import "env" "f" (func (param i32))) (import "no" "g" (func)))"#)
        .with("outside.wat", r#"(module (memory 1) (data (i32.const 65536) "x"))"#);
    check(&folder, &["run", "none.wasm"], 1, "", "none.wasm");
    check(&folder, &["run", "invalid.wat"], 1, "", "type mismatch");
    check(&folder, &["run", "broken.wat"], 1, "", "broken.wat");
    check(&folder, &["run", "math.wat"], 1, "", "\"_start\" is not exported");
    check(&folder, &["run", "--invoke", "m", "math.wat"], 1, "", "is a memory");
    check(&folder, &["run", "needy.wat"], 1, "", "module[no] not instantiated");
    check(&folder, &["run", "needy.wat"], 1, "", "import func \"g\" of \"no\": module[no] not instantiated");
    check(&folder, &["run", "--dir", "nowhere", "math.wat"], 1, "", "nowhere");
    check(&folder, &["run", "outside.wat"], 134, "", "data[0]: out of bounds memory access");
}

#[test]
fn programs_run_under_wasi() {
    let folder = Folder::new().with("program.wat", PROGRAM);
    let args = ["run", "--env", "A=1", "--env", "B=2=3", "program.wat", "one", "--two"];
    check(&folder, &args, 7, "program.wat\0one\0--two\0", "A=1\0B=2=3\0");
}

#[test]
fn directories_are_given_by_name() {
    let folder = Folder::new().with("reader.wat", READER).with("data/greeting", "hello, you");
    check(&folder, &["run", "--dir", "data", "reader.wat"], 0, "hello", "");
    check(&folder, &["run", "--dir", "data::/guest", "reader.wat"], 0, "hello", "");
    let badf = 8;
    check(&folder, &["run", "reader.wat"], badf, "", "");
    let noent = 44;
    check(&folder, &["run", "--dir", ".", "reader.wat"], noent, "", "");
}

#[test]
fn preloaded_modules_satisfy_imports() {
    let folder = Folder::new()
        .with("host.wat", r#"(module (func (export "seven") (result i32) (i32.const 7)))"#)
        .with(
            "more.wat",
            r#"(module (import "host" "seven" (func $f (result i32)))
            (func (export "eight") (result i32) (i32.add (call $f) (i32.const 1))))"#,
        )
        .with(
            "app.wat",
            r#"(module (import "more" "eight" (func $f (result i32)))
            (func (export "nine") (result i32) (i32.add (call $f) (i32.const 1))))"#,
        );
    let args =
        ["run", "--preload", "host=host.wat", "--preload", "more=more.wat", "--invoke", "nine", "app.wat"];
    check(&folder, &args, 0, "9\n", "");
    check(&folder, &["run", "--invoke", "nine", "app.wat"], 1, "", "module[more] not instantiated");
}

#[test]
fn traps_tell_where() {
    let folder = Folder::new().with("math.wat", MATH);
    let output = folder.skep(&["run", "--invoke", "div", "math.wat", "0"]);
    let err = String::from_utf8_lossy(&output.stderr);
    assert!(err.starts_with("error: module[math.wat] function[div] failed: integer divide by zero"), "{err}");
    assert!(err.lines().count() > 1, "no backtrace: {err}");
}

#[test]
fn times_are_printed_on_request() {
    let folder = Folder::new().with("math.wat", MATH);
    check(&folder, &["run", "--time", "--invoke", "add", "math.wat", "1", "2"], 0, "3\n", "compile");
}

#[test]
fn compiling_is_measured() {
    let folder = Folder::new().with("math.wat", MATH).with("bad.wat", "(module (func (result i32)))");
    let output = folder.skep(&["compile", "--json", "--repeat", "3", "math.wat", "math.wat"]);
    assert_eq!(output.status.code(), Some(0));
    let text = String::from_utf8(output.stdout).unwrap();
    assert_eq!(text.matches("\"functions\": 5,").count(), 2, "{text}");
    assert!(
        text.contains("\"clock\": \"thread-cpu\"") && !text.contains("\"machine_code_bytes\": 0,"),
        "{text}"
    );
    for threads in ["1", "2"] {
        let output = folder.skep(&["compile", "--threads", threads, "math.wat"]);
        let text = String::from_utf8(output.stdout).unwrap();
        assert!(text.lines().count() == 2 && text.contains("math.wat"), "{text}");
    }
    check(&folder, &["compile", "bad.wat"], 1, "", "type mismatch");
    check(&folder, &["compile", "--threads", "0", "math.wat"], 2, "", "--threads");
}

#[test]
fn any_host_compiles_for_each_architecture() {
    let folder = Folder::new().with("math.wat", MATH);
    for (target, part) in [("x86_64", "lea "), ("aarch64", "add w")] {
        let output = folder.skep(&["compile", "--json", "--target", target, "math.wat"]);
        let text = String::from_utf8(output.stdout).unwrap();
        assert!(text.contains(&format!("\"target\": \"{target}\"")), "{text}");
        let output = folder.skep(&["inspect", "--disasm", "add", "--target", target, "math.wat"]);
        let text = String::from_utf8(output.stdout).unwrap();
        assert!(text.contains(part) && text.contains(" ret"), "{text}");
    }
    check(&folder, &["compile", "--target", "arm", "math.wat"], 2, "", "aarch64");
}

#[test]
fn scripts_are_run_and_counted() {
    let good = r#"(module (func (export "f") (result i32) (i32.const 1)))
(assert_return (invoke "f") (i32.const 1))"#;
    let bad = r#"(module (func (export "f") (result i32) (i32.const 1)))
(assert_return (invoke "f") (i32.const 2))
(assert_trap (invoke "f") "unreachable")
(assert_invalid (module (func (result i32))) "type mismatch")"#;
    let folder = Folder::new().with("s/good.wast", good).with("s/deep/bad.wast", bad).with("s/x.txt", "");
    check(&folder, &["wast", "s/good.wast"], 0, "2 passed, 0 failed, 0 skipped\n", "");
    let output = folder.skep(&["wast", "s"]);
    let text = String::from_utf8(output.stdout).unwrap();
    let lines: Vec<_> = text.lines().collect();
    assert_eq!(output.status.code(), Some(1), "{text}");
    assert_eq!(lines.len(), 3, "{text}");
    assert!(
        lines[0].starts_with("s/deep/bad.wast:2: ") && lines[1].starts_with("s/deep/bad.wast:3: "),
        "{text}"
    );
    assert_eq!(lines[2], "4 passed, 2 failed, 0 skipped");
    check(&folder, &["wast", "none"], 1, "", "none");
}

#[test]
fn modules_are_inspected() {
    let folder = Folder::new().with("math.wat", MATH).with("program.wat", PROGRAM);
    let output = folder.skep(&["inspect", "math.wat"]);
    let text = String::from_utf8(output.stdout).unwrap();
    for part in ["module math", "5 functions, 0 of them imported", "\"add\"", "memories 1", "exports 6"] {
        assert!(text.contains(part), "{part:?} is not in {text}");
    }
    let text = String::from_utf8(folder.skep(&["inspect", "program.wat"]).stdout).unwrap();
    assert!(text.contains("\"wasi_snapshot_preview1\" \"fd_write\""), "{text}");
    for name in ["load", "3"] {
        let text = String::from_utf8(folder.skep(&["inspect", "--disasm", name, "math.wat"]).stdout).unwrap();
        assert!(text.contains("; wasm 0x") && text.contains("ret"), "{text}");
    }
    let text = String::from_utf8(folder.skep(&["inspect", "--disasm", "div", "math.wat"]).stdout).unwrap();
    let calls = text.lines().filter(|line| line.contains("call"));
    assert!(calls.clone().count() > 0 && calls.clone().all(|line| line.contains("; wasm 0x")), "{text}");
}

#[test]
fn help_has_examples() {
    let folder = Folder::new();
    for args in [
        &["--help"][..],
        &["run", "--help"],
        &["compile", "--help"],
        &["wast", "--help"],
        &["inspect", "--help"],
    ] {
        let output = folder.skep(args);
        let text = String::from_utf8(output.stdout).unwrap();
        assert_eq!(output.status.code(), Some(0));
        assert!(text.contains("Examples:"), "{text}");
    }
}
