//! A provider whose access token is the password of the customer's database: codes work once, and only for the client and
//! with the verifier that they were asked for with.

use std::{
    collections::HashMap,
    sync::{Arc, Mutex},
};

use axum::{
    Form, Json, Router,
    extract::{Query, State},
    http::StatusCode,
    response::Redirect,
    routing::{get, post},
};
use base64::{Engine, prelude::BASE64_URL_SAFE_NO_PAD};
use reqwest::Url;
use serde_json::{Value, json};
use sha2::{Digest, Sha256};
use tokio::runtime::Runtime;

use crate::harness;

pub const CLIENT: (&str, &str) = ("client-1", "hush-hush-client");

type Pairs = HashMap<String, String>;

/// The provider; ends with it.
pub struct Provider {
    url: String,
    memory: Arc<Mutex<Memory>>,
    _runtime: Runtime,
}

struct Memory {
    password: String,
    /// Whoever is asked says no.
    refuses: bool,
    codes: HashMap<String, Pairs>,
}

type Shared = State<Arc<Mutex<Memory>>>;

impl Provider {
    pub fn start(password: &str) -> Self {
        let memory = Arc::new(Mutex::new(Memory {
            password: password.to_owned(),
            refuses: false,
            codes: HashMap::new(),
        }));
        let app = Router::new()
            .route("/authorize", get(authorize))
            .route("/token", post(token))
            .with_state(Arc::clone(&memory));
        let (runtime, url) = harness::serve(app);
        Self {
            url,
            memory,
            _runtime: runtime,
        }
    }

    /// An operator's description of it.
    pub fn described(&self) -> String {
        let url = &self.url;
        format!(
            "[[provider]]\nid = 'local'\nname = 'Local'\nauthorize_url = '{url}/authorize'\ntoken_url = '{url}/token'\n\
             [[grant]]\nsource_type = 'postgres'\nprovider = 'local'\nscopes = ['rows']\npermissions = ['Read rows']\n\
             tokens = [{{ from = 'access_token', to = ['password'] }}]\n"
        )
    }

    pub fn refuses(&self, refuses: bool) {
        self.memory.lock().expect("no panic").refuses = refuses;
    }

    /// From now on only this one is right.
    pub fn gives(&self, password: &str) {
        password.clone_into(&mut self.memory.lock().expect("no panic").password);
    }
}

async fn authorize(State(memory): Shared, Query(asked): Query<Pairs>) -> Redirect {
    let mut memory = memory.lock().expect("no panic");
    let mut back = Url::parse(&asked["redirect_uri"]).expect("an address");
    back.query_pairs_mut().append_pair("state", &asked["state"]);
    if memory.refuses {
        back.query_pairs_mut().append_pair("error", "access_denied");
    } else {
        let code = format!("code-{}", memory.codes.len());
        back.query_pairs_mut().append_pair("code", &code);
        memory.codes.insert(code, asked);
    }
    Redirect::to(back.as_str())
}

async fn token(State(memory): Shared, Form(given): Form<Pairs>) -> (StatusCode, Json<Value>) {
    let mut memory = memory.lock().expect("no panic");
    let no = |error| (StatusCode::BAD_REQUEST, Json(json!({ "error": error })));
    if (given["client_id"].as_str(), given["client_secret"].as_str()) != CLIENT {
        return no("invalid_client");
    }
    let Some(asked) = memory.codes.get_mut(&given["code"]).map(std::mem::take) else {
        return no("invalid_grant");
    };
    let challenge = BASE64_URL_SAFE_NO_PAD.encode(Sha256::digest(&given["code_verifier"]));
    if asked.get("code_challenge") != Some(&challenge)
        || asked.get("redirect_uri") != given.get("redirect_uri")
    {
        return no("invalid_grant");
    }
    let token = json!({ "access_token": memory.password, "token_type": "Bearer", "scope": "rows" });
    (StatusCode::OK, Json(token))
}
