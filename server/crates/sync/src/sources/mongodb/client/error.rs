//! Why a conversation fails.

use std::io;

use bson::{RawBsonRef, RawDocument};

/// The server's own refusal.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Refusal {
    pub code: i32,
    pub message: String,
}

impl Refusal {
    /// How much of the server's words is kept.
    const WORDS: usize = 500;

    /// An answer that says no.
    pub fn of(answer: &RawDocument) -> Option<Self> {
        let number = |name: &str| match answer.get(name) {
            Ok(Some(RawBsonRef::Int32(number))) => Some(f64::from(number)),
            Ok(Some(RawBsonRef::Double(number))) => Some(number),
            Ok(Some(RawBsonRef::Boolean(yes))) => Some(f64::from(u8::from(yes))),
            Ok(Some(RawBsonRef::Int64(number))) => i32::try_from(number).ok().map(f64::from),
            _ => None,
        };
        if number("ok").is_some_and(|ok| ok > 0.5) {
            return None;
        }
        let words = answer.get_str("errmsg").unwrap_or("no reason given");
        let message = words
            .chars()
            .filter(|letter| !letter.is_control())
            .take(Self::WORDS)
            .collect();
        Some(Self {
            code: answer.get_i32("code").unwrap_or_default(),
            message,
        })
    }
}

/// Why the conversation failed.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    #[error(transparent)]
    Broken(#[from] io::Error),
    #[error("{}", .0.message)]
    Refused(Refusal),
    /// Not what the protocol says.
    #[error("{0}")]
    Nonsense(&'static str),
    #[error("a message is larger than 48 MB")]
    TooLarge,
    #[error("no answer for half an hour")]
    Silent,
    #[error("{0}")]
    Tls(io::Error),
    /// The server could not prove that it knows the password.
    #[error("the server does not know the password either")]
    Impostor,
}

impl Error {
    pub const CUT: Self = Self::Nonsense("a message ends in the middle");
}
