//! Where the requests of an integration go, and that what was typed for it stays there.

use std::collections::BTreeSet;

use serde_json::{Value, json};
use store::own::Own;
use sync::integration::{self, Direct};

use super::{DOCUMENT, explain};
use crate::{
    Error, Hub,
    forms::{lead_elsewhere, pointers_in},
};

/// Where requests go, under the names that a document has for it. What a secret fills in is known only once it is typed.
pub(super) fn of(manifest: &Value) -> Value {
    let streams = manifest["streams"].as_array().into_iter().flatten();
    let requesters = streams.map(|stream| &stream["retriever"]["requester"]);
    let (mut base, mut token) = (BTreeSet::<&str>::new(), BTreeSet::<&str>::new());
    for requester in requesters {
        base.extend(requester["url_base"].as_str());
        token.extend(requester["authenticator"]["token_refresh_endpoint"].as_str());
    }
    json!({ "base_url": base, "token_url": token })
}

/// Refuses a description that sends the secrets of existing connections to another place than they were typed for.
pub(super) fn stay(hub: &Hub, known: &Own, manifest: &Value) -> Result<(), Error> {
    let before = explain::read(hub, &known.document)?.unwrap_or_default();
    let before = before.iter().find(|one| one.name == known.name);
    let Some(Direct::Manifest { manifest: old, .. }) = before.map(integration::Integration::direct)
    else {
        return Ok(());
    };
    if !lead_elsewhere(&pointers_in(&of(&old)), &pointers_in(&of(manifest))) {
        return Ok(());
    }
    let why = format!(
        "Connections use {}, and their secrets would go to another address now. Describe it under another name, or remove those connections first.",
        known.name
    );
    Err(Error::field(DOCUMENT, why))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_address_that_requests_go_to_is_found() {
        let document = r#"apis:
  integrations:
    - name: Harbour
      type: rest
      base_url: https://api.example.com/v1
      authentication: { type: oauth2, token_url: "https://login.example.com/token", client_id: hub, secret_name: secret }
      endpoints: [{ name: ships, path: /ships }, { name: quays, path: /quays }]
"#;
        let read = integration::Integration::read(document, None).unwrap();
        let Direct::Manifest { manifest, .. } = read[0].direct() else {
            panic!("an API is a manifest")
        };
        assert_eq!(
            of(&manifest),
            json!({
                "base_url": ["https://api.example.com/v1"],
                "token_url": ["https://login.example.com/token"],
            })
        );
    }
}
