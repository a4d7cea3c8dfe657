//! A provider that signs what it sends people back with: only then is a code worth anything.

use std::fmt::Write;

use hmac::{Hmac, KeyInit, Mac};
use model::{ConsentOutcome, Progress};
use sha2::Sha256;
use url::form_urlencoded::Serializer;

use crate::{
    consent::{back, leave, new, world_of},
    provider::{CLIENT, Provider},
};

/// What the provider sends back for a shop, signed with this secret.
fn signed(said: &[(String, String)], shop: &str, secret: &str) -> Vec<(String, String)> {
    let mut said = said.to_vec();
    said.push(("shop".to_owned(), shop.to_owned()));
    said.sort();
    let query = Serializer::new(String::new()).extend_pairs(&said).finish();
    let mut mac = Hmac::<Sha256>::new_from_slice(secret.as_bytes()).unwrap();
    mac.update(query.as_bytes());
    let digits = mac.finalize().into_bytes();
    let digits = digits.iter().fold(String::new(), |mut text, byte| {
        write!(text, "{byte:02x}").expect("writing to a String does not fail");
        text
    });
    said.push(("hmac".to_owned(), digits));
    said
}

#[tokio::test]
async fn a_code_that_is_not_proven_is_never_exchanged() {
    let (world, provider) = world_of(Provider::described_signed).await;
    let (ours, other) = ("acme.example.com", "other.example.com");
    let unproven = ConsentOutcome::Unproven;
    let elsewhere = ConsentOutcome::Elsewhere {
        wanted: ours.to_owned(),
        found: vec![other.to_owned()],
    };
    let mut left = 0;
    for (shop, secret, outcome) in [
        (ours, "guessed", &unproven),
        (other, "guessed", &unproven),
        (other, CLIENT.1, &elsewhere),
    ] {
        let (_, url) = leave(&world, &new("Shop")).await;
        let said = provider.allow(&url, "anna@example.com");
        let landing = back(&world, &signed(&said, shop, secret)).await.unwrap();
        assert_eq!(landing.outcome, *outcome, "{shop} {secret}");
        left += 1;
        let codes = provider.memory.lock().unwrap().codes.len();
        assert_eq!(codes, left, "nobody asked for a token");
    }
    let (_, url) = leave(&world, &new("Shop")).await;
    let said = provider.allow(&url, "anna@example.com");
    assert_eq!(back(&world, &said).await.unwrap().outcome, unproven);

    let (_, url) = leave(&world, &new("Shop")).await;
    let said = provider.allow(&url, "anna@example.com");
    let landing = back(&world, &signed(&said, ours, CLIENT.1)).await.unwrap();
    let ConsentOutcome::Tested { test, .. } = landing.outcome else {
        panic!("{landing:?}")
    };
    assert_eq!(world.wait_for_test(test).await.state, Progress::Passed);
    world.end().await;
}
