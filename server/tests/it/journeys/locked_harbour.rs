//! A stand-in that is an API: its ships are shown to whoever has the newest access token of a provider, and to nobody else.

use std::sync::{Arc, Mutex};

use axum::{
    Json, Router,
    extract::State,
    http::{HeaderMap, StatusCode, header},
    routing::get,
};
use serde_json::{Value, json};
use tokio::runtime::Runtime;

use crate::harness;

pub struct LockedHarbour {
    pub url: String,
    lock: Arc<Lock>,
    _runtime: Runtime,
}

#[derive(Default)]
pub struct Lock {
    key: Mutex<Option<String>>,
    opened_to: Mutex<Vec<String>>,
}

impl Lock {
    /// From now on only this token opens it.
    pub fn changes_to(&self, token: &str) {
        *self.key.lock().expect("a key") = Some(token.to_owned());
    }

    /// Each token that opened it, once, in order.
    pub fn opened_to(&self) -> Vec<String> {
        self.opened_to.lock().expect("tokens").clone()
    }

    fn opens(&self, shown: &str) -> bool {
        let fits = self.key.lock().expect("a key").as_deref() == Some(shown);
        let mut opened_to = self.opened_to.lock().expect("tokens");
        if fits && opened_to.last().map(String::as_str) != Some(shown) {
            opened_to.push(shown.to_owned());
        }
        fits
    }
}

impl LockedHarbour {
    pub fn open() -> Self {
        let lock = Arc::<Lock>::default();
        let app = Router::new()
            .route("/ships", get(ships))
            .with_state(Arc::clone(&lock));
        let (runtime, url) = harness::serve(app);
        Self {
            url,
            lock,
            _runtime: runtime,
        }
    }

    pub fn lock(&self) -> Arc<Lock> {
        Arc::clone(&self.lock)
    }
}

async fn ships(State(lock): State<Arc<Lock>>, headers: HeaderMap) -> (StatusCode, Json<Value>) {
    let shown = headers.get(header::AUTHORIZATION);
    let shown = shown.and_then(|value| value.to_str().ok());
    let token = shown.and_then(|value| value.strip_prefix("Bearer "));
    if token.is_none_or(|token| !lock.opens(token)) {
        let no = json!({ "error": "who are you?" });
        return (StatusCode::UNAUTHORIZED, Json(no));
    }
    let ships = json!({ "ships": [{ "id": 1, "name": "Elbe" }, { "id": 2, "name": "Weser" }] });
    (StatusCode::OK, Json(ships))
}
