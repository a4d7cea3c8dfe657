//! Answers that no server should give: each call comes to an end, and to an error where the answer is of no use.

#![expect(clippy::unwrap_used, reason = "a test that cannot go on fails")]

use airbyte::{Auth, BaseUrl, Client, Error, Server};
use axum::{
    Json, Router,
    routing::{get, post},
};
use serde_json::{Value, json};
use uuid::Uuid;

const WORKSPACE: Uuid = Uuid::from_u128(1);

async fn serve(public: Router, auth: Auth) -> Client {
    let app = Router::new().nest("/api/public/v1", public);
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let base = BaseUrl::parse(&format!("http://{}", listener.local_addr().unwrap())).unwrap();
    tokio::spawn(async move { axum::serve(listener, app).await });
    Client::connect(base, auth, Server::Engine).unwrap()
}

fn workspaces(count: usize) -> Json<Value> {
    let one = json!({ "workspaceId": WORKSPACE, "name": "w" });
    Json(json!({ "data": vec![one; count] }))
}

#[tokio::test]
async fn a_token_that_lives_for_ever_is_taken() {
    let for_ever = json!({ "access_token": "t", "expires_in": u64::MAX });
    let routes = Router::new()
        .route("/applications/token", post(async || Json(for_ever)))
        .route("/workspaces", get(async || workspaces(1)));
    let auth = Auth::Application {
        client_id: "us".to_owned(),
        client_secret: "right".into(),
    };
    let client = serve(routes, auth).await;
    assert_eq!(client.workspaces().await.unwrap().len(), 1);
}

#[tokio::test]
async fn a_list_without_an_end_is_given_up() {
    // The same full page, whatever the offset.
    let routes = Router::new().route("/workspaces", get(async || workspaces(100)));
    let client = serve(routes, Auth::None).await;
    let listed = client.workspaces().await;
    assert!(matches!(
        listed,
        Err(Error::Unreadable { what: "list", .. })
    ));
}
