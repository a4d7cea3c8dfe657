//! A stand-in that is a harbour and the provider of its own sign-in: codes count once, for the client and with the verifier
//! and the address that they were asked for with; what they give is good for passes, and passes for the ships.

use std::{
    collections::HashMap,
    fs,
    path::Path,
    sync::{
        Arc, Mutex,
        atomic::{AtomicBool, Ordering},
    },
};

use axum::{
    Form, Json, Router,
    extract::{Query, State},
    http::{HeaderMap, StatusCode, header},
    response::Redirect,
    routing::{get, post},
};
use base64::{
    Engine,
    prelude::{BASE64_STANDARD, BASE64_URL_SAFE_NO_PAD},
};
use reqwest::Url;
use serde_json::{Value, json};
use sha2::{Digest, Sha256};
use tokio::runtime::Runtime;

use crate::harness::{self, Hub, Setting};

/// What the operator adds.
const MANIFEST: &str = include_str!("../../../../end2end/fixtures/signed-harbour.yaml");
pub const CLIENT: (&str, &str) = ("harbour-app", "hush-hush-harbour:%&");
/// What a sign-in gives, and what that gives.
pub const LASTING: &str = "lasting-pass-of-the-harbour";
const DAY: &str = "day-pass-of-the-harbour";

type Pairs = HashMap<String, String>;

/// What the harbour knows of those who sign in.
struct Gate {
    /// Codes that were given out, with what they were asked for.
    codes: Mutex<HashMap<String, Pairs>>,
    /// What passes are given for, and how often there has been a new one.
    lasting: Mutex<(String, u32)>,
    replaces: bool,
    /// Nobody gets to the ships, whatever pass they have.
    closed: AtomicBool,
}

pub struct SignedHarbour {
    pub url: String,
    gate: Arc<Gate>,
    _runtime: Runtime,
}

impl SignedHarbour {
    pub fn open() -> Self {
        Self::with(false)
    }

    /// Where a lasting pass counts once, and each use of it gives the next one.
    pub fn replacing() -> Self {
        Self::with(true)
    }

    fn with(replaces: bool) -> Self {
        let gate = Arc::new(Gate {
            codes: Mutex::default(),
            lasting: Mutex::new((LASTING.to_owned(), 0)),
            replaces,
            closed: AtomicBool::new(false),
        });
        let app = Router::new()
            .route("/authorize", get(authorize))
            .route("/token", post(token))
            .route("/renew", post(renew))
            .route("/ships", get(ships))
            .with_state(Arc::clone(&gate));
        let (runtime, url) = harness::serve(app);
        Self {
            url,
            gate,
            _runtime: runtime,
        }
    }

    pub fn closes(&self, closed: bool) {
        self.gate.closed.store(closed, Ordering::Relaxed);
    }

    /// The connector that describes it, with a change by its author.
    pub fn manifest(&self, change: (&str, &str)) -> String {
        MANIFEST
            .replace(change.0, change.1)
            .replace("HARBOUR", &self.url)
    }
}

/// A hub whose operator has added such connectors.
pub fn hub(folder: &Path, manifests: &[(&str, String)]) -> Hub {
    let added = manifests.iter().map(|(name, manifest)| {
        let file = folder.join(format!("{name}.yaml"));
        fs::write(&file, manifest).expect("a manifest");
        format!("{name}={}", file.display())
    });
    let added = added.collect::<Vec<_>>().join(",");
    let settings: [Setting; 2] = [
        ("TRIBUTARY_MANIFESTS", added),
        // The harbour is on this machine and has no certificate.
        ("TRIBUTARY_ALLOW_HTTP", "1".to_owned()),
    ];
    Hub::start_with(&settings)
}

async fn authorize(State(gate): State<Arc<Gate>>, Query(asked): Query<Pairs>) -> Redirect {
    let mut codes = gate.codes.lock().expect("codes");
    assert_eq!(asked["app_id"], CLIENT.0);
    assert_eq!(
        (asked["scope"].as_str(), asked["quay"].as_str()),
        ("ships:read,offline", "north")
    );
    assert!(asked["state"].len() <= 32, "{asked:?}");
    let mut back = Url::parse(&asked["redirect_uri"]).expect("an address");
    let code = format!("code/{}", codes.len());
    back.query_pairs_mut()
        .append_pair("state", &asked["state"])
        .append_pair("code", &code);
    codes.insert(code, asked);
    Redirect::to(back.as_str())
}

fn no(error: &str) -> (StatusCode, Json<Value>) {
    (StatusCode::BAD_REQUEST, Json(json!({ "error": error })))
}

async fn token(
    State(gate): State<Arc<Gate>>,
    headers: HeaderMap,
    Form(given): Form<Pairs>,
) -> (StatusCode, Json<Value>) {
    let proof = BASE64_STANDARD.encode(format!("{}:{}", CLIENT.0, CLIENT.1));
    let shown = headers.get(header::AUTHORIZATION);
    if shown.and_then(|value| value.to_str().ok()) != Some(&format!("Basic {proof}")) {
        return no("invalid_client");
    }
    let mut codes = gate.codes.lock().expect("codes");
    let Some(asked) = codes.get_mut(&given["code"]).map(std::mem::take) else {
        return no("invalid_grant");
    };
    let challenge = BASE64_URL_SAFE_NO_PAD.encode(Sha256::digest(&given["code_verifier"]));
    let is_whole = given.len() == 4 && given["grant_type"] == "authorization_code";
    if asked.get("code_challenge") != Some(&challenge)
        || asked.get("redirect_uri") != given.get("redirect_uri")
        || !is_whole
    {
        return no("invalid_grant");
    }
    let granted = json!({ "grant": { "pass": LASTING }, "scope": "ships:read" });
    (StatusCode::OK, Json(granted))
}

/// Asked by the connector itself.
async fn renew(
    State(gate): State<Arc<Gate>>,
    Form(given): Form<Pairs>,
) -> (StatusCode, Json<Value>) {
    let client = (given["client_id"].as_str(), given["client_secret"].as_str());
    let mut lasting = gate.lasting.lock().expect("passes");
    if client != CLIENT || given["refresh_token"] != lasting.0 {
        return no("invalid_grant");
    }
    if !gate.replaces {
        let pass = json!({ "access_token": DAY, "expires_in": 3600 });
        return (StatusCode::OK, Json(pass));
    }
    lasting.1 += 1;
    lasting.0 = format!("{LASTING}-{}", lasting.1);
    let pass = json!({ "access_token": DAY, "expires_in": 0, "refresh_token": lasting.0 });
    (StatusCode::OK, Json(pass))
}

async fn ships(State(gate): State<Arc<Gate>>, headers: HeaderMap) -> (StatusCode, Json<Value>) {
    if gate.closed.load(Ordering::Relaxed) {
        return (StatusCode::FORBIDDEN, Json(json!({ "error": "closed" })));
    }
    let shown = headers.get(header::AUTHORIZATION);
    if shown.and_then(|value| value.to_str().ok()) != Some(&format!("Bearer {DAY}")) {
        return (
            StatusCode::UNAUTHORIZED,
            Json(json!({ "error": "who are you?" })),
        );
    }
    let ships = json!({ "ships": [{ "id": 1, "name": "Elbe" }, { "id": 2, "name": "Weser" }] });
    (StatusCode::OK, Json(ships))
}
