//! Power cuts at the worst moment: nothing is lost, nothing comes twice.

use serde_json::{Value, json};

use crate::harness::{Api, Hub, SourceDatabase, eventually, text};

const ROWS: i64 = 300_000;

/// Orders that were changed one second after the other.
fn orders(rows: i64) -> SourceDatabase {
    SourceDatabase::create(&format!(
        "CREATE TABLE orders (id bigint PRIMARY KEY, note text, changed_at timestamptz NOT NULL);
         INSERT INTO orders SELECT n, repeat('x', 100), '2025-01-01'::timestamptz + n * interval '1 second' FROM generate_series(1, {rows}) n"
    ))
}

/// Starts a run and waits until it has read something.
fn half_a_run(api: &Api, connection: &str) -> String {
    let started = api.post(
        &format!("/api/v1/connections/{connection}/runs"),
        &json!({}),
    );
    let run = text(&started, "run").to_owned();
    eventually("the first rows are read", || {
        let seen = api.get(&format!("/api/v1/runs/{run}"));
        assert_ne!(
            seen["row"]["state"], "succeeded",
            "too few rows to be cut off"
        );
        (seen["row"]["rows_read"].as_i64() > Some(0)).then_some(())
    });
    run
}

/// Rows, different ids, and a sum over everything that was written.
const SUMMED: &str = "SELECT count(*), count(DISTINCT id), sum(hashtext(id || note || extract(epoch FROM changed_at)::bigint)) FROM orders";

#[test]
fn a_sync_that_was_cut_off_goes_on_and_doubles_nothing() {
    let mut hub = Hub::start();
    let mut anna = hub.tenant("Anna");
    let source = orders(ROWS);
    let (connection, test) = anna.connect("postgresql", "Shop", &source.configuration());
    assert_eq!(test["state"], "passed", "{test}");
    let run = half_a_run(&anna, &connection);

    hub.kill();
    hub.launch();
    anna.moved_to(&hub.url);

    succeeded(&hub, &anna, &run);
    assert_eq!(hub.rows(&anna.tenant, SUMMED), source.rows(SUMMED));
}

#[test]
fn a_second_incremental_run_that_was_cut_off_doubles_nothing() {
    let mut hub = Hub::start();
    let mut anna = hub.tenant("Anna");
    let source = orders(1_000);
    let (connection, _) = anna.connect("postgresql", "Shop", &source.configuration());
    anna.follow(&connection, "changed_at");
    let first = anna.run(&connection);
    assert_eq!(first["row"]["state"], "succeeded", "{first}");

    // Every old row changes, and many new ones come.
    source.run(&format!(
        "UPDATE orders SET note = 'changed', changed_at = changed_at + interval '10 days';
         INSERT INTO orders SELECT n, repeat('y', 100), '2025-03-01'::timestamptz + n * interval '1 second' FROM generate_series(1001, {ROWS}) n"
    ));
    let run = half_a_run(&anna, &connection);
    hub.kill();
    hub.launch();
    anna.moved_to(&hub.url);

    succeeded(&hub, &anna, &run);
    assert_eq!(hub.rows(&anna.tenant, SUMMED), source.rows(SUMMED));

    let third = anna.run(&connection);
    assert_eq!(third["row"]["state"], "succeeded", "{third}");
    assert_eq!(hub.rows(&anna.tenant, SUMMED), source.rows(SUMMED));
}

#[test]
fn an_orderly_stop_drains_and_the_next_start_goes_on() {
    let mut hub = Hub::start();
    let mut anna = hub.tenant("Anna");
    let source = orders(ROWS);
    let (connection, _) = anna.connect("postgresql", "Shop", &source.configuration());
    let run = half_a_run(&anna, &connection);

    assert!(
        hub.stop(),
        "a hub that was asked to end leaves with 0:\n{}",
        hub.log()
    );
    hub.launch();
    anna.moved_to(&hub.url);

    succeeded(&hub, &anna, &run);
    assert_eq!(hub.rows(&anna.tenant, SUMMED), source.rows(SUMMED));
}

#[test]
fn a_database_that_was_killed_comes_back_and_the_load_goes_on() {
    the_load_survives(Hub::kill_database);
}

#[test]
fn a_database_that_was_stopped_comes_back_and_the_load_goes_on() {
    the_load_survives(Hub::stop_database);
}

fn the_load_survives(end: fn(&Hub)) {
    let hub = Hub::start();
    let anna = hub.tenant("Anna");
    let source = orders(ROWS);
    let (connection, _) = anna.connect("postgresql", "Shop", &source.configuration());
    let run = half_a_run(&anna, &connection);
    let (process, port) = (hub.database_process(), hub.port());

    end(&hub);

    eventually("the hub has its database again", || {
        let ready = reqwest::blocking::get(format!("{}/readyz", hub.url.trim_end_matches('/')));
        ready
            .is_ok_and(|answer| answer.status().is_success())
            .then_some(())
            .filter(|()| hub.database_process() != process)
    });
    assert_eq!(hub.port(), port, "others noted the port");
    assert!(hub.log().contains("PostgreSQL had ended"), "{}", hub.log());
    succeeded(&hub, &anna, &run);
    assert_eq!(hub.rows(&anna.tenant, SUMMED), source.rows(SUMMED));
}

#[test]
fn after_a_restart_the_engine_finds_its_databases() {
    let mut hub = Hub::start();
    let mut anna = hub.tenant("Anna");
    let source = orders(10);
    let (connection, _) = anna.connect("postgresql", "Shop", &source.configuration());
    anna.follow(&connection, "changed_at");
    assert_eq!(anna.run(&connection)["row"]["state"], "succeeded");
    let port = hub.port();

    assert!(hub.stop());
    source.run("INSERT INTO orders VALUES (11, 'new', '2025-06-01')");
    hub.launch();
    anna.moved_to(&hub.url);

    assert_eq!(hub.port(), port, "destinations and bundles hold the port");
    let run = anna.run(&connection);
    assert_eq!(run["row"]["state"], "succeeded", "{run}\n{}", hub.log());
    assert_eq!(hub.rows(&anna.tenant, SUMMED), source.rows(SUMMED));
}

#[test]
fn tenants_whose_preparation_was_cut_off_become_ready() {
    let mut hub = Hub::start();
    let mut cut = Vec::new();
    for done in 0..7 {
        let tenant = begin_tenant(&hub, done);
        eventually("so many steps are done", || {
            (steps_done(&hub, &tenant) >= done).then_some(())
        });
        hub.kill();
        hub.launch();
        cut.push(tenant);
    }
    for tenant in cut {
        let key = hub.ok(&["api-key", "create", "--tenant", &tenant, "--scope", "admin"]);
        let mut api = Api::new(&hub.url, tenant, key);
        api.moved_to(&hub.url);
        let ready = eventually("the tenant is ready", || {
            let seen = api.get("/api/v1/tenant");
            (seen["state"] == "active").then_some(seen)
        });
        let unfinished: Vec<&Value> = ready["steps"]
            .as_array()
            .expect("steps")
            .iter()
            .filter(|step| step["state"] != "done" && step["state"] != "not_configured")
            .collect();
        assert!(unfinished.is_empty(), "{unfinished:?}");
        works(&hub, &api);
    }
    let made = hub.control("SELECT count(*), count(DISTINCT name) FROM engine.workspaces");
    assert_eq!(made, ["7|7"], "no workspace was made twice");
    let schemas = hub.rows(
        "ten_none",
        "SELECT count(*) FROM pg_namespace WHERE nspname ~ '^t_[0-9a-z]{26}$'",
    );
    assert_eq!(schemas, ["7"]);
}

/// Founds a tenant and does not wait for it.
fn begin_tenant(hub: &Hub, number: i64) -> String {
    let owner = format!("cut{number}@example.com");
    let made = hub.ok(&["tenant", "create", "--name", "Cut", "--owner-email", &owner]);
    let made: Value = serde_json::from_str(&made).expect("JSON");
    text(&made, "tenant_id").to_owned()
}

fn steps_done(hub: &Hub, tenant: &str) -> i64 {
    // Tenants are made one after the other: the newest one's steps are those that count.
    let counted = hub.control(
        "SELECT count(*) FROM provision_steps
         WHERE state IN ('done', 'not_configured')
           AND tenant_id = (SELECT id FROM tenants ORDER BY created_at DESC LIMIT 1)",
    );
    counted
        .first()
        .and_then(|count| count.parse().ok())
        .unwrap_or_else(|| panic!("a count of the steps of {tenant}"))
}

/// What it was prepared for: rows get in.
fn works(hub: &Hub, api: &Api) {
    let file = api.upload_text("people.csv", "id,name\n1,Zoe\n");
    let (connection, test) = api.connect("files", "People", &file);
    assert_eq!(test["state"], "passed", "{test}");
    let run = api.run(&connection);
    assert_eq!(run["row"]["state"], "succeeded", "{run}");
    assert_eq!(hub.rows(&api.tenant, "SELECT name FROM people"), ["Zoe"]);
}

fn succeeded(hub: &Hub, api: &Api, run: &str) {
    let ended = api.finished(run);
    assert_eq!(ended["row"]["state"], "succeeded", "{ended}\n{}", hub.log());
}

#[test]
fn a_hub_whose_terminal_was_closed_works_on_and_ends_when_asked() {
    let mut hub = Hub::start();
    assert!(hub.stop());
    hub.launch_unheard();
    let anna = hub.tenant("Anna");
    let file = anna.upload_text("people.csv", "id,name\n1,Zoe\n");
    let (connection, test) = anna.connect("files", "People", &file);
    assert_eq!(test["state"], "passed", "{test}");
    assert_eq!(anna.run(&connection)["row"]["state"], "succeeded");
    assert!(hub.stop(), "it left in order");
}
