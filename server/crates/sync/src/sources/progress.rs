//! What a built-in source says about its own progress: statuses, errors, states.

use airbyte::protocol::{
    AirbyteErrorTrace, AirbyteMessage, AirbyteStateMessage, AirbyteStreamStatusTrace,
    AirbyteTraceMessage, FailureType, StateStats, StreamDescriptor, StreamStatus, Trace,
};
use serde::Deserialize;
use serde::de::DeserializeOwned;
use serde_json::{Value, json};

use crate::clock;
use crate::fault::Fault;

/// A TRACE message of this moment.
pub fn trace(trace: Trace) -> AirbyteMessage {
    AirbyteMessage::Trace {
        trace: AirbyteTraceMessage {
            emitted_at: clock::now_millis(),
            trace,
        },
    }
}

/// Where a stream stands.
pub fn status(stream: &StreamDescriptor, status: StreamStatus) -> AirbyteMessage {
    let stream_status = AirbyteStreamStatusTrace {
        stream_descriptor: stream.clone(),
        status,
        reasons: Vec::new(),
    };
    trace(Trace::StreamStatus { stream_status })
}

/// Why a stream failed.
pub fn error(stream: &StreamDescriptor, fault: &Fault) -> AirbyteMessage {
    let error = AirbyteErrorTrace {
        message: fault.message.clone(),
        internal_message: fault.detail.clone(),
        stack_trace: None,
        failure_type: Some(if fault.is_transient() {
            FailureType::TransientError
        } else {
            FailureType::ConfigError
        }),
        stream_descriptor: Some(stream.clone()),
    };
    trace(Trace::Error { error })
}

/// A checkpoint, with the records counted since the one before.
pub fn state(stream: StreamDescriptor, state: Value, records: u64) -> AirbyteMessage {
    let mut message = AirbyteStateMessage::for_stream(stream, state);
    // Counts are fractions in the protocol; whole numbers below 2^53 are exact in one.
    let count = records.to_string().parse().ok();
    message.source_stats = Some(StateStats {
        record_count: count,
        ..StateStats::default()
    });
    AirbyteMessage::State { state: message }
}

/// The last state of a stream among those that a run was given, if it is of this kind.
pub fn last<P: DeserializeOwned>(states: &[Value], stream: &StreamDescriptor) -> Option<P> {
    let mut places = states
        .iter()
        .filter_map(|state| AirbyteStateMessage::deserialize(state).ok())
        .filter_map(|state| state.stream)
        .filter(|state| state.stream_descriptor == *stream);
    P::deserialize(places.next_back()?.stream_state?).ok()
}

/// Says that nothing of a stream is read: what an earlier attempt has left of it does not count. To be said before the
/// first record.
pub fn anew(stream: StreamDescriptor) -> AirbyteMessage {
    state(stream, Value::Null, 0)
}

/// What a whole read says that begins at the beginning, if an earlier attempt of it has left a state that it cannot go on
/// from: of a stream that was complete, too, whose table had not been put in its place yet.
pub fn anew_after(states: &[Value], stream: &StreamDescriptor) -> Option<AirbyteMessage> {
    last::<Value>(states, stream).map(|_| anew(stream.clone()))
}

/// The state of a stream that was read whole: there is nothing to go on from.
pub fn whole() -> Value {
    json!({"read": "whole"})
}
