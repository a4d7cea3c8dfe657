//! The source changes its mind about a stream; the table follows, and no value is lost on the way.

use serde_json::{Value, json};
use sync::fault::Kind;
use sync::load::RunOptions;

use super::world::{World, catalog, complete, record, stream};

async fn sync(world: &World, properties: &Value, data: &Value) {
    world
        .load_well(
            &catalog(&[stream("items", properties, &json!({}))]),
            &[record("items", data), complete("items")],
        )
        .await;
}

async fn type_of(world: &World, column: &str) -> String {
    world.rows(&format!("SELECT format_type(atttypid, atttypmod) FROM pg_attribute WHERE attrelid = 'items'::regclass AND attname = '{column}'")).await.remove(0)
}

#[tokio::test]
async fn new_fields_get_columns_and_gone_ones_keep_theirs() {
    let world = World::new("fields").await;
    sync(
        &world,
        &json!({"id": {"type": "integer"}, "old": {"type": "string"}}),
        &json!({"id": 1, "old": "kept"}),
    )
    .await;
    sync(
        &world,
        &json!({"id": {"type": "integer"}, "new": {"type": "boolean"}}),
        &json!({"id": 2, "new": true, "old": "not selected"}),
    )
    .await;
    assert_eq!(
        world
            .rows("SELECT id, old, new FROM items ORDER BY id")
            .await,
        ["1|kept|∅", "2|∅|t"]
    );
}

/// (name, types before and after, a value of each, the column's type then, both values as text)
type Change = (
    &'static str,
    [Value; 2],
    [Value; 2],
    &'static str,
    [&'static str; 2],
);

fn changed_types() -> [Change; 8] {
    [
        (
            "int_number",
            [json!({"type": "integer"}), json!({"type": "number"})],
            [json!(7), json!(7.5)],
            "numeric",
            ["7", "7.5"],
        ),
        (
            "number_int",
            [json!({"type": "number"}), json!({"type": "integer"})],
            [json!(7.5), json!(8)],
            "numeric",
            ["7.5", "8"],
        ),
        (
            "int_text",
            [json!({"type": "integer"}), json!({"type": "string"})],
            [json!(7), json!("x")],
            "character varying",
            ["7", "x"],
        ),
        (
            "text_int",
            [json!({"type": "string"}), json!({"type": "integer"})],
            [json!("x"), json!(7)],
            "character varying",
            ["x", "7"],
        ),
        (
            "text_json",
            [json!({"type": "string"}), json!({"type": "object"})],
            [json!("x"), json!({"a": 1})],
            "jsonb",
            ["\"x\"", "{\"a\": 1}"],
        ),
        (
            "json_text",
            [json!({"type": "object"}), json!({"type": "string"})],
            [json!({"a": 1}), json!("x")],
            "character varying",
            ["{\"a\": 1}", "x"],
        ),
        (
            "bool_int",
            [json!({"type": "boolean"}), json!({"type": "integer"})],
            [json!(true), json!(3)],
            "character varying",
            ["true", "3"],
        ),
        (
            "date_moment",
            [
                json!({"type": "string", "format": "date"}),
                json!({"type": "string", "format": "date-time"}),
            ],
            [json!("2024-01-01"), json!("2024-01-01T01:00:00+01:00")],
            "timestamp with time zone",
            ["2024-01-01 00:00:00+00", "2024-01-01 00:00:00+00"],
        ),
    ]
}

#[tokio::test]
async fn a_type_that_changes_never_costs_a_value() {
    for (name, [before, after], [first, second], expected_type, expected) in changed_types() {
        let world = World::new(&format!("type_{name}")).await;
        sync(
            &world,
            &json!({"id": {"type": "integer"}, "v": before}),
            &json!({"id": 1, "v": first}),
        )
        .await;
        sync(
            &world,
            &json!({"id": {"type": "integer"}, "v": after}),
            &json!({"id": 2, "v": second}),
        )
        .await;
        assert_eq!(type_of(&world, "v").await, expected_type, "{name}");
        assert_eq!(
            world.rows("SELECT v FROM items ORDER BY id").await,
            expected,
            "{name}"
        );
    }
}

#[tokio::test]
async fn a_limited_column_of_an_older_destination_is_widened() {
    let world = World::new("older").await;
    sync(
        &world,
        &json!({"n": {"type": "number"}, "s": {"type": "string"}}),
        &json!({"n": 1.5}),
    )
    .await;
    world.run("ALTER TABLE items ALTER n TYPE numeric(38,9), ALTER s TYPE varchar(3); ALTER TABLE items DROP COLUMN _airbyte_meta, DROP COLUMN _airbyte_generation_id").await;
    sync(
        &world,
        &json!({"n": {"type": "number"}, "s": {"type": "string"}}),
        &json!({"n": 0.000_000_000_01, "s": "longer than three"}),
    )
    .await;
    assert_eq!(
        world
            .rows("SELECT n, s FROM items WHERE s IS NOT NULL")
            .await,
        ["0.00000000001|longer than three"]
    );
    assert_eq!(
        world
            .rows("SELECT count(*) FROM items WHERE _airbyte_meta IS NOT NULL")
            .await,
        ["2"]
    );
}

#[tokio::test]
async fn a_column_a_view_reads_keeps_its_type_and_the_log_says_so() {
    let world = World::new("view_type").await;
    sync(&world, &json!({"v": {"type": "integer"}}), &json!({"v": 1})).await;
    world
        .run("CREATE VIEW load_view_type.sums AS SELECT sum(v) AS total FROM load_view_type.items")
        .await;
    let changed = catalog(&[stream(
        "items",
        &json!({"v": {"type": "string"}}),
        &json!({}),
    )]);
    let finished = world
        .load(
            &changed,
            &[
                record("items", &json!({"v": "2"})),
                record("items", &json!({"v": "two"})),
                complete("items"),
            ],
            RunOptions::default(),
        )
        .await;
    let receipts = finished.result.unwrap();
    assert_eq!((receipts[0].written, receipts[0].nulled), (2, 1));
    assert!(
        finished
            .logs
            .iter()
            .any(|line| line.contains("a view depends on it")),
        "{:?}",
        finished.logs
    );
    assert_eq!(world.rows("SELECT total FROM sums").await, ["3"]);
}

#[tokio::test]
async fn columns_that_change_together_write_the_table_anew_once() {
    let world = World::alone("rewritten").await;
    let fields =
        |kind: &str| json!({"a": {"type": kind}, "b": {"type": kind}, "c": {"type": kind}});
    let whole = json!({"a": 1, "b": 2, "c": 3});
    sync(&world, &fields("integer"), &whole).await;
    world
        .run("CREATE TABLE public.rewrites (what regclass)")
        .await;
    world.run("CREATE FUNCTION public.note() RETURNS event_trigger LANGUAGE plpgsql AS 'BEGIN INSERT INTO public.rewrites VALUES (pg_event_trigger_table_rewrite_oid()); END'").await;
    world
        .run("CREATE EVENT TRIGGER note ON table_rewrite EXECUTE FUNCTION public.note()")
        .await;
    let parts = json!({"a": 1.5, "b": 2.5, "c": 3.5});
    sync(&world, &fields("number"), &parts).await;
    assert_eq!(
        world.rows("SELECT a, b, c FROM items ORDER BY a").await,
        ["1|2|3", "1.5|2.5|3.5"]
    );
    assert_eq!(
        world.rows("SELECT what FROM public.rewrites").await,
        ["items"]
    );
}

#[tokio::test]
async fn a_column_a_view_reads_does_not_keep_the_others_from_changing() {
    let world = World::new("view_of_one").await;
    let fields =
        |kind: &str| json!({"a": {"type": kind}, "b": {"type": kind}, "c": {"type": kind}});
    let whole = json!({"a": 1, "b": 2, "c": 3});
    sync(&world, &fields("integer"), &whole).await;
    world
        .run("CREATE VIEW load_view_of_one.sums AS SELECT sum(b) AS total FROM load_view_of_one.items")
        .await;
    let parts = json!({"a": 1.5, "b": 4, "c": 3.5});
    sync(&world, &fields("number"), &parts).await;
    assert_eq!(
        world.rows("SELECT a, b, c FROM items ORDER BY a").await,
        ["1|2|3", "1.5|4|3.5"]
    );
    assert_eq!(type_of(&world, "b").await, "bigint");
    assert_eq!(world.rows("SELECT total FROM sums").await, ["6"]);
}

#[tokio::test]
async fn a_table_somebody_else_made_is_never_touched() {
    let world = World::new("foreign").await;
    world.run("CREATE SCHEMA load_foreign; CREATE TABLE load_foreign.items (id INT); INSERT INTO load_foreign.items VALUES (1); CREATE VIEW load_foreign.shown AS SELECT 1 AS one").await;
    for (name, settings) in [
        ("items", json!({})),
        ("items", json!({"destination_sync_mode": "overwrite"})),
        ("shown", json!({})),
    ] {
        let catalog = catalog(&[stream(name, &json!({"id": {"type": "integer"}}), &settings)]);
        let fault = world
            .load(
                &catalog,
                &[record(name, &json!({"id": 2})), complete(name)],
                RunOptions::default(),
            )
            .await
            .result
            .unwrap_err();
        assert_eq!(
            (fault.kind, fault.stream.as_deref()),
            (Kind::Config, Some(name))
        );
        assert!(
            fault.message.contains("not a table made by a sync"),
            "{}",
            fault.message
        );
    }
    assert_eq!(world.rows("SELECT id FROM items").await, ["1"]);
}
