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
    /// It names another issuer than the one the person was sent to, or none where that one always names itself: somebody
    /// mixes providers up.
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
    if let Some(expected) = &provider.issuer {
        let said = all("iss");
        let silent = said.is_empty() && provider.issuer_required;
        if silent || said.iter().any(|said| said != expected) {
            return Callback::Refused(Refusal::WrongIssuer);
        }
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
    fn an_issuer_that_always_names_itself_is_missed() {
        let own = "
            [[provider]]
            id = 'strict'
            name = 'Strict'
            authorize_url = 'https://login.example.com/authorize'
            token_url = 'https://login.example.com/token'
            issuer = 'https://login.example.com'
            issuer_required = true
        ";
        let all = Providers::load(Some(own)).unwrap();
        let said = |pairs: &[(&str, &str)]| {
            let owned = |(name, value): &(&str, &str)| ((*name).to_owned(), (*value).to_owned());
            let pairs: Vec<_> = pairs.iter().map(owned).collect();
            read(all.provider("strict").unwrap(), &pairs)
        };
        let right = ("iss", "https://login.example.com");
        assert_eq!(
            said(&[("code", "c"), right]),
            Callback::Code("c".to_owned())
        );
        for pairs in [
            &[("code", "c")][..],
            &[("code", "c"), ("iss", "")],
            &[("code", "c"), ("iss", "https://evil.test")],
            &[("code", "c"), right, ("iss", "https://evil.test")],
            // A refusal names its issuer, too.
            &[("error", "access_denied")],
        ] {
            let refused = Callback::Refused(Refusal::WrongIssuer);
            assert_eq!(said(pairs), refused, "{pairs:?}");
        }
        let nameless = own.replace("issuer = 'https://login.example.com'", "");
        assert!(Providers::load(Some(&nameless)).is_err());
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
