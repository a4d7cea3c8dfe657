//! A link for somebody else: one integration, one browser, once, and nothing of the workspace besides.

use reqwest::StatusCode;
use serde_json::Value;

use crate::harness::{Answer, Api, Hub, Person, SourceDatabase, eventually, text};

const PASSWORD: &str = "the-shop-reader-1";

struct World {
    hub: Hub,
    shop: SourceDatabase,
    reader: String,
    anna: Person,
    api: Api,
}

impl World {
    fn new() -> Self {
        let hub = Hub::start();
        let shop = SourceDatabase::create(
            "CREATE TABLE orders (id int PRIMARY KEY); INSERT INTO orders SELECT generate_series(1, 3)",
        );
        let reader = shop.reader(PASSWORD);
        let anna = Person::joining(&hub, "Anna");
        let api = anna.api(&hub);
        Self {
            hub,
            shop,
            reader,
            anna,
            api,
        }
    }

    /// Anna makes a link; its path.
    fn link(&self, at: &str, name: &str) -> String {
        send(&self.hub, &self.anna, at, name)
    }

    fn guest(&self) -> Person {
        Person::visiting(&self.hub)
    }

    fn fill(&self, guest: &Person, password: &str) -> Answer {
        let fields = self.shop.fields();
        let mut form: Vec<(&str, &str)> = fields
            .iter()
            .map(|(name, value)| (name.as_str(), value.as_str()))
            .collect();
        form.extend([
            ("form.intent", "test"),
            ("form.name", "Another name"),
            ("username", &self.reader),
            ("password", password),
        ]);
        guest.post("/link", &form)
    }

    fn connections(&self) -> Vec<Value> {
        let all = self.api.get("/api/v1/connections");
        all["items"].as_array().expect("a list").clone()
    }
}

/// Somebody makes a link; its path.
pub fn send(hub: &Hub, sender: &Person, at: &str, name: &str) -> String {
    let form = [("sent_to", "Maria"), ("form.name", name), ("lasts", "day")];
    let made = sender.post(at, &form);
    assert_eq!(made.status, StatusCode::OK, "{made:?}");
    let start = format!("{}/link/", hub.url.trim_end_matches('/'));
    let (_, rest) = made.text.split_once(&start).expect("the link is shown");
    let token: String = rest
        .chars()
        .take_while(|letter| letter.is_ascii_alphanumeric() || "-_".contains(*letter))
        .collect();
    format!("/link/{token}")
}

/// The page of a link once it says this.
fn says(guest: &Person, words: &str) -> String {
    eventually(words, || {
        let page = guest.get("/link");
        page.text.contains(words).then_some(page.text)
    })
}

#[test]
fn whoever_has_the_keys_connects_the_tool_and_sees_nothing_else() {
    let world = World::new();
    let path = world.link("/connect/postgresql/send", "Shop");
    let maria = world.guest();
    for _ in 0..2 {
        let looked = maria.get(&path);
        assert_eq!(looked.status, StatusCode::OK, "{looked:?}");
        assert!(
            looked.text.contains("Anna asks you to connect PostgreSQL"),
            "{}",
            looked.text
        );
    }
    let opened = maria.post(&path, &[]);
    assert_eq!(opened.location.as_deref(), Some("/link"), "{opened:?}");
    let form = maria.get("/link");
    assert!(
        form.text.contains("Connect PostgreSQL for Anna"),
        "{}",
        form.text
    );
    assert!(
        !form.text.contains("Save and finish later"),
        "drafts are the workspace's"
    );

    let sent = world.fill(&maria, "not this one");
    assert_eq!(sent.location.as_deref(), Some("/link"), "{sent:?}");
    says(&maria, "is not connected yet");
    let again = maria.get("/link?again=1");
    assert!(again.text.contains(&world.reader), "what was typed is kept");
    world.fill(&maria, PASSWORD);
    says(&maria, "PostgreSQL is connected");

    let connections = world.connections();
    assert_eq!(connections.len(), 1, "{connections:?}");
    assert_eq!(connections[0]["name"], "Shop", "the name is Anna's");
    let run = world.api.run(text(&connections[0], "id"));
    assert_eq!(run["row"]["state"], "succeeded", "{run}");
    let page = world.anna.get("/connect/postgresql/send").text;
    assert!(
        page.contains("connected") && page.contains("Maria"),
        "{page}"
    );
    assert!(!page.contains(&path), "the link is shown once");

    // It is over, and was never a way in.
    assert_eq!(
        world.fill(&maria, PASSWORD).status,
        StatusCode::UNPROCESSABLE_ENTITY
    );
    assert_eq!(world.guest().get(&path).status, StatusCode::CONFLICT);
    for page in ["/connections", "/apps", "/settings/keys", "/activity"] {
        let answer = maria.get(page);
        assert!(
            answer.location.is_some_and(|to| to.starts_with("/sign-in")),
            "{page}"
        );
    }
    assert!(
        !world.hub.log().contains(&path[6..]),
        "the link is in the log"
    );
}

#[test]
fn a_guest_tests_again_what_they_sent() {
    let world = World::new();
    let path = world.link("/connect/postgresql/send", "Shop");
    let maria = world.guest();
    maria.post(&path, &[]);
    let early = maria.call("links/test_link_again", &[]);
    assert_eq!(early.status, StatusCode::CONFLICT, "{early:?}");
    world.fill(&maria, "the-shop-reader-2");
    let failed = says(&maria, "is not connected yet");
    assert!(failed.contains("Test again"), "{failed}");

    // Whoever looks after the server puts it right; nothing has to be typed again.
    world.shop.set_password(&world.reader, "the-shop-reader-2");
    let again = maria.post("/fn/app/links/api/test_link_again", &[]);
    assert_eq!(again.location.as_deref(), Some("/link"), "{again:?}");
    says(&maria, "PostgreSQL is connected");
    let over = maria.call("links/test_link_again", &[]);
    assert_eq!(over.status, StatusCode::CONFLICT, "it has ended: {over:?}");
}

#[test]
fn a_link_works_in_one_browser_and_not_after_it_was_taken_back() {
    let world = World::new();
    let path = world.link("/connect/postgresql/send", "Shop");
    let (maria, thief) = (world.guest(), world.guest());
    assert!(maria.post(&path, &[]).location.is_some());
    let late = thief.post(&path, &[]);
    assert_eq!(late.status, StatusCode::CONFLICT, "{late:?}");
    assert!(late.text.contains("another browser"), "{}", late.text);
    assert_eq!(thief.get("/link").status, StatusCode::NOT_FOUND);
    assert_eq!(thief.get("/link/made-up").status, StatusCode::NOT_FOUND);
    assert!(
        maria.post(&path, &[]).location.is_some(),
        "she has it already"
    );

    let page = world.anna.get("/connect/postgresql/send").text;
    let (_, rest) = page.split_once("lnk_").expect("the link is listed");
    let id = format!("lnk_{}", rest.chars().take(26).collect::<String>());
    let bela = Person::joining(&world.hub, "Bela");
    assert_eq!(
        bela.call("links/revoke_link", &[("link", &id)]).status,
        StatusCode::NOT_FOUND,
        "another tenant's link"
    );
    let taken = world.anna.call("links/revoke_link", &[("link", &id)]);
    assert!(taken.status.is_success(), "{taken:?}");
    says(&maria, "taken back");
    assert_eq!(
        world.fill(&maria, PASSWORD).status,
        StatusCode::UNPROCESSABLE_ENTITY
    );
    assert!(world.connections().is_empty());
}

#[test]
fn a_guest_gives_new_secrets_and_cannot_use_those_that_are_stored() {
    let world = World::new();
    let mut config = world.shop.configuration();
    config["username"] = Value::from(world.reader.clone());
    config["password"] = Value::from(PASSWORD);
    let (connection, test) = world.api.connect("postgresql", "Shop", &config);
    assert_eq!(test["state"], "passed", "{test}");

    let path = world.link(&format!("/connections/{connection}/send"), "");
    let maria = world.guest();
    assert!(
        maria
            .get(&path)
            .text
            .contains("asks you to renew PostgreSQL")
    );
    maria.post(&path, &[]);
    let form = maria.get("/link").text;
    assert!(
        form.contains(&world.reader) && !form.contains("Replace"),
        "{form}"
    );
    // Neither blank nor the mask, in which an engine would see the password that it keeps.
    for unsaid in ["", "**********", "**********\n", " ********** "] {
        let refused = world.fill(&maria, unsaid);
        assert_eq!(
            refused.status,
            StatusCode::UNPROCESSABLE_ENTITY,
            "{unsaid:?}: {refused:?}"
        );
    }

    // What is stored would pass, and is not hers to test.
    let stored = maria.call("links/test_link_again", &[]);
    assert_eq!(stored.status, StatusCode::CONFLICT, "{stored:?}");
    world.shop.set_password(&world.reader, "the-shop-reader-2");
    // Nor is what somebody of the workspace has tested meanwhile.
    let test = world.api.test(&connection);
    assert_eq!(test["state"], "failed", "{test}");
    world.shop.set_password(&world.reader, PASSWORD);
    let theirs = maria.call("links/test_link_again", &[]);
    assert_eq!(theirs.status, StatusCode::CONFLICT, "{theirs:?}");

    world.shop.set_password(&world.reader, "the-shop-reader-2");
    world.fill(&maria, "the-shop-reader-2");
    says(&maria, "PostgreSQL is connected");
    assert_eq!(world.connections().len(), 1);
    let run = world.api.run(&connection);
    assert_eq!(run["row"]["state"], "succeeded", "{run}");
}

#[test]
fn of_two_links_to_the_same_name_neither_tests_again_what_came_by_the_other() {
    let world = World::new();
    let mut config = world.shop.configuration();
    config["username"] = Value::from(world.reader.clone());
    config["password"] = Value::from(PASSWORD);
    let (connection, test) = world.api.connect("postgresql", "Shop", &config);
    assert_eq!(test["state"], "passed", "{test}");
    let (maria, namesake) = (world.guest(), world.guest());
    for guest in [&maria, &namesake] {
        let path = world.link(&format!("/connections/{connection}/send"), "");
        let opened = guest.post(&path, &[]);
        assert_eq!(opened.location.as_deref(), Some("/link"), "{opened:?}");
    }
    world.fill(&namesake, "the-shop-reader-2");
    says(&namesake, "is not connected yet");
    world.shop.set_password(&world.reader, "the-shop-reader-2");
    // It would pass now, with a password that she never had.
    let theirs = maria.call("links/test_link_again", &[]);
    assert_eq!(theirs.status, StatusCode::CONFLICT, "{theirs:?}");
    world.fill(&maria, "the-shop-reader-2");
    says(&maria, "PostgreSQL is connected");
}
