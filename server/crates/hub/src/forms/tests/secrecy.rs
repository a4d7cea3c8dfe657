//! Secrets go in, are kept, replaced and split off, and never come back.

use model::FieldError;

use super::*;
use crate::forms::MASK;

fn complete() -> Value {
    json!({"host": "h", "port": 1, "user": "u", "password": "p4ss",
        "tunnel": {"method": "key", "host": "jump", "key": "PEM"}})
}

#[test]
fn a_configuration_splits_and_joins() {
    let schema = database();
    let (masked, secrets) = schema.split(&complete());
    assert_eq!(masked["password"], MASK);
    assert_eq!(masked["tunnel"]["key"], MASK);
    assert!(!masked.to_string().contains("p4ss") && !masked.to_string().contains("PEM"));
    assert_eq!(secrets.join(&masked), complete());
    let again = crate::forms::SecretValues::from_json(&secrets.to_json()).expect("own text");
    assert_eq!(again.join(&masked), complete());
}

#[test]
fn what_signing_in_gave_is_sealed_as_a_whole_and_never_shown() {
    let schema = Schema::parse(
        &json!({"type": "object", "required": ["token"], "properties": {
            "token": {"type": "string", "airbyte_secret": true},
            "given": {"type": "object", "airbyte_hidden": true, "properties": {
                "secret": {"type": "string", "airbyte_secret": true}, "site": {"type": "string"}}},
        }}),
    );
    let config = json!({"token": "t0k", "given": {"secret": "s3c", "site": "1"}});
    let (masked, secrets) = schema.split(&config);
    assert_eq!(masked, json!({"token": MASK, "given": MASK}));
    assert_eq!(secrets.join(&masked), config);
    assert_eq!(
        schema.keep_masked(&masked, Some(&config)),
        Ok(config.clone())
    );
    assert_eq!(schema.check(&config), []);
    assert_eq!(schema.settings(&masked), []);
    assert_eq!(schema.secrets_set(&masked).len(), 1, "only what was typed");
    let form = schema.form(Filling::Stored {
        config: &masked,
        set_on: "2026-05-03T00:00:00Z",
    });
    assert!(!format!("{form:?}").contains("given"), "{form:?}");
    let typed = [("token".to_owned(), "new".to_owned())];
    let typed = schema.read(&typed, Some(&config));
    assert_eq!(
        typed,
        Ok(json!({"token": "new"})),
        "whoever types has not signed in"
    );
}

#[test]
fn stored_secrets_show_only_that_they_are_set() {
    let schema = database();
    let (masked, _) = schema.split(&complete());
    let form = schema.form(Filling::Stored {
        config: &masked,
        set_on: "2026-05-03T00:00:00Z",
    });
    assert_eq!(
        field(&form, "password").control,
        Control::Secret {
            set_on: Some("2026-05-03T00:00:00Z".into()),
            multiline: false
        }
    );
    assert_eq!(
        field(&form, "tunnel.1.key").control,
        Control::Secret {
            set_on: Some("2026-05-03T00:00:00Z".into()),
            multiline: true
        }
    );
    assert_eq!(
        field(&form, "tunnel.2.password").control,
        Control::Secret {
            set_on: None,
            multiline: false
        }
    );
    assert!(!format!("{form:?}").contains(MASK));
}

#[test]
fn blank_secrets_keep_their_value_and_new_ones_replace_it() {
    let schema = database();
    let (masked, _) = schema.split(&complete());
    let mut pairs = post_back(&schema.form(Filling::Stored {
        config: &masked,
        set_on: "",
    }));
    let kept = schema.read(&pairs, Some(&complete())).expect("valid");
    assert_eq!(kept["password"], "p4ss");
    assert_eq!(kept["tunnel"]["key"], "PEM");
    pairs.push(("password".to_owned(), "new".to_owned()));
    assert_eq!(
        schema.read(&pairs, Some(&complete())).expect("valid")["password"],
        "new"
    );
}

#[test]
fn another_branch_does_not_inherit_secrets() {
    let pairs = posted(&[
        ("host", "h"),
        ("port", "1"),
        ("user", "u"),
        ("password", "new"),
        ("tunnel", "2"),
        ("tunnel.2.host", "evil"),
    ]);
    let errors = database()
        .read(&pairs, Some(&complete()))
        .expect_err("the password is asked for");
    assert_eq!(errors[0].field, "tunnel.2.password");
}

/// The form as it is shown for what is stored, with something else typed into it.
fn shown_with(typed: &[(&str, &str)]) -> Vec<(String, String)> {
    let (masked, _) = database().split(&complete());
    let mut pairs = post_back(&database().form(Filling::Stored {
        config: &masked,
        set_on: "",
    }));
    pairs.extend(posted(typed));
    pairs
}

/// Fields whose secret is asked for again, and nothing else is wrong.
fn asked_again(read: Result<Value, Vec<FieldError>>) -> Vec<String> {
    let errors = read.err().unwrap_or_default();
    for error in &errors {
        assert!(
            error.detail.starts_with("The address changed."),
            "{error:?}"
        );
    }
    errors.into_iter().map(|error| error.field).collect()
}

#[test]
fn a_secret_does_not_follow_an_address_that_changes() {
    let both = ["password", "tunnel.1.key"];
    for (typed, again) in [
        (&[("host", "evil")][..], &both[..]),
        (&[("port", "2")], &both),
        (&[("tunnel.1.host", "evil")], &both),
        (&[("host", "evil"), ("password", "new")], &both[1..]),
        (&[("host", "evil"), ("tunnel", "0")], &both[..1]),
        (
            &[
                ("host", "evil"),
                ("password", "new"),
                ("tunnel.1.key", "new"),
            ],
            &[],
        ),
        // Another setting, another spelling, and one place less.
        (&[("user", "somebody")], &[]),
        (&[("host", "H")], &[]),
        (&[("tunnel", "0")], &[]),
    ] {
        let read = database().read(&shown_with(typed), Some(&complete()));
        assert_eq!(asked_again(read), again, "{typed:?}");
    }
}

#[test]
fn a_mask_does_not_follow_an_address_that_changes() {
    let schema = database();
    let (mut config, _) = schema.split(&complete());
    config["host"] = json!("evil");
    let refused = schema.keep_masked(&config, Some(&complete()));
    assert_eq!(asked_again(refused), ["password", "tunnel.1.key"]);
    config["password"] = json!("new");
    config["tunnel"] = json!({"method": "none"});
    let read = schema.keep_masked(&config, Some(&complete()));
    assert_eq!(read, Ok(config));
}

#[test]
fn a_draft_that_leads_elsewhere_forgets_its_secrets() {
    let schema = database();
    let pairs = shown_with(&[("host", "evil"), ("user", "somebody")]);
    let draft = schema.read_leniently(&pairs, Some(&complete()));
    assert_eq!(draft["host"], "evil");
    assert_eq!(draft["tunnel"]["host"], "jump");
    assert!(draft.get("password").is_none(), "{draft}");
    assert!(draft["tunnel"].get("key").is_none(), "{draft}");
}

#[test]
fn defaults_that_a_form_adds_are_no_other_place() {
    let schema = property(json!({"type": "object", "properties": {
        "url": {"type": "string", "default": "https://api.example.com"},
        "token": {"type": "string", "airbyte_secret": true}}}));
    let stored = json!({"x": {"token": "t0k"}});
    let (masked, _) = schema.split(&stored);
    let pairs = post_back(&schema.form(Filling::Stored {
        config: &masked,
        set_on: "",
    }));
    let read = schema.read(&pairs, Some(&stored)).expect("nothing changed");
    assert_eq!(read["x"]["token"], "t0k");
    assert_eq!(read["x"]["url"], "https://api.example.com");
}

#[test]
fn a_word_of_the_provider_s_address_is_a_place() {
    let providers = oauth::Providers::load(None).expect("the shipped ones");
    let (_, grant) = providers.grant("shopify").expect("it is shipped");
    let mut schema = required_property(json!({"type": "string"}));
    let shop = |name: &str| json!({ "shop": name });
    assert!(!schema.leads_elsewhere(&shop("acme"), &shop("other")));
    schema.addressed_by(grant);
    for (name, elsewhere) in [
        ("acme", false),
        ("ACME.myshopify.com", false),
        ("other", true),
        ("evil.example.com/#", true),
    ] {
        let moved = schema.leads_elsewhere(&shop("acme"), &shop(name));
        assert_eq!(moved, elsewhere, "{name}");
    }
}

#[test]
fn rows_keep_their_own_secrets_when_others_are_removed() {
    let schema = property(
        json!({"type": "array", "items": {"type": "object", "required": ["host", "key"], "properties": {
        "host": {"type": "string"}, "key": {"type": "string", "airbyte_secret": true}}}}),
    );
    let stored = json!({"x": [{"host": "a", "key": "A"}, {"host": "b", "key": "B"}]});
    let config = schema.read(
        &posted(&[("x.1.host", "b"), ("x.1.key", "")]),
        Some(&stored),
    );
    assert_eq!(config, Ok(json!({"x": [{"host": "b", "key": "B"}]})));
}

#[test]
fn ambiguous_branches_hide_what_any_of_them_calls_secret() {
    let schema = property(json!({"oneOf": [
        {"title": "A", "properties": {"name": {"type": "string"}, "extra": {"type": "string"}}},
        {"title": "B", "properties": {"name": {"type": "string"}, "token": {"type": "string", "airbyte_secret": true}}}]}));
    let (masked, _) = schema.split(&json!({"x": {"name": "n", "extra": "e", "token": "t0ken"}}));
    assert!(!masked.to_string().contains("t0ken"));
}

#[test]
fn display_lists_settings_without_secrets() {
    let schema = database();
    let (masked, _) = schema.split(&complete());
    let settings = schema.settings(&masked);
    assert_eq!(
        settings[..2],
        [
            ("Host".to_owned(), "h".to_owned()),
            ("Port".to_owned(), "1".to_owned())
        ]
    );
    assert_eq!(schema.secrets_set(&masked), ["Password", "Private key"]);
    assert!(settings.iter().all(|(title, _)| title != "Password"));
}
