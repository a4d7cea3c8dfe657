//! Random tokens and codes, their hashes, and comparison in constant time.

use std::fmt::Write;

use rand::{TryRng, rngs::SysRng};
use secrecy::SecretString;
use sha2::{Digest, Sha256};
use subtle::ConstantTimeEq;

const BASE62: &[u8; 62] = b"0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz";

/// `N` random bytes of the operating system.
pub fn bytes<const N: usize>() -> [u8; N] {
    let mut bytes = [0; N];
    SysRng
        .try_fill_bytes(&mut bytes)
        .expect("the operating system gives randomness, or nothing here is safe to go on");
    bytes
}

/// Random letters and digits: 43 of them carry 256 bits. Safe in URLs, shells and connection strings.
pub fn letters(length: usize) -> String {
    let mut text = String::with_capacity(length);
    while text.len() < length {
        for byte in bytes::<64>() {
            // Only the first 4 × 62 values, so that every letter is equally likely.
            if text.len() < length && byte < 248 {
                text.push(char::from(BASE62[usize::from(byte % 62)]));
            }
        }
    }
    text
}

/// A new secret of 256 bits as text.
pub fn secret() -> SecretString {
    SecretString::from(letters(43))
}

/// Six random digits.
pub fn code() -> String {
    loop {
        let value = u32::from_be_bytes(bytes());
        // The largest multiple of a million below 2³²: no digit is likelier than another.
        if value < 4_294_000_000 {
            return format!("{:06}", value % 1_000_000);
        }
    }
}

/// SHA-256, for tokens that are long and random, and for names that must not be readable.
pub fn hash(text: &str) -> [u8; 32] {
    Sha256::digest(text.as_bytes()).into()
}

/// Equality that takes the same time wherever the difference lies.
pub fn same(left: &[u8], right: &[u8]) -> bool {
    left.ct_eq(right).into()
}

/// Lower-case hexadecimal.
pub fn hex(bytes: &[u8]) -> String {
    bytes.iter().fold(String::new(), |mut text, byte| {
        write!(text, "{byte:02x}").expect("writing to a String does not fail");
        text
    })
}

/// Reads what [`hex`] wrote.
pub fn from_hex(text: &str) -> Option<Vec<u8>> {
    if !text.len().is_multiple_of(2) || !text.is_ascii() {
        return None;
    }
    (0..text.len())
        .step_by(2)
        .map(|at| u8::from_str_radix(&text[at..at + 2], 16).ok())
        .collect()
}
