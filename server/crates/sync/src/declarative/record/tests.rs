//! A record of which only some fields are read comes out as one of which all are read.

use serde_json::json;

use super::transform::{AddFields, RemoveFields};
use super::*;

const RECORDS: [&str; 11] = [
    r#"{"a":1,"b":{"c":[1,2],"d":"x"},"e":"text","n":null}"#,
    "{ \"e\" : \"t\\u00e9\\\"xt\" ,\n \"a\" : 1.50, \"b\" : { \"d\" : null } }",
    r#"{"b":{"d":[]},"z":[{"a":7}],"a":"{\"a\":2}"}"#,
    r#"{"\u0061":1,"b":{}}"#,
    r#"{"a":1,"a":2,"b":{"d":1},"b":{"c":3}}"#,
    r#"{"a":false,"new":{"x":1},"e":""}"#,
    r#"{"a":"é, }","new":null,"b":[{"d":1},{"c":1}]}"#,
    r#"{"a":12345678901234567890123,"b":{"d":-0.0,"d":1}}"#,
    r#"{"b":{"x":{"y":[1,{"d":2}],"z":3},"c":0,"\u0064":1},"n":{"d":1}}"#,
    "{}",
    r#" {"x":true} "#,
];

/// What removes comes before what adds.
const SELECTORS: &str = r#"[
    {"add": [["new"], "{{ record['a'] }}"]},
    {"add": [["a"], "{{ record.e }}-{{ config.x }}"]},
    {"add": [["b", "k"], "{{ record.b.d }}"], "where": "{{ value }}"},
    {"add": [["new", "x"], "{{ record.get('e', 5) }}"]},
    {"add": [["all"], "{{ record | length }}"]},
    {"add": [["new"], "{{ record.a.b.c }}"]},
    {"add": [["a", "b"], "1"]},
    {"remove": [["a"], ["b", "d"]]},
    {"remove": [["b", "d"], ["b", "x", "z"], ["b", "x", "y", "0"], ["n", "d"]]},
    {"remove": [["b", "*"], ["n"]], "if": "{{ property is none }}"},
    {"remove": [["b", "x", "**"]], "if": "{{ property == 3 }}"},
    {"remove": [["**", "d"]]},
    {"remove": [["?", "d"]]},
    {"remove": [["b", "[cd]"], ["n", "*"]]},
    {"remove": [["b", "x", "y", "-1"], ["b", "c", "1"]]},
    {"remove": [["b", "x", "**"]]},
    {"remove": [["b", "x"], ["b", "d"]], "if": "{{ not property }}"},
    {"remove": [["b"], ["b", "d"], ["a"]]},
    {"remove": [["a"]], "add": [["a"], "again"]},
    {"remove": [["b", "d"]], "add": [["b", "d"], "again"]},
    {"remove": [["b", "d"]], "add": [["n"], "{{ record.b.d }}"]},
    {"filter": "{{ record.a == 1 }}"},
    {"filter": "{{ 'e' in record }}", "remove": [["e"]]},
    {"filter": "{{ record.b.d is defined }}", "remove": [["b", "d"]]},
    {"filter": "{{ record.new is defined }}", "add": [["new"], "{{ record.b['c'] }}"], "where": "{{ record.b.c }}"}
]"#;
/// Of them, those that need all fields.
const OPAQUE: usize = 5;

fn selector(parts: &Value) -> Selector {
    let (mut transformations, text) = (Vec::new(), |name: &str| parts[name].as_str().unwrap_or(""));
    if let Some(pointers) = parts.get("remove") {
        let node = json!({"field_pointers": pointers, "condition": text("if")});
        let remove = RemoveFields::read(&Node::new(&node, "").unwrap()).unwrap();
        transformations.push(Transformation::Remove(remove));
    }
    if let Some(add) = parts.get("add") {
        let field = json!({"path": add[0], "value": add[1]});
        let node = json!({"fields": [field], "condition": text("where")});
        let add = AddFields::read(&Node::new(&node, "").unwrap()).unwrap();
        transformations.push(Transformation::Add(add));
    }
    let filter = parts.get("filter").and_then(Value::as_str);
    let filter = filter.map(|text| Text::compile(text, Value::Null.into(), "").unwrap());
    Selector {
        touch: Touch::of(filter.as_ref(), &transformations),
        filter,
        transformations,
        ..Selector::plain(Extractor::whole())
    }
}

#[test]
fn both_ways_give_the_same_record() {
    let selectors: Vec<Value> = serde_json::from_str(SELECTORS).unwrap();
    let mut opaque = 0;
    for parts in &selectors {
        let mut selector = selector(parts);
        opaque += usize::from(selector.touch.is_none());
        for first in [false, true] {
            selector.transform_first = first;
            let quick = RECORDS.map(|record| selected(&selector, record));
            let touch = selector.touch.take();
            let whole = RECORDS.map(|record| selected(&selector, record));
            selector.touch = touch;
            assert_eq!(quick, whole, "{parts}");
        }
    }
    assert_eq!(opaque, OPAQUE);
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
