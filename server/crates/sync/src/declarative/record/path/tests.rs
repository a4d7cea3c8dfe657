//! Paths lead where they lead in Python.

use serde_json::json;

use super::*;

fn path(text: &str) -> Vec<String> {
    text.split('/').map(str::to_owned).collect()
}

#[test]
fn finds_sets_and_deletes() {
    let value = json!({"a": {"b": [{"c": 1}, {"c": 2}]}, "x": {"c": 3}});
    assert_eq!(get(&value, &path("a/b/1/c")), Some(&json!(2)));
    assert_eq!(get(&value, &path("a/z")), None);
    assert_eq!(all(&value, &path("a/b/*/c")), [&json!(1), &json!(2)]);
    assert_eq!(all(&value, &path("*/c")), [&json!(3)]);

    let mut fields = value.as_object().unwrap().clone();
    assert!(set(&mut fields, &path("n/2/m"), json!(1)));
    assert_eq!(fields["n"], json!([null, null, {"m": 1}]));
    assert!(!set(&mut fields, &path("x/c/d"), json!(1)));
    delete(&mut fields, &path("a/b/*/c"), &|value| value == 2);
    assert_eq!(fields["a"], json!({"b": [{}, {"c": 2}]}));
    delete(&mut fields, &path("**/c"), &|_| false);
    assert_eq!(fields["a"], json!({"b": [{}, {}]}));
    assert_eq!(fields["x"], json!({}));
    let mut deep = json!({"a": null, "b": {"c": null, "d": [null, {"e": null, "f": 1}]}});
    delete(deep.as_object_mut().unwrap(), &path("**"), &|value| {
        !value.is_null()
    });
    assert_eq!(deep, json!({"b": {"d": [null, {"f": 1}]}}));
    delete(&mut fields, &path("a/b/0"), &|_| false);
    assert_eq!(fields["a"], json!({"b": [null, {}]}));
}

fn all_at(value: &Value, text: &str) -> Value {
    all(value, &path(text)).into_iter().cloned().collect()
}

#[test]
fn patterns_find_in_the_order_of_python() {
    let value = json!({
        "d": {"ab": [1, 2], "ac": {"rows": 3}, "0": {"rows": 4}},
        "x": {"rows": {"rows": 5}},
    });
    let cases = [
        ("d/a*", json!([[1, 2], {"rows": 3}])),
        ("d/[0-9]/rows", json!([4])),
        ("**/rows", json!([3, 4, {"rows": 5}, 5])),
        ("x/**", json!([{"rows": {"rows": 5}}, {"rows": 5}, 5])),
        ("d/ab/-1", json!([2])),
        ("d/ab/?", json!([1, 2])),
        ("d/ab/*/x", json!([])),
    ];
    for (text, expected) in cases {
        assert_eq!(all_at(&value, text), expected, "{text}");
    }
}

#[test]
fn what_is_there_is_replaced_wherever_the_path_leads() {
    let stream = json!({"a": {"path": 1, "list": [{"path": 2}, 3]}, "path": {"path": 4}});
    let cases = [
        (
            "**/path",
            json!({"a": {"path": 0, "list": [{"path": 0}, 3]}, "path": 0}),
        ),
        (
            "?/[kl]*/-1",
            json!({"a": {"path": 1, "list": [{"path": 2}, 0]}, "path": {"path": 4}}),
        ),
        (
            "a/*",
            json!({"a": {"path": 0, "list": 0}, "path": {"path": 4}}),
        ),
    ];
    for (text, expected) in cases {
        let mut replaced = stream.clone();
        assert!(replace(&mut replaced, &path(text), &json!(0)), "{text}");
        assert_eq!(replaced, expected, "{text}");
    }
    for text in ["a/b", "a/path/x", "z*"] {
        let mut replaced = stream.clone();
        assert!(!replace(&mut replaced, &path(text), &json!(0)), "{text}");
        assert_eq!(replaced, stream, "{text}");
    }
}

#[test]
fn many_stars_are_no_more_work_than_one() {
    let deep = (0..100).fold(json!(1), |inner, _| json!([inner]));
    let stars = vec!["**".to_owned(); 10];
    assert_eq!(all(&deep, &stars), all(&deep, &stars[..1]));
    // All of it but the value itself.
    assert_eq!(all(&deep, &stars).len(), 100);
    let mut fields = Map::from_iter([("deep".to_owned(), deep)]);
    delete(
        &mut fields,
        &path("deep/**/**/**/**/**/**/**/**/z"),
        &|_| false,
    );
    assert_eq!(fields.len(), 1);
}

#[test]
fn a_pattern_that_has_to_find_one_value_finds_no_other() {
    let value = json!({"d": {"abc": [1], "x": 2, "y": 3}});
    assert_eq!(only(&value, &path("d/a*")), Ok(Some(&json!([1]))));
    assert_eq!(only(&value, &path("d/z*")), Ok(None));
    assert_eq!(only(&value, &path("d/x")), Ok(Some(&json!(2))));
    let fault = only(&value, &path("d/[xy]")).unwrap_err();
    assert!(fault.message.contains("d.[xy]"), "{fault}");
}

#[test]
fn patterns_and_places_in_lists_are_deleted_like_in_python() {
    let record = json!({
        "Ab": 1, "z": 2, "n": {"k": ["a", "b", "c"], "m": [{"a": 1}, {"a": 2}]},
    });
    let cases = [
        ("A*", json!({"z": 2, "n": record["n"]})),
        ("?", json!({"Ab": 1})),
        ("[nz]", json!({"Ab": 1})),
        (
            "n/k/2",
            json!({"Ab": 1, "z": 2, "n": {"k": ["a", "b"], "m": record["n"]["m"]}}),
        ),
        (
            "n/k/-1",
            json!({"Ab": 1, "z": 2, "n": {"k": ["a", "b"], "m": record["n"]["m"]}}),
        ),
        (
            "n/k/-3",
            json!({"Ab": 1, "z": 2, "n": {"k": [null, "b", "c"], "m": record["n"]["m"]}}),
        ),
        (
            "n/k/*",
            json!({"Ab": 1, "z": 2, "n": {"k": [null, null], "m": record["n"]["m"]}}),
        ),
        ("n/**", json!({"Ab": 1, "z": 2})),
        (
            "n/**/a",
            json!({"Ab": 1, "z": 2, "n": {"k": record["n"]["k"], "m": [{}, {}]}}),
        ),
        (
            "**/[0-9]",
            json!({"Ab": 1, "z": 2, "n": {"k": [null, null], "m": [null]}}),
        ),
        ("n/k/x*", record.clone()),
    ];
    for (text, expected) in cases {
        let mut fields = record.as_object().unwrap().clone();
        delete(&mut fields, &path(text), &|_| false);
        assert_eq!(Value::from(fields), expected, "{text}");
    }
}
