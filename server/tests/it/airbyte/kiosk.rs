//! A stand-in that is a provider of the engine's own sign-in: people may leave out some of what they are asked for, and whoever
//! signs in again is given the same token. Codes count once.

use std::{
    collections::HashMap,
    fs,
    sync::{Arc, Mutex, MutexGuard},
};

use airbyte::{
    Client, Error, OAuthOwner, Server,
    api::{ActorType, InitiateOAuth, OAuthCredentials, SourceCreate, WorkspaceCreate},
};
use axum::{
    Form, Json, Router,
    extract::{Query, State},
    http::StatusCode,
    response::Redirect,
    routing::{get, post},
};
use reqwest::Url;
use serde_json::{Value, json};
use tempfile::TempDir;
use tokio::runtime::Runtime;
use uuid::Uuid;

use super::described_sign_in::{BACK, client};
use crate::harness::{Hub, eventually};

const CLIENT: (&str, &str) = ("kiosk-app", "hush-hush-kiosk");
/// What each sign-in gives.
pub const TOKEN: &str = "one-token-of-the-kiosk";
/// The connector that it is for.
const POSTGRES: &str = "postgres";

type Pairs = HashMap<String, String>;

#[derive(Default)]
struct Memory {
    /// Codes that were given out, and the scopes that they stand for.
    codes: HashMap<String, String>,
    left_out: Vec<&'static str>,
    given_back: Vec<String>,
}

type Shared = State<Arc<Mutex<Memory>>>;

/// The kiosk, a hub that knows it, and a program with a workspace there.
pub struct Kiosk {
    pub hub: Hub,
    memory: Arc<Mutex<Memory>>,
    client: Client,
    workspace: Uuid,
    runtime: Runtime,
    _folder: TempDir,
}

impl Kiosk {
    pub fn open() -> Self {
        let memory = Arc::<Mutex<Memory>>::default();
        let app = Router::new()
            .route("/authorize", get(authorize))
            .route("/token", post(token))
            .route("/revoke", post(revoke))
            .with_state(Arc::clone(&memory));
        let runtime = Runtime::new().expect("a runtime");
        let url = runtime.block_on(async {
            let listener = tokio::net::TcpListener::bind("127.0.0.1:0")
                .await
                .expect("a port");
            let url = format!("http://{}", listener.local_addr().expect("an address"));
            tokio::spawn(async move { axum::serve(listener, app).await });
            url
        });
        let folder = tempfile::tempdir().expect("a folder");
        let file = folder.path().join("providers.toml");
        fs::write(&file, described(&url)).expect("a file");
        let hub = Hub::start_with(&[
            ("OAUTH_PROVIDERS_FILE", file.display().to_string()),
            // The kiosk is on this machine and has no certificate.
            ("TRIBUTARY_ALLOW_HTTP", "1".to_owned()),
        ]);
        let client = client(&hub, Server::Engine);
        let workspace = runtime
            .block_on(registered(&client))
            .expect("a workspace with a client");
        Self {
            hub,
            memory,
            client,
            workspace,
            runtime,
            _folder: folder,
        }
    }

    fn memory(&self) -> MutexGuard<'_, Memory> {
        self.memory.lock().expect("no panic")
    }

    /// What people do not allow from now on.
    pub fn leave_out(&self, scopes: &[&'static str]) {
        scopes.clone_into(&mut self.memory().left_out);
    }

    pub fn given_back(&self) -> Vec<String> {
        self.memory().given_back.clone()
    }

    /// Where a program sends somebody who is to allow this.
    pub fn leave(&self, scopes: &[&str], optional: &[&str]) -> Result<Url, Error> {
        let [requested_scopes, requested_optional_scopes] =
            [scopes, optional].map(|list| list.iter().map(|scope| (*scope).to_owned()).collect());
        let asked = InitiateOAuth {
            source_type: POSTGRES.to_owned(),
            workspace_id: self.workspace,
            redirect_url: BACK.to_owned(),
            input: json!({}),
            requested_scopes,
            requested_optional_scopes,
        };
        self.runtime.block_on(self.client.initiate_oauth(&asked))
    }

    pub fn source(&self, secret: &str) -> Uuid {
        let new = SourceCreate {
            name: "Shop".to_owned(),
            workspace_id: self.workspace,
            definition_id: None,
            configuration: json!({
                "sourceType": POSTGRES, "host": "127.0.0.1", "port": 1, "database": "shop",
                "username": "reader", "ssl_mode": { "mode": "disable" },
            }),
            secret_id: Some(secret.to_owned()),
        };
        let made = self.runtime.block_on(self.client.create_source(&new));
        made.expect("a source").source_id
    }

    pub fn remove(&self, source: Uuid) {
        let removed = self.client.delete_source(source);
        self.runtime.block_on(removed).expect("it is removed");
    }

    /// No source can be made any more with what was granted so far.
    pub fn an_hour_passes(&self) {
        self.hub.control(
            "UPDATE engine.oauth_grants SET open_until = now() - interval '1 second';
             UPDATE jobs SET run_at = now()
             WHERE kind IN ('engine.give_back', 'engine.unused_sign_in') AND state = 'queued'",
        );
    }

    /// Until so many grants are left that somebody lives by.
    pub fn are_left(&self, grants: &str) {
        eventually("what was granted is followed to its end", || {
            let left = self.hub.control("SELECT count(*) FROM engine.oauth_grants");
            (left == [grants]).then_some(())
        });
    }
}

/// An operator's description of it.
fn described(url: &str) -> String {
    format!(
        "[[provider]]\nid = 'kiosk'\nname = 'Kiosk'\nauthorize_url = '{url}/authorize'\ntoken_url = '{url}/token'\n\
         revoke = {{ url = '{url}/revoke', client = true }}\n\
         [[grant]]\nsource_type = '{POSTGRES}'\nprovider = 'kiosk'\nscopes = ['rows', 'names']\noptional_scopes = ['notes']\n\
         permissions = ['Read rows']\ntokens = [{{ from = 'access_token', to = ['password'] }}]\nrenewal = 'never'\n"
    )
}

async fn registered(client: &Client) -> Result<Uuid, Error> {
    let named = WorkspaceCreate::named("Oder");
    let workspace = client.create_workspace(&named).await?.workspace_id;
    let credentials = OAuthCredentials {
        actor_type: ActorType::Source,
        name: POSTGRES.to_owned(),
        configuration: json!({ "client_id": CLIENT.0, "client_secret": CLIENT.1 }),
    };
    let owner = OAuthOwner::Workspace(workspace);
    client.set_oauth_credentials(owner, &credentials).await?;
    Ok(workspace)
}

async fn authorize(State(memory): Shared, Query(asked): Query<Pairs>) -> Redirect {
    let mut memory = memory.lock().expect("no panic");
    let code = format!("code-{}", memory.codes.len());
    let allowed = asked["scope"].split(' ');
    let allowed = allowed.filter(|scope| !memory.left_out.contains(scope));
    let allowed = allowed.collect::<Vec<_>>().join(" ");
    let mut back = Url::parse(&asked["redirect_uri"]).expect("an address");
    back.query_pairs_mut()
        .append_pair("state", &asked["state"])
        .append_pair("code", &code);
    memory.codes.insert(code, allowed);
    Redirect::to(back.as_str())
}

fn is_client(given: &Pairs) -> bool {
    (given["client_id"].as_str(), given["client_secret"].as_str()) == CLIENT
}

async fn token(State(memory): Shared, Form(given): Form<Pairs>) -> (StatusCode, Json<Value>) {
    let no = |error| (StatusCode::BAD_REQUEST, Json(json!({ "error": error })));
    if !is_client(&given) {
        return no("invalid_client");
    }
    let mut memory = memory.lock().expect("no panic");
    let allowed = memory.codes.get_mut(&given["code"]).map(std::mem::take);
    let Some(allowed) = allowed.filter(|allowed| !allowed.is_empty()) else {
        return no("invalid_grant");
    };
    let token = json!({ "access_token": TOKEN, "token_type": "Bearer", "scope": allowed });
    (StatusCode::OK, Json(token))
}

async fn revoke(State(memory): Shared, Form(given): Form<Pairs>) -> StatusCode {
    if !is_client(&given) {
        return StatusCode::UNAUTHORIZED;
    }
    let mut memory = memory.lock().expect("no panic");
    memory.given_back.push(given["token"].clone());
    StatusCode::OK
}
