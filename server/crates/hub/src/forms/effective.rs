//! The schema that judges one configuration: choices replaced by the branch that was chosen, so that every error
//! points at one field instead of saying "none of these fit".

use serde_json::{Map, Value, json};

use super::{
    name::Name,
    node::{Group, Kind, Node},
    read::Choices,
    root_name,
};

pub fn schema(root: &Node, choices: &Choices, definitions: &Map<String, Value>) -> Value {
    let mut schema = of(root, &root_name(), choices);
    if let Value::Object(schema) = &mut schema {
        schema.extend(definitions.clone());
    }
    schema
}

fn of(node: &Node, name: &Name, choices: &Choices) -> Value {
    match &node.kind {
        Kind::Fixed(Value::Null) | Kind::Hidden | Kind::Given => json!(true),
        Kind::Fixed(value) => json!({ "const": value }),
        Kind::Group(group) => object(node, group, name, choices),
        Kind::OneOf(one_of) => {
            let chosen = choices.branch(name);
            one_of.branches.get(chosen).map_or_else(
                || json!(true),
                |branch| of(&branch.node, &name.index(chosen), choices),
            )
        }
        Kind::Rows(item) => {
            let rows: Vec<Value> = (0..choices.row_count(name))
                .map(|index| of(item, &name.index(choices.row(name, index)), choices))
                .collect();
            with_items(node, rows.into())
        }
        Kind::Several(options) => {
            let values: Vec<&Value> = options.iter().map(|option| &option.value).collect();
            with_items(node, json!({ "enum": values }))
        }
        _ => Value::Object(node.rules.clone()),
    }
}

fn with_items(node: &Node, items: Value) -> Value {
    let mut rules = node.rules.clone();
    if items.as_array().is_none_or(|rows| !rows.is_empty()) {
        rules.insert("items".to_owned(), items);
    }
    Value::Object(rules)
}

fn object(node: &Node, group: &Group, name: &Name, choices: &Choices) -> Value {
    let properties: Map<String, Value> = group
        .properties
        .iter()
        .map(|(key, child)| (key.clone(), of(child, &name.child(key), choices)))
        .collect();
    let required: Vec<&String> = group
        .properties
        .iter()
        .filter(|(_, child)| child.required() && !matches!(child.kind, Kind::Hidden))
        .map(|(key, _)| key)
        .collect();
    let mut schema = node.rules.clone();
    schema.insert("type".to_owned(), "object".into());
    schema.insert("properties".to_owned(), properties.into());
    schema.insert("required".to_owned(), json!(required));
    Value::Object(schema)
}
