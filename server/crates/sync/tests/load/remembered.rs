//! Which column a field fills is remembered: over runs, over other choices of fields, over a renaming.

use std::time::Duration;

use airbyte::protocol::ConfiguredAirbyteCatalog;
use serde_json::{Map, Value, json};
use sync::fault::Kind;
use sync::load::{Fence, Keyed, News, Upserted, upsert};
use time::OffsetDateTime;

use crate::world::{Load, World, catalog, complete, fenced, record, stream};

const EURO: &str = "Price (€)";
const DOLLAR: &str = "Price ($)";
const POUND: &str = "Price (£)";

/// A stream with these fields.
fn prices(fields: &[&str], settings: &Value) -> ConfiguredAirbyteCatalog {
    let property = |field: &&str| ((*field).to_owned(), json!({"type": "string"}));
    let properties: Map<_, _> = fields.iter().map(property).collect();
    catalog(&[stream("prices", &properties.into(), settings)])
}

/// One run of that stream, with one record. Gives what the log says.
async fn sync(
    world: &World,
    token: i64,
    fields: &[&str],
    settings: &Value,
    data: &Value,
) -> Vec<String> {
    let lines = [record("prices", data), complete("prices")];
    let catalog = prices(fields, settings);
    let finished = world.load(&catalog, &lines, fenced(token)).await;
    finished.result.expect("it goes well");
    finished.logs
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

#[tokio::test]
async fn a_field_that_is_renamed_keeps_its_column_where_the_table_is_replaced() {
    let world = World::new("renamed_replaced").await;
    let overwrite = json!({"destination_sync_mode": "overwrite"});
    for (token, field) in [(1, "full name"), (2, "full_name"), (3, "full-name")] {
        let logs = sync(&world, token, &[field], &overwrite, &json!({field: field})).await;
        assert_eq!(logs, [""; 0]);
        assert_eq!(world.rows("SELECT full_name FROM prices").await, [field]);
    }
    let remembered = "SELECT field, column_name FROM _tributary_columns";
    assert_eq!(world.rows(remembered).await, ["full-name|full_name"]);
}

#[tokio::test]
async fn a_field_that_is_renamed_gets_a_column_of_its_own_where_rows_are_kept_and_the_log_says_so()
{
    let world = World::new("renamed_kept").await;
    let append = json!({});
    sync(
        &world,
        1,
        &["full name"],
        &append,
        &json!({"full name": "Anna"}),
    )
    .await;
    let logs = sync(
        &world,
        2,
        &["full_name"],
        &append,
        &json!({"full_name": "Ben"}),
    )
    .await;
    assert_eq!(logs.len(), 1, "{logs:?}");
    for words in ["“full_name” of “prices”", "“full_name_1”", "“full name”"] {
        assert!(logs[0].contains(words), "{logs:?}");
    }
    assert_eq!(
        world
            .rows("SELECT full_name, full_name_1 FROM prices ORDER BY 1")
            .await,
        ["Anna|∅", "∅|Ben"]
    );
    let logs = sync(
        &world,
        3,
        &["full_name"],
        &append,
        &json!({"full_name": "Eva"}),
    )
    .await;
    assert_eq!(logs, [""; 0], "it is said once");
}

#[tokio::test]
async fn a_very_long_name_of_a_field_stops_no_run() {
    let world = World::new("long_field").await;
    let append = json!({});
    // No two stretches of it are alike, so that PostgreSQL cannot make it shorter.
    let digits = |n: u32| format!("{:08x}", n.wrapping_mul(2_654_435_761));
    let long: String = (1..1000).map(digits).collect();
    for token in [1, 2] {
        let data = json!({long.as_str(): "there", "short": "too"});
        sync(&world, token, &[&long, "short"], &append, &data).await;
    }
    let columns = world.rows("SELECT attname FROM pg_attribute WHERE attrelid = 'prices'::regclass AND attnum > 0 AND attname NOT LIKE '\\_airbyte%' ORDER BY attnum").await;
    assert_eq!((columns.len(), columns[1].as_str()), (2, "short"));
    let rows = format!("SELECT \"{}\", short FROM prices", columns[0]);
    assert_eq!(world.rows(&rows).await, ["there|too"; 2]);
    let remembered = "SELECT field FROM _tributary_columns";
    assert_eq!(world.rows(remembered).await, ["short"]);
}

/// A run that wants to remember the two prices while another has remembered, but not yet committed, one of them.
async fn run_that_is_too_late(world: &World) -> Load {
    let schema = &world.target.schema;
    sync(world, 1, &["no"], &json!({}), &json!({"no": "1"})).await;
    world
        .run(&format!(
            "BEGIN; INSERT INTO _tributary_columns VALUES ('{schema}', 'prices', '{EURO}', 'first')"
        ))
        .await;
    let mut load = world.start(&prices(&["no", EURO, DOLLAR], &json!({})), fenced(2));
    let data = json!({"no": "2", EURO: "2 €", DOLLAR: "2 $"});
    load.feed(&[record("prices", &data), complete("prices")])
        .await;
    let waits = "SELECT count(*) FROM pg_locks WHERE NOT granted AND locktype = 'transactionid' AND transactionid = pg_current_xact_id()::xid";
    while world.rows(waits).await == ["0"] {
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
    load
}

#[tokio::test]
async fn the_name_that_was_remembered_first_stands() {
    let world = World::new("first_name").await;
    let load = run_that_is_too_late(&world).await;
    world.run("COMMIT").await;
    load.finish().await.result.expect("it goes well");
    assert_eq!(
        world.rows("SELECT no, first FROM prices ORDER BY no").await,
        ["1|∅", "2|2 €"]
    );
}

#[tokio::test]
async fn a_run_that_is_superseded_remembers_nothing() {
    let world = World::new("superseded_names").await;
    let load = run_that_is_too_late(&world).await;
    world
        .run("UPDATE _tributary_fence SET token = 3; COMMIT")
        .await;
    let fault = load.finish().await.result.unwrap_err();
    assert_eq!(fault.kind, Kind::Cancelled, "{fault}");
    let remembered = "SELECT field, column_name FROM _tributary_columns ORDER BY column_name";
    assert_eq!(world.rows(remembered).await, ["Price (€)|first", "no|no"]);
}
