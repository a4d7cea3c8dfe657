//! A connector that describes its own provider (`oauth_connector_input_specification`): an operator registers a client, and
//! customers sign in; and whoever goes back on the way finds what was typed.

use serde_json::{Value, json};

use super::signed_harbour::{self, CLIENT, LASTING, SignedHarbour};
use crate::{
    airbyte::{back_to_a_test, hop, link},
    harness::{Api, Hub, Person, text},
};

/// Nothing that the connector's author changed.
const AS_IT_IS: (&str, &str) = ("HARBOUR", "HARBOUR");
/// The connector keeps each new pass where it has the old one.
const KEEPS: (&str, &str) = (
    "refresh_token: \"{{ config['access']['pass'] }}\"",
    "refresh_token_updater: { refresh_token_config_path: [access, pass], access_token_config_path: [access, day], token_expiry_date_config_path: [access, until] }",
);
const PIN: &str = "pin-of-the-gate-4711";

/// The form without what signing in gives.
const TYPED: [(&str, &str); 5] = [
    ("form.name", "Ships"),
    ("form.way", "sign_in"),
    ("form.intent", "sign_in"),
    ("quay", "north"),
    ("pin", PIN),
];

/// The address of the form of what the operator added.
pub fn form_of(anna: &Api, name: &str) -> String {
    let sources = anna.get("/api/airbyte/sources");
    let mut sources = sources.as_array().expect("sources").iter();
    let found: &Value = sources
        .find(|source| source["name"] == name)
        .expect("what the operator added");
    format!("/connect/{}", text(found, "slug"))
}

/// The id of the only provider that a connector of this operator describes.
fn described(operator: &Person) -> String {
    let page = operator.get("/admin/providers").text;
    let (_, rest) = page
        .split_once("/admin/providers/connector-")
        .unwrap_or_else(|| panic!("the connector's provider is there: {page}"));
    let (id, _) = rest.split_once('"').expect("an attribute ends");
    format!("connector-{id}")
}

fn register(operator: &Person, provider: &str) {
    let client = [
        ("provider", provider),
        ("client_id", CLIENT.0),
        ("client_secret", CLIENT.1),
    ];
    let set = operator.call("providers/set_platform_client", &client);
    assert!(set.status.is_success(), "{set:?}");
}

/// Sends the form; the harbour's page that it leads to.
fn leave(person: &Person, form: &str) -> String {
    let sent = person.post(form, &TYPED);
    let go = sent.location.clone().unwrap_or_else(|| panic!("{sent:?}"));
    let page = person.get(&go);
    assert!(
        page.text.contains("ships:read"),
        "what is allowed: {page:?}"
    );
    link(&page)
}

fn no_secret_in(hub: &Hub) {
    let log = hub.log();
    for secret in [CLIENT.1, LASTING, PIN] {
        assert!(!log.contains(secret), "{secret} is in the log");
    }
}

#[test]
fn a_customer_signs_in_as_the_connector_describes_it() {
    let harbour = SignedHarbour::open();
    let folder = tempfile::tempdir().expect("a folder");
    let hub = signed_harbour::hub(folder.path(), &[("harbour", harbour.manifest(AS_IT_IS))]);
    let (operator, anna) = (Person::operating(&hub), Person::joining(&hub, "Anna"));
    let api = anna.api(&hub);
    let form = form_of(&api, "harbour");
    let by_hand = anna.get(&form).text;
    assert!(
        by_hand.contains("access.pass"),
        "nobody has registered a client: {by_hand}"
    );

    register(&operator, &described(&operator));
    let offered = anna.get(&form).text;
    assert!(offered.contains("Sign in with harbour"), "{offered}");
    assert!(!offered.contains("access.pass"), "{offered}");
    let without = [&TYPED[..3], &TYPED[4..]].concat();
    let missing = anna.post(&form, &without);
    assert!(
        missing.location.is_none(),
        "the address needs the quay: {missing:?}"
    );

    let away = leave(&anna, &form);
    assert!(!away.contains("hush"), "{away}");
    let (connection, test) = back_to_a_test(&hub, &anna, &hop(&away));
    let test = api.tested(&test);
    assert_eq!(test["state"], "passed", "{test}");
    let run = api.run(&connection);
    assert_eq!(run["row"]["state"], "succeeded", "{run}");
    assert_eq!(run["streams"][0]["table_rows"], 2, "{run}");
    let settings = anna.get(&format!("/connections/{connection}/edit")).text;
    assert!(!settings.contains(LASTING), "{settings}");
    no_secret_in(&hub);
}

/// What a run was given instead is in the source: the hub's own copy counts no more.
#[test]
fn a_test_after_runs_goes_on_with_the_token_that_they_were_given() {
    let harbour = SignedHarbour::replacing();
    let folder = tempfile::tempdir().expect("a folder");
    let hub = signed_harbour::hub(folder.path(), &[("harbour", harbour.manifest(KEEPS))]);
    let operator = Person::operating(&hub);
    register(&operator, &described(&operator));
    let anna = Person::joining(&hub, "Anna");
    let api = anna.api(&hub);
    let away = leave(&anna, &form_of(&api, "harbour"));
    let (connection, test) = back_to_a_test(&hub, &anna, &hop(&away));
    assert_eq!(api.tested(&test)["state"], "passed");
    let settings = [
        ("form.name", "Ships"),
        ("form.way", "sign_in"),
        ("form.intent", "test"),
        ("quay", "south"),
    ];
    for again in 0..2 {
        let run = api.run(&connection);
        assert_eq!(run["row"]["state"], "succeeded", "{again}: {run}");
        let path = format!("/api/v1/connections/{connection}/tests");
        let started = api.post(&path, &json!({}));
        let test = api.tested(text(&started, "test"));
        assert_eq!(test["state"], "passed", "{again}: {test}");

        // New settings, too, leave it where it is.
        let sent = anna.post(&format!("/connections/{connection}/edit"), &settings);
        let to = sent.location.clone().unwrap_or_else(|| panic!("{sent:?}"));
        let (_, test) = to.split_once("/test/").unwrap_or_else(|| panic!("{to}"));
        let test = api.tested(test);
        assert_eq!(test["state"], "passed", "{again}: {test}");
    }

    // A test that fails has renewed it all the same.
    harbour.closes(true);
    let path = format!("/api/v1/connections/{connection}/tests");
    let started = api.post(&path, &json!({}));
    let test = api.tested(text(&started, "test"));
    assert_eq!(test["state"], "failed", "{test}");
    harbour.closes(false);
    let run = api.run(&connection);
    assert_eq!(run["row"]["state"], "succeeded", "{run}");
    no_secret_in(&hub);
}

#[test]
fn a_workspace_s_own_client_signs_its_people_in() {
    let harbour = SignedHarbour::open();
    let folder = tempfile::tempdir().expect("a folder");
    let hub = signed_harbour::hub(folder.path(), &[("harbour", harbour.manifest(AS_IT_IS))]);
    let (anna, ben) = (Person::joining(&hub, "Anna"), Person::joining(&hub, "Ben"));
    let form = form_of(&anna.api(&hub), "harbour");
    let provider = described(&Person::operating(&hub));
    let page = anna.get(&format!("/settings/providers/{provider}"));
    assert!(page.text.contains("/oauth/callback"), "{page:?}");
    let client = [
        ("provider", provider.as_str()),
        ("client_id", CLIENT.0),
        ("client_secret", CLIENT.1),
    ];
    assert!(
        anna.call("providers/set_own_client", &client)
            .status
            .is_success()
    );
    assert!(anna.get(&form).text.contains("Sign in with harbour"));
    assert!(!ben.get(&form).text.contains("Sign in with harbour"));
    let unknown = [
        ("provider", "connector-none-00000000"),
        client[1],
        client[2],
    ];
    assert!(
        !anna
            .call("providers/set_own_client", &unknown)
            .status
            .is_success()
    );
}

#[test]
fn an_operator_is_told_why_a_description_cannot_be_followed() {
    let harbour = SignedHarbour::open();
    let folder = tempfile::tempdir().expect("a folder");
    let loud = harbour.manifest(("&quay={{ quay }}", "&{{ client_secret_param }}"));
    let hub = signed_harbour::hub(folder.path(), &[("loud", loud)]);
    let operator = Person::operating(&hub);
    let list = operator.get("/admin/providers").text;
    assert!(list.contains("cannot be used"), "{list}");
    let (_, rest) = list
        .split_once("/admin/providers/own-loud")
        .expect("its page");
    let (id, _) = rest.split_once('"').expect("an attribute ends");
    let page = operator.get(&format!("/admin/providers/own-loud{id}"));
    assert!(page.text.contains("secret in its consent_url"), "{page:?}");
    let anna = Person::joining(&hub, "Anna");
    let form = anna.get(&form_of(&anna.api(&hub), "loud")).text;
    assert!(form.contains("access.pass"), "keys by hand: {form}");
}

#[test]
fn whoever_goes_back_from_a_provider_finds_what_was_typed() {
    let harbour = SignedHarbour::open();
    let folder = tempfile::tempdir().expect("a folder");
    let hub = signed_harbour::hub(folder.path(), &[("harbour", harbour.manifest(AS_IT_IS))]);
    let operator = Person::operating(&hub);
    register(&operator, &described(&operator));
    let anna = Person::joining(&hub, "Anna");
    let form = form_of(&anna.api(&hub), "harbour");
    let typed = "value=\"north\"";
    assert!(!anna.get(&form).text.contains(typed));

    let away = leave(&anna, &form);
    let again = anna.get(&form).text;
    assert!(again.contains("What you typed is still here"), "{again}");
    assert!(
        again.contains(typed) && again.contains("value=\"Ships\""),
        "{again}"
    );
    assert!(!again.contains(PIN), "secrets are kept and not shown");
    let afresh = anna.get(&format!("{form}?flow=none")).text;
    assert!(!afresh.contains(typed), "{afresh}");

    // Not in another browser of hers, and not for anybody else.
    let mut elsewhere = Person::visiting(&hub);
    elsewhere.email.clone_from(&anna.email);
    let login = [
        ("email", anna.email.as_str()),
        ("password", Person::PASSWORD),
        ("next", ""),
    ];
    elsewhere.call("account/sign_in", &login);
    for other in [&elsewhere, &Person::joining(&hub, "Ben")] {
        let page = other.get(&form).text;
        assert!(
            page.contains("Sign in with harbour") && !page.contains(typed),
            "{page}"
        );
    }

    // Whoever goes on after all ends well, and the form is empty again.
    back_to_a_test(&hub, &anna, &hop(&away));
    assert!(!anna.get(&form).text.contains(typed));
    no_secret_in(&hub);
}
