//! Apps: what their login may read, and when; the password that is shown once.

use hub::{Error, apps, home};
use model::ChecklistStep;
use secrecy::ExposeSecret;
use sqlx::PgConnection;

use crate::world::{PASSWORD, World, server_password};

/// The password in a bundle's DATABASE_URL.
fn password_in(bundle: &str) -> &str {
    let (_, address) = bundle
        .split_once("DATABASE_URL=")
        .expect("a database address");
    let (login, _) = address.split_once('@').expect("a login in the address");
    let (_, password) = login.rsplit_once(':').expect("a password in the login");
    password
}

async fn reads(conn: &mut PgConnection, table: &str) -> bool {
    let statement = format!("SELECT count(*) FROM {table}");
    sqlx::query_scalar::<_, i64>(sqlx::AssertSqlSafe(statement))
        .fetch_one(conn)
        .await
        .is_ok()
}

#[tokio::test]
#[expect(clippy::too_many_lines, reason = "a story in one piece")]
async fn an_app_reads_its_tables_and_nothing_else() {
    let world = World::new().await;
    world.at_source("CREATE TABLE orders (id int PRIMARY KEY); INSERT INTO orders VALUES (1); CREATE TABLE wages (id int PRIMARY KEY); INSERT INTO wages VALUES (1)").await;
    let id = world.connect("Shop").await;
    let (hub, scope) = (&world.hub, &world.anna.scope);
    let unknown = apps::create(hub, scope, "Invoices", vec!["nope".to_owned()]).await;
    assert!(matches!(unknown, Err(Error::Invalid(_))));
    // Given before the first run: access begins by itself once the table is there.
    let app = apps::create(hub, scope, "Invoices\nEVIL=1", vec!["orders".to_owned()]).await;
    assert!(matches!(app, Err(Error::Invalid(_))), "a name is one line");
    let app = apps::create(
        hub,
        scope,
        "Invoices $(touch x)'",
        vec!["orders".to_owned()],
    )
    .await
    .expect("registered");
    assert!(
        apps::download(hub, scope, app, "not the password")
            .await
            .is_err()
    );
    let first = apps::download(hub, scope, app, PASSWORD)
        .await
        .expect("a bundle");
    assert_eq!(first.file_name, "invoices-touch-x.env");
    let text = first.text.expose_secret();
    assert!(
        text.contains("POSTGRESQL_ENABLED=false")
            && text.contains('?')
            && text.contains("schema=t_"),
        "{text}"
    );
    assert!(
        !text.contains(&server_password()),
        "a bundle never holds the source's password"
    );

    world.sync(id).await;
    let view = apps::get(hub, scope, app).await.expect("a page");
    assert!(
        view.changed
            .iter()
            .any(|line| line.starts_with("POSTGRESQL_ENABLED changed")),
        "{view:#?}"
    );
    let mut conn = world.as_login(&view.login, password_in(text)).await;
    assert!(reads(&mut conn, "orders").await && !reads(&mut conn, "wages").await);
    let writes = sqlx::query("DELETE FROM orders").execute(&mut conn).await;
    assert!(writes.is_err());

    apps::set_tables(hub, scope, app, vec!["wages".to_owned()])
        .await
        .expect("changed");
    assert!(!reads(&mut conn, "orders").await && reads(&mut conn, "wages").await);
    // A table that is replaced keeps its readers.
    world.sync(id).await;
    assert!(reads(&mut conn, "wages").await);

    let second = apps::download(hub, scope, app, PASSWORD)
        .await
        .expect("a bundle");
    assert!(
        second.text.expose_secret().contains("was shown"),
        "the password comes once"
    );
    let rotated = apps::rotate(hub, scope, app, PASSWORD)
        .await
        .expect("a bundle");
    assert_ne!(rotated.text.expose_secret(), text);
    apps::revoke(hub, scope, app).await.expect("revoked");
    assert!(!reads(&mut conn, "wages").await, "its sessions end");
    assert!(matches!(
        apps::download(hub, scope, app, PASSWORD).await,
        Err(Error::Conflict(_))
    ));

    let home = home::view(hub, scope).await.expect("a home");
    let done: Vec<ChecklistStep> = home
        .checklist
        .iter()
        .filter(|item| item.done)
        .map(|item| item.step)
        .collect();
    assert_eq!(
        done,
        [
            ChecklistStep::Connect,
            ChecklistStep::SeeRows,
            ChecklistStep::Sync,
            ChecklistStep::Bundle
        ]
    );
    world.end().await;
}

#[tokio::test]
async fn an_uploaded_file_becomes_a_table() {
    use futures::stream;
    let world = World::new().await;
    let (hub, scope) = (&world.hub, &world.anna.scope);
    let chunks = |parts: &[&'static str]| {
        stream::iter(
            parts
                .iter()
                .map(|part| Ok::<_, std::io::Error>(bytes::Bytes::from_static(part.as_bytes())))
                .collect::<Vec<_>>(),
        )
    };
    let odd = hub::uploads::put(hub, scope, "a.exe", chunks(&["MZ"])).await;
    assert!(matches!(odd, Err(Error::Invalid(_))));
    let upload = hub::uploads::put(
        hub,
        scope,
        "prices.csv",
        chunks(&["sku,price\n", "a,1\nb,2\n"]),
    )
    .await
    .expect("stored");
    let posted: Vec<(String, String)> = [
        ("dataset_name", "prices".to_owned()),
        ("location", "0".to_owned()),
        ("location.0.file", upload.to_string()),
        ("format", "0".to_owned()),
    ]
    .map(|(name, value)| (name.to_owned(), value))
    .into();
    let target = hub::connections::Target::New {
        slug: "files".to_owned(),
        name: "Prices".to_owned(),
    };
    let test =
        hub::connections::submit(hub, scope, target, hub::connections::Input::Posted(&posted))
            .await
            .expect("submitted");
    let view = world.wait_for_test(test).await;
    assert_eq!(view.state, model::Progress::Passed, "{view:#?}");
    let run = world.sync(view.connection).await;
    assert_eq!(
        (run.row.state, run.row.rows_written),
        (model::RunState::Succeeded, 2),
        "{run:#?}"
    );
    world.end().await;
}
