//! Other names for the same fields.

use std::sync::LazyLock;

use regex::Regex;
use serde_json::{Map, Value};

use super::super::View;
use crate::declarative::manifest::Node;
use crate::declarative::template::Binding;
use crate::declarative::text::Text;
use crate::fault::Fault;

type Fields = Map<String, Value>;

/// `KeysToLower`: the record's own fields only.
pub fn to_lower(record: &mut Fields) {
    *record = std::mem::take(record)
        .into_iter()
        .map(|(name, value)| (name.to_lowercase(), value))
        .collect();
}

/// `KeysToSnakeCase`: inner objects, too; lists stay as they are.
pub fn to_snake(record: &mut Fields) {
    rename(record, &snake);
}

/// `KeysReplace`.
#[derive(Debug)]
pub struct KeysReplace {
    old: Text,
    new: Text,
}

impl KeysReplace {
    pub fn read(node: &Node<'_>) -> Result<Self, Fault> {
        Ok(Self {
            old: Text::need(node, "old")?,
            new: Text::need(node, "new")?,
        })
    }

    pub fn apply(&self, record: &mut Fields, view: View<'_>) -> Result<(), Fault> {
        let scope = view.scope.child().with("record", Binding::Object(record));
        let old = self.old.string(&scope)?;
        let new = self.new.string(&scope)?;
        rename(record, &|name| name.replace(&old, &new));
        Ok(())
    }
}

fn rename(fields: &mut Fields, name: &dyn Fn(&str) -> String) {
    *fields = std::mem::take(fields)
        .into_iter()
        .map(|(key, mut value)| {
            if let Value::Object(inner) = &mut value {
                rename(inner, name);
            }
            (name(&key), value)
        })
        .collect();
}

/// `FirstName2` → `first_name_2`.
fn snake(key: &str) -> String {
    static TOKENS: LazyLock<Regex> = LazyLock::new(|| {
        Regex::new(r"[A-Z]+[a-z]*|[a-z]+|\d+|[^a-zA-Z\d]+").expect("the pattern is fixed and valid")
    });
    let key = any_ascii::any_ascii(key);
    let mut tokens: Vec<&str> = TOKENS
        .find_iter(&key)
        .map(|found| found.as_str())
        .map(|token| {
            if token.starts_with(|first: char| first.is_ascii_alphanumeric()) {
                token
            } else {
                ""
            }
        })
        .collect();
    if tokens.len() >= 3 {
        let last = tokens.len() - 1;
        let mut at = 0;
        tokens.retain(|token| {
            let edge = at == 0 || at == last;
            at += 1;
            edge || !token.is_empty()
        });
    }
    let numeric = tokens
        .first()
        .is_some_and(|first| first.starts_with(|first: char| first.is_ascii_digit()));
    if numeric {
        tokens.insert(0, "");
    }
    tokens.join("_").to_lowercase()
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn keys_become_snakes() {
        let cases = [
            ("FirstName", "first_name"),
            ("firstName", "first_name"),
            ("first name-2", "first_name_2"),
            ("2fast", "_2_fast"),
            ("ID", "id"),
            ("Größe", "grosse"),
            ("_hidden", "_hidden"),
            ("a__b", "a_b"),
        ];
        for (key, expected) in cases {
            assert_eq!(snake(key), expected, "{key}");
        }
        let mut record = json!({"AB": {"CdEf": [{"Gh": 1}]}})
            .as_object()
            .unwrap()
            .clone();
        to_snake(&mut record);
        assert_eq!(Value::from(record), json!({"ab": {"cd_ef": [{"Gh": 1}]}}));
    }
}
