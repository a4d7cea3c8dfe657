//! Files in ZIP archives: one, several, wrong ones, and archives that would unpack without end.

use std::io::{Cursor, Write};

use serde_json::{Value, json};
use sync::connector::Connector;
use sync::fault::{Fault, Kind};
use zip::write::SimpleFileOptions;
use zip::{CompressionMethod, ZipWriter};

use crate::file::uploaded;
use crate::harness::{check, read_whole};

const SOURCE: Connector = Connector::File;
const PRICES: &[u8] = b"id,price\n1,2.50\n2,3\n";
const WORKBOOK: &[u8] = include_bytes!("data/seattle-weather.xlsx");

fn packed(files: &[(&str, &[u8])], method: CompressionMethod) -> Vec<u8> {
    let mut archive = ZipWriter::new(Cursor::new(Vec::new()));
    for (name, content) in files {
        let options = SimpleFileOptions::default().compression_method(method);
        archive.start_file(*name, options).unwrap();
        archive.write_all(content).unwrap();
    }
    archive.finish().unwrap().into_inner()
}

fn deflated(files: &[(&str, &[u8])]) -> Vec<u8> {
    packed(files, CompressionMethod::Deflated)
}

async fn ids(bytes: &[u8], file: Option<&str>) -> Result<Vec<Value>, Fault> {
    let (cx, mut config) = uploaded(bytes).await;
    config["archive_file"] = json!(file);
    check(&SOURCE, &config, &cx).await.0?;
    let outcome = read_whole(&SOURCE, &config, &cx).await;
    outcome.result.clone()?;
    Ok(outcome.column("id"))
}

#[tokio::test]
async fn the_one_file_of_an_archive_is_read_however_it_is_packed() {
    let expected = Ok(vec![json!(1), json!(2)]);
    for method in [CompressionMethod::Deflated, CompressionMethod::Stored] {
        let archive = packed(&[("out/prices.csv", PRICES)], method);
        assert_eq!(ids(&archive, None).await, expected, "{method}");
    }
    // Beside it only what no person put there.
    let archive = deflated(&[
        ("prices.csv", PRICES),
        ("__MACOSX/._prices.csv", b"\0\x05"),
        (".DS_Store", b"x"),
    ]);
    assert_eq!(ids(&archive, None).await, expected);

    let lines = b"{\"id\": 1}\n{\"id\": 2}\n";
    assert_eq!(ids(&deflated(&[("a.jsonl", lines)]), None).await, expected);
}

#[tokio::test]
async fn a_workbook_in_an_archive_has_its_tables() {
    let (cx, config) = uploaded(&deflated(&[("weather.xlsx", WORKBOOK)])).await;
    let found = SOURCE.discover(&config, &cx).await.unwrap();
    let (cx, config) = uploaded(WORKBOOK).await;
    let plain = SOURCE.discover(&config, &cx).await.unwrap();
    assert_eq!(found.streams, plain.streams);
    assert!(!found.streams.is_empty());
}

#[tokio::test]
async fn of_several_files_one_is_named() {
    let archive = deflated(&[("a.csv", b"id\n7\n"), ("b/prices.csv", PRICES)]);
    let fault = ids(&archive, None).await.unwrap_err();
    assert_eq!(
        (fault.kind, fault.field.as_deref(), &*fault.message),
        (
            Kind::Config,
            Some("archive_file"),
            "The ZIP archive holds 2 files: a.csv, b/prices.csv. Name the one to read."
        )
    );
    assert_eq!(
        ids(&archive, Some("b/prices.csv")).await,
        Ok(vec![json!(1), json!(2)])
    );
    let fault = ids(&archive, Some("c.csv")).await.unwrap_err();
    assert!(fault.message.contains("no file “c.csv”"), "{fault}");
}

#[tokio::test]
async fn archives_that_cannot_be_read_say_why() {
    let good = deflated(&[("prices.csv", PRICES)]);
    let mut damaged = good.clone();
    let at = damaged.len() / 3;
    damaged[at] ^= 0xff;
    let twice = deflated(&[("inner.zip", &good)]);
    for (bytes, word) in [
        (&good[..good.len() / 2], "damaged or cut off"),
        (&damaged, "damaged or cut off"),
        (&deflated(&[]), "holds no file"),
        (&deflated(&[("a/", b"")]), "holds no file"),
        (&twice, "inside a packed file"),
    ] {
        let fault = ids(bytes, None).await.unwrap_err();
        assert_eq!(fault.kind, Kind::Data, "{word}: {fault}");
        assert!(fault.message.contains(word), "{word}: {fault}");
    }
}

#[tokio::test]
async fn an_archive_that_unpacks_without_end_is_stopped() {
    let line = b"1,1234567890\n".repeat(100_000);
    let whole = [&b"id,n\n"[..], &line].concat();
    let archive = deflated(&[("a.csv", &whole)]);
    assert!(archive.len() < 20_000, "{} bytes", archive.len());
    let (mut cx, config) = uploaded(&archive).await;
    cx.limits.total_bytes = 1_000_000;
    let fault = check(&SOURCE, &config, &cx).await.0.unwrap_err();
    assert!(fault.message.contains("larger than allowed"), "{fault}");
}
