//! Runs the scripts of the WebAssembly test suite over the public API of `skep`.
//!
//! Owns: the front door, [`run`] and [`Report`]. Does not know: where scripts come from; anything of `skep` that is not
//! public. Start at `script`.

mod script;
mod spectest;
mod values;

use skep::Config;
use wast::lexer::Lexer;
use wast::parser::{self, ParseBuffer};
use wast::token::Span;

/// What came of a script.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Report {
    /// Directives that did what they say.
    pub passed: usize,
    /// Directives that did not, in order.
    pub failed: Vec<Failure>,
    /// Directives of kinds that a runtime of core modules has no part in: components, threads, annotations.
    pub skipped: usize,
}

/// A directive that did not do what it says.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Failure {
    /// Its line, from 1.
    pub line: usize,
    /// What was expected, and what happened.
    pub message: String,
}

/// Runs the script `source`, called `name`, with an engine of its own. A directive that fails is reported, and the
/// rest runs all the same.
#[must_use]
pub fn run(config: &Config, source: &str, name: &str) -> Report {
    let mut report = Report::default();
    let line = |span: Span| span.linecol_in(source).0 + 1;
    let broken = |error: &wast::Error| Failure {
        line: line(error.span()),
        message: format!("{name}: {}", error.message()),
    };
    let mut lexer = Lexer::new(source);
    lexer.allow_confusing_unicode(true);
    let buffer = match ParseBuffer::new_with_lexer(lexer) {
        Ok(buffer) => buffer,
        Err(error) => {
            report.failed.push(broken(&error));
            return report;
        }
    };
    let script = match parser::parse::<wast::Wast<'_>>(&buffer) {
        Ok(script) => script,
        Err(error) => {
            report.failed.push(broken(&error));
            return report;
        }
    };
    let mut runner = match script::Runner::new(config) {
        Ok(runner) => runner,
        Err(error) => {
            report.failed.push(Failure { line: 1, message: format!("{name}: {error}") });
            return report;
        }
    };
    for directive in script.directives {
        let span = directive.span();
        match runner.run(directive) {
            Ok(script::Outcome::Passed) => report.passed += 1,
            Ok(script::Outcome::Skipped) => report.skipped += 1,
            Err(message) => report.failed.push(Failure { line: line(span), message }),
        }
    }
    report
}
