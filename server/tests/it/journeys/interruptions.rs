//! Power cuts at the worst moment: nothing is lost, nothing comes twice.

use serde_json::json;

use crate::harness::{Hub, SourceDatabase, eventually};

const ROWS: i64 = 300_000;

#[test]
fn a_sync_that_was_cut_off_goes_on_and_doubles_nothing() {
    let mut hub = Hub::start();
    let mut anna = hub.tenant("Anna");
    let source = SourceDatabase::create(&format!(
        "CREATE TABLE orders (id bigint PRIMARY KEY, note text, changed_at timestamptz NOT NULL);
         INSERT INTO orders SELECT n, repeat('x', 100), '2025-01-01'::timestamptz + n * interval '1 second' FROM generate_series(1, {ROWS}) n"
    ));
    let (connection, test) = anna.connect("postgresql", "Shop", &source.configuration());
    assert_eq!(test["state"], "passed", "{test}");
    let started = anna.post(
        &format!("/api/v1/connections/{connection}/runs"),
        &json!({}),
    );
    let run = started["run"].as_str().expect("a run id").to_owned();
    eventually("the first rows are read", || {
        let seen = anna.get(&format!("/api/v1/runs/{run}"));
        (seen["row"]["rows_read"].as_i64() > Some(0)).then_some(())
    });

    hub.kill();
    hub.launch();
    anna.moved_to(&hub.url);

    let ended = anna.finished(&run);
    assert_eq!(ended["row"]["state"], "succeeded", "{ended}\n{}", hub.log());
    let counted = hub.rows(
        &anna.tenant,
        "SELECT count(*), count(DISTINCT id) FROM orders",
    );
    assert_eq!(counted, [format!("{ROWS}|{ROWS}")]);
}

#[test]
fn a_tenant_whose_preparation_was_cut_off_becomes_ready() {
    let mut hub = Hub::start();
    let made: serde_json::Value = serde_json::from_str(&hub.ok(&[
        "tenant",
        "create",
        "--name",
        "Cut",
        "--owner-email",
        "cut@example.com",
    ]))
    .expect("JSON");
    let tenant = made["tenant_id"].as_str().expect("a tenant id");
    hub.kill();
    hub.launch();

    let key = hub.ok(&["api-key", "create", "--tenant", tenant, "--scope", "read"]);
    let cut = crate::harness::Api::new(&hub.url, tenant.to_owned(), key);
    let ready = eventually("the tenant is ready", || {
        let seen = cut.get("/api/v1/tenant");
        (seen["state"] == "active").then_some(seen)
    });
    let unfinished: Vec<&serde_json::Value> = ready["steps"]
        .as_array()
        .expect("steps")
        .iter()
        .filter(|step| step["state"] != "done" && step["state"] != "not_configured")
        .collect();
    assert!(unfinished.is_empty(), "{unfinished:?}");
}
