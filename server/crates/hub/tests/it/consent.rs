//! Signing in at a provider: there and back, every way it can end, renewal, and giving it back.

use hub::{
    Error,
    connections::{self, Target},
    consent::{self, Landing, Unknown, Window, clients},
    forms::{self, Asked},
    scope,
};
use model::{ConnectionId, ConsentOutcome, FlowId, FormState, Progress, RunState, SignInState};
use secrecy::SecretString;
use serde_json::json;

use crate::{
    provider::{CLIENT, Provider, pairs, state},
    world::{World, server_password, sql},
};

pub const SESSION: [u8; 32] = [7; 32];

pub async fn world() -> (World, Provider) {
    world_of(Provider::described).await
}

pub async fn world_of(described: impl Fn(&Provider) -> String) -> (World, Provider) {
    let provider = Provider::start(&server_password()).await;
    let world = World::with_providers(&described(&provider)).await;
    world
        .at_source("CREATE TABLE orders (id int PRIMARY KEY); INSERT INTO orders SELECT generate_series(1, 5)")
        .await;
    let secret = SecretString::from(CLIENT.1);
    clients::set_platform(&world.hub, &scope::operator(), "local", CLIENT.0, &secret)
        .await
        .unwrap();
    (world, provider)
}

/// The form without its password: that is what signing in gives.
pub fn typed(world: &World) -> Vec<(String, String)> {
    let settings = world.settings(json!({}));
    let text = |key: &str| {
        settings[key]
            .as_str()
            .map_or_else(|| settings[key].to_string(), str::to_owned)
    };
    let mut pairs: Vec<(String, String)> = ["host", "port", "database", "username"]
        .map(|key| (key.to_owned(), text(key)))
        .into();
    pairs.push(("ssl_mode".to_owned(), "3".to_owned()));
    pairs.push((forms::WAY.to_owned(), "sign_in".to_owned()));
    pairs
}

pub fn new(name: &str) -> Target {
    Target::New {
        slug: "postgresql".to_owned(),
        name: name.to_owned(),
    }
}

/// Leaves for the provider; the trip, and the provider's address.
pub async fn leave(world: &World, target: &Target) -> (FlowId, String) {
    let (hub, scope) = (&world.hub, &world.anna.scope);
    let flow = consent::begin(hub, scope, &SESSION, target, &typed(world), Window::Same)
        .await
        .unwrap();
    let departure = consent::departure(hub, scope, &SESSION, flow)
        .await
        .unwrap();
    (flow, departure.url)
}

pub async fn back(world: &World, said: &[(String, String)]) -> Result<Landing, Unknown> {
    consent::land(&world.hub, &world.anna.scope, &SESSION, said)
        .await
        .unwrap()
}

/// A connection that somebody signed in for.
pub async fn signed_in(world: &World, provider: &Provider, name: &str) -> ConnectionId {
    let (_, url) = leave(world, &new(name)).await;
    let landing = back(world, &provider.allow(&url, "anna@example.com"))
        .await
        .unwrap();
    let ConsentOutcome::Tested { connection, test } = landing.outcome else {
        panic!("{landing:?}");
    };
    let view = world.wait_for_test(test).await;
    assert_eq!(view.state, Progress::Passed, "{view:#?}");
    connection
}

pub async fn form_of(world: &World, id: ConnectionId) -> model::Form {
    match forms::edit_form(&world.hub, &world.anna.scope, id, Asked::default())
        .await
        .unwrap()
    {
        FormState::Ready(form) => form,
        other => panic!("{other:?}"),
    }
}

#[tokio::test]
async fn signing_in_takes_the_place_of_a_password() {
    let (world, provider) = world().await;
    let (hub, scope) = (&world.hub, &world.anna.scope);
    let form = forms::form(hub, scope, "postgresql", Asked::default())
        .await
        .unwrap();
    let FormState::Ready(form) = form else {
        panic!("{form:?}")
    };
    assert_eq!(form.sign_in.as_ref().unwrap().state, SignInState::Needed);
    assert!(!format!("{form:?}").contains("\"password\""), "{form:#?}");

    let (_, url) = leave(&world, &new("Shop")).await;
    let said = provider.allow(&url, "anna@example.com");
    let landing = back(&world, &said).await.unwrap();
    let ConsentOutcome::Tested { connection, test } = landing.outcome else {
        panic!("{landing:?}")
    };
    assert_eq!(
        back(&world, &said).await,
        Err(Unknown),
        "a callback counts once"
    );
    assert_eq!(world.wait_for_test(test).await.state, Progress::Passed);
    let run = world.sync(connection).await;
    assert_eq!(run.row.state, RunState::Succeeded, "{run:#?}");

    let form = form_of(&world, connection).await;
    let SignInState::Done { account, .. } = form.sign_in.clone().unwrap().state else {
        panic!("{form:?}")
    };
    assert_eq!(account.as_deref(), Some("anna@example.com"));
    assert!(!format!("{form:?}").contains(&server_password()));
    // Another setting is changed without signing in again.
    let mut pairs = typed(&world);
    pairs.push((forms::TOKEN.to_owned(), form.token));
    let input = connections::Input::Posted(&pairs);
    let test = connections::submit(hub, scope, Target::Existing(connection), input)
        .await
        .unwrap();
    assert_eq!(world.wait_for_test(test).await.state, Progress::Passed);
    world.end().await;
}

#[tokio::test]
async fn only_the_session_and_tenant_that_left_may_come_back() {
    let (world, provider) = world().await;
    let (flow, url) = leave(&world, &new("Shop")).await;
    let said = provider.allow(&url, "anna@example.com");
    let hub = &world.hub;
    let ben = world.another_tenant().await;
    let other_session = [8; 32];
    for (scope, session) in [
        (&world.anna.scope, &other_session),
        (&ben.scope, &SESSION),
        (&ben.scope, &other_session),
    ] {
        assert_eq!(
            consent::land(hub, scope, session, &said).await.unwrap(),
            Err(Unknown)
        );
        assert!(matches!(
            consent::departure(hub, scope, session, flow).await,
            Err(Error::NotFound)
        ));
    }
    assert!(matches!(
        consent::view(hub, &ben.scope, flow).await,
        Err(Error::NotFound)
    ));
    for foreign in [pairs(&[]), pairs(&[("state", "made-up"), ("code", "c")])] {
        assert_eq!(back(&world, &foreign).await, Err(Unknown));
    }
    // All that used up nothing: the right person still lands.
    let landing = back(&world, &said).await.unwrap();
    assert!(
        matches!(landing.outcome, ConsentOutcome::Tested { .. }),
        "{landing:?}"
    );
    world.end().await;
}

#[tokio::test]
async fn a_refusal_says_why_and_keeps_what_was_typed() {
    let (world, _provider) = world().await;
    let (hub, scope) = (&world.hub, &world.anna.scope);

    let (flow, url) = leave(&world, &new("Shop")).await;
    let denied = pairs(&[
        ("state", &state(&url)),
        ("error", "access_denied"),
        ("error_description", "Not today"),
    ]);
    assert_eq!(
        back(&world, &denied).await.unwrap().outcome,
        ConsentOutcome::Denied {
            words: Some("Not today".to_owned())
        }
    );
    let asked = Asked {
        flow: Some(flow),
        ..Asked::default()
    };
    let again = forms::form(hub, scope, "postgresql", asked).await.unwrap();
    let FormState::Ready(again) = again else {
        panic!("{again:?}")
    };
    assert_eq!(again.suggested_name, "Shop");
    let database = world.settings(json!({}))["database"].clone();
    assert!(
        format!("{again:?}").contains(database.as_str().unwrap()),
        "{again:#?}"
    );
    world.end().await;
}

#[tokio::test]
async fn a_foreign_issuer_and_a_foreign_code_connect_nothing() {
    let (world, provider) = world().await;
    let (_, url) = leave(&world, &new("Shop")).await;
    let mixed_up = pairs(&[
        ("state", &state(&url)),
        ("code", "c"),
        ("iss", "https://evil.example.com"),
    ]);
    assert_eq!(
        back(&world, &mixed_up).await.unwrap().outcome,
        ConsentOutcome::NotUnderstood
    );

    // A code that was made for somebody else's trip has another verifier.
    let (_, theirs) = leave(&world, &new("Shop")).await;
    let injected = provider.allow(&theirs, "eve@example.com");
    let (_, ours) = leave(&world, &new("Shop")).await;
    let mut said = injected.clone();
    said[1].1 = state(&ours);
    let landing = back(&world, &said).await.unwrap();
    assert!(
        matches!(landing.outcome, ConsentOutcome::Refused { .. }),
        "{landing:?}"
    );
    world.end().await;
}

#[tokio::test]
async fn what_the_provider_leaves_out_or_cannot_do_is_told() {
    let (world, provider) = world().await;
    let (hub, scope) = (&world.hub, &world.anna.scope);
    provider.memory.lock().unwrap().granted = "something else".to_owned();
    let (_, url) = leave(&world, &new("Shop")).await;
    assert_eq!(
        back(&world, &provider.allow(&url, "a"))
            .await
            .unwrap()
            .outcome,
        ConsentOutcome::MissingScopes {
            scopes: vec!["rows".to_owned()]
        }
    );
    {
        let mut memory = provider.memory.lock().unwrap();
        assert_eq!(memory.given_back.len(), 1, "it was granted for nothing");
        memory.granted = "rows".to_owned();
    }

    provider.memory.lock().unwrap().down = true;
    let (_, url) = leave(&world, &new("Shop")).await;
    assert_eq!(
        back(&world, &provider.allow(&url, "a"))
            .await
            .unwrap()
            .outcome,
        ConsentOutcome::Unreachable
    );
    provider.memory.lock().unwrap().down = false;

    let (flow, url) = leave(&world, &new("Shop")).await;
    let said = provider.allow(&url, "a");
    sql(
        world.control(),
        "UPDATE oauth_flows SET expires_at = now() - interval '1 second'",
    )
    .await;
    let seen = consent::view(hub, scope, flow).await.unwrap();
    assert_eq!(seen.outcome, Some(ConsentOutcome::Expired));
    assert_eq!(
        back(&world, &said).await.unwrap().outcome,
        ConsentOutcome::Expired
    );

    let secret = SecretString::from("wrong");
    clients::set_platform(hub, &scope::operator(), "local", CLIENT.0, &secret)
        .await
        .unwrap();
    let (_, url) = leave(&world, &new("Shop")).await;
    assert_eq!(
        back(&world, &provider.allow(&url, "a"))
            .await
            .unwrap()
            .outcome,
        ConsentOutcome::WrongClient
    );
    let page = connections::list(hub, scope, &connections::Filter::default(), None)
        .await
        .unwrap();
    assert!(
        page.items.is_empty(),
        "nothing of this made a connection: {page:?}"
    );
    world.end().await;
}

#[tokio::test]
async fn a_draft_offers_to_sign_in_and_pasted_keys_stay_pasted() {
    let (world, _provider) = world().await;
    let (hub, scope) = (&world.hub, &world.anna.scope);
    let draft = connections::save_draft(hub, scope, new("Later"), &typed(&world))
        .await
        .unwrap();
    let form = form_of(&world, draft).await;
    assert_eq!(form.sign_in.unwrap().state, SignInState::Needed);

    let pasted = world.connect("Pasted").await;
    let form = form_of(&world, pasted).await;
    assert_eq!(form.sign_in.unwrap().state, SignInState::ByHand);
    // Who wishes it signs in all the same.
    let asked = Asked {
        way: Some(forms::Way::SignIn),
        ..Asked::default()
    };
    let form = forms::edit_form(hub, scope, pasted, asked).await.unwrap();
    let FormState::Ready(form) = form else {
        panic!("{form:?}")
    };
    assert_eq!(form.sign_in.unwrap().state, SignInState::Needed);
    world.end().await;
}
