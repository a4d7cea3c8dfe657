//! Posted pairs become the configuration a connector expects.

#![expect(
    clippy::too_many_lines,
    clippy::type_complexity,
    reason = "a table with one row a case"
)]

use super::*;

#[test]
fn values_get_their_types_and_empty_optional_ones_are_left_out() {
    let cases: Vec<(Value, &[(&str, &str)], Value)> = vec![
        (
            json!({"type": "string"}),
            &[("x", "  a b ")],
            json!({"x": "a b"}),
        ),
        (json!({"type": "string"}), &[("x", "  ")], json!({})),
        (
            json!({"type": "string", "multiline": true}),
            &[("x", " a\r\nb\r\n")],
            json!({"x": " a\nb\n"}),
        ),
        (
            json!({"type": "integer"}),
            &[("x", " 42 ")],
            json!({"x": 42}),
        ),
        (
            json!({"type": "number"}),
            &[("x", "2.5")],
            json!({"x": 2.5}),
        ),
        (json!({"type": "number"}), &[("x", "2")], json!({"x": 2})),
        (
            json!({"type": "boolean"}),
            &[("x", "on")],
            json!({"x": true}),
        ),
        (
            json!({"type": "boolean"}),
            &[("x", "false"), ("x", "true")],
            json!({"x": true}),
        ),
        (json!({"type": "boolean"}), &[], json!({})),
        (
            json!({"type": "boolean", "default": true}),
            &[],
            json!({"x": false}),
        ),
        (json!({"enum": [1, 2]}), &[("x", "2")], json!({"x": 2})),
        (json!({"enum": ["a", "b"]}), &[("x", "")], json!({})),
        (
            json!({"type": "array", "items": {"enum": ["a", "b"]}}),
            &[("x", "b"), ("x", "a"), ("x", "zzz")],
            json!({"x": ["b", "a"]}),
        ),
        (
            json!({"type": "array", "items": {"type": "integer"}}),
            &[("x", "1"), ("x", "2\r\n3\r\n")],
            json!({"x": [1, 2, 3]}),
        ),
        (
            json!({"type": "array", "items": {"type": "string"}}),
            &[("x", ""), ("x", " ")],
            json!({}),
        ),
        (
            json!({"type": "object"}),
            &[("x", "{\"a\": [1]}")],
            json!({"x": {"a": [1]}}),
        ),
        (json!({"const": 7}), &[], json!({"x": 7})),
        (
            json!({"type": "string", "airbyte_hidden": true, "default": "h"}),
            &[("x", "forged")],
            json!({"x": "h"}),
        ),
        (
            json!({"type": "object", "airbyte_hidden": true, "properties": {"key": {"type": "string", "airbyte_secret": true}}}),
            &[("x", "forged"), ("x.key", "forged")],
            json!({}),
        ),
        (
            json!({"type": "string", "airbyte_secret": true}),
            &[("x", "key\r\n")],
            json!({"x": "key"}),
        ),
        (
            json!({"type": "string", "airbyte_secret": true}),
            &[("x", " padded ")],
            json!({"x": " padded "}),
        ),
        (
            json!({"type": "integer", "airbyte_secret": true}),
            &[("x", "12")],
            json!({"x": 12}),
        ),
        (
            json!({"type": "string", "format": "upload"}),
            &[("x", "upload://upl_1")],
            json!({"x": "upload://upl_1"}),
        ),
    ];
    for (schema, pairs, expected) in cases {
        assert_eq!(
            property(schema.clone()).read(&posted(pairs), None),
            Ok(expected),
            "{schema} {pairs:?}"
        );
    }
}

#[test]
fn dates_are_spelled_as_the_connector_wants_them() {
    let z = r"^[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}:[0-9]{2}Z$";
    let cases = [
        (
            json!({"format": "date-time", "pattern": z}),
            "2026-01-31T08:30",
            "2026-01-31T08:30:00Z",
        ),
        (
            json!({"format": "date-time", "pattern": z}),
            "2026-01-31",
            "2026-01-31T00:00:00Z",
        ),
        (
            json!({"format": "date-time", "pattern": z}),
            "2026-01-31T08:30:00Z",
            "2026-01-31T08:30:00Z",
        ),
        (
            json!({"format": "date-time", "pattern": r"^[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}:[0-9]{2}.[0-9]{3}Z$"}),
            "2026-01-31T08:30",
            "2026-01-31T08:30:00.000Z",
        ),
        (
            json!({"format": "date-time"}),
            "2026-01-31T08:30",
            "2026-01-31T08:30:00Z",
        ),
        (
            json!({"format": "date-time", "pattern": r"^$|^[0-9]{4}-[0-9]{2}-[0-9]{2}(T[0-9]{2}:[0-9]{2}:[0-9]{2}Z)?$"}),
            "2026-01-31",
            "2026-01-31",
        ),
        (json!({"format": "date"}), "2026-01-31", "2026-01-31"),
    ];
    for (mut schema, typed, spelled) in cases {
        schema["type"] = json!("string");
        assert_eq!(
            property(schema.clone()).read(&posted(&[("x", typed)]), None),
            Ok(json!({"x": spelled})),
            "{schema} {typed}"
        );
    }
}

#[test]
fn the_chosen_branch_brings_its_constant_and_only_its_own_values() {
    let config = database()
        .read(
            &posted(&[
                ("host", "h"),
                ("port", "5432"),
                ("user", "u"),
                ("schemas", "public"),
                ("tunnel", "1"),
                ("tunnel.1.host", "jump"),
                ("tunnel.1.port", "22"),
                ("tunnel.1.key", "-----BEGIN\r\nabc\r\n-----END\r\n"),
                ("tunnel.2.password", "other"),
            ]),
            None,
        )
        .expect("valid");
    assert_eq!(
        config,
        json!({"host": "h", "port": 5432, "user": "u", "schemas": ["public"],
            "tunnel": {"method": "key", "host": "jump", "port": 22, "key": "-----BEGIN\nabc\n-----END\n"}})
    );
    assert!(database().check(&config).is_empty());
}

#[test]
fn an_untouched_optional_choice_is_left_out() {
    let config = database().read(
        &posted(&[("host", "h"), ("port", "1"), ("user", "u"), ("tunnel", "0")]),
        None,
    );
    assert_eq!(config, Ok(json!({"host": "h", "port": 1, "user": "u"})));
}

#[test]
fn an_optional_group_counts_only_when_something_was_typed() {
    let schema = property(
        json!({"type": "object", "required": ["host"], "properties": {
        "host": {"type": "string"}, "port": {"type": "integer", "default": 22}, "fast": {"type": "boolean"}}}),
    );
    assert_eq!(
        schema.read(&posted(&[("x.host", ""), ("x.port", "22")]), None),
        Ok(json!({}))
    );
    let errors = schema
        .read(&posted(&[("x.port", "23")]), None)
        .expect_err("host is missing");
    assert_eq!(
        errors,
        [model::FieldError::new("x.host", "Fill in “Host”.")]
    );
    assert_eq!(
        schema.read(&posted(&[("x.host", "h"), ("x.port", "22")]), None),
        Ok(json!({"x": {"host": "h", "port": 22}}))
    );
}

#[test]
fn rows_may_have_holes_and_blank_rows_vanish() {
    let schema = property(
        json!({"type": "array", "items": {"type": "object", "required": ["name"], "properties": {
        "name": {"type": "string", "title": "Name"}, "size": {"type": "integer", "default": 3}}}}),
    );
    let pairs = posted(&[
        ("x.1.name", "a"),
        ("x.1.size", "3"),
        ("x.4.name", ""),
        ("x.4.size", "3"),
        ("x.10.name", "b"),
        ("x.10.size", ""),
    ]);
    assert_eq!(
        schema.read(&pairs, None),
        Ok(json!({"x": [{"name": "a", "size": 3}, {"name": "b"}]}))
    );
    let errors = schema
        .read(&posted(&[("x.0.name", "a"), ("x.7.size", "9")]), None)
        .expect_err("no name");
    assert_eq!(
        errors,
        [model::FieldError::new("x.7.name", "Fill in “Name”.")]
    );
    let errors = schema
        .read(&posted(&[("x.7.name", "a"), ("x.7.size", "big")]), None)
        .expect_err("no number");
    assert_eq!(errors[0].field, "x.7.size");
}

#[test]
fn keys_with_dots_are_one_field() {
    let schema = Schema::parse(
        &json!({"properties": {"a.b": {"type": "string"}, "a": {"properties": {"b": {"type": "string"}}}}}),
    );
    let config = schema.read(&posted(&[("a%2Eb", "1"), ("a.b", "2")]), None);
    assert_eq!(config, Ok(json!({"a.b": "1", "a": {"b": "2"}})));
}

#[test]
fn a_draft_keeps_what_can_be_read() {
    let draft = database().read_leniently(&posted(&[("host", "h"), ("port", "many")]), None);
    assert_eq!(draft, json!({"host": "h"}));
}
