//! What stand-ins for an Airbyte share: a place to answer at, a client that asks there, and the documents of refusals.

use airbyte::{Auth, BaseUrl, Client, Server};
use axum::{
    Json, Router,
    http::StatusCode,
    response::{IntoResponse, Response},
};
use serde_json::json;

/// Serves the routes as a public API until the test ends.
pub async fn serve(public: Router) -> Client {
    let app = Router::new().nest("/api/public/v1", public);
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let base = BaseUrl::parse(&format!("http://{}", listener.local_addr().unwrap())).unwrap();
    tokio::spawn(async move { axum::serve(listener, app).await });
    Client::connect(base, Auth::None, Server::Platform).unwrap()
}

pub fn problem(status: StatusCode, title: &str, message: &str) -> Response {
    let body = json!({ "status": status.as_u16(), "type": "t", "title": title, "detail": "",
        "data": { "message": message } });
    (status, Json(body)).into_response()
}
