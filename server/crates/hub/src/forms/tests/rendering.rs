//! Which control each keyword becomes, in which order and under which heading.

#![expect(clippy::too_many_lines, reason = "a table with one row a case")]

use super::*;

#[test]
fn every_keyword_has_its_control() {
    let text = |value: &str| Control::Text {
        value: value.to_owned(),
        pattern: None,
        multiline: false,
    };
    let cases = [
        (json!({"type": "string"}), text("")),
        (json!({"type": "string", "default": "a"}), text("a")),
        (json!({"type": ["string", "null"]}), text("")),
        (json!({}), text("")),
        (json!({"type": "novelty"}), text("")),
        (
            json!({"anyOf": [{"type": "string"}, {"type": "null"}]}),
            text(""),
        ),
        (
            json!({"type": "string", "multiline": true}),
            Control::Text {
                value: String::new(),
                pattern: None,
                multiline: true,
            },
        ),
        (
            json!({"type": "string", "pattern": "^a$"}),
            Control::Text {
                value: String::new(),
                pattern: Some("^a$".into()),
                multiline: false,
            },
        ),
        (json!({"type": "string", "pattern": "(("}), text("")),
        (
            json!({"type": "string", "airbyte_secret": true, "default": "never"}),
            Control::Secret {
                set_on: None,
                multiline: false,
            },
        ),
        (
            json!({"type": "integer", "minimum": 1, "max": 9}),
            Control::Number {
                value: String::new(),
                min: Some(1.0),
                max: Some(9.0),
                whole: true,
            },
        ),
        (
            json!({"type": "number", "default": 2.5}),
            Control::Number {
                value: "2.5".into(),
                min: None,
                max: None,
                whole: false,
            },
        ),
        (
            json!({"type": "boolean", "default": true}),
            Control::Switch { on: true },
        ),
        (
            json!({"type": "string", "format": "date"}),
            Control::Date {
                value: String::new(),
                with_time: false,
            },
        ),
        (
            json!({"type": "string", "pattern": "^[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}:[0-9]{2}Z$"}),
            Control::Date {
                value: String::new(),
                with_time: true,
            },
        ),
        (
            json!({"type": "string", "format": "upload", "accept": ".csv"}),
            Control::File {
                value: String::new(),
                accept: ".csv".into(),
            },
        ),
        (
            json!({"type": "array", "items": {"type": "integer"}, "default": [1, 2]}),
            Control::Texts {
                values: vec!["1".into(), "2".into()],
            },
        ),
        (json!({"type": "array"}), Control::Texts { values: vec![] }),
        (
            json!({"type": "object"}),
            Control::Json {
                value: String::new(),
            },
        ),
        (
            json!({"type": "array", "items": {"type": "array", "items": {"type": "string"}}, "default": []}),
            Control::Json { value: "[]".into() },
        ),
    ];
    for (schema, expected) in cases {
        assert_eq!(control(schema.clone()), expected, "{schema}");
    }
}

#[test]
fn choices_carry_labels_and_can_be_taken_back_when_optional() {
    let labels = |schema: Value| match control(schema) {
        Control::Choice { options, value } => (
            options
                .into_iter()
                .map(|option| option.label)
                .collect::<Vec<_>>(),
            value,
        ),
        Control::Several { options, values } => (
            options.into_iter().map(|option| option.label).collect(),
            values.join("|"),
        ),
        other => panic!("{other:?}"),
    };
    assert_eq!(
        labels(json!({"enum": ["a", "b"], "default": "b"})),
        (vec!["a".into(), "b".into()], "b".into())
    );
    assert_eq!(labels(json!({"enum": [1, 2]})).0, ["Not set", "1", "2"]);
    assert_eq!(
        labels(json!({"oneOf": [{"const": "a", "title": "First"}, {"const": "b"}]})).0,
        ["Not set", "First", "b"]
    );
    assert_eq!(
        labels(json!({"type": "array", "items": {"enum": ["a", "b"]}, "default": ["b"]})),
        (vec!["a".into(), "b".into()], "b".into())
    );
}

#[test]
fn sections_follow_groups_and_order_and_optional_settings_are_folded_away() {
    let form = database().form(Filling::Fresh);
    let shown: Vec<(Option<&str>, Vec<&str>)> = form
        .sections
        .iter()
        .map(|section| {
            (
                section.title.as_deref(),
                section
                    .fields
                    .iter()
                    .map(|field| field.label.as_str())
                    .collect(),
            )
        })
        .collect();
    assert_eq!(
        shown,
        [
            (None, vec!["Host", "Port"]),
            (Some("Login"), vec!["User", "Password"])
        ]
    );
    let more: Vec<&str> = form.more.iter().map(|field| field.label.as_str()).collect();
    assert_eq!(more, ["Schemas", "Tunnel"]);
    let host = field(&form, "host");
    assert_eq!(host.hint.as_deref(), Some("Where the server answers."));
    assert_eq!(host.example.as_deref(), Some("db.example.com"));
    assert!(host.required);
}

#[test]
fn each_part_of_a_hint_is_a_sentence() {
    for (schema, hint) in [
        (
            json!({"type": "string", "description": "Name of the server", "pattern_descriptor": "a name, without port"}),
            "Name of the server. Format: a name, without port.",
        ),
        (
            json!({"type": "string", "description": "Ask first!"}),
            "Ask first!",
        ),
        (
            json!({"type": "string", "description": "Your id (see the docs.)"}),
            "Your id (see the docs.)",
        ),
        (
            json!({"type": "string", "description": "Your id (a number)"}),
            "Your id (a number).",
        ),
        (
            json!({"type": "string", "pattern_descriptor": "https://…"}),
            "Format: https://…",
        ),
    ] {
        let form = property(schema).form(Filling::Fresh);
        assert_eq!(field(&form, "x").hint.as_deref(), Some(hint));
    }
}

#[test]
fn branches_hide_their_constants_and_keep_fields_of_one_name_apart() {
    let form = database().form(Filling::Fresh);
    let Control::OneOf { chosen, branches } = &field(&form, "tunnel").control else {
        panic!("no choice")
    };
    assert_eq!(*chosen, 0);
    let names: Vec<Vec<&str>> = branches
        .iter()
        .map(|branch| {
            branch
                .fields
                .iter()
                .map(|field| field.name.as_str())
                .collect()
        })
        .collect();
    assert_eq!(
        names,
        [
            vec![],
            vec!["tunnel.1.host", "tunnel.1.key", "tunnel.1.port"],
            vec!["tunnel.2.host", "tunnel.2.password"]
        ]
    );
}

#[test]
fn an_optional_choice_that_always_asks_for_something_can_be_left_alone() {
    let schema = json!({"oneOf": [
        {"title": "A", "required": ["a"], "properties": {"a": {"type": "string"}}},
        {"title": "B", "required": ["b"], "properties": {"b": {"type": "string"}}}]});
    let Control::OneOf { branches, .. } = control(schema.clone()) else {
        panic!("no choice")
    };
    assert_eq!(
        branches
            .iter()
            .map(|branch| branch.title.as_str())
            .collect::<Vec<_>>(),
        ["Not set", "A", "B"]
    );
    let schema = property(schema);
    assert_eq!(schema.read(&posted(&[("x", "0")]), None), Ok(json!({})));
    assert_eq!(
        schema.read(&posted(&[("x", "2"), ("x.2.b", "v")]), None),
        Ok(json!({"x": {"b": "v"}}))
    );
}

#[test]
fn rows_have_a_template() {
    let schema = json!({"type": "array", "items": {"type": "object", "required": ["name"], "properties": {
        "name": {"type": "string"}, "size": {"type": "integer", "default": 3}}}, "default": [{"name": "n"}]});
    let Control::Rows { rows, template } = control(schema) else {
        panic!("no rows")
    };
    assert_eq!(
        rows[0]
            .iter()
            .map(|field| field.name.as_str())
            .collect::<Vec<_>>(),
        ["x.0.name", "x.0.size"]
    );
    assert_eq!(template[1].name, "x.#.size");
    assert!(matches!(&template[1].control, Control::Number { value, .. } if value == "3"));
}

#[test]
fn loops_and_root_choices_end_somewhere() {
    let looped = Schema::parse(
        &json!({"definitions": {"node": {"type": "object", "properties": {"next": {"$ref": "#/definitions/node"}}}},
        "$ref": "#/definitions/node"}),
    );
    assert!(!all_fields(&looped.form(Filling::Fresh)).is_empty());
    let itself = Schema::parse(&json!({"$ref": "#"}));
    assert_eq!(itself.read(&[], None), Ok(json!({})));
    let root = Schema::parse(&json!({"oneOf": [
        {"properties": {"kind": {"const": "a"}, "a": {"type": "string"}}, "required": ["a"]},
        {"properties": {"kind": {"const": "b"}, "b": {"type": "string"}}, "required": ["b"]}]}));
    assert_eq!(
        root.read(&posted(&[("_", "1"), ("_.1.b", "v")]), None),
        Ok(json!({"kind": "b", "b": "v"}))
    );
    for schema in [
        json!(true),
        json!(null),
        json!({"type": "string"}),
        json!([]),
    ] {
        assert_eq!(
            Schema::parse(&schema).read(&[], None),
            Ok(json!({})),
            "{schema}"
        );
    }
}

#[test]
fn conditional_properties_have_fields() {
    let schema = Schema::parse(
        &json!({"type": "object", "properties": {"a": {"type": "boolean"}},
        "if": {"properties": {"a": {"const": true}}}, "then": {"properties": {"b": {"type": "string"}}, "required": ["b"]},
        "dependencies": {"a": {"properties": {"c": {"type": "string"}}}}}),
    );
    let form = schema.form(Filling::Fresh);
    assert_eq!(all_fields(&form).len(), 3);
    let errors = schema
        .read(&posted(&[("a", "on")]), None)
        .expect_err("b is missing");
    assert_eq!(errors[0].field, "b");
}

#[test]
fn what_a_person_typed_comes_back_for_every_branch_and_wrong_values_too() {
    let posted = posted(&[
        ("host", "h"),
        ("port", "many"),
        ("user", "u"),
        ("password", "s3cret"),
        ("schemas", "a"),
        ("schemas", "b"),
        ("tunnel", "2"),
        ("tunnel.1.host", "one"),
        ("tunnel.2.host", "two"),
    ]);
    let form = database().form(Filling::Posted {
        pairs: &posted,
        stored: None,
    });
    let value = |name: &str| match &field(&form, name).control {
        Control::Text { value, .. } | Control::Number { value, .. } => value.clone(),
        Control::Texts { values } => values.join(","),
        Control::OneOf { chosen, .. } => chosen.to_string(),
        other => panic!("{other:?}"),
    };
    assert_eq!(
        [
            "host",
            "port",
            "schemas",
            "tunnel",
            "tunnel.1.host",
            "tunnel.2.host"
        ]
        .map(value),
        ["h", "many", "a,b", "2", "one", "two"]
    );
    assert!(!format!("{form:?}").contains("s3cret"));
}
