//! A text that is changed after it was checked: both buttons take what stands in the box, and nothing that was typed is lost.

use reqwest::StatusCode;

use super::{Harbour, TOKEN, hub, names};
use crate::harness::{Answer, Person};

const PAGE: &str = "/integrations/new";
const CHANGED: &str = "The text has changed since it was checked.";
const ADD: (&str, &str) = ("intent", "add");
const TRY: (&str, &str) = ("try", "0");

fn office(name: &str, url: &str) -> String {
    format!(
        "apis:
  integrations:
    - name: {name}
      type: rest
      base_url: {url}
      authentication: {{ type: bearer, secret_name: harbour_token }}
      endpoints: [{{ name: ships, path: /ships, parameters: {{ since: 2026-01-01 }}, records: ships, primary_key: id, paging: {{ type: page, size: 2 }} }}]
"
    )
}

fn check(person: &Person, document: &str) -> Answer {
    person.post(PAGE, &[("intent", "check"), ("document", document)])
}

/// Presses a button of a page as it came, with this text in its box and the token in the field below.
fn press(person: &Person, page: &Answer, document: &str, button: (&str, &str)) -> Answer {
    let (checked, name) = (hidden(page, "checked"), hidden(page, "name"));
    let form = [
        ("checked", checked.as_str()),
        ("document", document),
        ("name", name.as_str()),
        ("secret.0.harbour_token", TOKEN),
        button,
    ];
    person.post(PAGE, &form)
}

/// A field that the page sends along.
fn hidden(page: &Answer, name: &str) -> String {
    let (_, rest) = page
        .text
        .split_once(&format!("name=\"{name}\" value=\""))
        .unwrap_or_else(|| panic!("{name} is sent along: {}", page.text));
    rest.split('"').next().unwrap_or_default().to_owned()
}

#[test]
fn the_first_rows_are_those_of_the_text_as_it_is_now() {
    let (harbour, hub) = (Harbour::with_ships(), hub());
    let anna = Person::joining(&hub, "Anna");
    // Nobody is at the address of the first text.
    let (alpha, beta) = (
        office("Alpha", "http://alpha.invalid"),
        office("Beta", &harbour.url),
    );
    let checked = check(&anna, &alpha);
    let shown = press(&anna, &checked, &beta, TRY);
    assert_eq!(shown.status, StatusCode::OK, "{}", shown.text);
    for words in ["Weser", "The first rows, read just now", "name: Beta"] {
        assert!(shown.text.contains(words), "{words}: {}", shown.text);
    }
    assert!(!shown.text.contains("Alpha"), "{}", shown.text);
    assert!(!shown.text.contains(TOKEN), "{}", shown.text);

    // What was seen is added, however a browser ends its lines.
    let added = press(&anna, &shown, &beta.replace('\n', "\r\n"), ADD);
    assert!(added.status.is_redirection(), "{}", added.text);
    let all = names(&anna.api(&hub));
    assert!(all.contains(&"Beta".to_owned()), "{all:?}");
    assert!(!all.contains(&"Alpha".to_owned()), "{all:?}");
}

#[test]
fn what_is_added_was_looked_at() {
    let hub = hub();
    let anna = Person::joining(&hub, "Anna");
    let api = anna.api(&hub);
    let before = names(&api);
    let (alpha, gamma) = (
        office("Alpha", "https://alpha.example.com"),
        office("Gamma", "https://gamma.example.com"),
    );
    let checked = check(&anna, &alpha);
    let again = press(&anna, &checked, &gamma, ADD);
    assert_eq!(
        again.status,
        StatusCode::UNPROCESSABLE_ENTITY,
        "{}",
        again.text
    );
    for words in [CHANGED, "Look at it again, then add it.", "name: Gamma"] {
        assert!(again.text.contains(words), "{words}: {}", again.text);
    }
    assert!(!again.text.contains("Alpha"), "{}", again.text);
    assert_eq!(names(&api), before, "nothing was added");

    // Mistakes that came in with the change are told, beside what was typed.
    let wrong = press(
        &anna,
        &again,
        &gamma.replace("type: page", "type: pages"),
        ADD,
    );
    for words in ["1 mistake to correct", "type: pages"] {
        assert!(wrong.text.contains(words), "{words}: {}", wrong.text);
    }
    assert_eq!(names(&api), before, "nothing was added");

    let added = press(&anna, &again, &gamma, ADD);
    assert!(added.status.is_redirection(), "{}", added.text);
    let all = names(&api);
    assert!(all.contains(&"Gamma".to_owned()), "{all:?}");
    assert!(!all.contains(&"Alpha".to_owned()), "{all:?}");
}

/// A secret is sent to the integration it was typed for, or to none.
#[test]
fn a_secret_is_not_sent_to_the_integration_that_is_left() {
    let (harbour, hub) = (Harbour::with_ships(), hub());
    let anna = Person::joining(&hub, "Anna");
    let beta = office("Beta", &harbour.url);
    let (_, lines) = beta.split_once("integrations:\n").expect("a list");
    let both = format!("{}{lines}", office("Alpha", "https://alpha.example.com"));
    let checked = check(&anna, &both);
    assert!(checked.text.contains("Add all 2"), "{}", checked.text);
    let form = [
        ("checked", hidden(&checked, "checked")),
        ("document", beta),
        ("name", "Alpha".to_owned()),
        ("name", "Beta".to_owned()),
        ("secret.0.harbour_token", TOKEN.to_owned()),
        ("try", "0".to_owned()),
    ];
    let form = form.each_ref().map(|(name, value)| (*name, value.as_str()));
    let left = anna.post(PAGE, &form);
    assert!(left.text.contains(CHANGED), "{}", left.text);
    assert!(!left.text.contains("Weser"), "{}", left.text);
}
