//! People sign in with GitHub, which is no OpenID provider: its API says who came, and which address it has verified.

use std::{
    collections::HashMap,
    sync::{Arc, Mutex},
};

use axum::{
    Form, Json, Router,
    extract::State,
    http::{HeaderMap, StatusCode, header::AUTHORIZATION},
    routing::{get, post},
};
use base64::{Engine, prelude::BASE64_URL_SAFE_NO_PAD};
use reqwest::Url;
use serde_json::{Value, json};
use sha2::{Digest, Sha256};
use tokio::runtime::Runtime;

use crate::harness::{self, Answer, Hub, Person};

const CLIENT: (&str, &str) = ("Iv1.the-hub", "hush-hush-github");

/// A GitHub Enterprise Server with one user.
struct GitHub {
    url: String,
    memory: Arc<Mutex<Memory>>,
    _runtime: Runtime,
}

struct Memory {
    user: u64,
    emails: Value,
    /// What the code that was given has to be exchanged with.
    challenge: String,
}

type Shared = State<Arc<Mutex<Memory>>>;

impl GitHub {
    fn start() -> Self {
        let memory = Arc::new(Mutex::new(Memory {
            user: 1,
            emails: json!([]),
            challenge: String::new(),
        }));
        let app = Router::new()
            .route("/login/oauth/access_token", post(token))
            .route("/api/v3/user", get(user))
            .route("/api/v3/user/emails", get(emails))
            .with_state(Arc::clone(&memory));
        let (runtime, url) = harness::serve(app);
        Self {
            url,
            memory,
            _runtime: runtime,
        }
    }

    fn hub(&self) -> Hub {
        Hub::start_with(&[
            ("OIDC_GOOGLE_CLIENT_ID", "google-1".to_owned()),
            ("OIDC_GOOGLE_CLIENT_SECRET", "google-secret".to_owned()),
            ("OIDC_GITHUB_URL", self.url.clone()),
            ("OIDC_GITHUB_CLIENT_ID", CLIENT.0.to_owned()),
            ("OIDC_GITHUB_CLIENT_SECRET", CLIENT.1.to_owned()),
            ("TRIBUTARY_ALLOW_HTTP", "1".to_owned()),
        ])
    }

    /// This user is signed in there from now on.
    fn is(&self, user: u64, emails: Value) {
        let mut memory = self.memory.lock().expect("no panic");
        (memory.user, memory.emails) = (user, emails);
    }

    fn waits_for(&self, challenge: &str) {
        let mut memory = self.memory.lock().expect("no panic");
        challenge.clone_into(&mut memory.challenge);
    }

    /// Leaves the hub, allows what is asked and comes back; where that leads.
    fn comes(&self, person: &Person) -> Answer {
        let left = person.get("/sign-in/with/github");
        let away = left.location.unwrap_or_else(|| panic!("{}", left.text));
        assert!(
            away.starts_with(&format!("{}/login/oauth/authorize?", self.url)),
            "{away}"
        );
        let away = Url::parse(&away).expect("an address");
        let asked: HashMap<String, String> = away.query_pairs().into_owned().collect();
        assert_eq!(asked["client_id"], CLIENT.0);
        assert_eq!(asked["scope"], "read:user user:email");
        self.waits_for(&asked["code_challenge"]);
        let back = Url::parse(&asked["redirect_uri"]).expect("an address");
        person.get(&format!(
            "{}?code=the-code&state={}",
            back.path(),
            asked["state"]
        ))
    }
}

async fn token(State(memory): Shared, Form(given): Form<HashMap<String, String>>) -> Json<Value> {
    let memory = memory.lock().expect("no panic");
    let verifier = Sha256::digest(given["code_verifier"].as_bytes());
    let right = (given["client_id"].as_str(), given["client_secret"].as_str()) == CLIENT
        && given["code"] == "the-code"
        && BASE64_URL_SAFE_NO_PAD.encode(verifier) == memory.challenge;
    // GitHub refuses with 200, too.
    Json(if right {
        json!({"access_token": "gho_1", "token_type": "bearer", "scope": "read:user,user:email"})
    } else {
        json!({"error": "bad_verification_code", "error_description": "The code passed is incorrect or expired."})
    })
}

fn is_ours(headers: &HeaderMap) -> bool {
    headers
        .get(AUTHORIZATION)
        .and_then(|value| value.to_str().ok())
        == Some("Bearer gho_1")
}

async fn user(State(memory): Shared, headers: HeaderMap) -> (StatusCode, Json<Value>) {
    if !is_ours(&headers) {
        return (
            StatusCode::UNAUTHORIZED,
            Json(json!({"message": "Bad credentials"})),
        );
    }
    let memory = memory.lock().expect("no panic");
    (
        StatusCode::OK,
        Json(json!({"login": "octo", "id": memory.user})),
    )
}

async fn emails(State(memory): Shared, headers: HeaderMap) -> (StatusCode, Json<Value>) {
    if !is_ours(&headers) {
        return (
            StatusCode::UNAUTHORIZED,
            Json(json!({"message": "Bad credentials"})),
        );
    }
    (
        StatusCode::OK,
        Json(memory.lock().expect("no panic").emails.clone()),
    )
}

fn address(email: &str, primary: bool, verified: bool) -> Value {
    json!({"email": email, "primary": primary, "verified": verified, "visibility": null})
}

#[test]
fn somebody_from_github_joins_and_is_known_from_then_on() {
    let github = GitHub::start();
    let hub = github.hub();
    let person = Person::visiting(&hub);
    let page = person.get("/sign-up").text;
    assert!(page.contains("Continue with GitHub"), "{page}");
    assert!(page.contains("Continue with Google"), "{page}");
    github.is(
        7,
        json!([
            address("octo@private.example.com", false, true),
            address("octo@example.com", true, true),
        ]),
    );
    assert_eq!(
        github.comes(&person).location.as_deref(),
        Some("/sign-up/company")
    );
    let joined = person.call("account/join", &[("company", "Octo Works")]);
    assert!(joined.status.is_success(), "{joined:?}");
    let me = |person: &Person| person.call("shell/load_me", &[]).json();
    assert_eq!(me(&person)["email"], "octo@example.com");

    // The number counts, not the address: that may change hands.
    let elsewhere = Person::visiting(&hub);
    github.is(7, json!([address("renamed@example.com", true, true)]));
    assert_eq!(github.comes(&elsewhere).location.as_deref(), Some("/"));
    assert_eq!(me(&elsewhere)["email"], "octo@example.com");
}

#[test]
fn an_address_that_github_has_not_verified_opens_no_account() {
    let github = GitHub::start();
    let hub = github.hub();
    let anna = Person::joining(&hub, "Anna");
    let thief = Person::visiting(&hub);
    github.is(8, json!([address(&anna.email, true, false)]));
    let back = github.comes(&thief);
    assert_eq!(back.location.as_deref(), Some("/sign-in?failed=address"));
    assert!(thief.call("shell/load_me", &[]).json().is_null());

    // Verified it is hers, and finds her account.
    github.is(8, json!([address(&anna.email, true, true)]));
    assert_eq!(github.comes(&thief).location.as_deref(), Some("/"));
    let me = thief.call("shell/load_me", &[]).json();
    assert_eq!(me["email"], anna.email);
    assert!(!hub.log().contains(CLIENT.1) && !hub.log().contains("gho_1"));
}
