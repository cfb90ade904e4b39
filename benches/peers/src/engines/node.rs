//! V8 through Node, each compile and each run in a process of its own, which a script (`node.mjs`) times. Its host functions
//! are Node's, so that an answer of theirs that is not the expected one is no fault of a run: the program's time is left out.

use std::fs::File;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use anyhow::{Context, Result, bail};
use serde::{Deserialize, Serialize, de::DeserializeOwned};
use tempfile::TempDir;

use super::{Compiled, Peer, Setup};
use crate::answer::{Answer, End};
use crate::clock::Clock;
use crate::corpus::Program;
use crate::host;

/// What both compilers are asked for: every function at once, nothing kept from one compile to the next, and the deepest
/// guest stack that the main thread has room for.
const FLAGS: [&str; 4] = [
    "--no-warnings",
    "--no-wasm-lazy-compilation",
    "--no-wasm-native-module-cache-enabled",
    "--stack-size=7000",
];
const LIFTOFF: [&str; 1] = ["--liftoff-only"];
const TURBOFAN: [&str; 2] = ["--no-liftoff", "--no-wasm-tier-up"];

/// The engine with one of its compilers.
pub struct Node {
    name: &'static str,
    runner: Runner,
    clock: Clock,
}

/// Starts the script.
#[derive(Clone)]
struct Runner {
    flags: Vec<String>,
    folder: std::rc::Rc<TempDir>,
}

/// Whether there is a `node` to start.
pub fn in_path() -> bool {
    Command::new("node").arg("--version").stdout(Stdio::null()).status().is_ok_and(|status| status.success())
}

impl Node {
    /// With the baseline compiler.
    pub fn liftoff(setup: Setup) -> Result<Self> {
        Self::new("liftoff", &LIFTOFF, setup)
    }

    /// With the optimising compiler.
    pub fn turbofan(setup: Setup) -> Result<Self> {
        Self::new("turbofan", &TURBOFAN, setup)
    }

    fn new(name: &'static str, compiler: &[&str], setup: Setup) -> Result<Self> {
        if !in_path() {
            bail!("{name} needs `node` in the path");
        }
        let threads = match setup.threads {
            1 => "--single-threaded".to_owned(),
            // The thread that asks compiles too.
            several => format!("--wasm-num-compilation-tasks={}", several - 1),
        };
        let flags = FLAGS.iter().chain(compiler).map(|&flag| flag.to_owned()).chain([threads]).collect();
        let folder = TempDir::new().context("no temporary folder")?;
        std::fs::write(folder.path().join("node.mjs"), include_str!("node.mjs"))?;
        Ok(Self { name, runner: Runner { flags, folder: folder.into() }, clock: setup.clock })
    }
}

#[derive(Deserialize)]
struct Took {
    seconds: f64,
}

#[derive(Deserialize)]
struct Peak {
    bytes: u64,
}

impl Peer for Node {
    fn name(&self) -> &str {
        self.name
    }

    fn must_answer(&self) -> bool {
        false
    }

    fn compile(&self, wasm: &[u8]) -> Result<Box<dyn Compiled>> {
        let module = self.runner.path("module.wasm");
        std::fs::write(&module, wasm)?;
        let clock = match self.clock {
            Clock::Cpu => "cpu",
            Clock::Wall => "wall",
        };
        let took: Took = self.runner.ask(&["compile".as_ref(), &module, clock.as_ref()])?;
        Ok(Box::new(Ready { runner: self.runner.clone(), seconds: took.seconds }))
    }

    fn peak_bytes(&self, file: &Path) -> Result<u64> {
        Ok(self.runner.ask::<Peak>(&["peak".as_ref(), file])?.bytes)
    }
}

impl Runner {
    fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    fn ask<T: DeserializeOwned>(&self, arguments: &[&Path]) -> Result<T> {
        let mut command = Command::new("node");
        command.args(&self.flags).arg(self.path("node.mjs")).args(arguments).stdin(Stdio::null());
        let output = command.output().context("node does not start")?;
        if !output.status.success() {
            let text = String::from_utf8_lossy(&output.stderr);
            let why = text.lines().find(|line| line.contains("Error")).or_else(|| text.lines().next());
            bail!("node: {}, {}", output.status, why.unwrap_or("no message"));
        }
        serde_json::from_slice(&output.stdout).context("what the script says")
    }
}

struct Ready {
    runner: Runner,
    seconds: f64,
}

/// A run, for the script.
#[derive(Serialize)]
struct Job<'a> {
    module: &'a Path,
    version: &'a str,
    entry: &'a str,
    args: &'a [String],
    folder: Option<&'a Path>,
    stdin: &'a Path,
    stdout: &'a Path,
    stderr: &'a Path,
}

/// What the script says of a run.
#[derive(Deserialize)]
struct Said {
    exit: Option<i32>,
    trap: Option<String>,
    score: Option<f32>,
    called: f64,
    benched: Option<f64>,
    memory: Option<String>,
}

impl Compiled for Ready {
    fn run(&self, program: &Program) -> Result<Answer> {
        let module = program.bytes()?;
        let folder = program.preopen.then(|| host::copy_beside(&program.path)).transpose()?;
        let [stdout, stderr, job] = ["stdout", "stderr", "job.json"].map(|name| self.runner.path(name));
        let nothing = Path::new("/dev/null");
        let asked = Job {
            module: &program.path,
            version: if contains(&module, b"wasi_unstable") { "unstable" } else { "preview1" },
            entry: &program.entry,
            args: &program.args,
            folder: folder.as_ref().map(TempDir::path),
            stdin: program.stdin.as_deref().unwrap_or(nothing),
            stdout: &stdout,
            stderr: &stderr,
        };
        serde_json::to_writer(File::create(&job)?, &asked)?;
        let said: Said = self.runner.ask(&["run".as_ref(), &job])?;
        let end = match (said.trap, said.exit) {
            (Some(message), _) => End::Trap(message),
            (None, Some(code)) => End::Exited(code),
            (None, None) => End::Returned,
        };
        let Said { score, called, benched, memory, .. } = said;
        let [stdout, stderr] = [std::fs::read(stdout)?, std::fs::read(stderr)?];
        Ok(Answer { end, stdout, stderr, memory, score, called, benched })
    }

    fn took(&self) -> Option<f64> {
        Some(self.seconds)
    }
}

fn contains(bytes: &[u8], name: &[u8]) -> bool {
    bytes.windows(name.len()).any(|window| window == name)
}
