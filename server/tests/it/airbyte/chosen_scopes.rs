//! A program that signs people in by the engine's API and asks for some of what the connector could have: that much is asked
//! for, and that much has to be allowed.

use reqwest::{StatusCode, Url};

use super::{
    described_sign_in::BACK,
    kiosk::{Kiosk, TOKEN},
    sign_in::hop,
};

/// The scopes that a person is asked for.
fn asked(consent: &Url) -> String {
    let mut pairs = consent.query_pairs();
    let scope = pairs.find(|(name, _)| name == "scope");
    scope.expect("scopes").1.into_owned()
}

/// Where somebody ends who goes there; the provider's callback on the way.
fn comes_back(consent: &Url) -> (String, String) {
    let callback = hop(consent.as_str());
    (hop(&callback), callback)
}

fn secret_in(back: &str) -> String {
    let secret = back.strip_prefix(&format!("{BACK}?secret_id="));
    secret.unwrap_or_else(|| panic!("{back}")).to_owned()
}

#[test]
fn a_program_asks_for_some_of_what_is_offered_and_for_nothing_else() {
    let kiosk = Kiosk::open();
    let all = "rows names notes";
    let some: [(&[&str], &[&str], &str); 5] = [
        (&[], &[], all),
        (&[], &["notes"], all),
        (&["rows"], &[], "rows"),
        (&["names"], &["notes"], "names notes"),
        (&["notes"], &["notes", "rows"], "notes rows"),
    ];
    for (scopes, optional, wanted) in some {
        let consent = kiosk.leave(scopes, optional).expect("an address");
        assert_eq!(asked(&consent), wanted, "{scopes:?} {optional:?}");
    }
    let more: [(&[&str], &[&str], &str, &str); 2] = [
        (&["rows", "keys"], &[], "requestedScopes", "keys"),
        (&["rows"], &["purse"], "requestedOptionalScopes", "purse"),
    ];
    for (scopes, optional, field, other) in more {
        let refused = kiosk.leave(scopes, optional).expect_err("it is refused");
        let told = refused.to_string();
        for word in [field, other, "rows, names, notes"] {
            assert!(told.contains(word), "{told}");
        }
    }
}

#[test]
fn only_what_was_asked_for_has_to_be_allowed() {
    let kiosk = Kiosk::open();
    kiosk.leave_out(&["names", "notes"]);
    let (back, _) = comes_back(&kiosk.leave(&[], &[]).expect("an address"));
    assert!(back.starts_with(BACK), "{back}");
    assert!(back.contains("error=access_denied"), "{back}");
    assert!(back.contains("names"), "{back}");
    assert!(!back.contains("notes"), "it may be left out: {back}");
    kiosk.are_left("1");
    kiosk.an_hour_passes();
    kiosk.are_left("0");
    assert_eq!(kiosk.given_back(), [TOKEN], "nobody can use it");

    let optional: [&[&str]; 2] = [&[], &["notes"]];
    for optional in optional {
        let consent = kiosk.leave(&["rows"], optional).expect("an address");
        secret_in(&comes_back(&consent).0);
    }
    let (back, _) = comes_back(&kiosk.leave(&["notes"], &["rows"]).expect("an address"));
    assert!(back.contains("error=access_denied"), "{back}");
    assert!(!kiosk.hub.log().contains(TOKEN), "a token is in the log");
}

#[test]
fn the_same_token_is_given_back_when_the_last_who_has_it_is_gone() {
    let kiosk = Kiosk::open();
    let [first, last] = [0; 2].map(|_| {
        let consent = kiosk.leave(&[], &[]).expect("an address");
        kiosk.source(&secret_in(&comes_back(&consent).0))
    });
    kiosk.an_hour_passes();
    kiosk.remove(first);
    kiosk.are_left("1");
    assert_eq!(kiosk.given_back(), Vec::<String>::new());
    kiosk.remove(last);
    kiosk.are_left("0");
    assert_eq!(kiosk.given_back(), [TOKEN]);
}

#[test]
fn whoever_comes_back_to_a_server_in_trouble_goes_on_to_the_program() {
    let kiosk = Kiosk::open();
    let consent = kiosk.leave(&[], &[]).expect("an address");
    kiosk
        .hub
        .control("ALTER TABLE engine.oauth_secrets RENAME TO oauth_secrets_away");
    let (back, callback) = comes_back(&consent);
    assert!(back.starts_with(&format!("{BACK}?error=server_error")));
    for inside in [TOKEN, "oauth_secrets", "secret_id"] {
        assert!(!back.contains(inside), "{back}");
    }
    kiosk
        .hub
        .control("ALTER TABLE engine.oauth_secrets_away RENAME TO oauth_secrets");
    let again = reqwest::blocking::get(&callback).expect("an answer");
    assert_eq!(again.status(), StatusCode::BAD_REQUEST, "it counts once");
    let consent = kiosk.leave(&[], &[]).expect("an address");
    secret_in(&comes_back(&consent).0);
}
