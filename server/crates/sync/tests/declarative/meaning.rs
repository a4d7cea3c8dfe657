//! A refusal whose status says nothing: the manifest says what it means, by a word of ours.

use std::sync::Arc;

use sync::declarative::Manifest;
use sync::fault::{Fault, Kind};

use super::ours;
use super::reading::read;
use super::script::Script;
use super::server::Server;

/// Refused with the status of success, as the API that this filter is for does it.
async fn refused(means: &str) -> Fault {
    let service = "about: Says no.\nroutes: [{path: /rows, json: {ok: false, error: expired}}]\n";
    let script: Script = serde_saphyr::from_str(service).unwrap();
    let server = Server::start(Arc::new(script)).await;
    let manifest = format!(
        r#"
version: 6.0.0
type: DeclarativeSource
check: {{type: CheckStream, stream_names: [rows]}}
streams:
  - type: DeclarativeStream
    name: rows
    retriever:
      type: SimpleRetriever
      requester:
        type: HttpRequester
        url_base: "{{{{ config['base_url'] }}}}"
        path: /rows
        error_handler:
          type: DefaultErrorHandler
          response_filters:
            - type: HttpResponseFilter
              predicate: "{{{{ response.get('error') == 'expired' }}}}"
              action: FAIL
              failure_type: config_error
              error_message: The sign-in has ended.
              {means}
      record_selector: {{type: RecordSelector, extractor: {{type: DpathExtractor, field_path: []}}}}
    schema_loader: {{type: InlineSchemaLoader, schema: {{type: object, properties: {{}}}}}}
spec: {{type: Spec, connection_specification: {{type: object}}}}
"#
    );
    let manifest = Manifest::parse(&manifest).unwrap();
    let folder = tempfile::tempdir().unwrap();
    let cx = ours::context(&folder);
    let read = Box::pin(read(&manifest, &server.base, &[], &cx)).await;
    read.result.unwrap_err()
}

#[tokio::test]
async fn the_manifest_says_what_a_refusal_means() {
    for (means, kind) in [
        ("means: credentials", Kind::Credentials),
        ("means: forbidden", Kind::Forbidden),
        ("", Kind::Config),
    ] {
        let fault = refused(means).await;
        assert_eq!(fault.kind, kind, "{means}: {fault:?}");
        assert_eq!(fault.message, "The sign-in has ended.");
    }
}

#[tokio::test]
async fn nothing_else_can_be_meant() {
    let fault = refused("means: nothing").await;
    assert_eq!(fault.kind, Kind::Config, "{fault:?}");
    assert!(fault.to_string().contains("means"), "{fault}");
}
