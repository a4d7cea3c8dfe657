//! What is odd in a workbook: a title above the names of the columns, times of day and durations, cells that hold an error,
//! and a sheet that is empty or not there. It is told, and what to do about it.

use serde_json::{Value, json};
use sync::connector::Connector;
use sync::fault::Fault;
use tokio::sync::mpsc;

use super::{MAIN, cell, text, workbook};
use crate::file::uploaded;
use crate::harness::{read, read_whole, whole};

const SOURCE: Connector = Connector::File;

/// What a check says of the rows, in the format of these settings.
async fn said(file: &[u8], format: Value) -> Result<String, Fault> {
    let (cx, mut config) = uploaded(file).await;
    config["format"] = format;
    let (sender, mut receiver) = mpsc::channel(32);
    SOURCE.check(&config, &cx, sender).await?;
    let mut details = Vec::new();
    while let Some(step) = receiver.recv().await {
        details.extend(step.detail.filter(|_| step.name == "Rows readable"));
    }
    Ok(details.concat())
}

/// A title, a blank row, and a table.
fn titled() -> Vec<u8> {
    let sheet = [
        text("A1", "Price list 2026"),
        text("A3", "sku"),
        text("B3", "price"),
        text("A4", "A-1"),
        cell("B4", 0, "12.5"),
        text("A5", "A-2"),
        cell("B5", 0, "7"),
    ];
    workbook(&sheet.concat(), &[])
}

#[tokio::test]
async fn a_title_above_the_names_of_the_columns_is_told_and_can_be_skipped() {
    let told = said(&titled(), json!({"type": "auto"})).await.unwrap();
    for words in [
        "Sheet “One”: Its first filled row has one cell",
        "choose the format Excel and skip the rows above",
    ] {
        assert!(told.contains(words), "{told}");
    }

    let skipping = json!({"type": "excel", "skip_rows": 2});
    let told = said(&titled(), skipping.clone()).await.unwrap();
    assert_eq!(told, "2 columns");
    let (cx, mut config) = uploaded(&titled()).await;
    config["format"] = skipping;
    let outcome = read_whole(&SOURCE, &config, &cx).await;
    assert_eq!(outcome.result, Ok(()));
    assert_eq!(outcome.column("sku"), ["A-1", "A-2"]);
    assert_eq!(outcome.column("price"), [json!(12.5), json!(7)]);
}

#[tokio::test]
async fn two_names_that_differ_in_capitals_and_blanks_only_are_told() {
    let twins = [
        text("A1", "Name"),
        text("B1", " name "),
        text("A2", "x"),
        text("B2", "y"),
    ];
    let told = said(&workbook(&twins.concat(), &[]), json!({"type": "auto"})).await;
    assert_eq!(
        told.unwrap(),
        "2 columns. Sheet “One”: One name in the header is empty or there twice: that column is called name_2."
    );
}

/// Times of day, durations, and a formula that fails.
fn shifts() -> Vec<u8> {
    let styles = format!(
        r#"<styleSheet xmlns="{MAIN}"><cellXfs count="3"><xf numFmtId="0"/><xf numFmtId="20"/><xf numFmtId="46"/></cellXfs></styleSheet>"#
    );
    let sheet = [
        text("A1", "starts"),
        text("B1", "took"),
        text("C1", "share"),
        cell("A2", 1, "0.4375"),
        cell("B2", 2, "1.5"),
        r#"<c r="C2" t="e"><f>1/0</f><v>#DIV/0!</v></c>"#.to_owned(),
        cell("A3", 1, "0"),
        cell("B3", 2, "0.0625"),
        cell("C3", 0, "0.5"),
    ];
    workbook(&sheet.concat(), &[("xl/styles.xml", &styles)])
}

#[tokio::test]
async fn times_of_day_and_durations_are_what_they_say_and_errors_are_told() {
    let told = said(&shifts(), json!({"type": "auto"})).await.unwrap();
    assert!(
        told.contains("A cell in “share” holds an error such as #DIV/0!"),
        "{told}"
    );

    let (cx, config) = uploaded(&shifts()).await;
    let found = SOURCE.discover(&config, &cx).await.unwrap();
    let properties = found.streams[0].json_schema["properties"].clone();
    assert_eq!(
        properties["starts"],
        json!({"type": ["null", "string"], "format": "time", "airbyte_type": "time_without_timezone"})
    );
    assert_eq!(properties["took"], json!({"type": ["null", "string"]}));
    assert_eq!(properties["share"], json!({"type": ["null", "number"]}));

    let mut catalog = whole(found);
    let outcome = read(&SOURCE, &config, &catalog, &[], &cx).await;
    assert_eq!(outcome.result, Ok(()));
    assert_eq!(outcome.column("starts"), ["10:30:00", "00:00:00"]);
    assert_eq!(outcome.column("took"), ["PT36H", "PT1H30M"]);
    assert_eq!(outcome.column("share"), [Value::Null, json!(0.5)]);
    let changes: Vec<Value> = outcome
        .records()
        .iter()
        .map(|record| serde_json::to_value(record).unwrap()["meta"]["changes"].clone())
        .collect();
    assert_eq!(
        changes,
        [
            json!([{"field": "share", "change": "NULLED", "reason": "SOURCE_SERIALIZATION_ERROR"}]),
            Value::Null
        ]
    );

    // A table that was looked at before times of day and durations were known gets what it always got.
    let properties = &mut catalog.streams[0].stream.json_schema["properties"];
    properties["starts"] = json!({"type": ["null", "string"], "format": "date-time", "airbyte_type": "timestamp_without_timezone"});
    properties["took"] = json!({"type": ["null", "number"]});
    let outcome = read(&SOURCE, &config, &catalog, &[], &cx).await;
    assert_eq!(
        outcome.column("starts"),
        ["1899-12-31T10:30:00", "1899-12-31T00:00:00"]
    );
    assert_eq!(outcome.column("took"), [json!(1.5), json!(0.0625)]);
}

#[tokio::test]
async fn a_sheet_that_is_not_there_or_empty_is_told_with_what_to_do() {
    let empty = workbook("", &[]);
    let cases = [
        (
            titled(),
            json!({"type": "excel", "sheet": "Two"}),
            Some("format.sheet"),
            "no sheet “Two”. Choose one that it has, or leave the field empty for all: One.",
        ),
        (
            titled(),
            json!({"type": "excel", "skip_rows": 9}),
            Some("format.skip_rows"),
            "Skip fewer of them.",
        ),
        (
            empty.clone(),
            json!({"type": "excel", "sheet": "One"}),
            Some("format.sheet"),
            "is empty. Choose another",
        ),
        (
            empty,
            json!({"type": "auto"}),
            None,
            "Write the names of the columns into the first row",
        ),
    ];
    for (file, format, field, words) in cases {
        let fault = said(&file, format).await.unwrap_err();
        assert!(fault.message.contains(words), "{fault}");
        assert_eq!(fault.field.as_deref(), field, "{fault}");
    }
}
