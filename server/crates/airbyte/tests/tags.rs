//! Tags, against a stand-in with the limits of a real server.

#![expect(clippy::unwrap_used, reason = "a test that cannot go on fails")]

mod stand_in;

use std::{
    collections::HashMap,
    sync::{Arc, Mutex},
};

use airbyte::{
    Client, Error,
    api::{TagCreate, TagPatch},
};
use axum::{
    Json, Router,
    extract::{Path, Query, State},
    http::StatusCode,
    response::{IntoResponse, Response},
    routing::get,
};
use serde_json::{Value, json};
use stand_in::{problem, serve};
use uuid::Uuid;

const WORKSPACE: Uuid = Uuid::from_u128(1);
const MOST: usize = 100;

#[derive(Default)]
struct World {
    tags: Vec<Value>,
    /// Calls that would change something.
    asked: usize,
}

type Shared = State<Arc<Mutex<World>>>;

async fn list(State(world): Shared, Query(query): Query<HashMap<String, String>>) -> Json<Value> {
    let wanted = json!(query["workspaceIds"]);
    let world = world.lock().unwrap();
    let tags = world.tags.iter().filter(|tag| tag["workspaceId"] == wanted);
    Json(json!({ "data": tags.collect::<Vec<_>>() }))
}

async fn create(State(world): Shared, Json(mut tag): Json<Value>) -> Response {
    let mut world = world.lock().unwrap();
    world.asked += 1;
    if world.tags.iter().any(|other| other["name"] == tag["name"]) {
        return problem(
            StatusCode::CONFLICT,
            "error:tag-already-exists",
            "It exists.",
        );
    }
    if world.tags.len() >= MOST {
        return problem(
            StatusCode::BAD_REQUEST,
            "error:tag-limit-for-workspace-reached",
            "Too many.",
        );
    }
    tag["tagId"] = json!(Uuid::now_v7());
    world.tags.push(tag.clone());
    Json(tag).into_response()
}

fn find(world: &World, id: Uuid) -> Option<usize> {
    world.tags.iter().position(|tag| tag["tagId"] == json!(id))
}

fn missing() -> Response {
    problem(StatusCode::NOT_FOUND, "resource-not-found", "No such tag.")
}

async fn read(State(world): Shared, Path(id): Path<Uuid>) -> Response {
    let world = world.lock().unwrap();
    find(&world, id).map_or_else(missing, |at| Json(&world.tags[at]).into_response())
}

async fn update(
    State(world): Shared,
    Path(id): Path<Uuid>,
    Json(patch): Json<HashMap<String, Value>>,
) -> Response {
    let mut world = world.lock().unwrap();
    world.asked += 1;
    let Some(at) = find(&world, id) else {
        return missing();
    };
    for (key, value) in patch {
        world.tags[at][key.as_str()] = value;
    }
    Json(&world.tags[at]).into_response()
}

async fn remove(State(world): Shared, Path(id): Path<Uuid>) -> Response {
    let mut world = world.lock().unwrap();
    let Some(at) = find(&world, id) else {
        return missing();
    };
    world.tags.remove(at);
    StatusCode::NO_CONTENT.into_response()
}

async fn start() -> (Client, Arc<Mutex<World>>) {
    let world = Arc::<Mutex<World>>::default();
    let routes = Router::new()
        .route("/tags", get(list).post(create))
        .route("/tags/{id}", get(read).patch(update).delete(remove))
        .with_state(Arc::clone(&world));
    (serve(routes).await, world)
}

fn tag(name: &str, color: &str) -> TagCreate {
    TagCreate {
        workspace_id: WORKSPACE,
        name: name.to_owned(),
        color: color.to_owned(),
    }
}

#[tokio::test]
async fn a_tag_is_made_changed_found_and_deleted() {
    let (client, world) = start().await;
    let made = client.create_tag(&tag("Sales", "FF5733")).await.unwrap();
    let elsewhere = json!({ "tagId": Uuid::nil(), "workspaceId": Uuid::nil(), "name": "Theirs" });
    world.lock().unwrap().tags.push(elsewhere);
    let patch = TagPatch {
        name: "Shop".to_owned(),
        color: "00ff00".to_owned(),
    };
    let changed = client.update_tag(made.tag_id, &patch).await.unwrap();
    assert_eq!(
        (changed.name.as_str(), changed.color.as_str()),
        ("Shop", "00ff00")
    );
    assert_eq!(client.tag(made.tag_id).await.unwrap(), changed);
    assert_eq!(client.tags(WORKSPACE).await.unwrap(), [changed]);
    client.delete_tag(made.tag_id).await.unwrap();
    assert!(client.tags(WORKSPACE).await.unwrap().is_empty());
    assert!(matches!(
        client.tag(made.tag_id).await,
        Err(Error::NotFound { .. })
    ));
}

#[tokio::test]
async fn a_name_too_long_and_a_colour_that_is_none_are_not_sent() {
    let (client, world) = start().await;
    let long = "n".repeat(31);
    for (name, color, says) in [
        (long.as_str(), "FF5733", "30 characters"),
        ("Sales", "#FF5733", "hexadecimal"),
        ("Sales", "red", "hexadecimal"),
    ] {
        let create = client.create_tag(&tag(name, color)).await;
        let patch = TagPatch {
            name: name.to_owned(),
            color: color.to_owned(),
        };
        let update = client.update_tag(Uuid::nil(), &patch).await;
        for outcome in [create, update] {
            assert!(
                matches!(&outcome, Err(Error::Invalid { message }) if message.contains(says)),
                "{outcome:?}"
            );
        }
    }
    assert_eq!(world.lock().unwrap().asked, 0);
    let longest = tag(&"n".repeat(30), "FF5733");
    client.create_tag(&longest).await.unwrap();
}

#[tokio::test]
async fn a_second_tag_of_a_name_conflicts_and_one_past_a_hundred_is_refused() {
    let (client, world) = start().await;
    let before = (1..MOST).map(|n| json!({ "tagId": Uuid::now_v7(), "name": format!("Tag {n}") }));
    world.lock().unwrap().tags = before.collect();
    let again = client.create_tag(&tag("Tag 7", "FF5733")).await;
    assert!(matches!(again, Err(Error::Conflict { .. })), "{again:?}");
    client.create_tag(&tag("The last", "FF5733")).await.unwrap();
    let more = client.create_tag(&tag("One more", "FF5733")).await;
    assert!(
        matches!(&more, Err(Error::Invalid { message }) if message == "Too many."),
        "{more:?}"
    );
    assert_eq!(world.lock().unwrap().asked, 3, "none was repeated");
}
