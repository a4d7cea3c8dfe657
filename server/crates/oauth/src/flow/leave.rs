//! The address at which a person consents.

use base64::{Engine, prelude::BASE64_URL_SAFE_NO_PAD};
use oauth2::PkceCodeChallenge;
use secrecy::SecretString;
use sha2::{Digest, Sha256};
use url::{Host, Url};

use super::{Flow, cannot, template};
use crate::{Client, Consent, Error, Words};

/// For trying a description out.
const NOWHERE: &str = "https://hub.example.com/oauth/callback";

impl Flow {
    /// Builds it. The verifier is what stands for the state when the code is exchanged.
    pub fn consent(
        &self,
        answers: &Words,
        client_id: &str,
        redirect: &Url,
        state: &str,
    ) -> Result<Consent, Error> {
        let values = self.with_state(self.values(answers, client_id, redirect), state);
        let text = template::render("consent_url", &self.consent_url, &values)?;
        let (text, verifier) = with_own_verifier(text, state);
        let url = Url::parse(&text)
            .ok()
            .filter(is_safe)
            .ok_or_else(|| cannot("has no https address in its consent_url"))?;
        self.leads_back(&url, redirect, state)?;
        self.has_one_server(answers, client_id, redirect)?;
        Ok(Consent {
            url,
            verifier: Some(verifier),
        })
    }

    /// With the state that a callback is known by, and to this hub.
    fn leads_back(&self, url: &Url, redirect: &Url, state: &str) -> Result<(), Error> {
        let said = |key: &str| -> Vec<String> {
            let pairs = url.query_pairs().filter(|(name, _)| name == key);
            pairs.map(|(_, value)| value.into_owned()).collect()
        };
        if said("state") != [state] {
            return Err(cannot(
                "does not say “state” in its consent_url, by which those who come back are known",
            ));
        }
        match said(&self.keys.redirect).as_slice() {
            [] => Ok(()),
            [one] if one == redirect.as_str() => Ok(()),
            _ => Err(cannot("leads people elsewhere than back to this hub")),
        }
    }

    /// The client is registered at one server: no answer that people type may send its secret to another one.
    fn has_one_server(
        &self,
        answers: &Words,
        client_id: &str,
        redirect: &Url,
    ) -> Result<(), Error> {
        let mut others = answers.clone();
        for name in &self.free {
            others.insert(name.clone(), "anybody".to_owned());
        }
        let hosts = [answers, &others].map(|answers| {
            let values = self.values(answers, client_id, redirect);
            let values = values
                .part("client_secret", "", "")
                .part("auth_code", "", "");
            let url = self.token_address(&values)?;
            Ok::<_, Error>(url.host_str().unwrap_or_default().to_owned())
        });
        let [one, other] = hosts;
        if end_alike(&one?, &other?) {
            Ok(())
        } else {
            Err(cannot(
                "lets anybody choose the server that its access_token_url, and the client's secret, go to",
            ))
        }
    }

    /// Everything once, with made-up values: what cannot be followed is found before anybody leaves.
    pub(super) fn try_out(&self, answers: &Words) -> Result<(), Error> {
        let redirect = Url::parse(NOWHERE).expect("an address");
        let state = "s".repeat(self.state_length());
        let consent = self.consent(answers, "client", &redirect, &state)?;
        let client = Client {
            id: "client".to_owned(),
            secret: "secret".to_owned().into(),
        };
        let verifier = consent.verifier.as_ref();
        self.request(answers, &client, &redirect, "code", verifier)
            .map(drop)
    }
}

/// The state travels in addresses. Where a challenge is made of it, one of a verifier that does not takes its place.
fn with_own_verifier(text: String, state: &str) -> (String, SecretString) {
    let of_state = BASE64_URL_SAFE_NO_PAD.encode(Sha256::digest(state));
    if !text.contains(&of_state) {
        return (text, SecretString::from(state.to_owned()));
    }
    let (challenge, verifier) = PkceCodeChallenge::new_random_sha256();
    let text = text.replace(&of_state, challenge.as_str());
    (text, SecretString::from(verifier.into_secret()))
}

/// People are sent there with their eyes on it: https, or this very machine.
fn is_safe(url: &Url) -> bool {
    let is_here = match url.host() {
        Some(Host::Domain(name)) => name == "localhost",
        Some(Host::Ipv4(address)) => address.is_loopback(),
        Some(Host::Ipv6(address)) => address.is_loopback(),
        None => false,
    };
    url.scheme() == "https" || (url.scheme() == "http" && is_here)
}

/// The same host, or two within one name and its ending.
fn end_alike(one: &str, other: &str) -> bool {
    let labels = one.rsplit('.').zip(other.rsplit('.'));
    let shared = labels.take_while(|(one, other)| one == other).count();
    one == other || shared >= 2
}
