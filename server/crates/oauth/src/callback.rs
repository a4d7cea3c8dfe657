//! What a provider sends people back with.

use crate::Provider;

/// What the callback says.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Callback {
    Code(String),
    Refused(Refusal),
}

/// Why there is no code.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Refusal {
    /// The person said no.
    Denied { words: Option<String> },
    /// The provider's own reason.
    Other {
        error: String,
        words: Option<String>,
    },
    /// It names another issuer than the one the person was sent to: somebody mixes providers up.
    WrongIssuer,
    /// Neither a code nor a reason.
    Empty,
}

/// Longest words of a provider that are passed on.
const LONGEST: usize = 300;

/// Reads the parameters of the callback.
pub fn read(provider: &Provider, pairs: &[(String, String)]) -> Callback {
    // A parameter that is there twice is somebody's addition: each of them counts.
    let all = |name: &str| -> Vec<&str> {
        pairs
            .iter()
            .filter(|(known, value)| known == name && !value.is_empty())
            .map(|(_, value)| value.as_str())
            .collect()
    };
    let get = |name: &str| all(name).first().copied();
    if let Some(expected) = &provider.issuer
        && all("iss").iter().any(|said| said != expected)
    {
        return Callback::Refused(Refusal::WrongIssuer);
    }
    if all(&provider.code_param).len() > 1 {
        return Callback::Refused(Refusal::Empty);
    }
    if let Some(error) = get("error") {
        let words = get("error_description").map(plain);
        return Callback::Refused(match error {
            "access_denied" | "user_denied" | "consent_required" => Refusal::Denied { words },
            other => Refusal::Other {
                error: plain(other),
                words,
            },
        });
    }
    match get(&provider.code_param) {
        Some(code) => Callback::Code(code.to_owned()),
        None => Callback::Refused(Refusal::Empty),
    }
}

/// Anybody can write a callback's words: one short line, no control characters.
pub(crate) fn plain(words: &str) -> String {
    words
        .chars()
        .map(|letter| if letter.is_control() { ' ' } else { letter })
        .take(LONGEST)
        .collect::<String>()
        .trim()
        .to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Providers;

    fn google(pairs: &[(&str, &str)]) -> Callback {
        let all = Providers::load(None).unwrap();
        let pairs: Vec<_> = pairs
            .iter()
            .map(|(name, value)| ((*name).to_owned(), (*value).to_owned()))
            .collect();
        read(all.provider("google").unwrap(), &pairs)
    }

    #[test]
    fn a_code_counts_only_from_the_right_issuer() {
        let code = Callback::Code("c".to_owned());
        assert_eq!(google(&[("code", "c")]), code);
        assert_eq!(
            google(&[("code", "c"), ("iss", "https://accounts.google.com")]),
            code
        );
        assert_eq!(
            google(&[("code", "c"), ("iss", "https://evil.test")]),
            Callback::Refused(Refusal::WrongIssuer)
        );
    }

    #[test]
    fn a_refusal_keeps_the_provider_s_words_in_one_line() {
        assert_eq!(
            google(&[
                ("error", "access_denied"),
                ("error_description", "No\r\nway"),
                ("code", "c")
            ]),
            Callback::Refused(Refusal::Denied {
                words: Some("No  way".to_owned())
            })
        );
        assert_eq!(google(&[]), Callback::Refused(Refusal::Empty));
    }
}
