//! The page where an integration is described, as a browser without scripts sees it: first rows or the reason why there are
//! none, and nothing replaced that nobody has seen.

use std::{net::TcpListener, time::Instant};

use reqwest::StatusCode;

use super::{Harbour, Mood, TOKEN, apply, hub};
use crate::harness::{Answer, Hub, Person, text};

const PAGE: &str = "/integrations/new";
/// Stands above rows, and only there.
const ROWS_CAME: &str = "The first rows, read just now";

fn ships(url: &str, lines: &str) -> String {
    format!(
        "apis:
  integrations:
    - name: Harbour office
      type: rest
      base_url: {url}
      authentication: {{ type: bearer, secret_name: harbour_token }}
      endpoints:
        - name: ships
          path: /ships
          parameters: {{ since: 2026-01-01 }}
          primary_key: id
          paging: {{ type: page, size: 2 }}
          {lines}
"
    )
}

const WHOLE: &str =
    "records: ships\n          fields: { id: integer, name: string, called_on: date }";

fn try_out(person: &Person, document: &str, token: &str) -> Answer {
    person.post(
        PAGE,
        &[
            ("try", "0"),
            ("document", document),
            ("name", "Harbour office"),
            ("secret.0.harbour_token", token),
        ],
    )
}

/// The words stand on the page, beside the document, and no rows are claimed.
fn says(answer: &Answer, words: &str) {
    assert_eq!(answer.status, StatusCode::OK, "{}", answer.text);
    assert!(answer.text.contains(words), "{words}: {}", answer.text);
    assert!(answer.text.contains("name: Harbour office"), "it is kept");
    assert!(!answer.text.contains(ROWS_CAME), "{}", answer.text);
    assert!(!answer.text.contains(TOKEN));
}

#[test]
fn a_try_says_at_once_why_no_rows_came() {
    let (harbour, hub) = (Harbour::with_ships(), hub());
    let anna = Person::joining(&hub, "Anna");
    let document = ships(&harbour.url, WHOLE);

    let begun = Instant::now();
    for (mood, words) in [
        (Mood::AnswersAll(503), "The API answered 503."),
        (
            Mood::AnswersAll(404),
            "The API answered 404. There is nothing at this address",
        ),
    ] {
        harbour.feels(mood);
        says(&try_out(&anna, &document, TOKEN), words);
    }
    let closed = TcpListener::bind("127.0.0.1:0")
        .and_then(|port| port.local_addr())
        .expect("a port that nobody listens at");
    let nobody = ships(&format!("http://{closed}"), WHOLE);
    says(&try_out(&anna, &nobody, TOKEN), "could not be reached.");
    let unknown = ships("http://nowhere.invalid", WHOLE);
    says(
        &try_out(&anna, &unknown, TOKEN),
        "nowhere.invalid was not found.",
    );
    assert!(
        begun.elapsed().as_secs() < 20,
        "each was asked once: {:?}",
        begun.elapsed()
    );

    harbour.feels(Mood::Friendly);
    let found = try_out(&anna, &document, TOKEN);
    assert!(found.text.contains("Weser"), "{}", found.text);
    assert!(found.text.contains(ROWS_CAME), "{}", found.text);
}

/// The limit is the page's own: the server's ends only later, and would keep nothing of what was typed.
#[test]
fn an_api_that_falls_silent_is_given_up_in_time() {
    let (harbour, hub) = (Harbour::with_ships(), hub());
    let anna = Person::joining(&hub, "Anna");
    harbour.feels(Mood::Stalls);
    let answer = try_out(&anna, &ships(&harbour.url, WHOLE), TOKEN);
    says(&answer, "The API gave no answer within 10 seconds.");
}

#[test]
fn a_secret_that_is_missing_or_refused_is_told_at_its_field() {
    let (harbour, hub) = (Harbour::with_ships(), hub());
    let anna = Person::joining(&hub, "Anna");
    let document = ships(&harbour.url, WHOLE);
    harbour.feels(Mood::AnswersAll(403));
    let forbidden = try_out(&anna, &document, TOKEN);
    harbour.feels(Mood::Friendly);
    for (answer, words) in [
        (forbidden, "The API refused this token: it answered 403."),
        (
            try_out(&anna, &document, "wrong"),
            "The API refused this token: it answered 401.",
        ),
        (
            try_out(&anna, &document, ""),
            "Harbour token is missing: type it here.",
        ),
    ] {
        says(&answer, words);
        let field = "yaml-secret.0.harbour_token";
        for part in [
            format!("id=\"{field}-error\""),
            format!("href=\"#{field}\""),
            "aria-invalid=\"true\"".to_owned(),
        ] {
            assert!(answer.text.contains(&part), "{part}: {}", answer.text);
        }
    }
}

#[test]
fn rows_tell_what_the_description_lacks() {
    let (harbour, hub) = (Harbour::with_ships(), hub());
    let anna = Person::joining(&hub, "Anna");
    let forgotten = ships(&harbour.url, "fields: { id: integer, name: string }");
    let forgotten = forgotten.replace("{ type: page, size: 2 }", "none");
    let forgotten = forgotten.replace("since: 2026-01-01", "since: 2026-01-01, page: 1");
    let answer = try_out(&anna, &forgotten, TOKEN);
    // What is wrong stands before the rows, which look right, and before the button that adds them.
    let place = |words: &str| {
        let found = answer.text.find(words);
        found.unwrap_or_else(|| panic!("{words}: {}", answer.text))
    };
    let warning = place(
        "is in “ships”: add “records: ships”. As it is, the whole answer becomes a single row.",
    );
    assert!(place("bg-warn-tint") < place("Look at this before you add it"));
    assert!(place("Look at this before you add it") < warning);
    assert!(warning < place(ROWS_CAME) && warning < place("value=\"add\""));

    let narrow = ships(
        &harbour.url,
        "records: ships\n          fields: { id: integer, name: string }",
    );
    let answer = try_out(&anna, &narrow, TOKEN);
    let lost = "Not kept, because fields does not name them: called_on.";
    assert!(answer.text.contains(lost), "{}", answer.text);
}

fn post(person: &Person, intent: &str, document: &str, seen: &[&str]) -> Answer {
    let mut form = vec![("intent", intent), ("document", document)];
    form.extend(seen.iter().map(|seen| ("seen", *seen)));
    person.post(PAGE, &form)
}

/// What the form of a checked page says to have shown.
fn seen(answer: &Answer) -> String {
    let (_, rest) = answer
        .text
        .split_once("name=\"seen\" value=\"")
        .unwrap_or_else(|| panic!("something is replaced: {}", answer.text));
    rest.split('"').next().unwrap_or_default().to_owned()
}

fn kept(hub: &Hub, person: &Person, slug: &str) -> bool {
    let page = person.get(&format!("{PAGE}?of={slug}"));
    assert!(page.status.is_success(), "{page:?} of {}", hub.url);
    page.text
        .contains("fields: { id: integer, name: string, called_on: date }")
}

#[test]
fn what_stands_there_is_replaced_only_by_whoever_saw_it() {
    let (harbour, hub) = (Harbour::with_ships(), hub());
    let anna = Person::joining(&hub, "Anna");
    let api = anna.api(&hub);
    let document = ships(&harbour.url, WHOLE);
    let fresh = post(&anna, "check", &document, &[]);
    assert!(fresh.text.contains("Add it") && !fresh.text.contains("Replace it"));

    // It appears meanwhile, and somebody connects it.
    let slug = text(&apply(&api, &document)[0], "slug").to_owned();
    let secret = serde_json::json!({ "harbour_token": TOKEN });
    let (_, test) = api.connect(&slug, "The harbour", &secret);
    assert_eq!(test["state"], "passed", "{test}");
    let other = document.replace(", called_on: date", "");
    let refused = post(&anna, "add", &other, &[]);
    assert_eq!(
        refused.status,
        StatusCode::UNPROCESSABLE_ENTITY,
        "{}",
        refused.text
    );
    for words in [
        "Nothing was added",
        "Replaces “Harbour office”, which 1 connection uses.",
        "Replace it",
    ] {
        assert!(refused.text.contains(words), "{words}: {}", refused.text);
    }
    assert!(kept(&hub, &anna, &slug), "nothing was overwritten");

    // What was seen is not what stands there any more.
    let old = seen(&post(&anna, "check", &other, &[]));
    apply(&api, &document.replace("size: 2", "size: 1"));
    let stale = post(&anna, "add", &other, &[&old]);
    assert_eq!(
        stale.status,
        StatusCode::UNPROCESSABLE_ENTITY,
        "{}",
        stale.text
    );
    assert!(kept(&hub, &anna, &slug), "nothing was overwritten");

    let now = seen(&stale);
    let replaced = post(&anna, "add", &other, &[&now]);
    assert!(!kept(&hub, &anna, &slug));
    let said = next(&anna, &replaced);
    for words in [
        "Harbour office was replaced.",
        "Connections that use it follow the new description",
    ] {
        assert!(said.contains(words), "{words}: {said}");
    }
    // Sent twice, it is the same once.
    let again = post(&anna, "add", &other, &[&now]);
    let said = next(&anna, &again);
    assert!(said.contains("Nothing changed."), "{said}");
    assert!(!said.contains("was replaced"), "{said}");
}

/// The page that an answer leads to.
fn next(person: &Person, answer: &Answer) -> String {
    assert!(answer.status.is_redirection(), "{}", answer.text);
    let next = answer.location.as_deref().expect("a next page");
    let page = person.get(next);
    assert_eq!(page.status, StatusCode::OK, "{}", page.text);
    page.text
}

#[test]
fn the_form_tells_its_own_mistakes_at_its_own_fields() {
    let hub = hub();
    let anna = Person::joining(&hub, "Anna");
    let compose = |name: &str, url: &str, path: &str| {
        anna.post(
            PAGE,
            &[
                ("intent", "compose"),
                ("api.name", name),
                ("api.base_url", url),
                ("api.auth", "bearer"),
                ("api.path", path),
                ("api.paging", "none"),
            ],
        )
    };
    let empty = compose("", "", "");
    assert_eq!(empty.status, StatusCode::UNPROCESSABLE_ENTITY);
    for field in ["api.name", "api.base_url", "api.path"] {
        let error = format!("id=\"api-{field}-error\"");
        assert_eq!(
            empty.text.matches(&error).count(),
            1,
            "{error}: {}",
            empty.text
        );
    }
    assert!(!empty.text.contains("Integration YAML"), "{}", empty.text);

    // What is missing hides nothing that is wrong.
    let both = compose("", "pilots", "/the pilots");
    for words in [
        "Name the integration",
        "This is no address like",
        "This has a space: take it out, or write %20 for it.",
    ] {
        assert!(both.text.contains(words), "{words}: {}", both.text);
    }

    let wrong = compose("Pilots of the Elbe", "pilots", "/pilots");
    assert!(
        wrong.text.contains("id=\"api-api.base_url-error\""),
        "{}",
        wrong.text
    );
    assert!(
        wrong.text.contains("value=\"Pilots of the Elbe\""),
        "what was typed stays"
    );
    let right = compose("Pilots", "https://pilots.example.com", "/");
    assert_eq!(right.status, StatusCode::OK);
    assert!(right.text.contains("Integration YAML"), "{}", right.text);
}

#[test]
fn files_that_ask_for_nothing_are_not_said_to_wait_for_secrets() {
    let hub = hub();
    let anna = Person::joining(&hub, "Anna");
    let document = "apis:
  integrations:
    - { name: Prices, type: file, url: 'https://example.com/prices.csv' }
    - { name: Rates, type: file, url: 'https://example.com/rates.csv' }
";
    let checked = post(&anna, "check", document, &[]);
    assert!(checked.text.contains("Add all 2"), "{}", checked.text);
    assert!(
        !checked.text.contains("you type its secrets"),
        "{}",
        checked.text
    );
    assert!(
        !checked.text.contains("used once and not stored"),
        "{}",
        checked.text
    );
    let added = post(&anna, "add", document, &[]);
    let waits = added
        .text
        .matches("a connection that waits for its test")
        .count();
    assert!(waits >= 2, "{}", added.text);
    assert!(
        !added.text.contains("waits for its secrets"),
        "{}",
        added.text
    );
    assert!(!added.text.contains("Add all 2"), "they were added already");
}
