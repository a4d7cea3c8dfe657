//! A stand-in that is a pier and the provider of its own sign-in. The newest pass for a day leads to its boats; a lasting pass
//! counts once, and its use gives the next one of both; what was granted can be given back.

use std::{
    collections::HashMap,
    fs,
    path::Path,
    sync::{Arc, Mutex, MutexGuard},
};

use axum::{
    Form, Json, Router,
    extract::{Query, State},
    http::{HeaderMap, StatusCode, header},
    response::Redirect,
    routing::{get, post},
};
use reqwest::Url;
use serde_json::{Value, json};
use tokio::runtime::Runtime;

use crate::harness::{self, Hub};

pub const CLIENT: (&str, &str) = ("pier-app", "hush-hush-pier");
/// A connector that knows nothing but a pass for a day, and one that renews its passes and keeps them.
pub const BOATS: &str = "boats";
pub const TUGS: &str = "tugs";
/// Seconds. What signing in gives ends at once, what a lasting pass gives does not.
const SHORT: u32 = 60;
const LONG: u32 = 3600;

const BEARER: &str = r#"{ type: BearerAuthenticator, api_token: "{{ config['pass'] }}" }"#;
const KEEPING: &str = r#"{ type: OAuthAuthenticator, token_refresh_endpoint: "PIER/token", client_id: "{{ config['app'] }}", client_secret: "{{ config['app_secret'] }}", refresh_token_updater: { refresh_token_config_path: [pass], access_token_config_path: [day], token_expiry_date_config_path: [until] } }"#;
const MANIFEST: &str = "
version: 7.0.0
type: DeclarativeSource
check: { type: CheckStream, stream_names: [boats] }
streams:
  - type: DeclarativeStream
    name: boats
    primary_key: id
    retriever:
      type: SimpleRetriever
      requester:
        type: HttpRequester
        url_base: PIER
        path: /boats
        authenticator: AUTHENTICATOR
      record_selector: { type: RecordSelector, extractor: { type: DpathExtractor, field_path: [boats] } }
    schema_loader:
      type: InlineSchemaLoader
      schema: { type: object, properties: { id: { type: integer } } }
spec:
  type: Spec
  connection_specification:
    type: object
    required: [pass]
    properties:
      app: { type: string, airbyte_secret: true }
      app_secret: { type: string, airbyte_secret: true }
      pass: { type: string, airbyte_secret: true }
";

type Pairs = HashMap<String, String>;

#[derive(Default)]
struct Memory {
    /// Pairs of passes so far; the last one counts.
    given: u32,
    /// No lasting pass counts.
    forgetful: bool,
    /// How often one was shown that does not count.
    refused: u32,
    /// Nothing is taken back now.
    closed: bool,
    turned_away: u32,
    given_back: Vec<String>,
}

/// The pier; ends with it.
pub struct Pier {
    url: String,
    memory: Arc<Mutex<Memory>>,
    _runtime: Runtime,
}

type Shared = State<Arc<Mutex<Memory>>>;

impl Pier {
    pub fn open() -> Self {
        let memory = Arc::<Mutex<Memory>>::default();
        let app = Router::new()
            .route("/authorize", get(authorize))
            .route("/token", post(token))
            .route("/revoke", post(revoke))
            .route("/boats", get(boats))
            .with_state(Arc::clone(&memory));
        let (runtime, url) = harness::serve(app);
        Self {
            url,
            memory,
            _runtime: runtime,
        }
    }

    /// A hub whose operator has added both connectors and described the provider; `more` is said of giving back.
    pub fn hub(&self, folder: &Path, more: &str) -> Hub {
        let described = folder.join("providers.toml");
        fs::write(&described, self.described(more)).expect("a file");
        let manifests = [(BOATS, BEARER), (TUGS, KEEPING)].map(|(name, authenticator)| {
            let file = folder.join(format!("{name}.yaml"));
            let manifest = MANIFEST.replace("AUTHENTICATOR", authenticator);
            fs::write(&file, manifest.replace("PIER", &self.url)).expect("a manifest");
            format!("{name}={}", file.display())
        });
        Hub::start_with(&[
            ("OAUTH_PROVIDERS_FILE", described.display().to_string()),
            ("TRIBUTARY_MANIFESTS", manifests.join(",")),
            // The pier is on this machine and has no certificate.
            ("TRIBUTARY_ALLOW_HTTP", "1".to_owned()),
        ])
    }

    fn described(&self, more: &str) -> String {
        let url = &self.url;
        format!(
            "[[provider]]\nid = 'pier'\nname = 'Pier'\nauthorize_url = '{url}/authorize'\ntoken_url = '{url}/token'\n\
             account = {{ from = 'token', id = 'account', name = 'account' }}\n\
             revoke = {{ url = '{url}/revoke', client = true{more} }}\n\
             [[grant]]\nsource_type = '{BOATS}'\nprovider = 'pier'\nscopes = ['boats']\n\
             tokens = [{{ from = 'access_token', to = ['pass'] }}]\nrenewal = 'hub'\n\
             [[grant]]\nsource_type = '{TUGS}'\nprovider = 'pier'\nscopes = ['boats']\n\
             client_id = ['app']\nclient_secret = ['app_secret']\n\
             tokens = [{{ from = 'refresh_token', to = ['pass'] }}]\n"
        )
    }

    fn memory(&self) -> MutexGuard<'_, Memory> {
        self.memory.lock().expect("no panic")
    }

    /// How often it gave a pair of passes.
    pub fn given(&self) -> u32 {
        self.memory().given
    }

    pub fn forgets(&self, forgetful: bool) {
        self.memory().forgetful = forgetful;
    }

    pub fn refused(&self) -> u32 {
        self.memory().refused
    }

    /// Whoever gives something back is asked to come again later.
    pub fn closes(&self, closed: bool) {
        self.memory().closed = closed;
    }

    pub fn turned_away(&self) -> u32 {
        self.memory().turned_away
    }

    pub fn given_back(&self) -> Vec<String> {
        self.memory().given_back.clone()
    }
}

/// The lasting pass of the pair with this number.
pub fn lasting(number: u32) -> String {
    format!("lasting-pass-{number}-of-the-pier")
}

fn day(number: u32) -> String {
    format!("day-pass-{number}-of-the-pier")
}

async fn authorize(Query(asked): Query<Pairs>) -> Redirect {
    let mut back = Url::parse(&asked["redirect_uri"]).expect("an address");
    back.query_pairs_mut()
        .append_pair("state", &asked["state"])
        .append_pair("code", "the-code");
    Redirect::to(back.as_str())
}

fn is_client(given: &Pairs) -> bool {
    (given["client_id"].as_str(), given["client_secret"].as_str()) == CLIENT
}

async fn token(State(memory): Shared, Form(given): Form<Pairs>) -> (StatusCode, Json<Value>) {
    let mut memory = memory.lock().expect("no panic");
    let no = |error| (StatusCode::BAD_REQUEST, Json(json!({ "error": error })));
    if !is_client(&given) {
        return no("invalid_client");
    }
    let life = match given.get("refresh_token") {
        None => SHORT,
        Some(shown) if !memory.forgetful && *shown == lasting(memory.given) => LONG,
        Some(_) => {
            memory.refused += 1;
            return no("invalid_grant");
        }
    };
    memory.given += 1;
    let (access, refresh) = (day(memory.given), lasting(memory.given));
    let passes = json!({ "access_token": access, "refresh_token": refresh, "expires_in": life, "account": "anna" });
    (StatusCode::OK, Json(passes))
}

async fn revoke(State(memory): Shared, Form(given): Form<Pairs>) -> StatusCode {
    let mut memory = memory.lock().expect("no panic");
    if !is_client(&given) {
        return StatusCode::UNAUTHORIZED;
    }
    if memory.closed {
        memory.turned_away += 1;
        return StatusCode::SERVICE_UNAVAILABLE;
    }
    memory.given_back.push(given["token"].clone());
    StatusCode::OK
}

async fn boats(State(memory): Shared, headers: HeaderMap) -> (StatusCode, Json<Value>) {
    let wanted = format!("Bearer {}", day(memory.lock().expect("no panic").given));
    let shown = headers.get(header::AUTHORIZATION);
    if shown.and_then(|value| value.to_str().ok()) != Some(&wanted) {
        let no = json!({ "error": "who are you?" });
        return (StatusCode::UNAUTHORIZED, Json(no));
    }
    let boats = json!({ "boats": [{ "id": 1 }, { "id": 2 }] });
    (StatusCode::OK, Json(boats))
}
