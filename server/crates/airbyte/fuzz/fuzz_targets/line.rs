//! A connector's line, and the documents it carries: any bytes are a message or none, and a message is passed on whole.

#![no_main]

#[path = "../again.rs"]
mod again;

use again::again;
use airbyte::protocol::{
    AirbyteCatalog, AirbyteMessage, AirbyteStateMessage, ConfiguredAirbyteCatalog,
    ConnectorSpecification,
};
use libfuzzer_sys::fuzz_target;

fuzz_target!(|line: &[u8]| {
    if let Some(message) = AirbyteMessage::parse(line) {
        let written = serde_json::to_vec(&message).expect("a message can be written");
        assert_eq!(AirbyteMessage::parse(&written), Some(message));
    }
    again::<AirbyteStateMessage>(line);
    again::<AirbyteCatalog>(line);
    if let Some(catalog) = again::<ConfiguredAirbyteCatalog>(line) {
        for stream in catalog.streams {
            let _ = (stream.descriptor(), stream.replaces_table());
        }
    }
    again::<ConnectorSpecification>(line);
});
