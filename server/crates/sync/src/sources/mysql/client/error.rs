//! Why a conversation fails.

use std::io;

/// The server's own refusal.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Refusal {
    pub code: u16,
    pub message: String,
}

impl Refusal {
    /// How much of the server's words is kept.
    const WORDS: usize = 500;

    /// An error packet: its mark, the code, from version 4.1 on a state, then words.
    pub fn parse(packet: &[u8]) -> Self {
        let code = packet
            .get(1..3)
            .map_or(0, |code| u16::from_le_bytes([code[0], code[1]]));
        let words = packet.get(3..).unwrap_or_default();
        let words = match words.split_first() {
            Some((b'#', rest)) => rest.get(5..).unwrap_or_default(),
            _ => words,
        };
        let message = String::from_utf8_lossy(words)
            .chars()
            .filter(|letter| !letter.is_control())
            .take(Self::WORDS)
            .collect();
        Self { code, message }
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
    #[error("a packet is larger than 64 MB")]
    TooLarge,
    #[error("no answer for half an hour")]
    Silent,
    #[error("{0}")]
    Tls(io::Error),
    #[error("the server asks for the method {0}")]
    Method(String),
    #[error("the password itself would have to be sent without encryption")]
    ClearPassword,
    #[error("the server asked for a file of this machine")]
    FileAsked,
}

impl Error {
    pub const CUT: Self = Self::Nonsense("a packet ends in the middle");
}
