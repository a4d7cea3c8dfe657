//! Signing in by clients of this hub's own, for an Airbyte elsewhere that signs nobody in.

use std::fs;

use crate::harness::{Hub, Person, SourceDatabase, eventually};

use super::{
    provider::{CLIENT, Provider},
    scene::back_to_a_test,
    sign_in::{hop, link},
    standin::Platform,
};

const PASSWORD: &str = "tok-of-the-proxy";

#[test]
fn a_customer_signs_in_by_the_hub_s_client_and_airbyte_moves_the_rows() {
    let provider = Provider::start(PASSWORD);
    let folder = tempfile::tempdir().expect("a folder");
    let file = folder.path().join("providers.toml");
    fs::write(&file, provider.described()).expect("a file");
    let platform = Platform::signing_nobody_in();
    // Whether it signs people in is asked in a workspace.
    platform.workspace_of_others("The company");
    let hub = Hub::start_with(&[
        ("OAUTH_PROVIDERS_FILE", file.display().to_string()),
        // The provider of this test speaks plain http.
        ("TRIBUTARY_ALLOW_HTTP", "1".to_owned()),
        ("AIRBYTE_BASE_URL", platform.url.clone()),
        ("AIRBYTE_CLIENT_ID", platform.client_id.clone()),
        ("AIRBYTE_CLIENT_SECRET", platform.client_secret.clone()),
    ]);
    let operator = Person::operating(&hub);
    let client = [
        ("provider", "local"),
        ("client_id", CLIENT.0),
        ("client_secret", CLIENT.1),
    ];
    let set = operator.call("providers/set_platform_client", &client);
    assert!(set.status.is_success(), "{set:?}");
    let absent = "It signs nobody in at providers";
    eventually("the start tells what this Airbyte lacks", || {
        hub.log().contains(absent).then_some(())
    });
    let health = operator.get("/admin/health");
    assert!(health.text.contains(absent), "{}", health.text);
    let doctor = String::from_utf8(hub.cli(&["doctor"], "").stdout).expect("text");
    assert!(doctor.contains(absent), "{doctor}");

    let shop = SourceDatabase::create(
        "CREATE TABLE orders (id int PRIMARY KEY); INSERT INTO orders SELECT generate_series(1, 7)",
    );
    let reader = shop.reader(PASSWORD);
    let anna = Person::joining(&hub, "Anna");
    let api = anna.api(&hub);
    let mut fields = shop.fields();
    let others = [
        ("form.name", "Shop"),
        ("form.way", "sign_in"),
        ("form.intent", "sign_in"),
        ("username", &reader),
    ];
    fields.extend(others.map(|(name, value)| (name.to_owned(), value.to_owned())));
    let pairs: Vec<(&str, &str)> = fields
        .iter()
        .map(|(name, value)| (name.as_str(), value.as_str()))
        .collect();
    let sent = anna.post("/connect/postgresql", &pairs);
    let go = sent.location.clone().unwrap_or_else(|| panic!("{sent:?}"));
    let back = hop(&link(&anna.get(&go)));
    let (connection, test) = back_to_a_test(&hub, &anna, &back);
    let view = api.tested(&test);
    assert_eq!(view["state"], "passed", "{view}");
    let run = api.run(&connection);
    assert_eq!(run["row"]["state"], "succeeded", "{run}");
    assert_eq!(run["row"]["method"], "airbyte", "{run}");
    assert_eq!(run["streams"][0]["table_rows"], 7, "{run}");
    for secret in [PASSWORD, CLIENT.1] {
        assert!(!hub.log().contains(secret), "{secret} is in the log");
    }
}
