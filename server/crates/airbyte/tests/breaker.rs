//! What counts against a platform: failures of its own, not those of one customer's connector.

#![expect(clippy::unwrap_used, reason = "a test that cannot go on fails")]

mod stand_in;

use airbyte::{Cache, Error, Health};
use axum::{
    Router,
    http::{StatusCode, header},
    response::{Html, IntoResponse},
    routing::get,
};
use stand_in::{problem, serve};
use uuid::Uuid;

/// Failures in a row after which a platform is left alone.
const FAILURES: usize = 8;

#[tokio::test]
async fn a_connector_that_fails_does_not_close_the_way_for_others() {
    let client = serve(Router::new().route(
        "/streams",
        get(|| async {
            let message = "Something went wrong in the connector. logs:The key was revoked.";
            problem(
                StatusCode::INTERNAL_SERVER_ERROR,
                "unexpected-problem",
                message,
            )
        }),
    ))
    .await;
    for _ in 0..2 * FAILURES {
        let error = client.streams(Uuid::nil(), None, Cache::Use).await;
        let error = error.unwrap_err();
        assert!(error.to_string().contains("The key was revoked."));
    }
    assert_eq!(client.condition(), Health::Good);
}

#[tokio::test]
async fn pages_for_people_close_it() {
    let page = || async {
        let json = [(header::CONTENT_TYPE, "application/json")];
        (json, Html("<html>Sign in to go on</html>")).into_response()
    };
    let client = serve(Router::new().route("/workspaces", get(page))).await;
    for failures in 1..FAILURES {
        let error = client.workspaces().await.unwrap_err();
        assert!(matches!(error, Error::Unreadable { .. }), "{error:?}");
        let failing = u32::try_from(failures).unwrap();
        assert_eq!(client.condition(), Health::Failing(failing));
    }
    client.workspaces().await.unwrap_err();
    assert!(matches!(client.condition(), Health::Resting(_)));
    let error = client.workspaces().await.unwrap_err();
    assert!(matches!(error, Error::Resting { .. }), "{error:?}");
}
