//! A stored secret goes where it was typed or signed in for: whoever may change an address is not sent it.

use hub::{
    Error,
    connections::{self, Input, Target},
    forms::{self, Asked, MASK},
};
use model::{Control, FormState, Progress, TestId};
use serde_json::{Value, json};

use crate::{
    consent::{self, signed_in},
    world::World,
};

/// A form as a browser posts it, its password left blank.
fn blank(world: &World, change: Value) -> Vec<(String, String)> {
    let settings = world.settings(change);
    let text = |key: &str| match &settings[key] {
        Value::String(text) => text.clone(),
        other => other.to_string(),
    };
    let named = ["host", "port", "database", "username"].map(|key| (key.to_owned(), text(key)));
    let others = [("password", ""), ("ssl_mode", "3")];
    let others = others.map(|(name, value)| (name.to_owned(), value.to_owned()));
    named.into_iter().chain(others).collect()
}

/// The same as a program sends it.
fn masked(world: &World, change: Value) -> Value {
    let mut settings = world.settings(change);
    settings["password"] = json!(MASK);
    settings
}

/// The field that is to blame.
fn refused_at(submitted: Result<TestId, Error>) -> String {
    match submitted {
        Err(Error::Invalid(errors)) => {
            assert_eq!(errors.len(), 1, "{errors:?}");
            errors[0].field.clone()
        }
        other => panic!("{other:?}"),
    }
}

async fn submitted(world: &World, target: &Target, input: Input<'_>) -> Result<TestId, Error> {
    connections::submit(&world.hub, &world.anna.scope, target.clone(), input).await
}

#[tokio::test]
async fn a_password_does_not_follow_an_address_that_somebody_changes() {
    let world = World::new().await;
    world.at_source("CREATE TABLE t (id int PRIMARY KEY)").await;
    let shop = Target::Existing(world.connect("Shop").await);
    for change in [json!({"host": "evil.example.com"}), json!({"port": 1})] {
        let posted = blank(&world, change.clone());
        let read = submitted(&world, &shop, Input::Posted(&posted)).await;
        assert_eq!(refused_at(read), "password", "{change}");
        let sent = masked(&world, change.clone());
        let read = submitted(&world, &shop, Input::Json(&sent)).await;
        assert_eq!(refused_at(read), "password", "{change}");
    }

    // Where the address stays, it is kept as ever.
    let posted = blank(&world, json!({}));
    let test = submitted(&world, &shop, Input::Posted(&posted)).await;
    let view = world.wait_for_test(test.unwrap()).await;
    assert_eq!(view.state, Progress::Passed, "{view:#?}");
    let sent = masked(&world, json!({}));
    let test = submitted(&world, &shop, Input::Json(&sent)).await;
    let view = world.wait_for_test(test.unwrap()).await;
    assert_eq!(view.state, Progress::Passed, "{view:#?}");

    // Typed anew it goes anywhere. What was tried there is no way to the one that is stored.
    let elsewhere = json!({"host": "nowhere.invalid", "password": "of mine"});
    let typed = world.settings(elsewhere);
    let test = submitted(&world, &shop, Input::Json(&typed)).await;
    let view = world.wait_for_test(test.unwrap()).await;
    assert_eq!(view.state, Progress::Failed, "{view:#?}");
    let back = masked(&world, json!({}));
    let read = submitted(&world, &shop, Input::Json(&back)).await;
    assert_eq!(refused_at(read), "password", "it would be the other one");
    world.end().await;
}

#[tokio::test]
async fn a_mask_that_stands_for_nothing_reaches_no_engine() {
    let world = World::new().await;
    let new = Target::New {
        slug: "postgresql".to_owned(),
        name: "Shop".to_owned(),
    };
    let sent = masked(&world, json!({}));
    let read = submitted(&world, &new, Input::Json(&sent)).await;
    assert_eq!(refused_at(read), "form");
    world.end().await;
}

#[tokio::test]
async fn a_draft_that_leads_elsewhere_asks_for_its_password() {
    let world = World::new().await;
    let (hub, scope) = (&world.hub, &world.anna.scope);
    let new = Target::New {
        slug: "postgresql".to_owned(),
        name: "Shop".to_owned(),
    };
    let mut typed = blank(&world, json!({}));
    typed.push(("password".to_owned(), "of Anna".to_owned()));
    let id = connections::save_draft(hub, scope, new, &typed)
        .await
        .unwrap();
    let is_kept = async || {
        let form = forms::edit_form(hub, scope, id, Asked::default()).await;
        let FormState::Ready(form) = form.unwrap() else {
            panic!("no form")
        };
        let mut fields = form.sections.iter().flat_map(|section| &section.fields);
        let password = fields.find(|field| field.name == "password").unwrap();
        matches!(
            password.control,
            Control::Secret {
                set_on: Some(_),
                ..
            }
        )
    };
    let target = Target::Existing(id);
    let same = blank(&world, json!({"database": "another"}));
    connections::save_draft(hub, scope, target.clone(), &same)
        .await
        .unwrap();
    assert!(is_kept().await);
    let moved = blank(&world, json!({"host": "evil.example.com"}));
    connections::save_draft(hub, scope, target, &moved)
        .await
        .unwrap();
    assert!(!is_kept().await);
    world.end().await;
}

#[tokio::test]
async fn a_sign_in_does_not_follow_an_address_that_somebody_changes() {
    let (world, provider) = consent::world().await;
    let shop = Target::Existing(signed_in(&world, &provider, "Shop").await);
    let elsewhere = json!({"host": "evil.example.com"});
    let mut posted = blank(&world, elsewhere.clone());
    posted.push((forms::WAY.to_owned(), "sign_in".to_owned()));
    let read = submitted(&world, &shop, Input::Posted(&posted)).await;
    assert_eq!(refused_at(read), forms::WAY);
    // Neither as if it had been typed.
    let posted = blank(&world, elsewhere.clone());
    let read = submitted(&world, &shop, Input::Posted(&posted)).await;
    assert_eq!(refused_at(read), "password");
    let sent = masked(&world, elsewhere);
    let read = submitted(&world, &shop, Input::Json(&sent)).await;
    assert_eq!(refused_at(read), "password");

    // Signed in again it is for the new address.
    let mut posted = blank(&world, json!({"host": "localhost"}));
    posted.push((forms::WAY.to_owned(), "sign_in".to_owned()));
    let (hub, scope) = (&world.hub, &world.anna.scope);
    let window = hub::consent::Window::Same;
    let trip = hub::consent::begin(hub, scope, &consent::SESSION, &shop, &posted, window).await;
    let away = hub::consent::departure(hub, scope, &consent::SESSION, trip.unwrap()).await;
    let said = provider.allow(&away.unwrap().url, "anna@example.com");
    let landed = consent::back(&world, &said).await.unwrap();
    assert!(
        matches!(landed.outcome, model::ConsentOutcome::Tested { .. }),
        "{landed:?}"
    );
    world.end().await;
}
