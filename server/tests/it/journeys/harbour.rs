//! A stand-in that is an API of its own: what is added by an operator reads from it.

use std::{
    collections::HashMap,
    sync::{Arc, Mutex},
};

use axum::{
    Json, Router,
    extract::{Query, State},
    http::{HeaderMap, StatusCode},
    response::{IntoResponse, Response},
    routing::get,
};
use serde_json::{Value, json};
use tokio::runtime::Runtime;

pub const TOKEN: &str = "harbour-token-that-must-not-show";
const PAGE: usize = 2;

/// An API of a harbour: ships by the day they called, two on a page, for whoever has the token.
pub struct Harbour {
    pub url: String,
    ships: Ships,
    _runtime: Runtime,
}

type Ships = Arc<Mutex<Vec<Value>>>;

impl Harbour {
    pub fn open() -> Self {
        let ships = Ships::default();
        let app = Router::new()
            .route("/ships", get(list))
            .with_state(Arc::clone(&ships));
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
            ships,
            _runtime: runtime,
        }
    }

    /// One where three ships have called.
    pub fn with_ships() -> Self {
        let harbour = Self::open();
        for (id, name, day) in [
            (1, "Elbe", "2026-02-01"),
            (2, "Weser", "2026-03-01"),
            (3, "Ems", "2026-04-01"),
        ] {
            harbour.calls(id, name, day);
        }
        harbour
    }

    pub fn calls(&self, id: u32, name: &str, day: &str) {
        let ship = json!({ "id": id, "name": name, "called_on": day });
        self.ships.lock().expect("ships").push(ship);
    }
}

async fn list(
    State(ships): State<Ships>,
    headers: HeaderMap,
    Query(asked): Query<HashMap<String, String>>,
) -> Response {
    let shown = headers
        .get("authorization")
        .and_then(|value| value.to_str().ok());
    if shown != Some(&format!("Bearer {TOKEN}")) {
        return (
            StatusCode::UNAUTHORIZED,
            Json(json!({ "error": "who are you?" })),
        )
            .into_response();
    }
    let page: usize = asked["page"].parse().expect("a number");
    let ships = ships.lock().expect("ships");
    let since = asked["since"].as_str();
    let new: Vec<&Value> = ships
        .iter()
        .filter(|ship| ship["called_on"].as_str() >= Some(since))
        .skip((page - 1) * PAGE)
        .take(PAGE)
        .collect();
    Json(json!({ "ships": new })).into_response()
}
