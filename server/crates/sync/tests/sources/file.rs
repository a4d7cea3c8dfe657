//! The file source: real public files by upload and by HTTPS, and what is made of what stands in them.

use std::io::Write;
use std::sync::Arc;

use flate2::Compression;
use flate2::write::GzEncoder;
use object_store::memory::InMemory;
use object_store::{ObjectStoreExt, path::Path};
use serde_json::{Value, json};
use sync::connector::{Connector, RunContext, StepState, Uploads};
use sync::sample::sample;

use crate::harness::{Outcome, check, local, read, read_whole, whole};
use crate::web::{Page, Web};

const SOURCE: Connector = Connector::File;
pub const WEATHER: &[u8] = include_bytes!("data/seattle-weather.csv");
pub const WORKBOOK: &[u8] = include_bytes!("data/seattle-weather.xlsx");

/// A context whose uploads hold one file, and the configuration for it.
pub async fn uploaded(bytes: &[u8]) -> (RunContext, Value) {
    let store = Arc::new(InMemory::new());
    store
        .put(&Path::from("tenant/uploads/upl_1"), bytes.to_vec().into())
        .await
        .unwrap();
    let mut cx = local();
    cx.uploads = Some(Uploads {
        store,
        prefix: Path::from("tenant/uploads"),
    });
    (
        cx,
        json!({"dataset_name": "things", "location": {"from": "upload", "file": "upload://upl_1"}}),
    )
}

async fn read_upload(bytes: &[u8]) -> Outcome {
    let (cx, config) = uploaded(bytes).await;
    read_whole(&SOURCE, &config, &cx).await
}

async fn schema(bytes: &[u8]) -> Value {
    let (cx, config) = uploaded(bytes).await;
    SOURCE
        .discover(&config, &cx)
        .await
        .unwrap()
        .streams
        .remove(0)
        .json_schema["properties"]
        .clone()
}

#[tokio::test]
async fn a_real_csv_by_upload() {
    let (cx, config) = uploaded(WEATHER).await;
    let (verdict, steps) = check(&SOURCE, &config, &cx).await;
    assert_eq!(verdict, Ok(()));
    assert_eq!(
        steps
            .into_iter()
            .map(|(_, state)| state)
            .collect::<Vec<_>>(),
        [StepState::Passed; 3]
    );
    let properties = schema(WEATHER).await;
    assert_eq!(
        properties["date"],
        json!({"type": ["null", "string"], "format": "date"})
    );
    assert_eq!(
        (&properties["wind"], &properties["weather"]),
        (
            &json!({"type": ["null", "number"]}),
            &json!({"type": ["null", "string"]})
        )
    );
    let outcome = read_whole(&SOURCE, &config, &cx).await;
    assert_eq!(outcome.result, Ok(()));
    let records = outcome.records();
    assert_eq!(records.len(), 1461);
    assert_eq!(
        records[0].data,
        json!({"date": "2012-01-01", "precipitation": 0.0, "temp_max": 12.8, "temp_min": 5.0, "wind": 4.7, "weather": "drizzle"})
    );
    assert_eq!(outcome.states()[0]["sourceStats"]["recordCount"], 1461.0);
}

#[tokio::test]
async fn a_real_csv_and_a_packed_one_by_https() {
    let mut gzip = GzEncoder::new(Vec::new(), Compression::default());
    gzip.write_all(include_bytes!("data/co2-concentration.csv"))
        .unwrap();
    let pages = [
        ("/weather.csv", Page::File(WEATHER.to_vec())),
        ("/co2.csv.gz", Page::File(gzip.finish().unwrap())),
        ("/moved", Page::Redirect("/weather.csv".to_owned())),
    ];
    let web = Web::start(pages).await;
    for (path, rows) in [
        ("/weather.csv", 1461),
        ("/moved", 1461),
        ("/co2.csv.gz", 741),
    ] {
        let config = json!({"dataset_name": "d", "location": {"from": "url", "url": format!("{}{path}", web.address)}});
        let outcome = read_whole(&SOURCE, &config, &web.context()).await;
        assert_eq!(
            (outcome.result.clone(), outcome.records().len()),
            (Ok(()), rows),
            "{path}"
        );
    }
}

#[tokio::test]
async fn a_real_workbook_has_a_table_for_each_filled_sheet() {
    let (cx, config) = uploaded(WORKBOOK).await;
    let catalog = SOURCE.discover(&config, &cx).await.unwrap();
    assert_eq!(
        catalog
            .streams
            .iter()
            .map(|stream| stream.name.as_str())
            .collect::<Vec<_>>(),
        ["things 2012", "things 2013"]
    );
    let properties = &catalog.streams[0].json_schema["properties"];
    assert_eq!(
        properties["date"],
        json!({"type": ["null", "string"], "format": "date"})
    );
    assert_eq!(
        (&properties["rainy"], &properties["temp_max"]),
        (
            &json!({"type": ["null", "boolean"]}),
            &json!({"type": ["null", "number"]})
        )
    );
    let outcome = read(&SOURCE, &config, &whole(catalog), &[], &cx).await;
    assert_eq!(outcome.result, Ok(()));
    let records = outcome.records();
    assert_eq!(records.len(), 366 + 365);
    assert_eq!(
        records[1].data,
        json!({"date": "2012-01-02", "precipitation": 10.9, "temp_max": 10.6, "weather": "rain", "rainy": true})
    );
    let one = json!({"dataset_name": "w", "location": config["location"], "format": {"type": "excel", "sheet": "2013"}});
    assert_eq!(
        SOURCE.discover(&one, &cx).await.unwrap().streams[0].name,
        "w"
    );
}

#[tokio::test]
async fn an_old_workbook() {
    let outcome = read_upload(include_bytes!("data/seattle-weather.xls")).await;
    assert_eq!(
        (outcome.result.clone(), outcome.records().len()),
        (Ok(()), 31)
    );
    assert_eq!(
        outcome.records()[0].data,
        json!({"date": "2012-01-01", "precipitation": 0, "temp_max": 12.8, "weather": "drizzle"})
    );
}

#[tokio::test]
async fn json_as_a_list_and_line_by_line() {
    let outcome = read_upload(include_bytes!("data/us-state-capitals.json")).await;
    assert_eq!(
        (outcome.result.clone(), outcome.records().len()),
        (Ok(()), 50)
    );
    assert_eq!(outcome.records()[0].data["city"], "Montgomery");
    let lines = b"{\"a\": 1, \"at\": \"2024-01-01T00:00:00Z\"}\n\n{\"a\": 2.5, \"b\": {\n\"c\": [1]}}\n{\"a\": \"x\", \"b\": null}";
    let properties = schema(lines).await;
    assert_eq!(
        properties["a"],
        json!({"type": ["null", "number", "string"]})
    );
    assert_eq!(
        (&properties["at"]["format"], &properties["b"]),
        (&json!("date-time"), &json!({"type": ["null", "object"]}))
    );
    let outcome = read_upload(lines).await;
    assert_eq!(
        (outcome.result.clone(), outcome.column("b")),
        (Ok(()), vec![Value::Null, json!({"c": [1]}), Value::Null])
    );
    assert_eq!(
        read_upload(b"[1, \"two\", null]").await.column("value"),
        [json!(1), json!("two"), Value::Null]
    );
}

#[tokio::test]
async fn what_spreadsheets_do_to_csv() {
    let cases: [(&[u8], Value); 8] = [
        (
            "\u{feff}größe;preis\r\n\"a;\"\"b\"\"\";1,50\r\n".as_bytes(),
            json!([{"größe": "a;\"b\"", "preis": "1,50"}]),
        ),
        (
            b"name,city\nM\xfcller,K\xf6ln\nJos\xe9,Bogot\xe1\n",
            json!([{"name": "Müller", "city": "Köln"}, {"name": "José", "city": "Bogotá"}]),
        ),
        (
            b"\xff\xfea\0\t\0b\0\n\0\x31\0\t\0\x32\0\n\0",
            json!([{"a": 1, "b": 2}]),
        ),
        (b"sep=;\r\na;b\r\n1;2\r\n", json!([{"a": 1, "b": 2}])),
        (
            b"id,id,,ID\n1,2,3,4\n",
            json!([{"id": 1, "id_2": 2, "column_3": 3, "ID_3": 4}]),
        ),
        (
            b"a,b\n1\n2,3,4\n\n5,6\n",
            json!([{"a": 1, "b": null, "column_3": null}, {"a": 2, "b": 3, "column_3": 4}, {"a": 5, "b": 6, "column_3": null}]),
        ),
        (
            b"a,b\n\"line\nbreak\",x\n",
            json!([{"a": "line\nbreak", "b": "x"}]),
        ),
        (b"plz,n\n01067,007\n", json!([{"plz": "01067", "n": "007"}])),
    ];
    for (bytes, expected) in cases {
        let outcome = read_upload(bytes).await;
        assert_eq!(outcome.result, Ok(()), "{expected}");
        let rows: Vec<Value> = outcome
            .records()
            .into_iter()
            .map(|record| record.data.clone())
            .collect();
        assert_eq!(Value::from(rows), expected);
    }
}

#[tokio::test]
async fn options_override_what_is_recognised() {
    let (cx, mut config) = uploaded(b"# a remark\n1|'a|b'\n2|c\n").await;
    config["format"] = json!({"type": "csv", "delimiter": "|", "quote": "'", "header": false, "skip_rows": 1, "types": "text"});
    let outcome = read_whole(&SOURCE, &config, &cx).await;
    assert_eq!(
        (outcome.column("column_1"), outcome.column("column_2")),
        (vec![json!("1"), json!("2")], vec![json!("a|b"), json!("c")])
    );
}

#[tokio::test]
async fn values_past_the_beginning_that_do_not_fit_are_kept_as_text() {
    let row = format!("1234567,{}\n", "x".repeat(1000));
    let csv = ["n,pad\n", &row.repeat(4500), "n/a,\n"]
        .concat()
        .into_bytes();
    let (cx, config) = uploaded(&csv).await;
    let outcome = read_whole(&SOURCE, &config, &cx).await;
    let column = outcome.column("n");
    assert_eq!(
        (column.len(), &column[0], &column[4500]),
        (4501, &json!(1_234_567), &json!("n/a"))
    );
}

#[tokio::test]
async fn a_sample_of_a_file() {
    let (cx, config) = uploaded(WEATHER).await;
    let (sender, mut samples) = tokio::sync::mpsc::channel(4);
    sample(&SOURCE, &config, &[], None, 20, &cx, sender)
        .await
        .unwrap();
    assert_eq!(samples.recv().await.unwrap().records.len(), 20);
}
