//! `skep run`: a WASI program, or one export of a module.
//!
//! Owns: the guest's world as the command line describes it, times. Does not know: the WASI calls (`skep-wasi`).

use std::io::{self, Write};
use std::path::Path;
use std::time::{Duration, Instant};

use skep::{Engine, Instance, Linker, Module, Store};
use skep_wasi::{WasiCtx, WasiCtxBuilder};

use crate::options::RunOptions;
use crate::outcome::{Failure, Outcome, load};
use crate::values;

/// Runs the command.
pub(crate) fn run(options: &RunOptions) -> Outcome {
    let mut times = Times::default();
    let outcome = run_timed(options, &mut times);
    if options.time {
        let _ = writeln!(io::stderr(), "{times}");
    }
    outcome
}

/// What `--time` prints.
#[derive(Default)]
struct Times {
    compile: Duration,
    spawn: Duration,
    run: Duration,
}

impl std::fmt::Display for Times {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let Self { compile, spawn, run } = self;
        write!(f, "compile {compile:.3?}, spawn {spawn:.3?}, run {run:.3?}")
    }
}

fn timed<R>(total: &mut Duration, work: impl FnOnce() -> R) -> R {
    let start = Instant::now();
    let result = work();
    *total += start.elapsed();
    result
}

fn run_timed(options: &RunOptions, times: &mut Times) -> Outcome {
    let engine = options.mode.engine()?;
    let mut world = World::new(&engine, options)?;
    for (name, file) in &options.preloads {
        let module = timed(&mut times.compile, || load(&engine, Path::new(file)))?;
        let instance = timed(&mut times.spawn, || world.spawn(&module, file))?;
        world.store.register(name, instance).map_err(|error| Failure::of(file, &error))?;
        timed(&mut times.run, || world.initialize(&module, instance, file))?;
    }
    let file = options.file().display().to_string();
    let module = timed(&mut times.compile, || load(&engine, options.file()))?;
    let instance = timed(&mut times.spawn, || world.spawn(&module, &file))?;
    timed(&mut times.run, || match &options.invoke {
        None if module.export(START).is_none() => Err(Failure::at(
            &file,
            format_args!("{START:?} is not exported; --invoke NAME calls another export"),
        )),
        None => world.call(instance, START, &[], &file),
        Some(name) => {
            world.initialize(&module, instance, &file)?;
            world.call(instance, name, options.args(), &file)
        }
    })
}

/// What a WASI program runs from.
const START: &str = "_start";
/// What a WASI library wants called before anything else.
const INITIALIZE: &str = "_initialize";

/// Where guests live.
struct World {
    linker: Linker<WasiCtx>,
    store: Store<WasiCtx>,
    builder: WasiCtxBuilder,
}

impl World {
    fn new(engine: &Engine, options: &RunOptions) -> Result<Self, Failure> {
        let mut linker = Linker::new(engine);
        skep_wasi::add_to_linker(&mut linker, |ctx| ctx).map_err(|error| Failure::of("wasi", &error))?;
        let name = options.file().file_name().unwrap_or_default().as_encoded_bytes();
        let mut builder = WasiCtx::builder().inherit_stdio().system_clocks().system_random().arg(name);
        if options.invoke.is_none() {
            builder = builder.args(options.args().iter().map(String::as_str));
        }
        for (name, value) in &options.env {
            builder = builder.env(name, value);
        }
        for dir in &options.dirs {
            let (host, guest) = dir.split_once("::").unwrap_or((dir, dir));
            builder = builder.preopened_dir(host, guest);
        }
        Ok(Self { linker, store: Store::new(engine), builder })
    }

    fn spawn(&mut self, module: &Module, file: &str) -> Result<Instance, Failure> {
        let ctx = self.builder.build().map_err(|error| Failure::Failed(error.to_string()))?;
        let template =
            self.linker.template_in(&self.store, module).map_err(|error| Failure::of(file, &error))?;
        self.store.spawn(&template, ctx).map_err(|error| Failure::of(file, &error))
    }

    fn initialize(&mut self, module: &Module, instance: Instance, file: &str) -> Outcome {
        if module.export(INITIALIZE).is_none() {
            return Ok(());
        }
        self.call(instance, INITIALIZE, &[], file)
    }

    /// Calls an export and prints its results.
    fn call(&mut self, instance: Instance, name: &str, args: &[String], file: &str) -> Outcome {
        let func = instance.func(&self.store, name).map_err(|error| Failure::of(file, &error))?;
        let ty = func.ty(&self.store).map_err(|error| Failure::of(file, &error))?;
        let args = values::parse_args(&ty, args)
            .map_err(|error| Failure::Usage(format!("{file}: {name} {}: {error}", ty.text())))?;
        let results = func
            .call_as(&mut self.store, instance, &args)
            .map_err(|error| Failure::of_call(file, name, &error))?;
        let mut out = io::stdout().lock();
        for result in &results {
            writeln!(out, "{}", values::show(result))?;
        }
        Ok(())
    }
}
