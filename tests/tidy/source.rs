//! Files of the project as rules see them.
//!
//! Owns: loading, telling code from comments and strings ([`blank`]), and the paths that code names ([`File::names`]).
//! Does not know: rules.

use std::path::Path;
use std::{fs, io};

/// One text file of the project.
pub(crate) struct File {
    /// From the project's root, with slashes.
    pub(crate) path: String,
    pub(crate) text: String,
    /// The text of a Rust file with comments and the insides of strings blanked; else empty.
    pub(crate) code: String,
}

/// Folders that are read, and files beside them.
const ROOTS: &[&str] = &["src", "crates", "tests", "benches", "examples", "fuzz", ".ci", ".cargo"];
/// Kinds of files that are read; those without a dot too.
const KINDS: &[&str] = &["rs", "md", "toml", "wat", "wast", "asm", "txt"];

/// Every text file of the project, in the order of paths.
pub(crate) fn load(root: &Path) -> io::Result<Vec<File>> {
    let mut files = Vec::new();
    for name in ROOTS {
        walk(root, name, &mut files)?;
    }
    for entry in fs::read_dir(root)? {
        let name = entry?.file_name().to_string_lossy().into_owned();
        if name.ends_with(".md") || name.ends_with(".toml") {
            read(root, name, &mut files);
        }
    }
    files.sort_by(|a, b| a.path.cmp(&b.path));
    Ok(files)
}

fn walk(root: &Path, folder: &str, files: &mut Vec<File>) -> io::Result<()> {
    let Ok(entries) = fs::read_dir(root.join(folder)) else { return Ok(()) };
    for entry in entries {
        let entry = entry?;
        let path = format!("{folder}/{}", entry.file_name().to_string_lossy());
        let name = path.rsplit('/').next().unwrap_or_default();
        if entry.file_type()?.is_dir() {
            if name != "target" {
                walk(root, &path, files)?;
            }
        } else if name.rsplit_once('.').is_none_or(|(_, kind)| KINDS.contains(&kind)) {
            read(root, path, files);
        }
    }
    Ok(())
}

fn read(root: &Path, path: String, files: &mut Vec<File>) {
    let text = fs::read_to_string(root.join(&path)).unwrap_or_else(|error| panic!("{path}: {error}"));
    files.push(File::new(path, text));
}

impl File {
    pub(crate) fn new(path: impl Into<String>, text: impl Into<String>) -> Self {
        let (path, text) = (path.into(), text.into());
        let code = if path.ends_with(".rs") { blank(&text) } else { String::new() };
        Self { path, text, code }
    }

    pub(crate) fn is_rust(&self) -> bool {
        self.path.ends_with(".rs")
    }

    /// Whether it is part of the runtime, tests inside it included.
    pub(crate) fn is_source(&self) -> bool {
        self.is_rust() && self.path.starts_with("src/")
    }

    /// Whether the whole file is a test of the runtime's insides.
    pub(crate) fn is_test(&self) -> bool {
        self.path.ends_with("_test.rs") || self.path.ends_with("/test_world.rs")
    }

    /// Whether it is one of these files, or in one of these folders (which end with a slash).
    pub(crate) fn is_in(&self, places: &[&str]) -> bool {
        places.iter().any(|place| self.path == *place || place.ends_with('/') && self.path.starts_with(place))
    }

    /// The path of the module that the file is, from the crate's root.
    pub(crate) fn module(&self) -> Vec<&str> {
        let path = self.path.trim_start_matches("src/").trim_end_matches(".rs");
        path.split('/').filter(|part| !matches!(*part, "mod" | "lib")).collect()
    }

    /// A place in it, for messages.
    pub(crate) fn at(&self, line: usize) -> String {
        format!("{}:{line}", self.path)
    }

    /// Lines of code.
    pub(crate) fn code_lines(&self) -> impl Iterator<Item = CodeLine<'_>> {
        let mut open: Vec<(&str, &str)> = Vec::new();
        let mut start = 0;
        self.code.split_inclusive('\n').enumerate().map(move |(at, line)| {
            let (begin, line) = (start, line.trim_end());
            start += self.code[begin..].find('\n').map_or(0, |len| len + 1);
            let indent = &line[..line.len() - line.trim_start().len()];
            if open.last().is_some_and(|(_, outer)| *outer == indent && line.trim_start() == "}") {
                open.pop();
            }
            let inside = open.iter().map(|(name, _)| *name).collect();
            if let Some((name, "{")) = declared_module(line).and_then(|rest| rest.split_once(' ')) {
                open.push((name, indent));
            }
            CodeLine { number: at + 1, start: begin, line, inside }
        })
    }

    /// What it names by `crate::` and `super::`, with the lines, as paths from the crate's root.
    pub(crate) fn names(&self) -> Vec<(CodeLine<'_>, Vec<String>)> {
        let mut names = Vec::new();
        for line in self.code_lines() {
            for (at, word) in words(line.line) {
                let rest = self.code[line.start + at + word.len()..].strip_prefix("::");
                let Some(rest) = rest.filter(|_| !line.line[..at].ends_with("::")) else { continue };
                let mut base: Vec<String> = Vec::new();
                match word {
                    "crate" => {}
                    "super" => {
                        base.extend(self.module().iter().chain(&line.inside).map(|&part| part.to_owned()));
                        base.pop();
                    }
                    _ => continue,
                }
                let mut found = Vec::new();
                expand(base, rest, &mut found);
                names.extend(found.into_iter().map(|path| (line.clone(), path)));
            }
        }
        names
    }
}

/// A line of code.
#[derive(Clone)]
pub(crate) struct CodeLine<'a> {
    /// Counted from 1.
    pub(crate) number: usize,
    /// Where it starts in the file.
    start: usize,
    pub(crate) line: &'a str,
    /// The inline modules it lies in.
    pub(crate) inside: Vec<&'a str>,
}

/// What follows `mod ` in a line that declares or opens a module.
pub(crate) fn declared_module(line: &str) -> Option<&str> {
    let line = line.trim();
    let line = ["pub ", "pub(crate) ", "pub(super) "]
        .iter()
        .find_map(|public| line.strip_prefix(public))
        .unwrap_or(line);
    line.strip_prefix("mod ")
}

/// Adds the paths that a path with groups stands for.
fn expand(base: Vec<String>, rest: &str, found: &mut Vec<Vec<String>>) {
    let rest = rest.trim_start();
    if let Some(group) = rest.strip_prefix('{') {
        return items(group).for_each(|item| expand(base.clone(), item, found));
    }
    let Some((0, word)) = words(rest).next() else {
        if rest.starts_with('*') {
            found.push(base);
        }
        return;
    };
    let mut path = base;
    match word {
        "self" => {}
        "super" => drop(path.pop()),
        _ => path.push(word.to_owned()),
    }
    match rest[word.len()..].strip_prefix("::").filter(|more| !more.starts_with('<')) {
        Some(more) => expand(path, more, found),
        None => found.push(path),
    }
}

/// The items of a group whose opening brace is left out.
fn items(group: &str) -> impl Iterator<Item = &str> {
    let (mut depth, mut start, mut cuts) = (0, 0, Vec::new());
    for (at, c) in group.char_indices() {
        match c {
            '{' => depth += 1,
            '}' if depth > 0 => depth -= 1,
            ',' | '}' if depth == 0 => {
                cuts.push(&group[start..at]);
                start = at + 1;
                if c == '}' {
                    break;
                }
            }
            _ => {}
        }
    }
    cuts.into_iter()
}

/// The identifiers and numbers of a line with their positions.
pub(crate) fn words(line: &str) -> impl Iterator<Item = (usize, &str)> {
    let is_word = |c: char| c == '_' || c.is_alphanumeric();
    let mut at = 0;
    std::iter::from_fn(move || {
        let start = at + line[at..].find(is_word)?;
        let len = line[start..].find(|c| !is_word(c)).unwrap_or(line.len() - start);
        at = start + len;
        Some((start, &line[start..at]))
    })
}

/// Blanks comments and the insides of strings and characters, keeping the length and every line where it is.
pub(crate) fn blank(text: &str) -> String {
    let mut code = String::with_capacity(text.len());
    let mut rest = text;
    while !rest.is_empty() {
        let token = token(rest);
        let inner = token.open + token.inner;
        code.push_str(&rest[..token.open]);
        code.extend(rest[token.open..inner].bytes().map(|c| if c == b'\n' { '\n' } else { ' ' }));
        code.push_str(&rest[inner..inner + token.close]);
        rest = &rest[inner + token.close..];
    }
    code
}

/// Bytes of a token: what is kept at its start and end, and what is blanked between. Together at least one.
struct Token {
    open: usize,
    inner: usize,
    close: usize,
}

fn token(rest: &str) -> Token {
    let kept = |open| Token { open, inner: 0, close: 0 };
    let string = |open: usize, close: &str, inner: usize| Token {
        open,
        inner,
        close: close.len().min(rest.len() - open - inner),
    };
    if rest.starts_with("//") {
        return Token { open: 0, inner: rest.find('\n').unwrap_or(rest.len()), close: 0 };
    }
    if rest.starts_with("/*") {
        return Token { open: 0, inner: block_comment(rest), close: 0 };
    }
    if let Some(inner) = rest.strip_prefix('"') {
        return string(1, "\"", quoted(inner, '"'));
    }
    if let Some(inner) = rest.strip_prefix('\'') {
        let is_char = inner.starts_with('\\') || inner.chars().nth(1) == Some('\'');
        return if is_char { string(1, "'", quoted(inner, '\'')) } else { kept(1) };
    }
    let Some((0, word)) = words(rest).next() else {
        return kept(rest.chars().next().map_or(0, char::len_utf8));
    };
    let after = &rest[word.len()..];
    let hashes = after.len() - after.trim_start_matches('#').len();
    if matches!(word, "r" | "br") && after[hashes..].starts_with('"') {
        let (open, close) = (word.len() + hashes + 1, format!("\"{}", "#".repeat(hashes)));
        return string(open, &close, rest[open..].find(&close).unwrap_or(rest.len() - open));
    }
    kept(word.len())
}

/// Bytes of a comment that may hold others.
fn block_comment(rest: &str) -> usize {
    let mut depth = 0usize;
    for (at, _) in rest.char_indices() {
        if rest[at..].starts_with("/*") {
            depth += 1;
        } else if at > 1 && rest[..at].ends_with("*/") {
            depth -= 1;
            if depth == 0 {
                return at;
            }
        }
    }
    rest.len()
}

/// Bytes before the closing quote.
fn quoted(inner: &str, quote: char) -> usize {
    let mut escaped = false;
    for (at, c) in inner.char_indices() {
        match c {
            _ if escaped => escaped = false,
            '\\' => escaped = true,
            _ if c == quote => return at,
            _ => {}
        }
    }
    inner.len()
}

#[test]
fn code_is_told_from_comments_and_strings() {
    let check = |text: &str, code: &str| assert_eq!(blank(text), code, "{text}");
    check("a // b\nc", "a     \nc");
    check("a /* b /* c */ \n */ d", "a              \n    d");
    check(r#"f("a\"b", 'c', '\'', b"d")"#, r#"f("    ", ' ', '  ', b" ")"#);
    check("r#\"a\"b\"# x /**/", "r#\"   \"# x     ");
    check("impl<'a> T<'a> { 'x: loop {} }", "impl<'a> T<'a> { 'x: loop {} }");
}

#[test]
fn names_are_paths_from_the_root() {
    let text = "use super::masm::{Masm, self};\nuse crate::{arena::index, spec};\nmod tests {\n    use super::super::abi;\n}\nuse super::x::*;\n";
    let file = File::new("src/jit/compile/mod.rs", text);
    let names: Vec<String> =
        file.names().into_iter().map(|(line, path)| format!("{} {}", line.number, path.join("."))).collect();
    let expected = ["1 jit.masm.Masm", "1 jit.masm", "2 arena.index", "2 spec", "4 jit.abi", "6 jit.x"];
    assert_eq!(names, expected);
}
