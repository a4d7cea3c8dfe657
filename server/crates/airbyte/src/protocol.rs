//! The Airbyte protocol: one JSON object per line, exchanged with sources and destinations.
//!
//! Unknown keys are kept where a message is passed on (states, catalogues, specifications) and ignored elsewhere;
//! unknown enum values never make a message unreadable.

mod catalog;
pub(crate) mod lenient;
mod message;
mod spec;
mod state;
mod trace;

pub use catalog::{
    AirbyteCatalog, AirbyteStream, ConfiguredAirbyteCatalog, ConfiguredAirbyteStream,
    DestinationSyncMode, StreamDescriptor, SyncMode,
};
pub(crate) use lenient::null_as_default;
pub use message::{
    AirbyteConnectionStatus, AirbyteControlMessage, AirbyteLogMessage, AirbyteMessage,
    AirbyteRecordMessage, Change, ChangeKind, ConnectionStatus, ConnectorConfig, LogLevel,
    RecordMeta,
};
pub use spec::ConnectorSpecification;
pub use state::{
    AirbyteGlobalState, AirbyteStateMessage, AirbyteStateType, AirbyteStreamState, StateStats,
};
pub use trace::{
    AirbyteErrorTrace, AirbyteEstimateTrace, AirbyteStreamStatusTrace, AirbyteTraceMessage,
    FailureType, StreamStatus, StreamStatusReason, Trace,
};
