//! Connector texts come as HTML or Markdown; forms show plain text.

/// Longest hint; the rest is cut at the end of a sentence.
const HINT: usize = 420;

/// Tags and links removed, entities decoded, white space folded.
pub fn text(source: &str) -> String {
    let untagged = strip_tags(source);
    let decoded = decode(&strip_links(&untagged));
    decoded.split_whitespace().collect::<Vec<_>>().join(" ")
}

/// [`text`], cut after a whole sentence when it is very long; `None` when nothing is left.
pub fn hint(source: &str) -> Option<String> {
    let text = text(source);
    if text.is_empty() {
        return None;
    }
    if text.chars().count() <= HINT {
        return Some(text);
    }
    let cut: String = text.chars().take(HINT).collect();
    let end = cut.rfind(". ").map_or(cut.len(), |at| at + 1);
    Some(cut[..end].to_owned())
}

/// "start_date" → "Start date", "apiKey" → "Api key".
pub fn label(key: &str) -> String {
    let mut words = String::with_capacity(key.len() + 4);
    let mut after_lower = false;
    for letter in key.chars() {
        if matches!(letter, '_' | '-' | '.' | ' ') {
            words.push(' ');
            after_lower = false;
        } else {
            if letter.is_uppercase() && after_lower {
                words.push(' ');
            }
            words.extend(letter.to_lowercase());
            after_lower = letter.is_lowercase() || letter.is_numeric();
        }
    }
    let words = words.split_whitespace().collect::<Vec<_>>().join(" ");
    let mut letters = words.chars();
    letters.next().map_or_else(
        || key.to_owned(),
        |first| first.to_uppercase().chain(letters).collect(),
    )
}

/// A "<" only opens a tag when a letter or "/" follows, so that "a < b" and "<host>" in prose survive as well as they can.
fn strip_tags(source: &str) -> String {
    const TAGS: [&str; 19] = [
        "a", "b", "i", "p", "br", "em", "li", "ul", "ol", "code", "pre", "strong", "span", "div",
        "small", "u", "h1", "h2", "h3",
    ];
    let mut plain = String::with_capacity(source.len());
    let mut rest = source;
    while let Some(open) = rest.find('<') {
        let (before, tag) = rest.split_at(open);
        plain.push_str(before);
        let name: String = tag[1..]
            .trim_start_matches('/')
            .chars()
            .take_while(char::is_ascii_alphanumeric)
            .collect();
        match tag.find('>') {
            Some(close) if TAGS.contains(&name.to_ascii_lowercase().as_str()) => {
                if matches!(name.as_str(), "br" | "p" | "li" | "div") {
                    plain.push(' ');
                }
                rest = &tag[close + 1..];
            }
            _ => {
                plain.push('<');
                rest = &tag[1..];
            }
        }
    }
    plain.push_str(rest);
    plain
}

/// `[words](address)` → `words`.
fn strip_links(source: &str) -> String {
    let mut plain = String::with_capacity(source.len());
    let mut rest = source;
    while let Some(open) = rest.find('[') {
        let link = rest[open..].find("](").and_then(|middle| {
            let close = rest[open + middle..].find(')')?;
            let words = &rest[open + 1..open + middle];
            (!words.contains('[')).then_some((words, open + middle + close + 1))
        });
        if let Some((words, end)) = link {
            plain.push_str(&rest[..open]);
            plain.push_str(words);
            rest = &rest[end..];
        } else {
            plain.push_str(&rest[..=open]);
            rest = &rest[open + 1..];
        }
    }
    plain.push_str(rest);
    plain
}

fn decode(source: &str) -> String {
    const ENTITIES: [(&str, &str); 7] = [
        ("&lt;", "<"),
        ("&gt;", ">"),
        ("&quot;", "\""),
        ("&#39;", "'"),
        ("&apos;", "'"),
        ("&nbsp;", " "),
        ("&amp;", "&"),
    ];
    let mut text = source.to_owned();
    for (entity, letter) in ENTITIES {
        text = text.replace(entity, letter);
    }
    text.replace('`', "")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn markup_becomes_plain_text() {
        for (source, plain) in [
            (
                "Find it <a href=\"https://x.y/z\">here</a>.",
                "Find it here.",
            ),
            (
                "<i>Recommended</i> - a<br/>b &amp; c",
                "Recommended - a b & c",
            ),
            (
                "See [the docs](https://x.y) for `id`.",
                "See the docs for id.",
            ),
            ("if a < b use <host>:<port>", "if a < b use <host>:<port>"),
            ("broken <a href=", "broken <a href="),
            ("list[0] and [x", "list[0] and [x"),
            ("two\n  lines", "two lines"),
        ] {
            assert_eq!(text(source), plain, "{source}");
        }
    }

    #[test]
    fn keys_become_labels() {
        for (key, words) in [
            ("start_date", "Start date"),
            ("apiKey", "Api key"),
            ("x", "X"),
            ("", ""),
            ("oauth2.0", "Oauth2 0"),
        ] {
            assert_eq!(label(key), words);
        }
    }

    #[test]
    fn long_hints_end_with_a_sentence() {
        let long = "This is a sentence. ".repeat(60);
        let cut = hint(&long).expect("not empty");
        assert!(cut.chars().count() <= HINT && cut.ends_with("sentence."));
    }
}
