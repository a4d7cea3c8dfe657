//! Reading protocol lines cheaply: most are records, and those need no parsing to be passed on.

use airbyte::protocol::{
    AirbyteControlMessage, AirbyteErrorTrace, AirbyteMessage, AirbyteTraceMessage, ConnectorConfig,
    FailureType, StreamDescriptor, Trace,
};
use serde_json::Value;

use crate::clock;
use crate::fault::{Fault, Kind};

/// What a line of connector output is, as far as passing it on needs to know.
#[derive(Debug)]
pub enum Line {
    /// A RECORD, recognised by its first or last bytes; its content is the loader's business.
    Record,
    /// Any other message of the protocol.
    Message(Box<AirbyteMessage>),
    /// Not a message: a log line by the protocol's rule.
    Text,
    /// Nothing but white space.
    Blank,
}

/// The ways connectors write a record's beginning (with and without a space) and its end (type last).
const RECORD_STARTS: [&[u8]; 2] = [br#"{"type":"RECORD","#, br#"{"type": "RECORD","#];
const RECORD_ENDS: [&[u8]; 2] = [br#","type":"RECORD"}"#, br#", "type": "RECORD"}"#];

/// Tells records from everything else. Only lines that do not look like records are parsed.
pub fn classify(line: &[u8]) -> Line {
    let line = line.trim_ascii();
    if line.is_empty() {
        return Line::Blank;
    }
    let looks_like_record = RECORD_STARTS.iter().any(|start| line.starts_with(start))
        || RECORD_ENDS.iter().any(|end| line.ends_with(end));
    if looks_like_record && line.last() == Some(&b'}') {
        return Line::Record;
    }
    if line.first() != Some(&b'{') {
        return Line::Text;
    }
    match AirbyteMessage::parse(line) {
        Some(AirbyteMessage::Record { .. }) => Line::Record,
        Some(message) => Line::Message(Box::new(message)),
        None => Line::Text,
    }
}

/// Whether a message belongs to the data stream of a read, which is what a destination or a receipt wants to see.
pub fn is_data(message: &AirbyteMessage) -> bool {
    matches!(
        message,
        AirbyteMessage::Record { .. }
            | AirbyteMessage::State { .. }
            | AirbyteMessage::Trace { .. }
            | AirbyteMessage::Control { .. }
    )
}

/// Why something stopped, in the protocol's terms.
pub fn failure(fault: &Fault, stream: Option<StreamDescriptor>) -> AirbyteMessage {
    let failure_type = match fault.kind {
        Kind::Credentials | Kind::Config | Kind::Forbidden => FailureType::ConfigError,
        _ if fault.is_transient() => FailureType::TransientError,
        _ => FailureType::SystemError,
    };
    let error = AirbyteErrorTrace {
        message: fault.message.clone(),
        internal_message: fault.detail.clone(),
        stack_trace: None,
        failure_type: Some(failure_type),
        stream_descriptor: stream,
    };
    AirbyteMessage::Trace {
        trace: AirbyteTraceMessage {
            emitted_at: clock::now_millis(),
            trace: Trace::Error { error },
        },
    }
}

/// A configuration to be kept instead of the one that was given.
pub fn control(config: Value) -> AirbyteMessage {
    let control = AirbyteControlMessage {
        kind: "CONNECTOR_CONFIG".to_owned(),
        emitted_at: clock::now_millis(),
        connector_config: Some(ConnectorConfig { config }),
    };
    AirbyteMessage::Control { control }
}

/// One message as a protocol line.
///
/// # Panics
/// Never: what the protocol's types hold always becomes JSON.
pub fn to_line(message: &AirbyteMessage) -> bytes::Bytes {
    let mut line = serde_json::to_vec(message).expect("protocol messages have text keys only");
    line.push(b'\n');
    line.into()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tells_records_messages_and_text_apart() {
        let records = [
            r#"{"type":"RECORD","record":{"stream":"s","data":{},"emitted_at":1}}"#,
            "  {\"type\": \"RECORD\", \"record\": {\"stream\": \"s\", \"data\": {}, \"emitted_at\": 1}}\r\n",
            r#"{"record":{"stream":"s","data":{},"emitted_at":1},"type":"RECORD"}"#,
            r#"{"record":{"stream":"s","data":{},"emitted_at":1}, "type" : "RECORD"}"#,
        ];
        for line in records {
            assert!(matches!(classify(line.as_bytes()), Line::Record), "{line}");
        }
        let messages = [
            r#"{"type":"STATE","state":{"type":"STREAM"}}"#,
            r#"{"type":"LOG","log":{"level":"INFO","message":"\"RECORD\""}}"#,
        ];
        for line in messages {
            assert!(
                matches!(classify(line.as_bytes()), Line::Message(_)),
                "{line}"
            );
        }
        for line in [
            "Traceback (most recent call last):",
            "{not json}",
            "{}",
            "[1]",
            "\u{feff}{}",
            r#"{"type":"RECORD","record":{"stre"#,
        ] {
            assert!(matches!(classify(line.as_bytes()), Line::Text), "{line}");
        }
        assert!(matches!(classify(b" \r\n"), Line::Blank));
    }
}
