//! A vendor's server that keeps what it is sent and answers as a test says, and the shipped providers moved to it.

use std::sync::{Arc, Mutex};

use axum::{
    Json, Router,
    extract::{Request, State},
    http::StatusCode,
    response::{IntoResponse, Response},
};
use oauth::{Client, Endpoint, Providers, Words, words};
use serde_json::Value;
use sync::outbound::{Outbound, Policy, Scheme};

const SHIPPED: &str = include_str!("../../data/providers.toml");

/// One request: `POST /path`, its authorisation, its kind of body and the body.
#[derive(Debug, Clone, PartialEq)]
pub struct Sent {
    pub what: String,
    pub authorisation: Option<String>,
    pub kind: Option<String>,
    pub body: String,
}

/// How it answers.
pub type Answers = fn(&Sent) -> (StatusCode, Value);

pub struct Stand {
    at: String,
    sent: Arc<Mutex<Vec<Sent>>>,
    outbound: Outbound,
}

impl Stand {
    pub async fn start(answers: Answers) -> Self {
        let sent = Arc::new(Mutex::new(Vec::new()));
        let app = Router::new()
            .fallback(answer)
            .with_state((Arc::clone(&sent), answers));
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
        let at = format!("http://{}", listener.local_addr().unwrap());
        tokio::spawn(async move { axum::serve(listener, app).await });
        let outbound = Outbound::new(Policy {
            allow_private: vec!["127.0.0.0/8".parse().unwrap()],
            scheme: Scheme::HttpToo,
            ..Policy::default()
        });
        Self {
            at,
            sent,
            outbound: outbound.unwrap(),
        }
    }

    /// The shipped providers, of which those at `host` are here.
    pub fn moved(&self, host: &str) -> Providers {
        let moved = SHIPPED.replace(&format!("https://{host}"), &self.at);
        assert_ne!(moved, SHIPPED, "{host} is no address there");
        Providers::load(Some(&moved)).unwrap()
    }

    /// What a connector with this configuration signs in at.
    pub fn words(all: &Providers, source_type: &str, config: &Value) -> Words {
        words(all.grant(source_type).unwrap().1, config).unwrap()
    }

    pub fn endpoint<'a>(
        &'a self,
        all: &'a Providers,
        source_type: &str,
        words: &'a Words,
        client: &'a Client,
    ) -> Endpoint<'a> {
        Endpoint {
            outbound: &self.outbound,
            provider: all.grant(source_type).unwrap().0,
            words,
            client,
        }
    }

    /// The one request it got.
    pub fn only(&self) -> Sent {
        let sent = self.sent.lock().unwrap();
        assert_eq!(sent.len(), 1, "{sent:?}");
        sent[0].clone()
    }
}

type Kept = (Arc<Mutex<Vec<Sent>>>, Answers);

async fn answer(State((kept, answers)): State<Kept>, request: Request) -> Response {
    let (parts, body) = request.into_parts();
    let header = |name| {
        let value = parts.headers.get(name)?;
        Some(value.to_str().unwrap().to_owned())
    };
    let body = axum::body::to_bytes(body, 10_000).await.unwrap();
    let sent = Sent {
        what: format!("{} {}", parts.method, parts.uri),
        authorisation: header("authorization"),
        kind: header("content-type"),
        body: String::from_utf8(body.to_vec()).unwrap(),
    };
    assert_eq!(header("accept").as_deref(), Some("application/json"));
    let (status, said) = answers(&sent);
    kept.lock().unwrap().push(sent);
    (status, Json(said)).into_response()
}

pub fn client(id: &str, secret: &str) -> Client {
    Client {
        id: id.to_owned(),
        secret: secret.to_owned().into(),
    }
}
