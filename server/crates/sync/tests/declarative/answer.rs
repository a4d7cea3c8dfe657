//! The answers of a scripted service, as they go over the wire.

use std::collections::BTreeMap;
use std::io::{Cursor, Write};

use axum::http::Response;
use flate2::Compression;
use flate2::write::GzEncoder;
use serde_json::{Value, json};
use zip::ZipWriter;
use zip::write::SimpleFileOptions;

use super::dataset;
use super::facts::{Facts, plain};
use super::script::{Pack, Route, Script, Shape};

/// The answer of a route.
pub fn written(script: &Script, route: &Route, mut facts: Facts) -> Response<axum::body::Body> {
    if let Some(selection) = &route.records {
        let dataset = script.datasets.get(&selection.of);
        let rows = dataset
            .unwrap_or_else(|| panic!("no dataset “{}”", selection.of))
            .rows();
        dataset::select(selection, rows, &mut facts);
    }
    if route.flood > 0 {
        let flood = "0".repeat(route.flood);
        facts.named.insert("flood".to_owned(), flood.into());
    }
    let rows = facts.named.get("records").cloned();
    let body = match (&route.text, &route.json, rows) {
        (Some(text), _, _) => plain(&facts.text(text)),
        (None, Some(value), _) => facts.render(value).to_string(),
        (None, None, Some(rows)) => shaped(&rows, route.shape),
        (None, None, None) => String::new(),
    };
    let headers = route.headers.iter().filter_map(|(name, text)| {
        let value = facts.text(text);
        (!value.is_null()).then(|| (name.clone(), plain(&value)))
    });
    response(
        route.status,
        &headers.collect(),
        packed(body.into(), route.pack),
    )
}

fn shaped(rows: &Value, shape: Shape) -> String {
    let rows = rows.as_array().unwrap();
    match shape {
        Shape::Json => json!(rows).to_string(),
        Shape::Jsonl => rows
            .iter()
            .fold(String::new(), |text, row| text + &row.to_string() + "\n"),
        Shape::Csv => {
            let mut out = csv::Writer::from_writer(Vec::new());
            for (index, row) in rows.iter().enumerate() {
                let row = row.as_object().unwrap();
                if index == 0 {
                    out.write_record(row.keys()).unwrap();
                }
                out.write_record(row.values().map(plain)).unwrap();
            }
            String::from_utf8(out.into_inner().unwrap()).unwrap()
        }
    }
}

fn packed(body: Vec<u8>, pack: Option<Pack>) -> Vec<u8> {
    match pack {
        None => body,
        Some(Pack::Gzip) => {
            let mut out = GzEncoder::new(Vec::new(), Compression::fast());
            out.write_all(&body).unwrap();
            out.finish().unwrap()
        }
        Some(Pack::Zip) => {
            let mut out = ZipWriter::new(Cursor::new(Vec::new()));
            out.start_file("page.txt", SimpleFileOptions::default())
                .unwrap();
            out.write_all(&body).unwrap();
            out.finish().unwrap().into_inner()
        }
    }
}

pub fn response(
    status: u16,
    headers: &BTreeMap<String, String>,
    body: Vec<u8>,
) -> Response<axum::body::Body> {
    let mut response = Response::builder().status(status);
    let kind = "content-type";
    if !headers.keys().any(|name| name.eq_ignore_ascii_case(kind)) {
        response = response.header(kind, "application/json");
    }
    for (name, value) in headers {
        response = response.header(name, value);
    }
    response.body(body.into()).unwrap()
}
