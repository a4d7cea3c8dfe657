//! Signing in through Airbyte, against a stand-in that answers as its versions do.

#![expect(clippy::unwrap_used, reason = "a test that cannot go on fails")]

use std::sync::{Arc, Mutex};

use airbyte::{Auth, BaseUrl, Client, Error, Server, api::InitiateOAuth};
use axum::{
    Json, Router,
    extract::State,
    http::StatusCode,
    response::{IntoResponse, Response},
    routing::post,
};
use serde_json::{Value, json};
use uuid::Uuid;

const WORKSPACE: Uuid = Uuid::from_u128(1);
const CONSENT: &str = "https://provider.example/authorize?client_id=a&state=drawn-once";

/// How the stand-in answers, and what it was asked.
#[derive(Default)]
struct World {
    /// The name of the consent address; a server of one's own offers no OAuth.
    spelling: Option<&'static str>,
    consent: Value,
    asked: Vec<Value>,
}

type Shared = State<Arc<Mutex<World>>>;

async fn initiate(State(world): Shared, Json(body): Json<Value>) -> Response {
    let mut world = world.lock().unwrap();
    world.asked.push(body.clone());
    let Some(spelling) = world.spelling else {
        return StatusCode::NOT_IMPLEMENTED.into_response();
    };
    if !body["redirectUrl"]
        .as_str()
        .unwrap()
        .starts_with("https://")
    {
        let problem = json!({ "status": 422, "type": "https://reference.airbyte.com/reference/errors#invalid-redirect-url",
            "title": "invalid-redirect-url", "detail": "", "data": { "message": "Redirect URL must be https." } });
        return (StatusCode::UNPROCESSABLE_ENTITY, Json(problem)).into_response();
    }
    Json(json!({ spelling: world.consent, "of_tomorrow": true })).into_response()
}

async fn start(spelling: Option<&'static str>) -> (Client, Arc<Mutex<World>>) {
    let world = Arc::new(Mutex::new(World {
        spelling,
        consent: json!(CONSENT),
        asked: Vec::new(),
    }));
    let app = Router::new()
        .route("/api/public/v1/sources/initiateOAuth", post(initiate))
        .with_state(Arc::clone(&world));
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let base = BaseUrl::parse(&format!("http://{}", listener.local_addr().unwrap())).unwrap();
    tokio::spawn(async move { axum::serve(listener, app).await });
    let client = Client::connect(base, Auth::None, Server::Platform).unwrap();
    (client, world)
}

fn sign_in(redirect_url: &str) -> InitiateOAuth {
    InitiateOAuth {
        source_type: "zendesk-support".to_owned(),
        workspace_id: WORKSPACE,
        redirect_url: redirect_url.to_owned(),
        input: json!({ "subdomain": "acme" }),
        requested_scopes: vec!["read".to_owned()],
        requested_optional_scopes: Vec::new(),
    }
}

#[tokio::test]
async fn the_consent_address_is_found_under_each_of_its_names() {
    for spelling in ["consentUrl", "redirect_url", "redirectUrl"] {
        let (client, world) = start(Some(spelling)).await;
        let consent = client
            .initiate_oauth(&sign_in("https://hub.example/back"))
            .await
            .unwrap();
        assert_eq!(consent.as_str(), CONSENT, "{spelling}");
        assert_eq!(
            world.lock().unwrap().asked,
            [
                json!({ "sourceType": "zendesk-support", "workspaceId": WORKSPACE,
                "redirectUrl": "https://hub.example/back", "oAuthInputConfiguration": { "subdomain": "acme" },
                "requestedScopes": ["read"] })
            ]
        );
    }
}

#[tokio::test]
async fn what_was_left_out_is_not_sent() {
    let (client, world) = start(Some("consentUrl")).await;
    let plain = InitiateOAuth {
        input: Value::Null,
        requested_scopes: Vec::new(),
        ..sign_in("https://hub.example/back")
    };
    client.initiate_oauth(&plain).await.unwrap();
    assert_eq!(
        world.lock().unwrap().asked,
        [
            json!({ "sourceType": "zendesk-support", "workspaceId": WORKSPACE,
            "redirectUrl": "https://hub.example/back" })
        ]
    );
}

#[tokio::test]
async fn an_address_that_is_none_is_an_answer_we_cannot_read_and_is_not_told() {
    let (client, world) = start(Some("consentUrl")).await;
    for consent in [
        json!("javascript:alert('drawn-once')"),
        json!("drawn-once"),
        json!({ "url": "drawn-once" }),
    ] {
        world.lock().unwrap().consent = consent.clone();
        let error = client
            .initiate_oauth(&sign_in("https://hub.example/back"))
            .await
            .unwrap_err();
        assert!(matches!(error, Error::Unreadable { .. }), "{consent}");
        assert!(!format!("{error} {error:?}").contains("drawn-once"));
    }
}

#[tokio::test]
async fn a_server_of_ones_own_offers_none_and_a_way_back_must_be_https() {
    let (client, world) = start(None).await;
    let request = sign_in("http://hub.example/back");
    let error = client.initiate_oauth(&request).await.unwrap_err();
    assert!(matches!(error, Error::Unsupported { .. }), "{error:?}");

    world.lock().unwrap().spelling = Some("consentUrl");
    let error = client.initiate_oauth(&request).await.unwrap_err();
    assert!(
        matches!(&error, Error::Invalid { message } if message == "Redirect URL must be https."),
        "{error:?}"
    );
    assert_eq!(world.lock().unwrap().asked.len(), 2, "neither was repeated");
}
