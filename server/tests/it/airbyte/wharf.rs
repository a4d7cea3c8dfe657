//! A stand-in that is a wharf and the provider of its own sign-in. A day pass lets in once, and the lasting pass that brings
//! the next one counts once, too; what its lists hold can be shut away; what was granted can be given back.

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

use crate::harness::{Hub, serve};

pub const CLIENT: (&str, &str) = ("wharf-app", "hush-hush-wharf");
/// One connector, known under two names: people sign in for the first, and nobody knows where its second one's passes are
/// from.
pub const BARGES: &str = "barges";
pub const LIGHTERS: &str = "lighters";

/// Its check asks for rows, its discovery for the fields of one stream.
const MANIFEST: &str = r#"
version: 7.8.0
type: DeclarativeSource
check: { type: CheckStream, stream_names: [barges] }
concurrency_level: { type: ConcurrencyLevel, default_concurrency: 1 }
definitions:
  requester:
    type: HttpRequester
    url_base: WHARF
    path: /barges
    authenticator:
      type: OAuthAuthenticator
      token_refresh_endpoint: WHARF/token
      client_id: "{{ config['app'] }}"
      client_secret: "{{ config['app_secret'] }}"
      refresh_token_updater: { refresh_token_config_path: [pass], access_token_config_path: [day], token_expiry_date_config_path: [until] }
    error_handler:
      type: DefaultErrorHandler
      response_filters:
        - { type: HttpResponseFilter, http_codes: [401], action: REFRESH_TOKEN_THEN_RETRY }
        - { type: HttpResponseFilter, http_codes: [503], action: FAIL }
  retriever:
    type: SimpleRetriever
    requester: { $ref: '#/definitions/requester' }
    record_selector: { type: RecordSelector, extractor: { type: DpathExtractor, field_path: [barges] } }
streams:
  - type: DeclarativeStream
    name: barges
    primary_key: id
    retriever: { $ref: '#/definitions/retriever' }
    schema_loader:
      type: InlineSchemaLoader
      schema: { type: object, properties: { id: { type: integer } } }
  - type: DeclarativeStream
    name: cargo
    primary_key: id
    retriever: { $ref: '#/definitions/retriever' }
    schema_loader:
      type: DynamicSchemaLoader
      retriever:
        type: SimpleRetriever
        requester: { $ref: '#/definitions/requester', path: /fields }
        record_selector: { type: RecordSelector, extractor: { type: DpathExtractor, field_path: [] } }
      schema_type_identifier: { type: SchemaTypeIdentifier, schema_pointer: [fields], key_pointer: [name], type_pointer: [kind] }
spec:
  type: Spec
  connection_specification:
    type: object
    required: [app, app_secret, pass]
    properties:
      app: { type: string, airbyte_secret: true }
      app_secret: { type: string, airbyte_secret: true }
      pass: { type: string, airbyte_secret: true }
      day: { type: string, airbyte_secret: true }
      until: { type: string }
"#;

type Pairs = HashMap<String, String>;

#[derive(Default)]
struct Memory {
    /// Lasting passes so far; the last one counts.
    given: u32,
    /// How often one was shown that does not count.
    refused: u32,
    /// The last day pass was shown: it lets nobody in twice.
    shown: bool,
    /// The lists are shut away.
    shut: bool,
    given_back: Vec<String>,
}

impl Memory {
    fn lets_in(&mut self, headers: &HeaderMap) -> bool {
        let pass = headers.get(header::AUTHORIZATION);
        let pass = pass.and_then(|value| value.to_str().ok());
        let counts = pass == Some(&format!("Bearer {}", of_a_day(self.given)));
        counts && !std::mem::replace(&mut self.shown, true)
    }
}

/// The wharf; ends with it.
pub struct Wharf {
    url: String,
    memory: Arc<Mutex<Memory>>,
    _runtime: Runtime,
}

type Shared = State<Arc<Mutex<Memory>>>;

impl Wharf {
    pub fn open() -> Self {
        let memory = Arc::<Mutex<Memory>>::default();
        let app = Router::new()
            .route("/authorize", get(authorize))
            .route("/token", post(token))
            .route("/revoke", post(revoke))
            .route("/barges", get(barges))
            .route("/fields", get(fields))
            .with_state(Arc::clone(&memory));
        let (runtime, url) = serve(app);
        Self {
            url,
            memory,
            _runtime: runtime,
        }
    }

    /// A hub whose operator has added the connector twice and described the provider for one of them.
    pub fn hub(&self, folder: &Path) -> Hub {
        let described = folder.join("providers.toml");
        fs::write(&described, self.described()).expect("a file");
        let manifests = [BARGES, LIGHTERS].map(|name| {
            let file = folder.join(format!("{name}.yaml"));
            fs::write(&file, MANIFEST.replace("WHARF", &self.url)).expect("a manifest");
            format!("{name}={}", file.display())
        });
        Hub::start_with(&[
            ("OAUTH_PROVIDERS_FILE", described.display().to_string()),
            ("TRIBUTARY_MANIFESTS", manifests.join(",")),
            // The wharf is on this machine and has no certificate.
            ("TRIBUTARY_ALLOW_HTTP", "1".to_owned()),
        ])
    }

    fn described(&self) -> String {
        let url = &self.url;
        format!(
            "[[provider]]\nid = 'wharf'\nname = 'Wharf'\nauthorize_url = '{url}/authorize'\ntoken_url = '{url}/token'\n\
             revoke = {{ url = '{url}/revoke', client = true }}\n\
             [[grant]]\nsource_type = '{BARGES}'\nprovider = 'wharf'\nscopes = ['barges']\n\
             client_id = ['app']\nclient_secret = ['app_secret']\n\
             tokens = [{{ from = 'refresh_token', to = ['pass'] }}]\n"
        )
    }

    fn memory(&self) -> MutexGuard<'_, Memory> {
        self.memory.lock().expect("no panic")
    }

    pub fn shuts(&self, shut: bool) {
        self.memory().shut = shut;
    }

    pub fn given(&self) -> u32 {
        self.memory().given
    }

    pub fn refused(&self) -> u32 {
        self.memory().refused
    }

    /// The lasting pass that counts.
    pub fn newest(&self) -> String {
        lasting(self.memory().given)
    }

    pub fn given_back(&self) -> Vec<String> {
        self.memory().given_back.clone()
    }
}

fn of_a_day(number: u32) -> String {
    format!("day-pass-{number}-of-the-wharf")
}

fn lasting(number: u32) -> String {
    format!("lasting-pass-{number}-of-the-wharf")
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
    let shown = given.get("refresh_token");
    if shown.is_some_and(|shown| *shown != lasting(memory.given)) {
        memory.refused += 1;
        return no("invalid_grant");
    }
    memory.given += 1;
    memory.shown = false;
    let passes = json!({
        "access_token": of_a_day(memory.given),
        "expires_in": 86_400,
        "refresh_token": lasting(memory.given),
    });
    (StatusCode::OK, Json(passes))
}

async fn revoke(State(memory): Shared, Form(given): Form<Pairs>) -> StatusCode {
    if !is_client(&given) {
        return StatusCode::UNAUTHORIZED;
    }
    let mut memory = memory.lock().expect("no panic");
    memory.given_back.push(given["token"].clone());
    StatusCode::OK
}

async fn barges(State(memory): Shared, headers: HeaderMap) -> (StatusCode, Json<Value>) {
    if !memory.lock().expect("no panic").lets_in(&headers) {
        return who_are_you();
    }
    let barges = json!([{ "id": 1, "tons": 40 }, { "id": 2, "tons": 60 }]);
    (StatusCode::OK, Json(json!({ "barges": barges })))
}

async fn fields(State(memory): Shared, headers: HeaderMap) -> (StatusCode, Json<Value>) {
    let mut memory = memory.lock().expect("no panic");
    if !memory.lets_in(&headers) {
        return who_are_you();
    }
    if memory.shut {
        let no = json!({ "error": "the lists are shut away" });
        return (StatusCode::SERVICE_UNAVAILABLE, Json(no));
    }
    let fields = [("id", "integer"), ("tons", "integer")];
    let fields = fields.map(|(name, kind)| json!({ "name": name, "kind": kind }));
    (StatusCode::OK, Json(json!({ "fields": fields })))
}

fn who_are_you() -> (StatusCode, Json<Value>) {
    let no = json!({ "error": "who are you?" });
    (StatusCode::UNAUTHORIZED, Json(no))
}
