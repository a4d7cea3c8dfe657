//! Who may do what: permissions and groups against a stand-in that keeps them, and the words of servers newer than us.

#![expect(clippy::unwrap_used, reason = "a test that cannot go on fails")]

mod stand_in;

use std::{
    collections::HashMap,
    sync::{Arc, Mutex},
};

use airbyte::{
    Client, Error,
    api::{
        GrantedIn, GroupCreate, GroupPatch, GroupPermissionCreate, PermissionCreate,
        PermissionFilter, PermissionScope, PermissionType, UserFilter,
    },
};
use axum::{
    Json, Router,
    extract::{Path, Query, RawQuery, State},
    http::StatusCode,
    response::{IntoResponse, Response},
    routing::{delete, get},
};
use serde_json::{Value, json};
use stand_in::{problem, serve};
use uuid::Uuid;

const ORGANIZATION: Uuid = Uuid::from_u128(1);
const WORKSPACE: Uuid = Uuid::from_u128(2);
const USER: Uuid = Uuid::from_u128(3);

/// Objects by the path of their list, each under its id.
#[derive(Default)]
struct World {
    lists: HashMap<String, Vec<(Uuid, Value)>>,
}

type Shared = State<Arc<Mutex<World>>>;

/// Keeps what it is sent, with an id of the kind's name. A second one just the same conflicts.
fn keep(world: &Mutex<World>, list: &str, id_name: &str, mut object: Value) -> Response {
    let mut world = world.lock().unwrap();
    let kept = world.lists.entry(list.to_owned()).or_default();
    let same = |other: &Value| {
        let mut other = other.clone();
        other.as_object_mut().unwrap().remove(id_name);
        other == object
    };
    if kept.iter().any(|(_, other)| same(other)) {
        return problem(StatusCode::CONFLICT, "error:already-there", "There is one.");
    }
    let id = Uuid::now_v7();
    object[id_name] = json!(id);
    kept.push((id, object.clone()));
    Json(object).into_response()
}

fn all(world: &Mutex<World>, list: &str) -> Vec<Value> {
    let world = world.lock().unwrap();
    let kept = world.lists.get(list).into_iter().flatten();
    kept.map(|(_, object)| object.clone()).collect()
}

/// A page as these lists have it: `null` where others write an empty text.
fn page(data: &[Value], query: &HashMap<String, String>) -> Json<Value> {
    let number = |name: &str| query[name].parse::<usize>().unwrap();
    let data: Vec<_> = data
        .iter()
        .skip(number("offset"))
        .take(number("limit"))
        .collect();
    Json(json!({ "data": data, "next": null, "previous": null }))
}

/// Reads, patches or takes out one object.
fn one(world: &Mutex<World>, list: &str, id: Uuid, act: Act) -> Response {
    let mut world = world.lock().unwrap();
    let kept = world.lists.entry(list.to_owned()).or_default();
    let Some(at) = kept.iter().position(|(known, _)| *known == id) else {
        return problem(StatusCode::NOT_FOUND, "resource-not-found", "None.");
    };
    match act {
        Act::Read => {}
        Act::Patch(patch) => {
            for (key, value) in patch {
                kept[at].1[key.as_str()] = value;
            }
        }
        Act::Remove => {
            kept.remove(at);
            return StatusCode::NO_CONTENT.into_response();
        }
    }
    Json(&kept[at].1).into_response()
}

enum Act {
    Read,
    Patch(HashMap<String, Value>),
    Remove,
}

/// Permissions are listed with a scope instead of two ids.
async fn permissions(State(world): Shared) -> Json<Value> {
    let listed = all(&world, "permissions").into_iter().map(|permission| {
        let in_workspace = !permission["workspaceId"].is_null();
        let (scope, id) = if in_workspace {
            ("workspace", &permission["workspaceId"])
        } else {
            ("organization", &permission["organizationId"])
        };
        json!({ "permissionId": permission["permissionId"], "permissionType": permission["permissionType"],
            "userId": permission["userId"], "scope": scope, "scopeId": id })
    });
    Json(json!({ "data": listed.collect::<Vec<_>>() }))
}

fn permission_routes() -> Router<Arc<Mutex<World>>> {
    let list = "permissions";
    let create = async move |State(world): Shared, Json(body): Json<Value>| {
        keep(&world, list, "permissionId", body)
    };
    let read =
        async move |State(world): Shared, Path(id): Path<Uuid>| one(&world, list, id, Act::Read);
    let update = async move |State(world): Shared, Path(id): Path<Uuid>, Json(patch): Json<_>| {
        one(&world, list, id, Act::Patch(patch))
    };
    let remove =
        async move |State(world): Shared, Path(id): Path<Uuid>| one(&world, list, id, Act::Remove);
    Router::new()
        .route("/permissions", get(permissions).post(create))
        .route("/permissions/{id}", get(read).patch(update).delete(remove))
}

type Params = Query<HashMap<String, String>>;

async fn groups(State(world): Shared, Query(query): Params) -> Json<Value> {
    let mut groups = all(&world, "groups");
    groups.retain(|group| group["organizationId"] == json!(query["organizationId"]));
    for group in &mut groups {
        let members = format!("{}/members", group["groupId"].as_str().unwrap());
        group["memberCount"] = json!(all(&world, &members).len());
    }
    page(&groups, &query)
}

fn group_routes() -> Router<Arc<Mutex<World>>> {
    let create = async |State(world): Shared, Json(body): Json<Value>| {
        keep(&world, "groups", "groupId", body)
    };
    let read =
        async |State(world): Shared, Path(id): Path<Uuid>| one(&world, "groups", id, Act::Read);
    let update = async |State(world): Shared, Path(id): Path<Uuid>, Json(patch): Json<_>| {
        one(&world, "groups", id, Act::Patch(patch))
    };
    let remove =
        async |State(world): Shared, Path(id): Path<Uuid>| one(&world, "groups", id, Act::Remove);
    let members = async |State(world): Shared, Path(id): Path<Uuid>, Query(query): Params| {
        page(&all(&world, &format!("{id}/members")), &query)
    };
    let add = async |State(world): Shared, Path(id): Path<Uuid>, Json(mut body): Json<Value>| {
        body["groupId"] = json!(id);
        (
            StatusCode::CREATED,
            keep(&world, &format!("{id}/members"), "memberId", body),
        )
    };
    let leave = async |State(world): Shared, Path((id, user)): Path<(Uuid, Uuid)>| {
        let mut world = world.lock().unwrap();
        let kept = world.lists.get_mut(&format!("{id}/members")).unwrap();
        kept.retain(|(_, member)| member["userId"] != json!(user));
        StatusCode::NO_CONTENT
    };
    let granted = async |State(world): Shared, Path(id): Path<Uuid>| {
        Json(json!({ "data": all(&world, &format!("{id}/permissions")) }))
    };
    let grant = async |State(world): Shared, Path(id): Path<Uuid>, Json(mut body): Json<Value>| {
        body["groupId"] = json!(id);
        keep(&world, &format!("{id}/permissions"), "permissionId", body)
    };
    let revoke = async |State(world): Shared, Path((id, permission)): Path<(Uuid, Uuid)>| {
        one(
            &world,
            &format!("{id}/permissions"),
            permission,
            Act::Remove,
        )
    };
    Router::new()
        .route("/groups", get(groups).post(create))
        .route("/groups/{id}", get(read).patch(update).delete(remove))
        .route("/groups/{id}/members", get(members).post(add))
        .route("/groups/{id}/members/{user}", delete(leave))
        .route("/groups/{id}/permissions", get(granted).post(grant))
        .route("/groups/{id}/permissions/{permission}", delete(revoke))
}

/// Answers with what it was asked for as the person's name.
async fn users(RawQuery(query): RawQuery) -> Json<Value> {
    Json(json!({ "data": [{ "id": USER, "name": query, "email": null, "of_tomorrow": [] }] }))
}

async fn organizations() -> Json<Value> {
    Json(
        json!({ "data": [{ "organizationId": ORGANIZATION, "organizationName": "Acme", "email": "a@acme.example" }] }),
    )
}

async fn start() -> (Client, Arc<Mutex<World>>) {
    let world = Arc::<Mutex<World>>::default();
    let routes = permission_routes()
        .merge(group_routes())
        .route("/users", get(users))
        .route("/organizations", get(organizations))
        .with_state(Arc::clone(&world));
    (serve(routes).await, world)
}

#[tokio::test]
async fn a_permission_is_given_listed_changed_and_taken_back() {
    let (client, world) = start().await;
    let new = |granted_in, permission_type| PermissionCreate {
        permission_type,
        user_id: USER,
        granted_in,
    };
    let in_workspace = new(
        GrantedIn::Workspace(WORKSPACE),
        PermissionType::WorkspaceReader,
    );
    let given = client.create_permission(&in_workspace).await.unwrap();
    assert_eq!(
        (given.workspace_id, given.organization_id),
        (Some(WORKSPACE), None)
    );
    assert_eq!(
        all(&world, "permissions"),
        [
            json!({ "permissionId": given.permission_id, "permissionType": "workspace_reader", "userId": USER,
            "workspaceId": WORKSPACE })
        ]
    );
    let in_organization = new(
        GrantedIn::Organization(ORGANIZATION),
        PermissionType::OrganizationMember,
    );
    client.create_permission(&in_organization).await.unwrap();

    let admin = client
        .update_permission(given.permission_id, PermissionType::WorkspaceAdmin)
        .await
        .unwrap();
    assert_eq!(admin.permission_type, PermissionType::WorkspaceAdmin);
    assert_eq!(client.permission(given.permission_id).await.unwrap(), admin);
    let listed = client
        .permissions(&PermissionFilter::default())
        .await
        .unwrap();
    let places: Vec<_> = listed
        .iter()
        .map(|listed| (listed.scope, listed.scope_id))
        .collect();
    assert_eq!(
        places,
        [
            (PermissionScope::Workspace, Some(WORKSPACE)),
            (PermissionScope::Organization, Some(ORGANIZATION))
        ]
    );
    client.delete_permission(given.permission_id).await.unwrap();
    let gone = client.permission(given.permission_id).await;
    assert!(matches!(gone, Err(Error::NotFound { .. })), "{gone:?}");
}

fn group(name: &str) -> GroupCreate {
    GroupCreate {
        name: name.to_owned(),
        description: None,
        organization_id: ORGANIZATION,
    }
}

#[tokio::test]
async fn a_group_has_members_and_permissions_and_goes() {
    let (client, _) = start().await;
    let made = client.create_group(&group("Analysts")).await.unwrap();
    let id = made.group_id;
    let again = client.create_group(&group("Analysts")).await;
    assert!(matches!(again, Err(Error::Conflict { .. })), "{again:?}");

    let member = client.add_group_member(id, USER).await.unwrap();
    assert_eq!((member.group_id, member.user_id), (id, USER));
    assert_eq!(client.group_members(id).await.unwrap(), [member]);
    assert_eq!(
        client.groups(ORGANIZATION).await.unwrap()[0].member_count,
        Some(1)
    );
    assert!(client.groups(WORKSPACE).await.unwrap().is_empty());

    let grant = GroupPermissionCreate {
        permission_type: PermissionType::WorkspaceRunner,
        granted_in: GrantedIn::Workspace(WORKSPACE),
    };
    let granted = client.create_group_permission(id, &grant).await.unwrap();
    assert_eq!(
        (granted.group_id, granted.workspace_id),
        (id, Some(WORKSPACE))
    );
    let listed = client.group_permissions(id).await.unwrap();
    assert_eq!(listed, std::slice::from_ref(&granted));
    client
        .delete_group_permission(id, granted.permission_id)
        .await
        .unwrap();
    assert!(client.group_permissions(id).await.unwrap().is_empty());

    client.remove_group_member(id, USER).await.unwrap();
    assert!(client.group_members(id).await.unwrap().is_empty());
    let patch = GroupPatch {
        description: Some("They ask.".to_owned()),
        ..GroupPatch::default()
    };
    client.update_group(id, &patch).await.unwrap();
    let read = client.group(id).await.unwrap();
    assert_eq!(
        (read.name.as_str(), read.description.as_deref()),
        ("Analysts", Some("They ask."))
    );
    client.delete_group(id).await.unwrap();
    assert!(client.groups(ORGANIZATION).await.unwrap().is_empty());
}

#[tokio::test]
async fn a_list_of_members_is_read_to_its_end() {
    let (client, world) = start().await;
    let id = Uuid::now_v7();
    for _ in 0..101 {
        let member = json!({ "groupId": id, "userId": Uuid::now_v7() });
        keep(&world, &format!("{id}/members"), "memberId", member);
    }
    assert_eq!(client.group_members(id).await.unwrap().len(), 101);
}

#[tokio::test]
async fn roles_and_places_of_tomorrow_are_unknown_and_read_all_the_same() {
    let (client, world) = start().await;
    let permission = json!({ "permissionType": "workspace_auditor", "userId": USER, "workspaceId": WORKSPACE,
        "of_tomorrow": { "a": 1 } });
    keep(&world, "permissions", "permissionId", permission.clone());
    keep(
        &world,
        &format!("{WORKSPACE}/permissions"),
        "permissionId",
        {
            let mut of_group = permission;
            of_group["groupId"] = json!(WORKSPACE);
            of_group
        },
    );
    let listed = client
        .permissions(&PermissionFilter::default())
        .await
        .unwrap();
    assert_eq!(listed[0].permission_type, PermissionType::Unknown);
    let read = client.permission(listed[0].permission_id).await.unwrap();
    assert_eq!(read.permission_type, PermissionType::Unknown);
    let of_group = client.group_permissions(WORKSPACE).await.unwrap();
    assert_eq!(of_group[0].permission_type, PermissionType::Unknown);

    let scope = |word: &str| serde_json::from_value::<PermissionScope>(json!(word)).unwrap();
    assert_eq!(scope("galaxy"), PermissionScope::Unknown);
    assert_eq!(scope("none"), PermissionScope::None);
}

#[tokio::test]
async fn people_are_asked_for_by_key_and_organizations_are_listed() {
    let (client, _) = start().await;
    let filter = UserFilter {
        ids: vec![USER, WORKSPACE],
        emails: vec!["a+b@acme.example".to_owned()],
    };
    let found = client.users(ORGANIZATION, &filter).await.unwrap();
    assert_eq!(
        found[0].name,
        format!(
            "organizationId={ORGANIZATION}&ids={USER}&ids={WORKSPACE}&emails=a%2Bb%40acme.example"
        )
    );
    assert_eq!(found[0].email, None);
    let organizations = client.organizations().await.unwrap();
    assert_eq!(organizations[0].organization_name, "Acme");
}
