//! Whoever was sent to sign in comes back to the page they wanted, by password or by an account elsewhere, and nowhere else.

use reqwest::Url;

use crate::{
    airbyte::{CLIENT, Issuer},
    harness::{Hub, Person},
};

/// A page that only members see.
const WANTED: &str = "/connections?q=a%20%26%20b";

/// Addresses elsewhere, as a query says them; a header could not even name the last one.
const FOREIGN: [&str; 10] = [
    "//evil.example",
    "https://evil.example",
    "https:%2F%2Fevil.example",
    "/%5Cevil.example",
    "%2F%5C%5Cevil.example",
    "%2f%2fevil.example",
    "%252f%252fevil.example",
    "/%09/evil.example",
    "/%0D%0ALocation:%20//evil.example",
    "/%C3%BCber",
];

/// A hub whose people may sign in at a real OpenID provider.
fn world() -> (Hub, Issuer) {
    let mut issuer = Issuer::start();
    let (id, secret) = CLIENT;
    let hub = Hub::start_with(&[
        ("OIDC_ISSUER", issuer.url.clone()),
        ("OIDC_NAME", "Elbe ID".to_owned()),
        ("OIDC_CLIENT_ID", id.to_owned()),
        ("OIDC_CLIENT_SECRET", secret.to_owned()),
        // The provider of this test speaks plain http.
        ("TRIBUTARY_ALLOW_HTTP", "1".to_owned()),
    ]);
    let callback = format!("{}/sign-in/callback", hub.url.trim_end_matches('/'));
    issuer.serve(&callback, |_| {});
    (hub, issuer)
}

/// The address that the page's button for the account elsewhere leads to.
fn button(page: &str) -> String {
    let (_, rest) = page
        .split_once("href=\"/sign-in/with/")
        .expect("there is a button");
    let (at, _) = rest.split_once('"').expect("an attribute ends");
    format!("/sign-in/with/{}", at.replace("&amp;", "&"))
}

/// Leaves by this address, allows what is asked and comes back; where that leads. The provider hears nothing of the page.
fn comes_back(hub: &Hub, issuer: &Issuer, person: &Person, by: &str) -> String {
    let left = person.get(by);
    let away = left.location.clone().unwrap_or_else(|| panic!("{left:?}"));
    let names: Vec<String> = Url::parse(&away)
        .expect("an address")
        .query_pairs()
        .map(|(name, _)| name.into_owned())
        .collect();
    assert!(!names.contains(&"next".to_owned()), "{away}");
    assert!(
        !away.contains("connections") && !away.contains("evil"),
        "{away}"
    );
    let back = issuer.allow(hub, &away, "dora");
    let path = back
        .strip_prefix(hub.url.trim_end_matches('/'))
        .unwrap_or_else(|| panic!("back at the hub: {back}"));
    let landed = person.get(path);
    landed
        .location
        .clone()
        .unwrap_or_else(|| panic!("{landed:?}"))
}

#[test]
fn an_account_elsewhere_leads_back_to_the_page_that_was_wanted() {
    let (hub, issuer) = world();
    let newcomer = Person::visiting(&hub);
    let by = button(&newcomer.get("/sign-up").text);
    assert_eq!(
        comes_back(&hub, &issuer, &newcomer, &by),
        "/sign-up/company"
    );
    let joined = newcomer.call("account/join", &[("company", "Dora & Daughters")]);
    assert!(joined.status.is_success(), "{joined:?}");

    let dora = Person::visiting(&hub);
    let sent = dora.get(WANTED);
    let sign_in = sent.location.clone().unwrap_or_else(|| panic!("{sent:?}"));
    let by = button(&dora.get(&sign_in).text);
    assert_eq!(comes_back(&hub, &issuer, &dora, &by), WANTED);
    let page = dora.get(WANTED);
    assert!(page.status.is_success(), "{page:?}");

    for foreign in FOREIGN {
        let by = button(&dora.get(&format!("/sign-in?next={foreign}")).text);
        assert_eq!(comes_back(&hub, &issuer, &dora, &by), "/", "{foreign}");
        let by = format!("/sign-in/with/oidc?next={foreign}");
        assert_eq!(comes_back(&hub, &issuer, &dora, &by), "/", "{foreign}");
    }
}

#[test]
fn who_says_no_there_still_comes_to_the_page_on_the_next_try() {
    let (hub, issuer) = world();
    let dora = Person::visiting(&hub);
    let by = "/sign-in/with/oidc?next=%2Fconnections%3Fq%3Da%2520%2526%2520b";
    let left = dora.get(by);
    let away = left.location.clone().unwrap_or_else(|| panic!("{left:?}"));
    let state = Url::parse(&away)
        .expect("an address")
        .query_pairs()
        .find_map(|(name, value)| (name == "state").then(|| value.into_owned()))
        .expect("a state");
    let iss = &issuer.url;
    let refused = dora.get(&format!(
        "/sign-in/callback?error=access_denied&state={state}&iss={iss}"
    ));
    let sign_in = refused
        .location
        .clone()
        .unwrap_or_else(|| panic!("{refused:?}"));
    let page = dora.get(&sign_in);
    assert!(page.text.contains("You did not allow it there"), "{page:?}");
    assert_eq!(button(&page.text), by);
}

#[test]
fn a_password_leads_back_to_the_page_that_was_wanted_and_nowhere_else() {
    let hub = Hub::start();
    let anna = Person::joining(&hub, "Anna");
    let signs_in = |next: &str| {
        let visitor = Person::visiting(&hub);
        let page = visitor.get(&format!("/sign-in?next={next}"));
        let (_, rest) = page
            .text
            .split_once("name=\"next\" value=\"")
            .expect("the form keeps it");
        let (kept, _) = rest.split_once('"').expect("an attribute ends");
        let form = [
            ("email", anna.email.as_str()),
            ("password", Person::PASSWORD),
            ("next", &kept.replace("&amp;", "&")),
        ];
        let sent = visitor.post("/fn/app/account/api/sign_in", &form);
        sent.location.clone().unwrap_or_else(|| panic!("{sent:?}"))
    };
    let sent = Person::visiting(&hub).get(WANTED);
    let sign_in = sent.location.unwrap_or_else(|| panic!("{}", sent.text));
    let next = sign_in
        .strip_prefix("/sign-in?next=")
        .expect("it tells the page");
    assert_eq!(signs_in(next), WANTED);
    for foreign in FOREIGN {
        assert_eq!(signs_in(foreign), "/", "{foreign}");
    }
}
