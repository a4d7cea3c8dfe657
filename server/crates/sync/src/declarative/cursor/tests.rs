//! Every scenario of `tests/cases.json` has the slices, the filtered records and the states that the Python runtime
//! (airbyte-cdk 7.39) had in it.

use serde_json::{Value, json};

use super::*;

/// What a scenario gives here, in the form of the table.
fn run(case: &Value) -> Result<Value, Fault> {
    let partitions = case["partitions"].as_array();
    let setting = Setting {
        stream: "s",
        routing: if partitions.is_some() {
            Routing::Partitions
        } else {
            Routing::None
        },
        config: &case["config"],
        state: Some(&case["state"]),
        chosen_field: None,
        appends: false,
    };
    let node = Node::new(&case["cursor"], "incremental_sync")?;
    let cursor = Cursor::read(Some(&node), &setting)?;
    let whole = [json!({"partition": {}})];
    let mut slices = Vec::new();
    cursor.begin();
    let partitions = partitions.map_or(whole.as_slice(), Vec::as_slice);
    for partition in partitions {
        slices.extend(cut(&cursor, partition)?);
    }
    let first = slices.first().cloned().unwrap_or_default();
    let filter = cursor.filter(&first)?;
    let passes: Vec<bool> = list(&case["probe"])
        .iter()
        .map(|v| filter.lets_pass(Some(v)))
        .collect();
    let mut states = read(&cursor, &case["read"], &slices)?;
    let router = partitions
        .last()
        .and_then(|last| last.get("parents"))
        .cloned();
    states.push(cursor.finish(router));
    let slices: Vec<Value> = slices
        .iter()
        .map(|slice| Value::Object(slice.fields()))
        .collect();
    Ok(json!({"slices": slices, "passes": passes, "states": states}))
}

fn list(value: &Value) -> &[Value] {
    value.as_array().map_or(&[], Vec::as_slice)
}

/// The slices of one partition, as the slicer would hand them out.
fn cut(cursor: &Cursor, partition: &Value) -> Result<Vec<Slice>, Fault> {
    let object = |name: &str| partition[name].as_object().cloned().unwrap_or_default();
    let slice = Slice {
        partition: object("partition"),
        extra: object("extra"),
        ..Slice::default()
    };
    let mut slices = Vec::new();
    if let Some(mut windows) = cursor.open(&slice, partition.get("parents"))? {
        while let Some(bounds) = windows.next()? {
            slices.push(Slice {
                cursor: bounds,
                ..slice.clone()
            });
        }
    }
    for (at, slice) in slices.iter().enumerate() {
        cursor.issued(slice, at + 1 == slices.len());
    }
    Ok(slices)
}

/// Reads slices as the scenario says: which one, the values in it, and whether it came to its end.
fn read(cursor: &Cursor, steps: &Value, slices: &[Slice]) -> Result<Vec<Value>, Fault> {
    let mut states = Vec::new();
    for step in list(steps) {
        let at = usize::try_from(step[0].as_u64().unwrap()).unwrap();
        let mut watch = cursor.watch();
        for value in list(&step[1]) {
            watch.observe(Some(value));
        }
        if step[2] == json!(false) {
            cursor.fail(&watch);
        } else {
            states.extend(cursor.close(&slices[at], &watch)?);
        }
    }
    Ok(states)
}

#[test]
fn cursors_do_what_the_python_runtime_does() {
    let cases: Vec<Value> = serde_json::from_str(include_str!("tests/cases.json")).unwrap();
    let mut wrong = Vec::new();
    for case in &cases {
        let python = &case["python"];
        match run(case) {
            Err(_) if python.get("error").is_some() => {}
            Ok(ours) if ours == *python => {}
            Ok(ours) => wrong.push(format!(
                "{}:\n  ours   {ours}\n  python {python}",
                case["name"]
            )),
            Err(fault) => wrong.push(format!(
                "{}:\n  ours   {fault}\n  python {python}",
                case["name"]
            )),
        }
    }
    assert!(
        wrong.is_empty(),
        "{} differ:\n{}",
        wrong.len(),
        wrong.join("\n")
    );
    assert!(cases.len() > 100);
}

fn daily() -> Value {
    json!({
        "type": "DatetimeBasedCursor", "cursor_field": "updated", "datetime_format": "%Y-%m-%d",
        "start_datetime": "2021-01-01", "end_datetime": "2021-01-08", "step": "P1Y", "cursor_granularity": "P1D",
    })
}

fn cursor(routing: Routing, state: &Value) -> Cursor {
    let manifest = daily();
    let node = Node::new(&manifest, "incremental_sync").unwrap();
    let config = json!({});
    let setting = Setting {
        stream: "s",
        routing,
        config: &config,
        state: Some(state),
        chosen_field: None,
        appends: false,
    };
    Cursor::read(Some(&node), &setting).unwrap()
}

#[test]
fn a_slice_is_split_down_to_one_unit() {
    let cursor = cursor(Routing::None, &json!({}));
    let slices = cut(&cursor, &json!({"partition": {}})).unwrap();
    let days = |slice: &Slice| {
        let day = |name: &str| slice.cursor[name].as_str().unwrap()[8..].to_owned();
        format!("{}-{}", day("start_time"), day("end_time"))
    };
    assert_eq!(days(&slices[0]), "01-08");
    let [first, second] = cursor.split(&slices[0], None).unwrap().unwrap();
    assert_eq!(
        (days(&first), days(&second)),
        ("01-04".to_owned(), "05-08".to_owned())
    );
    assert!(cursor.split(&slices[0], Some("P7D")).unwrap().is_none());
    let [one, _] = cursor.split(&first, None).unwrap().unwrap();
    let [one, _] = cursor.split(&one, None).unwrap().unwrap();
    assert_eq!(days(&one), "01-01");
    assert!(cursor.split(&one, None).unwrap().is_none());
}

#[test]
fn a_count_that_was_saved_as_nothing_begins_anew() {
    let manifest = json!({
        "type": "IncrementingCountCursor", "cursor_field": "number", "start_value": "3",
    });
    let node = Node::new(&manifest, "incremental_sync").unwrap();
    let config = json!({});
    let read = |state: Value| {
        let setting = Setting {
            stream: "s",
            routing: Routing::None,
            config: &config,
            state: Some(&state),
            chosen_field: None,
            appends: false,
        };
        Cursor::read(Some(&node), &setting).map(|cursor| cursor.state())
    };
    assert_eq!(read(json!({"number": null})), Ok(json!({"number": 3})));
    assert_eq!(read(json!({"number": 7})), Ok(json!({"number": 7})));
    assert!(read(json!({"number": "many"})).is_err());
}

#[test]
fn too_many_partitions_share_one_position() {
    let cursor = cursor(Routing::Partitions, &json!({}));
    for number in 0..10_002 {
        cut(&cursor, &json!({"partition": {"id": number}})).unwrap();
    }
    let state = cursor.state();
    assert_eq!(state["use_global_cursor"], json!(true));
    assert!(state.get("states").is_none());
}

#[test]
fn old_states_become_partitions() {
    let old = json!({"7": {"updated": "2021-01-01"}, "8": {"updated": "2021-01-02"}});
    let new = json!({"states": [
        {"partition": {"id": "7"}, "cursor": {"updated": "2021-01-01"}},
        {"partition": {"id": "8"}, "cursor": {"updated": "2021-01-02"}},
    ]});
    assert_eq!(migrate_legacy(&old, "id", "updated"), Some(new.clone()));
    for other in [
        json!({}),
        new,
        json!({"updated": "2021"}),
        json!({"7": {"updated": 1, "x": 2}}),
    ] {
        assert_eq!(migrate_legacy(&other, "id", "updated"), None, "{other}");
    }
}

#[test]
fn a_parent_starts_where_its_child_says() {
    for (child, expected) in [
        (
            json!({"parent_state": {"p": {"u": 1}}}),
            Some(json!({"u": 1})),
        ),
        (
            json!({"state": {"c": 5}, "parent_state": {"q": {}}}),
            Some(json!({"c": 5})),
        ),
        (json!({"c": "2021"}), Some(json!({"u": "2021"}))),
        (json!({"__ab_no_cursor_state_message": true}), None),
        (json!({"a": 1, "b": 2}), None),
        (json!({"states": []}), None),
        (json!({}), None),
    ] {
        assert_eq!(parent_state(&child, "p", Some("u")), expected, "{child}");
    }
}

#[test]
fn a_table_that_only_appends_gets_nothing_of_the_lookback_where_old_records_are_left_out_here() {
    let passes = |appends: bool, client_side: bool| {
        let (config, state) = (json!({}), json!({"at": "2026-03-05"}));
        let definition = json!({
            "type": "DatetimeBasedCursor", "cursor_field": "at", "datetime_format": "%Y-%m-%d",
            "start_datetime": "2026-01-01", "lookback_window": "P2D",
            "is_client_side_incremental": client_side,
        });
        let setting = Setting {
            stream: "s",
            routing: Routing::None,
            config: &config,
            state: Some(&state),
            chosen_field: None,
            appends,
        };
        let node = Node::new(&definition, "incremental_sync").unwrap();
        let cursor = Cursor::read(Some(&node), &setting).unwrap();
        let filter = cursor.filter(&Slice::default()).unwrap();
        ["2026-03-03", "2026-03-05"].map(|day| filter.lets_pass(Some(&json!(day))))
    };
    assert_eq!(passes(false, true), [true, true]);
    assert_eq!(passes(true, true), [false, true]);
    assert_eq!(
        passes(true, false),
        [true, true],
        "the API is asked for them"
    );
}
