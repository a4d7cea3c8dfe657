//! From the form to a checked connection: what is stored when, what is told when it fails.

use hub::{
    Error,
    connections::{self, Input, Target},
    forms, samples, tests,
};
use model::{ConnectionState, Control, FormState, Progress};
use secrecy::ExposeSecret;
use serde_json::json;

use crate::world::{World, server_password, until};

fn new(name: &str) -> Target {
    Target::New {
        slug: "postgresql".to_owned(),
        name: name.to_owned(),
    }
}

/// What the browser posts: the form's own pairs and what was typed.
fn typed(world: &World, change: serde_json::Value, token: &str) -> Vec<(String, String)> {
    let settings = world.settings(change);
    let text = |key: &str| {
        settings[key]
            .as_str()
            .map_or_else(|| settings[key].to_string(), str::to_owned)
    };
    let mut pairs: Vec<(String, String)> = ["host", "port", "database", "username", "password"]
        .map(|key| (key.to_owned(), text(key)))
        .into();
    // The fourth way to encrypt: not at all.
    pairs.push(("ssl_mode".to_owned(), "3".to_owned()));
    pairs.push((forms::TOKEN.to_owned(), token.to_owned()));
    pairs
}

async fn ready(world: &World, slug: &str) -> model::Form {
    match forms::form(&world.hub, &world.anna.scope, slug, forms::Asked::default())
        .await
        .expect("a form")
    {
        FormState::Ready(form) => form,
        other => panic!("{other:?}"),
    }
}

#[tokio::test]
async fn a_form_becomes_a_checked_connection_with_rows_to_look_at() {
    let world = World::new().await;
    world
        .at_source("CREATE TABLE orders (id int PRIMARY KEY, email text, total numeric); INSERT INTO orders SELECT n, 'p' || n || '@example.com', n * 1.5 FROM generate_series(1, 30) n; CREATE TABLE \"odd name\" (a text)")
        .await;
    let form = ready(&world, "postgresql").await;
    assert_eq!(form.suggested_name, "PostgreSQL");
    let pairs = typed(&world, json!({}), &form.token);
    let (hub, scope) = (&world.hub, &world.anna.scope);
    let test = connections::submit(hub, scope, new("Shop"), Input::Posted(&pairs))
        .await
        .expect("submitted");
    let again = connections::submit(hub, scope, new("Shop"), Input::Posted(&pairs))
        .await
        .expect("submitted twice");
    assert_eq!(test, again, "the same form sent twice is one test");

    let view = world.wait_for_test(test).await;
    assert_eq!(view.state, Progress::Passed, "{view:#?}");
    assert!(
        view.steps.len() > 1 && view.steps.iter().all(|step| step.state == Progress::Passed),
        "{view:#?}"
    );
    let page = connections::get(hub, scope, view.connection)
        .await
        .expect("a page");
    assert_eq!(page.row.state, ConnectionState::Ready);
    assert_eq!(page.secrets_set.len(), 1);
    assert!(
        !format!("{page:?}").contains(&server_password()),
        "no secret in the page"
    );
    let orders = page
        .streams
        .iter()
        .find(|stream| stream.name == "orders")
        .expect("orders");
    assert_eq!(
        (orders.primary_key.as_slice(), orders.table.as_str()),
        (&["id".to_owned()][..], "orders")
    );
    assert!(page.streams.iter().any(|stream| stream.table == "odd_name"));

    let sample = samples::start(
        hub,
        scope,
        view.connection,
        Vec::new(),
        samples::Reveal::Masked,
    )
    .await
    .expect("started");
    let rows = until("rows are there", || async {
        let sample = samples::get(hub, scope, sample).await.expect("a sample");
        sample.state.is_over().then_some(sample)
    })
    .await;
    assert_eq!(rows.state, Progress::Passed, "{rows:#?}");
    let orders = rows
        .streams
        .iter()
        .find(|stream| stream.name == "orders")
        .expect("orders");
    assert_eq!(
        (orders.rows.len(), orders.masked.as_slice()),
        (20, &["email".to_owned()][..])
    );
    assert!(!format!("{rows:?}").contains("@example.com"));
    world.end().await;
}

#[tokio::test]
async fn what_does_not_pass_is_told_and_not_stored() {
    let world = World::new().await;
    let (hub, scope) = (&world.hub, &world.anna.scope);
    let wrong = typed(&world, json!({"database": "there_is_none"}), "first");
    let test = connections::submit(hub, scope, new("Shop"), Input::Posted(&wrong))
        .await
        .expect("submitted");
    let view = world.wait_for_test(test).await;
    assert_eq!(view.state, Progress::Failed, "{view:#?}");
    assert!(view.problem.is_some());
    assert!(
        view.steps.iter().any(|step| step.state == Progress::Failed),
        "{view:#?}"
    );
    let page = connections::get(hub, scope, view.connection)
        .await
        .expect("a page");
    assert_eq!(
        (page.row.state, page.settings.len()),
        (ConnectionState::Draft, 0),
        "nothing is stored"
    );

    // Reloading loses nothing but shows no secret.
    let form = match forms::edit_form(hub, scope, view.connection, forms::Asked::default())
        .await
        .expect("a form")
    {
        FormState::Ready(form) => form,
        other => panic!("{other:?}"),
    };
    let fields = || form.sections.iter().flat_map(|section| &section.fields);
    assert!(fields().any(|field| field.name == "database"
        && matches!(&field.control, Control::Text { value, .. } if value == "there_is_none")));
    assert!(fields().any(|field| field.name == "password"
        && matches!(
            &field.control,
            Control::Secret {
                set_on: Some(_),
                ..
            }
        )));

    // The person corrects one field; the password was kept for that.
    world.at_source("CREATE TABLE t (id int PRIMARY KEY)").await;
    let mut right = typed(&world, json!({"password": ""}), "second");
    right.retain(|(name, _)| name != "password");
    let test = connections::submit(
        hub,
        scope,
        Target::Existing(view.connection),
        Input::Posted(&right),
    )
    .await
    .expect("submitted");
    assert_eq!(world.wait_for_test(test).await.state, Progress::Passed);
    world.end().await;
}

#[tokio::test]
async fn two_tabs_make_one_connection() {
    let world = World::new().await;
    world.at_source("CREATE TABLE t (id int PRIMARY KEY)").await;
    let (hub, scope) = (&world.hub, &world.anna.scope);
    let (one, two) = (
        typed(&world, json!({}), "tab one"),
        typed(&world, json!({}), "tab two"),
    );
    let (first, second) = tokio::join!(
        connections::submit(hub, scope, new("Shop"), Input::Posted(&one)),
        connections::submit(hub, scope, new("Shop"), Input::Posted(&two)),
    );
    for test in [first, second].into_iter().flatten() {
        world.wait_for_test(test).await;
    }
    let page = connections::list(hub, scope, &connections::Filter::default(), None)
        .await
        .expect("a list");
    assert_eq!(page.items.len(), 1);
    let late = connections::submit(
        hub,
        scope,
        new("shop"),
        Input::Posted(&typed(&world, json!({}), "tab three")),
    )
    .await;
    assert!(matches!(late, Err(Error::Invalid(errors)) if errors[0].field == forms::NAME));
    world.end().await;
}

#[tokio::test]
async fn mistakes_come_back_at_their_fields() {
    let world = World::new().await;
    let posted = typed(&world, json!({"port": "many", "host": ""}), "token");
    let refused = connections::submit(
        &world.hub,
        &world.anna.scope,
        new(" "),
        Input::Posted(&posted),
    )
    .await;
    let Err(Error::Invalid(errors)) = refused else {
        panic!("accepted")
    };
    let fields: Vec<&str> = errors.iter().map(|error| error.field.as_str()).collect();
    assert_eq!(fields, [forms::NAME, "host", "port"]);
    let unknown = connections::submit(
        &world.hub,
        &world.anna.scope,
        Target::New {
            slug: "nowhere".to_owned(),
            name: "x".to_owned(),
        },
        Input::Posted(&posted),
    )
    .await;
    assert!(matches!(unknown, Err(Error::NotFound)));
    world.end().await;
}

#[tokio::test]
async fn a_draft_is_kept_and_finished_later() {
    let world = World::new().await;
    world.at_source("CREATE TABLE t (id int PRIMARY KEY)").await;
    let (hub, scope) = (&world.hub, &world.anna.scope);
    let mut half = typed(&world, json!({}), "draft");
    half.retain(|(name, _)| name != "database");
    let id = connections::save_draft(hub, scope, new("Shop"), &half)
        .await
        .expect("kept");
    assert_eq!(
        connections::get(hub, scope, id)
            .await
            .expect("a page")
            .row
            .state,
        ConnectionState::Draft
    );
    let mut rest = typed(&world, json!({}), "finish");
    rest.retain(|(name, _)| name != "password");
    let test = connections::submit(hub, scope, Target::Existing(id), Input::Posted(&rest))
        .await
        .expect("submitted");
    let view = world.wait_for_test(test).await;
    assert_eq!(
        (view.state, view.connection),
        (Progress::Passed, id),
        "{view:#?}"
    );
    let retest = tests::start(hub, scope, id).await.expect("started");
    assert_eq!(world.wait_for_test(retest).await.state, Progress::Passed);
    world.end().await;
}

/// The rows of the control database, whatever the table: secrets must not be readable in any.
#[tokio::test]
async fn secrets_are_sealed_wherever_they_are() {
    let world = World::new().await;
    world.at_source("CREATE TABLE t (id int PRIMARY KEY)").await;
    let (hub, scope) = (&world.hub, &world.anna.scope);
    let canary = "canary-in-the-mine";
    let posted = typed(
        &world,
        json!({"password": canary, "database": "none_such"}),
        "token",
    );
    let test = connections::submit(hub, scope, new("Shop"), Input::Posted(&posted))
        .await
        .expect("submitted");
    world.wait_for_test(test).await;
    let id = world.connect("Other").await;
    connections::keep_tried(
        hub,
        scope,
        hub::connections::find(hub, scope, "Shop")
            .await
            .expect("found"),
    )
    .await
    .expect("kept");
    let mut tx = hub.store().platform().await.expect("a transaction");
    for table in [
        "connections",
        "connection_tests",
        "samples",
        "audit_lines",
        "jobs",
    ] {
        let statement = format!(
            "SELECT count(*) FROM {table} AS line WHERE line::text LIKE '%{canary}%' OR line::text LIKE '%' || encode('{canary}', 'hex') || '%'"
        );
        let found: i64 = sqlx::query_scalar(sqlx::AssertSqlSafe(statement))
            .fetch_one(&mut *tx)
            .await
            .expect("a number");
        assert_eq!(found, 0, "{table}");
    }
    drop(tx);
    let keys = store::secrets::keys(
        &mut hub
            .store()
            .tenant(scope.tenant())
            .await
            .expect("a transaction"),
        hub.keys(),
        scope.tenant(),
    )
    .await
    .expect("keys");
    let stored = store::connections::get(
        &mut hub
            .store()
            .tenant(scope.tenant())
            .await
            .expect("a transaction"),
        scope.tenant(),
        id,
    )
    .await
    .expect("a row");
    let place = store::secrets::Place {
        table: "connections",
        column: "secrets",
        row: store::ids::Id::uuid(id),
    };
    let opened = keys
        .open(place, &stored.config.secrets.expect("sealed"))
        .expect("it opens in its place");
    assert!(String::from_utf8_lossy(opened.expose_secret()).contains(&server_password()));
    world.end().await;
}
