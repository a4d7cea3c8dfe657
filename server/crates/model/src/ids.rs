//! Typed ids: a UUID v7 in the database, `prefix_` + 26 characters of lower-case Crockford base 32 on the wire.

use std::{fmt, str::FromStr};

use serde::{Deserialize, Deserializer, Serialize, Serializer};

const ALPHABET: &[u8; 32] = b"0123456789abcdefghjkmnpqrstvwxyz";
const LENGTH: usize = 26;

/// The text was not an id of the wanted kind.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct InvalidId {
    /// The prefix that was expected, for example `con`.
    pub expected: &'static str,
}

impl fmt::Display for InvalidId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "not an id of the form {}_…", self.expected)
    }
}

impl std::error::Error for InvalidId {}

/// Writes 128 bits as 26 characters, most significant first, so that text order is time order.
pub fn encode(value: u128) -> String {
    (0..LENGTH)
        .rev()
        .map(|n| {
            let digit = usize::try_from((value >> (5 * n)) & 31).expect("five bits fit a usize");
            char::from(ALPHABET[digit])
        })
        .collect()
}

/// Reads what [`encode`] wrote.
pub fn decode(text: &str) -> Option<u128> {
    if text.len() != LENGTH || !matches!(text.as_bytes()[0], b'0'..=b'7') {
        return None;
    }
    text.bytes().try_fold(0_u128, |value, byte| {
        let digit = ALPHABET.iter().position(|known| *known == byte)?;
        Some((value << 5) | u128::try_from(digit).ok()?)
    })
}

macro_rules! id {
    ($($(#[$doc:meta])* $name:ident = $prefix:literal;)*) => {$(
        $(#[$doc])*
        #[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub struct $name(u128);

        impl $name {
            /// The part before the underscore on the wire.
            pub const PREFIX: &'static str = $prefix;

            /// Wraps the 128 bits that the database holds.
            pub const fn from_u128(value: u128) -> Self {
                Self(value)
            }

            /// The 128 bits that the database holds.
            pub const fn as_u128(self) -> u128 {
                self.0
            }

            /// The 26 characters without the prefix: safe in identifiers, paths and keys.
            pub fn suffix(self) -> String {
                encode(self.0)
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                write!(f, concat!($prefix, "_{}"), encode(self.0))
            }
        }

        impl fmt::Debug for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                fmt::Display::fmt(self, f)
            }
        }

        impl FromStr for $name {
            type Err = InvalidId;

            fn from_str(text: &str) -> Result<Self, InvalidId> {
                text.strip_prefix(concat!($prefix, "_"))
                    .and_then(decode)
                    .map(Self)
                    .ok_or(InvalidId { expected: $prefix })
            }
        }

        impl Serialize for $name {
            fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
                serializer.collect_str(self)
            }
        }

        #[cfg(not(target_family = "wasm"))]
        impl utoipa::PartialSchema for $name {
            fn schema() -> utoipa::openapi::RefOr<utoipa::openapi::Schema> {
                utoipa::openapi::ObjectBuilder::new()
                    .schema_type(utoipa::openapi::schema::Type::String)
                    .pattern(Some(concat!("^", $prefix, "_[0-9a-hjkmnp-tv-z]{26}$")))
                    .into()
            }
        }

        #[cfg(not(target_family = "wasm"))]
        impl utoipa::ToSchema for $name {}

        impl<'de> Deserialize<'de> for $name {
            fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
                let text = std::borrow::Cow::<'de, str>::deserialize(deserializer)?;
                text.parse().map_err(serde::de::Error::custom)
            }
        }
    )*};
}

id! {
    /// A customer of the platform.
    TenantId = "ten";
    /// A person with a login.
    UserId = "usr";
    /// A signed-in browser, as its owner sees it in the session list.
    SessionId = "ses";
    /// One connected integration of a tenant.
    ConnectionId = "con";
    /// One trip to a provider and back.
    FlowId = "flw";
    /// A link for somebody without an account.
    LinkId = "lnk";
    /// A rehearsal of the router.
    RehearsalId = "reh";
    /// One test of a connection.
    TestId = "tst";
    /// One look at sample rows.
    SampleId = "smp";
    /// One sync of a connection.
    RunId = "run";
    /// One generated app that reads a tenant's tables.
    AppId = "app";
    /// One API key.
    ApiKeyId = "key";
    /// One uploaded file.
    UploadId = "upl";
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_id_survives_the_wire() {
        for value in [0, 1, u128::MAX, 0x0191_2345_6789_7abc_8def_0123_4567_89ab] {
            let id = ConnectionId::from_u128(value);
            assert_eq!(id.to_string().parse(), Ok(id));
        }
    }

    #[test]
    fn text_order_is_numeric_order() {
        assert!(encode(1 << 70) > encode((1 << 70) - 1));
    }

    #[test]
    fn other_kinds_and_garbage_are_refused() {
        let run = RunId::from_u128(7).to_string();
        assert_eq!(
            run.parse::<ConnectionId>(),
            Err(InvalidId { expected: "con" })
        );
        for text in [
            "",
            "con_",
            "con_8zzzzzzzzzzzzzzzzzzzzzzzzz",
            "con_uuuuuuuuuuuuuuuuuuuuuuuuuu",
        ] {
            assert!(text.parse::<ConnectionId>().is_err(), "{text}");
        }
    }
}
