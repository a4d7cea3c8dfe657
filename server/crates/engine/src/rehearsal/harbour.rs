//! The API of a rehearsal: three ships for whoever has the token, or the failure that was asked for.

use std::net::SocketAddr;
use std::time::Duration;

use airbyte::extension::Trouble;
use axum::body::{Body, Bytes};
use axum::extract::State;
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use axum::routing::get;
use axum::{Json, Router};
use serde_json::json;
use sync::fault::Fault;
use tokio::net::TcpListener;
use tokio::task::JoinHandle;

pub const TOKEN: &str = "rehearsal";
/// Longer than its manifest waits for an answer.
const SILENCE: Duration = Duration::from_secs(30);

/// Closed when it is dropped.
pub struct Harbour {
    address: SocketAddr,
    serving: JoinHandle<()>,
}

impl Harbour {
    pub async fn open(trouble: Option<Trouble>) -> Result<Self, Fault> {
        let broken = |error: std::io::Error| {
            Fault::bug("No port is free for a rehearsal.").with_detail(error.to_string())
        };
        let listener = TcpListener::bind("127.0.0.1:0").await.map_err(broken)?;
        let address = listener.local_addr().map_err(broken)?;
        let app = Router::new()
            .route("/ships", get(ships))
            .with_state(trouble);
        let serving = tokio::spawn(async move {
            if let Err(error) = axum::serve(listener, app).await {
                tracing::warn!(%error, "the API of a rehearsal ended");
            }
        });
        Ok(Self { address, serving })
    }

    pub fn url(&self) -> String {
        format!("http://{}", self.address)
    }
}

impl Drop for Harbour {
    fn drop(&mut self) {
        self.serving.abort();
    }
}

async fn ships(State(trouble): State<Option<Trouble>>) -> Response {
    let refused =
        |status: StatusCode| (status, Json(json!({ "error": "rehearsed" }))).into_response();
    match trouble {
        None => Json(json!({ "ships": [
            { "id": 1, "name": "Elbe" }, { "id": 2, "name": "Weser" }, { "id": 3, "name": "Ems" },
        ]}))
        .into_response(),
        Some(Trouble::Network) => {
            let cut = futures::stream::once(async {
                Err::<Bytes, _>(std::io::Error::other("rehearsed"))
            });
            Body::from_stream(cut).into_response()
        }
        Some(Trouble::Timeout) => {
            tokio::time::sleep(SILENCE).await;
            refused(StatusCode::GATEWAY_TIMEOUT)
        }
        Some(Trouble::RateLimited) => {
            let wait = [("retry-after", "3")];
            (
                StatusCode::TOO_MANY_REQUESTS,
                wait,
                Json(json!({ "error": "rehearsed" })),
            )
                .into_response()
        }
        Some(Trouble::Auth) => refused(StatusCode::UNAUTHORIZED),
        Some(Trouble::Upstream) => refused(StatusCode::SERVICE_UNAVAILABLE),
        Some(Trouble::Validation) => refused(StatusCode::UNPROCESSABLE_ENTITY),
        Some(Trouble::Forbidden) => refused(StatusCode::FORBIDDEN),
    }
}
