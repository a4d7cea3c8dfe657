//! What sources call things, and what PostgreSQL can bear.

use serde_json::{Map, Value, json};
use sync::fault::Kind;
use sync::load::{Fence, Keyed, News, RunOptions, Upserted, upsert};
use time::OffsetDateTime;

use super::world::{World, catalog, complete, fenced, ids, record, stream};

#[tokio::test]
async fn odd_names_become_tables_and_columns_of_their_own() {
    let world = World::new("odd").await;
    let names = [
        "Order Lines",
        "order lines",
        "quo\"te; DROP TABLE x --",
        "new\nline",
        "😀",
        "",
        "select",
        "a.b",
        "Ünïcode",
        "1st",
        "_tributary_state",
    ];
    let streams = names.map(|name| stream(name, &json!({"Key \"A\"": {"type": "string"}, "key-a": {"type": "string"}, "key a": {"type": "string"}, "_airbyte_meta": {"type": "string"}, "😀": {"type": "integer"}}), &json!({})));
    let data = json!({"Key \"A\"": "1", "key-a": "2", "key a": "3", "_airbyte_meta": "4", "😀": 5, "\"": "not asked for"});
    let lines: Vec<_> = names
        .iter()
        .flat_map(|name| [record(name, &data), complete(name)])
        .collect();
    let receipts = world.load_well(&catalog(&streams), &lines).await;
    let tables: Vec<_> = receipts
        .iter()
        .map(|receipt| receipt.table.as_str())
        .collect();
    assert_eq!(
        tables,
        [
            "Order_Lines",
            "order_lines",
            "quo_te__DROP_TABLE_x___",
            "new_line",
            "_",
            "default_name_00000000",
            "select",
            "a_b",
            "Unicode",
            "_1st",
            "_tributary_state_1"
        ]
    );
    for table in tables {
        assert_eq!(
            world
                .rows(&format!(
                    "SELECT \"Key__A_\", key_a, key_a_1, _airbyte_meta_1, _ FROM \"{table}\""
                ))
                .await,
            ["1|2|3|4|5"],
            "{table}"
        );
    }
}

#[tokio::test]
async fn long_names_that_agree_in_their_first_63_characters_stay_apart() {
    let world = World::new("long").await;
    let names = ["x", "y"].map(|end| format!("{}{end}", "long_".repeat(14)));
    let streams = names.clone().map(|name| {
        stream(
            &name,
            &json!({&names[0]: {"type": "integer"}, &names[1]: {"type": "integer"}}),
            &json!({}),
        )
    });
    let lines: Vec<_> = names
        .iter()
        .flat_map(|name| {
            [
                record(name, &json!({&names[0]: 1, &names[1]: 2})),
                complete(name),
            ]
        })
        .collect();
    let receipts = world.load_well(&catalog(&streams), &lines).await;
    assert_eq!(world.tables().await.len(), 2);
    assert!(
        receipts
            .iter()
            .all(|receipt| receipt.table.len() == 63 && receipt.rows_after == 1)
    );
}

#[tokio::test]
async fn five_hundred_streams_in_one_run() {
    let world = World::new("five_hundred").await;
    let names: Vec<_> = (0..500).map(|n| format!("stream {n:03}")).collect();
    let streams: Vec<_> = names
        .iter()
        .map(|name| {
            stream(
                name,
                &json!({"id": {"type": "integer"}}),
                &json!({"destination_sync_mode": "overwrite"}),
            )
        })
        .collect();
    let lines: Vec<_> = names
        .iter()
        .flat_map(|name| [ids(name, 0..3), vec![complete(name)]].concat())
        .collect();
    let receipts = world.load_well(&catalog(&streams), &lines).await;
    assert_eq!(
        receipts
            .iter()
            .map(|receipt| receipt.rows_after)
            .sum::<u64>(),
        1500
    );
    assert_eq!(world.tables().await.len(), 500);
    // A schema this wide does not fit into one DROP.
    for tables in world.tables().await.chunks(100) {
        let list: Vec<_> = tables.iter().map(|table| format!("\"{table}\"")).collect();
        world.run(&format!("DROP TABLE {}", list.join(", "))).await;
    }
}

#[tokio::test]
async fn as_many_columns_as_a_table_holds_work_and_one_more_is_refused_before_anything_happens() {
    let world = World::new("wide").await;
    let wide = |count: usize| {
        let properties: serde_json::Map<_, _> = (0..count)
            .map(|n| (format!("f{n}"), json!({"type": "boolean"})))
            .collect();
        catalog(&[stream("wide", &properties.into(), &json!({}))])
    };
    world
        .load_well(
            &wide(1596),
            &[
                record("wide", &json!({"f0": true, "f1595": false})),
                complete("wide"),
            ],
        )
        .await;
    assert_eq!(world.rows("SELECT f0, f1595 FROM wide").await, ["t|f"]);
    let fault = world
        .load(&wide(1597), &[complete("wide")], RunOptions::default())
        .await
        .result
        .unwrap_err();
    assert_eq!(
        (fault.kind, fault.stream.as_deref()),
        (Kind::Config, Some("wide"))
    );
}

#[tokio::test]
async fn a_row_too_wide_for_a_page_is_told_and_nothing_is_half_written() {
    let world = World::new("too_wide").await;
    let properties: serde_json::Map<_, _> = (0..1500)
        .map(|n| (format!("f{n}"), json!({"type": "integer"})))
        .collect();
    let data: serde_json::Map<_, _> = (0..1500).map(|n| (format!("f{n}"), json!(n))).collect();
    let catalog = catalog(&[stream("wide", &properties.into(), &json!({}))]);
    let fault = world
        .load(
            &catalog,
            &[record("wide", &data.into()), complete("wide")],
            RunOptions::default(),
        )
        .await
        .result
        .unwrap_err();
    assert_eq!(
        (&fault.kind, fault.stream.as_deref()),
        (&Kind::Data, Some("wide"))
    );
    assert!(
        fault.message.contains("larger than PostgreSQL can store"),
        "{fault}"
    );
    assert_eq!(world.tables().await, [""; 0]);
}

const EURO: &str = "Price (€)";
const DOLLAR: &str = "Price ($)";
const POUND: &str = "Price (£)";

/// One run of a stream with these fields, with one record.
async fn sync(world: &World, token: i64, fields: &[&str], settings: &Value, data: &Value) {
    let property = |field: &&str| ((*field).to_owned(), json!({"type": "string"}));
    let properties: Map<_, _> = fields.iter().map(property).collect();
    let catalog = catalog(&[stream("prices", &properties.into(), settings)]);
    let lines = [record("prices", data), complete("prices")];
    let finished = world.load(&catalog, &lines, fenced(token)).await;
    finished.result.expect("it goes well");
}

#[tokio::test]
async fn a_column_keeps_its_field_whatever_comes_before_it_or_is_left_out() {
    let world = World::new("keeps").await;
    let append = json!({});
    let data = json!({EURO: "1 €", DOLLAR: "1 $"});
    sync(&world, 1, &[EURO, DOLLAR], &append, &data).await;
    let data = json!({DOLLAR: "2 $", EURO: "2 €"});
    sync(&world, 2, &[DOLLAR, EURO], &append, &data).await;
    sync(&world, 3, &[DOLLAR], &append, &json!({DOLLAR: "3 $"})).await;
    let data = json!({POUND: "4 £", DOLLAR: "4 $", EURO: "4 €"});
    sync(&world, 4, &[POUND, DOLLAR, EURO], &append, &data).await;
    assert_eq!(
        world
            .rows(r#"SELECT "Price____", "Price_____1", "Price_____2" FROM prices ORDER BY 2"#)
            .await,
        ["1 €|1 $|∅", "2 €|2 $|∅", "∅|3 $|∅", "4 €|4 $|4 £"]
    );
}

#[tokio::test]
async fn a_table_that_is_replaced_keeps_its_names_and_forgets_those_it_no_longer_has() {
    let world = World::new("replaced_names").await;
    let overwrite = json!({"destination_sync_mode": "overwrite"});
    let data = json!({EURO: "1 €", DOLLAR: "1 $"});
    sync(&world, 1, &[EURO, DOLLAR], &overwrite, &data).await;
    for token in [2, 3] {
        sync(&world, token, &[DOLLAR], &overwrite, &json!({DOLLAR: "$"})).await;
        assert_eq!(
            world.rows(r#"SELECT "Price_____1" FROM prices"#).await,
            ["$"]
        );
    }
    let remembered = "SELECT field, column_name FROM _tributary_columns";
    assert_eq!(world.rows(remembered).await, ["Price ($)|Price_____1"]);
}

#[tokio::test]
async fn a_table_from_before_names_were_remembered_goes_on_with_its_columns() {
    let world = World::new("older_names").await;
    let append = json!({});
    for token in [1, 2, 3] {
        if token == 2 {
            world.run("DROP TABLE _tributary_columns").await;
        }
        let fields = if token == 3 {
            [DOLLAR, EURO]
        } else {
            [EURO, DOLLAR]
        };
        let data = json!({EURO: format!("{token} €"), DOLLAR: format!("{token} $")});
        sync(&world, token, &fields, &append, &data).await;
    }
    assert_eq!(
        world
            .rows(r#"SELECT "Price____", "Price_____1" FROM prices ORDER BY 1"#)
            .await,
        ["1 €|1 $", "2 €|2 $", "3 €|3 $"]
    );
}

#[tokio::test]
async fn news_fill_the_columns_that_the_sync_has_filled() {
    let world = World::new("news_names").await;
    let dedup = json!({"destination_sync_mode": "append_dedup", "primary_key": [["no"]]});
    let data = json!({"no": "7", EURO: "1 €", DOLLAR: "1 $"});
    sync(&world, 1, &["no", EURO, DOLLAR], &dedup, &data).await;
    let into = Keyed {
        table: "prices",
        key: &["no".to_owned()],
        cursor: None,
    };
    let record = Map::from_iter([
        ("no".to_owned(), json!("7")),
        (DOLLAR.to_owned(), json!("2 $")),
        (POUND.to_owned(), json!("no column is its own yet")),
    ]);
    let at = OffsetDateTime::from_unix_timestamp(1_800_000_000).unwrap();
    let fence = Fence {
        key: "webhook/con_1".to_owned(),
        states: None,
        token: 1,
    };
    let counts = upsert(&world.target, &into, &[News { record, at }], fence).await;
    let one = Upserted {
        written: 1,
        ..Upserted::default()
    };
    assert_eq!(counts.unwrap(), Some(one));
    assert_eq!(
        world
            .rows(r#"SELECT no, "Price____", "Price_____1" FROM prices"#)
            .await,
        ["7|1 €|2 $"]
    );
}
