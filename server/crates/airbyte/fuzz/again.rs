//! What was read is written, and read back as the same.

use serde::{Serialize, de::DeserializeOwned};

/// Compares texts, so that types which hold secrets need no `Debug` for it.
pub fn again<T: DeserializeOwned + Serialize>(bytes: &[u8]) -> Option<T> {
    let read: T = serde_json::from_slice(bytes).ok()?;
    let written = serde_json::to_string(&read).expect("what was read can be written");
    let back: T = serde_json::from_str(&written).expect("what was written can be read");
    let twice = serde_json::to_string(&back).expect("what was read can be written");
    assert_eq!(written, twice);
    Some(read)
}
