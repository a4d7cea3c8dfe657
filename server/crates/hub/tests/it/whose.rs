//! Whose account it is that signs in: the one from before, and for the site that the settings name.

use hub::{connections::Target, streams};
use model::{ConsentOutcome, Progress, SignInState, SyncMode};
use serde_json::json;

use crate::{
    consent::{back, form_of, leave, new, signed_in, world, world_of},
    provider::Provider,
    running::choice,
    world::sql,
};

#[tokio::test]
async fn the_tables_of_one_account_are_not_filled_by_another() {
    let (world, provider) = world().await;
    let connection = signed_in(&world, &provider, "Shop").await;
    let orders = vec![choice("orders", SyncMode::IncrementalDedupedHistory)];
    streams::choose(&world.hub, &world.anna.scope, connection, orders)
        .await
        .unwrap();
    assert_eq!(world.sync(connection).await.row.rows_read, 5);
    let target = Target::Existing(connection);
    let (_, url) = leave(&world, &target).await;
    let landing = back(&world, &provider.allow(&url, "ben@example.com"))
        .await
        .unwrap();
    assert_eq!(
        landing.outcome,
        ConsentOutcome::WrongAccount {
            signed_in: "ben@example.com".to_owned(),
            expected: "anna@example.com".to_owned()
        }
    );
    let given_back = || provider.memory.lock().unwrap().given_back.clone();
    assert_eq!(given_back().len(), 1, "nobody lives by what Ben granted");
    let (_, url) = leave(&world, &target).await;
    let landing = back(&world, &provider.allow(&url, "")).await.unwrap();
    assert_eq!(
        landing.outcome,
        ConsentOutcome::Unreachable,
        "it may be anybody's"
    );
    provider.memory.lock().unwrap().granted = "less".to_owned();
    let (_, url) = leave(&world, &new("Second")).await;
    let landing = back(&world, &provider.allow(&url, "anna@example.com")).await;
    let outcome = landing.unwrap().outcome;
    assert!(
        matches!(outcome, ConsentOutcome::MissingScopes { .. }),
        "{outcome:?}"
    );
    assert_eq!(
        given_back().len(),
        1,
        "a connection lives by what she granted"
    );
    provider.memory.lock().unwrap().granted = "rows".to_owned();
    let (_, url) = leave(&world, &target).await;
    let landing = back(&world, &provider.allow(&url, "anna@example.com"))
        .await
        .unwrap();
    let ConsentOutcome::Tested {
        connection: same,
        test,
    } = landing.outcome
    else {
        panic!("{landing:?}")
    };
    assert_eq!(same, connection, "signing in again keeps the connection");
    assert_eq!(world.wait_for_test(test).await.state, Progress::Passed);
    world.at_source("INSERT INTO orders VALUES (6)").await;
    let run = world.sync(connection).await;
    let read = run.row.rows_read;
    assert!(read < 6, "and where reading had come to: {run:#?}");
    assert_eq!(run.streams[0].table_rows, Some(6), "{run:#?}");
    world.end().await;
}

#[tokio::test]
async fn a_sign_in_for_several_sites_is_for_the_one_that_is_set() {
    let (world, provider) = world_of(Provider::described_with_sites).await;
    let host = world.settings(json!({}))["host"].clone();
    let ours = format!("https://{}", host.as_str().unwrap());
    let allow = |sites: &[(&str, &str)]| {
        let sites = sites
            .iter()
            .map(|(id, url)| ((*id).to_owned(), (*url).to_owned()));
        provider.memory.lock().unwrap().sites = sites.collect();
    };
    allow(&[("1", "https://other.example.com")]);
    let (_, url) = leave(&world, &new("Shop")).await;
    let landing = back(&world, &provider.allow(&url, "anna")).await.unwrap();
    assert_eq!(
        landing.outcome,
        ConsentOutcome::Elsewhere {
            wanted: host.as_str().unwrap().to_owned(),
            found: vec!["https://other.example.com".to_owned()],
        }
    );

    allow(&[("1", "https://other.example.com"), ("2", &ours)]);
    let connection = signed_in(&world, &provider, "Shop").await;
    let kept = form_of(&world, connection).await.sign_in.unwrap();
    let SignInState::Done { account, .. } = kept.state else {
        panic!("{kept:?}")
    };
    assert_eq!(account.as_deref(), Some(ours.as_str()));
    world.end().await;
}

/// Whoever signs in is told by an address, and the organisation is one part of it.
fn described_by_organisation(provider: &Provider) -> String {
    let described = provider.described();
    described.replace(
        "id = 'account', name",
        "id = 'account', id_segment = 2, name",
    )
}

#[tokio::test]
async fn a_colleague_signs_in_for_what_is_still_kept_under_an_older_id() {
    let (world, provider) = world_of(described_by_organisation).await;
    let of = |organisation: &str, person: &str| {
        format!("https://login.example.com/id/{organisation}/{person}")
    };
    let signs_in = async |target: &Target, account: &str| {
        let (_, url) = leave(&world, target).await;
        let landing = back(&world, &provider.allow(&url, account)).await.unwrap();
        match landing.outcome {
            ConsentOutcome::Tested { connection, test } => {
                assert_eq!(world.wait_for_test(test).await.state, Progress::Passed);
                Ok(connection)
            }
            other => Err(other),
        }
    };
    let connection = signs_in(&new("Shop"), &of("acme", "anna")).await.unwrap();
    let target = Target::Existing(connection);
    let is_acme = "SELECT count(*) FROM oauth_grants WHERE account_id = 'acme'";
    assert_eq!(world.control_count(is_acme).await, 1);

    // As tests left it that had begun before accounts were told so: the person's address, or the organisation's.
    let addresses = [of("acme", "anna"), "https://acme.example.com".to_owned()];
    for older in &addresses {
        let kept = format!("UPDATE oauth_grants SET account_id = '{older}'");
        sql(world.control(), &kept).await;
        let same = signs_in(&target, &of("acme", "ben")).await.unwrap();
        assert_eq!(same, connection);
        assert_eq!(world.control_count(is_acme).await, 1, "{older}");
    }
    let kept = format!("UPDATE oauth_grants SET account_id = '{}'", addresses[0]);
    sql(world.control(), &kept).await;
    let other = of("other", "eve");
    assert_eq!(
        signs_in(&target, &other).await.unwrap_err(),
        ConsentOutcome::WrongAccount {
            signed_in: other.clone(),
            expected: of("acme", "ben"),
        }
    );
    world.end().await;
}
