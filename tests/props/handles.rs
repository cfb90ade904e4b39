//! No public function panics on any handle: stale, of another store, made up, of another kind. It answers with the error that
//! says what is wrong, and leaves the store as it was.
//!
//! Owns: what [`USES`] must answer, and that no public function is missing there.

use std::collections::BTreeSet;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::Path;

use proptest::prelude::*;
use proptest::test_runner::Config as Cases;
use skep::{Error, LinkCause, MemoryMode, Stats};

use crate::scene::{Draw, Fate, Scene, draw};
use crate::uses::{LOOKS, USES, Use};

const MODES: [MemoryMode; 3] = MemoryMode::ALL;

/// Where a use is done.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Place {
    AtRest,
    InCall,
}

const PLACES: [Place; 2] = [Place::AtRest, Place::InCall];

/// Does a use; `None` where it cannot be done.
fn done(scene: &mut Scene, using: &Use, place: Place, draw: &Draw) -> Option<Result<(), Error>> {
    let handles = scene.handles(draw);
    match place {
        Place::AtRest => using.at_rest.map(|using| using(&mut scene.store, &handles)),
        Place::InCall => using.in_call.map(|using| scene.in_call(using, &handles)),
    }
}

/// Whether an error says what is wrong with one of the handles: of each, whether it is of another store. A valid one beside
/// them may name something else than is wanted, and then be the fault that is found.
fn names_the_fault(error: &Error, invalid: &[bool], takes: usize) -> bool {
    match error {
        Error::Batch(batch) => names_the_fault(&batch.cause, invalid, takes),
        Error::Access(_) | Error::Type(_) => invalid.len() < takes,
        // An argument of another island is refused before its index is looked at.
        Error::WrongIsland(_) => takes > 1,
        Error::Stale(_) => invalid.contains(&false),
        Error::WrongStore(_) => invalid.contains(&true),
        Error::Link(all) => all.errors.iter().all(|error| matches!(error.cause, LinkCause::Handle(_))),
        _ => false,
    }
}

/// Does all uses with the handles of a draw.
fn check(draw: &Draw) -> Result<(), TestCaseError> {
    let mut scene = Scene::new(draw.mode, draw.reused);
    for using in USES {
        for place in PLACES {
            let handles = scene.handles(draw);
            let invalid = scene.invalid(using, &handles, draw);
            let before = scene.store.stats();
            let what = || format!("{} {place:?}, invalid: {invalid:?}", using.name);
            let ended = catch_unwind(AssertUnwindSafe(|| done(&mut scene, using, place, draw)));
            let Ok(ended) = ended else { return Err(TestCaseError::fail(format!("{} panics", what()))) };
            let Some(result) = ended else { continue };
            let agrees = scene.store.check_invariants();
            prop_assert!(agrees.is_ok(), "{}: {agrees:?}", what());
            if invalid.is_empty() {
                // It may have changed anything.
                scene = Scene::new(draw.mode, draw.reused);
                continue;
            }
            let Err(error) = result else { return Err(TestCaseError::fail(format!("{} succeeds", what()))) };
            prop_assert!(names_the_fault(&error, &invalid, using.takes.len()), "{}: {error:?}", what());
            prop_assert_eq!(scene.store.stats(), before, "{}", what());
        }
    }
    LOOKS.iter().for_each(|(_, look)| look(&scene.handles(draw)));
    Ok(())
}

proptest! {
    // 256 cases; `PROPTEST_CASES` says otherwise.
    #![proptest_config(Cases { failure_persistence: None, ..Cases::default() })]

    #[test]
    fn no_public_function_panics_on_any_handle(draw in draw()) {
        check(&draw)?;
    }
}

#[test]
fn handles_that_name_something_are_taken() {
    // What fails here fails for want of something else than a handle.
    let other = ["Store::spawn_named", "Func::call", "Func::typed", "Func::call_as", "Linker::func"];
    for mode in MODES {
        for (using, place) in USES.iter().flat_map(|using| PLACES.map(|place| (using, place))) {
            let draw = Draw::all(Fate::Live, mode, false);
            let result = done(&mut Scene::new(mode, false), using, place, &draw);
            if !other.contains(&using.name) {
                assert!(matches!(result, None | Some(Ok(()))), "{}: {result:?}", using.name);
            }
        }
    }
}

/// Does all uses with handles of one origin; each must fail, and with these words.
fn all_fail(fate: Fate, reused: bool, words: &str) {
    for mode in MODES {
        let draw = Draw::all(fate, mode, reused);
        let mut scene = Scene::new(mode, reused);
        let before = scene.store.stats();
        for (using, place) in USES.iter().flat_map(|using| PLACES.map(|place| (using, place))) {
            let Some(result) = done(&mut scene, using, place, &draw) else { continue };
            let text = result.map_or_else(|error| error.to_string(), |()| "ok".to_owned());
            assert!(text.contains(words), "{} {place:?}: {text}", using.name);
            assert_eq!(scene.store.stats(), before, "{} {place:?}", using.name);
        }
    }
}

#[test]
fn handles_of_another_store_are_errors() {
    all_fail(Fate::Foreign, false, " belongs to store ");
}

#[test]
fn handles_of_a_freed_instance_are_errors_also_when_slots_are_used_again() {
    all_fail(Fate::Stale, false, ": the slot is at generation 2");
    all_fail(Fate::Stale, true, ": the slot is at generation 2");
}

#[test]
fn a_closed_store_answers_every_call() {
    for fate in [Fate::Live, Fate::Stale, Fate::Foreign] {
        let draw = Draw::all(fate, MemoryMode::Checked, false);
        let mut scene = Scene::new(MemoryMode::Checked, false);
        scene.store.close(3).unwrap();
        for using in USES {
            let Some(result) = done(&mut scene, using, Place::AtRest, &draw) else { continue };
            let begins = using.name.starts_with("Store::spawn") || using.name == "Store::register";
            let expected = if begins { "already closed" } else { "runtime closed with exit_code(3)" };
            assert_eq!(result.unwrap_err().to_string(), expected, "{}", using.name);
        }
        assert_eq!(scene.store.stats(), Stats::default());
    }
}

/// Types whose `self` is a handle, and words in parameters that are or hold one.
const HANDLES: &[&str] = &["Instance", "Memory", "Table", "Global", "Func", "ExternRef", "Extern"];
const CARRIERS: &[&str] = &["$name", "TypedFunc", "Template"];
const VALUES: &[&str] = &["Val", "IntoHostFunc", "Into<Extern>", "Option<Extern>"];

/// The public functions of a source file that take a handle, as `Type::name`.
fn takers(source: &str) -> BTreeSet<String> {
    let mut found = BTreeSet::new();
    let mut ty = String::new();
    let mut lines = source.lines().map(str::trim_start).take_while(|line| *line != "#[cfg(test)]");
    while let Some(line) = lines.next() {
        if line.starts_with("impl") {
            ty = implemented(line);
        }
        let head = line.trim_start_matches("pub const ").trim_start_matches("pub ");
        if head.len() == line.len() || !head.starts_with("fn ") {
            continue;
        }
        let mut signature = head.to_owned();
        while !signature.ends_with(['{', ';']) {
            signature.push_str(lines.next().expect("a signature ends"));
        }
        let name = signature["fn ".len()..].split(['<', '(']).next().unwrap_or_default();
        let params = signature.rsplit_once("->").map_or(&*signature, |(params, _)| params);
        let words: Vec<&str> = params.split(|c: char| !c.is_alphanumeric() && c != '_').collect();
        let own = params.contains("self") && HANDLES.iter().chain(CARRIERS).any(|handle| *handle == ty);
        let takes = HANDLES
            .iter()
            .chain(CARRIERS)
            .chain(VALUES)
            .any(|handle| words.contains(handle) || handle.contains('<') && params.contains(handle));
        if own || takes {
            found.insert(format!("{ty}::{name}"));
        }
    }
    found
}

/// The type that an `impl` is of, without parameters.
fn implemented(line: &str) -> String {
    let mut depth = 0;
    let plain: String = line["impl".len()..]
        .chars()
        .filter(|c| {
            depth += i32::from(*c == '<');
            let outside = depth == 0;
            depth -= i32::from(*c == '>');
            outside
        })
        .collect();
    plain.trim_end_matches('{').trim().rsplit(' ').next().unwrap_or_default().to_owned()
}

#[test]
fn every_public_function_that_takes_a_handle_is_tried() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("src/store");
    let mut missing = BTreeSet::new();
    let mut count = 0;
    for entry in std::fs::read_dir(folder).unwrap() {
        let source = std::fs::read_to_string(entry.unwrap().path()).unwrap();
        for taker in takers(&source) {
            count += 1;
            let known = USES.iter().map(|using| using.name).chain(LOOKS.iter().map(|(name, _)| *name));
            if !known.into_iter().any(|name| name == taker) {
                missing.insert(taker);
            }
        }
    }
    assert!(missing.is_empty(), "add rows to tests/props/uses.rs for {missing:#?}");
    assert!(count > 50, "only {count} functions are found: does the scan still understand the source?");
}
