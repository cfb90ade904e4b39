//! The same programs on skep and on other engines, in one run: compile time, run time, and every answer checked. Exits
//! with 1 when a program of the asked set is missing, is not the file that the index means, or answers wrong on
//! any engine, or when skep does not compile it. What another engine refuses to compile is only reported.
//!
//! Reading order: `corpus` (which programs), `expect` and `answer` (what is right), `engines` (one file each), `host`
//! (what guests import), `measure`, `report`; `micro` is a bench of its own: single calls.

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
mod report;
mod sections;

use std::path::{Path, PathBuf};
use std::process::ExitCode;

use anyhow::{Context, Result, anyhow};
use clap::Parser;

use corpus::Set;
use engines::{Peer, Skep, Which};
use measure::Plan;
use report::{Format, Report};
use skep::Tuning;

/// Compiles and runs real programs on several WebAssembly engines and compares their times.
#[derive(Parser)]
#[command(after_help = "Examples:
  skep-peers --corpora DIR                       the headline set on all compilers
  skep-peers --set index --runs 3 --markdown     everything that runs, as Markdown
  skep-peers --set real --csv > real.csv         compile times of the big modules
  skep-peers --calls --goals                     what one call costs, of each kind
  skep-peers coremark gemm --peers cranelift,winch,wasmi")]
struct Options {
    /// Only programs whose name contains one of these; without --set, of the whole index
    filters: Vec<String>,
    /// Folder that holds index.json and the modules it names
    #[arg(long, env = "SKEP_CORPORA", value_name = "DIR", required_unless_present = "calls")]
    corpora: Option<PathBuf>,
    /// Which programs [default: headline]
    #[arg(long, value_enum)]
    set: Option<Set>,
    /// Which engines
    #[arg(long, value_enum, value_delimiter = ',', default_values = ["skep", "cranelift", "winch", "singlepass"])]
    peers: Vec<Which>,
    /// Techniques of skep's compiler to switch off
    #[arg(long, value_parser = engines::technique, value_delimiter = ',', value_name = "TECHNIQUE")]
    without: Vec<Tuning>,
    /// Instead of engines: skep with all techniques, then once without each
    #[arg(long, conflicts_with_all = ["peers", "without"])]
    ablation: bool,
    /// Runs of each program on each engine, in turns; 0 compiles only
    #[arg(long, default_value_t = 5)]
    runs: usize,
    /// Compiles of each module by each engine, in turns
    #[arg(long, default_value_t = 7)]
    compiles: usize,
    /// CPU seconds after which an engine gets no further compile or run of the same program
    #[arg(long, default_value_t = 20.0, value_name = "SECONDS")]
    limit: f64,
    /// Instead of programs: what one call costs, of each kind; needs no corpora
    #[arg(long, conflicts_with_all = ["filters", "set", "ablation", "list"])]
    calls: bool,
    /// Print Markdown tables
    #[arg(long, conflicts_with = "csv")]
    markdown: bool,
    /// Print a line of CSV for each program and engine
    #[arg(long)]
    csv: bool,
    /// Fail also when skep misses its goals beside Winch, which must take part
    #[arg(long, conflicts_with = "ablation")]
    goals: bool,
    /// Print the names of the programs and stop
    #[arg(long)]
    list: bool,
}

impl Options {
    fn format(&self) -> Format {
        match (self.markdown, self.csv) {
            (true, _) => Format::Markdown,
            (_, true) => Format::Csv,
            _ => Format::Plain,
        }
    }

    fn without(&self) -> Tuning {
        self.without.iter().fold(Tuning::NONE, |all, &one| all.with(one))
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
    if options.calls {
        return micro::bench(&options.peers, options.without(), options.format(), options.goals);
    }
    let default = if options.filters.is_empty() { Set::Headline } else { Set::All };
    let programs = corpus::load(
        options.corpora.as_deref().unwrap_or(Path::new("")),
        options.set.unwrap_or(default),
        &options.filters,
    )?;
    if options.list {
        programs.iter().for_each(|program| println!("{}", program.name));
        return Ok(true);
    }
    let peers = peers(options)?;
    let names: Vec<String> = peers.iter().map(|peer| peer.name().to_owned()).collect();
    let plan = Plan { compiles: options.compiles.max(1), runs: options.runs, limit: options.limit };
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
    let report = Report { names: &names, lines: &lines };
    print!("{}", report.render(format));
    report.refusals().iter().for_each(|refusal| eprintln!("refused: {refusal}"));
    faults.extend(report.faults());
    if options.goals {
        faults.extend(goals::missed(&report));
    }
    faults.iter().for_each(|fault| eprintln!("wrong: {fault}"));
    Ok(faults.is_empty())
}

fn peers(options: &Options) -> Result<Vec<Box<dyn Peer>>> {
    if options.ablation {
        return Skep::ablation();
    }
    options.peers.iter().map(|which| which.peer(options.without())).collect()
}
