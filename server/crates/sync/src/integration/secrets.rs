//! `${secrets.name}`: the only way a document speaks of a secret.

use std::borrow::Cow;
use std::sync::LazyLock;

use regex::{Captures, Regex};

static PLACEHOLDER: LazyLock<Regex> =
    LazyLock::new(|| Regex::new(r"\$\{([^}]*)\}?").expect("the pattern is fixed and valid"));
static REFERENCE: LazyLock<Regex> = LazyLock::new(|| {
    Regex::new(r"^\$\{secrets\.([A-Za-z_][A-Za-z0-9_]{0,63})\}$")
        .expect("the pattern is fixed and valid")
});

/// How the keys of services begin that many have.
static KEY: LazyLock<Regex> = LazyLock::new(|| {
    Regex::new(
        r"\b(?:[sr]k_(?:live|test)_|gh[oprsu]_|github_pat_|glpat-|xox[abprs]-|shp(?:at|ca|pa|ss)_|AKIA|AIza)[A-Za-z0-9_-]{12,}",
    )
    .expect("the pattern is fixed and valid")
});

/// Said of a name that may be the secret itself, and never quotes it.
pub const KEY_AS_NAME: &str = "looks like the secret itself, and a name belongs there: write one such as api_token, and type the secret when you connect";
/// So many letters and digits in a row, with so many digits among them, are chosen by a machine.
const RANDOM_LENGTH: usize = 20;
const RANDOM_DIGITS: usize = 3;
/// What opens a template of low-code manifests.
const TEMPLATES: [&str; 3] = ["{{", "{%", "{#"];
/// Names of headers and parameters whose values are secrets: alone, or as the last words of a longer name.
const SECRET_WORDS: [&str; 10] = [
    "authorization",
    "cookie",
    "api_key",
    "apikey",
    "access_token",
    "auth_token",
    "token",
    "client_secret",
    "secret",
    "password",
];
/// Ends in a word of that list and is none.
const PAGE_TOKENS: [&str; 4] = [
    "page_token",
    "next_token",
    "sync_token",
    "continuation_token",
];

/// How a document writes a secret.
pub fn reference(name: &str) -> String {
    format!("${{secrets.{name}}}")
}

/// The secret's name, when the text is one reference and nothing else.
pub fn sole(text: &str) -> Option<&str> {
    REFERENCE
        .captures(text)
        .and_then(|found| found.get(1))
        .map(|name| name.as_str())
}

pub fn is_name(text: &str) -> bool {
    sole(&reference(text)).is_some()
}

/// Whether the name of a secret is rather the secret.
pub fn is_key(name: &str) -> bool {
    let is_random = |part: &str| {
        let digits = part.chars().filter(char::is_ascii_digit).count();
        part.len() >= RANDOM_LENGTH && digits >= RANDOM_DIGITS
    };
    KEY.is_match(name) || name.split('_').any(is_random)
}

/// The names in a text, or why it cannot be used. The reason never quotes the text.
pub fn names(text: &str) -> Result<Vec<&str>, &'static str> {
    if TEMPLATES.iter().any(|opening| text.contains(opening)) {
        return Err(
            "holds a template; those belong to low-code manifests, here stands ${secrets.name}",
        );
    }
    if text.starts_with("#/") {
        return Err("begins with “#/”, which is a reference in low-code manifests");
    }
    let found = PLACEHOLDER.find_iter(text);
    found
        .map(|found| sole(found.as_str()).ok_or("holds a ${…} that is not ${secrets.name}"))
        .collect()
}

/// The text as a low-code manifest writes it: secrets are fields of the configuration.
pub fn templated(text: &str) -> String {
    let template = |found: &Captures<'_>| match sole(&found[0]) {
        Some(name) => format!("{{{{ config['{name}'] }}}}"),
        None => found[0].to_owned(),
    };
    PLACEHOLDER.replace_all(text, template).into_owned()
}

/// The same for JSON, where a text has to stay one: Airbyte's runtime takes whatever spells a number for a number, and a
/// password of digits would be another password.
pub fn exact(text: &str) -> String {
    match sole(text) {
        Some(name) => format!("{{{{ config['{name}'] | tojson }}}}"),
        None if !PLACEHOLDER.is_match(text) && spells_something(text) => {
            serde_json::Value::from(text).to_string()
        }
        None => templated(text),
    }
}

/// Whether Python may read the text as anything but that text.
fn spells_something(text: &str) -> bool {
    !text.starts_with(char::is_alphabetic)
        || matches!(text, "None" | "True" | "False")
        || text.contains(['"', '\''])
}

/// Whether a header or parameter of this name holds a secret.
pub fn is_secret_field(name: &str) -> bool {
    let name = name.to_lowercase().replace('-', "_");
    !PAGE_TOKENS.iter().any(|page| name.ends_with(page))
        && SECRET_WORDS
            .iter()
            .any(|word| name == *word || name.ends_with(&format!("_{word}")))
}

/// Why a text looks as if it held a secret itself, if it does. The reason never quotes it.
pub fn held(text: &str) -> Option<&'static str> {
    if KEY.is_match(text) {
        return Some(
            "holds what looks like a key: a document holds no secrets, write ${secrets.name}",
        );
    }
    let (address, query) = text.split_once('?')?;
    if address.contains(char::is_whitespace) {
        return None;
    }
    let query = query.split('#').next().unwrap_or_default();
    let mut pairs = url::form_urlencoded::parse(query.as_bytes());
    let told = |(name, value): (Cow<'_, str>, Cow<'_, str>)| {
        let secret = is_secret_field(&name) || is_signature(&name);
        secret && !value.is_empty() && !PLACEHOLDER.is_match(&value)
    };
    pairs
        .any(told)
        .then_some("holds a secret in its query: write ${secrets.name} there")
}

/// An address that is signed opens to whoever has it.
fn is_signature(name: &str) -> bool {
    let name = name.to_lowercase();
    name == "sig" || name.ends_with("signature")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_looks_like_a_secret_is_told_wherever_it_stands() {
        for text in [
            "/ships?access_token=abcd",
            "https://example.com/a?x=1&api%5Fkey=abcd#part",
            "https://bucket.example.com/a.csv?X-Amz-Date=2&X-Amz-Signature=abcd",
            "sk_live_51H8xyzABCabc",
            "Bearer ghp_abcdefghijklmnop",
        ] {
            assert!(held(text).is_some(), "{text}");
        }
        for text in [
            "/ships?page_token=abcd&status=open",
            "/ships?token=",
            "https://example.com/?t=${secrets.t}&token=${secrets.token}",
            "Is this all? token=abcd",
            "task_live_and_let_live",
            "/a/sk_live_",
        ] {
            assert_eq!(held(text), None, "{text}");
        }
    }

    #[test]
    fn a_name_that_is_the_secret_itself_is_known() {
        for name in [
            "sk_live_51HqLyABCabc12345",
            "sk_test_4eC39HqLyjWDarjt",
            "ghp_16C7e42F292c6912E7",
            "AKIA2222BBBB3333CCCC",
            "key_d41d8cd98f00b204e9800998ecf8427e",
            "stripe_sk_live_51HqLyABCabc12345678",
        ] {
            assert!(is_name(name) && is_key(name), "{name}");
        }
        for name in [
            "harbour_token",
            "sk_live_key",
            "shopifyAdminAccessToken2",
            "HUBSPOT_PRIVATE_APP_ACCESS_TOKEN_2026",
            "token_20261130",
        ] {
            assert!(is_name(name) && !is_key(name), "{name}");
        }
    }

    #[test]
    fn references_become_templates_and_everything_else_stays() {
        assert_eq!(
            templated("Key ${secrets.a}, ${secrets.b_2}: $5"),
            "Key {{ config['a'] }}, {{ config['b_2'] }}: $5"
        );
        assert_eq!(names("a ${secrets.x} b ${secrets.y}"), Ok(vec!["x", "y"]));
        for text in [
            "${x}",
            "${secret.x}",
            "${secrets.}",
            "${secrets.x",
            "${secrets.a'b}",
            "{{ config['x'] }}",
            "{% raw %}",
            "#/definitions/x",
        ] {
            names(text).unwrap_err();
        }
    }

    #[test]
    fn texts_of_json_stay_texts() {
        for (text, written) in [
            ("anna", "anna"),
            ("4711", "\"4711\""),
            ("None", "\"None\""),
            ("a\"b", "\"a\\\"b\""),
            ("${secrets.door}", "{{ config['door'] | tojson }}"),
            ("4711/${secrets.door}", "4711/{{ config['door'] }}"),
        ] {
            assert_eq!(exact(text), written, "{text}");
        }
    }

    #[test]
    fn fields_that_hold_secrets_are_known_by_their_name() {
        for name in [
            "Authorization",
            "X-API-Key",
            "access_token",
            "shop_password",
        ] {
            assert!(is_secret_field(name), "{name}");
        }
        for name in ["page_token", "nextPage", "tokens", "author"] {
            assert!(!is_secret_field(name), "{name}");
        }
    }
}
