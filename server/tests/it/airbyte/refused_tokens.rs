//! A token that is refused before its end, at a real provider: a run of the engine has it renewed once, and reads with the next
//! one; a provider that does not renew it any more leads to another sign-in.

use std::{fs, sync::Arc};

use airbyte::{
    Client, Error, OAuthOwner, Server,
    api::{
        ActorType, ConnectionCreate, ConnectionPatch, DestinationCreate, InitiateOAuth, JobStatus,
        JobType, OAuthCredentials, SourceCreate, WorkspaceCreate,
    },
};
use reqwest::StatusCode;
use serde_json::json;
use tempfile::TempDir;
use tokio::runtime::Runtime;
use uuid::Uuid;

use super::{
    client::POSTGRES_DESTINATION,
    described_sign_in::{BACK, client},
    issuer::Issuer,
    ours::over,
    provider::CLIENT,
    sign_in::hop,
};
use crate::harness::{Hub, SourceDatabase};

struct World {
    issuer: Issuer,
    hub: Hub,
    client: Client,
    runtime: Runtime,
    shop: Arc<SourceDatabase>,
    reader: String,
    connection: Uuid,
    _warehouse: SourceDatabase,
    _folder: TempDir,
}

impl World {
    /// With a connection that somebody signed in for.
    fn new() -> Self {
        let mut issuer = Issuer::start();
        let folder = tempfile::tempdir().expect("a folder");
        let file = folder.path().join("providers.toml");
        fs::write(&file, issuer.described_short()).expect("a file");
        let hub = Hub::start_with(&[
            ("OAUTH_PROVIDERS_FILE", file.display().to_string()),
            // The provider of this test speaks plain http.
            ("TRIBUTARY_ALLOW_HTTP", "1".to_owned()),
        ]);
        let shop = Arc::new(SourceDatabase::create(
            "CREATE TABLE orders (id int PRIMARY KEY); INSERT INTO orders SELECT generate_series(1, 7)",
        ));
        let warehouse = SourceDatabase::create("CREATE SCHEMA lake");
        let reader = shop.reader("nobody-s yet");
        let (opens, door) = (Arc::clone(&shop), reader.clone());
        let base = hub.url.trim_end_matches('/');
        // The newest token opens the shop, and lives long.
        issuer.serve(
            &format!("{base}/api/public/v1/oauth/callback"),
            move |token| opens.set_password(&door, token),
        );
        let (client, runtime) = (
            client(&hub, Server::Engine),
            Runtime::new().expect("a runtime"),
        );
        let workspace = runtime.block_on(registered(&client)).expect("a workspace");
        let consent = runtime.block_on(consent(&client, workspace));
        let allowed = issuer.allow(&hub, &consent.expect("an address"), "dana");
        let back = hop(&allowed);
        let secret = back.strip_prefix(&format!("{BACK}?secret_id="));
        let secret = secret.unwrap_or_else(|| panic!("{back}")).to_owned();
        let from = source(workspace, &shop, &reader, secret);
        let to = destination(workspace, &warehouse);
        let connection = runtime.block_on(connection(&client, &from, &to));
        Self {
            issuer,
            hub,
            client,
            runtime,
            shop,
            reader,
            connection: connection.expect("a connection"),
            _warehouse: warehouse,
            _folder: folder,
        }
    }

    fn run(&self) -> JobStatus {
        let run = async {
            let job = self.client.start_job(self.connection, JobType::Sync);
            let job = over(&self.client, job.await?.job_id).await?;
            Ok::<_, Error>(job.status)
        };
        self.runtime.block_on(run).expect("a job that ends")
    }

    /// How often the provider was asked for a token by a refresh token, with this end.
    fn renewals(&self, end: &str) -> usize {
        let wanted = format!("refresh_token {end}");
        let asked = self.issuer.asked();
        asked.iter().filter(|asked| **asked == wanted).count()
    }

    fn why(&self) -> String {
        let newest = "SELECT failure->>'message' FROM engine.jobs ORDER BY id DESC LIMIT 1";
        self.hub.control(newest).concat()
    }
}

async fn registered(client: &Client) -> Result<Uuid, Error> {
    let named = WorkspaceCreate::named("Oder");
    let workspace = client.create_workspace(&named).await?.workspace_id;
    let credentials = OAuthCredentials {
        actor_type: ActorType::Source,
        name: "postgres".to_owned(),
        configuration: json!({ "client_id": CLIENT.0, "client_secret": CLIENT.1 }),
    };
    let owner = OAuthOwner::Workspace(workspace);
    client.set_oauth_credentials(owner, &credentials).await?;
    Ok(workspace)
}

async fn consent(client: &Client, workspace_id: Uuid) -> Result<String, Error> {
    let asked = InitiateOAuth {
        source_type: "postgres".to_owned(),
        workspace_id,
        redirect_url: BACK.to_owned(),
        input: json!({}),
        requested_scopes: Vec::new(),
        requested_optional_scopes: Vec::new(),
    };
    Ok(client.initiate_oauth(&asked).await?.into())
}

fn source(workspace_id: Uuid, shop: &SourceDatabase, reader: &str, secret: String) -> SourceCreate {
    let mut configuration = shop.configuration();
    configuration["sourceType"] = json!("postgres");
    configuration["username"] = json!(reader);
    SourceCreate {
        name: "Shop".to_owned(),
        workspace_id,
        definition_id: None,
        configuration,
        secret_id: Some(secret),
    }
}

fn destination(workspace_id: Uuid, warehouse: &SourceDatabase) -> DestinationCreate {
    let mut configuration = warehouse.configuration();
    configuration["schema"] = json!("lake");
    DestinationCreate {
        name: "Warehouse".to_owned(),
        workspace_id,
        definition_id: Some(POSTGRES_DESTINATION.parse().expect("an id")),
        configuration,
    }
}

async fn connection(
    client: &Client,
    source: &SourceCreate,
    destination: &DestinationCreate,
) -> Result<Uuid, Error> {
    let new = ConnectionCreate {
        source_id: client.create_source(source).await?.source_id,
        destination_id: client.create_destination(destination).await?.destination_id,
        settings: ConnectionPatch::default(),
    };
    Ok(client.create_connection(&new).await?.connection_id)
}

#[test]
fn a_token_that_is_refused_before_its_end_is_renewed_once_a_run() {
    let world = World::new();
    assert_eq!(world.run(), JobStatus::Succeeded);
    assert_eq!(world.renewals("taken"), 0, "it lives long");

    world.shop.set_password(&world.reader, "another one");
    assert_eq!(world.run(), JobStatus::Succeeded);
    assert_eq!(world.renewals("taken"), 1);

    // No token opens a closed shop.
    let closed = format!("ALTER ROLE {} NOLOGIN", world.reader);
    world.shop.run(&closed);
    assert_eq!(world.run(), JobStatus::Failed);
    assert_eq!(world.renewals("taken"), 2, "no storm of questions");
    let why = world.why();
    assert!(why.contains("does not accept this login"), "{why}");

    let newest = world.issuer.renewable().pop().expect("a refresh token");
    let stolen = [
        ("grant_type", "refresh_token"),
        ("refresh_token", newest.as_str()),
    ];
    let (status, _) = world.issuer.ask("/token", &stolen);
    assert_eq!(status, StatusCode::OK);
    assert_eq!(world.run(), JobStatus::Failed);
    assert_eq!(world.renewals("invalid_grant"), 1);
    let why = world.why();
    assert!(why.contains("Sign in again"), "{why}");
    assert!(
        !world.hub.log().contains(CLIENT.1),
        "a secret is in the log"
    );
}
