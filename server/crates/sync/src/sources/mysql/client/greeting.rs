//! What the server says first, and what is answered: the two sides' abilities, then the login.

use super::packet::{array, bytes, until_zero};
use super::{Error, Refusal};

/// Abilities, as bits of the protocol. Sending local files, several statements at once and compression are not among
/// them: the server is never told that this side could.
const LONG_PASSWORD: u32 = 1;
const LONG_FLAG: u32 = 1 << 2;
const CONNECT_WITH_DB: u32 = 1 << 3;
const PROTOCOL_41: u32 = 1 << 9;
const SSL: u32 = 1 << 11;
const TRANSACTIONS: u32 = 1 << 13;
const SECURE_CONNECTION: u32 = 1 << 15;
const PLUGIN_AUTH: u32 = 1 << 19;
const OURS: u32 = LONG_PASSWORD
    | LONG_FLAG
    | CONNECT_WITH_DB
    | PROTOCOL_41
    | TRANSACTIONS
    | SECURE_CONNECTION
    | PLUGIN_AUTH;

/// `utf8mb4_general_ci`, which every server since 5.5 knows.
const CHARSET: u8 = 45;
/// Bytes of a challenge that count.
const CHALLENGE: usize = 20;

/// The server's first packet.
#[derive(Debug, Clone)]
pub struct Greeting {
    pub version: String,
    pub challenge: Vec<u8>,
    pub method: String,
    abilities: u32,
}

impl Greeting {
    pub fn parse(packet: &[u8]) -> Result<Self, Error> {
        let mut rest = packet;
        match array(&mut rest)? {
            [10] => {}
            [0xFF] => return Err(Error::Refused(Refusal::parse(packet))),
            _ => return Err(Error::Nonsense("the first packet is no greeting")),
        }
        let version = String::from_utf8_lossy(until_zero(&mut rest)).into_owned();
        array::<4>(&mut rest)?;
        let mut challenge = bytes(&mut rest, 8)?.to_vec();
        array::<1>(&mut rest)?;
        let [low, low2] = array(&mut rest)?;
        array::<3>(&mut rest)?;
        let [high, high2] = array(&mut rest)?;
        let abilities = u32::from_le_bytes([low, low2, high, high2]);
        let [length] = array(&mut rest)?;
        array::<10>(&mut rest)?;
        challenge.extend_from_slice(bytes(
            &mut rest,
            usize::from(length).saturating_sub(8).max(13),
        )?);
        challenge.truncate(CHALLENGE);
        let method = String::from_utf8_lossy(until_zero(&mut rest)).into_owned();
        if abilities & (PROTOCOL_41 | SECURE_CONNECTION | PLUGIN_AUTH)
            != PROTOCOL_41 | SECURE_CONNECTION | PLUGIN_AUTH
        {
            return Err(Error::Nonsense("the server is older than MySQL 5.5"));
        }
        Ok(Self {
            version,
            challenge,
            method,
            abilities,
        })
    }

    pub fn offers_encryption(&self) -> bool {
        self.abilities & SSL != 0
    }
}

/// Asks for encryption: the head of the login without name and password.
pub fn ask_for_encryption(most: u32) -> Vec<u8> {
    head(OURS | SSL, most)
}

/// The login itself.
pub fn login(
    encrypted: bool,
    most: u32,
    user: &str,
    proof: &[u8],
    database: &str,
    method: &str,
) -> Vec<u8> {
    let mut packet = head(if encrypted { OURS | SSL } else { OURS }, most);
    packet.extend_from_slice(user.as_bytes());
    packet.push(0);
    // Proofs have at most 32 bytes.
    packet.push(u8::try_from(proof.len()).unwrap_or_default());
    packet.extend_from_slice(proof);
    for text in [database, method] {
        packet.extend_from_slice(text.as_bytes());
        packet.push(0);
    }
    packet
}

fn head(abilities: u32, most: u32) -> Vec<u8> {
    let mut packet = abilities.to_le_bytes().to_vec();
    packet.extend_from_slice(&most.to_le_bytes());
    packet.push(CHARSET);
    packet.extend_from_slice(&[0; 23]);
    packet
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn any_first_packet_is_read_or_refused() {
        let begin =
            prop::sample::select(vec![&b""[..], b"\x0a", b"\x0a8.4\0", b"\xff\x15\x04#28000"]);
        proptest!(|(begin in begin, rest in prop::collection::vec(any::<u8>(), 0..80))| {
            let _ = Greeting::parse(&[begin, &rest].concat());
        });
    }

    #[test]
    fn a_login_says_what_it_can_and_no_more() {
        let packet = login(
            false,
            1 << 20,
            "anna",
            &[7; 20],
            "shop",
            "mysql_native_password",
        );
        let abilities = u32::from_le_bytes(packet[..4].try_into().unwrap());
        // Local files, compression, several statements, several answers.
        for bit in [7, 5, 16, 17] {
            assert_eq!(abilities & (1 << bit), 0, "{bit}");
        }
        assert_eq!(packet[32..37], *b"anna\0");
        assert_eq!(packet[37], 20);
        assert_eq!(packet[58..], *b"shop\0mysql_native_password\0");
    }
}
