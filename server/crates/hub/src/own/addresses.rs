//! Where the requests of an integration go, and that what was typed for it stays there.

use std::collections::BTreeSet;

use serde_json::{Value, json};
use sync::integration::{Direct, Integration};

use super::DOCUMENT;
use crate::{
    Error,
    forms::{lead_elsewhere, pointers_in},
};

/// Where requests go, under the names that a document has for it. What a secret fills in is known only once it is typed.
pub(super) fn of(manifest: &Value) -> Value {
    let streams = manifest["streams"].as_array().into_iter().flatten();
    let requesters = streams.map(|stream| &stream["retriever"]["requester"]);
    let (mut base, mut token) = (BTreeSet::<&str>::new(), BTreeSet::<&str>::new());
    for requester in requesters {
        let authenticator = &requester["authenticator"];
        base.extend(requester["url_base"].as_str());
        // Where one signs in first, that is where the password goes.
        base.extend(authenticator["login_requester"]["url_base"].as_str());
        token.extend(authenticator["token_refresh_endpoint"].as_str());
    }
    json!({ "base_url": base, "token_url": token })
}

/// Refuses a description that sends the secrets of existing connections to another place than they were typed for.
pub(super) fn stay(before: &Integration, manifest: &Value) -> Result<(), Error> {
    let Direct::Manifest { manifest: old, .. } = before.direct() else {
        return Ok(());
    };
    if !lead_elsewhere(&pointers_in(&of(&old)), &pointers_in(&of(manifest))) {
        return Ok(());
    }
    let why = format!(
        "Connections use {}, and their secrets would go to another address now. Describe it under another name, or remove those connections first.",
        before.name
    );
    Err(Error::field(DOCUMENT, why))
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Where the requests of an API at this address go that authenticates so.
    fn places(base_url: &str, authentication: &str) -> Value {
        let document = format!(
            "apis:
  integrations:
    - name: Harbour
      type: rest
      base_url: {base_url}
      authentication: {authentication}
      endpoints: [{{ name: ships, path: /ships }}, {{ name: quays, path: /quays }}]
"
        );
        let read = Integration::read(&document, None).unwrap();
        let Direct::Manifest { manifest, .. } = read[0].direct() else {
            panic!("an API is a manifest")
        };
        of(&manifest)
    }

    #[test]
    fn every_address_that_requests_go_to_is_found() {
        let oauth = "{ type: oauth2, token_url: \"https://login.example.com/token\", client_id: hub, secret_name: secret }";
        assert_eq!(
            places("https://api.example.com/v1", oauth),
            json!({
                "base_url": ["https://api.example.com/v1"],
                "token_url": ["https://login.example.com/token"],
            })
        );
    }

    #[test]
    fn a_password_stays_where_one_signs_in() {
        let signs_in = |path: &str| {
            format!(
                "{{ type: session_token, login_path: {path}, login_body: {{ password: \"${{secrets.door}}\" }}, token_path: id }}"
            )
        };
        let here = places("https://api.example.com/v1", &signs_in("/login"));
        assert_eq!(
            here,
            json!({ "base_url": ["https://api.example.com/v1"], "token_url": [] })
        );
        let moves = |to: &Value| lead_elsewhere(&pointers_in(&here), &pointers_in(to));
        assert!(!moves(&places(
            "https://api.example.com/v2",
            &signs_in("/in")
        )));
        assert!(moves(&places(
            "https://api.example.org/v1",
            &signs_in("/login")
        )));

        // Whoever signs in elsewhere, however a manifest came to say so, is seen.
        let login = json!({ "login_requester": { "url_base": "https://evil.example.org" } });
        let requester = json!({ "url_base": "https://api.example.com/v1", "authenticator": login });
        let manifest = json!({ "streams": [{ "retriever": { "requester": requester } }] });
        assert!(moves(&of(&manifest)));
    }
}
