//! `oneOf` and `anyOf`: a choice between sets of fields, or a list of labelled constants.

use serde_json::Value;

use super::{
    super::{
        node::{Branch, Choice, Kind, Node, OneOf, Presence},
        plain,
    },
    At, Object, node, scalar_text, text,
};

/// The choice a schema offers, if it offers one that changes what a person fills in.
pub fn of(at: At<'_>, schema: &Object, presence: Presence) -> Option<Kind> {
    let branches: Vec<Object> = ["oneOf", "anyOf"]
        .into_iter()
        .find_map(|key| schema.get(key)?.as_array())?
        .iter()
        .map(|branch| at.resolve(branch))
        .collect();
    if branches.is_empty() || branches.iter().all(only_conditions) {
        return None;
    }
    if let Some(options) = constants(&branches) {
        return Some(Kind::Choice(options));
    }
    let branches = branches
        .iter()
        .enumerate()
        .map(|(index, branch)| self::branch(at, schema, branch, index))
        .collect();
    Some(Kind::OneOf(skippable(branches, schema, presence)))
}

/// Branches that only say which properties go together stay rules; there is nothing to choose.
fn only_conditions(branch: &Object) -> bool {
    ![
        "properties",
        "type",
        "const",
        "enum",
        "oneOf",
        "anyOf",
        "items",
    ]
    .into_iter()
    .any(|key| branch.contains_key(key))
}

/// `oneOf: [{const: "a", title: "A"}, …]` is an enum with labels.
fn constants(branches: &[Object]) -> Option<Vec<Choice>> {
    branches
        .iter()
        .map(|branch| {
            let value = branch.get("const")?.clone();
            let label = text(branch, "title")
                .map_or_else(|| scalar_text(&value), |title| plain::text(&title));
            Some(Choice { value, label })
        })
        .collect()
}

fn branch(at: At<'_>, schema: &Object, branch: &Object, index: usize) -> Branch {
    let merged = with_common(schema, branch);
    let mut node = node(at.below(), &merged, "", Presence::Required);
    let title = text(branch, "title").map(|title| plain::text(&title));
    // A branch that is a single value takes the choice's own name, or its field would have none.
    if title.is_none() && node.label.is_empty() {
        "Value".clone_into(&mut node.label);
    }
    Branch {
        title: title.unwrap_or_else(|| {
            discriminator(&node).unwrap_or_else(|| format!("Option {}", index + 1))
        }),
        hint: text(branch, "description").and_then(|words| plain::hint(&words)),
        node,
    }
}

/// Properties that stand beside `oneOf` belong to every branch.
fn with_common(schema: &Object, branch: &Object) -> Object {
    let mut merged = branch.clone();
    if let Some(Value::Object(common)) = schema.get("properties") {
        let own = merged
            .entry("properties")
            .or_insert_with(|| Value::Object(Object::new()));
        if let Value::Object(own) = own {
            for (key, member) in common {
                own.entry(key.clone()).or_insert_with(|| member.clone());
            }
        }
        let mut required = super::required(schema);
        required.extend(super::required(branch));
        merged.insert("required".to_owned(), required.into());
    }
    if !merged.contains_key("type") && merged.contains_key("properties") {
        merged.insert("type".to_owned(), "object".into());
    }
    merged
}

fn discriminator(node: &Node) -> Option<String> {
    let Kind::Group(group) = &node.kind else {
        return None;
    };
    group
        .properties
        .iter()
        .find_map(|(_, node)| match &node.kind {
            Kind::Fixed(value) => Some(plain::label(&scalar_text(value))),
            _ => None,
        })
}

/// An optional choice must be possible to leave alone.
fn skippable(mut branches: Vec<Branch>, schema: &Object, presence: Presence) -> OneOf {
    let may_skip = presence == Presence::Optional
        && schema.get("default").is_none_or(Value::is_null)
        && branches.iter().all(|branch| branch.node.asks_input());
    if may_skip {
        let node = Node {
            kind: Kind::Fixed(Value::Null),
            ..branches[0].node.clone()
        };
        branches.insert(
            0,
            Branch {
                title: "Not set".to_owned(),
                hint: None,
                node,
            },
        );
    }
    OneOf { branches, may_skip }
}
