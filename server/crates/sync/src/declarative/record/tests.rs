//! A record of which only some fields are read comes out as one of which all are read.

use serde_json::json;

use super::transform::{AddFields, RemoveFields};
use super::*;

const RECORDS: [&str; 10] = [
    r#"{"a":1,"b":{"c":[1,2],"d":"x"},"e":"text","n":null}"#,
    "{ \"e\" : \"t\\u00e9\\\"xt\" ,\n \"a\" : 1.50, \"b\" : { \"d\" : null } }",
    r#"{"b":{"d":[]},"z":[{"a":7}],"a":"{\"a\":2}"}"#,
    r#"{"\u0061":1,"b":{}}"#,
    r#"{"a":1,"a":2,"b":{"d":1},"b":{"c":3}}"#,
    r#"{"a":false,"new":{"x":1},"e":""}"#,
    r#"{"a":"é, }","new":null,"b":[{"d":1}]}"#,
    r#"{"a":12345678901234567890123,"b":{"d":-0.0}}"#,
    "{}",
    r#" {"x":true} "#,
];

fn added(fields: &Value, condition: &str) -> Transformation {
    let node = json!({"type": "AddFields", "fields": fields, "condition": condition});
    Transformation::Add(AddFields::read(&Node::new(&node, "add").unwrap()).unwrap())
}

fn removed(pointers: &Value, condition: &str) -> Transformation {
    let node = json!({"type": "RemoveFields", "field_pointers": pointers, "condition": condition});
    Transformation::Remove(RemoveFields::read(&Node::new(&node, "remove").unwrap()).unwrap())
}

fn filter(condition: &str) -> Text {
    Text::compile(condition, Value::Null.into(), "filter").unwrap()
}

fn value(path: &[&str], template: &str) -> Value {
    json!({"path": path, "value": template})
}

fn selectors() -> Vec<(Option<Text>, Vec<Transformation>)> {
    vec![
        (
            None,
            vec![added(&json!([value(&["new"], "{{ record['a'] }}")]), "")],
        ),
        (
            None,
            vec![added(
                &json!([value(&["a"], "{{ record.e }}-{{ config.x }}")]),
                "",
            )],
        ),
        (
            None,
            vec![added(
                &json!([
                    value(&["b", "k"], "{{ record.b.d }}"),
                    value(&["m"], "{{ record.b.k }}")
                ]),
                "{{ value }}",
            )],
        ),
        (
            None,
            vec![added(
                &json!([value(&["new", "x"], "{{ record.get('e', 5) }}")]),
                "",
            )],
        ),
        (
            None,
            vec![added(
                &json!([value(&["all"], "{{ record | length }}")]),
                "",
            )],
        ),
        (None, vec![removed(&json!([["a"], ["b", "d"]]), "")]),
        (
            None,
            vec![removed(
                &json!([["b", "*"], ["n"]]),
                "{{ property is none }}",
            )],
        ),
        (None, vec![removed(&json!([["**", "d"]]), "")]),
        (
            None,
            vec![
                removed(&json!([["a"]]), ""),
                added(&json!([value(&["a"], "again")]), ""),
            ],
        ),
        (Some(filter("{{ record.a == 1 }}")), vec![]),
        (
            Some(filter("{{ 'e' in record }}")),
            vec![removed(&json!([["e"]]), "")],
        ),
        (
            Some(filter("{{ record.new is defined }}")),
            vec![added(
                &json!([value(&["new"], "{{ record.b['c'] }}")]),
                "{{ record.b.c }}",
            )],
        ),
        (
            None,
            vec![added(&json!([value(&["new"], "{{ record.a.b.c }}")]), "")],
        ),
        (None, vec![added(&json!([value(&["a", "b"], "1")]), "")]),
    ]
}

#[test]
fn both_ways_give_the_same_record() {
    let mut told = 0;
    for first in [false, true] {
        for (at, (filter, transformations)) in selectors().into_iter().enumerate() {
            let mut selector = Selector {
                touch: Touch::of(filter.as_ref(), &transformations),
                filter,
                transformations,
                transform_first: first,
                ..Selector::plain(Extractor::whole())
            };
            told += u32::from(selector.touch.is_some());
            let quick = RECORDS.map(|record| selected(&selector, record));
            selector.touch = None;
            let whole = RECORDS.map(|record| selected(&selector, record));
            assert_eq!(quick, whole, "selector {at}");
        }
    }
    assert_eq!(told, 20, "of 28 selectors");
}

/// The record as it goes out, read again: how a number is spelled does not matter, the order of fields does.
fn selected(selector: &Selector, record: &str) -> Vec<String> {
    let config = json!({"x": "y"});
    let scope = Scope::new().json("config", &config);
    let view = View {
        scope: &scope,
        wanted: None,
        schema: &Value::Null,
    };
    let mut seen = Vec::new();
    let result = selector.select(Item::Raw(record), view, &mut |record| {
        let mut out = Vec::new();
        record.write(&mut out)?;
        let value: Value = serde_json::from_slice(&out).unwrap();
        seen.push(value.to_string());
        Ok(())
    });
    if let Err(fault) = result {
        seen.push(format!("{fault} {:?}", fault.detail));
    }
    seen
}
