//! Splits a configuration into what may be shown and what must be sealed.

use std::collections::BTreeMap;

use serde_json::Value;

use super::{
    build::scalar_text,
    node::{Kind, Node},
};

/// Stands where a secret is: ten asterisks, as Airbyte's API writes them.
pub const MASK: &str = "**********";

/// The secrets of a configuration by JSON pointer. Lives in memory and inside a seal only: no `Debug`.
#[derive(Clone, Default)]
pub struct SecretValues(BTreeMap<String, Value>);

impl SecretValues {
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// The text that is sealed.
    pub fn to_json(&self) -> Vec<u8> {
        serde_json::to_vec(&self.0).expect("a map of texts to JSON values is JSON")
    }

    pub fn from_json(bytes: &[u8]) -> Result<Self, serde_json::Error> {
        serde_json::from_slice(bytes).map(Self)
    }

    /// The whole configuration: every mask replaced by its secret.
    pub fn join(&self, masked: &Value) -> Value {
        let mut config = masked.clone();
        for (pointer, secret) in &self.0 {
            if let Some(place) = config.pointer_mut(pointer) {
                *place = secret.clone();
            }
        }
        config
    }
}

pub fn split(root: &Node, config: &Value) -> (Value, SecretValues) {
    let mut masked = config.clone();
    let mut secrets = SecretValues::default();
    mask(root, &mut masked, "", &mut secrets);
    (masked, secrets)
}

fn mask(node: &Node, value: &mut Value, pointer: &str, secrets: &mut SecretValues) {
    match &node.kind {
        Kind::Secret { .. } | Kind::Given if value != MASK => {
            let secret = std::mem::replace(value, MASK.into());
            secrets.0.insert(pointer.to_owned(), secret);
        }
        Kind::Group(group) => {
            for (key, child) in &group.properties {
                let pointer = format!("{pointer}/{}", key.replace('~', "~0").replace('/', "~1"));
                if let Some(value) = value.get_mut(key) {
                    mask(child, value, &pointer, secrets);
                }
            }
        }
        // When nothing says which branch it is, what any of them calls secret is secret.
        Kind::OneOf(one_of) => {
            let fitting: Vec<&Node> = one_of
                .branches
                .iter()
                .map(|branch| &branch.node)
                .filter(|node| node.fits(value))
                .collect();
            for node in fitting {
                mask(node, value, pointer, secrets);
            }
        }
        Kind::Rows(item) => {
            for (index, row) in value.as_array_mut().into_iter().flatten().enumerate() {
                mask(item, row, &format!("{pointer}/{index}"), secrets);
            }
        }
        _ => {}
    }
}

/// Masks of `config` become the secrets that `stored` holds at the same places, whose JSON pointers come along.
pub fn keep_masked(root: &Node, config: &Value, stored: &Value) -> (Value, Vec<String>) {
    let (_, known) = split(root, stored);
    let mut config = config.clone();
    let mut kept = Vec::new();
    for (pointer, secret) in known.0 {
        if let Some(place) = config.pointer_mut(&pointer).filter(|place| **place == MASK) {
            *place = secret;
            kept.push(pointer);
        }
    }
    (config, kept)
}

/// Whether the mask stands anywhere in place of a value.
pub fn holds_mask(config: &Value) -> bool {
    match config {
        Value::String(text) => text.trim() == MASK,
        Value::Object(fields) => fields.values().any(holds_mask),
        Value::Array(items) => items.iter().any(holds_mask),
        _ => false,
    }
}

/// Leaves out every secret that is set: whoever fills in this form may not make use of it.
pub fn remove_masks(config: &mut Value) {
    match config {
        Value::Object(fields) => {
            fields.retain(|_, value| value != MASK);
            fields.values_mut().for_each(remove_masks);
        }
        Value::Array(items) => {
            items.retain(|item| item != MASK);
            items.iter_mut().for_each(remove_masks);
        }
        _ => {}
    }
}

/// Title and value of every visible setting that is no secret.
pub fn settings(root: &Node, config: &Value) -> Vec<(String, String)> {
    let mut lines = Vec::new();
    walk(root, config, &mut |node, value| {
        if !matches!(node.kind, Kind::Secret { .. }) {
            lines.push((node.label.clone(), words(node, value)));
        }
    });
    lines
}

pub fn set_titles(root: &Node, config: &Value) -> Vec<String> {
    let mut titles = Vec::new();
    walk(root, config, &mut |node, _| {
        if matches!(node.kind, Kind::Secret { .. }) {
            titles.push(node.label.clone());
        }
    });
    titles
}

fn walk(node: &Node, value: &Value, seen: &mut impl FnMut(&Node, &Value)) {
    match &node.kind {
        Kind::Fixed(_) | Kind::Hidden | Kind::Given => {}
        Kind::Group(group) => {
            for (key, child) in &group.properties {
                if let Some(value) = value.get(key) {
                    walk(child, value, seen);
                }
            }
        }
        Kind::OneOf(one_of) => {
            let branch = &one_of.branches[one_of.matching(value)];
            seen(node, &Value::from(branch.title.as_str()));
            walk(&branch.node, value, seen);
        }
        Kind::Rows(item) => {
            for row in value.as_array().into_iter().flatten() {
                walk(item, row, seen);
            }
        }
        _ => seen(node, value),
    }
}

fn words(node: &Node, value: &Value) -> String {
    match (&node.kind, value) {
        (Kind::Choice(options), value) => options
            .iter()
            .find(|option| option.value == *value)
            .map_or_else(|| scalar_text(value), |option| option.label.clone()),
        (_, Value::Bool(true)) => "Yes".to_owned(),
        (_, Value::Bool(false)) => "No".to_owned(),
        (_, Value::Array(items)) => items.iter().map(scalar_text).collect::<Vec<_>>().join(", "),
        (_, other) => scalar_text(other),
    }
}
