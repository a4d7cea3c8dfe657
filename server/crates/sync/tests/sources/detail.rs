//! A log in detail: each question to a source and how much came of it, and no value.

use serde_json::Value;
use sync::connector::{Connector, Detail, RunContext};
use tokio::sync::mpsc;

use crate::database::Database;
use crate::file::uploaded;
use crate::harness::{local, read_whole};

/// The DEBUG lines of reading everything, a time in them as “…”.
async fn told(
    connector: &Connector,
    config: &Value,
    mut cx: RunContext,
    detail: Detail,
) -> Vec<String> {
    let (log, mut said) = mpsc::channel(64);
    (cx.log, cx.detail) = (log, detail);
    let outcome = read_whole(connector, config, &cx).await;
    assert_eq!(outcome.result, Ok(()));
    assert_eq!(outcome.records().len(), 2);
    said.close();
    let mut lines = Vec::new();
    while let Some(line) = said.recv().await {
        assert!(!line.text.contains("Elbe"), "{line:?}");
        if line.level == "DEBUG" {
            lines.push(match line.text.split_once(" rows in ") {
                Some((rows, _)) => format!("{rows} rows in …"),
                None => line.text,
            });
        }
    }
    lines
}

#[tokio::test]
async fn a_table_is_told_with_how_much_came_of_it() {
    let db = Database::create("detail").await;
    db.run("CREATE TABLE ships (id int PRIMARY KEY, name text); INSERT INTO ships VALUES (1, 'Elbe'), (2, 'Ems')")
        .await;
    let source = Connector::Postgres;
    let lines = told(&source, &db.config, local(), Detail::Full).await;
    assert_eq!(lines, ["Asks for all rows.", "2 rows in …"]);
    let lines = told(&source, &db.config, local(), Detail::Usual).await;
    assert_eq!(lines, [""; 0]);
}

#[tokio::test]
async fn a_file_is_told_with_how_much_came_of_it() {
    let (cx, config) = uploaded(b"id,name\n1,Elbe\n2,Ems\n").await;
    let source = Connector::File;
    let lines = told(&source, &config, cx.clone(), Detail::Full).await;
    assert_eq!(lines.len(), 2, "{lines:?}");
    assert!(
        lines[0].starts_with("Asks for all rows of a file of "),
        "{lines:?}"
    );
    assert_eq!(lines[1], "2 rows in …");
    assert_eq!(told(&source, &config, cx, Detail::Usual).await, [""; 0]);
}
