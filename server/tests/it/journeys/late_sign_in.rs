//! A trip to sign in with an account elsewhere ends after ten minutes, in words of its own, and counts once.

use crate::{
    airbyte::{CLIENT, Issuer},
    harness::{Hub, Person},
};

/// A hub at which people sign in with a real issuer.
fn world() -> (Issuer, Hub) {
    let mut issuer = Issuer::start();
    let hub = Hub::start_with(&[
        ("OIDC_ISSUER", issuer.url.clone()),
        ("OIDC_NAME", "Elbe ID".to_owned()),
        ("OIDC_CLIENT_ID", CLIENT.0.to_owned()),
        ("OIDC_CLIENT_SECRET", CLIENT.1.to_owned()),
        // The issuer of this test speaks plain http.
        ("TRIBUTARY_ALLOW_HTTP", "1".to_owned()),
    ]);
    let callback = format!("{}/sign-in/callback", hub.url.trim_end_matches('/'));
    issuer.serve(&callback, |_| {});
    (issuer, hub)
}

/// Leaves and signs in there; the path that leads back.
fn trip(issuer: &Issuer, hub: &Hub, person: &Person) -> String {
    let left = person.get("/sign-in/with/oidc");
    let away = left.location.clone().unwrap_or_else(|| panic!("{left:?}"));
    let back = issuer.allow(hub, &away, "dana");
    let path = back.strip_prefix(hub.url.trim_end_matches('/'));
    path.expect("back at the hub").to_owned()
}

/// As if every trip had begun so many minutes earlier.
fn minutes_pass(hub: &Hub, minutes: u32) {
    hub.control(&format!(
        r#"UPDATE sessions
           SET data = jsonb_set(data, '{{away,left_at}}',
                   to_jsonb(to_char(now() - interval '{minutes} minutes', 'YYYY-MM-DD"T"HH24:MI:SS"Z"')))
           WHERE data ? 'away'"#
    ));
}

#[test]
fn whoever_comes_back_too_late_is_told_so_and_signs_in_again() {
    let (issuer, hub) = world();
    let dana = Person::visiting(&hub);
    let back = trip(&issuer, &hub, &dana);
    minutes_pass(&hub, 10);
    let late = dana.get(&back);
    assert_eq!(late.location.as_deref(), Some("/sign-in?failed=late"));
    let page = dana.get("/sign-in?failed=late").text;
    assert!(page.contains("It took longer than ten minutes"), "{page}");
    assert!(dana.call("shell/load_me", &[]).json().is_null());
    assert_eq!(
        issuer.asked(),
        Vec::<String>::new(),
        "its code is left alone"
    );
    let again = dana.get(&back);
    assert_eq!(again.location.as_deref(), Some("/sign-in?failed=foreign"));

    let back = trip(&issuer, &hub, &dana);
    minutes_pass(&hub, 9);
    let arrived = dana.get(&back);
    assert_eq!(arrived.location.as_deref(), Some("/sign-up/company"));
    let again = dana.get(&back);
    assert_eq!(again.location.as_deref(), Some("/sign-in?failed=foreign"));
}
