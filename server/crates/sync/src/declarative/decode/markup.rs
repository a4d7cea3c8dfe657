//! Answers in another language than the one that was asked for: most often a page to sign in on, or about maintenance.

/// What a text is that begins like markup; nothing for others.
pub fn name(text: &str) -> Option<&'static str> {
    if text.starts_with("<?xml") {
        Some("XML")
    } else if text.starts_with('<') {
        Some("a web page (HTML)")
    } else {
        None
    }
}

#[cfg(test)]
mod tests {
    use super::super::{Source, json};
    use crate::fault::Kind;

    #[test]
    fn a_page_for_people_is_told_as_one_and_may_be_gone_another_time() {
        let cases = [
            ("<!DOCTYPE html><p>Please sign in</p>", "a web page (HTML)."),
            ("\u{feff} <html>", "a web page (HTML)."),
            ("<?xml version=\"1.0\"?><error/>", "it is XML."),
            ("Service unavailable", "not valid JSON."),
        ];
        for (text, words) in cases {
            let read = json::document(Source::Memory(text.as_bytes()), &mut |_| Ok(()));
            let fault = read.unwrap_err();
            assert_eq!(fault.kind, Kind::Upstream, "{text}");
            assert!(fault.message.ends_with(words), "{fault}");
        }
    }
}
