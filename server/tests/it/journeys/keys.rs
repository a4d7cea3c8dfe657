//! Changing the key that protects all others.

use std::{fs, path::PathBuf};

use crate::{
    airbyte::Provider,
    harness::{Api, Hub, Person, SourceDatabase, eventually},
};

fn key_file(hub: &Hub) -> PathBuf {
    hub.data_dir().join("keys.toml")
}

/// The keys of the file, and which is active.
fn ring(hub: &Hub) -> toml::Table {
    fs::read_to_string(key_file(hub))
        .expect("the key file")
        .parse()
        .expect("the key file is TOML")
}

fn active(hub: &Hub) -> i64 {
    ring(hub)["active"].as_integer().expect("a number")
}

/// A hub with a tenant, a connection that holds a sealed password, and a first run.
fn in_use() -> (Hub, Api, SourceDatabase, String) {
    let hub = Hub::start();
    let anna = hub.tenant("Anna");
    let source = SourceDatabase::create(
        "CREATE TABLE orders (id int PRIMARY KEY); INSERT INTO orders VALUES (1), (2)",
    );
    let (connection, test) = anna.connect("postgresql", "Shop", &source.configuration());
    assert_eq!(test["state"], "passed", "{test}");
    assert_eq!(anna.run(&connection)["row"]["state"], "succeeded");
    (hub, anna, source, connection)
}

/// Everything that is sealed still opens: a run, a test with the stored password, the engine's own credentials.
fn works(hub: &Hub, api: &mut Api, connection: &str) {
    api.moved_to(&hub.url);
    let run = api.run(connection);
    assert_eq!(run["row"]["state"], "succeeded", "{run}\n{}", hub.log());
    let test = api.test(connection);
    assert_eq!(test["state"], "passed", "{test}");
    let credentials = hub.ok(&["engine", "credentials", "--tenant", &api.tenant]);
    assert!(credentials.contains("client_secret"), "{credentials}");
}

#[test]
fn after_a_rotation_the_old_key_opens_nothing_and_is_not_needed() {
    let (mut hub, mut anna, _source, connection) = in_use();
    let refused = hub.cli(&["keys", "rotate"], "");
    let why = String::from_utf8_lossy(&refused.stderr).into_owned();
    assert!(
        !refused.status.success() && why.contains("hub is running"),
        "{why}"
    );
    assert_eq!(active(&hub), 1, "nothing changed under the running hub");

    assert!(hub.stop());
    let said = hub.ok(&["keys", "rotate"]);
    assert!(said.contains("Key 2 is active"), "{said}");
    assert!(
        said.contains("1 data keys, 1 audit chains and 3 secrets"),
        "{said}"
    );
    assert_eq!(active(&hub), 2);
    hub.launch();
    works(&hub, &mut anna, &connection);
    hub.ok(&["audit", "verify"]);

    assert!(hub.stop());
    let both = fs::read_to_string(key_file(&hub)).expect("the key file");
    only_the_active_key(&hub);
    hub.launch();
    works(&hub, &mut anna, &connection);
    let unproven = hub.cli(&["audit", "verify"], "");
    let told = String::from_utf8_lossy(&unproven.stdout).into_owned();
    assert!(
        !unproven.status.success() && told.contains("not in the key file"),
        "{told}"
    );

    assert!(hub.stop());
    fs::write(key_file(&hub), both).expect("the key file");
    hub.launch();
    hub.ok(&["audit", "verify"]);
}

#[test]
fn a_rotation_that_was_cut_off_harms_nothing_and_can_be_repeated() {
    let (mut hub, mut anna, _source, connection) = in_use();
    assert!(hub.stop());
    let mut rotating = hub.begin(&["keys", "rotate"]);
    eventually("the new key is in the file", || {
        (active(&hub) == 2).then_some(())
    });
    rotating.kill().expect("the command can be killed");
    rotating.wait().expect("the command ends");

    hub.launch();
    works(&hub, &mut anna, &connection);
    assert!(hub.stop());
    let said = hub.ok(&["keys", "rotate"]);
    assert!(said.contains("Key 3 is active"), "{said}");
    only_the_active_key(&hub);
    hub.launch();
    works(&hub, &mut anna, &connection);
}

#[test]
fn clients_at_providers_survive_a_rotation() {
    let provider = Provider::start("unused");
    let folder = tempfile::tempdir().expect("a folder");
    let file = folder.path().join("providers.toml");
    fs::write(&file, provider.described()).expect("a file");
    let mut hub = Hub::start_with(&[("OAUTH_PROVIDERS_FILE", file.display().to_string())]);
    let mut anna = Person::joining(&hub, "Anna");
    let made = hub.cli(
        &["admin", "create", "--email", "op@example.com"],
        "correct-horse-battery-staple-9\n",
    );
    assert!(made.status.success(), "{made:?}");
    let mut operator = Person::visiting(&hub);
    let login = [
        ("email", "op@example.com"),
        ("password", "correct-horse-battery-staple-9"),
    ];
    assert!(operator.call("account/sign_in", &login).status.is_success());
    let client = |secret: &'static str| {
        [
            ("provider", "local"),
            ("client_id", "client-1"),
            ("client_secret", secret),
        ]
    };
    let set = operator.call("providers/set_platform_client", &client("of-the-platform"));
    assert!(set.status.is_success(), "{set:?}");
    let set = anna.call("providers/set_own_client", &client("of-anna"));
    assert!(set.status.is_success(), "{set:?}");

    assert!(hub.stop());
    hub.ok(&["keys", "rotate"]);
    only_the_active_key(&hub);
    hub.launch();
    anna.moved_to(&hub.url);
    operator.moved_to(&hub.url);
    let leaves = || {
        let form = [
            ("form.name", "Shop"),
            ("form.way", "sign_in"),
            ("form.intent", "sign_in"),
            ("host", "localhost"),
            ("port", "5432"),
            ("database", "shop"),
            ("username", "reader"),
            ("ssl_mode", "3"),
        ];
        anna.post("/connect/postgresql", &form)
            .location
            .unwrap_or_default()
    };
    // Leaving opens the client's secret: first her own, then the platform's.
    assert!(leaves().starts_with("/oauth/go/"), "{}", hub.log());
    let removed = anna.call("providers/remove_own_client", &[("provider", "local")]);
    assert!(removed.status.is_success(), "{removed:?}");
    assert!(leaves().starts_with("/oauth/go/"), "{}", hub.log());
    let removed = operator.call("providers/remove_platform_client", &[("provider", "local")]);
    assert!(removed.status.is_success(), "{removed:?}");
    assert!(!leaves().starts_with("/oauth/go/"), "no client is left");
}

fn only_the_active_key(hub: &Hub) {
    let mut ring = ring(hub);
    let active = ring["active"].clone();
    ring["key"]
        .as_array_mut()
        .expect("keys")
        .retain(|key| key["id"] == active);
    fs::write(key_file(hub), ring.to_string()).expect("the key file");
}
