//! The `.env` file format that every reader understands alike: `source` of bash and dash, `docker compose --env-file`,
//! node's `--env-file` and the dotenv libraries.
//!
//! They agree on three things only: bare words, single quotes around anything without a single quote, and double
//! quotes around text without `"`, `$`, `\` and backticks. Everything else is refused rather than written.

use std::fmt::Write as _;

/// A value that no spelling carries to every reader unchanged.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("the value of {name} holds characters that .env files cannot carry")]
pub struct Unwritable {
    pub name: String,
}

/// Builds the text of a file, line by line.
#[derive(Debug, Default)]
pub struct EnvFile(String);

impl EnvFile {
    pub fn new() -> Self {
        Self::default()
    }

    /// A remark. Whatever it holds, it stays on its line.
    pub fn comment(&mut self, text: &str) {
        let line: String = text
            .chars()
            .map(|letter| if is_break(letter) { ' ' } else { letter })
            .collect();
        self.line(format_args!("# {}", line.trim()));
    }

    pub fn blank(&mut self) {
        self.0.push('\n');
    }

    pub fn set(&mut self, name: &str, value: &str) -> Result<(), Unwritable> {
        let unwritable = || Unwritable {
            name: name.to_owned(),
        };
        if !is_name(name) {
            return Err(unwritable());
        }
        let value = spell(value).ok_or_else(unwritable)?;
        self.line(format_args!("{name}={value}"));
        Ok(())
    }

    pub fn into_text(self) -> String {
        self.0
    }

    fn line(&mut self, line: std::fmt::Arguments<'_>) {
        writeln!(self.0, "{line}").expect("writing to a string cannot fail");
    }
}

/// `[A-Z_][A-Z0-9_]*`: what every shell takes.
pub fn is_name(name: &str) -> bool {
    let mut letters = name.bytes();
    letters
        .next()
        .is_some_and(|first| first.is_ascii_uppercase() || first == b'_')
        && letters
            .all(|letter| letter.is_ascii_uppercase() || letter.is_ascii_digit() || letter == b'_')
}

fn spell(value: &str) -> Option<String> {
    if value.chars().any(is_break) {
        return None;
    }
    if !value.is_empty() && value.bytes().all(is_bare) {
        return Some(value.to_owned());
    }
    // compose takes a backslash before the closing quote for an escape.
    if !value.contains('\'') && !value.contains('\\') {
        return Some(format!("'{value}'"));
    }
    let special = |letter| matches!(letter, '"' | '$' | '\\' | '`' | '!');
    (!value.contains(special)).then(|| format!("\"{value}\""))
}

/// Letters that no reader treats specially, wherever they stand.
fn is_bare(letter: u8) -> bool {
    letter.is_ascii_alphanumeric()
        || matches!(
            letter,
            b'_' | b'-' | b'.' | b'/' | b':' | b'@' | b'%' | b'+' | b','
        )
}

fn is_break(letter: char) -> bool {
    letter.is_control() || matches!(letter, '\u{2028}' | '\u{2029}')
}

#[cfg(test)]
mod tests;
