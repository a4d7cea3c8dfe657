//! Searching the catalogue: words first, then words with typos, then the nearest names.

use std::cmp::Reverse;

use model::{Category, Integration, Runs, RunsFilter};

use super::{all, find};

/// What a person looks for.
#[derive(Debug, Clone, Copy, Default)]
pub struct Query<'a> {
    pub text: &'a str,
    pub category: Option<Category>,
    pub runs: Option<RunsFilter>,
}

/// What was found; when nothing was, what comes near and what works for any tool.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Found<'a> {
    pub hits: Vec<&'a Integration>,
    /// The three nearest names of the whole catalogue; empty when there are hits.
    pub nearest: Vec<&'a Integration>,
    /// Sources that take the data of any tool; empty when there are hits.
    pub generic: Vec<&'a Integration>,
}

/// How exactly a word must be met.
#[derive(Clone, Copy)]
enum Tolerance {
    Exact,
    Typos,
}

/// Sources for a tool that has no connector, in the order they are offered.
const GENERIC: [&str; 3] = ["files", "postgresql", "rest-api"];
const NEAREST: usize = 3;
/// "Square" means Square before Square Online.
const WHOLE_NAME: u32 = 10;

/// Entries that meet every word and every filter, the best first; without words, all in catalogue order.
/// `more` are entries beside the bundled ones; `runs_here` says where an entry runs on this installation.
pub fn search<'a>(
    query: &Query,
    more: &'a [Integration],
    runs_here: impl Fn(&Integration) -> Runs,
) -> Found<'a> {
    let tokens = words(query.text);
    let shelf: Vec<&Integration> = all().iter().chain(more).collect();
    let exact = hits(&shelf, query, &tokens, Tolerance::Exact, &runs_here);
    let hits = if exact.is_empty() {
        hits(&shelf, query, &tokens, Tolerance::Typos, &runs_here)
    } else {
        exact
    };
    if !hits.is_empty() {
        return Found {
            hits,
            nearest: Vec::new(),
            generic: Vec::new(),
        };
    }
    let generic = GENERIC
        .iter()
        .filter_map(|slug| find(slug))
        .filter(|entry| !matches!(runs_here(entry), Runs::Nowhere { .. }));
    Found {
        hits,
        nearest: nearest(&shelf, query.text),
        generic: generic.collect(),
    }
}

fn hits<'a>(
    shelf: &[&'a Integration],
    query: &Query,
    tokens: &[String],
    tolerance: Tolerance,
    runs_here: impl Fn(&Integration) -> Runs,
) -> Vec<&'a Integration> {
    let shelf = shelf.iter().copied().filter(|entry| {
        query
            .category
            .is_none_or(|category| category == entry.category)
            && query
                .runs
                .is_none_or(|runs| runs.accepts(&runs_here(entry)))
    });
    let mut scored: Vec<(u32, &Integration)> = shelf
        .filter_map(|entry| Some((entry_score(entry, tokens, tolerance)?, entry)))
        .collect();
    scored.sort_by_key(|(score, _)| Reverse(*score));
    scored.into_iter().map(|(_, entry)| entry).collect()
}

/// The sum over the words, and more for the whole name; `None` when a word is not met.
fn entry_score(entry: &Integration, tokens: &[String], tolerance: Tolerance) -> Option<u32> {
    let fields = fields(entry);
    let best = |token: &String| {
        let scores = fields
            .iter()
            .map(|(weight, word)| weight * word_score(token, word, tolerance));
        scores.max().filter(|score| *score > 0)
    };
    let met: u32 = tokens.iter().map(best).sum::<Option<u32>>()?;
    let whole_name = if words(&entry.name) == tokens {
        WHOLE_NAME
    } else {
        0
    };
    Some(met + whole_name)
}

/// The words an entry is found by, each with its weight.
fn fields(entry: &Integration) -> Vec<(u32, String)> {
    let name = words(&entry.name);
    let joined = [name.concat(), entry.slug.clone()];
    let keywords = entry
        .keywords
        .iter()
        .flat_map(|keyword| words(keyword).into_iter().chain([keyword.clone()]));
    let names = name.into_iter().chain(joined).map(|word| (4, word));
    names
        .chain(keywords.map(|word| (2, word)))
        .chain(
            words(entry.category.label())
                .into_iter()
                .map(|word| (1, word)),
        )
        .collect()
}

fn word_score(token: &str, word: &str, tolerance: Tolerance) -> u32 {
    if word == token {
        6
    } else if word.starts_with(token) {
        5
    } else if token.len() >= 3 && word.contains(token) {
        2
    } else {
        u32::from(matches!(tolerance, Tolerance::Typos) && is_typo(token, word))
    }
}

/// One slip in a short word, two in a long one; against the beginning of the word too, for people still typing.
fn is_typo(token: &str, word: &str) -> bool {
    let length = token.chars().count();
    let slips = match length {
        0..4 => return false,
        4..7 => 1,
        _ => 2,
    };
    let beginning: String = word.chars().take(length).collect();
    strsim::osa_distance(token, word) <= slips || strsim::osa_distance(token, &beginning) <= slips
}

fn nearest<'a>(shelf: &[&'a Integration], text: &str) -> Vec<&'a Integration> {
    let wanted = words(text).concat();
    let likeness = |entry: &Integration| {
        let names = fields(entry)
            .into_iter()
            .map(|(_, word)| strsim::jaro_winkler(&wanted, &word));
        names.fold(0.0, f64::max)
    };
    let mut scored: Vec<(f64, &Integration)> = shelf
        .iter()
        .map(|entry| (likeness(entry), *entry))
        .collect();
    scored.sort_by(|(one, _), (other, _)| other.total_cmp(one));
    scored
        .into_iter()
        .take(NEAREST)
        .map(|(_, entry)| entry)
        .collect()
}

/// Lower-case runs of letters and digits.
fn words(text: &str) -> Vec<String> {
    let runs = text
        .split(|letter: char| !letter.is_alphanumeric())
        .filter(|word| !word.is_empty());
    runs.map(str::to_lowercase).collect()
}
