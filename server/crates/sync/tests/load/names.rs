//! What sources call things, and what PostgreSQL can bear.

#[path = "remembered.rs"]
mod remembered;

use serde_json::json;
use sync::fault::Kind;
use sync::load::RunOptions;

use super::world::{World, catalog, complete, fenced, ids, record, record_at, stream};

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

/// PostgreSQL gives every table some columns of its own, which no other may be called by.
#[tokio::test]
async fn a_field_called_as_a_column_of_postgresql_itself_gets_a_name_beside_it() {
    let world = World::new("system_columns").await;
    let fields = ["ctid", "xmin", "cmin", "xmax", "cmax", "tableoid"];
    let chosen = |count: usize| {
        let property = |field: &&str| ((*field).to_owned(), json!({"type": "number"}));
        let properties: serde_json::Map<_, _> = fields[..count].iter().map(property).collect();
        let settings = json!({"destination_sync_mode": "append_dedup", "primary_key": [["ctid"]]});
        catalog(&[stream("places", &properties.into(), &settings)])
    };
    // At first without most of them: a table that is there gets them, too.
    for (token, count, x) in [(1, 2, 0.5), (2, fields.len(), 2.5)] {
        let data = json!({"ctid": 1, "xmin": x, "cmin": 2, "xmax": 3, "cmax": 4, "tableoid": 5});
        let lines = [
            record_at("places", &data, 1_700_000_000_000 + token),
            complete("places"),
        ];
        let finished = world.load(&chosen(count), &lines, fenced(token)).await;
        let receipts = finished.result.expect("it goes well");
        assert_eq!(receipts[0].problem(), None, "{receipts:#?}");
    }
    assert_eq!(
        world
            .rows("SELECT ctid_1, xmin_1, cmin_1, xmax_1, cmax_1, tableoid_1 FROM places")
            .await,
        ["1|2.5|2|3|4|5"]
    );
    assert_eq!(
        world
            .rows("SELECT field, column_name FROM _tributary_columns ORDER BY field LIMIT 2")
            .await,
        ["cmax|cmax_1", "cmin|cmin_1"]
    );
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
