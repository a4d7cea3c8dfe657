//! Lines of a width, as Python's `textwrap` breaks them.

use super::super::error::TemplateError;
use super::super::eval::{Arguments, Frame, Result, int_of, text_of};
use super::super::pattern::failed;
use super::super::value::Val;
use super::Run;

/// Runs of space.
const SPACES: &str = r"[\t\n\x0b\x0c\r ]+";
/// Runs of space, dashes between words, and words: one with hyphens ends behind each of them that stands between letters.
const WORDS: &str = concat!(
    r"[\t\n\x0b\x0c\r ]+",
    r#"|(?<=[\w!"'&.,?])-{2,}(?=\w)"#,
    r"|[^\t\n\x0b\x0c\r ]+?(?:",
    r"-(?:(?<=[^\d\W]{2}-)|(?<=[^\d\W]-[^\d\W]-))(?=[^\d\W]-?[^\d\W])",
    r"|(?=[\t\n\x0b\x0c\r ]|\Z)",
    r#"|(?<=[\w!"'&.,?])(?=-{2,}\w))"#,
);

pub fn find(name: &str) -> Option<Run> {
    let run: Run = wordwrap;
    (name == "wordwrap").then_some(run)
}

/// How lines are broken.
struct Breaks {
    width: usize,
    /// Words longer than a line are cut.
    long_words: bool,
    hyphens: bool,
}

fn wordwrap<'a>(frame: &mut Frame<'a>, value: &Val<'a>, args: Arguments<'a>) -> Result<Val<'a>> {
    let [width, long_words, between, hyphens] = args.bind(
        [
            "width",
            "break_long_words",
            "wrapstring",
            "break_on_hyphens",
        ],
        0,
    )?;
    if let Some(missing) = value.missing() {
        return Err(missing);
    }
    let Val::Text(text) = value else {
        return Err(TemplateError::value(format!(
            "'{}' object has no attribute 'splitlines'",
            value.kind()
        )));
    };
    let width = width.map_or(Ok(79), |width| int_of(&width))?;
    let breaks = Breaks {
        width: usize::try_from(width).unwrap_or(0),
        long_words: long_words.is_none_or(|flag| flag.truth()),
        hyphens: hyphens.is_none_or(|flag| flag.truth()),
    };
    let between = match &between {
        None | Some(Val::None) => "\n",
        Some(between) => text_of(between)?,
    };
    let mut out = String::new();
    for (at, line) in text.lines().enumerate() {
        if at > 0 {
            frame.write(between.len())?;
            out.push_str(between);
        }
        wrap(frame, line, &breaks, between, &mut out)?;
    }
    frame.text(out)
}

fn wrap(
    frame: &mut Frame<'_>,
    line: &str,
    breaks: &Breaks,
    between: &str,
    out: &mut String,
) -> Result<()> {
    if breaks.width == 0 {
        return Err(TemplateError::value("invalid width (must be > 0)"));
    }
    let pattern = if breaks.hyphens { WORDS } else { SPACES };
    let mut words = pieces(frame, line, pattern)?;
    words.reverse();
    let mut first = true;
    while let Some(next) = words.last() {
        frame.spend(1)?;
        if !first && next.trim().is_empty() {
            words.pop();
        }
        let parts = one_line(&mut words, breaks);
        if parts.is_empty() {
            continue;
        }
        if !first {
            frame.write(between.len())?;
            out.push_str(between);
        }
        first = false;
        out.extend(parts);
    }
    Ok(())
}

/// Takes what fits into one line from the end of the words, the next of which is the last.
fn one_line<'t>(words: &mut Vec<&'t str>, breaks: &Breaks) -> Vec<&'t str> {
    let mut parts = Vec::new();
    let mut room = breaks.width;
    while let Some(word) = words.pop_if(|word| !is_longer(word, room)) {
        room -= word.chars().count();
        parts.push(word);
    }
    if let Some(word) = words.pop_if(|word| is_longer(word, breaks.width)) {
        if breaks.long_words {
            let (start, rest) = word.split_at(cut(word, room, breaks.hyphens));
            parts.push(start);
            words.push(rest);
        } else if parts.is_empty() {
            parts.push(word);
        } else {
            words.push(word);
        }
    }
    if parts.last().is_some_and(|part| part.trim().is_empty()) {
        parts.pop();
    }
    parts
}

fn is_longer(word: &str, room: usize) -> bool {
    word.chars().nth(room).is_some()
}

/// Where to cut a word of which so much fits: behind its last hyphen there, if it has more than hyphens before.
fn cut(word: &str, room: usize, hyphens: bool) -> usize {
    let end = word
        .char_indices()
        .nth(room)
        .map_or(word.len(), |(at, _)| at);
    let hyphen = word[..end].rfind('-').filter(|_| hyphens);
    match hyphen {
        Some(at) if word[..at].chars().any(|c| c != '-') => at + 1,
        _ => end,
    }
}

/// What the pattern finds and what stands between.
pub fn pieces<'t>(frame: &mut Frame<'_>, text: &'t str, pattern: &str) -> Result<Vec<&'t str>> {
    let regex = frame.regex(pattern)?;
    let mut pieces = Vec::new();
    let mut last = 0;
    for found in regex.find_iter(text) {
        let found = found.map_err(|error| failed(&error))?;
        frame.spend(1)?;
        pieces.extend([
            &text[last..found.start()],
            &text[found.start()..found.end()],
        ]);
        last = found.end();
    }
    pieces.push(&text[last..]);
    pieces.retain(|piece| !piece.is_empty());
    Ok(pieces)
}
