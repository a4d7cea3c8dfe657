//! One template of a description, evaluated as those of manifests are.

use serde_json::Value;
use sync::declarative::template::{Binding, Scope, Template, Types};

use super::{cannot, values::Values};
use crate::Error;

/// Reads a template. `place` is what the description calls it.
pub fn read(place: &str, text: &str) -> Result<Template, Error> {
    Template::compile(&flattened(text))
        .map_err(|error| cannot(format!("cannot be followed: in its {place}, {error}")))
}

/// The text that it makes. What went wrong is not quoted: it may hold a secret.
pub fn render(place: &str, text: &str, values: &Values) -> Result<String, Error> {
    let template = read(place, text)?;
    let mut scope = Scope::new();
    for (name, value) in values.all() {
        scope.set(name, Binding::Json(value));
    }
    match template.render_typed(&scope, Types::TEXT) {
        // What it cannot make sense of, it hands out as it was written.
        Ok(Value::String(made)) if template.is_plain() || made != template.source() => {
            Ok(made.trim().to_owned())
        }
        _ => Err(cannot(format!(
            "cannot be followed: its {place} has no value"
        ))),
    }
}

/// The older notation, in which variables stand in braces within braces: `{{ {{a}}:{{b}} | filter }}` is
/// `{{ (a ~ ":" ~ b) | filter }}`.
fn flattened(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    let mut rest = text;
    while let Some(start) = rest.find("{{") {
        let Some(length) = closed(&rest[start..]) else {
            break;
        };
        let inner = &rest[start + 2..start + length - 2];
        out.push_str(&rest[..start]);
        out.extend(["{{ ", &joined(inner), " }}"]);
        rest = &rest[start + length..];
    }
    out.push_str(rest);
    out
}

/// Where the braces that the text begins with are closed, those within counted.
fn closed(text: &str) -> Option<usize> {
    let mut depth = 0_usize;
    let mut at = 0;
    while at < text.len() {
        match text.get(at..at + 2) {
            Some("{{") => depth += 1,
            Some("}}") => depth -= 1,
            _ => {
                at += 1;
                continue;
            }
        }
        at += 2;
        if depth == 0 {
            return Some(at);
        }
    }
    None
}

fn joined(inner: &str) -> String {
    let Some(last) = inner.rfind("}}") else {
        return inner.trim().to_owned();
    };
    let (tail, filters) = match inner[last..].find('|') {
        Some(bar) => inner.split_at(last + bar),
        None => (inner, ""),
    };
    let mut parts = Vec::new();
    for piece in tail.trim().split("}}") {
        let (words, name) = piece.split_once("{{").unwrap_or((piece, ""));
        if !words.is_empty() {
            parts.push(Value::from(words).to_string());
        }
        if !name.trim().is_empty() {
            parts.push(format!("({})", name.trim()));
        }
    }
    let whole = format!("({}) {}", parts.join(" ~ "), filters.trim());
    whole.trim_end().to_owned()
}

#[cfg(test)]
mod tests_of_the_notation {
    use super::*;

    #[test]
    fn braces_within_braces_become_one_expression() {
        for (written, read) in [
            ("{{ a }}", "{{ a }}"),
            ("x{{a}}y{{ b | f }}", "x{{ a }}y{{ b | f }}"),
            ("{{ {{a}} }}", "{{ ((a)) }}"),
            (
                "Basic {{ {{a}}:{{ b }} | f }}.",
                r#"Basic {{ ((a) ~ ":" ~ (b)) | f }}."#,
            ),
            ("{{ {{a}} | f | g('|') }}", "{{ ((a)) | f | g('|') }}"),
            ("no end {{ a", "no end {{ a"),
            ("{{ ä }}}}", "{{ ä }}}}"),
        ] {
            assert_eq!(flattened(written), read);
        }
    }
}
