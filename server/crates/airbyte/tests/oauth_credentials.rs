//! One's own app at a provider: what is sent where, and that its secret comes back in no error.

#![expect(clippy::unwrap_used, reason = "a test that cannot go on fails")]

mod stand_in;

use std::sync::{Arc, Mutex};

use airbyte::{
    Client, Error, OAuthOwner,
    api::{ActorType, OAuthCredentials},
};
use axum::{
    Json, Router,
    extract::{Path, State},
    http::StatusCode,
    response::{IntoResponse, Response},
    routing::{delete, put},
};
use serde_json::{Value, json};
use stand_in::{problem, serve};
use uuid::Uuid;

const ORGANIZATION: Uuid = Uuid::from_u128(1);
const WORKSPACE: Uuid = Uuid::from_u128(2);
const SECRET: &str = "shh-7f3a";

/// The apps set for the organization, as they were sent. Like a server of one's own, none can be set for a workspace.
type Shared = State<Arc<Mutex<Vec<Value>>>>;

async fn set(State(apps): Shared, Path(id): Path<Uuid>, Json(body): Json<Value>) -> Response {
    assert_eq!(id, ORGANIZATION);
    // Quotes what it was sent, as checks against a schema do.
    if body["configuration"]["credentials"]["client_id"].is_null() {
        let message = format!("client_id is missing in {}", body["configuration"]);
        return problem(
            StatusCode::UNPROCESSABLE_ENTITY,
            "unprocessable-entity",
            &message,
        );
    }
    let mut apps = apps.lock().unwrap();
    apps.retain(|app| app["name"] != body["name"]);
    apps.push(body);
    StatusCode::OK.into_response()
}

async fn unset(
    State(apps): Shared,
    Path((_, actor, name)): Path<(Uuid, String, String)>,
) -> StatusCode {
    let mut apps = apps.lock().unwrap();
    apps.retain(|app| app["actorType"] != json!(actor) || app["name"] != json!(name));
    StatusCode::NO_CONTENT
}

async fn start() -> (Client, Arc<Mutex<Vec<Value>>>) {
    let apps = Arc::<Mutex<Vec<Value>>>::default();
    let lacking = || async { StatusCode::NOT_IMPLEMENTED };
    let routes = Router::new()
        .route("/organizations/{id}/oauthCredentials", put(set))
        .route(
            "/organizations/{id}/oauthCredentials/{actor}/{name}",
            delete(unset),
        )
        .route("/workspaces/{id}/oauthCredentials", put(lacking))
        .route(
            "/workspaces/{id}/oauthCredentials/{actor}/{name}",
            delete(lacking),
        )
        .with_state(Arc::clone(&apps));
    (serve(routes).await, apps)
}

fn app(credentials: &Value) -> OAuthCredentials {
    OAuthCredentials {
        actor_type: ActorType::Source,
        name: "hubspot".to_owned(),
        configuration: json!({ "credentials": credentials }),
    }
}

#[tokio::test]
async fn an_app_is_set_replaced_and_given_up() {
    let (client, apps) = start().await;
    let owner = OAuthOwner::Organization(ORGANIZATION);
    for secret in ["first", SECRET] {
        let ours = app(&json!({ "client_id": "ours", "client_secret": secret }));
        client.set_oauth_credentials(owner, &ours).await.unwrap();
    }
    assert_eq!(
        *apps.lock().unwrap(),
        [json!({ "actorType": "source", "name": "hubspot",
            "configuration": { "credentials": { "client_id": "ours", "client_secret": SECRET } } })]
    );
    let give_up = |actor| client.delete_oauth_credentials(owner, actor, "hubspot");
    give_up(ActorType::Destination).await.unwrap();
    assert_eq!(apps.lock().unwrap().len(), 1, "that is another app");
    give_up(ActorType::Source).await.unwrap();
    assert!(apps.lock().unwrap().is_empty());
}

#[tokio::test]
async fn a_server_that_quotes_the_secret_is_not_quoted() {
    let (client, apps) = start().await;
    let nameless = app(&json!({ "client_secret": SECRET, "more": [{ "key": SECRET }] }));
    let error = client
        .set_oauth_credentials(OAuthOwner::Organization(ORGANIZATION), &nameless)
        .await
        .unwrap_err();
    assert!(
        matches!(&error, Error::Invalid { message } if message.starts_with("client_id is missing")),
        "{error:?}"
    );
    let told = format!("{error} {error:?}");
    assert!(!told.contains(SECRET) && told.contains(airbyte::api::MASK));
    assert!(apps.lock().unwrap().is_empty());
}

#[tokio::test]
async fn a_server_of_ones_own_has_apps_for_organizations_only() {
    let (client, _) = start().await;
    let owner = OAuthOwner::Workspace(WORKSPACE);
    let ours = app(&json!({ "client_id": "ours", "client_secret": SECRET }));
    for outcome in [
        client.set_oauth_credentials(owner, &ours).await,
        client
            .delete_oauth_credentials(owner, ActorType::Source, "hubspot")
            .await,
    ] {
        assert!(
            matches!(outcome, Err(Error::Unsupported { .. })),
            "{outcome:?}"
        );
    }
}
