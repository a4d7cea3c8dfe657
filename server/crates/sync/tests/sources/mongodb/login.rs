//! The server's side of SCRAM.

use std::num::NonZeroU32;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use bson::Document;
use md5::{Digest, Md5};
use ring::{digest, hmac, pbkdf2};

use super::served::Refused;
use super::stand_in::User;

const ROUNDS: u32 = 4096;
const SALT: &[u8] = b"a salt of this server";

pub struct Conversation {
    user: User,
    is_new: bool,
    bare: String,
    challenge: String,
    skips_end: bool,
    step: Step,
}

#[derive(PartialEq, Eq)]
enum Step {
    Challenged,
    Proven,
    Done,
}

fn failed() -> Refused {
    (18, "Authentication failed.".to_owned())
}

impl Conversation {
    pub fn begin(
        user: &User,
        mechanism: &str,
        command: &Document,
        first: &str,
    ) -> Result<(Self, String), Refused> {
        if !user.mechanisms.contains(&mechanism) {
            return Err((334, format!("mechanism {mechanism} is not enabled")));
        }
        let bare = first.strip_prefix("n,,").ok_or_else(failed)?;
        let (name, nonce) = bare.split_once(",r=").ok_or_else(failed)?;
        if name != format!("n={}", user.name) || command.get_str("$db").ok() != Some("admin") {
            return Err(failed());
        }
        let challenge = format!("r={nonce}server,s={},i={ROUNDS}", STANDARD.encode(SALT));
        let options = command.get_document("options").ok();
        let conversation = Self {
            user: user.clone(),
            is_new: mechanism == "SCRAM-SHA-256",
            bare: bare.to_owned(),
            challenge: challenge.clone(),
            skips_end: options
                .is_some_and(|options| options.get_bool("skipEmptyExchange").ok() == Some(true)),
            step: Step::Challenged,
        };
        Ok((conversation, challenge))
    }

    pub fn go_on(&mut self, message: &str) -> Result<String, Refused> {
        if self.step == Step::Proven {
            self.step = Step::Done;
            return Ok(String::new());
        }
        let (unproven, proof) = message.rsplit_once(",p=").ok_or_else(failed)?;
        let nonce = self.challenge.split(',').next().ok_or_else(failed)?;
        if unproven != format!("c=biws,{nonce}") {
            return Err(failed());
        }
        let salted = self.salted();
        let all = format!("{},{},{unproven}", self.bare, self.challenge);
        let client_key = self.sign(&salted, b"Client Key");
        let stored = self.hash(&client_key);
        let signature = self.sign(&stored, all.as_bytes());
        let proof = STANDARD.decode(proof).map_err(|_| failed())?;
        let shown: Vec<u8> = proof
            .iter()
            .zip(&signature)
            .map(|(one, other)| one ^ other)
            .collect();
        if self.hash(&shown) != stored && !self.user.pretends {
            return Err(failed());
        }
        self.step = if self.skips_end {
            Step::Done
        } else {
            Step::Proven
        };
        let server_key = self.sign(&salted, b"Server Key");
        Ok(format!(
            "v={}",
            STANDARD.encode(self.sign(&server_key, all.as_bytes()))
        ))
    }

    pub fn is_done(&self) -> bool {
        self.step == Step::Done
    }

    fn salted(&self) -> Vec<u8> {
        let User {
            name,
            password,
            pretends,
            ..
        } = &self.user;
        let password = if *pretends { "a guess" } else { password };
        let (algorithm, secret, length) = if self.is_new {
            (pbkdf2::PBKDF2_HMAC_SHA256, password.to_owned(), 32)
        } else {
            let hash = Md5::digest(format!("{name}:mongo:{password}"));
            let number = u128::from_be_bytes(hash.into());
            (pbkdf2::PBKDF2_HMAC_SHA1, format!("{number:032x}"), 20)
        };
        let mut salted = vec![0; length];
        pbkdf2::derive(
            algorithm,
            NonZeroU32::new(ROUNDS).unwrap(),
            SALT,
            secret.as_bytes(),
            &mut salted,
        );
        salted
    }

    fn sign(&self, key: &[u8], message: &[u8]) -> Vec<u8> {
        let algorithm = if self.is_new {
            hmac::HMAC_SHA256
        } else {
            hmac::HMAC_SHA1_FOR_LEGACY_USE_ONLY
        };
        hmac::sign(&hmac::Key::new(algorithm, key), message)
            .as_ref()
            .to_vec()
    }

    fn hash(&self, bytes: &[u8]) -> Vec<u8> {
        let algorithm = if self.is_new {
            &digest::SHA256
        } else {
            &digest::SHA1_FOR_LEGACY_USE_ONLY
        };
        digest::digest(algorithm, bytes).as_ref().to_vec()
    }
}
