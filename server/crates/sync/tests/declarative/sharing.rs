//! Who uses up one quota together: by itself each account has its own, and `shared_by` makes it the application's.

use std::sync::Arc;
use std::time::Duration;

use serde_json::json;
use sync::connector::{Connector, Turns};
use sync::declarative::Manifest;
use sync::fault::{Fault, Kind};
use tokio::sync::mpsc;
use uuid::Uuid;

use super::ours;
use super::script::Script;
use super::server::Server;

/// A quota is a single request here, so whoever shares one waits for an hour.
const A_WHILE: Duration = Duration::from_secs(1);

const SERVICE: &str = r#"
about: Signs everybody in, and has one row.
routes:
  - {method: POST, path: /token, json: {access_token: "of-{form.refresh_token}", expires_in: 3600}}
  - {path: /rows, json: [{id: 1}]}
"#;

fn manifest(sharing: &str) -> Manifest {
    let text = format!(
        r#"
version: 6.0.0
type: DeclarativeSource
check: {{type: CheckStream, stream_names: [rows]}}
api_budget:
  type: HTTPAPIBudget
  policies:
    - {{type: MovingWindowCallRatePolicy, matchers: [], rates: [{{type: Rate, limit: 1, interval: PT1H}}]{sharing}}}
streams:
  - type: DeclarativeStream
    name: rows
    retriever:
      type: SimpleRetriever
      requester:
        type: HttpRequester
        url_base: "{{{{ config['base_url'] }}}}"
        path: /rows
        authenticator:
          type: OAuthAuthenticator
          token_refresh_endpoint: "{{{{ config['base_url'] }}}}/token"
          client_id: "{{{{ config['client_id'] }}}}"
          client_secret: "{{{{ config['client_secret'] }}}}"
          refresh_token: "{{{{ config['refresh_token'] }}}}"
      record_selector: {{type: RecordSelector, extractor: {{type: DpathExtractor, field_path: []}}}}
    schema_loader: {{type: InlineSchemaLoader, schema: {{type: object, properties: {{}}}}}}
spec: {{type: Spec, connection_specification: {{type: object}}}}
"#
    );
    Manifest::parse(&text).unwrap()
}

/// One process, whose syncs wait in the same lines.
struct Hub {
    server: Server,
    connector: Connector,
    turns: Turns,
}

impl Hub {
    async fn start(sharing: &str) -> Self {
        let script: Script = serde_saphyr::from_str(SERVICE).unwrap();
        Self {
            server: Server::start(Arc::new(script)).await,
            connector: Connector::Declarative(manifest(sharing)),
            turns: Turns::default(),
        }
    }

    /// Asks for the row with an account that signed in through this application.
    async fn ask(&self, account: &str, application: &str) -> Result<(), Fault> {
        let folder = tempfile::tempdir().unwrap();
        let mut cx = ours::context(&folder);
        cx.turns = self.turns.of(Uuid::now_v7());
        let config = json!({
            "base_url": self.server.base, "client_id": application, "client_secret": application,
            "refresh_token": account,
        });
        let (steps, _) = mpsc::channel(64);
        Box::pin(self.connector.check(&config, &cx, steps)).await
    }

    async fn waits(&self, account: &str, application: &str) -> bool {
        let asked = self.ask(account, application);
        tokio::time::timeout(A_WHILE, asked).await.is_err()
    }
}

#[tokio::test]
async fn accounts_of_one_application_have_quotas_of_their_own() {
    for sharing in ["", ", shared_by: account"] {
        let hub = Hub::start(sharing).await;
        hub.ask("anna", "tides").await.unwrap();
        hub.ask("ben", "tides").await.unwrap();
        assert!(hub.waits("anna", "tides").await);
    }
}

#[tokio::test]
async fn a_policy_may_say_that_an_application_has_one_quota_for_all() {
    let hub = Hub::start(", shared_by: application").await;
    hub.ask("anna", "tides").await.unwrap();
    assert!(hub.waits("ben", "tides").await);
    hub.ask("ben", "harbours").await.unwrap();
}

#[tokio::test]
async fn nobody_else_can_share_a_quota() {
    let hub = Hub::start(", shared_by: everybody").await;
    let fault = hub.ask("anna", "tides").await.unwrap_err();
    assert_eq!(fault.kind, Kind::Config, "{fault:?}");
    assert!(fault.to_string().contains("shared_by"), "{fault}");
}
