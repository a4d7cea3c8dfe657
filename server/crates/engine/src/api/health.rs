//! Whether the engine can work: its database answers.

use axum::extract::State;
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};

use crate::Engine;

pub async fn health(State(engine): State<Engine>) -> Response {
    match sqlx::query_scalar!(r#"SELECT 1 AS "one!""#)
        .fetch_one(&engine.config.pool)
        .await
    {
        Ok(_) => "Successful operation".into_response(),
        Err(error) => {
            tracing::error!(%error, "the engine's database does not answer");
            StatusCode::SERVICE_UNAVAILABLE.into_response()
        }
    }
}
