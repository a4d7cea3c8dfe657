//! People: signing up, proving the address, signing in, and what strangers do not learn.

use hub::{Error, accounts, api_keys, audit, scope, sessions};
use model::{Scope as KeyScope, UserId};
use secrecy::{ExposeSecret, SecretString};
use serde_json::json;
use store::ids::Id;

use crate::people::{PASSWORD, People};

const ANA: &str = "ana@example.com";

fn field(outcome: Result<impl Sized, Error>) -> String {
    match outcome {
        Err(Error::Invalid(errors)) => errors[0].field.clone(),
        Err(other) => panic!("{other:?}"),
        Ok(_) => panic!("it was accepted"),
    }
}

#[tokio::test]
async fn ana_signs_up_proves_her_address_and_signs_in() {
    let t = People::new().await;
    let made = accounts::sign_up(
        &t.hub,
        People::form("  Ana@Example.com ", PASSWORD),
        &t.client,
    )
    .await
    .unwrap();
    let unproven = accounts::me(&t.hub, made.user).await.unwrap();
    assert!(!unproven.email_verified && unproven.tenant.is_none());
    assert!(matches!(
        scope::for_person(&unproven, &t.client),
        Err(Error::Denied { .. })
    ));

    assert_eq!(
        field(accounts::verify_email(&t.hub, made.user, "000000x").await),
        "code"
    );
    let code = t.code("Ana@Example.com");
    let spaced = format!(" {} {} ", &code[..3], &code[3..]);
    assert_eq!(
        accounts::verify_email(&t.hub, made.user, &spaced)
            .await
            .unwrap(),
        made.user
    );
    assert_eq!(
        field(accounts::verify_email(&t.hub, made.user, &code).await),
        "code",
        "a code works once"
    );

    let user = accounts::sign_in(&t.hub, "ANA@example.com", PASSWORD, &t.client)
        .await
        .unwrap();
    let me = accounts::me(&t.hub, user).await.unwrap();
    assert!(me.email_verified && !me.platform_admin);
    assert_eq!(me.tenant.unwrap().tenant_name, "Northwind");
    let verdicts = audit::verify(&t.hub).await.unwrap();
    assert!(
        verdicts.len() == 2 && verdicts.iter().all(|(_, verdict)| verdict.is_sound()),
        "{verdicts:?}"
    );
    t.end().await;
}

#[tokio::test]
async fn every_wrong_field_is_named_at_once() {
    let t = People::new().await;
    let mut form = People::form("ana", "password1");
    form.company = String::new();
    let Err(Error::Invalid(errors)) = accounts::sign_up(&t.hub, form, &t.client).await else {
        panic!("it was accepted")
    };
    let fields: Vec<&str> = errors.iter().map(|error| error.field.as_str()).collect();
    assert_eq!(fields, ["email", "company", "password"]);
    t.end().await;
}

#[tokio::test]
async fn a_code_grows_old_and_bears_five_attempts() {
    let t = People::new().await;
    let claim = accounts::sign_up(&t.hub, People::form(ANA, PASSWORD), &t.client)
        .await
        .unwrap()
        .user;
    let first = t.code(ANA);
    t.later(15 * 60);
    assert_eq!(
        field(accounts::verify_email(&t.hub, claim, &first).await),
        "code",
        "too old"
    );
    accounts::resend_code(&t.hub, claim).await.unwrap();
    let second = t.code(ANA);
    let wrong = if second == "111111" {
        "222222"
    } else {
        "111111"
    };
    for _ in 0..5 {
        assert_eq!(
            field(accounts::verify_email(&t.hub, claim, wrong).await),
            "code"
        );
    }
    assert_eq!(
        field(accounts::verify_email(&t.hub, claim, &second).await),
        "code",
        "guessed too often"
    );
    t.later(60);
    accounts::resend_code(&t.hub, claim).await.unwrap();
    assert!(
        accounts::verify_email(&t.hub, claim, &t.code(ANA))
            .await
            .is_ok()
    );
    t.end().await;
}

#[tokio::test]
async fn a_known_address_looks_like_a_new_one_to_a_stranger() {
    let t = People::new().await;
    let claim = accounts::sign_up(&t.hub, People::form(ANA, PASSWORD), &t.client)
        .await
        .unwrap()
        .user;
    accounts::verify_email(&t.hub, claim, &t.code(ANA))
        .await
        .unwrap();
    t.later(10);
    let stranger = accounts::sign_up(
        &t.hub,
        People::form(ANA, "velvet anchor biscuit"),
        &t.client,
    )
    .await
    .unwrap();
    assert!(
        t.mails(ANA)[1].contains("already have"),
        "Ana is told by mail"
    );
    let seen = accounts::me(&t.hub, stranger.user).await.unwrap();
    assert!(seen.email == ANA && !seen.email_verified && seen.tenant.is_none());
    assert_eq!(
        field(accounts::verify_email(&t.hub, stranger.user, "123456").await),
        "code"
    );
    t.later(10);
    accounts::resend_code(&t.hub, stranger.user).await.unwrap();
    assert_eq!(t.mails(ANA).len(), 3);
    assert!(
        accounts::sign_in(&t.hub, ANA, PASSWORD, &t.client)
            .await
            .is_ok(),
        "nothing of Ana's was changed"
    );
    assert_eq!(
        field(accounts::sign_in(&t.hub, ANA, "velvet anchor biscuit", &t.client).await),
        "password"
    );
    t.end().await;
}

#[tokio::test]
async fn whoever_signs_up_first_with_anas_address_does_not_get_her_account() {
    let t = People::new().await;
    let thief = "velvet anchor biscuit";
    accounts::sign_up(&t.hub, People::form(ANA, thief), &t.client)
        .await
        .unwrap();
    t.later(10);
    let claim = accounts::sign_up(&t.hub, People::form(ANA, PASSWORD), &t.client)
        .await
        .unwrap()
        .user;
    let user = accounts::verify_email(&t.hub, claim, &t.code(ANA))
        .await
        .unwrap();
    assert_eq!(
        accounts::sign_in(&t.hub, ANA, PASSWORD, &t.client)
            .await
            .unwrap(),
        user
    );
    assert_eq!(
        field(accounts::sign_in(&t.hub, ANA, thief, &t.client).await),
        "password"
    );
    t.end().await;
}

#[tokio::test]
async fn two_tabs_that_send_one_form_make_one_account() {
    let t = People::new().await;
    let (left, right) = tokio::join!(
        accounts::sign_up(&t.hub, People::form(ANA, PASSWORD), &t.client),
        accounts::sign_up(&t.hub, People::form(ANA, PASSWORD), &t.client),
    );
    assert!(left.is_ok() && right.is_ok());
    let users: i64 = sqlx::query_scalar("SELECT count(*) FROM users")
        .fetch_one(&t.hub.store().pool)
        .await
        .unwrap();
    assert_eq!(users, 1);
    t.end().await;
}

#[tokio::test]
async fn guessing_is_slowed_down_per_account() {
    let t = People::new().await;
    for _ in 0..10 {
        assert_eq!(
            field(accounts::sign_in(&t.hub, ANA, "wrong", &t.client).await),
            "password"
        );
    }
    let other = hub::Client {
        ip: "198.51.100.9".to_owned(),
        ..t.client.clone()
    };
    let slowed = accounts::sign_in(&t.hub, ANA, "wrong", &other).await;
    assert!(
        matches!(slowed, Err(Error::TooMany { retry_after }) if retry_after.as_secs() == 15 * 60),
        "{slowed:?}"
    );
    t.later(15 * 60);
    assert_eq!(
        field(accounts::sign_in(&t.hub, ANA, "wrong", &other).await),
        "password"
    );
    t.end().await;
}

#[tokio::test]
async fn a_reset_link_works_once_and_ends_every_session() {
    let t = People::new().await;
    let claim = accounts::sign_up(&t.hub, People::form(ANA, PASSWORD), &t.client)
        .await
        .unwrap()
        .user;
    let user = accounts::verify_email(&t.hub, claim, &t.code(ANA))
        .await
        .unwrap();
    open_session(&t, user).await;
    t.later(10);
    accounts::request_reset(&t.hub, "nobody@example.com", &t.client)
        .await
        .expect("the same answer");
    assert!(t.mails("nobody@example.com").is_empty());
    accounts::request_reset(&t.hub, ANA, &t.client)
        .await
        .unwrap();
    let token = t.token(ANA);
    assert_eq!(
        field(accounts::reset_password(&t.hub, &token, "ana@example.com").await),
        "password",
        "too weak"
    );
    let fresh = "velvet anchor biscuit";
    assert_eq!(
        accounts::reset_password(&t.hub, &token, fresh)
            .await
            .unwrap(),
        user,
        "the weak one did not cost the link"
    );
    assert!(matches!(
        accounts::reset_password(&t.hub, &token, PASSWORD).await,
        Err(Error::Conflict(_))
    ));
    assert!(sessions::list(&t.hub, user, None).await.unwrap().is_empty());
    assert!(
        accounts::sign_in(&t.hub, ANA, fresh, &t.client)
            .await
            .is_ok()
    );
    t.later(60);
    accounts::request_reset(&t.hub, ANA, &t.client)
        .await
        .unwrap();
    let late = t.token(ANA);
    t.later(30 * 60);
    assert!(matches!(
        accounts::reset_password(&t.hub, &late, PASSWORD).await,
        Err(Error::Conflict(_))
    ));
    t.end().await;
}

async fn open_session(t: &People, user: UserId) {
    let now = t.hub.clock().now();
    let session = store::sessions::Session {
        token_hash: &seal::token::hash(&seal::token::letters(10)),
        user: Some(user),
        data: &json!({"user": user}),
        ip: "203.0.113.7",
        user_agent: "curl/8",
        expires_at: now + time::Duration::minutes(30),
    };
    let mut conn = t.hub.store().pool.acquire().await.unwrap();
    assert!(
        store::sessions::create(&mut conn, &session, now)
            .await
            .unwrap()
    );
}

#[tokio::test]
async fn a_person_sees_and_ends_only_their_own_sessions() {
    let t = People::new().await;
    let ana = accounts::create_admin(&t.hub, ANA, &SecretString::from(PASSWORD))
        .await
        .unwrap();
    let bob = accounts::create_admin(&t.hub, "bob@example.com", &SecretString::from(PASSWORD))
        .await
        .unwrap();
    open_session(&t, ana).await;
    open_session(&t, bob).await;
    let hers = sessions::list(&t.hub, ana, None).await.unwrap();
    assert_eq!((hers.len(), hers[0].device.as_str()), (1, "curl"));
    assert!(matches!(
        sessions::revoke(&t.hub, bob, hers[0].id).await,
        Err(Error::NotFound)
    ));
    sessions::revoke(&t.hub, ana, hers[0].id).await.unwrap();
    assert!(sessions::list(&t.hub, ana, None).await.unwrap().is_empty());
    accounts::change_password(&t.hub, bob, PASSWORD, "velvet anchor biscuit")
        .await
        .unwrap();
    assert!(
        sessions::list(&t.hub, bob, None).await.unwrap().is_empty(),
        "a new password ends them all"
    );
    assert_eq!(
        field(accounts::change_password(&t.hub, bob, PASSWORD, PASSWORD).await),
        "old_password"
    );
    t.end().await;
}

#[tokio::test]
async fn an_api_key_opens_its_tenant_until_it_is_revoked() {
    let t = People::new().await;
    let operator = scope::operator();
    let tenant = hub::tenants::create(&t.hub, &operator, "Northwind", ANA)
        .await
        .unwrap();
    assert!(
        t.mails(ANA)[0].contains("Choose a password"),
        "the owner is invited"
    );
    let (view, key) =
        api_keys::create_by_operator(&t.hub, &operator, tenant, "ci", &[KeyScope::Read])
            .await
            .unwrap();
    let key = key.expose_secret();
    assert!(key.starts_with(&view.hint[..view.hint.len() - '…'.len_utf8()]));
    let found = scope::for_key(&t.hub, key, &t.client).await.unwrap();
    assert_eq!(found.tenant(), tenant);
    assert!(found.may(hub::Permission::Read) && !found.may(hub::Permission::Sync));
    for wrong in [
        key[..key.len() - 1].to_owned(),
        key.to_uppercase(),
        String::new(),
    ] {
        assert!(matches!(
            scope::for_key(&t.hub, &wrong, &t.client).await,
            Err(Error::NotFound)
        ));
    }
    let stored: Vec<u8> = {
        let mut tx = t.hub.store().platform().await.unwrap();
        sqlx::query_scalar("SELECT secret_hash FROM api_keys")
            .fetch_one(&mut *tx)
            .await
            .unwrap()
    };
    assert_eq!(stored.len(), 32, "a hash, not the key");
    let owner = scope::for_operator(&t.hub, tenant).await.unwrap();
    // The workspace is still being prepared: keys can be looked at, later revoked by its people.
    assert!(matches!(
        api_keys::revoke(&t.hub, &owner, view.id).await,
        Err(Error::Conflict(_))
    ));
    let mut tx = t.hub.store().tenant(tenant).await.unwrap();
    store::api_keys::revoke(&mut tx, tenant, view.id, t.hub.clock().now())
        .await
        .unwrap();
    tx.commit().await.unwrap();
    assert!(matches!(
        scope::for_key(&t.hub, key, &t.client).await,
        Err(Error::NotFound)
    ));
    t.end().await;
}

#[tokio::test]
async fn the_console_is_not_there_for_other_people() {
    let t = People::new().await;
    let claim = accounts::sign_up(&t.hub, People::form(ANA, PASSWORD), &t.client)
        .await
        .unwrap()
        .user;
    accounts::verify_email(&t.hub, claim, &t.code(ANA))
        .await
        .unwrap();
    let me = accounts::me(&t.hub, claim).await.unwrap();
    assert!(matches!(
        scope::platform(&me, &t.client),
        Err(Error::NotFound)
    ));
    assert!(matches!(
        accounts::me(&t.hub, UserId::fresh()).await,
        Err(Error::NotFound)
    ));
    accounts::create_admin(&t.hub, ANA, &SecretString::from(PASSWORD))
        .await
        .unwrap();
    let me = accounts::me(&t.hub, claim).await.unwrap();
    assert!(scope::platform(&me, &t.client).is_ok());
    t.end().await;
}
