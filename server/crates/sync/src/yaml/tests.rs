//! What is read, where it stands, and what is refused.

use std::fmt::Write as _;

use serde_json::json;

use super::*;

fn value(text: &str) -> Value {
    parse(text).unwrap().into_value()
}

#[test]
fn reads_what_python_reads() {
    let text = "a: 'x'\nb: [1, 2.5, true, null, n, yes, 'yes']\nc: &c\n  d: 1\n  f: 0\ne:\n  <<: *c\n  f: \"{{ config['g'] }}\"\n200: x\n";
    let expected = json!({
        "a": "x", "b": [1, 2.5, true, null, "n", true, "yes"], "c": {"d": 1, "f": 0},
        "e": {"d": 1, "f": "{{ config['g'] }}"}, "200": "x",
    });
    assert_eq!(value(text), expected);
    assert_eq!(
        value(r#"{"a": [1, {"b": "c"}]}"#),
        json!({"a": [1, {"b": "c"}]})
    );
    assert_eq!(value(""), Value::Null);
}

#[test]
fn everything_knows_its_place_and_keys_that_come_twice_are_told() {
    let read = parse("a: 1\nb:\n  - c: x\n    a: y\na: 2\n").unwrap();
    let Node::Map(fields) = &read.node else {
        panic!("{read:?}")
    };
    let at = |line, column| Mark {
        text: 0,
        line,
        column,
    };
    assert_eq!(fields.repeated, [("a".to_owned(), at(5, 1))]);
    assert_eq!(fields.get("b").unwrap().at, at(2, 1));
    let Node::List(items) = &fields.get("b").unwrap().value.node else {
        panic!("{fields:?}")
    };
    let Node::Map(inner) = &items[0].node else {
        panic!("{items:?}")
    };
    assert_eq!(inner.get("a").unwrap().at, at(4, 5));
    assert_eq!(inner.get("a").unwrap().value.at, at(4, 8));
    assert_eq!(
        read.into_value(),
        json!({"a": 2, "b": [{"c": "x", "a": "y"}]})
    );
}

#[test]
fn refuses_bombs() {
    let mut bomb = "a0: &a0 [x, x, x, x, x, x, x, x, x, x]\n".to_owned();
    for i in 1..9 {
        let line = vec![format!("*a{}", i - 1); 10].join(", ");
        writeln!(bomb, "a{i}: &a{i} [{line}]").unwrap();
    }
    let nested = |depth| format!("{}{}", "[".repeat(depth), "]".repeat(depth));
    let (deep, deeper) = (nested(100), nested(5_000));
    let large = "x".repeat(MAX_BYTES + 1);
    for (text, why) in [
        (bomb.as_str(), "too many values"),
        (&deep, "nested too deeply"),
        (&deeper, "recursion limit"),
        (&large, "larger than 4 MiB"),
        ("a: [", ""),
        ("b: 1\na: *b", ""),
        ("a: &a [*a]", ""),
        ("--- 1\n--- 2", "more than one document"),
        ("a: !!python/object x", "python/object"),
    ] {
        let broken = parse(text).unwrap_err().to_string();
        assert!(broken.contains(why), "{broken}");
    }
    assert_eq!(parse("a: 1\nb: !x y").unwrap_err().at.line, 2);
}

#[test]
fn a_long_text_may_not_be_repeated_without_end() {
    let long = "x".repeat(500_000);
    let times = |count| format!("a: &a \"{long}\"\nb: [{}]\n", vec!["*a"; count].join(", "));
    assert_eq!(value(&times(10))["b"][9], json!(long));
    // The same text inside forty values, each with a name of its own.
    let opened = (0..40)
        .map(|n| format!("&n{n} ["))
        .collect::<Vec<_>>()
        .concat();
    let named = format!("{opened}\"{long}\"{}", "]".repeat(40));
    for text in [times(40), named] {
        let broken = parse(&text).unwrap_err();
        assert_eq!(broken.why, "its aliases repeat too much text");
    }
}

#[test]
fn aliases_do_not_nest_deeper_than_brackets_may() {
    let around = |inner: &str| format!("{}{inner}{}", "[".repeat(50), "]".repeat(50));
    let once = format!("a0: &a0 {}\n", around("x"));
    assert!(parse(&once).is_ok());
    let chained = format!("{once}a1: {}\n", around("*a0"));
    let broken = parse(&chained).unwrap_err();
    assert_eq!(
        (broken.why.as_str(), broken.at.line),
        ("it is nested too deeply", 2)
    );
}
