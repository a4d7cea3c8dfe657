//! A configuration as the pairs its form would post: stored values first, the schema's defaults where nothing is.

use std::collections::BTreeMap;

use serde_json::Value;

use super::{
    build::scalar_text,
    name::Name,
    node::{Kind, Node, OneOf},
    pairs::Pairs,
    root_name,
    secrets::MASK,
};

/// Names of fields whose secret is stored, with the day it was set.
pub type SecretsSet = BTreeMap<String, String>;

pub fn fill(root: &Node, config: Option<&Value>) -> Pairs {
    let mut pairs = Pairs::default();
    put(root, &root_name(), config, &mut pairs);
    pairs
}

/// Pairs of one row that does not exist yet.
pub fn template(item: &Node, name: &Name) -> Pairs {
    let mut pairs = Pairs::default();
    put(item, name, None, &mut pairs);
    pairs
}

fn put(node: &Node, name: &Name, value: Option<&Value>, pairs: &mut Pairs) {
    let value = value
        .filter(|value| !value.is_null())
        .or(node.default.as_ref());
    match &node.kind {
        Kind::Fixed(_) | Kind::Hidden | Kind::Given | Kind::Secret { .. } => {}
        Kind::Group(group) => {
            for (key, child) in &group.properties {
                put(
                    child,
                    &name.child(key),
                    value.and_then(|value| value.get(key)),
                    pairs,
                );
            }
        }
        Kind::OneOf(one_of) => put_branches(one_of, name, value, pairs),
        Kind::Rows(item) => {
            for (index, row) in array(value).enumerate() {
                pairs.push(name.index(index).as_str(), "");
                put(item, &name.index(index), Some(row), pairs);
            }
        }
        Kind::Texts(_) | Kind::Several(_) => {
            for item in array(value) {
                pairs.push(name.as_str(), scalar_text(item));
            }
        }
        Kind::Json => {
            if let Some(value) = value {
                pairs.push(name.as_str(), format!("{value:#}"));
            }
        }
        _ => {
            if let Some(value) = value {
                pairs.push(name.as_str(), scalar_text(value));
            }
        }
    }
}

fn put_branches(one_of: &OneOf, name: &Name, value: Option<&Value>, pairs: &mut Pairs) {
    let chosen = value.map_or(0, |value| one_of.matching(value));
    pairs.push(name.as_str(), chosen.to_string());
    for (index, branch) in one_of.branches.iter().enumerate() {
        let value = value.filter(|_| index == chosen);
        put(&branch.node, &name.index(index), value, pairs);
    }
}

/// Which secret fields hold a value in a masked configuration.
pub fn secrets_set(root: &Node, config: &Value, set_on: &str) -> SecretsSet {
    let mut set = SecretsSet::new();
    mark(root, &root_name(), config, &mut |name| {
        set.insert(name.to_string(), set_on.to_owned());
    });
    set
}

fn mark(node: &Node, name: &Name, value: &Value, found: &mut impl FnMut(&Name)) {
    match &node.kind {
        Kind::Secret { .. } if value == MASK => found(name),
        Kind::Group(group) => {
            for (key, child) in &group.properties {
                if let Some(value) = value.get(key) {
                    mark(child, &name.child(key), value, found);
                }
            }
        }
        Kind::OneOf(one_of) => {
            let chosen = one_of.matching(value);
            mark(
                &one_of.branches[chosen].node,
                &name.index(chosen),
                value,
                found,
            );
        }
        Kind::Rows(item) => {
            for (index, row) in array(Some(value)).enumerate() {
                mark(item, &name.index(index), row, found);
            }
        }
        _ => {}
    }
}

fn array(value: Option<&Value>) -> impl Iterator<Item = &Value> {
    value.and_then(Value::as_array).into_iter().flatten()
}
