//! A stand-in for an OAuth provider that keeps its promises: codes work once and only with their verifier, refresh tokens
//! are replaced with each use, and what was given back counts no more.

use std::{
    collections::{HashMap, HashSet},
    sync::{Arc, Mutex},
};

use axum::{
    Json, Router,
    extract::State,
    http::StatusCode,
    routing::{get, post},
};
use base64::{Engine, prelude::BASE64_URL_SAFE_NO_PAD};
use serde_json::{Value, json};
use sha2::{Digest, Sha256};
use url::Url;

pub const CLIENT: (&str, &str) = ("client-1", "hush-hush");

/// What the provider remembers.
#[derive(Default)]
pub struct Memory {
    /// Those that nobody has exchanged.
    pub codes: HashMap<String, Code>,
    live: HashSet<String>,
    issued: usize,
    /// How often a token was asked for by a refresh token.
    pub refreshes: usize,
    pub given_back: Vec<String>,
    /// The access token it gives: the password of the source database.
    pub password: String,
    pub expires_in: i64,
    /// Scopes that the person ticked.
    pub granted: String,
    /// Id and address of what a sign-in may be for.
    pub sites: Vec<(String, String)>,
    /// The whole provider is out of order.
    pub down: bool,
}

pub struct Code {
    challenge: String,
    redirect: String,
    account: String,
}

#[derive(Clone)]
pub struct Provider {
    pub memory: Arc<Mutex<Memory>>,
    at: String,
}

impl Provider {
    pub async fn start(password: &str) -> Self {
        let memory = Arc::new(Mutex::new(Memory {
            password: password.to_owned(),
            expires_in: 3600,
            granted: "rows".to_owned(),
            ..Memory::default()
        }));
        let routes = Router::new()
            .route("/token", post(token))
            .route("/revoke", post(revoke))
            .route("/sites", get(sites))
            .with_state(Arc::clone(&memory));
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
        let at = format!("http://{}", listener.local_addr().unwrap());
        tokio::spawn(async move { axum::serve(listener, routes).await.unwrap() });
        Self { memory, at }
    }

    /// An operator's description of it: its access token is the database password.
    pub fn described(&self) -> String {
        let at = &self.at;
        format!(
            "[[provider]]\nid = 'local'\nname = 'Local'\nauthorize_url = '{at}/authorize'\ntoken_url = '{at}/token'\n\
             issuer = '{at}'\naccount = {{ from = 'token', id = 'account', name = 'account' }}\nrevoke = {{ url = '{at}/revoke', whole_account = true }}\n\
             [[grant]]\nsource_type = 'postgres'\nprovider = 'local'\nscopes = ['rows']\npermissions = ['Read rows']\n\
             tokens = [{{ from = 'access_token', to = ['password'] }}]\nrenewal = 'hub'\n"
        )
    }

    /// The same, where one sign-in may be for several sites and the connector has to be told which: the one whose host is set.
    pub fn described_with_sites(&self) -> String {
        let at = &self.at;
        let among = "among = { field = 'url', is = 'https://{site}' }";
        let here = format!(
            "account = {{ from = 'url', url = '{at}/sites', {among}, id = 'id', name = 'url' }}"
        );
        let described = self.described().replace(
            "account = { from = 'token', id = 'account', name = 'account' }",
            &here,
        );
        let asks = "scopes = ['rows']\nasks.site = { path = ['host'] }";
        let takes = "to = ['password'] }, { from = 'account', to = ['site_id'] }]";
        described
            .replace("scopes = ['rows']", asks)
            .replace("to = ['password'] }]", takes)
    }

    /// The same, where callbacks are signed and name the shop that they are for.
    pub fn described_signed(&self) -> String {
        let signed =
            "signed = { hmac = 'hmac', place = 'shop', is = 'acme.example.com' }\nissuer = ";
        self.described().replace("issuer = ", signed)
    }

    /// A person allows what the address asks for; the callback's parameters.
    pub fn allow(&self, url: &str, account: &str) -> Vec<(String, String)> {
        let url = Url::parse(url).unwrap();
        let asked: HashMap<String, String> = url.query_pairs().into_owned().collect();
        assert_eq!(
            (asked["client_id"].as_str(), asked["response_type"].as_str()),
            (CLIENT.0, "code")
        );
        assert_eq!(asked["code_challenge_method"], "S256");
        let mut memory = self.memory.lock().unwrap();
        memory.issued += 1;
        let code = format!("code-{}", memory.issued);
        memory.codes.insert(
            code.clone(),
            Code {
                challenge: asked["code_challenge"].clone(),
                redirect: asked["redirect_uri"].clone(),
                account: account.to_owned(),
            },
        );
        pairs(&[
            ("code", &code),
            ("state", &asked["state"]),
            ("iss", &self.at),
        ])
    }

    pub fn refreshes(&self) -> usize {
        self.memory.lock().unwrap().refreshes
    }

    /// The refresh token that was given last counts no more.
    pub fn forget_newest(&self) {
        let mut memory = self.memory.lock().unwrap();
        let newest = format!("refresh-{}", memory.issued);
        assert!(memory.live.remove(&newest), "{newest} counted");
    }

    /// The person takes everything back at the provider.
    pub fn forget_everything(&self) {
        self.memory.lock().unwrap().live.clear();
    }
}

pub fn pairs(of: &[(&str, &str)]) -> Vec<(String, String)> {
    of.iter()
        .map(|(name, value)| ((*name).to_owned(), (*value).to_owned()))
        .collect()
}

/// The `state` in an address.
pub fn state(url: &str) -> String {
    let url = Url::parse(url).unwrap();
    let found = url.query_pairs().find(|(name, _)| name == "state");
    found.unwrap().1.into_owned()
}

type Answer = (StatusCode, Json<Value>);

fn no(error: &str) -> Answer {
    (StatusCode::BAD_REQUEST, Json(json!({ "error": error })))
}

async fn token(
    State(memory): State<Arc<Mutex<Memory>>>,
    axum::Form(form): axum::Form<HashMap<String, String>>,
) -> Answer {
    let mut memory = memory.lock().unwrap();
    let get = |name: &str| form.get(name).map_or("", String::as_str);
    if memory.down {
        return (
            StatusCode::SERVICE_UNAVAILABLE,
            Json(json!({"error": "temporarily_unavailable"})),
        );
    }
    if (get("client_id"), get("client_secret")) != CLIENT {
        return no("invalid_client");
    }
    let account = if get("grant_type") == "authorization_code" {
        let Some(code) = memory.codes.remove(get("code")) else {
            return no("invalid_grant");
        };
        if code.redirect != get("redirect_uri") {
            return no("redirect_uri_mismatch");
        }
        let verifier = Sha256::digest(get("code_verifier").as_bytes());
        if BASE64_URL_SAFE_NO_PAD.encode(verifier) != code.challenge {
            return no("invalid_grant");
        }
        // Some do not tell it.
        Some(code.account).filter(|account| !account.is_empty())
    } else {
        memory.refreshes += 1;
        if !memory.live.remove(get("refresh_token")) {
            return no("invalid_grant");
        }
        None
    };
    memory.issued += 1;
    let refresh = format!("refresh-{}", memory.issued);
    memory.live.insert(refresh.clone());
    let answer = json!({"access_token": memory.password, "refresh_token": refresh, "token_type": "bearer",
        "expires_in": memory.expires_in, "scope": memory.granted, "account": account});
    (StatusCode::OK, Json(answer))
}

async fn sites(State(memory): State<Arc<Mutex<Memory>>>) -> Answer {
    let memory = memory.lock().unwrap();
    let entry = |(id, url): &(String, String)| json!({"id": id, "url": url, "scopes": []});
    let entries: Vec<Value> = memory.sites.iter().map(entry).collect();
    (StatusCode::OK, Json(json!(entries)))
}

async fn revoke(
    State(memory): State<Arc<Mutex<Memory>>>,
    axum::Form(form): axum::Form<HashMap<String, String>>,
) -> StatusCode {
    let mut memory = memory.lock().unwrap();
    let token = form["token"].clone();
    memory.live.remove(&token);
    memory.given_back.push(token);
    StatusCode::OK
}
