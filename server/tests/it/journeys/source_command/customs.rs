//! A stand-in that is an API of its own: its refresh tokens open once, and it repeats the keys that it is asked with.

use std::{
    collections::HashMap,
    sync::{Arc, Mutex},
};

use axum::{
    Form, Json, Router,
    extract::{Query, State},
    http::{HeaderMap, StatusCode},
    response::{IntoResponse, Response},
    routing::{get, post},
};
use serde_json::json;
use tokio::runtime::Runtime;

use crate::harness::serve;

/// A customs office. Its first refresh token is `refresh-0`, and each of them is good for one exchange.
pub struct Customs {
    pub url: String,
    spent: Spent,
    _runtime: Runtime,
}

/// How many refresh tokens were exchanged.
type Spent = Arc<Mutex<u32>>;

type Asked = Query<HashMap<String, String>>;

impl Customs {
    pub fn open() -> Self {
        let spent = Spent::default();
        let app = Router::new()
            .route("/token", post(exchange))
            .route("/columns", get(columns))
            .route("/ships", get(ships))
            .route("/refused", get(refused))
            .route("/busy", get(busy))
            .route("/echo", get(echo))
            .with_state(Arc::clone(&spent));
        let (runtime, url) = serve(app);
        Self {
            url,
            spent,
            _runtime: runtime,
        }
    }

    pub fn spent(&self) -> u32 {
        *self.spent.lock().expect("a count")
    }
}

async fn exchange(
    State(spent): State<Spent>,
    Form(form): Form<HashMap<String, String>>,
) -> Response {
    let mut spent = spent.lock().expect("a count");
    if form.get("refresh_token") != Some(&format!("refresh-{spent}")) {
        let body = json!({ "error": "invalid_grant" });
        return (StatusCode::BAD_REQUEST, Json(body)).into_response();
    }
    *spent += 1;
    let body = json!({
        "access_token": format!("access-{spent}"),
        "refresh_token": format!("refresh-{spent}"),
        "expires_in": 3600,
    });
    Json(body).into_response()
}

async fn columns(State(spent): State<Spent>, headers: HeaderMap) -> Response {
    let columns = json!({ "fields": [{ "label": "name", "kind": "string" }] });
    for_holders(&spent, &headers, columns)
}

async fn ships(State(spent): State<Spent>, headers: HeaderMap) -> Response {
    for_holders(&spent, &headers, json!([{ "name": "Elbe" }]))
}

/// The answer for who has the newest access token.
fn for_holders(spent: &Spent, headers: &HeaderMap, body: serde_json::Value) -> Response {
    let spent = spent.lock().expect("a count");
    let newest = format!("Bearer access-{spent}");
    let shown = headers
        .get("authorization")
        .and_then(|value| value.to_str().ok());
    if shown == Some(newest.as_str()) {
        Json(body).into_response()
    } else {
        StatusCode::UNAUTHORIZED.into_response()
    }
}

async fn refused(Query(asked): Asked) -> Response {
    let body = json!({ "error": format!("bad key {}", asked["key"]) });
    (StatusCode::BAD_REQUEST, Json(body)).into_response()
}

async fn busy(Query(asked): Asked) -> Response {
    let body = json!({ "error": format!("no time for {}", asked["key"]) });
    (StatusCode::SERVICE_UNAVAILABLE, Json(body)).into_response()
}

async fn echo(Query(asked): Asked) -> Response {
    Json(json!([{ "key": asked["key"] }])).into_response()
}
