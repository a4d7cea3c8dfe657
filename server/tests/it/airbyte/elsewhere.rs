//! Asks what our client can ask of an Airbyte elsewhere and the engine does not offer: only the requests count here.

use airbyte::{
    Auth, BaseUrl, Client, Error, OAuthOwner, Server,
    api::{
        ActorType, DeclarativeDefinitionCreate, DeclarativeDefinitionPut, DefinitionCreate,
        DefinitionPut, GrantedIn, InitiateOAuth, OAuthCredentials, PermissionCreate,
        PermissionFilter, PermissionType, TagCreate, TagPatch, UserFilter,
    },
};
use serde_json::json;
use tokio::runtime::Runtime;
use uuid::Uuid;

const ID: Uuid = Uuid::from_u128(0x18dc_cc91_0ab1_4f72_9ed7_0b8f_c27c_5826);

/// Asks an API that has none of it.
pub fn ask(api: &str) {
    let base = BaseUrl::parse(api).expect("an address");
    let auth = Auth::Bearer("any".to_owned().into());
    // The engine's rules: a platform that refuses everything would be left alone after a few calls.
    let client = Client::connect(base, auth, Server::Engine).expect("a client");
    let runtime = Runtime::new().expect("a runtime");
    runtime.block_on(async {
        tags(&client).await;
        people(&client).await;
        consent(&client).await;
        definitions(&client).await;
    });
}

/// The request was sent, and nothing is there.
fn refused<T>(answer: Result<T, Error>) {
    match answer.map(drop) {
        Err(Error::Unsupported { .. }) => {}
        other => panic!("{other:?}"),
    }
}

async fn tags(client: &Client) {
    let (name, color) = ("Sales".to_owned(), "FF5733".to_owned());
    let patch = TagPatch {
        name: name.clone(),
        color: color.clone(),
    };
    let new = TagCreate {
        workspace_id: ID,
        name,
        color,
    };
    refused(client.tags(ID).await);
    refused(client.tag(ID).await);
    refused(client.create_tag(&new).await);
    refused(client.update_tag(ID, &patch).await);
    refused(client.delete_tag(ID).await);
    refused(client.connections_tagged(ID, &[ID, Uuid::nil()]).await);
}

async fn people(client: &Client) {
    let filter = UserFilter {
        ids: vec![ID],
        emails: vec!["ana@example.com".to_owned()],
    };
    refused(client.organizations().await);
    refused(client.users(ID, &filter).await);
    let filter = PermissionFilter {
        user_id: Some(ID),
        organization_id: Some(ID),
    };
    refused(client.permissions(&filter).await);
    refused(client.permission(ID).await);
    for granted_in in [GrantedIn::Workspace(ID), GrantedIn::Organization(ID)] {
        let new = PermissionCreate {
            permission_type: PermissionType::WorkspaceEditor,
            user_id: ID,
            granted_in,
        };
        refused(client.create_permission(&new).await);
    }
    let runner = PermissionType::WorkspaceRunner;
    refused(client.update_permission(ID, runner).await);
    refused(client.delete_permission(ID).await);
}

async fn consent(client: &Client) {
    let request = InitiateOAuth {
        source_type: "hubspot".to_owned(),
        workspace_id: ID,
        redirect_url: "https://hub.example.com/back".to_owned(),
        input: json!({ "subdomain": "acme" }),
        requested_scopes: vec!["read".to_owned()],
        requested_optional_scopes: Vec::new(),
    };
    refused(client.initiate_oauth(&request).await);
    for owner in [OAuthOwner::Workspace(ID), OAuthOwner::Organization(ID)] {
        let own = OAuthCredentials {
            actor_type: ActorType::Source,
            name: "hubspot".to_owned(),
            configuration: json!({ "credentials": { "client_id": "a", "client_secret": "b" } }),
        };
        refused(client.set_oauth_credentials(owner, &own).await);
        let source = ActorType::Source;
        refused(
            client
                .delete_oauth_credentials(owner, source, "hubspot")
                .await,
        );
    }
}

async fn definitions(client: &Client) {
    let name = "Ours".to_owned();
    let new = DefinitionCreate {
        name: name.clone(),
        docker_repository: "example/source-ours".to_owned(),
        docker_image_tag: "1.0.0".to_owned(),
        documentation_url: Some("https://example.com/docs".to_owned()),
    };
    let put = DefinitionPut {
        name: name.clone(),
        docker_image_tag: "1.0.1".to_owned(),
    };
    for kind in [ActorType::Source, ActorType::Destination] {
        refused(client.workspace_definitions(kind, ID).await);
        refused(client.workspace_definition(kind, ID, ID).await);
        refused(client.create_definition(kind, ID, &new).await);
        refused(client.replace_definition(kind, ID, ID, &put).await);
        refused(client.delete_definition(kind, ID, ID).await);
    }
    let manifest = json!({ "type": "DeclarativeSource" });
    let new = DeclarativeDefinitionCreate {
        workspace_id: Some(ID),
        name,
        manifest: manifest.clone(),
    };
    let put = DeclarativeDefinitionPut { manifest };
    refused(client.declarative_definitions(ID).await);
    refused(client.declarative_definition(ID, ID).await);
    refused(client.create_declarative_definition(ID, &new).await);
    refused(client.replace_declarative_definition(ID, ID, &put).await);
    refused(client.delete_declarative_definition(ID, ID).await);
}
