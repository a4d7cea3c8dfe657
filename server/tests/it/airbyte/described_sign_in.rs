//! Programs sign people in by the engine's API: as a manifest of their workspace describes it, with the client of that
//! workspace alone; and at providers that are known here, which prove what they send people back with.

use airbyte::{
    Auth, BaseUrl, Client, Error, OAuthOwner, Server,
    api::{
        ActorType, DeclarativeDefinitionCreate, InitiateOAuth, OAuthCredentials, SourceCreate,
        WorkspaceCreate,
    },
};
use reqwest::Url;
use serde_json::{Value, json};
use tokio::runtime::Runtime;
use uuid::Uuid;

use super::sign_in::hop;
use crate::{
    harness::Hub,
    journeys::signed_harbour::{CLIENT, LASTING, SignedHarbour},
};

/// Where a program wants people to end.
pub const BACK: &str = "https://shop.example.com/back";

/// A workspace with that manifest, and what a program calls with.
struct Brought {
    client: Client,
    workspace: Uuid,
    definition: Uuid,
    source_type: String,
}

impl Brought {
    async fn to(hub: &Hub, manifest: Value) -> Result<Self, Error> {
        let client = client(hub, Server::Platform);
        let named = WorkspaceCreate::named("Oder");
        let workspace = client.create_workspace(&named).await?.workspace_id;
        let new = DeclarativeDefinitionCreate {
            workspace_id: Some(workspace),
            name: "Harbour".to_owned(),
            manifest,
        };
        let made = client
            .create_declarative_definition(workspace, &new)
            .await?;
        Ok(Self {
            client,
            workspace,
            definition: made.id,
            source_type: format!("manifest-{}", made.id.simple()),
        })
    }

    async fn register(&self, owner: OAuthOwner) -> Result<(), Error> {
        let credentials = OAuthCredentials {
            actor_type: ActorType::Source,
            name: self.source_type.clone(),
            configuration: json!({ "client_id": CLIENT.0, "client_secret": CLIENT.1 }),
        };
        self.client.set_oauth_credentials(owner, &credentials).await
    }

    async fn leave(&self) -> Result<String, Error> {
        let asked = InitiateOAuth {
            source_type: self.source_type.clone(),
            workspace_id: self.workspace,
            redirect_url: BACK.to_owned(),
            input: json!({ "quay": "north" }),
            requested_scopes: Vec::new(),
            requested_optional_scopes: Vec::new(),
        };
        Ok(self.client.initiate_oauth(&asked).await?.into())
    }

    async fn source(&self, secret: &str) -> Result<Value, Error> {
        let new = SourceCreate {
            name: "Ships".to_owned(),
            workspace_id: self.workspace,
            definition_id: Some(self.definition),
            configuration: json!({ "quay": "north" }),
            secret_id: Some(secret.to_owned()),
        };
        Ok(self.client.create_source(&new).await?.configuration)
    }
}

/// What a program calls the engine with, as the one or the other.
pub fn client(hub: &Hub, server: Server) -> Client {
    let credentials: Value =
        serde_json::from_str(&hub.ok(&["engine", "credentials"])).expect("JSON");
    let said = |name: &str| credentials[name].as_str().expect("a text").to_owned();
    let auth = Auth::Application {
        client_id: said("client_id"),
        client_secret: said("client_secret").into(),
    };
    let base = BaseUrl::parse(&said("base_url")).expect("an address");
    Client::connect(base, auth, server).expect("a client")
}

#[test]
fn a_program_signs_people_in_for_a_manifest_of_its_workspace() {
    let harbour = SignedHarbour::open();
    let hub = Hub::start_with(&[("TRIBUTARY_ALLOW_HTTP", "1".to_owned())]);
    let text = harbour.manifest(("HARBOUR", "HARBOUR"));
    let manifest: Value = serde_saphyr::from_str(&text).expect("YAML");
    let runtime = Runtime::new().expect("a runtime");
    let brought = runtime
        .block_on(Brought::to(&hub, manifest))
        .expect("a definition");

    let everybody = brought.register(OAuthOwner::Organization(Uuid::nil()));
    assert!(
        runtime.block_on(everybody).is_err(),
        "no client of all workspaces goes where one workspace says"
    );
    assert!(
        runtime.block_on(brought.leave()).is_err(),
        "there is no client"
    );
    let own = brought.register(OAuthOwner::Workspace(brought.workspace));
    runtime.block_on(own).expect("its own");
    let consent = runtime.block_on(brought.leave()).expect("an address");
    assert!(consent.starts_with(&harbour.url), "{consent}");
    let back = hop(&hop(&consent));
    let secret = back
        .strip_prefix(&format!("{BACK}?secret_id="))
        .unwrap_or_else(|| panic!("{back}"));
    let settings = runtime.block_on(brought.source(secret)).expect("a source");
    for name in ["app", "app_secret", "pass"] {
        assert_eq!(settings["access"][name], "**********", "{settings}");
    }
    for secret in [CLIENT.1, LASTING] {
        assert!(!hub.log().contains(secret), "{secret} is in the log");
    }
}

#[test]
fn a_code_that_the_provider_did_not_prove_is_not_exchanged() {
    let hub = Hub::start();
    let client = client(&hub, Server::Platform);
    let runtime = Runtime::new().expect("a runtime");
    let consent = runtime.block_on(async {
        let workspace = client
            .create_workspace(&WorkspaceCreate::named("Oder"))
            .await?
            .workspace_id;
        let credentials = OAuthCredentials {
            actor_type: ActorType::Source,
            name: "shopify".to_owned(),
            configuration: json!({ "credentials": { "client_id": CLIENT.0, "client_secret": CLIENT.1 } }),
        };
        let owner = OAuthOwner::Workspace(workspace);
        client.set_oauth_credentials(owner, &credentials).await?;
        let asked = InitiateOAuth {
            source_type: "shopify".to_owned(),
            workspace_id: workspace,
            redirect_url: BACK.to_owned(),
            input: json!({ "shop": "oder" }),
            requested_scopes: Vec::new(),
            requested_optional_scopes: Vec::new(),
        };
        client.initiate_oauth(&asked).await.map(String::from)
    });
    let consent = Url::parse(&consent.expect("an address")).expect("an address");
    let said = |name: &str| {
        let mut pairs = consent.query_pairs();
        let found = pairs.find(|(known, _)| known == name);
        found.expect("it is said").1.into_owned()
    };
    // Whoever hands the person such a link would have their own shop's code taken for the person's.
    let forged = [
        ("code", "stolen"),
        ("shop", "oder.myshopify.com"),
        ("hmac", "00"),
        ("state", &said("state")),
    ];
    let forged = Url::parse_with_params(&said("redirect_uri"), forged).expect("an address");
    let back = hop(forged.as_str());
    assert!(back.starts_with(BACK), "{back}");
    assert!(back.contains("error=access_denied"), "{back}");
    assert!(back.contains("not+signed"), "{back}");
}
