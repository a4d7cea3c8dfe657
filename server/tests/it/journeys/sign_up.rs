//! A sign-up whose code came too late: the person is told, and a new code goes on where they were.

use crate::harness::{Hub, Person, eventually};

#[test]
fn an_expired_code_is_told_and_a_new_one_works() {
    let hub = Hub::start();
    let ana = Person::signing_up(&hub, "Ana");
    let late = ana.code();
    hub.control("UPDATE email_claims SET expires_at = now() - interval '1 second'");

    let refused = ana.call("account/verify", &[("code", &late)]);
    assert_eq!(refused.status, 422, "{refused:?}");
    assert!(
        refused.text.contains("\"code\"") && refused.text.contains("Ask for another one"),
        "{refused:?}"
    );
    assert!(ana.call("shell/load_me", &[]).json().is_null());

    // Codes are sent at most once a minute.
    hub.control("DELETE FROM rate_limits");
    let sent = ana.call("account/resend_code", &[]);
    assert!(sent.status.is_success(), "{sent:?}");
    let fresh = eventually("another code", || {
        Some(ana.code()).filter(|code| *code != late)
    });
    let proven = ana.call("account/verify", &[("code", &fresh)]);
    assert!(proven.status.is_success(), "{proven:?}");
    ana.is_ready();
    assert_eq!(ana.call("shell/load_me", &[]).json()["email"], ana.email);
}
