//! What was granted for a source that is gone, beside a grant that cannot be opened any more. Nobody knows whether that one is
//! the same, so nothing is taken back from under somebody, and the log says why.

use super::{described_sign_in::BACK, kiosk::Kiosk, sign_in::hop};

fn signed_in(kiosk: &Kiosk) -> String {
    let consent = kiosk.leave(&[], &[]).expect("an address");
    let back = hop(&hop(consent.as_str()));
    let secret = back.strip_prefix(&format!("{BACK}?secret_id="));
    secret.unwrap_or_else(|| panic!("{back}")).to_owned()
}

#[test]
fn what_a_grant_that_cannot_be_opened_may_live_by_stays_and_is_forgotten_at_once() {
    let kiosk = Kiosk::open();
    let [first, last] = [0; 2].map(|_| kiosk.source(&signed_in(&kiosk)));
    kiosk.an_hour_passes();
    let of_last = format!("(SELECT grant_id FROM engine.sources WHERE id = '{last}')");
    kiosk.hub.control(&format!(
        "UPDATE engine.oauth_grants SET sealed = sha256(sealed) WHERE id = {of_last}"
    ));
    let unreadable = kiosk.hub.control(&format!("SELECT {of_last}")).concat();

    kiosk.remove(first);
    kiosk.are_left("1");
    assert_eq!(kiosk.given_back(), Vec::<String>::new());
    let log = kiosk.hub.log();
    assert!(log.contains("what cannot be read may live by a grant"));
    assert!(log.contains(&unreadable), "{unreadable} is not named");
}
