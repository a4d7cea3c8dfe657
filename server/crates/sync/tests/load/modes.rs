//! What a table looks like after a sync in each mode.

use serde_json::{Value, json};

use super::world::{World, at_every_state, catalog, complete, record, record_at, state, stream};

fn every_type() -> Value {
    json!({
        "id": {"type": "integer"}, "name": {"type": ["null", "string"]}, "price": {"type": "number"}, "paid": {"type": "boolean"},
        "day": {"type": "string", "format": "date"}, "at": {"type": "string", "format": "date-time"},
        "local": {"type": "string", "format": "date-time", "airbyte_type": "timestamp_without_timezone"},
        "clock": {"type": "string", "format": "time", "airbyte_type": "time_without_timezone"}, "clock_tz": {"type": "string", "format": "time"},
        "tags": {"type": "array"}, "address": {"type": "object"}, "either": {"type": ["string", "integer"]}
    })
}

#[tokio::test]
async fn a_table_has_airbytes_columns_then_the_streams_in_their_order_and_types() {
    let world = World::new("columns").await;
    world
        .load_well(
            &catalog(&[stream("items", &every_type(), &json!({}))]),
            &[complete("items")],
        )
        .await;
    let columns = world
        .rows("SELECT attname, format_type(atttypid, atttypmod), attnotnull FROM pg_attribute WHERE attrelid = 'items'::regclass AND attnum > 0 ORDER BY attnum")
        .await;
    assert_eq!(
        columns,
        [
            "_airbyte_raw_id|character varying|t",
            "_airbyte_extracted_at|timestamp with time zone|t",
            "_airbyte_meta|jsonb|t",
            "_airbyte_generation_id|bigint|f",
            "id|bigint|f",
            "name|character varying|f",
            "price|numeric|f",
            "paid|boolean|f",
            "day|date|f",
            "at|timestamp with time zone|f",
            "local|timestamp without time zone|f",
            "clock|time without time zone|f",
            "clock_tz|time with time zone|f",
            "tags|jsonb|f",
            "address|jsonb|f",
            "either|jsonb|f",
        ]
    );
}

#[tokio::test]
async fn values_of_every_type_arrive_as_they_were() {
    let world = World::new("values").await;
    let full = json!({
        "id": 9_223_372_036_854_775_807_i64, "name": "Zoë \"quoted\"\n😀", "price": 12_345.670_8, "paid": true, "day": "2024-02-29", "at": "2024-02-29T12:00:00.5+02:00",
        "local": "2024-02-29T12:00:00", "clock": "23:59:59.999999", "clock_tz": "12:00:00+02:00", "tags": ["a", {"b": null}], "address": {"city": "Köln", "n": 1.50}, "either": "x"
    });
    let lines = [
        record("items", &full),
        record(
            "items",
            &json!({"id": -1, "price": -0.00001, "day": "0044-03-15 BC", "either": 7}),
        ),
        record("items", &json!({"id": null})),
        complete("items"),
    ];
    let receipts = world
        .load_well(
            &catalog(&[stream("items", &every_type(), &json!({}))]),
            &lines,
        )
        .await;
    assert_eq!(
        (receipts[0].read, receipts[0].rows_after, receipts[0].nulled),
        (3, 3, 0)
    );
    let columns = "id, name, price, paid, day, at, local, clock, clock_tz, tags, address, either";
    assert_eq!(
        world
            .rows(&format!(
                "SELECT {columns} FROM items ORDER BY id DESC NULLS LAST"
            ))
            .await,
        [
            "9223372036854775807|Zoë \"quoted\"\n😀|12345.6708|t|2024-02-29|2024-02-29 10:00:00.5+00|2024-02-29 12:00:00|23:59:59.999999|12:00:00+02|[\"a\", {\"b\": null}]|{\"n\": 1.5, \"city\": \"Köln\"}|\"x\"",
            "-1|∅|-0.00001|∅|0044-03-15 BC|∅|∅|∅|∅|∅|∅|7",
            "∅|∅|∅|∅|∅|∅|∅|∅|∅|∅|∅|∅",
        ]
    );
    assert_eq!(
        world.rows("SELECT DISTINCT _airbyte_extracted_at, _airbyte_meta, _airbyte_generation_id FROM items").await,
        ["2023-11-14 22:13:20+00|{\"changes\": [], \"sync_id\": 42}|1"]
    );
    assert_eq!(world.rows("SELECT count(DISTINCT _airbyte_raw_id), bool_and(_airbyte_raw_id::uuid IS NOT NULL) FROM items").await, ["3|t"]);
}

#[tokio::test]
async fn a_value_that_does_not_fit_becomes_null_and_says_so_and_its_row_stays() {
    let world = World::new("misfits").await;
    let bad = json!({"id": "x", "name": "nul\u{0}byte", "price": "1e999999", "paid": "yes", "day": "2023-02-30", "at": 1_700_000_000, "clock": "25:00:00"});
    let changed = r#"{"type":"RECORD","record":{"stream":"items","data":{"id":2},"emitted_at":1,"meta":{"changes":[{"field":"name","change":"TRUNCATED","reason":"SOURCE_FIELD_SIZE_LIMITATION"}]}}}"#;
    let receipts = world
        .load_well(
            &catalog(&[stream("items", &every_type(), &json!({}))]),
            &[record("items", &bad), changed.to_owned(), complete("items")],
        )
        .await;
    assert_eq!((receipts[0].written, receipts[0].nulled), (2, 6));
    assert_eq!(
        world
            .rows("SELECT id, name, price, paid, day, at, clock FROM items ORDER BY id NULLS FIRST")
            .await,
        ["∅|nulbyte|∅|∅|∅|∅|∅", "2|∅|∅|∅|∅|∅|∅"]
    );
    let noted = world.rows("SELECT c->>'field', c->>'change', c->>'reason' FROM items, jsonb_array_elements(_airbyte_meta->'changes') AS c ORDER BY id NULLS FIRST, 1").await;
    assert_eq!(
        noted,
        [
            "at|NULLED|DESTINATION_SERIALIZATION_ERROR",
            "clock|NULLED|DESTINATION_SERIALIZATION_ERROR",
            "day|NULLED|DESTINATION_SERIALIZATION_ERROR",
            "id|NULLED|DESTINATION_SERIALIZATION_ERROR",
            "name|TRUNCATED|DESTINATION_SERIALIZATION_ERROR",
            "paid|NULLED|DESTINATION_SERIALIZATION_ERROR",
            "price|NULLED|DESTINATION_FIELD_SIZE_LIMITATION",
            "name|TRUNCATED|SOURCE_FIELD_SIZE_LIMITATION",
        ]
    );
}

#[tokio::test]
async fn text_that_postgresql_refuses_in_json_is_mended() {
    let world = World::new("refused_text").await;
    let line = |text: &str| {
        format!(
            r#"{{"type":"RECORD","record":{{"stream":"items","data":{{"name":"{text}","address":{{"{text}":["{text}"]}},"tags":[1e99999]}},"emitted_at":1}}}}"#
        )
    };
    let lines = [
        line(r"a\u0000b"),
        line(r"half \ud83d pair"),
        line(r"\ude00"),
        line(r"whole \ud83d\ude00"),
        complete("items"),
    ];
    world
        .load_well(
            &catalog(&[stream("items", &every_type(), &json!({}))]),
            &lines,
        )
        .await;
    assert_eq!(
        world.rows("SELECT name, address, tags FROM items").await,
        [
            "ab|{\"ab\": [\"ab\"]}|∅",
            "half \u{fffd} pair|{\"half \u{fffd} pair\": [\"half \u{fffd} pair\"]}|∅",
            "\u{fffd}|{\"\u{fffd}\": [\"\u{fffd}\"]}|∅",
            "whole 😀|{\"whole 😀\": [\"whole 😀\"]}|∅"
        ]
    );
}

#[tokio::test]
async fn numbers_keep_every_digit() {
    let world = World::new("digits").await;
    let texts = [
        "0",
        "0.1",
        "123456789012345678901234567890.123456789",
        "1e20",
        "1.5E-10",
        "-99999999",
        "10000.00010",
        "0.00",
        "4e-1",
        "12345678e-4",
    ];
    let lines: Vec<_> = texts.iter().map(|text| format!(r#"{{"type":"RECORD","record":{{"stream":"items","data":{{"name":"{text}","price":{text}}},"emitted_at":1}}}}"#)).chain([complete("items")]).collect();
    world
        .load_well(
            &catalog(&[stream("items", &every_type(), &json!({}))]),
            &lines,
        )
        .await;
    assert_eq!(world.rows("SELECT name FROM items WHERE price IS DISTINCT FROM name::numeric OR scale(price) <> scale(name::numeric)").await, [""; 0], "as PostgreSQL reads the same text");
}

#[tokio::test]
async fn appending_adds_to_what_is_there() {
    let world = World::new("append").await;
    let catalog = catalog(&[stream(
        "items",
        &json!({"id": {"type": "integer"}}),
        &json!({}),
    )]);
    for run in 0..2 {
        let receipts = world
            .load_well(
                &catalog,
                &[
                    record("items", &json!({"id": 1})),
                    state("items", run),
                    complete("items"),
                ],
            )
            .await;
        assert_eq!(receipts[0].rows_before, u64::try_from(run).unwrap());
    }
    assert_eq!(world.rows("SELECT id FROM items").await, ["1", "1"]);
}

fn versions() -> Value {
    json!({"id": {"type": "integer"}, "name": {"type": "string"}, "updated_at": {"type": "string", "format": "date-time"}, "_ab_cdc_deleted_at": {"type": "string"}})
}

fn version(id: i64, name: &str, day: i64, emitted_at: i64) -> String {
    record_at(
        "items",
        &json!({"id": id, "name": name, "updated_at": format!("2024-01-{day:02}T00:00:00Z")}),
        emitted_at,
    )
}

fn dedup() -> Value {
    json!({"destination_sync_mode": "append_dedup", "primary_key": [["id"]], "cursor_field": ["updated_at"]})
}

#[tokio::test]
async fn deduplication_keeps_the_newest_row_of_each_key() {
    let world = World::new("dedup").await;
    let catalog = catalog(&[stream("items", &versions(), &dedup())]);
    let first = [
        version(1, "old", 1, 10),
        version(1, "new", 3, 10),
        version(1, "between", 2, 20),
        version(2, "only", 1, 10),
        complete("items"),
    ];
    let receipts = world.load_well(&catalog, &first).await;
    assert_eq!((receipts[0].inserted, receipts[0].superseded), (2, 2));
    assert_eq!(
        world.rows("SELECT id, name FROM items ORDER BY id").await,
        ["1|new", "2|only"]
    );

    let second = [
        version(1, "late", 2, 99),
        version(2, "same cursor, read later", 1, 20),
        version(3, "first", 1, 10),
        version(3, "came last", 1, 10),
        complete("items"),
    ];
    let receipts = world.load_well(&catalog, &second).await;
    assert_eq!(
        (
            receipts[0].inserted,
            receipts[0].updated,
            receipts[0].superseded
        ),
        (1, 1, 2)
    );
    assert_eq!(
        world.rows("SELECT id, name FROM items ORDER BY id").await,
        ["1|new", "2|same cursor, read later", "3|came last"]
    );
    assert_eq!(
        world
            .rows("SELECT count(*) FROM pg_index WHERE indrelid = 'items'::regclass")
            .await,
        ["1"],
        "one index over the key"
    );
}

#[tokio::test]
async fn the_same_sync_twice_adds_nothing_twice() {
    let world = World::new("twice").await;
    let catalog = catalog(&[stream("items", &versions(), &dedup())]);
    let lines: Vec<_> = (0..1000)
        .map(|id| version(id, "x", 1, 10))
        .chain([state("items", 1), complete("items")])
        .collect();
    world.load_well(&catalog, &lines).await;
    let receipts = world.load_well(&catalog, &lines).await;
    assert_eq!((receipts[0].inserted, receipts[0].rows_after), (0, 1000));
}

#[tokio::test]
async fn rows_committed_in_many_steps_are_the_same_as_in_one() {
    let world = World::new("steps").await;
    let catalog = catalog(&[stream("items", &versions(), &dedup())]);
    let mut lines = Vec::new();
    for step in 0..30 {
        lines.extend((0..20).map(|id| version(id % 7, &format!("{step}"), step % 9 + 1, step)));
        lines.push(state("items", step));
    }
    lines.push(complete("items"));
    let finished = world.load(&catalog, &lines, at_every_state()).await;
    let receipts = finished.result.unwrap();
    assert_eq!(receipts[0].problem(), None, "{receipts:#?}");
    assert_eq!(finished.states.len(), 30);
    assert_eq!(
        world.rows("SELECT DISTINCT name FROM items").await,
        ["26"],
        "day 9, latest extraction"
    );
    assert_eq!(world.rows("SELECT count(*) FROM items").await, ["7"]);
}

#[tokio::test]
async fn rows_deleted_at_the_source_leave_the_table_unless_they_came_back() {
    let world = World::new("cdc").await;
    let catalog = catalog(&[stream("items", &versions(), &dedup())]);
    let gone = |id: i64, day: i64| {
        record(
            "items",
            &json!({"id": id, "updated_at": format!("2024-01-{day:02}T00:00:00Z"), "_ab_cdc_deleted_at": "2024-01-01"}),
        )
    };
    let receipts = world
        .load_well(
            &catalog,
            &[
                version(1, "a", 1, 1),
                version(2, "b", 1, 1),
                version(3, "c", 1, 1),
                gone(3, 2),
                complete("items"),
            ],
        )
        .await;
    assert_eq!((receipts[0].inserted, receipts[0].deletions), (2, 1));
    let receipts = world
        .load_well(
            &catalog,
            &[
                gone(1, 5),
                gone(2, 5),
                version(2, "back", 6, 1),
                gone(9, 1),
                complete("items"),
            ],
        )
        .await;
    assert_eq!(
        (
            receipts[0].removed,
            receipts[0].deletions,
            receipts[0].updated
        ),
        (1, 2, 1)
    );
    assert_eq!(world.rows("SELECT id, name FROM items").await, ["2|back"]);
}

#[tokio::test]
async fn rows_without_a_key_match_nothing_and_stay() {
    let world = World::new("null_keys").await;
    let catalog = catalog(&[stream("items", &versions(), &dedup())]);
    let keyless = || record("items", &json!({"name": "no key"}));
    for expected in [2, 4] {
        let receipts = world
            .load_well(&catalog, &[keyless(), keyless(), complete("items")])
            .await;
        assert_eq!(receipts[0].rows_after, expected);
    }
}
