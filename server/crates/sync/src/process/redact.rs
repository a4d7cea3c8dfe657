//! Removes a run's secrets from text that people will read.

use std::collections::BTreeSet;

use base64::Engine;
use base64::engine::general_purpose::{STANDARD, STANDARD_NO_PAD, URL_SAFE, URL_SAFE_NO_PAD};
use serde_json::Value;

/// What stands where a secret stood.
const MASK: &str = "**********";
/// Shorter values are no secrets worth the name, and replacing them would tear words apart.
const SHORTEST: usize = 4;
/// Parts of field names that mark a secret when no specification says so.
const TELLING: [&str; 12] = [
    "password",
    "passwd",
    "passphrase",
    "secret",
    "token",
    "api_key",
    "apikey",
    "access_key",
    "private_key",
    "credential",
    "client_key",
    "authorization",
];
/// Last words of field names that hold a choice, which is public wherever it stands: the way to sign in, mostly.
const CHOICES: [&str; 4] = ["type", "method", "title", "mode"];
/// What is longer is none.
const LONGEST_CHOICE: usize = 40;

/// Replaces every secret of one configuration, in the spellings it may appear in: as it is, URL-encoded, base64 and
/// escaped in JSON.
#[derive(Clone, Default)]
pub struct Redactor {
    /// Longest first, so that a secret inside another leaves no rest.
    spellings: Vec<String>,
}

impl std::fmt::Debug for Redactor {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Redactor({} spellings)", self.spellings.len())
    }
}

impl Redactor {
    /// Takes every text below a field that is named in `fields` or tells by its name that it is secret.
    pub fn new(config: &Value, fields: &[String]) -> Self {
        let mut redactor = Self::default();
        redactor.add(config, fields);
        redactor
    }

    /// Takes those of another configuration, too.
    pub fn add(&mut self, config: &Value, fields: &[String]) {
        let secrets = secrets(config, fields);
        let spellings = secrets.iter().flat_map(|secret| spell(secret));
        self.spellings
            .extend(spellings.filter(|text| text.len() >= SHORTEST));
        self.spellings
            .sort_unstable_by(|a, b| b.len().cmp(&a.len()).then_with(|| a.cmp(b)));
        self.spellings.dedup();
    }

    /// The text without secrets and without control characters other than line ends and tabs.
    pub fn clean(&self, text: &str) -> String {
        let mut text: String = text
            .chars()
            .filter(|c| !c.is_control() || matches!(c, '\n' | '\t'))
            .collect();
        for spelling in &self.spellings {
            if text.contains(spelling.as_str()) {
                text = text.replace(spelling.as_str(), MASK);
            }
        }
        text
    }
}

/// The secrets of a configuration, always in the same order.
pub(crate) fn secrets(config: &Value, fields: &[String]) -> Vec<String> {
    let mut secrets = BTreeSet::new();
    collect(config, Secrecy::Open, fields, &mut secrets);
    secrets.into_iter().collect()
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Secrecy {
    Open,
    Secret,
}

fn collect(value: &Value, secrecy: Secrecy, fields: &[String], secrets: &mut BTreeSet<String>) {
    match value {
        Value::String(text) if secrecy == Secrecy::Secret => {
            secrets.insert(text.clone());
            // Keys and certificates come back line by line.
            secrets.extend(
                text.lines()
                    .filter(|line| line.len() >= 16)
                    .map(str::to_owned),
            );
        }
        Value::Number(number) if secrecy == Secrecy::Secret => {
            secrets.insert(number.to_string());
        }
        Value::Array(items) => items
            .iter()
            .for_each(|item| collect(item, secrecy, fields, secrets)),
        Value::Object(map) => {
            for (name, item) in map {
                let secrecy = secrecy_of(name, item, secrecy, fields);
                collect(item, secrecy, fields, secrets);
            }
        }
        _ => {}
    }
}

/// Whether a field is secret by its own name, or by that of the group it is in.
fn secrecy_of(name: &str, item: &Value, group: Secrecy, fields: &[String]) -> Secrecy {
    if fields.iter().any(|field| field == name) {
        return Secrecy::Secret;
    }
    let lower = name.to_ascii_lowercase();
    if item
        .as_str()
        .is_some_and(|text| text.len() <= LONGEST_CHOICE)
        && is_choice(&lower)
    {
        return Secrecy::Open;
    }
    if TELLING.iter().any(|part| lower.contains(part)) {
        return Secrecy::Secret;
    }
    group
}

fn is_choice(name: &str) -> bool {
    let last = name.rsplit('_').next().unwrap_or(name);
    CHOICES.contains(&last)
}

fn spell(secret: &str) -> Vec<String> {
    let json = Value::String(secret.to_owned()).to_string();
    let form: String = url::form_urlencoded::byte_serialize(secret.as_bytes()).collect();
    vec![
        secret.to_owned(),
        form.replace('+', "%20"),
        form,
        json[1..json.len() - 1].to_owned(),
        STANDARD.encode(secret),
        STANDARD_NO_PAD.encode(secret),
        URL_SAFE.encode(secret),
        URL_SAFE_NO_PAD.encode(secret),
    ]
}

/// Names of the properties a connector's specification marks as secret, at any depth.
pub fn secret_fields(schema: &Value) -> Vec<String> {
    let mut names = BTreeSet::new();
    mark(schema, &mut names);
    names.into_iter().collect()
}

fn mark(schema: &Value, names: &mut BTreeSet<String>) {
    match schema {
        Value::Array(items) => items.iter().for_each(|item| mark(item, names)),
        Value::Object(map) => {
            if let Some(Value::Object(properties)) = map.get("properties") {
                let secret = properties.iter().filter(|(_, property)| {
                    property.get("airbyte_secret") == Some(&Value::Bool(true))
                });
                names.extend(secret.map(|(name, _)| name.clone()));
            }
            map.values().for_each(|value| mark(value, names));
        }
        _ => {}
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn removes_every_spelling() {
        let redactor = Redactor::new(&json!({"auth": {"api_token": "pa ss/\"wörd\""}}), &[]);
        let spellings = [
            "pa ss/\"wörd\"",
            "pa%20ss%2F%22w%C3%B6rd%22",
            "pa+ss%2F%22w%C3%B6rd%22",
            r#"pa ss/\"wörd\""#,
            "cGEgc3MvInfDtnJkIg==",
        ];
        for spelling in spellings {
            assert_eq!(
                redactor.clean(&format!("<{spelling}>")),
                format!("<{MASK}>"),
                "{spelling}"
            );
        }
    }

    #[test]
    fn takes_secrets_from_the_specification_too() {
        let schema = json!({"oneOf": [{"properties": {"pin": {"type": "string", "airbyte_secret": true}, "host": {"type": "string"}}}]});
        let fields = secret_fields(&schema);
        assert_eq!(fields, ["pin"]);
        let redactor = Redactor::new(
            &json!({"x": {"pin": "98765432", "host": "example.org"}}),
            &fields,
        );
        assert_eq!(
            redactor.clean("98765432 at example.org"),
            format!("{MASK} at example.org")
        );
    }

    #[test]
    fn the_choice_of_a_sign_in_is_no_secret() {
        let config = json!({"credentials": {"auth_type": "Service", "pin": "98765432", "token_type": "Bearer"}});
        let redactor = Redactor::new(&config, &[]);
        assert_eq!(
            redactor.clean("Service Bearer 98765432"),
            format!("Service Bearer {MASK}")
        );
        let told = Redactor::new(&config, &["token_type".to_owned()]);
        assert_eq!(told.clean("Bearer"), MASK);
    }

    #[test]
    fn knows_secrets_that_came_later() {
        let mut redactor = Redactor::new(&json!({"refresh_token": "first-one"}), &[]);
        redactor.add(&json!({"refresh_token": "second-one"}), &[]);
        assert_eq!(
            redactor.clean("first-one, second-one"),
            format!("{MASK}, {MASK}")
        );
    }

    #[test]
    fn drops_control_characters() {
        assert_eq!(
            Redactor::default().clean("a\u{1b}[31mb\tc\nd\0"),
            "a[31mb\tc\nd"
        );
    }
}
