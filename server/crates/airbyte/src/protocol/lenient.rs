//! Reading what connectors really send: `null` for "not set", whole numbers written as fractions, unknown names.

use serde::{Deserialize, Deserializer};
use serde_json::Value;

/// `null` reads as the type's default, as a missing key does.
pub(crate) fn null_as_default<'de, D, T>(deserializer: D) -> Result<T, D::Error>
where
    D: Deserializer<'de>,
    T: Default + Deserialize<'de>,
{
    Ok(Option::deserialize(deserializer)?.unwrap_or_default())
}

/// A whole number, also when it is written as `3.0`.
pub(super) fn whole_number<'de, D>(deserializer: D) -> Result<i64, D::Error>
where
    D: Deserializer<'de>,
{
    Ok(match Value::deserialize(deserializer)? {
        Value::Number(number) => number.as_i64().unwrap_or_else(|| {
            // A fraction: its integer part, by way of its text, because a cast would hide an overflow.
            let whole = format!("{:.0}", number.as_f64().unwrap_or_default().trunc());
            whole.parse().unwrap_or_default()
        }),
        _ => 0,
    })
}

/// Keeps the values this version knows; a connector newer than us may list more.
pub(super) fn known_only<'de, D, T>(deserializer: D) -> Result<Vec<T>, D::Error>
where
    D: Deserializer<'de>,
    T: serde::de::DeserializeOwned,
{
    let values = Option::<Vec<Value>>::deserialize(deserializer)?.unwrap_or_default();
    Ok(values
        .into_iter()
        .filter_map(|value| serde_json::from_value(value).ok())
        .collect())
}
