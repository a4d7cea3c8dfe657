//! The configuration brought to the form the manifest works with: old forms renewed, fields added, removed, renamed.

mod schema;

use serde_json::{Map, Value};

use super::manifest::{Manifest, Node};
use super::record::path;
use super::template::{Scope, Types};
use super::text::{Text, plain};
use crate::fault::Fault;
use schema::Schema;

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
    if let Some(spec) = &spec
        && spec.get("connection_specification").is_some()
    {
        Schema::of_specification(spec, "connection_specification")?.judge(
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
    let schema = Schema::of_rule(&strategy, "base_schema")?;
    let scope = Scope::new().json("config", config);
    let values = match rule.kind() {
        "DpathValidator" => {
            let mut parts = Vec::new();
            for part in Text::list(rule, "field_path")? {
                parts.push(part.string(&scope)?);
            }
            path::all(config, &parts).into_iter().cloned().collect()
        }
        "PredicateValidator" => {
            // Nothing is a value, too.
            let value = rule.fields().get("value");
            let value = value.ok_or_else(|| rule.wrong("value", "is missing"))?;
            vec![filled(rule, value, &scope)?]
        }
        _ => return Err(rule.unknown()),
    };
    for value in values {
        let value = match &value {
            Value::String(text) => serde_json::from_str(text).map_err(|_| {
                Fault::config("The configuration holds a text where JSON is expected.")
            })?,
            _ => value,
        };
        schema.judge(&value, "The configuration breaks a rule of the connector.")?;
    }
    Ok(())
}

/// A rule's own value, with the templates in it filled.
fn filled(rule: &Node<'_>, value: &Value, scope: &Scope<'_>) -> Result<Value, Fault> {
    match value {
        Value::String(text) => Text::at(rule, "value", text)?.value(scope),
        Value::Array(items) => items
            .iter()
            .map(|item| filled(rule, item, scope))
            .collect::<Result<Vec<_>, Fault>>()
            .map(Value::Array),
        Value::Object(fields) => {
            let fields = fields.iter();
            fields
                .map(|(name, value)| Ok((name.clone(), filled(rule, value, scope)?)))
                .collect::<Result<Map<_, _>, Fault>>()
                .map(Value::Object)
        }
        _ => Ok(value.clone()),
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
    // The names of a map are texts, and nothing else is one of them: not the number 1 where “1” stands there.
    let Some(Value::String(current)) = path::get(&before, &parts) else {
        return Ok(());
    };
    if let Some(new) = mapping.get(current)
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

    /// What becomes of a configuration by these rules.
    fn by(rules: &Value, config: &Value) -> Result<Value, Fault> {
        let manifest = json!({
            "streams": [], "check": {},
            "spec": {"connection_specification": {}, "config_normalization_rules": rules},
        });
        let manifest = Manifest::from_value(&manifest)?;
        normalise(&manifest, config).map(|done| done.config)
    }

    #[test]
    fn only_texts_are_remapped() {
        let rules = json!({"transformations": [
            {"type": "ConfigRemapField", "field_path": ["k"], "map": {"1": "one", "None": "none", "True": "yes"}},
        ]});
        assert_eq!(by(&rules, &json!({"k": "1"})).unwrap(), json!({"k": "one"}));
        for other in [json!(1), json!(null), json!(true)] {
            let config = json!({"k": other});
            assert_eq!(by(&rules, &config).unwrap(), config);
        }
    }

    #[test]
    fn a_predicate_judges_what_its_templates_give() {
        let rules = |value: Value, schema: Value| {
            json!({"validations": [{
                "type": "PredicateValidator", "value": value,
                "validation_strategy": {"type": "ValidateAdheresToSchema", "base_schema": schema},
            }]})
        };
        let five = json!({"n": 5});
        let at_least = |least: u64| json!({"type": "integer", "minimum": least});
        for (value, schema) in [
            (json!("{{ config['n'] }}"), at_least(5)),
            (
                json!({"a": {"b": "{{ config['n'] }}"}}),
                json!({"properties": {"a": {"properties": {"b": at_least(5)}}}}),
            ),
            (json!(["{{ config['n'] }}"]), json!({"items": at_least(5)})),
            (json!(null), json!({"type": "null"})),
        ] {
            by(&rules(value, schema), &five).unwrap();
        }
        for (value, schema) in [
            (json!("{{ config['n'] }}"), at_least(6)),
            (json!(["{{ config['n'] }}"]), json!({"items": at_least(6)})),
            (json!(null), at_least(1)),
        ] {
            let broken = by(&rules(value, schema), &five).unwrap_err();
            assert!(broken.message.contains("breaks a rule"), "{broken}");
        }
    }

    #[test]
    fn a_rule_that_is_no_schema_is_refused_where_it_stands() {
        let rules = json!({"validations": [{
            "type": "DpathValidator", "field_path": ["n"],
            "validation_strategy": {"type": "ValidateAdheresToSchema", "base_schema": "{{ config['s'] }}"},
        }]});
        let refused = by(&rules, &json!({"n": 5})).unwrap_err().message;
        let place =
            "spec.config_normalization_rules.validations[0].validation_strategy.base_schema";
        assert!(refused.contains(place), "{refused}");
    }
}
