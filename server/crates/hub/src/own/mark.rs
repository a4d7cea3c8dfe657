//! Short marks of what a page has shown, posted again by whoever has seen it.

use std::fmt::Write as _;

/// So much of a hash tells one state from another.
const BYTES: usize = 8;

pub(super) fn mark(state: &str) -> String {
    let mut text = String::new();
    for byte in seal::token::hash(state).iter().take(BYTES) {
        // Writing into a text does not fail.
        let _infallible = write!(text, "{byte:02x}");
    }
    text
}

/// Of a text; what is blank around it counts for nothing, as in every form.
pub fn text_mark(document: &str) -> String {
    mark(document.trim())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_other_text_has_another_mark() {
        assert_eq!(text_mark("\napis:\n"), text_mark("apis:"));
        assert_ne!(text_mark("apis: a"), text_mark("apis: b"));
    }
}
