//! People: signing up, proving the address, signing in, and what strangers do not learn.

use hub::{Error, accounts, admin, audit, scope, sessions};

use crate::people::{ANA, PASSWORD, People, field, open_session};

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
        field(accounts::verify_email(&t.hub, made.user, "000000x", &t.client).await),
        "code"
    );
    let code = t.code("Ana@Example.com");
    let spaced = format!(" {} {} ", &code[..3], &code[3..]);
    assert_eq!(
        accounts::verify_email(&t.hub, made.user, &spaced, &t.client)
            .await
            .unwrap(),
        made.user
    );
    assert_eq!(
        field(accounts::verify_email(&t.hub, made.user, &code, &t.client).await),
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
        field(accounts::verify_email(&t.hub, claim, &first, &t.client).await),
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
            field(accounts::verify_email(&t.hub, claim, wrong, &t.client).await),
            "code"
        );
    }
    assert_eq!(
        field(accounts::verify_email(&t.hub, claim, &second, &t.client).await),
        "code",
        "guessed too often"
    );
    t.later(60);
    accounts::resend_code(&t.hub, claim).await.unwrap();
    assert!(
        accounts::verify_email(&t.hub, claim, &t.code(ANA), &t.client)
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
    accounts::verify_email(&t.hub, claim, &t.code(ANA), &t.client)
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
        field(accounts::verify_email(&t.hub, stranger.user, "123456", &t.client).await),
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
    let user = accounts::verify_email(&t.hub, claim, &t.code(ANA), &t.client)
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
    let user = accounts::verify_email(&t.hub, claim, &t.code(ANA), &t.client)
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
        field(accounts::reset_password(&t.hub, &token, "ana@example.com", &t.client).await),
        "password",
        "too weak"
    );
    let fresh = "velvet anchor biscuit";
    assert_eq!(
        accounts::reset_password(&t.hub, &token, fresh, &t.client)
            .await
            .unwrap(),
        user,
        "the weak one did not cost the link"
    );
    assert!(matches!(
        accounts::reset_password(&t.hub, &token, PASSWORD, &t.client).await,
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
        accounts::reset_password(&t.hub, &late, PASSWORD, &t.client).await,
        Err(Error::Conflict(_))
    ));
    t.end().await;
}

#[tokio::test]
async fn one_line_of_ipv6_is_one_address_to_the_limits() {
    let t = People::new().await;
    let ask = async |n: usize, ip: String| {
        let client = hub::Client {
            ip,
            ..t.client.clone()
        };
        accounts::request_reset(&t.hub, &format!("p{n}@example.com"), &client).await
    };
    for n in 0..30 {
        ask(n, format!("2001:db8:1:2::{n:x}")).await.unwrap();
    }
    let refused = ask(30, "2001:db8:1:2:ffff::1".to_owned()).await;
    assert!(matches!(refused, Err(Error::TooMany { .. })), "{refused:?}");
    ask(31, "2001:db8:1:3::1".to_owned())
        .await
        .expect("the next line is another address");
    t.end().await;
}

#[tokio::test]
async fn wrong_links_of_a_stranger_keep_nobody_else_from_a_new_password() {
    let t = People::new().await;
    accounts::sign_up(&t.hub, People::form(ANA, PASSWORD), &t.client)
        .await
        .unwrap();
    t.later(10);
    accounts::request_reset(&t.hub, ANA, &t.client)
        .await
        .unwrap();
    let stranger = hub::Client {
        ip: "198.51.100.9".to_owned(),
        ..t.client.clone()
    };
    for _ in 0..60 {
        let wrong = accounts::reset_password(&t.hub, "guessed", PASSWORD, &stranger).await;
        assert!(matches!(wrong, Err(Error::Conflict(_))), "{wrong:?}");
    }
    let refused = accounts::reset_password(&t.hub, "guessed", PASSWORD, &stranger).await;
    assert!(matches!(refused, Err(Error::TooMany { .. })), "{refused:?}");
    accounts::reset_password(&t.hub, &t.token(ANA), "velvet anchor biscuit", &t.client)
        .await
        .expect("her link works");
    t.end().await;
}

#[tokio::test]
async fn the_trail_tells_where_a_person_acted_from() {
    let t = People::new().await;
    let claim = accounts::sign_up(&t.hub, People::form(ANA, PASSWORD), &t.client)
        .await
        .unwrap()
        .user;
    let user = accounts::verify_email(&t.hub, claim, &t.code(ANA), &t.client)
        .await
        .unwrap();
    open_session(&t, user).await;
    let session = sessions::list(&t.hub, user, None).await.unwrap()[0].id;
    sessions::revoke(&t.hub, user, session, &t.client)
        .await
        .unwrap();
    accounts::change_password(&t.hub, user, PASSWORD, "velvet anchor biscuit", &t.client)
        .await
        .unwrap();
    t.later(10);
    accounts::request_reset(&t.hub, ANA, &t.client)
        .await
        .unwrap();
    accounts::reset_password(&t.hub, &t.token(ANA), PASSWORD, &t.client)
        .await
        .unwrap();
    let trail = admin::audit(&t.hub, &scope::operator(), &admin::AuditQuery::default())
        .await
        .unwrap();
    for action in [
        "account.verify",
        "session.revoke",
        "account.change_password",
        "account.reset_password",
    ] {
        let line = trail.items.iter().find(|line| line.action == action);
        let from = line.expect(action).ip.as_deref();
        assert_eq!(from, Some("203.0.113.7"), "{action}");
    }
    t.end().await;
}
