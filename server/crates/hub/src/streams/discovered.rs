//! What a source offers, from its catalogue: fields with plain type words, modes that fit, and good defaults.

use airbyte::protocol::{AirbyteCatalog, AirbyteStream, SyncMode as SourceMode};
use model::SyncMode;
use serde_json::Value;
use store::streams::{Choice, Offer, StoredField};

use super::personal::is_personal;

/// Fields that connectors add for their own use: always read, never shown.
const SYSTEM: [&str; 2] = ["_ab_", "_airbyte"];

/// The streams of a catalogue in its order. A stream that comes twice counts once.
pub fn offers(catalog: &AirbyteCatalog) -> Vec<Offer> {
    let mut offers: Vec<Offer> = Vec::new();
    for stream in &catalog.streams {
        let offer = offer(stream);
        if !offers
            .iter()
            .any(|known| known.is(&offer.namespace, &offer.name))
        {
            offers.push(offer);
        }
    }
    offers
}

fn offer(stream: &AirbyteStream) -> Offer {
    let top_level = |path: &Vec<String>| match path.as_slice() {
        [name] => Some(name.clone()),
        _ => None,
    };
    let source_key: Vec<String> = stream
        .source_defined_primary_key
        .iter()
        .map(|path| path.join("."))
        .collect();
    let source_cursor = stream.source_defined_cursor == Some(true);
    let default_cursor = top_level(&stream.default_cursor_field)
        .or_else(|| source_cursor.then(|| stream.default_cursor_field.join(".")))
        .filter(|cursor| !cursor.is_empty());
    Offer {
        namespace: stream.namespace.clone().unwrap_or_default(),
        name: stream.name.clone(),
        fields: fields(&stream.json_schema),
        modes: modes(&stream.supported_sync_modes),
        source_key: Some(source_key).filter(|key| !key.is_empty()),
        source_cursor,
        default_cursor,
    }
}

/// The destination can do all four; the source decides.
fn modes(supported: &[SourceMode]) -> Vec<SyncMode> {
    let incremental = supported.contains(&SourceMode::Incremental);
    let full = supported.is_empty() || supported.contains(&SourceMode::FullRefresh);
    SyncMode::ALL
        .into_iter()
        .filter(|mode| {
            if mode.needs_cursor() {
                incremental
            } else {
                full
            }
        })
        .collect()
}

/// Update changed rows where source and key allow it; replace the table otherwise.
pub fn default_choice(offer: &Offer) -> Choice {
    let cursor_known = offer.source_cursor || offer.default_cursor.is_some();
    let wanted = match (&offer.source_key, cursor_known) {
        (Some(_), true) => SyncMode::IncrementalDedupedHistory,
        _ => SyncMode::FullRefreshOverwrite,
    };
    let mode = if offer.modes.contains(&wanted) {
        wanted
    } else {
        offer
            .modes
            .first()
            .copied()
            .unwrap_or(SyncMode::FullRefreshOverwrite)
    };
    Choice {
        selected: true,
        mode,
        primary_key: offer.source_key.clone().unwrap_or_default(),
        cursor: offer.default_cursor.clone(),
        fields: None,
    }
}

fn fields(schema: &Value) -> Vec<StoredField> {
    let properties = schema.get("properties").and_then(Value::as_object);
    properties
        .into_iter()
        .flatten()
        .map(|(name, schema)| StoredField {
            name: name.clone(),
            kind: kind(schema).to_owned(),
            personal: is_personal(name),
            hidden: SYSTEM.iter().any(|prefix| name.starts_with(prefix)),
        })
        .collect()
}

/// One plain word for the type of a field.
fn kind(schema: &Value) -> &'static str {
    let format = schema
        .get("format")
        .and_then(Value::as_str)
        .unwrap_or_default();
    let airbyte_type = schema
        .get("airbyte_type")
        .and_then(Value::as_str)
        .unwrap_or_default();
    let names: Vec<&str> = match schema.get("type") {
        Some(Value::String(name)) => vec![name],
        Some(Value::Array(names)) => names.iter().filter_map(Value::as_str).collect(),
        _ => Vec::new(),
    };
    let real: Vec<&str> = names.into_iter().filter(|name| *name != "null").collect();
    match real.as_slice() {
        ["string"] if format == "date" => "date",
        ["string"] if format == "date-time" || airbyte_type.starts_with("timestamp") => {
            "date and time"
        }
        ["string"] if format == "time" || airbyte_type.starts_with("time") => "time",
        ["string"] => "text",
        ["integer"] => "whole number",
        ["number"] if airbyte_type == "integer" => "whole number",
        ["number"] | ["integer", "number"] | ["number", "integer"] => "number",
        ["boolean"] => "yes/no",
        ["array"] => "list",
        ["object"] => "object",
        _ => "mixed",
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[expect(clippy::needless_pass_by_value, reason = "cases are written as values")]
    fn stream(extra: Value) -> Offer {
        let mut stream = json!({"name": "orders", "json_schema": {"type": "object", "properties": {
            "id": {"type": ["null", "integer"]}, "total": {"type": "number"}, "paid": {"type": "boolean"},
            "at": {"type": "string", "format": "date-time", "airbyte_type": "timestamp_with_timezone"},
            "day": {"type": "string", "format": "date"}, "lines": {"type": "array"}, "buyer_email": {"type": "string"},
            "any": {"type": ["string", "integer"]}, "meta": {"type": "object"}, "_ab_cdc_lsn": {"type": "number"}}},
            "supported_sync_modes": ["full_refresh", "incremental"]});
        for (key, value) in extra.as_object().expect("an object") {
            stream[key] = value.clone();
        }
        let catalog: AirbyteCatalog =
            serde_json::from_value(json!({"streams": [stream.clone(), stream]}))
                .expect("a catalogue");
        let mut offers = offers(&catalog);
        assert_eq!(offers.len(), 1, "a stream that comes twice counts once");
        offers.remove(0)
    }

    #[test]
    fn fields_have_plain_words_and_system_fields_are_hidden() {
        let offer = stream(json!({}));
        let kinds: Vec<(&str, &str)> = offer
            .fields
            .iter()
            .map(|field| (field.name.as_str(), field.kind.as_str()))
            .collect();
        for expected in [
            ("id", "whole number"),
            ("total", "number"),
            ("paid", "yes/no"),
            ("at", "date and time"),
            ("day", "date"),
            ("lines", "list"),
            ("buyer_email", "text"),
            ("any", "mixed"),
            ("meta", "object"),
        ] {
            assert!(kinds.contains(&expected), "{expected:?}");
        }
        let flag = |name: &str, flag: fn(&StoredField) -> bool| {
            offer
                .fields
                .iter()
                .any(|field| field.name == name && flag(field))
        };
        assert!(flag("buyer_email", |field| field.personal) && !flag("id", |field| field.personal));
        assert!(flag("_ab_cdc_lsn", |field| field.hidden) && !flag("id", |field| field.hidden));
    }

    #[test]
    fn defaults_update_where_they_can_and_replace_otherwise() {
        let cases = [
            (
                json!({"source_defined_primary_key": [["id"]], "source_defined_cursor": true, "default_cursor_field": ["at"]}),
                SyncMode::IncrementalDedupedHistory,
            ),
            (
                json!({"source_defined_primary_key": [["id"]], "default_cursor_field": ["at"]}),
                SyncMode::IncrementalDedupedHistory,
            ),
            (
                json!({"source_defined_primary_key": [["id"]]}),
                SyncMode::FullRefreshOverwrite,
            ),
            (
                json!({"source_defined_cursor": true, "default_cursor_field": ["at"]}),
                SyncMode::FullRefreshOverwrite,
            ),
            (
                json!({"source_defined_primary_key": [["id"]], "source_defined_cursor": true, "supported_sync_modes": ["full_refresh"]}),
                SyncMode::FullRefreshOverwrite,
            ),
            (
                json!({"source_defined_primary_key": [["id"]], "supported_sync_modes": ["incremental"]}),
                SyncMode::IncrementalDedupedHistory,
            ),
        ];
        for (extra, mode) in cases {
            assert_eq!(default_choice(&stream(extra.clone())).mode, mode, "{extra}");
        }
    }
}
