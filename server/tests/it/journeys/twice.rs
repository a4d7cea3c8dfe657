//! The same thing asked twice, at once or later: it happens once, and nobody learns what is not theirs.

use std::{fs, thread};

use reqwest::{Method, StatusCode};
use serde_json::json;

use crate::harness::{Hub, Person, eventually};

#[test]
fn an_address_that_has_an_account_is_told_by_mail_only() {
    let hub = Hub::start();
    let anna = Person::joining(&hub, "Anna");
    let form = |email: &str| {
        let stranger = Person::visiting(&hub);
        let fields = [
            ("email", email),
            ("company", "Other"),
            ("password", "another lantern by the river 9"),
        ];
        stranger.call("account/sign_up", &fields)
    };
    let (known, fresh) = (form(&anna.email), form("new@example.com"));
    assert_eq!((known.status, &known.text), (fresh.status, &fresh.text));
    let mail = eventually("a mail about the account", || {
        let mut mails: Vec<_> = fs::read_dir(hub.data_dir().join("mail"))
            .ok()?
            .flatten()
            .map(|entry| entry.path())
            .filter(|path| path.to_string_lossy().contains(&anna.email))
            .collect();
        mails.sort();
        (mails.len() > 1).then(|| fs::read_to_string(mails.pop()?).ok())?
    });
    assert!(mail.contains("already"), "{mail}");
    let sign_in = |password: &str| {
        let browser = Person::visiting(&hub);
        browser.call(
            "account/sign_in",
            &[("email", &anna.email), ("password", password)],
        )
    };
    assert_eq!(
        sign_in("another lantern by the river 9").status,
        StatusCode::UNPROCESSABLE_ENTITY
    );
    assert!(sign_in(Person::PASSWORD).status.is_success());
}

#[test]
fn two_tabs_that_send_the_same_form_make_one_thing() {
    let hub = Hub::start();
    let anna = hub.tenant("Anna");
    let app = json!({ "name": "Invoices" });
    let statuses: Vec<StatusCode> = thread::scope(|scope| {
        let tabs: Vec<_> = (0..6)
            .map(|_| scope.spawn(|| anna.call(Method::POST, "/api/v1/apps", Some(&app)).0))
            .collect();
        tabs.into_iter()
            .map(|tab| tab.join().expect("a tab ends"))
            .collect()
    });
    let made = |status: &&StatusCode| status.is_success();
    assert_eq!(statuses.iter().filter(made).count(), 1, "{statuses:?}");
    assert!(
        statuses
            .iter()
            .all(|status| status.is_success() || *status == StatusCode::UNPROCESSABLE_ENTITY),
        "{statuses:?}"
    );
    assert_eq!(anna.get("/api/v1/apps").as_array().map(Vec::len), Some(1));
}

#[test]
fn a_run_that_is_asked_for_twice_runs_once() {
    let hub = Hub::start();
    let anna = hub.tenant("Anna");
    let file = anna.upload_text("people.csv", "id,name\n1,Zoe\n");
    let (connection, test) = anna.connect("files", "People", &file);
    assert_eq!(test["state"], "passed", "{test}");
    let path = format!("/api/v1/connections/{connection}/runs");
    let answers: Vec<_> = thread::scope(|scope| {
        let asked: Vec<_> = (0..4)
            .map(|_| scope.spawn(|| anna.call(Method::POST, &path, Some(&json!({})))))
            .collect();
        asked
            .into_iter()
            .map(|asked| asked.join().expect("a call ends"))
            .collect()
    });
    for (status, answer) in &answers {
        assert_eq!(*status, StatusCode::ACCEPTED, "{answer}");
        anna.finished(answer["run"].as_str().expect("a run id"));
    }
    let runs = anna.get(&format!("/api/v1/runs?connection={connection}"));
    let different: std::collections::BTreeSet<_> = answers
        .iter()
        .map(|(_, answer)| answer["run"].to_string())
        .collect();
    assert_eq!(
        runs["items"].as_array().map(Vec::len),
        Some(different.len()),
        "every run that was told of is there, and no other"
    );
    assert_eq!(hub.rows(&anna.tenant, "SELECT count(*) FROM people"), ["1"]);
}
