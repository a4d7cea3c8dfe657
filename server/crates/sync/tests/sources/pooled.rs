//! The PostgreSQL source behind a pooler that hands on its connection as it is: the source leaves nothing on it, and what
//! others have left there changes nothing for the source.

use std::collections::BTreeMap;

use airbyte::protocol::{AirbyteCatalog, ConfiguredAirbyteCatalog, DestinationSyncMode, SyncMode};
use serde_json::json;
use sync::connector::Connector;
use tokio_postgres::{Client, SimpleQueryMessage};

use crate::database::Database;
use crate::harness::{check, configured, local, read};
use crate::pooler::Pooler;

const SOURCE: Connector = Connector::Postgres;

/// One table follows a cursor, one is large enough to be read in the order of its blocks, and a view fails in the middle.
const TABLES: &str = r#"
    CREATE TABLE t (id int PRIMARY KEY, updated_at timestamptz, span interval, during tstzrange);
    INSERT INTO t VALUES (1, '2024-01-01 00:00:00+00', '1 day', '["2024-01-01 00:00:00+00",)');
    CREATE VIEW broken AS SELECT 1 / (id - id) AS n FROM t;
    CREATE UNLOGGED TABLE many (id int, filler text) WITH (fillfactor = 10, autovacuum_enabled = off);
    ALTER TABLE many ALTER COLUMN filler SET STORAGE PLAIN;
    INSERT INTO many SELECT n, repeat('x', 450) FROM generate_series(1, 5000) n"#;

/// What an application may set for itself.
const HABITS: &str =
    "SET TimeZone = 'Asia/Tokyo'; SET DateStyle = 'German'; SET IntervalStyle = 'iso_8601';
    SET search_path = pg_catalog, public; SET statement_timeout = '7min'; SET enable_seqscan = off";

/// Statements by the names that the driver would give to its own.
fn prepared() -> String {
    let all = (0..500).map(|n| format!("PREPARE s{n} AS SELECT {n}"));
    all.collect::<Vec<_>>().join("; ")
}

async fn settings(client: &Client) -> BTreeMap<String, String> {
    let answer = client.simple_query("SELECT name, COALESCE(setting, '') FROM pg_settings");
    let rows = answer.await.unwrap();
    let settings = rows.iter().filter_map(|message| match message {
        SimpleQueryMessage::Row(row) => Some((row.get(0)?.to_owned(), row.get(1)?.to_owned())),
        _ => None,
    });
    settings.collect()
}

/// The large table is replaced, the small one followed.
fn chosen(catalog: AirbyteCatalog) -> ConfiguredAirbyteCatalog {
    let mut streams = Vec::new();
    for stream in catalog.streams {
        let followed = stream.name == "t";
        let mode = if followed {
            SyncMode::Incremental
        } else {
            SyncMode::FullRefresh
        };
        let mut stream = configured(stream, mode, &[]);
        if !followed {
            stream.destination_sync_mode = DestinationSyncMode::Overwrite;
            stream.minimum_generation_id = stream.generation_id;
        }
        streams.push(stream);
    }
    ConfiguredAirbyteCatalog { streams }
}

#[tokio::test]
async fn an_application_behind_the_same_pooler_notices_nothing() {
    let db = Database::create("pooled").await;
    db.run(TABLES).await;
    let pooler = Pooler::before(&db).await;
    let application = pooler.application().await;
    application.batch_execute(HABITS).await.unwrap();
    application.batch_execute(&prepared()).await.unwrap();
    let before = settings(&application).await;
    assert_eq!(before["TimeZone"], "Asia/Tokyo");
    drop(application);
    pooler.complaints();

    let (verdict, _) = check(&SOURCE, &pooler.config, &local()).await;
    assert_eq!(verdict, Ok(()));
    let catalog = SOURCE.discover(&pooler.config, &local()).await.unwrap();
    let catalog = chosen(catalog);
    let outcome = read(&SOURCE, &pooler.config, &catalog, &[], &local()).await;
    let fault = outcome.result.clone().unwrap_err();
    assert_eq!(fault.stream.as_deref(), Some("broken"), "{fault}");
    let records = outcome.records();
    assert_eq!(records.len(), 5001);
    let t = records.iter().find(|record| record.stream == "t").unwrap();
    assert_eq!(
        t.data,
        json!({"id": 1, "updated_at": "2024-01-01T00:00:00Z", "span": "1 day", "during": "[\"2024-01-01 00:00:00+00\",)"})
    );
    let mut followed = catalog;
    followed.streams.retain(|stream| stream.stream.name == "t");
    let states = outcome.states();
    let again = read(&SOURCE, &pooler.config, &followed, &states, &local()).await;
    assert_eq!((again.result.clone(), again.records().len()), (Ok(()), 0));

    let application = pooler.application().await;
    assert_eq!(pooler.complaints(), [""; 0]);
    assert_eq!(settings(&application).await, before);
    application
        .batch_execute("INSERT INTO public.t VALUES (2); EXECUTE s499")
        .await
        .unwrap();
}
