//! Letters of files in other encodings: recognised late, or refused with their place, and never replaced in silence.

use serde_json::{Value, json};
use sync::connector::Connector;
use sync::fault::Kind;

use crate::file::uploaded;
use crate::harness::{Outcome, read_whole};

const SOURCE: Connector = Connector::File;

/// More than what is looked at to recognise an encoding.
const ROWS: usize = 5300;

async fn read(bytes: &[u8], format: Value) -> Outcome {
    let (cx, mut config) = uploaded(bytes).await;
    config["format"] = format;
    read_whole(&SOURCE, &config, &cx).await
}

/// Many rows of ASCII, then one with a letter that is no UTF-8.
fn late_letter(header: &str, row: &str, last: &[u8]) -> Vec<u8> {
    let mut file = [header, &row.repeat(ROWS)].concat().into_bytes();
    file.extend_from_slice(last);
    file
}

fn late_csv() -> Vec<u8> {
    let row = format!("tea,{}\n", "x".repeat(1000));
    late_letter("name,pad\n", &row, b"caf\xe9,\nth\xe9,\n")
}

#[tokio::test]
async fn a_letter_that_comes_late_is_read_as_windows_writes_it() {
    let outcome = read(&late_csv(), json!({"type": "auto"})).await;
    assert_eq!(outcome.result, Ok(()));
    let names = outcome.column("name");
    assert_eq!(names.len(), ROWS + 2);
    assert_eq!(
        names[ROWS - 1..],
        [json!("tea"), json!("café"), json!("thé")]
    );
}

#[tokio::test]
async fn a_file_that_is_not_in_the_encoding_it_is_said_to_be_is_refused_with_the_place() {
    let file = late_csv();
    let outcome = read(&file, json!({"type": "csv", "encoding": "utf-8"})).await;
    let fault = outcome.result.clone().unwrap_err();
    assert_eq!(
        (fault.kind, fault.field.as_deref()),
        (Kind::Data, Some("format.encoding"))
    );
    let place = format!(
        "UTF-8 at line {} (byte {} of the file)",
        ROWS + 2,
        file.len() - b"\xe9,\nth\xe9,\n".len() + 1
    );
    assert!(fault.message.contains(&place), "{place}: {}", fault.message);
    assert!(
        outcome.column("name").iter().all(|name| name == "tea"),
        "no row has a letter that stands for a lost one"
    );

    let row = format!("{{\"name\": \"tea\", \"pad\": \"{}\"}}\n", "x".repeat(1000));
    let json = late_letter("", &row, b"{\"name\": \"caf\xe9\"}\n");
    let fault = read(&json, json!({"type": "auto"}))
        .await
        .result
        .unwrap_err();
    assert_eq!(fault.kind, Kind::Data);
    let place = format!("UTF-8 at line {} ", ROWS + 1);
    assert!(fault.message.contains(&place), "{}", fault.message);
    assert!(
        fault.message.contains("JSON has to be UTF-8"),
        "{}",
        fault.message
    );
}

#[tokio::test]
async fn json_with_the_mark_of_utf_16_is_json() {
    let text = "\u{feff} [{\"name\": \"th\u{e9}\"}, {\"name\": \"\u{8336}\"}]";
    let little: Vec<u8> = text.encode_utf16().flat_map(u16::to_le_bytes).collect();
    let big: Vec<u8> = text.encode_utf16().flat_map(u16::to_be_bytes).collect();
    for bytes in [little, big] {
        for format in [json!({"type": "auto"}), json!({"type": "json"})] {
            let outcome = read(&bytes, format).await;
            assert_eq!(outcome.result, Ok(()));
            assert_eq!(
                outcome.column("name"),
                [json!("th\u{e9}"), json!("\u{8336}")]
            );
        }
    }
}

#[tokio::test]
async fn a_letter_across_any_border_is_one_letter() {
    // Letters of two bytes begin at odd places, so each border at an even one cuts a letter.
    let name = format!("{}x", "é".repeat(500));
    let csv = format!("name\n{}", format!("{name}\n").repeat(ROWS));
    for format in [
        json!({"type": "auto"}),
        json!({"type": "csv", "encoding": "utf-8"}),
    ] {
        let outcome = read(csv.as_bytes(), format).await;
        assert_eq!(outcome.result, Ok(()));
        let names = outcome.column("name");
        assert_eq!(names.len(), ROWS);
        assert!(names.iter().all(|found| *found == name.as_str()));
    }
}
