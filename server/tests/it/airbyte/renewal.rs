//! Keeping a sign-in alive at a real provider: access tokens are short, refresh tokens count once, PKCE is a must.

use std::{fs, sync::Arc};

use reqwest::{Method, StatusCode, Url};
use tempfile::TempDir;

use super::{
    issuer::Issuer,
    provider::CLIENT,
    scene::back_to_a_test,
    sign_in::{hop, link},
};
use crate::harness::{Api, Hub, Person, SourceDatabase, eventually};

/// Less than the hub wants to have left: each run needs a new token.
const LIFE: u32 = 300;

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
        // Only the newest token opens the shop.
        issuer.serve_for(&callback, Some(LIFE), move |token| {
            opens.set_password(&door, token);
        });
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

    /// Sends the form; the provider's page that it leads to.
    fn leave(&self, form_at: &str) -> String {
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
        let sent = self.anna.post(form_at, &pairs);
        let go = sent.location.clone().unwrap_or_else(|| panic!("{sent:?}"));
        link(&self.anna.get(&go))
    }

    /// Signs in and waits for the test; the connection.
    fn signs_in(&self, form_at: &str) -> String {
        let back = self.issuer.allow(&self.hub, &self.leave(form_at), "dana");
        let (connection, test) = back_to_a_test(&self.hub, &self.anna, &back);
        let test = self.api.tested(&test);
        assert_eq!(test["state"], "passed", "{test}");
        connection
    }

    /// How often the provider was asked for a token by a refresh token, with this end.
    fn renewals(&self, end: &str) -> usize {
        let wanted = format!("refresh_token {end}");
        let asked = self.issuer.asked();
        asked.iter().filter(|asked| **asked == wanted).count()
    }

    fn run_succeeds(&self, connection: &str) {
        let run = self.api.run(connection);
        assert_eq!(run["row"]["state"], "succeeded", "{run}");
        assert_eq!(run["streams"][0]["table_rows"], 7, "{run}");
    }

    /// Whether the provider still knows a refresh token.
    fn counts(&self, token: &str) -> bool {
        let (status, said) = self.issuer.ask("/token/introspection", &[("token", token)]);
        assert_eq!(status, StatusCode::OK, "{said}");
        said["active"].as_bool().expect("it says so")
    }

    fn newest(&self) -> String {
        self.issuer.renewable().pop().expect("a refresh token")
    }
}

#[test]
fn a_short_token_is_renewed_before_each_use_by_the_newest_refresh_token() {
    let world = World::new();
    let connection = world.signs_in("/connect/postgresql");
    let before = world.renewals("taken");
    for more in 1..=3 {
        world.run_succeeds(&connection);
        assert_eq!(world.renewals("taken"), before + more);
    }
    let mut given = world.issuer.renewable();
    assert_eq!(given.len(), before + 4, "each use gives another one");
    for used in given.drain(..before + 3) {
        assert!(!world.counts(&used), "one that was used counts no more");
    }
    let log = world.hub.log();
    for secret in given.iter().chain([&CLIENT.1.to_owned()]) {
        assert!(!log.contains(secret), "a secret is in the log");
    }
}

#[test]
fn a_hub_that_dies_with_a_new_token_in_its_hands_goes_on_with_it() {
    let mut world = World::new();
    let connection = world.signs_in("/connect/postgresql");
    let before = world.renewals("taken");
    // The power goes between the provider's answer and the first use of what it gave.
    world.hub.control(
        "CREATE FUNCTION slow() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN PERFORM pg_sleep(600); RETURN NEW; END $$;
         CREATE TRIGGER slow BEFORE UPDATE OF secrets ON connections FOR EACH ROW EXECUTE FUNCTION slow()",
    );
    let path = format!("/api/v1/connections/{connection}/runs");
    let started = world.api.post(&path, &serde_json::json!({}));
    let sleeping = "SELECT count(*) FROM pg_stat_activity WHERE wait_event = 'PgSleep'";
    eventually("the token is about to be used", || {
        (world.hub.control(sleeping) == ["1"]).then_some(())
    });
    assert_eq!(world.renewals("taken"), before + 1);
    world.hub.kill();
    world.hub.control(
        "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE wait_event = 'PgSleep'",
    );
    world.hub.control("DROP TRIGGER slow ON connections");
    world.hub.launch();
    world.api.moved_to(&world.hub.url);
    let run = world.api.finished(crate::harness::text(&started, "run"));
    assert_eq!(run["row"]["state"], "succeeded", "{run}");
    assert_eq!(world.renewals("taken"), before + 2);
    assert_eq!(world.renewals("invalid_grant"), 0);
}

#[test]
fn a_refresh_token_that_somebody_else_used_asks_once_and_then_for_a_person() {
    let world = World::new();
    let connection = world.signs_in("/connect/postgresql");
    let token = world.newest();
    let stolen = [
        ("grant_type", "refresh_token"),
        ("refresh_token", token.as_str()),
    ];
    let (status, _) = world.issuer.ask("/token", &stolen);
    assert_eq!(status, StatusCode::OK);
    for _ in 0..3 {
        let run = world.api.run(&connection);
        assert_eq!(run["row"]["state"], "failed", "{run}");
    }
    assert_eq!(world.renewals("invalid_grant"), 1, "no storm of questions");
    let view = world.api.get(&format!("/api/v1/connections/{connection}"));
    assert_eq!(view["row"]["state"], "needs_you", "{view}");
    let edit = format!("/connections/{connection}/edit");
    let form = world.anna.get(&edit);
    assert!(form.text.contains("Sign in with Local again"), "{form:?}");

    assert_eq!(world.signs_in(&edit), connection);
    world.run_succeeds(&connection);
    assert_eq!(world.renewals("invalid_grant"), 1);
}

#[test]
fn a_connection_that_is_removed_ends_its_sign_in_at_the_provider() {
    let world = World::new();
    let connection = world.signs_in("/connect/postgresql");
    world.run_succeeds(&connection);
    let token = world.newest();
    assert!(world.counts(&token));
    let path = format!("/api/v1/connections/{connection}?name=Shop");
    let (status, said) = world.api.call(Method::DELETE, &path, None);
    assert_eq!(status, StatusCode::NO_CONTENT, "{said}");
    eventually("the provider forgets the sign-in", || {
        (!world.counts(&token)).then_some(())
    });
    let again = [
        ("grant_type", "refresh_token"),
        ("refresh_token", token.as_str()),
    ];
    let (status, said) = world.issuer.ask("/token", &again);
    assert_eq!(
        (status, said["error"].as_str()),
        (StatusCode::BAD_REQUEST, Some("invalid_grant"))
    );
}

#[test]
fn the_provider_takes_no_weaker_proof_than_the_hub_gives() {
    let world = World::new();
    let ours = Url::parse(&world.leave("/connect/postgresql")).expect("an address");
    let changed = |name: &str, value: Option<&str>| {
        let pairs: Vec<(String, String)> = ours.query_pairs().into_owned().collect();
        let mut url = ours.clone();
        url.query_pairs_mut().clear();
        for (known, old) in pairs {
            let new = if known == name { value } else { Some(&*old) };
            if let Some(new) = new {
                url.query_pairs_mut().append_pair(&known, new);
            }
        }
        hop(url.as_str())
    };
    let weaker = [
        changed("code_challenge", None),
        changed("code_challenge_method", None),
        changed("code_challenge_method", Some("plain")),
    ];
    for refused in weaker {
        assert!(refused.contains("error=invalid_request"), "{refused}");
        assert!(!refused.contains("code="), "{refused}");
    }

    let back = world.issuer.allow(&world.hub, ours.as_str(), "dana");
    let back = Url::parse(&back).expect("an address");
    let (_, code) = back
        .query_pairs()
        .find(|(name, _)| name == "code")
        .expect("a code");
    let redirect = format!("{}/oauth/callback", world.hub.url.trim_end_matches('/'));
    for verifier in [Some("another-verifier-of-more-than-43-letters-0123"), None] {
        let mut asked = vec![
            ("grant_type", "authorization_code"),
            ("code", code.as_ref()),
            ("redirect_uri", redirect.as_str()),
        ];
        asked.extend(verifier.map(|verifier| ("code_verifier", verifier)));
        let (status, said) = world.issuer.ask("/token", &asked);
        assert_eq!(
            (status, said["error"].as_str()),
            (StatusCode::BAD_REQUEST, Some("invalid_grant")),
            "{verifier:?}"
        );
    }
    assert_eq!(world.issuer.renewable(), Vec::<String>::new());
}
