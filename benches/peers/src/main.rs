//! The same programs on skep and on other engines, in one run: compile time, run time, and every answer checked. Exits
//! with 1 when a program of the asked set is missing, is not the file that the index means, or answers wrong on
//! any engine, or when skep does not compile it. What another engine refuses to compile is only reported.
//!
//! Reading order: `corpus` (which programs), `expect` and `answer` (what is right), `engines` (one file each), `host`
//! (what guests import), `measure`, `report`, `goals`; `micro` and `spawn` are benches of
//! their own: single calls, lives of instances.

mod answer;
mod clock;
mod corpus;
mod engines;
mod expect;
mod goals;
mod host;
mod machine;
mod measure;
mod micro;
mod odd;
mod peak;
mod report;
mod sections;
mod spawn;

use std::path::PathBuf;
use std::process::ExitCode;

use anyhow::{Context, Result, anyhow};
use clap::Parser;

use clock::Clock;
use corpus::{Program, Set};
use engines::{Peer, Setup, Skep, Which};
use measure::Plan;
use report::{Columns, Format, Report};
use skep::Tuning;

/// With `--scaling`, modules with less code in bytes are left out.
const SCALING_CODE_BYTES_MIN: usize = 1 << 20;

/// Compiles and runs real programs on several WebAssembly engines and compares their times.
#[derive(Parser)]
#[command(after_help = "Examples:
  skep-peers --corpora DIR                       the headline set on all compilers
  skep-peers --set index --runs 3 --markdown     everything that runs, as Markdown
  skep-peers --set real --csv > real.csv         compile times of the big modules
  skep-peers --set odd --goals                   modules in odd shapes
  skep-peers --calls --goals                     what one call costs, of each kind
  skep-peers --spawn --goals                     what an instance's life costs
  skep-peers --scaling                           the big modules on 1 and 2 threads
  skep-peers coremark gemm --peers cranelift,winch,wasmi")]
struct Options {
    /// Only programs whose name contains one of these; without --set, of the whole index
    filters: Vec<String>,
    /// Folder that holds index.json and the modules it names
    #[arg(long, env = "SKEP_CORPORA", value_name = "DIR")]
    corpora: Option<PathBuf>,
    /// Which programs [default: headline]
    #[arg(long, value_enum)]
    set: Option<Set>,
    /// Which engines [default: skep,skep-checked,cranelift,winch,singlepass, and liftoff where there is a node; of the set odd
    /// skep,skep-checked; with --scaling skep,winch,singlepass]
    #[arg(long, value_enum, value_delimiter = ',')]
    peers: Vec<Which>,
    /// Techniques of skep's compiler to switch off
    #[arg(long, value_parser = engines::technique, value_delimiter = ',', value_name = "TECHNIQUE")]
    without: Vec<Tuning>,
    /// Instead of engines: skep with all techniques, then once without each, and what each is worth
    #[arg(long, conflicts_with_all = ["peers", "without"])]
    ablation: bool,
    /// Compiling threads: with more than one, compiling is measured as time passes
    #[arg(long, default_value_t = 1, value_name = "N", value_parser = clap::value_parser!(u16).range(1..))]
    threads: u16,
    /// Compile the big modules on one thread and on N (or 2), and show the speed-up
    #[arg(long, conflicts_with = "ablation")]
    scaling: bool,
    /// Measure the memory that compiling takes too, each engine in a process of its own
    #[arg(long, conflicts_with_all = ["ablation", "scaling"])]
    memory: bool,
    /// Runs of each program on each engine, in turns; 0 compiles only [default: 5; with --ablation 3]
    #[arg(long)]
    runs: Option<usize>,
    /// Compiles of each module by each engine, in turns
    #[arg(long, default_value_t = 7)]
    compiles: usize,
    /// Seconds after which an engine gets no further compile or run of the same program [default: 20; with --ablation 5]
    #[arg(long, value_name = "SECONDS")]
    limit: Option<f64>,
    /// Instead of programs: what one call costs, of each kind; needs no corpora
    #[arg(long, conflicts_with_all = ["filters", "set", "ablation", "scaling", "memory", "list"])]
    calls: bool,
    /// Instead of programs: what the lives of instances cost; names choose who takes part; needs no corpora
    #[arg(long, conflicts_with_all = ["set", "ablation", "scaling", "memory", "list", "calls", "peers"])]
    spawn: bool,
    /// Print Markdown tables
    #[arg(long, conflicts_with = "csv")]
    markdown: bool,
    /// Print a line of CSV for each program and engine
    #[arg(long)]
    csv: bool,
    /// Check what skep has to reach, and fail when it misses any of it
    #[arg(long, conflicts_with = "ablation")]
    goals: bool,
    /// Print the names of the programs and stop
    #[arg(long)]
    list: bool,
    /// Compile one file in this process and print how much memory it took
    #[arg(long = peak::OPTION, value_enum, hide = true)]
    child_compile: Option<Which>,
}

impl Options {
    fn set(&self) -> Set {
        let default = match (self.scaling, self.filters.is_empty()) {
            (true, _) => Set::Real,
            (_, true) => Set::Headline,
            _ => Set::All,
        };
        self.set.unwrap_or(default)
    }

    fn setup(&self) -> Setup {
        let without = self.without.iter().fold(Tuning::NONE, |all, &one| all.with(one));
        let threads = usize::from(self.threads);
        Setup { without, threads, clock: Clock::of(threads) }
    }

    fn engines(&self) -> Vec<Which> {
        use Which::{Cranelift, Liftoff, Singlepass, Skep, SkepChecked, Winch};
        match (self.peers.as_slice(), self.scaling, self.set()) {
            ([], ..) if self.calls => vec![Skep, Cranelift, Winch, Singlepass],
            ([], true, _) => vec![Skep, Winch, Singlepass],
            ([], _, Set::Odd) => vec![Skep, SkepChecked],
            ([], ..) => {
                let v8 = engines::node_in_path().then_some(Liftoff);
                [Skep, SkepChecked, Cranelift, Winch, Singlepass].into_iter().chain(v8).collect()
            }
            (asked, ..) => asked.to_vec(),
        }
    }

    fn columns(&self) -> Columns {
        let threads = usize::from(self.threads);
        match (self.ablation, self.scaling) {
            (true, _) => Columns::Ablation,
            (_, true) => Columns::Scaling(threads.max(2)),
            _ => Columns::Engines(threads),
        }
    }

    fn plan(&self) -> Plan {
        let clock = if self.scaling { Clock::Wall } else { self.setup().clock };
        // An ablation has one column more than there are techniques.
        let (runs, limit) = if self.ablation { (3, 5.0) } else { (5, 20.0) };
        let runs = if self.scaling { 0 } else { self.runs.unwrap_or(runs) };
        let limit = self.limit.unwrap_or(limit);
        Plan { compiles: self.compiles.max(1), runs, limit, clock, memory: self.memory }
    }

    fn format(&self) -> Format {
        match (self.markdown, self.csv) {
            (true, _) => Format::Markdown,
            (_, true) => Format::Csv,
            _ => Format::Plain,
        }
    }
}

fn main() -> ExitCode {
    let options = Options::parse();
    let thread = std::thread::Builder::new().stack_size(engines::THREAD_STACK_BYTES);
    let outcome = thread
        .spawn(move || bench(&options))
        .context("no thread")
        .and_then(|bench| bench.join().map_err(|_| anyhow!("the bench panicked")))
        .flatten();
    match outcome {
        Ok(true) => ExitCode::SUCCESS,
        Ok(false) => ExitCode::FAILURE,
        Err(error) => {
            eprintln!("error: {error:#}");
            ExitCode::FAILURE
        }
    }
}

/// Whether all went right.
fn bench(options: &Options) -> Result<bool> {
    if let Some(engine) = options.child_compile {
        let file = options.filters.first().context("no file")?;
        println!("{}", peak::compile(engine.peer(options.setup())?.as_ref(), file.as_ref())?);
        return Ok(true);
    }
    if options.calls {
        let without = options.setup().without;
        return micro::bench(&options.engines(), without, options.format(), options.goals);
    }
    if options.spawn {
        return spawned(options);
    }
    let programs = programs(options)?;
    if options.list {
        programs.iter().for_each(|program| println!("{}", program.name));
        return Ok(true);
    }
    let (names, peers) = peers(options)?;
    let plan = options.plan();
    let machine = machine::line();
    let mut lines = Vec::new();
    let mut faults = Vec::new();
    for (number, program) in programs.iter().enumerate() {
        eprintln!("[{}/{}] {}", number + 1, programs.len(), program.name);
        match measure::measure(program, &peers, plan) {
            Ok(line) => lines.push(line),
            Err(error) => faults.push(format!("{}: {error:#}", program.name)),
        }
    }
    let format = options.format();
    if format != Format::Csv {
        println!("{machine}; {} compiles and {} runs at most", plan.compiles, plan.runs);
    }
    let report = Report { columns: options.columns(), names: &names, lines: &lines };
    print!("{}", report.render(format));
    report.refusals().iter().for_each(|refusal| eprintln!("refused: {refusal}"));
    faults.extend(report.faults());
    if options.goals {
        faults.extend(goals(&goals::check(&report), format));
    }
    faults.iter().for_each(|fault| eprintln!("wrong: {fault}"));
    Ok(faults.is_empty())
}

/// As `bench`, of instances' lives.
fn spawned(options: &Options) -> Result<bool> {
    let format = options.format();
    if format != Format::Csv {
        println!("{}; medians of rounds", machine::line());
    }
    let figures = spawn::bench(&options.filters)?;
    print!("{}", figures.render(format));
    let mut faults = figures.faults.clone();
    if options.goals {
        faults.extend(goals(&goals::spawn(&figures), format));
    }
    faults.iter().for_each(|fault| eprintln!("wrong: {fault}"));
    Ok(faults.is_empty())
}

fn programs(options: &Options) -> Result<Vec<Program>> {
    let mut programs = corpus::load(options.corpora.as_deref(), options.set(), &options.filters)?;
    if options.scaling {
        let code = |program: &Program| sections::code_bytes(&program.bytes()?);
        programs.retain(|program| code(program).is_ok_and(|bytes| bytes >= SCALING_CODE_BYTES_MIN));
    }
    Ok(programs)
}

type Named = (Vec<String>, Vec<Box<dyn Peer>>);

fn peers(options: &Options) -> Result<Named> {
    let (setup, engines) = (options.setup(), options.engines());
    let peers: Vec<_> = match options.columns() {
        Columns::Ablation => Skep::ablation(setup)?,
        Columns::Engines(_) => engines.iter().map(|which| which.peer(setup)).collect::<Result<_>>()?,
        Columns::Scaling(threads) => {
            let with = |threads| Setup { threads, clock: Clock::Wall, ..setup };
            let pairs =
                engines.iter().flat_map(|which| [1, threads].map(|threads| which.peer(with(threads))));
            let peers: Vec<_> = pairs.collect::<Result<_>>()?;
            let suffix = |at| if at % 2 == 0 { String::new() } else { format!(" ×{threads}") };
            let names = peers.iter().enumerate().map(|(at, peer)| format!("{}{}", peer.name(), suffix(at)));
            return Ok((names.collect(), peers));
        }
    };
    Ok((peers.iter().map(|peer| peer.name().to_owned()).collect(), peers))
}

/// Shows the goals; those that are missed are faults.
fn goals(outcomes: &[goals::Outcome], format: Format) -> Vec<String> {
    if format == Format::Csv {
        outcomes.iter().for_each(|outcome| eprintln!("goal: {}", outcome.row().join(", ")));
    } else {
        let head = ["goal (medians)", "value", "limit", ""].map(str::to_owned).to_vec();
        let rows: Vec<_> = std::iter::once(head).chain(outcomes.iter().map(goals::Outcome::row)).collect();
        let mut text = String::new();
        report::text::heading(&mut text, format, "Goals");
        print!("{text}{}", report::text::table(&rows, format));
        for outcome in outcomes.iter().filter(|outcome| !outcome.list.is_empty()) {
            println!("\n{}: {}", outcome.what, outcome.list.join(", "));
        }
    }
    if outcomes.is_empty() {
        return vec!["no goal is about what was measured".to_owned()];
    }
    let missed = outcomes.iter().filter(|outcome| !outcome.met());
    missed.map(|outcome| format!("goal missed: {}", outcome.row()[..3].join(", "))).collect()
}
