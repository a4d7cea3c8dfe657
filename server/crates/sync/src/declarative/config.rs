//! The configuration brought to the form the manifest works with: old forms renewed, fields added, removed, renamed.

use serde_json::{Map, Value};

use super::manifest::{Manifest, Node};
use super::record::path;
use super::template::{Scope, Types};
use super::text::{Text, plain};
use crate::fault::Fault;

/// A configuration for one operation.
pub struct Normalised {
    /// As templates see it.
    pub config: Value,
    /// To be kept instead of the one given, when the manifest renewed it.
    pub renewed: Option<Value>,
}

/// Applies the manifest's `config_normalization_rules`.
pub fn normalise(manifest: &Manifest, config: &Value) -> Result<Normalised, Fault> {
    if !config.is_object() {
        return Err(Fault::config("The configuration is not an object."));
    }
    let mut config = config.clone();
    // The manifest itself and its code are no settings.
    if let Value::Object(fields) = &mut config {
        fields.retain(|name, _| !name.starts_with("__injected_"));
    }
    let root = manifest.root();
    let spec = root.child("spec")?;
    if let Some(schema) = spec
        .as_ref()
        .and_then(|spec| spec.get("connection_specification"))
    {
        adheres(
            schema,
            &config,
            "The configuration does not fit what the connector asks for.",
        )?;
    }
    let rules = match spec {
        Some(spec) => spec.child("config_normalization_rules")?,
        None => None,
    };
    let Some(rules) = rules else {
        return Ok(Normalised {
            config,
            renewed: None,
        });
    };
    let given = config.clone();
    for migration in rules.children("config_migrations")? {
        for rule in migration.children("transformations")? {
            apply(&rule, &mut config)?;
        }
    }
    let renewed = (config != given).then(|| config.clone());
    for rule in rules.children("transformations")? {
        apply(&rule, &mut config)?;
    }
    for rule in rules.children("validations")? {
        validate(&rule, &config)?;
    }
    Ok(Normalised { config, renewed })
}

/// A rule of the manifest about the configuration.
fn validate(rule: &Node<'_>, config: &Value) -> Result<(), Fault> {
    let strategy = rule.need_child("validation_strategy")?;
    if strategy.kind() != "ValidateAdheresToSchema" {
        return Err(strategy.unknown());
    }
    let schema = strategy.need("base_schema")?;
    let values = match rule.kind() {
        "DpathValidator" => {
            let scope = Scope::new().json("config", config);
            let mut parts = Vec::new();
            for part in Text::list(rule, "field_path")? {
                parts.push(part.string(&scope)?);
            }
            path::all(config, &parts).into_iter().cloned().collect()
        }
        "PredicateValidator" => vec![rule.need("value")?.clone()],
        _ => return Err(rule.unknown()),
    };
    for value in values {
        let value = match &value {
            Value::String(text) => serde_json::from_str(text).map_err(|_| {
                Fault::config("The configuration holds a text where JSON is expected.")
            })?,
            _ => value,
        };
        adheres(
            schema,
            &value,
            "The configuration breaks a rule of the connector.",
        )?;
    }
    Ok(())
}

/// Checks a value against a schema. The value itself, which may be secret, is not in the fault.
fn adheres(schema: &Value, value: &Value, what: &str) -> Result<(), Fault> {
    // A specification that is no schema judges nothing.
    let Ok(validator) = jsonschema::draft7::new(schema) else {
        return Ok(());
    };
    match validator.iter_errors(value).next() {
        None => Ok(()),
        Some(error) => Err(Fault::config(what)
            .with_detail(error.masked().to_string())
            .at_field(
                error
                    .instance_path()
                    .to_string()
                    .trim_start_matches('/')
                    .replace('/', "."),
            )),
    }
}

fn apply(rule: &Node<'_>, config: &mut Value) -> Result<(), Fault> {
    match rule.kind() {
        "ConfigAddFields" => add(rule, config),
        "ConfigRemoveFields" => remove(rule, config),
        "ConfigRemapField" => remap(rule, config),
        _ => Err(rule.unknown()),
    }
}

fn condition(rule: &Node<'_>) -> Result<Option<Text>, Fault> {
    Ok(Text::read(rule, "condition")?.filter(|text| !text.source().is_empty()))
}

fn add(rule: &Node<'_>, config: &mut Value) -> Result<(), Fault> {
    let condition = condition(rule)?;
    for field in rule.children("fields")? {
        let types = match field.str("value_type")? {
            Some("string") => Types::STR,
            Some("number") => Types::FLOAT,
            Some("integer") => Types::INT,
            Some("boolean") => Types::BOOL,
            _ => Types::ANY,
        };
        let before = config.clone();
        let scope = Scope::new().json("config", &before);
        let value = Text::need(&field, "value")?.typed(&scope, types)?;
        let parts: Vec<String> = field.list("path").into_iter().map(plain).collect();
        let path_value = Value::from(parts.clone());
        let wanted = match &condition {
            None => true,
            Some(condition) => {
                let scope = scope
                    .child()
                    .json("value", &value)
                    .json("path", &path_value);
                condition.truth(&scope)?
            }
        };
        if wanted
            && let Value::Object(fields) = config
            && !path::set(fields, &parts, value)
        {
            return Err(
                field.broken("the configuration holds something else on the way to its path.")
            );
        }
    }
    Ok(())
}

fn remove(rule: &Node<'_>, config: &mut Value) -> Result<(), Fault> {
    if let Some(condition) = condition(rule)?
        && !condition.truth(&Scope::new().json("config", config))?
    {
        return Ok(());
    }
    let Value::Object(fields) = config else {
        return Ok(());
    };
    for pointer in rule.list("field_pointers") {
        let parts: Vec<String> = pointer
            .as_array()
            .into_iter()
            .flatten()
            .map(plain)
            .collect();
        path::delete(fields, &parts, &|_| false);
    }
    Ok(())
}

fn remap(rule: &Node<'_>, config: &mut Value) -> Result<(), Fault> {
    let before = config.clone();
    let scope = Scope::new().json("config", &before);
    let mut parts = Vec::new();
    for part in Text::list(rule, "field_path")? {
        parts.push(part.string(&scope)?);
    }
    let mut mapping = Map::new();
    for (from, to) in rule.need_child("map")?.fields() {
        let to = match to {
            Value::String(text) => Text::at(rule, "map", text)?.mapped(&scope, Types::ANY)?,
            other => other.clone(),
        };
        mapping.insert(from.clone(), to);
    }
    let Some(current) = path::get(&before, &parts) else {
        return Ok(());
    };
    if let Some(new) = mapping.get(&plain(current))
        && let Value::Object(fields) = config
    {
        path::set(fields, &parts, new.clone());
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn renews_and_changes() {
        let manifest = json!({
            "streams": [], "check": {}, "spec": {"connection_specification": {}, "config_normalization_rules": {
                "config_migrations": [{"type": "ConfigMigration", "transformations": [
                    {"type": "ConfigAddFields", "fields": [{"type": "AddedFieldDefinition", "path": ["auth", "key"], "value": "{{ config['old'] }}"}],
                     "condition": "{{ config.get('old') }}"},
                    {"type": "ConfigRemoveFields", "field_pointers": [["old"]]},
                ]}],
                "transformations": [{"type": "ConfigRemapField", "field_path": ["region"], "map": {"eu": "https://eu"}}],
            }},
        });
        let manifest = Manifest::from_value(&manifest).unwrap();
        let done = normalise(&manifest, &json!({"old": "k", "region": "eu"})).unwrap();
        assert_eq!(
            done.config,
            json!({"auth": {"key": "k"}, "region": "https://eu"})
        );
        assert_eq!(
            done.renewed,
            Some(json!({"auth": {"key": "k"}, "region": "eu"}))
        );
        let same = normalise(&manifest, &json!({"region": "us", "__injected_x": 1})).unwrap();
        assert_eq!(same.config, json!({"region": "us"}));
        assert_eq!(same.renewed, None);
    }
}
