//! The engine's own calls under `/x`: what Airbyte's public API lacks.

mod ask;
mod check;
mod definitions;
mod discover;
mod give_back;
mod jobs;
mod lines;
mod rehearsal;
mod sample;

use axum::Router;
use axum::routing::{get, post};

use crate::Engine;

pub fn router() -> Router<Engine> {
    Router::new()
        .route("/x/definitions", get(definitions::list))
        .route("/x/definitions/{id}/spec", get(definitions::spec))
        .route("/x/check", post(check::check))
        .route("/x/discover", post(discover::discover))
        .route("/x/sample", post(sample::sample))
        .route("/x/rehearsal", post(rehearsal::attempt))
        .route("/x/sources/{id}/give_back", post(give_back::give_back))
        .route("/x/jobs", post(jobs::create))
        .route("/x/jobs/{id}", get(jobs::detail))
        .route("/x/jobs/{id}/attempts", post(jobs::again))
        .route("/x/jobs/{id}/logs", get(jobs::logs))
}
