//! Programs: what imports WASI, or nothing, and ends.
//!
//! Owns: a program's world, and how it ends. Does not know: whether the answer is right (`answer`).

use std::path::Path;
use std::time::{SystemTime, UNIX_EPOCH};

use skep::{Engine, Error, Extern, Instance, Linker, Memory, Module, Store, Val};
use skep_wasi::{Captured, WasiCtx};

use crate::answer::{Answer, Ended};
use crate::index::{Index, Row, read};
use crate::report::Verdict;

/// Runs a program and compares how it ended.
pub(crate) fn check(index: &Index, row: &Row, engine: &Engine) -> Verdict {
    try_check(index, row, engine).unwrap_or_else(|verdict| verdict)
}

fn try_check(index: &Index, row: &Row, engine: &Engine) -> Result<Verdict, Verdict> {
    let bytes = index.module(row)?;
    let answer = Answer::of(index, row)?;
    let folder = index.folder_of(row);
    let setup = Setup::of(row, &folder)?;
    let ended = run(engine, row, &bytes, &setup);
    Ok(answer.compare(&ended.map_err(|error| Verdict::Failed(format!("{error:#}")))?))
}

/// What a program is given, as the index's words say it.
struct Setup<'a> {
    args: Vec<&'a str>,
    stdin: Vec<u8>,
    /// The host's directory that it finds as `.`.
    dir: Option<&'a Path>,
}

impl<'a> Setup<'a> {
    /// Words after `args: ` are arguments, up to `<` and the name of a file that is the input.
    fn of(row: &'a Row, folder: &'a Path) -> Result<Self, Verdict> {
        let after = row.how.split_once("args: ").map_or("", |(_, args)| args);
        let (args, input) = after.split_once("< ").map_or((after, None), |(args, file)| (args, Some(file)));
        let stdin = match input {
            Some(file) => read(&folder.join(file.trim()))?
                .ok_or_else(|| Verdict::Skipped("missing input".to_owned()))?,
            None => Vec::new(),
        };
        let dir = (!row.how.contains("no preopen")).then_some(folder);
        Ok(Self { args: args.split_whitespace().collect(), stdin, dir })
    }

    fn wasi(&self, name: &str, stdout: &Captured, stderr: &Captured) -> Result<WasiCtx, Error> {
        let mut builder = WasiCtx::builder()
            .arg(name)
            .args(self.args.iter().copied())
            .stdin_bytes(self.stdin.clone())
            .stdout_captured(stdout)
            .stderr_captured(stderr)
            .system_clocks();
        if let Some(dir) = self.dir {
            builder = builder.preopened_dir_read_only(dir, ".");
        }
        Ok(builder.build()?)
    }
}

fn run(engine: &Engine, row: &Row, bytes: &[u8], setup: &Setup<'_>) -> Result<Ended, Error> {
    let mut linker = Linker::new(engine);
    skep_wasi::add_to_linker(&mut linker, |wasi| wasi)?;
    linker.func("bench", "start", || {})?.func("bench", "end", || {})?.func("env", "clock_ms", clock_ms)?;
    let (stdout, stderr) = (Captured::new(), Captured::new());
    let wasi = setup.wasi(row.base_name(), &stdout, &stderr)?;
    let mut store = Store::new(engine);
    let instance = linker.spawn(&mut store, &Module::new(engine, bytes)?, wasi)?;
    let (exit, score) = match instance.func(&store, &row.entry)?.call(&mut store, &[]) {
        Ok(results) => (0, results.first().and_then(Val::as_f32)),
        Err(Error::Exit(code)) => (code, None),
        Err(error) => return Err(error),
    };
    let memory = match first_memory(&store, instance)? {
        Some(memory) => Some(memory.data(&store)?.to_vec()),
        None => None,
    };
    Ok(Ended { exit, score, memory, stdout: stdout.take(), stderr: stderr.take() })
}

/// Milliseconds since some moment, for a program that measures itself.
fn clock_ms() -> i64 {
    let now = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
    i64::try_from(now.as_millis()).unwrap_or(i64::MAX)
}

fn first_memory(store: &Store<WasiCtx>, instance: Instance) -> Result<Option<Memory>, Error> {
    let exports = instance.exports(store)?;
    Ok(exports.into_iter().find_map(|(_, item)| match item {
        Extern::Memory(memory) => Some(memory),
        _ => None,
    }))
}
