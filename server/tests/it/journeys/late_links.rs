//! A link whose time ends while its guest is at the provider: nothing is connected, what was allowed there is given back, and
//! the guest is told whom to ask.

use std::fs;

use reqwest::StatusCode;
use tempfile::TempDir;

use super::links;
use crate::{
    airbyte::{CLIENT, Issuer, link},
    harness::{Hub, Person, SourceDatabase},
};

struct World {
    issuer: Issuer,
    hub: Hub,
    shop: SourceDatabase,
    anna: Person,
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
        let callback = format!("{}/oauth/callback", hub.url.trim_end_matches('/'));
        issuer.serve(&callback, |_| {});
        let client = [
            ("provider", "local"),
            ("client_id", CLIENT.0),
            ("client_secret", CLIENT.1),
        ];
        let set = Person::operating(&hub).call("providers/set_platform_client", &client);
        assert!(set.status.is_success(), "{set:?}");
        Self {
            shop: SourceDatabase::create("CREATE TABLE orders (id int PRIMARY KEY)"),
            anna: Person::joining(&hub, "Anna"),
            issuer,
            hub,
            _folder: folder,
        }
    }

    /// Somebody who has opened a link of Anna's.
    fn guest(&self) -> Person {
        let path = links::send(&self.hub, &self.anna, "/connect/postgresql/send", "Shop");
        let guest = Person::visiting(&self.hub);
        let opened = guest.post(&path, &[]);
        assert_eq!(opened.location.as_deref(), Some("/link"), "{opened:?}");
        guest
    }

    /// Sends the form to sign in; the path that leads to the provider.
    fn begin(&self, guest: &Person) -> String {
        let fields = self.shop.fields();
        let mut form: Vec<(&str, &str)> = fields
            .iter()
            .map(|(name, value)| (name.as_str(), value.as_str()))
            .collect();
        form.extend([
            ("form.way", "sign_in"),
            ("form.intent", "sign_in"),
            ("username", "reader"),
        ]);
        let sent = guest.post("/link", &form);
        sent.location.clone().unwrap_or_else(|| panic!("{sent:?}"))
    }

    /// Signs in at the provider and allows what is asked; the path that leads back.
    fn allow(&self, guest: &Person) -> String {
        let away = link(&guest.get(&self.begin(guest)));
        let back = self.issuer.allow(&self.hub, &away, "maria");
        let path = back.strip_prefix(self.hub.url.trim_end_matches('/'));
        path.expect("back at the hub").to_owned()
    }

    fn time_ends(&self) {
        self.hub
            .control("UPDATE connect_links SET expires_at = now() - interval '1 second'");
    }
}

#[test]
fn a_guest_who_comes_back_too_late_is_told_whom_to_ask_and_leaves_nothing_behind() {
    let world = World::new();
    let maria = world.guest();
    let (back, begun) = (world.allow(&maria), world.begin(&maria));
    world.time_ends();

    let landed = maria.get(&back);
    let next = landed.location.clone();
    let next = next.unwrap_or_else(|| panic!("the page of the link: {landed:?}"));
    assert!(next.starts_with("/link?flow="), "{next}");
    let page = maria.get(&next).text;
    for words in [
        "This link has ended",
        "The time of this link is over. Ask whoever sent it for a new one.",
        "Nothing was connected, and this hub keeps nothing of your sign-in at Local.",
    ] {
        assert!(page.contains(words), "{words}: {page}");
    }
    let connections = world.anna.api(&world.hub).get("/api/v1/connections");
    assert_eq!(connections["items"].as_array().map(Vec::len), Some(0));

    // The provider knows nothing of it any more.
    let lasting = world.issuer.renewable();
    assert_eq!(lasting.len(), 1);
    let asked = [("token", lasting[0].as_str())];
    let (status, said) = world.issuer.ask("/token/introspection", &asked);
    assert_eq!(
        (status, said["active"].as_bool()),
        (StatusCode::OK, Some(false))
    );
    assert_eq!(
        maria.get(&back).status,
        StatusCode::BAD_REQUEST,
        "a callback counts once"
    );

    // Who had only begun gets no further.
    let stopped = maria.get(&begun);
    assert_eq!(stopped.location.as_deref(), Some("/link"), "{stopped:?}");
    let page = maria.get("/link").text;
    assert!(page.contains("The time of this link is over"), "{page}");
    assert!(!page.contains("Nothing was connected"), "{page}");
    assert!(!world.hub.log().contains(&lasting[0]), "it is in the log");
}
