//! A stand-in that is an API of its own: what is added by an operator reads from it.

use std::{
    collections::HashMap,
    sync::{Arc, Mutex},
};

use axum::{
    Json, Router,
    extract::{Query, State},
    http::{HeaderMap, StatusCode},
    response::{IntoResponse, Redirect, Response},
    routing::get,
};
use serde_json::{Value, json};
use tokio::runtime::Runtime;

use crate::harness::serve;

pub const TOKEN: &str = "harbour-token-that-must-not-show";
const PAGE: usize = 2;

/// An API of a harbour: ships by the day they called, two on a page, for whoever has the token.
pub struct Harbour {
    pub url: String,
    ships: Ships,
    mood: Arc<Mutex<Mood>>,
    _runtime: Runtime,
}

type Ships = Arc<Mutex<Vec<Value>>>;

/// How it treats who asks directly; Airbyte's runtime, which names itself, is always served.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Mood {
    #[default]
    Friendly,
    /// Breaks the connection off.
    Hangs,
    Answers(u16),
    /// Too many questions: asks for a pause of so many seconds.
    Busy(u32),
    /// Whoever it is.
    AnswersAll(u16),
    /// Whoever it is waits for the second page without end.
    Stalls,
    /// Airbyte's runtime is sent to this address instead, and everybody else refused.
    SendsAway(&'static str),
}

#[derive(Clone)]
struct Quay {
    ships: Ships,
    mood: Arc<Mutex<Mood>>,
}

impl Harbour {
    pub fn open() -> Self {
        let ships = Ships::default();
        let mood = Arc::default();
        let app = Router::new().route("/ships", get(list)).with_state(Quay {
            ships: Arc::clone(&ships),
            mood: Arc::clone(&mood),
        });
        let (runtime, url) = serve(app);
        Self {
            url,
            ships,
            mood,
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

    pub fn feels(&self, mood: Mood) {
        *self.mood.lock().expect("a mood") = mood;
    }

    pub fn calls(&self, id: u32, name: &str, day: &str) {
        let ship = json!({ "id": id, "name": name, "called_on": day });
        self.ships.lock().expect("ships").push(ship);
    }
}

async fn list(
    State(Quay { ships, mood }): State<Quay>,
    headers: HeaderMap,
    Query(asked): Query<HashMap<String, String>>,
) -> Response {
    let mood = *mood.lock().expect("a mood");
    if let Some(refusal) = refusal(mood, &headers) {
        return refusal;
    }
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
    if mood == Mood::Stalls && page > 1 {
        return std::future::pending().await;
    }
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

fn refusal(mood: Mood, headers: &HeaderMap) -> Option<Response> {
    let agent = headers
        .get("user-agent")
        .and_then(|name| name.to_str().ok());
    let by_airbyte = agent.is_some_and(|name| name.starts_with("python-requests"));
    let status = |code: u16| StatusCode::from_u16(code).expect("a status");
    match mood {
        Mood::AnswersAll(code) => Some(status(code).into_response()),
        Mood::Friendly | Mood::Stalls => None,
        Mood::SendsAway(to) if by_airbyte => Some(Redirect::to(to).into_response()),
        Mood::SendsAway(_) => Some(status(401).into_response()),
        _ if by_airbyte => None,
        Mood::Answers(code) => Some(status(code).into_response()),
        Mood::Busy(seconds) => {
            let wait = [("retry-after", seconds.to_string())];
            Some((StatusCode::TOO_MANY_REQUESTS, wait).into_response())
        }
        Mood::Hangs => {
            let broken = futures::stream::once(async {
                Err::<axum::body::Bytes, _>(std::io::Error::other("the line is cut"))
            });
            Some(axum::body::Body::from_stream(broken).into_response())
        }
    }
}
