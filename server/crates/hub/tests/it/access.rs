//! Who gets in and until when: sessions, API keys, the console.

use hub::{Error, accounts, api_keys, scope, sessions};
use model::{Scope as KeyScope, UserId};
use secrecy::{ExposeSecret, SecretString};
use store::ids::Id;

use crate::people::{ANA, PASSWORD, People, field, open_session};

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
        sessions::revoke(&t.hub, bob, hers[0].id, &t.client).await,
        Err(Error::NotFound)
    ));
    sessions::revoke(&t.hub, ana, hers[0].id, &t.client)
        .await
        .unwrap();
    assert!(sessions::list(&t.hub, ana, None).await.unwrap().is_empty());
    accounts::change_password(&t.hub, bob, PASSWORD, "velvet anchor biscuit", &t.client)
        .await
        .unwrap();
    assert!(
        sessions::list(&t.hub, bob, None).await.unwrap().is_empty(),
        "a new password ends them all"
    );
    assert_eq!(
        field(accounts::change_password(&t.hub, bob, PASSWORD, PASSWORD, &t.client).await),
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
    accounts::verify_email(&t.hub, claim, &t.code(ANA), &t.client)
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
