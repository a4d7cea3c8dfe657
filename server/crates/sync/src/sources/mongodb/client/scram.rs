//! The login: SCRAM (RFC 5802) with SHA-256, or with SHA-1 for old users. The password itself is never sent, and the
//! server proves that it knows it too.

use std::num::NonZeroU32;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use bson::spec::BinarySubtype;
use bson::{Binary, Bson, RawDocument, doc};
use md5::{Digest, Md5};
use rand::{TryRng, rngs::SysRng};
use ring::{digest, hmac, pbkdf2};
use unicode_normalization::UnicodeNormalization;

use super::{Client, Error};

/// Fewer rounds than MongoDB allows would make the proof easy to guess from, by whoever sent that number.
const FEWEST_ROUNDS: u32 = 4096;
/// More than anybody uses (MongoDB: 15,000), and still less than a second.
const MOST_ROUNDS: u32 = 200_000;
/// Steps a login takes; none needs more than three.
const STEPS: usize = 5;
const NONCE_BYTES: usize = 24;

/// How a login is proven.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Mechanism {
    Sha1,
    Sha256,
}

impl Mechanism {
    pub fn find(name: &str) -> Option<Self> {
        match name {
            "SCRAM-SHA-1" => Some(Self::Sha1),
            "SCRAM-SHA-256" => Some(Self::Sha256),
            _ => None,
        }
    }

    fn name(self) -> &'static str {
        match self {
            Self::Sha1 => "SCRAM-SHA-1",
            Self::Sha256 => "SCRAM-SHA-256",
        }
    }

    /// What stands for the password.
    fn secret(self, user: &str, password: &str) -> String {
        match self {
            Self::Sha1 => hex(&Md5::digest(format!("{user}:mongo:{password}"))),
            // SASLprep, for what passwords are made of.
            Self::Sha256 => password
                .nfkc()
                .filter(|&letter| letter != '\u{ad}')
                .collect(),
        }
    }

    fn stretch(self, secret: &str, salt: &[u8], rounds: NonZeroU32) -> Vec<u8> {
        let (algorithm, bytes) = match self {
            Self::Sha1 => (pbkdf2::PBKDF2_HMAC_SHA1, digest::SHA1_OUTPUT_LEN),
            Self::Sha256 => (pbkdf2::PBKDF2_HMAC_SHA256, digest::SHA256_OUTPUT_LEN),
        };
        let mut stretched = vec![0; bytes];
        pbkdf2::derive(algorithm, rounds, salt, secret.as_bytes(), &mut stretched);
        stretched
    }

    fn sign(self, key: &[u8], message: &[u8]) -> hmac::Tag {
        let algorithm = match self {
            Self::Sha1 => hmac::HMAC_SHA1_FOR_LEGACY_USE_ONLY,
            Self::Sha256 => hmac::HMAC_SHA256,
        };
        hmac::sign(&hmac::Key::new(algorithm, key), message)
    }

    fn hash(self, bytes: &[u8]) -> digest::Digest {
        let algorithm = match self {
            Self::Sha1 => &digest::SHA1_FOR_LEGACY_USE_ONLY,
            Self::Sha256 => &digest::SHA256,
        };
        digest::digest(algorithm, bytes)
    }
}

pub async fn log_in(
    client: &mut Client,
    mechanism: Mechanism,
    database: &str,
    user: &str,
    password: &str,
) -> Result<(), Error> {
    let mut random = [0; NONCE_BYTES];
    SysRng
        .try_fill_bytes(&mut random)
        .map_err(|_| Error::Nonsense("no randomness"))?;
    let first = First::new(user, &STANDARD.encode(random));
    let start = doc! {
        "saslStart": 1, "mechanism": mechanism.name(), "payload": bytes(first.message()),
        "options": {"skipEmptyExchange": true},
    };
    let answer = Answer::of(client.run(database, start).await?)?;
    let (proof, expected) = first.prove(
        mechanism,
        &answer.payload,
        &mechanism.secret(user, password),
    )?;
    let mut go_on = proof;
    let mut is_proven = false;
    for _ in 0..STEPS {
        let next = doc! {
            "saslContinue": 1, "conversationId": answer.conversation.clone(), "payload": bytes(go_on),
        };
        let answer = Answer::of(client.run(database, next).await?)?;
        if !answer.payload.is_empty() {
            is_proven = answer.payload == expected;
            if !is_proven {
                return Err(Error::Impostor);
            }
        }
        if answer.is_done {
            return if is_proven {
                Ok(())
            } else {
                Err(Error::Impostor)
            };
        }
        go_on = String::new();
    }
    Err(Error::Nonsense("the login does not come to an end"))
}

fn hex(bytes: &[u8]) -> String {
    const DIGITS: [char; 16] = [
        '0', '1', '2', '3', '4', '5', '6', '7', '8', '9', 'a', 'b', 'c', 'd', 'e', 'f',
    ];
    bytes
        .iter()
        .flat_map(|byte| [byte >> 4, byte & 15])
        .map(|digit| DIGITS[usize::from(digit)])
        .collect()
}

fn bytes(text: String) -> Binary {
    Binary {
        subtype: BinarySubtype::Generic,
        bytes: text.into_bytes(),
    }
}

struct Answer {
    conversation: Bson,
    payload: String,
    is_done: bool,
}

impl Answer {
    fn of(answer: &RawDocument) -> Result<Self, Error> {
        const NOT_READ: Error = Error::Nonsense("a step of the login cannot be read");
        let conversation = answer
            .get("conversationId")
            .ok()
            .flatten()
            .and_then(|id| Bson::try_from(id).ok())
            .ok_or(NOT_READ)?;
        let payload = answer.get_binary("payload").map_err(|_| NOT_READ)?;
        let payload = std::str::from_utf8(payload.bytes).map_err(|_| NOT_READ)?;
        Ok(Self {
            conversation,
            payload: payload.to_owned(),
            is_done: answer.get_bool("done").unwrap_or_default(),
        })
    }
}

/// The first message, without what it says of the channel.
struct First {
    bare: String,
    nonce: String,
}

impl First {
    fn new(user: &str, nonce: &str) -> Self {
        let user = user.replace('=', "=3D").replace(',', "=2C");
        Self {
            bare: format!("n={user},r={nonce}"),
            nonce: nonce.to_owned(),
        }
    }

    fn message(&self) -> String {
        format!("n,,{}", self.bare)
    }

    /// The proof, and what the server must answer.
    fn prove(
        &self,
        mechanism: Mechanism,
        challenge: &str,
        secret: &str,
    ) -> Result<(String, String), Error> {
        const NOT_READ: Error = Error::Nonsense("the login's challenge cannot be read");
        let part = |name: &str| {
            challenge
                .split(',')
                .find_map(|part| part.strip_prefix(name)?.strip_prefix('='))
                .ok_or(NOT_READ)
        };
        let nonce = part("r")?;
        if !nonce.starts_with(&self.nonce) || nonce.len() == self.nonce.len() {
            return Err(Error::Nonsense("the login's challenge is not for us"));
        }
        let salt = STANDARD.decode(part("s")?).map_err(|_| NOT_READ)?;
        let rounds: u32 = part("i")?.parse().map_err(|_| NOT_READ)?;
        let rounds = Some(rounds)
            .filter(|rounds| (FEWEST_ROUNDS..=MOST_ROUNDS).contains(rounds))
            .and_then(NonZeroU32::new)
            .ok_or(Error::Nonsense(
                "the login's number of rounds is out of bounds",
            ))?;
        let salted = mechanism.stretch(secret, &salt, rounds);
        let client_key = mechanism.sign(&salted, b"Client Key");
        let stored = mechanism.hash(client_key.as_ref());
        // What would be said of the channel: nothing ("n,,").
        let unproven = format!("c=biws,r={nonce}");
        let all = format!("{},{challenge},{unproven}", self.bare);
        let signature = mechanism.sign(stored.as_ref(), all.as_bytes());
        let proof: Vec<u8> = client_key
            .as_ref()
            .iter()
            .zip(signature.as_ref())
            .map(|(key, signature)| key ^ signature)
            .collect();
        let server_key = mechanism.sign(&salted, b"Server Key");
        let expected = mechanism.sign(server_key.as_ref(), all.as_bytes());
        Ok((
            format!("{unproven},p={}", STANDARD.encode(proof)),
            format!("v={}", STANDARD.encode(expected)),
        ))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The examples of MongoDB's own specification of logins.
    #[test]
    fn proofs_are_those_of_the_specification() {
        let first = First::new("user", "fyko+d2lbbFgONRv9qkxdawL");
        let challenge = "r=fyko+d2lbbFgONRv9qkxdawLHo+Vgk7qvUOKUwuWLIWg4l/9SraGMHEE,s=rQ9ZY3MntBeuP3E1TDVC4w==,i=10000";
        let secret = Mechanism::Sha1.secret("user", "pencil");
        assert_eq!(
            first.prove(Mechanism::Sha1, challenge, &secret).unwrap(),
            (
                "c=biws,r=fyko+d2lbbFgONRv9qkxdawLHo+Vgk7qvUOKUwuWLIWg4l/9SraGMHEE,p=MC2T8BvbmWRckDw8oWl5IVghwCY=".to_owned(),
                "v=UMWeI25JD1yNYZRMpZ4VHvhZ9e0=".to_owned()
            )
        );
        let first = First::new("user", "rOprNGfwEbeRWgbNEkqO");
        let challenge = "r=rOprNGfwEbeRWgbNEkqO%hvYDpWUa2RaTCAfuxFIlj)hNlF$k0,s=W22ZaJ0SNY7soEsUEjb6gQ==,i=4096";
        let secret = Mechanism::Sha256.secret("user", "pencil");
        assert_eq!(
            first.prove(Mechanism::Sha256, challenge, &secret).unwrap(),
            (
                "c=biws,r=rOprNGfwEbeRWgbNEkqO%hvYDpWUa2RaTCAfuxFIlj)hNlF$k0,p=dHzbZapWIk4jUhN+Ute9ytag9zjfMHgsqmmiz7AndVQ=".to_owned(),
                "v=6rriTRBi23WpRR/wtup+mMhUZUn/dB5nLTJRsjl95G4=".to_owned()
            )
        );
    }

    #[test]
    fn a_challenge_that_is_not_for_us_is_refused() {
        let first = First::new("a=b,c", "abc");
        assert_eq!(first.message(), "n,,n=a=3Db=2Cc,r=abc");
        for challenge in [
            "",
            "r=other,s=AAAA,i=4096",
            "r=abc,s=AAAA,i=4096",
            "r=abcd,s=AAAA,i=1",
            "r=abcd,s=AAAA,i=4000000000",
            "r=abcd,s=%,i=4096",
            "r=abcd,i=4096",
        ] {
            first.prove(Mechanism::Sha256, challenge, "x").unwrap_err();
        }
    }
}
