//! A callback's query as anybody may write it: a code only from the right issuer, words only in one short line.

#![no_main]

use std::sync::LazyLock;

use libfuzzer_sys::fuzz_target;
use oauth::{Callback, Providers, Refusal, read_callback};

/// The provider whose callbacks name it.
const GOOGLE: &str = "https://accounts.google.com";

static PROVIDERS: LazyLock<Providers> =
    LazyLock::new(|| Providers::load(None).expect("the shipped list reads"));

fuzz_target!(|query: &[u8]| {
    let pairs: Vec<(String, String)> = url::form_urlencoded::parse(query).into_owned().collect();
    for provider in PROVIDERS.all() {
        match read_callback(provider, &pairs) {
            Callback::Code(code) => {
                assert!(!code.is_empty() && pairs.iter().any(|(_, value)| *value == code));
                let mut named = pairs
                    .iter()
                    .filter(|(name, value)| name == "iss" && !value.is_empty());
                if provider.id == "google" {
                    assert!(named.all(|(_, issuer)| issuer == GOOGLE));
                }
                assert!(
                    !pairs
                        .iter()
                        .any(|(name, value)| name == "error" && !value.is_empty())
                );
            }
            Callback::Refused(Refusal::Denied { words }) => is_plain(words.as_deref()),
            Callback::Refused(Refusal::Other { error, words }) => {
                is_plain(Some(&error));
                is_plain(words.as_deref());
            }
            Callback::Refused(Refusal::WrongIssuer | Refusal::Empty) => {}
        }
    }
});

fn is_plain(words: Option<&str>) {
    let words = words.unwrap_or_default();
    assert!(!words.contains(char::is_control) && words.chars().count() <= 300);
}
