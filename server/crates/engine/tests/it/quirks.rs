//! The public API to the letter, where clients of a real Airbyte rely on it.

mod objects;
mod schedules;
mod tags;

use reqwest::{Method, StatusCode};
use serde_json::{Value, json};

use crate::harness::{World, http};

struct Caller<'a> {
    world: &'a World,
    token: String,
}

impl<'a> Caller<'a> {
    async fn new(world: &'a World) -> Self {
        let token = world
            .token(&world.engine.credentials(None).await.unwrap())
            .await;
        Self { world, token }
    }

    async fn call(&self, method: Method, path: &str, body: Option<Value>) -> (StatusCode, Value) {
        let mut request = http()
            .request(method, self.world.url(path))
            .bearer_auth(&self.token);
        if let Some(body) = body {
            request = request.json(&body);
        }
        let answer = request.send().await.unwrap();
        let status = answer.status();
        (status, answer.json().await.unwrap_or(Value::Null))
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn tokens_come_as_airbyte_gives_them() {
    let world = World::new().await;
    let health = http().get(world.url("/health")).send().await.unwrap();
    assert_eq!(health.text().await.unwrap(), "Successful operation");

    let credentials = world.engine.credentials(None).await.unwrap();
    let secret = secrecy::ExposeSecret::expose_secret(&credentials.client_secret).to_owned();
    let form = format!(
        "client_id={}&client_secret={secret}&grant_type=client_credentials",
        credentials.client_id
    );
    let form = http()
        .post(world.url("/applications/token"))
        .header("content-type", "application/x-www-form-urlencoded")
        .body(form);
    let answer: Value = form.send().await.unwrap().json().await.unwrap();
    assert_eq!(
        (answer["token_type"].as_str(), answer["expires_in"].as_u64()),
        (Some("Bearer"), Some(900))
    );

    let wrong = json!({"client_id": credentials.client_id, "client_secret": "no"});
    let answer = http()
        .post(world.url("/applications/token"))
        .json(&wrong)
        .send()
        .await
        .unwrap();
    assert_eq!(answer.status(), StatusCode::BAD_REQUEST);
    let body: Value = answer.json().await.unwrap();
    assert_eq!(
        body["_embedded"]["errors"][0]["message"],
        "Invalid client id or token"
    );
    assert_eq!(
        body["_links"]["self"]["href"],
        "/api/public/v1/applications/token"
    );

    for header in [None, Some("Bearer nonsense"), Some("Basic eDp5")] {
        let mut request = http().get(world.url("/workspaces"));
        if let Some(header) = header {
            request = request.header("authorization", header);
        }
        let answer = request.send().await.unwrap();
        assert_eq!(answer.status(), StatusCode::UNAUTHORIZED);
        assert_eq!(
            answer.json::<Value>().await.unwrap()["title"],
            "invalid-api-key"
        );
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn lists_have_pages_by_airbytes_rules() {
    let world = World::new().await;
    let caller = Caller::new(&world).await;
    let mut ids = Vec::new();
    for name in ["a", "b", "c"] {
        let (_, made) = caller
            .call(Method::POST, "/workspaces", Some(json!({"name": name})))
            .await;
        ids.push(made["workspaceId"].as_str().unwrap().to_owned());
    }
    let (_, page) = caller.call(Method::GET, "/workspaces?limit=2", None).await;
    assert_eq!(
        (
            page["data"].as_array().unwrap().len(),
            page["previous"].as_str()
        ),
        (2, Some(""))
    );
    assert!(
        page["next"]
            .as_str()
            .unwrap()
            .ends_with("/api/public/v1/workspaces?limit=2&offset=2"),
        "{page}"
    );
    let (_, page) = caller
        .call(Method::GET, "/workspaces?limit=2&offset=4", None)
        .await;
    assert_eq!(
        (
            page["data"].as_array().unwrap().len(),
            page["next"].as_str()
        ),
        (0, Some(""))
    );
    for query in [
        format!("workspaceIds={}&workspaceIds={}", ids[0], ids[2]),
        format!("workspaceIds={},{}", ids[0], ids[2]),
    ] {
        let (_, page) = caller
            .call(Method::GET, &format!("/workspaces?{query}"), None)
            .await;
        assert_eq!(page["data"].as_array().unwrap().len(), 2);
    }
    for query in [
        "limit=0",
        "limit=101",
        "limit=x",
        "offset=-1",
        "workspaceIds=x",
    ] {
        let (status, problem) = caller
            .call(Method::GET, &format!("/workspaces?{query}"), None)
            .await;
        assert_eq!(
            (status, problem["title"].as_str()),
            (StatusCode::BAD_REQUEST, Some("bad-request")),
            "{query}"
        );
    }
}
