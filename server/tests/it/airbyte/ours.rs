//! Asks an API everything that our client can ask of Airbyte's public API, and expects what Airbyte would answer.

use std::time::Duration;

use airbyte::{
    Auth, BaseUrl, Cache, Client, Error, Server,
    api::{
        ActorType, ConnectionCreate, ConnectionPatch, ConnectionResponse, ConnectionStatus,
        ConnectionSyncMode, DeclarativeDefinitionCreate, DeclarativeDefinitionPut,
        DestinationCreate, DestinationPatch, DestinationPut, DestinationResponse, JobFilter,
        JobResponse, JobStatus, JobType, NamespaceDefinition, Schedule, ScheduleType,
        SchemaUpdates, SelectedField, SourceCreate, SourcePatch, SourcePut, SourceResponse,
        StreamConfiguration, StreamConfigurations, TagCreate, TagPatch, TagResponse,
        WorkspaceCreate, WorkspacePatch,
    },
};
use serde_json::{Value, json};
use time::OffsetDateTime;
use tokio::runtime::Runtime;
use uuid::Uuid;

use super::client::{POSTGRES_DESTINATION, POSTGRES_SOURCE, tides};
use crate::harness::{Hub, SourceDatabase};

/// Nothing's id.
const NOBODY: Uuid = Uuid::from_u128(0x4000_8000_0000_0000_0000);
const POLL: Duration = Duration::from_millis(200);

/// From a workspace to rows and back to nothing, with the API at the given address.
pub fn drive(hub: &Hub, api: &str) {
    let shop = SourceDatabase::create(
        "CREATE TABLE orders (id int PRIMARY KEY, item text); INSERT INTO orders SELECT n, 'lamp' FROM generate_series(1, 50) n;
         CREATE TABLE people (id int PRIMARY KEY, name text);",
    );
    let warehouse = SourceDatabase::create("CREATE SCHEMA lake");
    let mut target = warehouse.configuration();
    target["schema"] = json!("lake");
    let credentials: Value =
        serde_json::from_str(&hub.ok(&["engine", "credentials"])).expect("JSON");
    let connect = |secret: &str| {
        let auth = Auth::Application {
            client_id: credentials["client_id"]
                .as_str()
                .expect("a text")
                .to_owned(),
            client_secret: secret.to_owned().into(),
        };
        let base = BaseUrl::parse(api).expect("an address");
        // As it treats an Airbyte elsewhere.
        Client::connect(base, auth, Server::Platform).expect("a client")
    };
    let runtime = Runtime::new().expect("a runtime");
    runtime.block_on(async {
        let secret = credentials["client_secret"].as_str().expect("a text");
        let refused = connect("wrong").workspaces().await;
        assert!(
            matches!(refused, Err(Error::Credentials { .. })),
            "{refused:?}"
        );
        journey(&connect(secret), shop.configuration(), target)
            .await
            .expect("every call is answered as it should be");
    });
    assert_eq!(
        warehouse.rows("SELECT count(*) FROM lake.ours_orders"),
        ["0"]
    );
}

async fn journey(client: &Client, shop: Value, target: Value) -> Result<(), Error> {
    client.health().await?;
    let workspace = workspace(client).await?;
    manifest(client, workspace).await?;
    let source = source(client, workspace, shop).await?.source_id;
    let destination = destination(client, workspace, target).await?.destination_id;

    let streams = client.streams(source, None, Cache::Use).await?;
    assert_eq!((streams.len(), &streams[0].sync_modes), (2, &None));
    let streams = client
        .streams(source, Some(destination), Cache::Ignore)
        .await?;
    assert!(streams[0].sync_modes.is_some(), "{streams:?}");

    let connection = connection(client, workspace, source, destination).await?;
    jobs(client, workspace, connection.connection_id).await?;

    client.delete_connection(connection.connection_id).await?;
    client.delete_source(source).await?;
    client.delete_destination(destination).await?;
    client.delete_workspace(workspace).await?;
    let gone = client.workspace(workspace).await;
    assert!(matches!(gone, Err(Error::NotFound { .. })), "{gone:?}");
    Ok(())
}

/// Makes one; reads, lists and renames it, and asks for the connectors that it offers.
async fn workspace(client: &Client) -> Result<Uuid, Error> {
    let made = client
        .create_workspace(&WorkspaceCreate::named("Oder"))
        .await?;
    let id = made.workspace_id;
    let patch = WorkspacePatch {
        region_id: None,
        name: Some("Oder Bicycles".to_owned()),
        notifications: Some(json!({ "failure": { "email": { "enabled": false } } })),
    };
    client.update_workspace(id, &patch).await?;
    assert_eq!(client.workspace(id).await?.name, "Oder Bicycles");
    let listed = client.workspaces().await?;
    assert!(
        listed.iter().any(|found| found.workspace_id == id),
        "{listed:?}"
    );
    let offered = client.workspace_definitions(ActorType::Source, id).await?;
    assert!(!offered.is_empty());
    Ok(id)
}

/// One is given, read, listed, replaced and taken back.
async fn manifest(client: &Client, workspace: Uuid) -> Result<(), Error> {
    let new = DeclarativeDefinitionCreate {
        workspace_id: Some(workspace),
        name: "Tides".to_owned(),
        manifest: tides(),
    };
    let id = client
        .create_declarative_definition(workspace, &new)
        .await?
        .id;
    let put = DeclarativeDefinitionPut { manifest: tides() };
    let renewed = client
        .replace_declarative_definition(workspace, id, &put)
        .await?;
    assert_eq!(renewed.version, Some(2));
    let found = client.declarative_definition(workspace, id).await?;
    let listed = client.declarative_definitions(workspace).await?;
    assert_eq!(listed, [found]);
    client.delete_declarative_definition(workspace, id).await?;
    let gone = client.declarative_definition(workspace, id).await;
    assert!(matches!(gone, Err(Error::NotFound { .. })), "{gone:?}");
    Ok(())
}

async fn source(
    client: &Client,
    workspace: Uuid,
    configuration: Value,
) -> Result<SourceResponse, Error> {
    let new = SourceCreate {
        name: "Shop".to_owned(),
        workspace_id: workspace,
        definition_id: Some(id(POSTGRES_SOURCE)),
        configuration: configuration.clone(),
        secret_id: None,
    };
    let made = client.create_source(&new).await?;
    let patch = SourcePatch {
        name: Some("The shop".to_owned()),
        configuration: Some(json!({ "schemas": ["public"] })),
        secret_id: None,
    };
    client.update_source(made.source_id, &patch).await?;
    let name = "Shop again".to_owned();
    let put = SourcePut {
        name,
        configuration,
    };
    client.replace_source(made.source_id, &put).await?;
    assert_eq!(client.sources(workspace).await?.len(), 1);
    let missing = client.source(NOBODY).await;
    assert!(
        matches!(missing, Err(Error::NotFound { .. })),
        "{missing:?}"
    );
    client.source(made.source_id).await
}

async fn destination(
    client: &Client,
    workspace: Uuid,
    configuration: Value,
) -> Result<DestinationResponse, Error> {
    let new = DestinationCreate {
        name: "Warehouse".to_owned(),
        workspace_id: workspace,
        definition_id: Some(id(POSTGRES_DESTINATION)),
        configuration: configuration.clone(),
    };
    let made = client.create_destination(&new).await?;
    let patch = DestinationPatch {
        name: Some("The warehouse".to_owned()),
        configuration: None,
    };
    client
        .update_destination(made.destination_id, &patch)
        .await?;
    let name = "Warehouse again".to_owned();
    let put = DestinationPut {
        name,
        configuration,
    };
    client
        .replace_destination(made.destination_id, &put)
        .await?;
    assert_eq!(client.destinations(workspace).await?.len(), 1);
    client.destination(made.destination_id).await
}

/// Makes one, reads and lists it, and changes it.
async fn tag(client: &Client, workspace: Uuid) -> Result<TagResponse, Error> {
    let new = TagCreate {
        workspace_id: workspace,
        name: "Shops".to_owned(),
        color: "FF5733".to_owned(),
    };
    let made = client.create_tag(&new).await?;
    let patch = TagPatch {
        name: "Bicycle shops".to_owned(),
        color: made.color.clone(),
    };
    let changed = client.update_tag(made.tag_id, &patch).await?;
    assert_eq!(client.tag(made.tag_id).await?, changed);
    assert_eq!(
        client.tags(workspace).await?,
        std::slice::from_ref(&changed)
    );
    Ok(changed)
}

/// Makes one with every setting that a connection has; chooses streams, and pauses and resumes it.
async fn connection(
    client: &Client,
    workspace: Uuid,
    source_id: Uuid,
    destination_id: Uuid,
) -> Result<ConnectionResponse, Error> {
    let tag = tag(client, workspace).await?;
    let new = ConnectionCreate {
        source_id,
        destination_id,
        settings: ConnectionPatch {
            name: Some("Shop to warehouse".to_owned()),
            configurations: None,
            schedule: Some(Schedule {
                schedule_type: ScheduleType::Cron,
                cron_expression: Some("0 0 3 ? * MON-FRI".to_owned()),
                basic_timing: None,
            }),
            namespace_definition: Some(NamespaceDefinition::CustomFormat),
            namespace_format: Some(String::new()),
            prefix: Some("ours_".to_owned()),
            non_breaking_schema_updates_behavior: Some(SchemaUpdates::Ignore),
            status: Some(ConnectionStatus::Active),
            tags: Some(vec![tag.clone()]),
        },
    };
    let made = client.create_connection(&new).await?;
    let schedule = made.schedule.cron_expression.as_deref();
    assert_eq!(schedule, Some("0 0 3 ? * MON-FRI UTC"), "{made:?}");
    let tagged = client.connections_tagged(workspace, &[tag.tag_id]).await?;
    assert_eq!((tagged.len(), &made.tags), (1, &vec![tag.clone()]));
    client.delete_tag(tag.tag_id).await?;
    let orders = StreamConfiguration {
        sync_mode: Some(ConnectionSyncMode::IncrementalDedupedHistory),
        cursor_field: Some(vec!["id".to_owned()]),
        selected_fields: Some(vec![SelectedField {
            field_path: vec!["id".to_owned()],
        }]),
        ..StreamConfiguration::new("orders", Some("public".to_owned()))
    };
    for status in [ConnectionStatus::Inactive, ConnectionStatus::Active] {
        let patch = ConnectionPatch {
            status: Some(status),
            configurations: Some(StreamConfigurations {
                streams: vec![orders.clone()],
            }),
            ..ConnectionPatch::default()
        };
        client.update_connection(made.connection_id, &patch).await?;
    }
    assert_eq!(client.connections(workspace).await?.len(), 1);
    let found = client.connection(made.connection_id).await?;
    assert_eq!(found.configurations.streams.len(), 1, "{found:?}");
    Ok(found)
}

/// Runs it, empties it, stops it, and meets each refusal on the way.
async fn jobs(client: &Client, workspace: Uuid, connection: Uuid) -> Result<(), Error> {
    let synced = run(client, connection, JobType::Sync).await?;
    assert_eq!(
        (synced.status, synced.rows_synced),
        (JobStatus::Succeeded, Some(50))
    );
    let cleared = run(client, connection, JobType::Clear).await?;
    assert_eq!(cleared.status, JobStatus::Succeeded);

    let held = client.start_job(connection, JobType::Sync).await?;
    let twice = client.start_job(connection, JobType::Sync).await;
    assert!(matches!(twice, Err(Error::Busy { .. })), "{twice:?}");
    client.cancel_job(held.job_id).await?;
    over(client, held.job_id).await?;
    let again = client.cancel_job(held.job_id).await;
    assert!(matches!(again, Err(Error::Conflict { .. })), "{again:?}");
    let refresh = client.start_job(connection, JobType::Refresh).await;
    assert!(matches!(refresh, Err(Error::Invalid { .. })), "{refresh:?}");
    run(client, connection, JobType::Reset).await?;

    let filter = JobFilter {
        connection_id: Some(connection),
        workspace_id: Some(workspace),
        status: Some(JobStatus::Succeeded),
        job_type: Some(JobType::Sync),
        created_from: Some(OffsetDateTime::UNIX_EPOCH),
        ..JobFilter::default()
    };
    let found = client.jobs(&filter, 10).await?;
    assert!(
        found.iter().any(|job| job.job_id == synced.job_id),
        "{found:?}"
    );
    Ok(())
}

async fn run(client: &Client, connection: Uuid, kind: JobType) -> Result<JobResponse, Error> {
    let job = client.start_job(connection, kind).await?;
    over(client, job.job_id).await
}

/// The job once it is over.
pub async fn over(client: &Client, job: i64) -> Result<JobResponse, Error> {
    loop {
        let found = client.job(job).await?;
        if found.status.is_over() {
            return Ok(found);
        }
        tokio::time::sleep(POLL).await;
    }
}

fn id(text: &str) -> Uuid {
    text.parse().expect("an id")
}
