//! Reading lines: nothing makes it panic, and what must be passed on untouched comes out as it went in.

use airbyte::protocol::{
    AirbyteCatalog, AirbyteMessage, AirbyteStateMessage, AirbyteStateType,
    ConfiguredAirbyteCatalog, FailureType, LogLevel, StreamStatus, Trace,
};
use proptest::prelude::*;
use serde_json::{Map, Value, json};

fn parse(value: &Value) -> AirbyteMessage {
    AirbyteMessage::parse(value.to_string().as_bytes()).expect("a message")
}

#[test]
fn reads_every_message_of_the_protocol() {
    let record = parse(
        &json!({"type":"RECORD","record":{"stream":"users","namespace":"public","data":{"id":1},
        "emitted_at":1_721_000_000_000_i64,"meta":{"changes":[{"field":"x","change":"NULLED","reason":"SOURCE_RETRIEVAL_ERROR"}]}}}),
    );
    assert!(
        matches!(&record, AirbyteMessage::Record { record } if record.emitted_at == 1_721_000_000_000
        && record.meta.as_ref().is_some_and(|meta| meta.changes[0].field == "x"))
    );
    let status = parse(
        &json!({"type":"TRACE","trace":{"type":"STREAM_STATUS","emitted_at":1.5,
        "stream_status":{"stream_descriptor":{"name":"users"},"status":"COMPLETE"}}}),
    );
    assert!(
        matches!(&status, AirbyteMessage::Trace { trace } if matches!(&trace.trace,
        Trace::StreamStatus { stream_status } if stream_status.status == StreamStatus::Complete))
    );
    let error = parse(
        &json!({"type":"TRACE","trace":{"type":"ERROR","emitted_at":1,
        "error":{"message":"Bad key","failure_type":"config_error"}}}),
    );
    assert!(
        matches!(&error, AirbyteMessage::Trace { trace } if matches!(&trace.trace,
        Trace::Error { error } if error.failure_type == Some(FailureType::ConfigError)))
    );
    let control = parse(
        &json!({"type":"CONTROL","control":{"type":"CONNECTOR_CONFIG","emitted_at":1.0,
        "connectorConfig":{"config":{"refresh_token":"new"}}}}),
    );
    assert!(matches!(&control, AirbyteMessage::Control { control }
        if control.connector_config.as_ref().is_some_and(|c| c.config["refresh_token"] == "new")));
}

#[test]
fn unknown_names_do_not_make_a_line_unreadable() {
    assert!(matches!(
        parse(&json!({"type":"NEWS","news":{}})),
        AirbyteMessage::Other
    ));
    let log = parse(&json!({"type":"LOG","log":{"level":"CHATTY","message":"hi"}}));
    assert!(matches!(log, AirbyteMessage::Log { log } if log.level == LogLevel::Info));
    let trace = parse(&json!({"type":"TRACE","trace":{"type":"WEATHER","emitted_at":1}}));
    assert!(matches!(trace, AirbyteMessage::Trace { trace } if trace.trace == Trace::Other));
    let catalog: AirbyteCatalog =
        serde_json::from_value(json!({"streams":[{"name":"a","json_schema":{},
        "supported_sync_modes":["full_refresh","telepathy"],"default_cursor_field":null}]}))
        .unwrap();
    assert_eq!(catalog.streams[0].supported_sync_modes.len(), 1);
}

#[test]
fn a_state_without_a_type_is_legacy() {
    let state: AirbyteStateMessage = serde_json::from_value(json!({"data":{"cursor":7}})).unwrap();
    assert_eq!(state.state_type, AirbyteStateType::Legacy);
    assert_eq!(state.data, Some(json!({"cursor":7})));
}

#[test]
fn a_configured_catalogue_reads_without_generations() {
    let catalog: ConfiguredAirbyteCatalog = serde_json::from_value(json!({"streams":[{
        "stream":{"name":"a","json_schema":{},"supported_sync_modes":["full_refresh"]},
        "sync_mode":"full_refresh","destination_sync_mode":"overwrite","cursor_field":null}]}))
    .unwrap();
    assert_eq!(catalog.streams[0].generation_id, 0);
    assert!(!catalog.streams[0].replaces_table());
}

fn any_json() -> impl Strategy<Value = Value> {
    let leaf = prop_oneof![
        Just(Value::Null),
        any::<bool>().prop_map(Value::from),
        any::<i64>().prop_map(Value::from),
        // Quarters: exact in binary, so that the text form is not what is tested.
        any::<i32>().prop_map(|n| Value::from(f64::from(n) / 4.0)),
        ".{0,12}".prop_map(Value::from),
    ];
    leaf.prop_recursive(4, 32, 5, |inner| {
        prop_oneof![
            prop::collection::vec(inner.clone(), 0..5).prop_map(Value::from),
            prop::collection::hash_map("[a-z_]{1,10}", inner, 0..5)
                .prop_map(|map| Value::Object(map.into_iter().collect::<Map<_, _>>())),
        ]
    })
}

const KINDS: &[&str] = &[
    "RECORD",
    "STATE",
    "LOG",
    "SPEC",
    "CONNECTION_STATUS",
    "CATALOG",
    "TRACE",
    "CONTROL",
    "x",
];
const KEYS: &[&str] = &[
    "record",
    "state",
    "log",
    "spec",
    "connectionStatus",
    "catalog",
    "trace",
    "control",
];

fn any_message() -> impl Strategy<Value = Value> {
    (
        prop::sample::select(KINDS),
        prop::sample::select(KEYS),
        any_json(),
    )
        .prop_map(|(kind, key, body)| json!({"type": kind, key: body}))
}

proptest! {
    #[test]
    fn no_line_panics(line in prop::collection::vec(any::<u8>(), 0..200)) {
        let _ = AirbyteMessage::parse(&line);
    }

    #[test]
    fn no_json_line_panics(value in any_json()) {
        let _ = AirbyteMessage::parse(value.to_string().as_bytes());
    }

    #[test]
    fn no_message_with_a_wrong_body_panics(value in any_message()) {
        let _ = AirbyteMessage::parse(value.to_string().as_bytes());
    }

    #[test]
    fn a_stream_state_survives_untouched(blob in any_json(), extra in any_json(), name in ".{1,20}") {
        let state = json!({"type":"STREAM","stream":{"stream_descriptor":{"name":name},"stream_state":blob,
            "of_tomorrow":extra},"sourceStats":{"recordCount":3.0,"new":extra},"sent_by":extra});
        let read: AirbyteStateMessage = serde_json::from_value(state.clone()).unwrap();
        prop_assert_eq!(serde_json::to_value(read).unwrap(), state);
    }

    #[test]
    fn a_global_state_survives_untouched(shared in any_json(), blob in any_json(), extra in any_json()) {
        prop_assume!(!shared.is_null());
        let state = json!({"type":"GLOBAL","global":{"shared_state":shared,"extra":extra,
            "stream_states":[{"stream_descriptor":{"name":"a","namespace":"n"},"stream_state":blob}]}});
        let read: AirbyteStateMessage = serde_json::from_value(state.clone()).unwrap();
        prop_assert_eq!(serde_json::to_value(read).unwrap(), state);
    }

    #[test]
    fn unknown_keys_of_a_stream_survive(schema in any_json(), extra in any_json()) {
        let stream = json!({"name":"a","json_schema":schema,"supported_sync_modes":["full_refresh"],"of_tomorrow":extra});
        let read: airbyte::protocol::AirbyteStream = serde_json::from_value(stream.clone()).unwrap();
        prop_assert_eq!(serde_json::to_value(read).unwrap(), stream);
    }
}
