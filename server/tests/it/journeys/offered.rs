//! A harbour that an operator offers to everybody: read by this hub, and by Airbyte's own runtime.

use serde_json::json;

use super::harbour::{Harbour, TOKEN};
use crate::harness::{Api, Hub, Setting, text};

fn document(base_url: &str) -> String {
    format!(
        "apis:
  integrations:
    - name: The Harbour
      type: rest
      base_url: {base_url}
      authentication: {{ type: bearer, secret_name: harbour_token }}
      endpoints:
        - name: ships
          path: /ships
          records: ships
          primary_key: id
          cursor: {{ field: called_on, parameter: since, format: date, start: 2026-01-01 }}
          paging: {{ type: page, size: 2 }}
          fields: {{ id: integer, name: string, called_on: date }}
"
    )
}

/// A hub that offers the harbour to everybody.
pub fn offering(harbour: &Harbour) -> (Hub, tempfile::TempDir) {
    offering_with(harbour, &[])
}

/// The same with more settings.
pub fn offering_with(harbour: &Harbour, more: &[Setting]) -> (Hub, tempfile::TempDir) {
    let folder = tempfile::tempdir().expect("a folder");
    let file = folder.path().join("apis.yaml");
    std::fs::write(&file, document(&harbour.url)).expect("a document");
    let own = [
        ("TRIBUTARY_INTEGRATIONS", file.display().to_string()),
        // The harbour is on this machine and has no certificate.
        ("TRIBUTARY_ALLOW_HTTP", "1".to_owned()),
    ];
    (Hub::start_with(&[&own[..], more].concat()), folder)
}

/// Connects the harbour for somebody.
pub fn connected(api: &Api, name: &str) -> String {
    let sources = api.get("/api/airbyte/sources");
    let mut all = sources.as_array().expect("sources").iter();
    let own = all.find(|source| source["name"] == "The Harbour");
    let slug = text(own.expect("it is in the catalogue"), "slug").to_owned();
    let secret = json!({ "harbour_token": TOKEN });
    let (connection, test) = api.connect(&slug, name, &secret);
    assert_eq!(test["state"], "passed", "{test}");
    api.follow(&connection, "called_on");
    connection
}
