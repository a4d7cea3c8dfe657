//! Secrets inside configurations: sealed as a whole in the tables, masked field by field for readers.

use airbyte::api::MASK;
use secrecy::ExposeSecret;
use serde_json::{Map, Value};
use sync::process::secret_fields;
use uuid::Uuid;

use crate::{Engine, Error};

/// Whose configuration it is; a sealed one opens only in its own place.
#[derive(Debug, Clone, Copy)]
pub enum Place {
    Source,
    Destination,
}

impl Place {
    fn name(self) -> &'static str {
        match self {
            Self::Source => "source",
            Self::Destination => "destination",
        }
    }

    /// Where the configuration of one of them belongs.
    pub(crate) fn record<'a>(self, workspace: &'a str, id: &'a str) -> [&'a str; 5] {
        ["engine", self.name(), workspace, id, "config"]
    }
}

impl Engine {
    pub(crate) fn seal_config(
        &self,
        place: Place,
        workspace: Uuid,
        id: Uuid,
        config: &Value,
    ) -> Vec<u8> {
        let plain = config.to_string();
        let (workspace, id) = (workspace.to_string(), id.to_string());
        seal::seal(
            &self.config.sealer,
            &place.record(&workspace, &id),
            plain.as_bytes(),
        )
    }

    pub(crate) fn open_config(
        &self,
        place: Place,
        workspace: Uuid,
        id: Uuid,
        sealed: &[u8],
    ) -> Result<Value, Error> {
        let (workspace, id) = (workspace.to_string(), id.to_string());
        let plain = seal::open(&self.config.sealer, &place.record(&workspace, &id), sealed)
            .map_err(|source| Error::Sealed {
                what: "configuration",
                source,
            })?;
        serde_json::from_slice(plain.expose_secret()).map_err(|source| Error::Corrupt {
            table: place.name(),
            column: "config",
            source,
        })
    }
}

/// The configuration with every secret replaced by the mask. A schema that is not known masks by field names alone.
pub fn masked(config: &Value, schema: &Value) -> Value {
    mask(config, &secret_fields(schema))
}

/// Parts of field names that are masked even when a schema forgets to mark them.
const TELLING: [&str; 5] = ["password", "secret", "token", "api_key", "private_key"];

fn is_secret(name: &str, fields: &[String]) -> bool {
    let lower = name.to_ascii_lowercase();
    fields.iter().any(|field| field == name) || TELLING.iter().any(|part| lower.contains(part))
}

fn mask(value: &Value, fields: &[String]) -> Value {
    match value {
        Value::Object(map) => Value::Object(
            map.iter()
                .map(|(name, item)| (name.clone(), mask_field(name, item, fields)))
                .collect(),
        ),
        Value::Array(items) => items.iter().map(|item| mask(item, fields)).collect(),
        other => other.clone(),
    }
}

fn mask_field(name: &str, value: &Value, fields: &[String]) -> Value {
    match value {
        // An object under a secret's name ("token": {"type": …}) holds fields of its own.
        Value::Object(_) | Value::Array(_) if !fields.iter().any(|field| field == name) => {
            mask(value, fields)
        }
        Value::Null | Value::Bool(_) => value.clone(),
        Value::String(text) if text.is_empty() => value.clone(),
        _ if is_secret(name, fields) => Value::from(MASK),
        other => other.clone(),
    }
}

/// Puts stored secrets where the new configuration holds the mask. A mask with nothing stored below it stays, and
/// fails validation or the check.
pub fn unmasked(new: &Value, stored: &Value) -> Value {
    match (new, stored) {
        (Value::String(text), stored) if text == MASK && !stored.is_null() => stored.clone(),
        (Value::Object(new), stored) => {
            let get = |name: &str| stored.get(name).unwrap_or(&Value::Null);
            Value::Object(
                new.iter()
                    .map(|(name, item)| (name.clone(), unmasked(item, get(name))))
                    .collect(),
            )
        }
        (Value::Array(new), stored) => {
            let get = |at: usize| stored.get(at).unwrap_or(&Value::Null);
            new.iter()
                .enumerate()
                .map(|(at, item)| unmasked(item, get(at)))
                .collect()
        }
        (new, _) => new.clone(),
    }
}

/// Takes over what a connector changed in the configuration it was asked with, if the secrets among it, by their names, were
/// as they are stored. Where they were not, these are another account's, and nothing is: `false`.
pub fn take_over(stored: &mut Value, before: &Value, after: &Value, secrets: &[String]) -> bool {
    let mut changed = Vec::new();
    changes(before, after, &mut Vec::new(), &mut changed);
    let at = |config: &Value, path: &[String]| {
        let found = path.iter().try_fold(config, |value, key| value.get(key));
        found.cloned()
    };
    let is_secret = |path: &[String]| {
        let name = path.last();
        name.is_some_and(|name| secrets.contains(name) || name.contains("refresh_token"))
    };
    let mut replaced = changed
        .iter()
        .filter(|path| is_secret(path) && at(before, path).is_some())
        .peekable();
    if replaced.peek().is_none() || replaced.any(|path| at(stored, path) != at(before, path)) {
        return false;
    }
    for path in &changed {
        put(stored, path, at(after, path).unwrap_or_default());
    }
    true
}

/// Paths of the values that differ, or are new.
fn changes(before: &Value, after: &Value, path: &mut Vec<String>, found: &mut Vec<Vec<String>>) {
    let Value::Object(fields) = after else {
        if before != after {
            found.push(path.clone());
        }
        return;
    };
    for (name, value) in fields {
        path.push(name.clone());
        changes(before.get(name).unwrap_or(&Value::Null), value, path, found);
        path.pop();
    }
}

fn put(config: &mut Value, path: &[String], value: Value) {
    let Some((name, rest)) = path.split_first() else {
        *config = value;
        return;
    };
    if !config.is_object() {
        *config = Value::Object(Map::new());
    }
    put(&mut config[name.as_str()], rest, value);
}

/// The stored configuration with the new one merged in, object by object. `null` removes a field.
pub fn merged(stored: &Value, new: &Value) -> Value {
    let (Value::Object(old), Value::Object(new)) = (stored, new) else {
        return new.clone();
    };
    let mut merged: Map<String, Value> = old.clone();
    for (name, item) in new {
        if item.is_null() {
            merged.remove(name);
        } else {
            let before = merged.get(name).cloned().unwrap_or(Value::Null);
            merged.insert(name.clone(), merged_item(&before, item));
        }
    }
    Value::Object(merged)
}

fn merged_item(before: &Value, item: &Value) -> Value {
    if before.is_object() && item.is_object() {
        merged(before, item)
    } else {
        item.clone()
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn schema() -> Value {
        json!({"properties": {
            "host": {"type": "string"},
            "pin": {"type": "string", "airbyte_secret": true},
            "credentials": {"oneOf": [{"properties": {"kind": {"const": "key"}, "value": {"airbyte_secret": true}}}]},
        }})
    }

    #[test]
    fn only_secrets_are_masked() {
        let config = json!({"host": "h", "pin": "1234", "credentials": {"kind": "key", "value": "v"}, "access_token": "t",
            "token_url": {"nothing": 1}, "ssl_password": ""});
        let expected = json!({"host": "h", "pin": MASK, "credentials": {"kind": "key", "value": MASK}, "access_token": MASK,
            "token_url": {"nothing": 1}, "ssl_password": ""});
        assert_eq!(masked(&config, &schema()), expected);
    }

    #[test]
    fn a_mask_keeps_what_is_stored() {
        let stored = json!({"host": "h", "pin": "1234", "credentials": {"kind": "key", "value": "v"}, "list": [{"pin": "a"}]});
        let new = json!({"host": "other", "pin": MASK, "credentials": {"kind": "key", "value": "new"}, "list": [{"pin": MASK}]});
        let expected = json!({"host": "other", "pin": "1234", "credentials": {"kind": "key", "value": "new"}, "list": [{"pin": "a"}]});
        assert_eq!(unmasked(&new, &stored), expected);
        assert_eq!(
            unmasked(&json!({"new": MASK}), &stored),
            json!({"new": MASK})
        );
    }

    #[test]
    fn a_patch_goes_deep() {
        let stored = json!({"a": {"b": 1, "c": 2}, "d": 3});
        assert_eq!(
            merged(&stored, &json!({"a": {"b": 9}, "d": null})),
            json!({"a": {"b": 9, "c": 2}})
        );
    }

    #[test]
    fn renewed_tokens_are_taken_over_by_the_account_that_they_are_of() {
        let secrets = ["pass".to_owned(), "app".to_owned()];
        let stored = json!({"quay": "north", "access": {"pass": "1", "app": "a", "until": "noon"}});
        // What is no secret may be older where it is asked from.
        let tried = json!({"quay": "south", "access": {"pass": "1", "app": "a", "until": "dawn"}});
        let told = json!({"quay": "south", "access": {"pass": "2", "app": "a", "until": "dusk", "day": "d"}});
        let mut source = stored.clone();
        assert!(take_over(&mut source, &tried, &told, &secrets));
        let renewed = json!({"quay": "north", "access": {"pass": "2", "app": "a", "until": "dusk", "day": "d"}});
        assert_eq!(source, renewed, "and nothing of what is only tried");

        let others =
            json!({"quay": "north", "access": {"pass": "other", "app": "a", "until": "noon"}});
        let mut source = stored.clone();
        assert!(!take_over(&mut source, &others, &told, &secrets));
        assert!(!take_over(&mut source, &others, &others, &secrets));
        assert_eq!(source, stored);
    }
}
