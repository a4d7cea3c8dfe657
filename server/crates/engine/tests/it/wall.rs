//! The wall between workspaces: the credentials of one see nothing of another.

#![expect(
    clippy::needless_pass_by_value,
    clippy::too_many_lines,
    reason = "a story in one piece"
)]

use airbyte::Error;
use airbyte::api::{
    ConnectionSyncMode, DestinationCreate, JobFilter, JobType, MASK, SourceCreate, SourcePatch,
    WorkspaceCreate,
};
use airbyte::extension::{
    Became, CheckLine, CheckRequest, CheckResult, DiscoverRequest, GiveBack, SampleRequest,
};
use serde_json::{Value, json};

use crate::harness::{Home, KEY, POSTGRES, World};

fn is_hidden<T: std::fmt::Debug>(what: &str, result: Result<T, Error>) {
    assert!(
        matches!(result, Err(Error::NotFound { .. })),
        "{what} of another workspace: {result:?}"
    );
}

fn is_forbidden<T>(what: &str, result: Result<T, Error>) {
    assert!(
        matches!(result, Err(Error::Forbidden { .. })),
        "{what} in another workspace was allowed"
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn nothing_of_another_workspace_can_be_reached() {
    let world = World::new().await;
    let (ana, ben) = (world.home("ana").await, world.home("ben").await);
    let source = world.source(&ana, json!({"rows": 2})).await;
    let connection = world
        .connect(&ana, source, ConnectionSyncMode::FullRefreshOverwrite)
        .await;
    let job = world.sync(&ana, connection).await.job.job_id;
    let definition = world.definition("scripted").await;

    let them = &ben.client;
    is_hidden("a workspace", them.workspace(ana.id).await);
    is_hidden("a source", them.source(source).await);
    is_hidden(
        "a source",
        them.update_source(source, &SourcePatch::default()).await,
    );
    is_hidden("a source", them.delete_source(source).await);
    is_hidden("a destination", them.destination(ana.destination).await);
    is_hidden(
        "a destination",
        them.delete_destination(ana.destination).await,
    );
    is_hidden(
        "streams",
        them.streams(source, None, airbyte::Cache::Use).await,
    );
    is_hidden("a connection", them.connection(connection).await);
    is_hidden("a connection", them.delete_connection(connection).await);
    is_hidden("a job", them.start_job(connection, JobType::Sync).await);
    is_hidden("a job", them.job(job).await);
    is_hidden("a job", them.job_detail(job).await);
    is_hidden("a log", them.job_logs(job, 0, 10).await);
    is_hidden("a job", them.cancel_job(job).await);
    let discover = DiscoverRequest {
        source_id: Some(source),
        ..DiscoverRequest::default()
    };
    is_hidden("a catalogue", them.discover(&discover).await);
    let sample = SampleRequest {
        source_id: Some(source),
        ..SampleRequest::default()
    };
    is_hidden("rows", them.sample(&sample).await.map(|_| ()));

    let check = CheckRequest {
        definition_id: definition,
        workspace_id: ana.id,
        configuration: json!({"api_key": KEY}),
        source_id: None,
    };
    is_forbidden("a check", them.check(&check).await);
    let check = CheckRequest {
        workspace_id: ben.id,
        source_id: Some(source),
        ..check
    };
    is_hidden("a stored secret", them.check(&check).await.map(|_| ()));
    let to = GiveBack {
        client_id: "app".to_owned(),
        client_secret: "hush".to_owned(),
    };
    // Not even their own: whose client it was granted to, the operator's programs know.
    for (whose, they) in [("ana's", &ana.client), ("ben's", them)] {
        is_forbidden(whose, they.give_back(source, &to).await);
    }
    let nowhere = world.client.give_back(ana.id, &to).await;
    is_hidden("what is no source", nowhere);
    let nothing = world.client.give_back(source, &to).await.unwrap();
    assert_eq!(nothing.became, Became::NoToken);
    let new = SourceCreate {
        name: "x".into(),
        workspace_id: ana.id,
        definition_id: Some(definition),
        configuration: json!({"api_key": KEY}),
        secret_id: None,
    };
    is_forbidden("a source", them.create_source(&new).await);
    let new = DestinationCreate {
        name: "x".into(),
        workspace_id: ana.id,
        definition_id: Some(POSTGRES),
        configuration: json!({}),
    };
    is_forbidden("a destination", them.create_destination(&new).await);
    is_forbidden(
        "a workspace",
        them.create_workspace(&WorkspaceCreate::named("x")).await,
    );
    is_forbidden("the own workspace", them.delete_workspace(ben.id).await);

    assert!(them.sources(ana.id).await.unwrap().is_empty());
    assert!(them.connections(ana.id).await.unwrap().is_empty());
    assert!(
        them.jobs(&JobFilter::default(), 100)
            .await
            .unwrap()
            .is_empty()
    );
    let seen: Vec<_> = them
        .workspaces()
        .await
        .unwrap()
        .into_iter()
        .map(|one| one.workspace_id)
        .collect();
    assert_eq!(seen, [ben.id]);
    assert_eq!(
        world.client.workspaces().await.unwrap().len(),
        2,
        "the credentials of the server see all"
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn a_source_can_not_be_joined_to_a_foreign_destination() {
    let world = World::new().await;
    let (ana, ben) = (world.home("ana").await, world.home("ben").await);
    let source = world.source(&ana, json!({})).await;
    let body = json!({"sourceId": source, "destinationId": ben.destination});
    let new: airbyte::api::ConnectionCreate = serde_json::from_value(body).unwrap();
    is_hidden("a destination", ana.client.create_connection(&new).await);
    assert!(matches!(
        world.client.create_connection(&new).await,
        Err(Error::Invalid { .. })
    ));
}

/// What a check that passes tells of settings that the connector changes on the way.
async fn renewed(home: &Home, check: &CheckRequest) -> Vec<Value> {
    let mut lines = home.client.check(check).await.unwrap();
    let mut told = Vec::new();
    loop {
        match lines.next().await.unwrap().expect("a result comes last") {
            CheckLine::Step(_) => {}
            CheckLine::Configuration(config) => told.push(config),
            CheckLine::Result(result) => {
                assert_eq!(result, CheckResult::Succeeded);
                return told;
            }
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn what_a_connector_renews_in_a_saved_source_tells_none_of_its_secrets() {
    let world = World::new().await;
    let home = world.home("ana").await;
    let settings = json!({"rotates": true, "token": "t1"});
    let source = world.source(&home, settings).await;
    let definition = world.definition("scripted").await;
    let check = |configuration, source_id| CheckRequest {
        definition_id: definition,
        workspace_id: home.id,
        configuration,
        source_id,
    };
    let masks = json!({"api_key": MASK, "token": MASK, "rotates": true, "note": "changed"});
    let told = renewed(&home, &check(masks, Some(source))).await;
    assert_eq!(told, Vec::<Value>::new(), "masks stood for these");

    let own = json!({"api_key": KEY, "token": "t1", "rotates": true});
    let told = renewed(&home, &check(own, None)).await;
    let newest = json!({"api_key": KEY, "token": "t2", "rotates": true});
    assert_eq!(told, [newest], "nobody else keeps it");
}

#[tokio::test(flavor = "multi_thread")]
async fn credentials_end_with_their_workspace() {
    let world = World::new().await;
    let home = world.home("ana").await;
    let source = world.source(&home, json!({})).await;
    home.client.source(source).await.unwrap();
    world.client.delete_workspace(home.id).await.unwrap();
    assert!(matches!(
        home.client.source(source).await,
        Err(Error::Credentials { .. })
    ));
    assert_eq!(world.count("SELECT count(*) FROM engine.sources").await, 0);
}

#[tokio::test(flavor = "multi_thread")]
async fn no_secret_stands_in_the_tables() {
    let world = World::new().await;
    let home = world.home("ana").await;
    world.source(&home, json!({})).await;
    let tables = [
        "workspaces",
        "clients",
        "tokens",
        "sources",
        "destinations",
        "catalogs",
        "connections",
        "jobs",
        "specs",
    ];
    for table in tables {
        let sql = format!(
            "SELECT count(*) FROM engine.{table} AS t WHERE to_jsonb(t)::text LIKE '%{KEY}%'
            OR to_jsonb(t)::text LIKE '%' || encode('{KEY}'::bytea, 'hex') || '%'"
        );
        assert_eq!(world.count(&sql).await, 0, "{table}");
    }
}
