//! What the forms promise, feature by feature, and for every specification at hand.

#![expect(clippy::needless_pass_by_value, reason = "cases are written as values")]

mod explaining;
mod reading;
mod rendering;
mod secrecy;
mod specifications;

use model::{Control, Field, Form};
use serde_json::{Value, json};

use super::{Filling, Schema};

pub fn posted(list: &[(&str, &str)]) -> Vec<(String, String)> {
    list.iter()
        .map(|(name, value)| ((*name).to_owned(), (*value).to_owned()))
        .collect()
}

/// A schema of one property.
pub fn property(schema: Value) -> Schema {
    Schema::parse(&json!({"type": "object", "properties": {"x": schema}}))
}

pub fn required_property(schema: Value) -> Schema {
    Schema::parse(&json!({"type": "object", "required": ["x"], "properties": {"x": schema}}))
}

/// Every field of a form, nested ones included, in order.
pub fn all_fields(form: &Form) -> Vec<&Field> {
    fn add<'a>(fields: &'a [Field], all: &mut Vec<&'a Field>) {
        for field in fields {
            all.push(field);
            match &field.control {
                Control::Group { fields } => add(fields, all),
                Control::OneOf { branches, .. } => {
                    for branch in branches {
                        add(&branch.fields, all);
                    }
                }
                Control::Rows { rows, template } => {
                    for row in rows {
                        add(row, all);
                    }
                    add(template, all);
                }
                _ => {}
            }
        }
    }
    let mut all = Vec::new();
    for section in &form.sections {
        add(&section.fields, &mut all);
    }
    add(&form.more, &mut all);
    all
}

pub fn field<'a>(form: &'a Form, name: &str) -> &'a Field {
    all_fields(form)
        .into_iter()
        .find(|field| field.name == name)
        .unwrap_or_else(|| panic!("no field {name}"))
}

pub fn control(schema: Value) -> Control {
    field(&property(schema).form(Filling::Fresh), "x")
        .control
        .clone()
}

/// What a browser would post if the person changed nothing.
pub fn post_back(form: &Form) -> Vec<(String, String)> {
    let mut pairs = Vec::new();
    for field in all_fields(form)
        .into_iter()
        .filter(|field| !field.name.contains('#'))
    {
        let values = match &field.control {
            Control::Text { value, .. }
            | Control::Number { value, .. }
            | Control::Choice { value, .. }
            | Control::Date { value, .. }
            | Control::File { value, .. }
            | Control::Json { value } => vec![value.clone()],
            Control::Secret { .. } => vec![String::new()],
            Control::Switch { on } => on.then(|| "on".to_owned()).into_iter().collect(),
            Control::Several { values, .. } | Control::Texts { values } => values.clone(),
            Control::OneOf { chosen, .. } => vec![chosen.to_string()],
            Control::Rows { .. } | Control::Group { .. } => Vec::new(),
        };
        pairs.extend(values.into_iter().map(|value| (field.name.clone(), value)));
    }
    pairs
}

/// A database specification with most features in one.
pub fn database() -> Schema {
    Schema::parse(&json!({
        "type": "object",
        "required": ["host", "port", "user"],
        "groups": [{"id": "server"}, {"id": "login", "title": "Login"}, {"id": "safety", "title": "Safety"}],
        "definitions": {"name": {"type": "string", "minLength": 1, "maxLength": 63}},
        "properties": {
            "host": {"type": "string", "title": "Host", "order": 1, "group": "server",
                     "description": "Where the server <b>answers</b>.", "examples": ["db.example.com"]},
            "port": {"type": "integer", "title": "Port", "order": 2, "group": "server",
                     "default": 5432, "minimum": 1, "maximum": 65535},
            "user": {"allOf": [{"$ref": "#/definitions/name"}], "title": "User", "order": 3, "group": "login"},
            "password": {"type": "string", "title": "Password", "airbyte_secret": true, "order": 4, "group": "login"},
            "schemas": {"type": "array", "title": "Schemas", "items": {"type": "string"}, "default": ["public"],
                        "uniqueItems": true, "order": 5},
            "tunnel": {"title": "Tunnel", "order": 6, "group": "safety", "type": "object",
                "oneOf": [
                    {"title": "None", "required": ["method"], "properties": {"method": {"const": "none"}}},
                    {"title": "Key", "required": ["method", "host", "key"], "properties": {
                        "method": {"const": "key"},
                        "host": {"type": "string", "title": "Tunnel host"},
                        "port": {"type": "integer", "title": "Tunnel port", "default": 22},
                        "key": {"type": "string", "title": "Private key", "airbyte_secret": true, "multiline": true}}},
                    {"title": "Password", "required": ["method", "host", "password"], "properties": {
                        "method": {"const": "password"},
                        "host": {"type": "string", "title": "Tunnel host"},
                        "password": {"type": "string", "title": "Tunnel password", "airbyte_secret": true}}}
                ]}
        }
    }))
}
