//! Python's regular expressions on ours.

use std::sync::{Arc, Mutex, PoisonError};

use fancy_regex::{Regex, RegexBuilder};

use super::error::TemplateError;

/// Steps back a pattern may take before it counts as one that never ends.
const BACKTRACKS: usize = 200_000;

/// Patterns a template remembers: those it is written with, and a few it makes.
const REMEMBERED: usize = 16;

/// The patterns of one template, compiled once.
#[derive(Debug, Default)]
pub struct Patterns(Mutex<Vec<(String, Arc<Regex>)>>);

impl Patterns {
    pub fn get(&self, pattern: &str) -> Result<Arc<Regex>, TemplateError> {
        let mut known = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some((_, regex)) = known.iter().find(|(known, _)| known == pattern) {
            return Ok(Arc::clone(regex));
        }
        let regex = Arc::new(compile(pattern)?);
        if known.len() == REMEMBERED {
            known.remove(0);
        }
        known.push((pattern.to_owned(), Arc::clone(&regex)));
        Ok(regex)
    }
}

/// One pattern, as Python would read it.
pub fn compile(pattern: &str) -> Result<Regex, TemplateError> {
    RegexBuilder::new(&translated(pattern))
        .backtrack_limit(BACKTRACKS)
        .build()
        .map_err(|error| TemplateError::value(format!("bad pattern {pattern:?}: {error}")))
}

/// `\Z` is Python's end of text; the other `\z` here.
pub fn translated(pattern: &str) -> String {
    let mut out = String::with_capacity(pattern.len());
    let mut chars = pattern.chars();
    while let Some(c) = chars.next() {
        out.push(c);
        if c == '\\'
            && let Some(next) = chars.next()
        {
            out.push(if next == 'Z' { 'z' } else { next });
        }
    }
    out
}

/// A failure while matching: too much backtracking.
pub fn failed(error: &fancy_regex::Error) -> TemplateError {
    TemplateError::value(format!("the pattern cannot be matched: {error}"))
}

/// Python's `\1` and `\g<name>` in a replacement.
pub fn expand(
    replacement: &str,
    found: &fancy_regex::Captures<'_>,
) -> Result<String, TemplateError> {
    let mut out = String::new();
    let mut rest = replacement;
    while let Some(at) = rest.find('\\') {
        out.push_str(&rest[..at]);
        rest = &rest[at + 1..];
        rest = reference(rest, found, &mut out)?;
    }
    out.push_str(rest);
    Ok(out)
}

fn reference<'r>(
    rest: &'r str,
    found: &fancy_regex::Captures<'_>,
    out: &mut String,
) -> Result<&'r str, TemplateError> {
    let bad = || TemplateError::value(format!("bad escape or group reference \\{rest}"));
    if let Some(named) = rest.strip_prefix("g<") {
        let (name, after) = named.split_once('>').ok_or_else(bad)?;
        let group = match name.parse() {
            Ok(index) => found.get(index),
            Err(_) => found.name(name),
        };
        out.push_str(group.map_or("", |group| group.as_str()));
        return Ok(after);
    }
    let digits = rest.bytes().take(2).take_while(u8::is_ascii_digit).count();
    if digits > 0 && !rest.starts_with('0') {
        let index: usize = rest[..digits].parse().map_err(|_| bad())?;
        if index >= found.len() {
            return Err(bad());
        }
        out.push_str(found.get(index).map_or("", |group| group.as_str()));
        return Ok(&rest[digits..]);
    }
    let c = rest.chars().next().ok_or_else(bad)?;
    match c {
        'n' => out.push('\n'),
        't' => out.push('\t'),
        'r' => out.push('\r'),
        '\\' => out.push('\\'),
        c if c.is_ascii_alphanumeric() => return Err(bad()),
        c => out.extend(['\\', c]),
    }
    Ok(&rest[c.len_utf8()..])
}
