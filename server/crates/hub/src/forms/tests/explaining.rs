//! Every problem is one plain sentence at its field.

#![expect(
    clippy::too_many_lines,
    clippy::type_complexity,
    reason = "a table with one row a case"
)]

use super::*;

#[test]
fn every_keyword_has_its_sentence() {
    let cases: Vec<(Value, &[(&str, &str)], &str)> = vec![
        (
            json!({"type": "string", "title": "Host"}),
            &[],
            "Fill in “Host”.",
        ),
        (
            json!({"enum": ["a", "b"], "title": "Region"}),
            &[],
            "Choose an answer for “Region”.",
        ),
        (
            json!({"type": "string", "format": "date", "title": "Start"}),
            &[],
            "Fill in “Start” with a date such as 2026-01-31.",
        ),
        (
            json!({"type": "integer"}),
            &[("x", "1.5")],
            "Enter a whole number, for example 10.",
        ),
        (
            json!({"type": "integer", "title": "Port"}),
            &[("x", "abc")],
            "Enter a whole number, for example 5432.",
        ),
        (
            json!({"type": "integer", "title": "Port", "default": 3306}),
            &[("x", "abc")],
            "Enter a whole number, for example 3306.",
        ),
        (
            json!({"type": "number", "examples": [0.5]}),
            &[("x", "abc")],
            "Enter a number, for example 0.5.",
        ),
        (
            json!({"type": "string", "format": "upload", "title": "File"}),
            &[],
            "Choose a file to upload.",
        ),
        (
            json!({"type": "string", "pattern": "^[^/]+$", "pattern_descriptor": "a name or an IP address, without https://"}),
            &[("x", "a/b")],
            "Use a name or an IP address, without https://.",
        ),
        (
            json!({"type": "string", "pattern": "^https://", "pattern_descriptor": "https://…"}),
            &[("x", "a")],
            "Use https://…",
        ),
        (
            json!({"type": "number"}),
            &[("x", "a")],
            "Enter a number, for example 2.5.",
        ),
        (
            json!({"enum": ["a", "b"]}),
            &[("x", "c")],
            "Choose one of the offered values.",
        ),
        (
            json!({"type": "object"}),
            &[("x", "{")],
            "Enter valid JSON, for example {\"name\": \"value\"}.",
        ),
        (
            json!({"type": "object"}),
            &[("x", "[1]")],
            "Fill in these settings.",
        ),
        (
            json!({"type": "string", "pattern": "^[a-z]+$", "pattern_descriptor": "lower-case letters"}),
            &[("x", "A")],
            "Use lower-case letters.",
        ),
        (
            json!({"type": "string", "pattern": "^[a-z]+$", "examples": ["abc"]}),
            &[("x", "A")],
            "This does not have the expected form, for example abc.",
        ),
        (
            json!({"type": "integer", "minimum": 3}),
            &[("x", "2")],
            "Use 3 or more.",
        ),
        (
            json!({"type": "integer", "maximum": 3}),
            &[("x", "4")],
            "Use 3 or less.",
        ),
        (
            json!({"type": "integer", "minimum": 3, "exclusiveMinimum": true}),
            &[("x", "3")],
            "Use more than 3.",
        ),
        (
            json!({"type": "integer", "multipleOf": 5}),
            &[("x", "4")],
            "Use a multiple of 5.",
        ),
        (
            json!({"type": "string", "minLength": 3}),
            &[("x", "ab")],
            "Use at least 3 characters.",
        ),
        (
            json!({"type": "string", "maxLength": 1}),
            &[("x", "ab")],
            "Use at most 1 character.",
        ),
        (
            json!({"type": "string", "format": "email"}),
            &[("x", "ab")],
            "Enter an e-mail address such as ana@example.com.",
        ),
        (
            json!({"type": "string", "format": "date"}),
            &[("x", "soon")],
            "Enter a date such as 2026-01-31.",
        ),
        (
            json!({"type": "string", "format": "date-time"}),
            &[("x", "soon")],
            "Enter a time such as 2026-01-31T00:00:00Z.",
        ),
        (
            json!({"type": "array", "items": {"type": "string"}, "minItems": 2}),
            &[("x", "a")],
            "Add at least 2 entries.",
        ),
        (
            json!({"type": "array", "items": {"type": "string"}, "uniqueItems": true}),
            &[("x", "a"), ("x", "a")],
            "Remove the entry that is there twice.",
        ),
    ];
    for (schema, pairs, sentence) in cases {
        let errors = required_property(schema.clone())
            .read(&posted(pairs), None)
            .expect_err("refused");
        assert_eq!(
            errors,
            [model::FieldError::new("x", sentence)],
            "{schema} {pairs:?}"
        );
    }
}

#[test]
fn errors_inside_a_branch_name_the_field_of_that_branch() {
    let errors = database()
        .read(
            &posted(&[("host", "h"), ("port", "1"), ("user", "u"), ("tunnel", "2")]),
            None,
        )
        .expect_err("incomplete");
    let fields: Vec<&str> = errors.iter().map(|error| error.field.as_str()).collect();
    assert_eq!(fields, ["tunnel.2.host", "tunnel.2.password"]);
}

#[test]
fn alternatives_are_named() {
    let schema = Schema::parse(
        &json!({"properties": {"a": {"type": "string", "title": "Key"}, "b": {"type": "string", "title": "Token"}},
        "anyOf": [{"required": ["a"]}, {"required": ["b"]}]}),
    );
    let errors = schema.read(&[], None).expect_err("one is needed");
    assert_eq!(
        errors,
        [model::FieldError::new("_", "Fill in one of: Key, Token.")]
    );
    assert!(schema.read(&posted(&[("b", "t")]), None).is_ok());
}

#[test]
fn json_configurations_are_judged_by_the_branch_they_show() {
    let config =
        json!({"host": "h", "port": "x", "user": "u", "tunnel": {"method": "password", "host": 3}});
    let errors = database().check(&config);
    let fields: Vec<&str> = errors.iter().map(|error| error.field.as_str()).collect();
    assert_eq!(fields, ["port", "tunnel.2.host", "tunnel.2.password"]);
    assert!(errors.iter().all(|error| !error.detail.contains("\"x\"")));
}

#[test]
fn a_connectors_path_finds_its_field() {
    let config = json!({"host": "h", "tunnel": {"method": "key"}});
    for (path, name) in [
        ("host", Some("host")),
        ("tunnel.key", Some("tunnel.1.key")),
        ("/tunnel/port", Some("tunnel.1.port")),
        ("nowhere", None),
    ] {
        assert_eq!(database().field_name(&config, path).as_deref(), name);
    }
}
