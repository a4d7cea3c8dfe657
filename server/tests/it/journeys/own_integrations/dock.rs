//! A stand-in that is an API: whoever signs in by GET, with user and password in a header, gets a session, and with it searches
//! ships by a JSON body that says inside of a mapping where to go on.

use std::sync::{
    Arc,
    atomic::{AtomicBool, Ordering},
};

use axum::{
    Json, Router,
    extract::State,
    http::{HeaderMap, StatusCode, header},
    routing::{get, post},
};
use serde_json::{Value, json};
use tokio::runtime::Runtime;

pub const PASSWORD: &str = "door-password-that-must-not-show";
/// The user ana with that password, as HTTP writes both.
const LOGIN: &str = "Basic YW5hOmRvb3ItcGFzc3dvcmQtdGhhdC1tdXN0LW5vdC1zaG93";
const SESSION: &str = "Bearer session-of-the-dock";

pub struct Dock {
    pub url: String,
    /// Only Airbyte's runtime, which names itself, may search.
    is_picky: Arc<AtomicBool>,
    _runtime: Runtime,
}

impl Dock {
    pub fn open() -> Self {
        let is_picky = Arc::<AtomicBool>::default();
        let app = Router::new()
            .route("/login", get(sign_in))
            .route("/search", post(search))
            .with_state(Arc::clone(&is_picky));
        let runtime = Runtime::new().expect("a runtime");
        let url = runtime.block_on(async {
            let listener = tokio::net::TcpListener::bind("127.0.0.1:0")
                .await
                .expect("a port");
            let url = format!("http://{}", listener.local_addr().expect("an address"));
            tokio::spawn(async move { axum::serve(listener, app).await });
            url
        });
        Self {
            url,
            is_picky,
            _runtime: runtime,
        }
    }

    pub fn turns_picky(&self) {
        self.is_picky.store(true, Ordering::SeqCst);
    }

    /// As a workspace describes it.
    pub fn document(&self) -> String {
        format!(
            "apis:
  integrations:
    - name: The Dock
      type: rest
      base_url: {url}
      authentication: {{ type: session_token, login_method: GET, login_path: /login, login_basic: {{ username: ana, secret_name: door }}, token_path: session, expires_after: PT1H }}
      endpoints:
        - name: ships
          path: /search
          method: POST
          body: {{ variables: {{ open: true }} }}
          records: ships
          primary_key: id
          paging: {{ type: cursor, parameter: [variables, after], next: next, size: 2, size_parameter: [variables, first] }}
          fields: {{ id: integer, name: string }}
",
            url = self.url
        )
    }
}

fn shown(headers: &HeaderMap, name: header::HeaderName) -> Option<&str> {
    headers.get(name).and_then(|value| value.to_str().ok())
}

async fn sign_in(headers: HeaderMap) -> (StatusCode, Json<Value>) {
    if shown(&headers, header::AUTHORIZATION) != Some(LOGIN) {
        return who_are_you();
    }
    (
        StatusCode::OK,
        Json(json!({ "session": SESSION.trim_start_matches("Bearer ") })),
    )
}

async fn search(
    State(is_picky): State<Arc<AtomicBool>>,
    headers: HeaderMap,
    Json(asked): Json<Value>,
) -> (StatusCode, Json<Value>) {
    let agent = shown(&headers, header::USER_AGENT).unwrap_or_default();
    let is_welcome = agent.starts_with("python-requests") || !is_picky.load(Ordering::SeqCst);
    if !is_welcome || shown(&headers, header::AUTHORIZATION) != Some(SESSION) {
        return who_are_you();
    }
    let variables = &asked["variables"];
    if variables["open"] != true || variables["first"] != 2 {
        let no = json!({ "error": "variables.open and variables.first are needed" });
        return (StatusCode::BAD_REQUEST, Json(no));
    }
    let page = match variables["after"].as_str() {
        None => {
            json!({ "ships": [{ "id": 1, "name": "Elbe" }, { "id": 2, "name": "Weser" }], "next": "2" })
        }
        Some("2") => json!({ "ships": [{ "id": 3, "name": "Ems" }], "next": null }),
        Some(_) => json!({ "ships": [], "next": null }),
    };
    (StatusCode::OK, Json(page))
}

fn who_are_you() -> (StatusCode, Json<Value>) {
    let no = json!({ "error": "who are you?" });
    (StatusCode::UNAUTHORIZED, Json(no))
}
