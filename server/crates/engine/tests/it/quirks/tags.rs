//! Tags: made once in a workspace, carried by connections of the same one, gone everywhere at once.

use airbyte::api::ConnectionSyncMode;
use reqwest::{Method, StatusCode};
use serde_json::{Value, json};

use super::Caller;
use crate::harness::World;

#[tokio::test(flavor = "multi_thread")]
async fn connections_carry_tags_of_their_own_workspace() {
    let world = World::new().await;
    let caller = Caller::new(&world).await;
    let (home, other) = (world.home("acme").await, world.home("other").await);
    let make = async |workspace: uuid::Uuid, name: &str| {
        let body = json!({"workspaceId": workspace, "name": name, "color": "FF5733"});
        caller.call(Method::POST, "/tags", Some(body)).await
    };
    let (status, sales) = make(home.id, "Sales").await;
    assert_eq!(status, StatusCode::OK, "{sales}");
    let (_, theirs) = make(other.id, "Sales").await;
    let (status, twice) = make(home.id, "Sales").await;
    assert_eq!(
        (status, &twice["title"]),
        (StatusCode::CONFLICT, &json!("error:tag-already-exists"))
    );

    let mode = ConnectionSyncMode::FullRefreshOverwrite;
    for home in [&home, &other] {
        let source = world.source(home, json!({})).await;
        world.connect(home, source, mode).await;
    }
    let connection = home.client.connections(home.id).await.unwrap().remove(0);
    let at = format!("/connections/{}", connection.connection_id);
    let carry = async |tags: Value| {
        caller
            .call(Method::PATCH, &at, Some(json!({ "tags": tags })))
            .await
    };
    let (status, tagged) = carry(json!([sales])).await;
    assert_eq!((status, &tagged["tags"]), (StatusCode::OK, &json!([sales])));
    let (status, _) = carry(json!([sales, theirs])).await;
    assert_eq!(
        status,
        StatusCode::BAD_REQUEST,
        "a tag of another workspace"
    );

    let path = format!("/connections?tagIds={}", sales["tagId"].as_str().unwrap());
    let (_, found) = caller.call(Method::GET, &path, None).await;
    assert_eq!(found["data"].as_array().unwrap().len(), 1);
    assert_eq!(
        found["data"][0]["tags"],
        json!([sales]),
        "the refusal changed nothing"
    );

    let tag = format!("/tags/{}", sales["tagId"].as_str().unwrap());
    let renamed = json!({"name": "Selling", "color": "000000"});
    let (status, _) = caller.call(Method::PATCH, &tag, Some(renamed)).await;
    assert_eq!(status, StatusCode::OK);
    let (_, found) = caller.call(Method::GET, &at, None).await;
    assert_eq!(found["tags"][0]["name"], "Selling");
    let (status, _) = caller.call(Method::DELETE, &tag, None).await;
    assert_eq!(status, StatusCode::NO_CONTENT);
    let (_, found) = caller.call(Method::GET, &at, None).await;
    assert_eq!(found["tags"], json!([]));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_workspace_has_a_hundred_tags_and_sees_no_others() {
    let world = World::new().await;
    let caller = Caller::new(&world).await;
    let (home, other) = (world.home("acme").await, world.home("other").await);
    let make = async |number: usize| {
        let body = json!({"workspaceId": home.id, "name": format!("t{number}"), "color": "00ff00"});
        caller.call(Method::POST, "/tags", Some(body)).await
    };
    for number in 0..100 {
        assert_eq!(make(number).await.0, StatusCode::OK, "{number}");
    }
    let (status, problem) = make(100).await;
    assert_eq!(status, StatusCode::BAD_REQUEST);
    assert_eq!(problem["title"], "error:tag-limit-for-workspace-reached");
    assert_eq!(home.client.tags(home.id).await.unwrap().len(), 100);
    let one = home.client.tags(home.id).await.unwrap().remove(0);
    assert!(other.client.tags(home.id).await.unwrap().is_empty());
    assert!(other.client.tag(one.tag_id).await.is_err());
    assert!(other.client.delete_tag(one.tag_id).await.is_err());
}
