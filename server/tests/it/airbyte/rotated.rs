//! Tokens that count once, and that a connector renews by itself: a test that fails half-way leaves the newest to the next one,
//! and what is given back in the end is the newest, wherever it is.

use airbyte::Server;
use reqwest::{Method, StatusCode};
use serde_json::{Value, json};
use tempfile::TempDir;
use tokio::runtime::Runtime;

use super::{
    described_sign_in::client,
    scene::back_to_a_test,
    sign_in::{hop, link},
    wharf::{BARGES, CLIENT, LIGHTERS, Wharf},
};
use crate::harness::{Api, Hub, Person, eventually, text};

struct World {
    wharf: Wharf,
    hub: Hub,
    anna: Person,
    api: Api,
    _folder: TempDir,
}

impl World {
    fn new() -> Self {
        let folder = tempfile::tempdir().expect("a folder");
        let wharf = Wharf::open();
        let hub = wharf.hub(folder.path());
        let client = [
            ("provider", "wharf"),
            ("client_id", CLIENT.0),
            ("client_secret", CLIENT.1),
        ];
        let set = Person::operating(&hub).call("providers/set_platform_client", &client);
        assert!(set.status.is_success(), "{set:?}");
        let anna = Person::joining(&hub, "Anna");
        let api = anna.api(&hub);
        Self {
            wharf,
            hub,
            anna,
            api,
            _folder: folder,
        }
    }

    fn slug(&self, name: &str) -> String {
        let sources = self.api.get("/api/airbyte/sources");
        let mut sources = sources.as_array().expect("sources").iter();
        let found = sources.find(|source| source["name"] == name);
        text(found.expect("what the operator added"), "slug").to_owned()
    }

    /// Signs in; the connection, and its test when that is over.
    fn signs_in(&self) -> (String, Value) {
        let typed = [
            ("form.name", "Barges"),
            ("form.way", "sign_in"),
            ("form.intent", "sign_in"),
        ];
        let form = format!("/connect/{}", self.slug(BARGES));
        let sent = self.anna.post(&form, &typed);
        let go = sent.location.clone().unwrap_or_else(|| panic!("{sent:?}"));
        let back = hop(&link(&self.anna.get(&go)));
        let (connection, test) = back_to_a_test(&self.hub, &self.anna, &back);
        (connection, self.api.tested(&test))
    }

    /// The lists are shut away while it is tested: the check passes, what comes after it does not.
    fn fails_half_way(&self, test: impl FnOnce() -> Value) {
        let before = self.wharf.given();
        self.wharf.shuts(true);
        let test = test();
        self.wharf.shuts(false);
        assert_eq!(test["state"], "failed", "{test}");
        let steps = test["steps"].as_array().expect("steps");
        let last = steps.last().expect("a step");
        assert_eq!(last["name"], "Tables found", "{test}");
        assert!(
            self.wharf.given() > before + 1,
            "passes were renewed on the way"
        );
    }

    fn test_passes(&self, connection: &str) {
        let test = self.api.test(connection);
        assert_eq!(test["state"], "passed", "{test}");
    }

    fn run_succeeds(&self, connection: &str) {
        let before = self.wharf.given();
        let run = self.api.run(connection);
        assert_eq!(run["row"]["state"], "succeeded", "{run}");
        assert_eq!(run["streams"][0]["table_rows"], 2, "{run}");
        assert!(self.wharf.given() > before, "it took passes of its own");
    }

    fn remove(&self, connection: &str) {
        let path = format!("/api/v1/connections/{connection}?name=Barges");
        let (status, said) = self.api.call(Method::DELETE, &path, None);
        assert_eq!(status, StatusCode::NO_CONTENT, "{said}");
        let words = "The sign-in was given back at the provider.";
        eventually(words, || {
            let trail = self.anna.get("/activity?tab=changes");
            trail.text.contains(words).then_some(())
        });
    }

    /// Nobody ever showed a pass that had been replaced, and the log tells none.
    fn went_well(&self) {
        assert_eq!(self.wharf.refused(), 0);
        let log = self.hub.log();
        for secret in ["-of-the-wharf", CLIENT.1] {
            assert!(!log.contains(secret), "{secret} is in the log");
        }
    }
}

#[test]
fn a_first_test_that_fails_half_way_can_be_repeated() {
    let world = World::new();
    let mut connection = String::new();
    world.fails_half_way(|| {
        let (made, test) = world.signs_in();
        connection = made;
        test
    });
    world.fails_half_way(|| world.api.test(&connection));
    world.test_passes(&connection);
    world.run_succeeds(&connection);
    world.went_well();
}

#[test]
fn settings_that_are_kept_for_later_go_on_with_what_their_tests_were_given() {
    let world = World::new();
    let mut connection = String::new();
    world.fails_half_way(|| {
        let (made, test) = world.signs_in();
        connection = made;
        test
    });
    let kept = world
        .anna
        .call("connections/keep_tried", &[("connection", &connection)]);
    let is_kept = kept.status.is_success() || kept.status.is_redirection();
    assert!(is_kept, "{kept:?}");
    for _ in 0..2 {
        world.fails_half_way(|| world.api.test(&connection));
    }
    world.test_passes(&connection);
    world.run_succeeds(&connection);
    world.went_well();
}

/// No provider is known by whose description the hub could tell what signing in gives.
#[test]
fn a_failing_test_leaves_neither_stored_settings_nor_runs_behind() {
    let world = World::new();
    let typed = json!({ "app": CLIENT.0, "app_secret": CLIENT.1, "pass": world.wharf.newest() });
    let slug = world.slug(LIGHTERS);
    let (connection, test) = world.api.connect(&slug, "Lighters", &typed);
    assert_eq!(test["state"], "passed", "{test}");
    world.fails_half_way(|| world.api.test(&connection));
    world.test_passes(&connection);
    world.fails_half_way(|| world.api.test(&connection));
    world.run_succeeds(&connection);
    world.went_well();
}

#[test]
fn a_connection_that_is_removed_gives_back_what_its_runs_were_given() {
    let world = World::new();
    let (connection, test) = world.signs_in();
    assert_eq!(test["state"], "passed", "{test}");
    world.run_succeeds(&connection);
    world.remove(&connection);
    assert_eq!(world.wharf.given_back(), [world.wharf.newest()]);
    world.went_well();
}

#[test]
fn what_the_engine_no_longer_holds_is_given_back_by_the_hub() {
    let world = World::new();
    let (connection, test) = world.signs_in();
    assert_eq!(test["state"], "passed", "{test}");
    let source = world.hub.control("SELECT engine_source FROM connections");
    let source = source.concat().parse().expect("its id there");
    let engine = client(&world.hub, Server::Engine);
    let deleted = engine.delete_source(source);
    Runtime::new()
        .expect("a runtime")
        .block_on(deleted)
        .expect("it is deleted there");
    world.remove(&connection);
    assert_eq!(world.wharf.given_back(), [world.wharf.newest()]);
    world.went_well();
}
