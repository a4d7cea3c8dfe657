//! Every stream of every connector gives a record that has its key and its cursor, and that fits what the stream tells
//! of its fields. What each vendor holds for it stands in `examples`, in the shape that the vendor documents.

use std::collections::BTreeSet;

use airbyte::protocol::AirbyteStream;
use futures::future::join_all;
use regex::Regex;
use serde_json::Value;
use sync::vendors;

use super::connector::{Brought, Connected};
use super::stand_in::{StandIn, Vendor};
use super::{
    airtable, amplitude, asana, chargebee, close, copper, github, gong, google_analytics,
    google_drive, google_sheets, hubspot, intercom, jira, klaviyo, mailchimp, mixpanel, monday,
    notion, paypal, pipedrive, recurly, sendgrid, shopify, slack, square, stripe, twilio,
    woocommerce, zendesk,
};

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

async fn whole(name: &str) -> Whole {
    match name {
        "airtable" => airtable::whole().await,
        "amplitude" => amplitude::whole().await,
        "asana" => asana::whole().await,
        "chargebee" => chargebee::whole().await,
        "close-com" => close::whole().await,
        "copper" => copper::whole().await,
        "github" => github::whole().await,
        "gong" => gong::whole().await,
        "google-analytics-data-api" => google_analytics::whole().await,
        "google-drive" => google_drive::whole().await,
        "google-sheets" => google_sheets::whole().await,
        "hubspot" => hubspot::whole().await,
        "intercom" => intercom::whole().await,
        "jira" => jira::whole().await,
        "klaviyo" => klaviyo::whole().await,
        "mailchimp" => mailchimp::whole().await,
        "mixpanel" => mixpanel::whole().await,
        "monday" => monday::whole().await,
        "notion" => notion::whole().await,
        "paypal-transaction" => paypal::whole().await,
        "pipedrive" => pipedrive::whole().await,
        "recurly" => recurly::whole().await,
        "sendgrid" => sendgrid::whole().await,
        "shopify" => shopify::whole().await,
        "slack" => slack::whole().await,
        "square" => square::whole().await,
        "stripe" => stripe::whole().await,
        "twilio" => twilio::whole().await,
        "woocommerce" => woocommerce::whole().await,
        "zendesk-support" => zendesk::whole().await,
        _ => panic!("{name} has no stand-in that holds something of every stream"),
    }
}

#[tokio::test]
async fn every_stream_gives_a_record_that_fits_its_schema() {
    let wrong = join_all(vendors::names().map(wrong)).await.concat();
    assert!(wrong.is_empty(), "\n{}", wrong.join("\n"));
}

/// All that is wrong with the streams of one vendor.
async fn wrong(name: &str) -> Vec<String> {
    let whole = whole(name).await;
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
        for stream in streams.into_iter().map(|one| one.stream) {
            let (records, later) = (first.records(&stream.name), again.records(&stream.name));
            if records.is_empty() {
                wrong.push(format!("{name}.{}: gives no record", stream.name));
            }
            if later.is_empty() && has_two_ways(name, &stream.name) {
                wrong.push(format!("{name}.{}: gives no record again", stream.name));
            }
            let misfits: BTreeSet<String> = records
                .iter()
                .chain(later)
                .flat_map(|record| misfits(&stream, record))
                .collect();
            wrong.extend(
                misfits
                    .iter()
                    .map(|misfit| format!("{name}.{}: {misfit}", stream.name)),
            );
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
