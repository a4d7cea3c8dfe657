//! Builds the tree of fields from a JSON Schema.

mod kind;
mod one_of;
mod rules;

use serde_json::Value;

use super::{
    node::{Choice, Group, Kind, Node, Presence, Scalar},
    plain,
    resolve::{Object, resolve},
};

/// Deeper schemas become a JSON field: they are loops, or nothing a person fills in by hand.
const MAX_DEPTH: usize = 12;

/// The document that references point into, and how deep we are in it.
#[derive(Clone, Copy)]
struct At<'a> {
    root: &'a Value,
    depth: usize,
}

impl At<'_> {
    fn below(self) -> Self {
        Self {
            depth: self.depth + 1,
            ..self
        }
    }

    fn resolve(self, schema: &Value) -> Object {
        resolve(self.root, schema)
    }
}

/// The tree of a whole connection specification.
pub fn root(schema: &Value) -> Node {
    let at = At {
        root: schema,
        depth: 0,
    };
    let object = at.resolve(schema);
    let mut node = node(at, &object, "", Presence::Required);
    if !matches!(node.kind, Kind::Group(_) | Kind::OneOf(_)) {
        // A connector without settings; also what a schema that is no object at all amounts to.
        node.kind = Kind::Group(Group {
            properties: Vec::new(),
            sections: Vec::new(),
        });
    }
    node
}

fn node(at: At<'_>, schema: &Object, key: &str, presence: Presence) -> Node {
    let kind = if at.depth > MAX_DEPTH {
        Kind::Json
    } else {
        kind::of(at, schema, presence)
    };
    let form_words = text(schema, "pattern_descriptor").map(|words| plain::text(&words));
    Node {
        label: text(schema, "title").map_or_else(|| plain::label(key), |title| plain::text(&title)),
        hint: hint(schema, form_words.as_deref()),
        example: example(schema, &kind),
        form_words,
        default: schema
            .get("default")
            .filter(|value| !value.is_null())
            .cloned(),
        presence,
        always_shown: schema.get("always_show") == Some(&Value::Bool(true)),
        group: text(schema, "group"),
        rules: rules::of(schema, &kind),
        kind,
    }
}

/// What it is, then the form it takes. Pages put more behind it, so each part is a sentence.
fn hint(schema: &Object, form_words: Option<&str>) -> Option<String> {
    let words = text(schema, "description").and_then(|words| plain::hint(&words));
    let form = form_words
        .filter(|form| !words.as_deref().is_some_and(|words| words.contains(form)))
        .map(|form| format!("Format: {form}"));
    let parts: Vec<String> = words.into_iter().chain(form).map(sentence).collect();
    (!parts.is_empty()).then(|| parts.join(" "))
}

fn sentence(mut words: String) -> String {
    let bare = words.trim_end_matches([')', '"', '”', '’']);
    if !bare.ends_with(['.', '!', '?', ':', '…']) {
        words.push('.');
    }
    words
}

fn example(schema: &Object, kind: &Kind) -> Option<String> {
    if matches!(
        kind,
        Kind::Choice(_) | Kind::Several(_) | Kind::Switch | Kind::Secret { .. }
    ) {
        return None;
    }
    let first = match schema.get("examples").or_else(|| schema.get("example"))? {
        Value::Array(examples) => examples.first()?,
        Value::Object(_) | Value::Null => return None,
        single => single,
    };
    Some(scalar_text(first)).filter(|text| !text.is_empty())
}

fn group(at: At<'_>, schema: &Object) -> Group {
    let required = required(schema);
    let mut properties: Vec<(i64, String, Node)> = members(at, schema)
        .into_iter()
        .map(|(key, member, conditional)| {
            let presence = if required.contains(&key) && !conditional {
                Presence::Required
            } else {
                Presence::Optional
            };
            let order = member
                .get("order")
                .and_then(Value::as_i64)
                .unwrap_or(i64::MAX);
            let node = node(at.below(), &member, &key, presence);
            (order, key, node)
        })
        .collect();
    // A stable sort: what has no order of its own stays as the connector wrote it.
    properties.sort_by_key(|(order, _, node)| (*order, !node.required()));
    Group {
        properties: properties
            .into_iter()
            .map(|(_, key, node)| (key, node))
            .collect(),
        sections: sections(schema),
    }
}

/// Properties of an object, with those that only a condition (`then`, `dependencies` …) names.
fn members(at: At<'_>, schema: &Object) -> Vec<(String, Object, bool)> {
    let mut members: Vec<(String, Object, bool)> = Vec::new();
    let mut add = |properties: Option<&Value>, conditional: bool| {
        for (key, member) in properties.and_then(Value::as_object).into_iter().flatten() {
            if !members.iter().any(|(known, ..)| known == key) {
                members.push((key.clone(), at.resolve(member), conditional));
            }
        }
    };
    add(schema.get("properties"), false);
    for branch in conditional(schema) {
        add(at.resolve(branch).get("properties"), true);
    }
    members
}

fn conditional(schema: &Object) -> impl Iterator<Item = &Value> {
    let listed = ["dependencies", "dependentSchemas"]
        .into_iter()
        .filter_map(|key| schema.get(key)?.as_object())
        .flat_map(|map| map.values());
    ["then", "else"]
        .into_iter()
        .filter_map(|key| schema.get(key))
        .chain(listed)
}

fn required(schema: &Object) -> Vec<String> {
    schema
        .get("required")
        .and_then(Value::as_array)
        .into_iter()
        .flatten()
        .filter_map(|name| Some(name.as_str()?.to_owned()))
        .collect()
}

fn sections(schema: &Object) -> Vec<(String, Option<String>)> {
    schema
        .get("groups")
        .and_then(Value::as_array)
        .into_iter()
        .flatten()
        .filter_map(|group| {
            let id = group.get("id")?.as_str()?.to_owned();
            let title = group.get("title").and_then(Value::as_str).map(plain::text);
            Some((id, title))
        })
        .collect()
}

fn choices(values: &[Value]) -> Vec<Choice> {
    values
        .iter()
        .filter(|value| !value.is_null())
        .map(|value| Choice {
            value: value.clone(),
            label: match value {
                Value::Bool(true) => "Yes".to_owned(),
                Value::Bool(false) => "No".to_owned(),
                other => scalar_text(other),
            },
        })
        .collect()
}

fn scalar_of(name: &str) -> Option<Scalar> {
    match name {
        "string" => Some(Scalar::Text),
        "integer" => Some(Scalar::Whole),
        "number" => Some(Scalar::Number),
        _ => None,
    }
}

fn text(schema: &Object, key: &str) -> Option<String> {
    schema
        .get(key)
        .and_then(Value::as_str)
        .map(str::to_owned)
        .filter(|text| !text.trim().is_empty())
}

/// A value as an input shows it.
pub fn scalar_text(value: &Value) -> String {
    match value {
        Value::Null => String::new(),
        Value::String(text) => text.clone(),
        other => other.to_string(),
    }
}
