//! The pages of events in a browser without scripts: what is shown once, what asks first, and what is told.

use reqwest::StatusCode;
use serde_json::{Value, json};

use super::super::sender::{Endpoint, put, taken, webhook};
use super::refused;
use crate::harness::{Answer, Api, Hub, Person, client};

/// A person, their program and a connection of theirs.
struct Scene {
    anna: Person,
    api: Api,
    connection: String,
    hub: Hub,
}

impl Scene {
    fn open() -> Self {
        let hub = Hub::start();
        let anna = Person::joining(&hub, "Anna");
        let api = anna.api(&hub);
        let file = api.upload_text("people.csv", "id,name\n1,Zoe\n");
        let (connection, test) = api.connect("files", "Harbour office", &file);
        assert_eq!(test["state"], "passed", "{test}");
        Self {
            anna,
            api,
            connection,
            hub,
        }
    }

    fn events(&self) -> String {
        format!("/connections/{}/events", self.connection)
    }

    fn tab(&self) -> String {
        let answer = self
            .anna
            .get(&format!("/connections/{}?tab=events", self.connection));
        assert!(answer.status.is_success(), "{answer:?}");
        answer.text
    }

    /// Events turned on by the form, with a secret that is made here.
    fn turned_on(&self, scheme: &str) -> Answer {
        let form = [("scheme", scheme), ("secret", "")];
        self.anna.post(&self.events(), &form)
    }

    fn endpoint(&self) -> Value {
        self.api.get(&webhook(&self.connection))["endpoint"].clone()
    }
}

/// The texts that a page offers to copy.
fn codes(page: &str) -> Vec<String> {
    page.split("<code>")
        .skip(1)
        .filter_map(|rest| rest.split_once("</code>"))
        .map(|(code, _)| code.replace("<!>", ""))
        .collect()
}

/// What a page shows that made an address, and perhaps a secret.
fn shown(page: &Answer, secret: Option<&str>) -> Endpoint {
    assert!(page.text.contains("Copy it now"), "{page:?}");
    let codes = codes(&page.text);
    let made = codes.get(1).map(String::as_str);
    Endpoint {
        url: codes[0].clone(),
        secret: secret.or(made).expect("a secret").to_owned(),
        client: client(),
    }
}

#[test]
fn what_is_shown_once_is_not_called_saved_when_its_page_is_loaded_again() {
    let scene = Scene::open();
    let first = shown(&scene.turned_on("github"), None);
    // A browser that loads the page again sends the form again.
    let again = scene.turned_on("github").text;
    assert!(again.contains("The secret was shown once."), "{again}");
    assert!(again.contains("Change the signing secret"), "{again}");
    assert!(!again.contains("is taken in from now on"), "{again}");
    assert!(!again.contains("Copy it now"), "{again}");
    assert_eq!(taken(first.github("d-1", r#"{"n":1}"#)), 1);

    // As if it had been set a while ago: times are told in whole seconds.
    let past = "UPDATE webhooks SET secret_set_at = secret_set_at - interval '1 hour'";
    scene.hub.control(past);
    let before = scene.endpoint()["secret_set_at"].clone();
    let before = before.as_str().expect("a time");
    let form = [("act", "secret"), ("before", before), ("secret", "")];
    let made = scene.anna.post(&scene.events(), &form);
    assert!(made.text.contains("Copy it now"), "{made:?}");
    let again = scene.anna.post(&scene.events(), &form).text;
    assert!(again.contains("The secret was shown once."), "{again}");
    // The secret of before is good for a while: a third would have ended it.
    assert_eq!(taken(first.github("d-2", r#"{"n":2}"#)), 1);
}

#[test]
fn a_new_address_is_made_only_after_a_page_of_what_follows() {
    let scene = Scene::open();
    let old = shown(&scene.turned_on("github"), None);
    let asks = format!("{}?part=address", scene.events());
    let tab = scene.tab();
    assert!(tab.contains(&format!("href=\"{asks}\"")), "{tab}");
    assert!(
        !tab.contains("value=\"address\""),
        "one click must not end it: {tab}"
    );

    let page = scene.anna.get(&asks);
    assert!(page.status.is_success(), "{page:?}");
    assert!(page.text.contains("ends at once"), "{page:?}");
    assert!(page.text.contains("value=\"address\""), "{page:?}");
    assert_eq!(taken(old.github("d-1", r#"{"n":1}"#)), 1, "only asked");

    // As if it had been made a while ago: times are told in whole seconds.
    let past = "UPDATE webhooks SET address_made_at = address_made_at - interval '1 hour'";
    scene.hub.control(past);
    let before = scene.endpoint()["address_made_at"].clone();
    let form = [
        ("act", "address"),
        ("before", before.as_str().expect("a time")),
    ];
    let made = scene.anna.post(&asks, &form);
    let new = shown(&made, Some(&old.secret));
    // A browser that loads the page again sends the form again.
    let again = scene.anna.post(&asks, &form).text;
    assert!(!again.contains("Copy it now"), "{again}");
    refused(
        old.github("d-2", r#"{"n":2}"#),
        StatusCode::NOT_FOUND,
        "not_found",
    );
    assert_eq!(taken(new.github("d-2", r#"{"n":2}"#)), 1);
}

#[test]
fn a_form_that_is_refused_is_shown_again_where_it_stands() {
    let scene = Scene::open();
    let tab = format!("/connections/{}?tab=events", scene.connection);
    let alert = |page: &str, form: &str| {
        let start = format!("<div id=\"{form}-errors\"");
        let (_, rest) = page.split_once(&start).expect("told at its form");
        let (tag, words) = rest.split_once('>').expect("a tag");
        assert!(tag.contains("role=\"alert\""), "{tag}");
        assert!(tag.contains("autofocus"), "its reader goes on here: {tag}");
        words.to_owned()
    };

    let short = [("scheme", "github"), ("secret", "short")];
    let refused = scene.anna.post(&scene.events(), &short);
    assert_eq!(refused.location.as_deref(), Some(&*tab), "{refused:?}");
    let page = scene.tab();
    let words = alert(&page, "events-on");
    assert!(words.contains("8 to 512 characters"), "{words}");
    let (_, chosen) = page
        .split_once("<option value=\"github\"")
        .expect("GitHub is among the senders");
    let (chosen, _) = chosen.split_once('>').expect("a tag");
    assert!(chosen.contains("selected"), "{chosen}");
    assert!(!scene.tab().contains("8 to 512 characters"), "told once");

    scene.turned_on("github");
    let short = [("act", "secret"), ("secret", "short")];
    let refused = scene.anna.post(&scene.events(), &short);
    assert_eq!(refused.location.as_deref(), Some(&*tab), "{refused:?}");
    alert(&scene.tab(), "events-secret");
}

#[test]
fn the_tab_tells_what_came_and_what_was_refused() {
    let scene = Scene::open();
    let endpoint = shown(&scene.turned_on("github"), None);
    refused(
        endpoint.github("d-1", "hello"),
        StatusCode::UNPROCESSABLE_ENTITY,
        "unreadable",
    );
    let notice = "The last delivery of GitHub was refused";
    assert!(scene.tab().contains(notice));
    assert_eq!(taken(endpoint.github("d-2", r#"{"n":2}"#)), 1);
    let tab = scene.tab();
    assert!(!tab.contains(notice), "it was not the last: {tab}");
    let (_, list) = tab.split_once("the newest first").expect("a list");
    let (event, refusal) = (list.find("issues"), list.find("What was sent is not"));
    assert!(event.is_some() && event < refusal, "newest first: {tab}");
}

#[test]
fn of_the_open_standard_the_tool_is_named() {
    let scene = Scene::open();
    let row = scene
        .api
        .get(&format!("/api/v1/connections/{}", scene.connection));
    let tool = row["row"]["integration_name"].as_str().expect("a name");
    let page = scene.turned_on("standard_webhooks").text;
    assert!(
        page.contains(&format!("Give it to {tool} and to nobody else.")),
        "{page}"
    );
    assert!(page.contains("Events of Harbour office"), "{page}");
    let off = scene.anna.get(&format!("{}/off", scene.events())).text;
    assert!(!off.contains("at Standard Webhooks"), "{off}");
    put(
        &scene.api,
        &scene.connection,
        &json!({ "scheme": "stripe", "secret": "whsec_of_a_test_endpoint" }),
    );
    let off = scene.anna.get(&format!("{}/off", scene.events())).text;
    assert!(off.contains("Remove the webhook at Stripe"), "{off}");
}
