//! The tree of fields with its values as a form ready to show.

use model::{Branch, ChoiceOption, Control, Field, Form, Section};
use serde_json::Value;

use super::{
    build::scalar_text,
    fill::{self, SecretsSet},
    name::Name,
    node::{Choice, Group, Kind, Node, OneOf},
    pairs::Pairs,
    root_name,
};

/// What rendering looks up by field name.
struct Values<'a> {
    pairs: &'a Pairs,
    set: &'a SecretsSet,
}

pub fn form(root: &Node, pairs: &Pairs, set: &SecretsSet) -> Form {
    let values = Values { pairs, set };
    match &root.kind {
        Kind::Group(group) => sections(group, &values),
        _ => Form {
            sections: vec![Section {
                title: None,
                fields: vec![field(root, &root_name(), &values)],
            }],
            ..empty()
        },
    }
}

/// Token and name belong to the one who opens the form, not to the schema.
fn empty() -> Form {
    Form {
        token: String::new(),
        suggested_name: String::new(),
        sections: Vec::new(),
        more: Vec::new(),
        sign_in: None,
    }
}

/// Fields without a group come first, then the schema's groups in their order, then groups it never listed.
fn sections(group: &Group, values: &Values<'_>) -> Form {
    let mut titles: Vec<(Option<String>, Option<String>)> = vec![(None, None)];
    titles.extend(
        group
            .sections
            .iter()
            .map(|(id, title)| (Some(id.clone()), title.clone())),
    );
    for (_, node) in &group.properties {
        if !titles.iter().any(|(id, _)| *id == node.group) {
            titles.push((node.group.clone(), None));
        }
    }
    let mut form = empty();
    for (id, title) in titles {
        let mut fields = Vec::new();
        let members = group
            .properties
            .iter()
            .filter(|(_, node)| node.group == id && node.visible());
        for (key, node) in members {
            let shown = node.required() || node.always_shown || node.asks_secret();
            let target = if shown { &mut fields } else { &mut form.more };
            target.push(field(node, &root_name().child(key), values));
        }
        if !fields.is_empty() {
            form.sections.push(Section { title, fields });
        }
    }
    form
}

fn fields(group: &Group, name: &Name, values: &Values<'_>) -> Vec<Field> {
    group
        .properties
        .iter()
        .filter(|(_, node)| node.visible())
        .map(|(key, node)| field(node, &name.child(key), values))
        .collect()
}

fn field(node: &Node, name: &Name, values: &Values<'_>) -> Field {
    Field {
        name: name.to_string(),
        label: node.label.clone(),
        hint: node.hint.clone(),
        example: node.example.clone(),
        required: node.required(),
        control: control(node, name, values),
    }
}

fn control(node: &Node, name: &Name, values: &Values<'_>) -> Control {
    let value = || values.pairs.last(name).unwrap_or_default().to_owned();
    let several = || values.pairs.all(name).to_vec();
    match &node.kind {
        Kind::Text { multiline } => Control::Text {
            value: value(),
            pattern: node
                .rules
                .get("pattern")
                .and_then(Value::as_str)
                .map(str::to_owned),
            multiline: *multiline,
        },
        Kind::Secret { multiline, .. } => Control::Secret {
            set_on: values.set.get(name.as_str()).cloned(),
            multiline: *multiline,
        },
        Kind::Number { whole } => Control::Number {
            value: value(),
            min: limit(node, "minimum"),
            max: limit(node, "maximum"),
            whole: *whole,
        },
        Kind::Switch => Control::Switch {
            on: super::read::is_on(values.pairs.last(name)),
        },
        Kind::Choice(options) => choice(node, options, value()),
        Kind::Several(options) => Control::Several {
            values: several(),
            options: self::options(options),
        },
        Kind::Date { with_time } => Control::Date {
            value: value(),
            with_time: *with_time,
        },
        Kind::Texts(_) => Control::Texts { values: several() },
        Kind::Rows(item) => rows(item, name, values),
        Kind::Group(group) => Control::Group {
            fields: fields(group, name, values),
        },
        Kind::OneOf(one_of) => branches(one_of, name, values),
        Kind::File { accept } => Control::File {
            value: value(),
            accept: accept.clone(),
        },
        Kind::Json | Kind::Fixed(_) | Kind::Hidden | Kind::Given => {
            Control::Json { value: value() }
        }
    }
}

/// An optional choice can be taken back.
fn choice(node: &Node, options: &[Choice], value: String) -> Control {
    let mut options = self::options(options);
    if !node.required() && node.default.is_none() {
        options.insert(
            0,
            ChoiceOption {
                value: String::new(),
                label: "Not set".to_owned(),
            },
        );
    }
    Control::Choice { value, options }
}

fn options(options: &[Choice]) -> Vec<ChoiceOption> {
    options
        .iter()
        .map(|option| ChoiceOption {
            value: scalar_text(&option.value),
            label: option.label.clone(),
        })
        .collect()
}

fn rows(item: &Node, name: &Name, values: &Values<'_>) -> Control {
    let template = Values {
        pairs: &fill::template(item, &name.template()),
        set: &SecretsSet::default(),
    };
    Control::Rows {
        rows: values
            .pairs
            .indices(name)
            .into_iter()
            .map(|index| inner(item, &name.index(index), values))
            .collect(),
        template: inner(item, &name.template(), &template),
    }
}

/// The fields of a row or branch: those of the object, or the single value itself.
fn inner(node: &Node, name: &Name, values: &Values<'_>) -> Vec<Field> {
    match &node.kind {
        Kind::Group(group) => fields(group, name, values),
        _ if node.visible() => vec![field(node, name, values)],
        _ => Vec::new(),
    }
}

fn branches(one_of: &OneOf, name: &Name, values: &Values<'_>) -> Control {
    let branches = one_of
        .branches
        .iter()
        .enumerate()
        .map(|(index, branch)| Branch {
            title: branch.title.clone(),
            hint: branch.hint.clone(),
            fields: inner(&branch.node, &name.index(index), values),
        })
        .collect();
    Control::OneOf {
        chosen: super::read::chosen(one_of, name, values.pairs),
        branches,
    }
}

fn limit(node: &Node, key: &str) -> Option<f64> {
    node.rules.get(key).and_then(Value::as_f64)
}
