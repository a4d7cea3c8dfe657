//! A provider's place to give back what was granted: it keeps what it is sent, and renews what it is told to renew.

use std::sync::{Arc, Mutex};

use axum::{
    Json, Router,
    extract::{Request, State},
    http::StatusCode,
    response::{IntoResponse, Response},
};
use serde_json::{Value, json};

/// One request: `DELETE /path`, its authorisation, its kind of body and the body.
#[derive(Debug, Clone, PartialEq)]
pub struct Sent {
    pub what: String,
    pub authorisation: Option<String>,
    /// Where Shopify looks for the token.
    pub shopify: Option<String>,
    pub kind: Option<String>,
    pub body: String,
}

#[derive(Default)]
pub struct Provider {
    pub sent: Mutex<Vec<Sent>>,
    /// Refresh tokens it takes: other ones are refused, as access tokens are.
    pub refresh: Mutex<Option<&'static str>>,
    /// The status it says no with.
    pub refuses: Mutex<Option<StatusCode>>,
    /// What it says with 200, where it says anything.
    pub says: Mutex<&'static str>,
}

async fn answer(State(provider): State<Arc<Provider>>, request: Request) -> Response {
    let (parts, body) = request.into_parts();
    let header = |name| {
        let value = parts.headers.get(name)?;
        Some(value.to_str().unwrap().to_owned())
    };
    let body = axum::body::to_bytes(body, 10_000).await.unwrap();
    let sent = Sent {
        what: format!("{} {}", parts.method, parts.uri.path()),
        authorisation: header("authorization"),
        shopify: header("x-shopify-access-token"),
        kind: header("content-type"),
        body: String::from_utf8(body.to_vec()).unwrap(),
    };
    assert_eq!(header("accept").as_deref(), Some("application/json"));
    let is_token = parts.uri.path().contains("token") && parts.method == "POST";
    let refreshes = is_token && sent.body.contains("refresh_token");
    if refreshes {
        let wanted = provider.refresh.lock().unwrap().unwrap_or("nothing");
        return if sent.body.contains(wanted) {
            Json(json!({"access_token": "fresh", "token_type": "bearer"})).into_response()
        } else {
            let no = Json(json!({"error": "invalid_grant"}));
            (StatusCode::BAD_REQUEST, no).into_response()
        };
    }
    provider.sent.lock().unwrap().push(sent);
    if let Some(status) = *provider.refuses.lock().unwrap() {
        return status.into_response();
    }
    match *provider.says.lock().unwrap() {
        "" => StatusCode::NO_CONTENT.into_response(),
        words => words.into_response(),
    }
}

pub async fn start() -> (String, Arc<Provider>) {
    let provider = Arc::new(Provider::default());
    let app = Router::new()
        .fallback(answer)
        .with_state(Arc::clone(&provider));
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let at = format!("http://{}", listener.local_addr().unwrap());
    tokio::spawn(async move { axum::serve(listener, app).await });
    (at, provider)
}

impl Provider {
    /// The one request it got, but for renewals.
    pub fn only(&self) -> Sent {
        let sent = self.sent.lock().unwrap();
        assert_eq!(sent.len(), 1, "{sent:?}");
        sent[0].clone()
    }
}

impl Sent {
    pub fn json(&self) -> Value {
        assert_eq!(self.kind.as_deref(), Some("application/json"));
        serde_json::from_str(&self.body).unwrap()
    }
}
