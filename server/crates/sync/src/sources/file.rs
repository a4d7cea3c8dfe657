//! One file as a source: CSV, JSON or Excel, from an HTTPS address, a bucket or an upload; packed with gzip or ZIP, or not at all.
//!
//! A file has no history, so it is always read whole. Parsing runs on a thread of its own, fed by the download and
//! slowed by the reader behind it.

mod archive;
mod config;
mod csv;
mod encoding;
mod excel;
mod fit;
mod format;
mod guess;
mod input;
mod json;
mod oddities;
mod open;
mod output;
mod s3;
mod spec;
mod spool;
mod table;

use airbyte::protocol::{
    AirbyteCatalog, AirbyteStream, ConfiguredAirbyteCatalog, ConnectorSpecification,
};
use bytes::Bytes;
use serde_json::Value;
use tokio::sync::mpsc;

use crate::connector::{RunContext, Steps};
use crate::fault::{Failures, Fault, Kind};
use crate::process::plain_bytes;
use config::Config;
use excel::Workbook;
use input::Input;
use output::Output;

pub fn spec() -> ConnectorSpecification {
    spec::spec()
}

/// Reaches the file, recognises its format, reads its beginning; each a step.
pub async fn check(config: &Value, cx: &RunContext, steps: &Steps) -> Result<(), Fault> {
    let config = Config::parse(config)?;
    let opened = steps
        .run("File found", async {
            let opened = open::open(&config.location()?, cx).await?;
            let detail = opened.size.map(plain_bytes);
            Ok((opened, detail))
        })
        .await?;
    let (input, config) = steps
        .run("Format recognised", async {
            let input = blocking(cx, move |limits| {
                Ok((Input::begin(opened, &config, &limits)?, config))
            })
            .await?;
            let detail = input.0.describe();
            Ok((input, Some(detail)))
        })
        .await?;
    steps
        .run("Rows readable", async {
            let (streams, remarks) = blocking(cx, move |_| looked_at(input, &config)).await?;
            let columns: usize = streams.iter().map(columns).sum();
            Ok(((), Some(found(columns, &remarks))))
        })
        .await
}

pub async fn discover(config: &Value, cx: &RunContext) -> Result<AirbyteCatalog, Fault> {
    let config = Config::parse(config)?;
    let opened = open::open(&config.location()?, cx).await?;
    let streams = blocking(cx, move |limits| {
        streams(Input::begin(opened, &config, &limits)?, &config)
    })
    .await?;
    Ok(AirbyteCatalog { streams })
}

pub async fn read(
    config: &Value,
    catalog: &ConfiguredAirbyteCatalog,
    cx: &RunContext,
    out: mpsc::Sender<Bytes>,
) -> Result<(), Fault> {
    let config = Config::parse(config)?;
    let opened = open::open(&config.location()?, cx).await?;
    let wanted: Vec<AirbyteStream> = catalog
        .streams
        .iter()
        .map(|stream| stream.stream.clone())
        .collect();
    cx.debug(None, || opening(opened.size)).await;
    let (log, detail) = (cx.log.clone(), cx.detail);
    blocking(cx, move |limits| {
        let line_bytes = limits.line_bytes;
        let input = Input::begin(opened, &config, &limits)?;
        for_each(input, &config, wanted, |stream| {
            Output::new(stream, out.clone(), log.clone(), detail, line_bytes)
        })
    })
    .await
}

/// For a log in detail. The address may be a secret itself.
fn opening(size: Option<u64>) -> String {
    match size {
        Some(size) => format!("Asks for all rows of a file of {}.", plain_bytes(size)),
        None => "Asks for all rows of a file whose size is not told.".to_owned(),
    }
}

/// Runs parsing on a thread of its own. When the caller gives up, the next byte asked for is refused.
async fn blocking<T: Send + 'static>(
    cx: &RunContext,
    work: impl FnOnce(input::Bounds) -> Result<T, Fault> + Send + 'static,
) -> Result<T, Fault> {
    let cancel = cx.cancel.child_token();
    let bounds = input::Bounds::new(&cx.limits, &cx.work_dir, cancel.clone());
    let _gone = cancel.drop_guard();
    tokio::task::spawn_blocking(move || work(bounds))
        .await
        .map_err(|error| Fault::bug("Reading the file failed.").with_detail(error.to_string()))?
}

/// How many columns there are, and what is worth knowing of them.
fn found(columns: usize, remarks: &[String]) -> String {
    let counted = match columns {
        1 => "1 column".to_owned(),
        columns => format!("{columns} columns"),
    };
    match remarks {
        [] => counted,
        remarks => format!("{counted}. {}", remarks.join(" ")),
    }
}

/// The streams of a file: one, or one for each sheet of a workbook.
fn streams(input: Input, config: &Config) -> Result<Vec<AirbyteStream>, Fault> {
    looked_at(input, config).map(|(streams, _)| streams)
}

/// The same, with remarks on what the file leaves open.
fn looked_at(input: Input, config: &Config) -> Result<(Vec<AirbyteStream>, Vec<String>), Fault> {
    match input {
        Input::Csv(input) => {
            let (stream, remarks) = csv::discover(&input, config)?;
            Ok((vec![stream], remarks))
        }
        Input::Json(input) => Ok((vec![json::discover(input, config)?], Vec::new())),
        Input::Excel(input) => excel::discover(input, config),
    }
}

fn for_each(
    input: Input,
    config: &Config,
    wanted: Vec<AirbyteStream>,
    output: impl Fn(&AirbyteStream) -> Output,
) -> Result<(), Fault> {
    let single = |wanted: Vec<AirbyteStream>| {
        let stream = wanted
            .into_iter()
            .find(|stream| stream.name == config.dataset_name);
        stream.ok_or_else(|| {
            Fault::config(format!(
                "The file's table is called “{}”; none of the chosen tables is.",
                config.dataset_name
            ))
        })
    };
    match input {
        Input::Csv(input) => {
            let stream = single(wanted)?;
            csv::read(input, config, &stream, output(&stream))
        }
        Input::Json(input) => {
            let stream = single(wanted)?;
            let output = output(&stream);
            if let Some(remark) = fit::json(&input, &stream)? {
                output.remark(remark);
            }
            json::read(input, &stream, output)
        }
        Input::Excel(input) => sheets(input, config, &wanted, output),
    }
}

/// Reads every sheet. One that fails does not stop the others; what a further try may mend is the result.
fn sheets(
    mut workbook: Workbook,
    config: &Config,
    wanted: &[AirbyteStream],
    output: impl Fn(&AirbyteStream) -> Output,
) -> Result<(), Fault> {
    let mut failed = Failures::default();
    for stream in wanted {
        let Err(fault) = excel::read(&mut workbook, config, stream, output(stream)) else {
            continue;
        };
        let fault = fault.in_stream(&stream.name);
        // Nobody listens any more.
        if fault.kind == Kind::Cancelled {
            return Err(fault);
        }
        output(stream).fail(&fault)?;
        failed.add(fault);
    }
    failed.whole().map_or(Ok(()), Err)
}

fn columns(stream: &AirbyteStream) -> usize {
    stream
        .json_schema
        .get("properties")
        .and_then(Value::as_object)
        .map_or(0, serde_json::Map::len)
}
