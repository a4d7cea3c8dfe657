//! Coming back from a provider at a bad moment: the hub cannot use it, says so, and what was typed is still in the form it was
//! typed into, and in no other.

use std::fs;

use reqwest::StatusCode;
use tempfile::TempDir;

use crate::{
    airbyte::{CLIENT, Provider, back_to_a_test, hop, link},
    harness::{Answer, Api, Hub, Person, SourceDatabase},
};

/// The password that signing in stands for.
const PASSWORD: &str = "tok-1-of-the-shop";

struct World {
    _provider: Provider,
    hub: Hub,
    shop: SourceDatabase,
    /// What only the form of a trip holds.
    reader: String,
    anna: Person,
    api: Api,
    _folder: TempDir,
}

impl World {
    fn new() -> Self {
        let provider = Provider::start(PASSWORD);
        let folder = tempfile::tempdir().expect("a folder");
        let file = folder.path().join("providers.toml");
        fs::write(&file, provider.described()).expect("a file");
        let hub = Hub::start_with(&[
            ("OAUTH_PROVIDERS_FILE", file.display().to_string()),
            // The provider of this test speaks plain http.
            ("TRIBUTARY_ALLOW_HTTP", "1".to_owned()),
        ]);
        let client = [
            ("provider", "local"),
            ("client_id", CLIENT.0),
            ("client_secret", CLIENT.1),
        ];
        let set = Person::operating(&hub).call("providers/set_platform_client", &client);
        assert!(set.status.is_success(), "{set:?}");
        let shop = SourceDatabase::create("CREATE TABLE orders (id int PRIMARY KEY)");
        let anna = Person::joining(&hub, "Anna");
        Self {
            reader: shop.reader(PASSWORD),
            api: anna.api(&hub),
            _provider: provider,
            hub,
            shop,
            anna,
            _folder: folder,
        }
    }

    /// Sends this form to sign in, filled in for the shop.
    fn send(&self, form: &str, more: &[(&str, &str)]) -> Answer {
        let fields = self.shop.fields();
        let mut pairs: Vec<(&str, &str)> = fields
            .iter()
            .map(|(name, value)| (name.as_str(), value.as_str()))
            .collect();
        pairs.extend([
            ("form.way", "sign_in"),
            ("form.intent", "sign_in"),
            ("username", &self.reader),
        ]);
        pairs.extend(more);
        self.anna.post(form, &pairs)
    }

    /// Leaves for the provider; the trip, and the page there.
    fn leave(&self) -> (String, String) {
        let sent = self.send("/connect/postgresql", &[("form.name", "Shop")]);
        let go = sent.location.clone().unwrap_or_else(|| panic!("{sent:?}"));
        let flow = go.rsplit('/').next().expect("a trip").to_owned();
        (flow, link(&self.anna.get(&go)))
    }

    /// Where the provider leads back to, at our hub.
    fn home(&self, away: &str) -> String {
        let back = hop(away);
        let path = back.strip_prefix(self.hub.url.trim_end_matches('/'));
        path.expect("back at the hub").to_owned()
    }

    /// Whoever came back in vain finds what was typed, and cannot come back again; the form.
    fn is_told(&self, flow: &str, back: &str, landed: &Answer) -> String {
        let form = format!("/connect/postgresql?flow={flow}");
        assert_eq!(landed.location.as_deref(), Some(&*form), "{landed:?}");
        let page = self.anna.get(&form).text;
        assert!(page.contains("The sign-in could not be used"), "{page}");
        assert!(page.contains(&self.reader), "what was typed: {page}");
        let again = self.anna.get(back);
        assert_eq!(again.status, StatusCode::BAD_REQUEST, "it counts once");
        page
    }
}

#[test]
fn a_fault_of_the_hub_ends_a_trip_in_words_and_another_one_ends_well() {
    let world = World::new();
    let (flow, away) = world.leave();
    let back = world.home(&away);
    // Without its keys the hub cannot read what the trip was begun with.
    world
        .hub
        .control("ALTER TABLE tenant_keys RENAME TO tenant_keys_away");
    let landed = world.anna.get(&back);
    world
        .hub
        .control("ALTER TABLE tenant_keys_away RENAME TO tenant_keys");
    let page = world.is_told(&flow, &back, &landed);
    assert!(page.contains("Something went wrong in this hub"), "{page}");

    let (_, away) = world.leave();
    let (_, test) = back_to_a_test(&world.hub, &world.anna, &hop(&away));
    let test = world.api.tested(&test);
    assert_eq!(test["state"], "passed", "{test}");
}

#[test]
fn a_provider_that_is_described_no_longer_ends_a_trip_in_words() {
    let mut world = World::new();
    let (flow, away) = world.leave();
    let back = world.home(&away);
    assert!(world.hub.stop());
    world.hub.unset("OAUTH_PROVIDERS_FILE");
    world.hub.launch();
    world.anna.moved_to(&world.hub.url);
    let landed = world.anna.get(&back);
    let page = world.is_told(&flow, &back, &landed);
    assert!(page.contains("Signing in is not set up"), "{page}");
}

#[test]
fn what_was_typed_comes_back_in_its_own_form_alone() {
    let world = World::new();
    let other = world.shop.configuration();
    let (other, test) = world.api.connect("postgresql", "Other", &other);
    assert_eq!(test["state"], "passed", "{test}");
    let (flow, away) = world.leave();
    let shows = |form: &str| {
        let page = world.anna.get(&format!("{form}?flow={flow}"));
        (page.status, page.text.contains(&world.reader))
    };
    let edit = |connection: &str| format!("/connections/{connection}/edit");
    let nothing = (StatusCode::NOT_FOUND, false);
    assert_eq!(shows("/connect/postgresql"), (StatusCode::OK, true));
    assert_eq!(shows("/connect/mysql"), nothing, "another tool");
    assert_eq!(shows(&edit(&other)), nothing, "another connection");

    // Nor is it what a sign-in of the other one begins with.
    let sent = world.send(&edit(&other), &[("form.flow", &flow)]);
    assert_eq!(sent.location, None, "{sent:?}");
    assert_eq!(
        world.hub.control("SELECT count(*) FROM oauth_flows"),
        ["1"],
        "no other trip has begun"
    );

    // The connection that the trip made is its own.
    let (made, test) = back_to_a_test(&world.hub, &world.anna, &hop(&away));
    let test = world.api.tested(&test);
    assert_eq!(test["state"], "passed", "{test}");
    assert_eq!(shows(&edit(&made)), (StatusCode::OK, true));
    assert_eq!(shows(&edit(&other)), nothing);
}
