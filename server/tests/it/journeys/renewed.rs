//! A token that the source refuses before its end: the run has it renewed and goes on by the same way, and nobody is told that
//! another way was taken.

use std::{fs, sync::Arc};

use serde_json::{Value, json};
use tempfile::TempDir;

use super::routes::rules;
use crate::{
    airbyte::{CLIENT, Issuer, back_to_a_test, link},
    harness::{Api, Hub, Person, SourceDatabase},
};

struct World {
    issuer: Issuer,
    hub: Hub,
    shop: Arc<SourceDatabase>,
    reader: String,
    anna: Person,
    api: Api,
    _folder: TempDir,
}

impl World {
    /// A shop that only the newest token of a provider opens, whose tokens live long.
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
        let reader = shop.reader("nobody-s yet");
        let (opens, door) = (Arc::clone(&shop), reader.clone());
        let callback = format!("{}/oauth/callback", hub.url.trim_end_matches('/'));
        issuer.serve(&callback, move |token| opens.set_password(&door, token));
        let client = [
            ("provider", "local"),
            ("client_id", CLIENT.0),
            ("client_secret", CLIENT.1),
        ];
        let set = Person::operating(&hub).call("providers/set_platform_client", &client);
        assert!(set.status.is_success(), "{set:?}");
        let anna = Person::joining(&hub, "Anna");
        let api = anna.api(&hub);
        Self {
            issuer,
            hub,
            shop,
            reader,
            anna,
            api,
            _folder: folder,
        }
    }

    /// Connects the shop by signing in; the connection.
    fn signs_in(&self) -> String {
        let mut fields = self.shop.fields();
        let others = [
            ("form.name", "Shop"),
            ("form.way", "sign_in"),
            ("form.intent", "sign_in"),
            ("username", &self.reader),
        ];
        fields.extend(others.map(|(name, value)| (name.to_owned(), value.to_owned())));
        let pairs: Vec<(&str, &str)> = fields
            .iter()
            .map(|(name, value)| (name.as_str(), value.as_str()))
            .collect();
        let sent = self.anna.post("/connect/postgresql", &pairs);
        let go = sent.location.clone().unwrap_or_else(|| panic!("{sent:?}"));
        let away = link(&self.anna.get(&go));
        let back = self.issuer.allow(&self.hub, &away, "dana");
        let (connection, test) = back_to_a_test(&self.hub, &self.anna, &back);
        let test = self.api.tested(&test);
        assert_eq!(test["state"], "passed", "{test}");
        connection
    }

    /// How often the provider gave a new token for a refresh token.
    fn renewals(&self) -> usize {
        let asked = self.issuer.asked();
        let taken = asked.iter().filter(|asked| *asked == "refresh_token taken");
        taken.count()
    }
}

#[test]
fn a_run_whose_token_is_refused_once_renews_it_and_ends_well_by_the_same_way() {
    let world = World::new();
    let connection = world.signs_in();
    let run = world.api.run(&connection);
    assert_eq!(run["row"]["state"], "succeeded", "{run}");
    assert_eq!(rules(&run), ["only_direct"], "{run}");
    assert_eq!(world.renewals(), 0, "its token lives long");

    // The provider took it back.
    world.shop.set_password(&world.reader, "another one");
    let run = world.api.run(&connection);
    assert_eq!(rules(&run), ["only_direct", "renewed"], "{run}");
    assert_eq!(run["decisions"][0]["class"], "auth", "{run}");
    assert_eq!(run["row"]["state"], "succeeded", "{run}");
    assert_eq!(run["row"]["method"], "direct", "{run}");
    assert_eq!(run["fallback_used"], false, "{run}");
    assert_eq!(run["row"]["problem"], Value::Null, "{run}");
    assert_eq!(run["streams"][0]["table_rows"], 7, "{run}");
    assert_eq!(world.renewals(), 1);
    let path = format!("/api/v1/connections/{connection}");
    let view = world.api.get(&path);
    assert_eq!(view["row"]["state"], "up_to_date", "{view}");
    assert!(!view.to_string().contains("through Airbyte"), "{view}");

    // Under the policy that is set, both runs would have gone as they went.
    let policy = world.api.get(&format!("{path}/routes"))["policy"].clone();
    let replay = world.api.post(&format!("{path}/routes/replay"), &policy);
    assert_eq!(replay["runs"], 2, "{replay}");
    assert_eq!(replay["changed"], json!([]), "{replay}");
}
