//! Full refreshes: readers see the old table or the new one, never less, and keep what they have built on it.

use serde_json::{Value, json};
use sync::load::RunOptions;
use sync::receipt::Outcome;

use super::world::{World, catalog, complete, ids, lines, status, stream};

fn overwrite(generation: i64) -> Value {
    json!({"sync_mode": "full_refresh", "generation_id": generation, "minimum_generation_id": generation})
}

fn items(generation: i64) -> airbyte::protocol::ConfiguredAirbyteCatalog {
    catalog(&[stream(
        "items",
        &json!({"id": {"type": "integer"}}),
        &overwrite(generation),
    )])
}

#[tokio::test]
async fn a_refresh_replaces_all_rows_at_once() {
    let world = World::new("refresh").await;
    world
        .load_well(
            &items(1),
            &lines(&[ids("items", 0..10), vec![complete("items")]]),
        )
        .await;
    let receipts = world
        .load_well(
            &items(2),
            &lines(&[ids("items", 100..103), vec![complete("items")]]),
        )
        .await;
    assert_eq!(
        (
            receipts[0].rows_before,
            receipts[0].removed,
            receipts[0].rows_after
        ),
        (10, 10, 3)
    );
    assert_eq!(
        world
            .rows("SELECT id, _airbyte_generation_id FROM items")
            .await,
        ["100|2", "101|2", "102|2"]
    );
    assert_eq!(
        world.tables().await,
        ["items"],
        "nothing of the loader's own is left"
    );
}

#[tokio::test]
async fn whoever_mistakes_an_excuse_for_an_empty_list_empties_no_table() {
    let world = World::new("kept").await;
    let careful = || RunOptions {
        keeps_filled: true,
        ..RunOptions::default()
    };
    let refresh = async |generation, rows: std::ops::Range<i64>| {
        let lines = lines(&[ids("items", rows), vec![complete("items")]]);
        let finished = world.load(&items(generation), &lines, careful()).await;
        finished.result.expect("the load ends").remove(0)
    };
    // There is nothing to lose yet.
    assert_eq!(refresh(1, 0..0).await.outcome, Outcome::Complete);
    assert_eq!(refresh(2, 0..10).await.outcome, Outcome::Complete);
    let kept = refresh(3, 0..0).await;
    assert_eq!((kept.outcome, kept.rows_after), (Outcome::Kept, 10));
    let problem = kept.problem().expect("it is told");
    assert!(problem.contains("10 rows of “items”"), "{problem}");
    assert_eq!(world.tables().await, ["items"]);
    assert_eq!(refresh(4, 0..1).await.rows_after, 1);
}

#[tokio::test]
async fn a_first_refresh_is_open_to_those_the_schema_is_open_to() {
    let world = World::new("first_rights").await;
    world
        .run(
            "DROP ROLE IF EXISTS load_first; CREATE ROLE load_first; CREATE SCHEMA load_first_rights;
             ALTER DEFAULT PRIVILEGES IN SCHEMA load_first_rights GRANT SELECT ON TABLES TO load_first",
        )
        .await;
    world
        .load_well(
            &items(1),
            &lines(&[ids("items", 0..10), vec![complete("items")]]),
        )
        .await;
    let rights = "SELECT grantee, privilege_type FROM information_schema.role_table_grants WHERE table_schema = 'load_first_rights' AND grantee = 'load_first'";
    assert_eq!(world.rows(rights).await, ["load_first|SELECT"]);
    world
        .run(
            "DROP SCHEMA load_first_rights CASCADE; DROP OWNED BY load_first; DROP ROLE load_first",
        )
        .await;
}

#[tokio::test]
async fn while_a_refresh_runs_readers_have_the_old_table() {
    let world = World::new("refresh_readers").await;
    world
        .load_well(
            &items(1),
            &lines(&[ids("items", 0..10), vec![complete("items")]]),
        )
        .await;
    let mut load = world.start(&items(2), super::world::at_every_state());
    // Enough to fill buffers, so that rows are being copied.
    load.feed(&ids("items", 1000..40_000)).await;
    load.feed(&[super::world::state("items", 1)]).await;
    load.until_committed(1).await;
    assert_eq!(
        world.rows("SELECT count(*), max(id) FROM items").await,
        ["10|9"]
    );
    load.feed(&[complete("items")]).await;
    load.finish().await.result.unwrap();
    assert_eq!(
        world.rows("SELECT count(*), min(id) FROM items").await,
        ["39000|1000"]
    );
}

#[tokio::test]
async fn a_refresh_that_breaks_off_changes_nothing() {
    let world = World::new("refresh_broken").await;
    world
        .load_well(
            &items(1),
            &lines(&[ids("items", 0..10), vec![complete("items")]]),
        )
        .await;
    for last_words in [vec![], vec![status("items", "INCOMPLETE")]] {
        let finished = world
            .load(
                &items(2),
                &lines(&[
                    vec![status("items", "STARTED")],
                    ids("items", 50..9000),
                    last_words,
                ]),
                super::world::at_every_state(),
            )
            .await;
        let receipts = finished.result.unwrap();
        assert_eq!(
            (
                receipts[0].outcome,
                receipts[0].discarded,
                receipts[0].rows_after
            ),
            (Outcome::Incomplete, 8950, 10)
        );
        assert!(receipts[0].problem().is_some());
    }
    assert_eq!(
        world.rows("SELECT count(*), max(id) FROM items").await,
        ["10|9"]
    );
    assert_eq!(world.tables().await, ["items"]);
}

#[tokio::test]
async fn clearing_a_stream_empties_its_table() {
    let world = World::new("clear").await;
    world
        .load_well(
            &items(1),
            &lines(&[ids("items", 0..10), vec![complete("items")]]),
        )
        .await;
    let receipts = world.load_well(&items(2), &[complete("items")]).await;
    assert_eq!((receipts[0].rows_before, receipts[0].rows_after), (10, 0));
}

#[tokio::test]
async fn rights_on_the_table_survive_and_none_are_added() {
    let world = World::new("grants").await;
    world.run("DROP ROLE IF EXISTS load_reader; DROP ROLE IF EXISTS load_other; CREATE ROLE load_reader; CREATE ROLE load_other").await;
    world.load_well(&items(1), &[complete("items")]).await;
    world.run("GRANT SELECT ON items TO load_reader WITH GRANT OPTION; GRANT INSERT ON items TO load_reader").await;
    world
        .run("ALTER DEFAULT PRIVILEGES IN SCHEMA load_grants GRANT SELECT ON TABLES TO load_other")
        .await;
    let rights = "SELECT grantee, privilege_type, is_grantable FROM information_schema.role_table_grants WHERE table_schema = 'load_grants' AND grantee LIKE 'load%' ORDER BY 1, 2";
    let before = world.rows(rights).await;
    let oid = world.rows("SELECT 'items'::regclass::oid").await;
    world
        .load_well(
            &items(2),
            &lines(&[ids("items", 0..3), vec![complete("items")]]),
        )
        .await;
    assert_ne!(
        world.rows("SELECT 'items'::regclass::oid").await,
        oid,
        "it is a new table"
    );
    assert_eq!(world.rows(rights).await, before);
    world.run("DROP SCHEMA load_grants CASCADE; DROP OWNED BY load_reader, load_other; DROP ROLE load_reader, load_other").await;
}

#[tokio::test]
async fn what_people_have_built_on_a_table_stays() {
    for (name, building) in [
        (
            "view",
            "CREATE VIEW built AS SELECT id + 1 AS next FROM items",
        ),
        (
            "materialized",
            "CREATE MATERIALIZED VIEW built AS SELECT id FROM items",
        ),
        ("index", "CREATE INDEX built ON items (id) WHERE id > 1"),
        ("comment", "COMMENT ON TABLE items IS 'mind the gap'"),
        (
            "trigger",
            "CREATE FUNCTION noop() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN RETURN NULL; END'; CREATE TRIGGER built AFTER DELETE ON items EXECUTE FUNCTION noop()",
        ),
        (
            "policy",
            "ALTER TABLE items ENABLE ROW LEVEL SECURITY; CREATE POLICY built ON items USING (id > 1)",
        ),
        ("column_grant", "GRANT SELECT (id) ON items TO PUBLIC"),
        (
            "function",
            "CREATE FUNCTION built() RETURNS SETOF items LANGUAGE sql AS 'SELECT * FROM items'",
        ),
    ] {
        let world = World::new(&format!("built_{name}")).await;
        world
            .load_well(
                &items(1),
                &lines(&[ids("items", 0..10), vec![complete("items")]]),
            )
            .await;
        world
            .run(&format!(
                "SET search_path = {}; {building}",
                world.target.schema
            ))
            .await;
        let oid = world.rows("SELECT 'items'::regclass::oid").await;
        let receipts = world
            .load_well(
                &items(2),
                &lines(&[ids("items", 7..9), vec![complete("items")]]),
            )
            .await;
        assert_eq!(receipts[0].rows_after, 2, "{name}");
        assert_eq!(
            world.rows("SELECT 'items'::regclass::oid").await,
            oid,
            "{name}: the table is kept"
        );
        assert_eq!(
            world.rows("SELECT id FROM items ORDER BY id").await,
            ["7", "8"],
            "{name}"
        );
        world
            .run(&format!("DROP SCHEMA {} CASCADE", world.target.schema))
            .await;
    }
}

#[tokio::test]
async fn a_view_reads_the_new_rows_and_new_columns_reach_the_table_below_it() {
    let world = World::new("view_evolves").await;
    world
        .load_well(
            &items(1),
            &lines(&[ids("items", 0..2), vec![complete("items")]]),
        )
        .await;
    world.run("CREATE VIEW load_view_evolves.doubled AS SELECT id * 2 AS twice FROM load_view_evolves.items").await;
    let wider = catalog(&[stream(
        "items",
        &json!({"id": {"type": "integer"}, "name": {"type": "string"}}),
        &overwrite(2),
    )]);
    world
        .load_well(
            &wider,
            &[
                super::world::record("items", &json!({"id": 21, "name": "x"})),
                complete("items"),
            ],
        )
        .await;
    assert_eq!(world.rows("SELECT twice FROM doubled").await, ["42"]);
    assert_eq!(world.rows("SELECT id, name FROM items").await, ["21|x"]);
}

#[tokio::test]
async fn a_reader_that_does_not_let_go_holds_up_nobody() {
    let world = World::new("slow_reader").await;
    world
        .load_well(
            &items(1),
            &lines(&[ids("items", 0..10), vec![complete("items")]]),
        )
        .await;
    world.run("BEGIN; SELECT count(*) FROM items").await;
    let receipts = world
        .load_well(
            &items(2),
            &lines(&[ids("items", 0..3), vec![complete("items")]]),
        )
        .await;
    assert_eq!(receipts[0].rows_after, 3);
    world.run("COMMIT").await;
    assert_eq!(world.rows("SELECT count(*) FROM items").await, ["3"]);
}

#[tokio::test]
async fn a_refresh_can_deduplicate_too() {
    let world = World::new("refresh_dedup").await;
    let settings = |generation: i64| {
        let mut settings = overwrite(generation);
        settings["destination_sync_mode"] = json!("append_dedup");
        settings["primary_key"] = json!([["id"]]);
        settings
    };
    for generation in [1, 2] {
        let catalog = catalog(&[stream(
            "items",
            &json!({"id": {"type": "integer"}}),
            &settings(generation),
        )]);
        let receipts = world
            .load_well(
                &catalog,
                &lines(&[
                    ids("items", 0..10),
                    ids("items", 0..10),
                    vec![complete("items")],
                ]),
            )
            .await;
        assert_eq!((receipts[0].rows_after, receipts[0].superseded), (10, 10));
    }
    assert_eq!(
        world
            .rows("SELECT count(*) FROM pg_index WHERE indrelid = 'items'::regclass")
            .await,
        ["1"]
    );
}
