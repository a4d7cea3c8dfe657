//! Answers with a secret in them: dataplanes, Applications and tokens of Airbyte Embedded.

#![expect(clippy::unwrap_used, reason = "a test that cannot go on fails")]

mod stand_in;

use std::sync::{Arc, Mutex};

use airbyte::{
    Client, Error,
    api::{
        DataplaneCreate, DataplanePatch, PermissionType, RegionCreate, RegionPatch,
        WidgetTokenRequest,
    },
};
use axum::{
    Json, Router,
    extract::{Path, RawQuery, State},
    http::StatusCode,
    response::{IntoResponse, Response},
    routing::{get, post},
};
use secrecy::ExposeSecret;
use serde_json::{Value, json};
use stand_in::{problem, serve};
use uuid::Uuid;

const ORGANIZATION: Uuid = Uuid::from_u128(1);
const WORKSPACE: Uuid = Uuid::from_u128(2);
const SECRET: &str = "shh-7f3a";

#[derive(Default)]
struct World {
    /// The one region, the one dataplane and the one Application there may be.
    region: Option<Value>,
    dataplane: Option<Value>,
    application: Option<Value>,
    /// What stands where a secret or a token should, when it is not one.
    broken: Option<Value>,
    /// So many calls that make a secret still come to nothing.
    failing: usize,
    /// Calls that make a secret.
    asked: usize,
}

type Shared = State<Arc<Mutex<World>>>;

impl World {
    fn secret(&self) -> Value {
        self.broken.clone().unwrap_or(json!(SECRET))
    }

    /// Counts a call, and fails it while that is asked for.
    fn fails(&mut self) -> Option<Response> {
        self.asked += 1;
        self.failing = self.failing.checked_sub(1)?;
        Some(StatusCode::SERVICE_UNAVAILABLE.into_response())
    }
}

/// One of the objects, when there is one.
fn shown(object: Option<&Value>) -> Response {
    object.map_or_else(
        || problem(StatusCode::NOT_FOUND, "resource-not-found", "None."),
        |object| Json(object).into_response(),
    )
}

fn patched(object: &mut Option<Value>, patch: &Value) -> Response {
    if let Some(object) = object {
        for (key, value) in patch.as_object().unwrap() {
            object[key.as_str()] = value.clone();
        }
    }
    shown(object.as_ref())
}

fn regions() -> Router<Arc<Mutex<World>>> {
    let list = async |State(world): Shared, RawQuery(query): RawQuery| {
        assert_eq!(query, Some(format!("organizationId={ORGANIZATION}")));
        Json(json!({ "data": world.lock().unwrap().region.iter().collect::<Vec<_>>() }))
    };
    let create = async |State(world): Shared, Json(mut body): Json<Value>| {
        body["regionId"] = json!(Uuid::now_v7());
        body["createdAt"] = json!("2026-01-01T00:00:00Z");
        shown(Some(world.lock().unwrap().region.insert(body)))
    };
    let read = async |State(world): Shared, Path(_): Path<Uuid>| {
        shown(world.lock().unwrap().region.as_ref())
    };
    let update = async |State(world): Shared, Path(_): Path<Uuid>, Json(patch): Json<Value>| {
        patched(&mut world.lock().unwrap().region, &patch)
    };
    let remove = async |State(world): Shared, Path(_): Path<Uuid>| {
        shown(world.lock().unwrap().region.take().as_ref())
    };
    Router::new()
        .route("/regions", get(list).post(create))
        .route("/regions/{id}", get(read).patch(update).delete(remove))
}

fn dataplanes() -> Router<Arc<Mutex<World>>> {
    let list = async |State(world): Shared, RawQuery(query): RawQuery| {
        let world = world.lock().unwrap();
        let found = world.dataplane.iter().filter(|dataplane| {
            let region = dataplane["regionId"].as_str().unwrap();
            query.as_ref().is_none_or(|query| query.contains(region))
        });
        Json(json!({ "data": found.collect::<Vec<_>>() }))
    };
    let create = async |State(world): Shared, Json(mut body): Json<Value>| {
        let mut world = world.lock().unwrap();
        if let Some(failure) = world.fails() {
            return failure;
        }
        body["dataplaneId"] = json!(Uuid::now_v7());
        let answer = json!({ "dataplaneId": body["dataplaneId"], "regionId": body["regionId"],
            "clientId": "plane", "clientSecret": world.secret() });
        world.dataplane = Some(body);
        Json(answer).into_response()
    };
    let read = async |State(world): Shared, Path(_): Path<Uuid>| {
        shown(world.lock().unwrap().dataplane.as_ref())
    };
    let update = async |State(world): Shared, Path(_): Path<Uuid>, Json(patch): Json<Value>| {
        patched(&mut world.lock().unwrap().dataplane, &patch)
    };
    let remove = async |State(world): Shared, Path(_): Path<Uuid>| {
        shown(world.lock().unwrap().dataplane.take().as_ref())
    };
    Router::new()
        .route("/dataplanes", get(list).post(create))
        .route("/dataplanes/{id}", get(read).patch(update).delete(remove))
}

fn applications() -> Router<Arc<Mutex<World>>> {
    let list = async |State(world): Shared| {
        Json(
            json!({ "applications": world.lock().unwrap().application.iter().collect::<Vec<_>>() }),
        )
    };
    let create = async |State(world): Shared, Json(mut body): Json<Value>| {
        let mut world = world.lock().unwrap();
        body["id"] = json!("app/1");
        body["clientId"] = json!("app");
        body["clientSecret"] = world.secret();
        body["createdAt"] = json!(1_717_969_830_000_i64);
        shown(Some(world.application.insert(body)))
    };
    let read = async |State(world): Shared, Path(id): Path<String>| {
        let world = world.lock().unwrap();
        shown(world.application.as_ref().filter(|app| app["id"] == id))
    };
    let remove = async |State(world): Shared, Path(_): Path<String>| {
        shown(world.lock().unwrap().application.take().as_ref())
    };
    Router::new()
        .route("/applications", get(list).post(create))
        .route("/applications/{id}", get(read).delete(remove))
}

/// Answers with what it was sent after the secret.
async fn token(State(world): Shared, Json(body): Json<Value>) -> Response {
    let mut world = world.lock().unwrap();
    if let Some(failure) = world.fails() {
        return failure;
    }
    match &world.broken {
        Some(broken) => Json(broken.clone()).into_response(),
        None => Json(json!({ "token": format!("{SECRET} {body}") })).into_response(),
    }
}

async fn embedded_organizations() -> Json<Value> {
    Json(json!({ "organizations": [
        { "organizationId": ORGANIZATION, "organizationName": "Acme", "permission": "organization_admin" },
        { "organizationId": WORKSPACE, "permission": "organization_of_tomorrow" } ] }))
}

async fn start() -> (Client, Arc<Mutex<World>>) {
    let world = Arc::<Mutex<World>>::default();
    let routes = regions()
        .merge(dataplanes())
        .merge(applications())
        .route("/embedded/widget_token", post(token))
        .route("/embedded/scoped_token", post(token))
        .route("/embedded/organizations", get(embedded_organizations))
        .with_state(Arc::clone(&world));
    (serve(routes).await, world)
}

#[tokio::test]
async fn a_region_and_its_dataplane_are_made_changed_and_deleted() {
    let (client, _) = start().await;
    let new = RegionCreate {
        name: "Cellar".to_owned(),
        organization_id: ORGANIZATION,
        enabled: None,
    };
    let region = client.create_region(&new).await.unwrap();
    assert_eq!((region.name.as_str(), region.enabled), ("Cellar", None));
    let off = RegionPatch {
        enabled: Some(false),
        ..RegionPatch::default()
    };
    let region = client.update_region(region.region_id, &off).await.unwrap();
    assert_eq!(
        (region.name.as_str(), region.enabled),
        ("Cellar", Some(false))
    );
    assert_eq!(client.region(region.region_id).await.unwrap(), region);
    assert_eq!(
        client.regions(ORGANIZATION).await.unwrap(),
        std::slice::from_ref(&region)
    );

    let new = DataplaneCreate {
        region_id: region.region_id,
        name: "One".to_owned(),
        enabled: Some(true),
    };
    let made = client.create_dataplane(&new).await.unwrap();
    assert_eq!(made.client_id, "plane");
    assert_eq!(made.client_secret.expose_secret(), SECRET);
    let renamed = DataplanePatch {
        name: Some("Two".to_owned()),
        ..DataplanePatch::default()
    };
    let dataplane = client
        .update_dataplane(made.dataplane_id, &renamed)
        .await
        .unwrap();
    assert_eq!(
        (dataplane.name.as_str(), dataplane.enabled),
        ("Two", Some(true))
    );
    assert_eq!(
        client.dataplane(made.dataplane_id).await.unwrap(),
        dataplane
    );
    assert_eq!(
        client.dataplanes(&[]).await.unwrap(),
        std::slice::from_ref(&dataplane)
    );
    assert_eq!(
        client.dataplanes(&[region.region_id]).await.unwrap(),
        [dataplane]
    );
    assert!(client.dataplanes(&[WORKSPACE]).await.unwrap().is_empty());

    client.delete_dataplane(made.dataplane_id).await.unwrap();
    client.delete_region(region.region_id).await.unwrap();
    let gone = client.region(region.region_id).await;
    assert!(matches!(gone, Err(Error::NotFound { .. })), "{gone:?}");
}

#[tokio::test]
async fn an_application_shows_its_secret_and_its_id_stays_one_segment() {
    let (client, _) = start().await;
    let made = client.create_application("hub").await.unwrap();
    assert_eq!(
        (made.name.as_str(), made.client_id.as_str()),
        ("hub", "app")
    );
    let read = client.application(&made.id).await.unwrap();
    assert_eq!(read.client_secret.expose_secret(), SECRET);
    assert_eq!(
        client.applications().await.unwrap()[0].created_at,
        1_717_969_830_000
    );
    client.delete_application(&made.id).await.unwrap();
    assert!(client.applications().await.unwrap().is_empty());
}

fn widget() -> WidgetTokenRequest {
    WidgetTokenRequest {
        organization_id: ORGANIZATION,
        external_user_id: "tenant-7".to_owned(),
        allowed_origin: "https://hub.example".to_owned(),
    }
}

#[tokio::test]
async fn tokens_of_embedded_are_for_a_workspace_or_a_person() {
    let (client, _) = start().await;
    let asked = |token: secrecy::SecretString| {
        let text = token.expose_secret().strip_prefix(SECRET).unwrap();
        serde_json::from_str::<Value>(text).unwrap()
    };
    assert_eq!(
        asked(client.widget_token(&widget()).await.unwrap()),
        json!({ "organizationId": ORGANIZATION, "externalUserId": "tenant-7", "allowedOrigin": "https://hub.example" })
    );
    assert_eq!(
        asked(client.scoped_token(WORKSPACE).await.unwrap()),
        json!({ "workspaceId": WORKSPACE })
    );
    let organizations = client.embedded_organizations().await.unwrap();
    let permissions: Vec<_> = organizations.iter().map(|found| found.permission).collect();
    assert_eq!(
        permissions,
        [PermissionType::OrganizationAdmin, PermissionType::Unknown]
    );
}

#[tokio::test]
async fn a_secret_in_the_wrong_shape_is_in_no_error() {
    let dataplane = DataplaneCreate {
        region_id: WORKSPACE,
        name: "One".to_owned(),
        enabled: None,
    };
    // A number is what Serde's own errors would show.
    for broken in [
        json!(7_310_001),
        json!([SECRET]),
        json!({ "value": SECRET }),
    ] {
        let (client, world) = start().await;
        world.lock().unwrap().broken = Some(broken);
        let errors = [
            client.create_dataplane(&dataplane).await.err(),
            client.create_application("hub").await.err(),
            client.applications().await.err(),
            client.scoped_token(WORKSPACE).await.err(),
            client.widget_token(&widget()).await.err(),
        ];
        for error in errors.map(Option::unwrap) {
            assert!(matches!(error, Error::Unreadable { .. }), "{error:?}");
            let told = format!("{error} {error:?}");
            assert!(
                !told.contains(SECRET) && !told.contains("7310001"),
                "{told}"
            );
        }
    }
    // The whole answer is the token.
    let (client, world) = start().await;
    world.lock().unwrap().broken = Some(json!(SECRET));
    let error = client.scoped_token(WORKSPACE).await.unwrap_err();
    assert!(matches!(error, Error::Unreadable { .. }));
    assert!(!format!("{error} {error:?}").contains(SECRET));
}

#[tokio::test]
async fn a_dataplane_is_not_made_twice_but_a_token_may_be() {
    let (client, world) = start().await;
    world.lock().unwrap().failing = 1;
    let new = DataplaneCreate {
        region_id: WORKSPACE,
        name: "One".to_owned(),
        enabled: None,
    };
    let failed = client.create_dataplane(&new).await.err().unwrap();
    assert!(
        matches!(failed, Error::Upstream { status: 503, .. }),
        "{failed:?}"
    );
    assert_eq!(world.lock().unwrap().asked, 1);
    world.lock().unwrap().failing = 1;
    client.scoped_token(WORKSPACE).await.unwrap();
    assert_eq!(world.lock().unwrap().asked, 3);
}

#[tokio::test]
async fn a_call_that_moved_to_another_host_is_not_followed() {
    let moved = || async {
        let body = json!({ "status": 301, "type": "error:embedded/endpoint-moved", "title": "Moved",
            "data": { "message": "Ask there." } });
        let there = [("location", "https://elsewhere.example/")];
        (StatusCode::MOVED_PERMANENTLY, there, Json(body))
    };
    let client = serve(Router::new().route("/embedded/organizations", get(moved))).await;
    let error = client.embedded_organizations().await.unwrap_err();
    assert!(
        matches!(&error, Error::Unsupported { message } if message == "Ask there."),
        "{error:?}"
    );
}
