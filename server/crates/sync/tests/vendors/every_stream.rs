//! Every stream of every connector gives a record that has its key and its cursor, and that fits what the stream tells
//! of its fields. What each vendor holds for it stands in `examples`, in the shape that the vendor documents.

use std::collections::BTreeSet;

use airbyte::protocol::AirbyteStream;
use regex::Regex;
use serde_json::Value;
use sync::vendors;

use super::connector::{Brought, Connected};
use super::stand_in::{StandIn, Vendor};

/// A vendor that holds something of every stream, and the connectors that find all of it together.
pub struct Whole {
    connectors: Vec<Connected>,
    complaints: Box<dyn Fn() -> Vec<String>>,
}

impl Whole {
    pub fn new<V: Vendor>(connectors: impl Into<Vec<Connected>>, vendor: StandIn<V>) -> Self {
        Self {
            connectors: connectors.into(),
            complaints: Box::new(move || vendor.complaints()),
        }
    }
}

/// Each connector by its name, and where its vendor stands in.
macro_rules! stories {
    ($($name:literal: $vendor:ident,)+) => {
        const NAMES: &[&str] = &[$($name),+];

        $(
            #[tokio::test]
            async fn $vendor() {
                let wrong = wrong($name, super::$vendor::whole().await).await;
                assert!(wrong.is_empty(), "\n{}", wrong.join("\n"));
            }
        )+
    };
}

stories! {
    "airtable": airtable,
    "amplitude": amplitude,
    "asana": asana,
    "chargebee": chargebee,
    "close-com": close,
    "copper": copper,
    "github": github,
    "gong": gong,
    "google-analytics-data-api": google_analytics,
    "google-drive": google_drive,
    "google-sheets": google_sheets,
    "hubspot": hubspot,
    "intercom": intercom,
    "jira": jira,
    "klaviyo": klaviyo,
    "mailchimp": mailchimp,
    "mixpanel": mixpanel,
    "monday": monday,
    "notion": notion,
    "paypal-transaction": paypal,
    "pipedrive": pipedrive,
    "recurly": recurly,
    "sendgrid": sendgrid,
    "shopify": shopify,
    "slack": slack,
    "square": square,
    "stripe": stripe,
    "twilio": twilio,
    "woocommerce": woocommerce,
    "zendesk-support": zendesk,
}

#[test]
fn every_vendor_holds_something_of_every_stream() {
    assert_eq!(NAMES, vendors::names().collect::<Vec<_>>());
}

/// All that is wrong with the streams of one vendor.
async fn wrong(name: &str, whole: Whole) -> Vec<String> {
    let mut unread = declared(name);
    let mut wrong = Vec::new();
    for connector in &whole.connectors {
        let streams = connector.catalog().await.streams;
        for one in &streams {
            unread.remove(&one.stream.name);
        }
        let (first, again) = match twice(connector).await {
            Ok(read) => read,
            Err(fault) => {
                wrong.push(format!("{name}: {fault}"));
                continue;
            }
        };
        for one in &streams {
            let read = [&first, &again].map(|read| read.records(&one.stream.name));
            let told = misread(name, &one.stream, read).into_iter();
            wrong.extend(told.map(|told| format!("{name}.{}: {told}", one.stream.name)));
        }
    }
    wrong.extend(
        unread
            .iter()
            .map(|stream| format!("{name}.{stream}: is never found")),
    );
    let complaints = (whole.complaints)().into_iter();
    wrong.extend(complaints.map(|complaint| format!("{name}: {complaint}")));
    wrong
}

/// From the beginning, and from where that came to.
async fn twice(connector: &Connected) -> Result<(Brought, Brought), String> {
    let told = |fault: sync::fault::Fault| format!("{fault} {fault:?}");
    let first = connector
        .try_read(&Brought::default())
        .await
        .map_err(told)?;
    let again = connector.try_read(&first).await.map_err(told)?;
    Ok((first, again))
}

/// The streams as the manifest lists them, also those that are there on a condition.
fn listed(name: &str) -> Vec<Value> {
    let manifest = vendors::manifest(name).unwrap();
    let streams = manifest.root().get("streams").cloned().unwrap_or_default();
    let unfolded = |stream: &Value| match stream["streams"].as_array() {
        Some(streams) => streams.clone(),
        None => vec![stream.clone()],
    };
    let streams = streams.as_array().into_iter().flatten();
    streams.flat_map(unfolded).collect()
}

fn declared(name: &str) -> BTreeSet<String> {
    let streams = listed(name).into_iter();
    streams
        .map(|stream| stream["name"].as_str().unwrap().to_owned())
        .collect()
}

/// Whether a stream is read in another way once it was read.
fn has_two_ways(name: &str, stream: &str) -> bool {
    let mut streams = listed(name).into_iter();
    let found = streams.find(|one| one["name"] == stream);
    found.is_some_and(|stream| stream.get("full_refresh_stream").is_some())
}

/// What is wrong with the records of a stream that was read twice.
fn misread(name: &str, stream: &AirbyteStream, [first, again]: [&[Value]; 2]) -> BTreeSet<String> {
    let records = first.iter().chain(again);
    let mut wrong: BTreeSet<String> = records.flat_map(|record| misfits(stream, record)).collect();
    if first.is_empty() {
        wrong.insert("gives no record".to_owned());
    }
    if again.is_empty() && has_two_ways(name, &stream.name) {
        wrong.insert("gives no record again".to_owned());
    }
    wrong
}

/// Where a record is not what its stream says of it.
fn misfits(stream: &AirbyteStream, record: &Value) -> Vec<String> {
    let keys = stream.source_defined_primary_key.iter().flatten();
    let lacking = keys
        .chain(&stream.default_cursor_field)
        .filter(|field| record[field.as_str()].is_null())
        .map(|field| format!("has no {field}"));
    let fields = record.as_object().unwrap().iter();
    let wrong = fields.filter_map(|(field, value)| {
        let schema = stream.json_schema["properties"].get(field)?;
        (!fits(schema, value)).then(|| format!("{field} is {value} and no {schema}"))
    });
    lacking.chain(wrong).collect()
}

/// Whether a value is of a type that the schema names, and in the format that it names.
fn fits(schema: &Value, value: &Value) -> bool {
    let types = &schema["type"];
    let is_one = |name: &str| {
        *types == name
            || types
                .as_array()
                .is_some_and(|all| all.iter().any(|one| one == name))
    };
    match value {
        Value::Null => is_one("null"),
        Value::Bool(_) => is_one("boolean"),
        Value::Number(number) => is_one("number") || !number.is_f64() && is_one("integer"),
        Value::String(text) => is_one("string") && is_formatted(&schema["format"], text),
        Value::Array(_) => is_one("array"),
        Value::Object(_) => is_one("object"),
    }
}

fn is_formatted(format: &Value, text: &str) -> bool {
    let shape = match format.as_str() {
        Some("date") => r"^\d{4}-\d\d-\d\d$",
        Some("date-time") => r"^\d{4}-\d\d-\d\d[T ]\d\d:\d\d(:\d\d(\.\d+)?)?(Z|[+-]\d\d:?\d\d)?$",
        Some(other) => panic!("{other} is no format that is known here"),
        None => return true,
    };
    Regex::new(shape).unwrap().is_match(text)
}
