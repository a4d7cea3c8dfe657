//! Secrets open for their tenant at their place only, and stay what they were.

use seal::KeyRing;
use secrecy::{ExposeSecret, SecretString};
use store::{
    Error,
    logins::{self, Login, Purpose},
    secrets::{self, Place},
};

use super::{NOON, support::with_databases, tenant};

#[tokio::test]
#[expect(clippy::too_many_lines, reason = "a story in one piece")]
async fn secrets_open_for_their_tenant_at_their_place_only() {
    with_databases(async |databases| {
        let ring = KeyRing::random().unwrap();
        let (ana, _) = tenant(databases, "ana").await;
        let (bob, _) = tenant(databases, "bob").await;
        let mut tx = databases.store.platform().await.unwrap();
        assert!(matches!(
            secrets::keys(&mut tx, &ring, ana).await,
            Err(Error::NoKey)
        ));
        for tenant in [ana, bob] {
            assert_eq!(
                secrets::ensure_key(&mut tx, &ring, tenant, NOON)
                    .await
                    .unwrap(),
                1
            );
            assert_eq!(
                secrets::ensure_key(&mut tx, &ring, tenant, NOON)
                    .await
                    .unwrap(),
                1,
                "one is enough"
            );
        }
        let (hers, his) = (
            secrets::keys(&mut tx, &ring, ana).await.unwrap(),
            secrets::keys(&mut tx, &ring, bob).await.unwrap(),
        );
        let place = Place {
            table: "connections",
            column: "secrets",
            row: uuid::Uuid::now_v7(),
        };
        let record = hers.seal_text(place, &SecretString::from("sk_live"));
        assert_eq!(
            hers.open_text(place, &record).unwrap().expose_secret(),
            "sk_live"
        );
        assert!(his.open_text(place, &record).is_err());
        assert!(
            hers.open_text(
                Place {
                    row: uuid::Uuid::now_v7(),
                    ..place
                },
                &record
            )
            .is_err()
        );
        assert!(
            hers.open_text(
                Place {
                    column: "config",
                    ..place
                },
                &record
            )
            .is_err()
        );

        let rotated = ring.rotated().unwrap();
        assert_eq!(secrets::rewrap(&mut tx, &rotated).await.unwrap(), 2);
        assert_eq!(secrets::rewrap(&mut tx, &rotated).await.unwrap(), 0);
        assert!(
            secrets::keys(&mut tx, &ring, ana).await.is_err(),
            "the old ring alone opens nothing any more"
        );
        let hers = secrets::keys(&mut tx, &rotated, ana).await.unwrap();
        assert!(hers.open_text(place, &record).is_ok());

        assert_eq!(secrets::destroy_keys(&mut tx, ana, NOON).await.unwrap(), 1);
        assert!(matches!(
            secrets::keys(&mut tx, &rotated, ana).await,
            Err(Error::NoKey)
        ));
        assert_eq!(
            secrets::ensure_key(&mut tx, &rotated, ana, NOON)
                .await
                .unwrap(),
            2
        );
        let newer = secrets::keys(&mut tx, &rotated, ana).await.unwrap();
        assert!(
            newer.open_text(place, &record).is_err(),
            "what was shredded stays shredded"
        );
    })
    .await;
}

#[tokio::test]
async fn a_repeated_step_keeps_the_first_password() {
    with_databases(async |databases| {
        let ring = KeyRing::random().unwrap();
        let (ana, _) = tenant(databases, "ana").await;
        let mut tx = databases.store.tenant(ana).await.unwrap();
        secrets::ensure_key(&mut tx, &ring, ana, NOON)
            .await
            .unwrap();
        let keys = secrets::keys(&mut tx, &ring, ana).await.unwrap();
        for password in ["first", "second"] {
            let new = Login {
                login: "t_x_load".to_owned(),
                password: SecretString::from(password),
            };
            let kept = logins::ensure(&mut tx, ana, &keys, Purpose::Load, &new, NOON)
                .await
                .unwrap();
            assert_eq!(kept.password.expose_secret(), "first");
        }
        let stored: Vec<u8> = sqlx::query_scalar("SELECT password FROM data_logins")
            .fetch_one(&mut *tx)
            .await
            .unwrap();
        assert!(!stored.windows(5).any(|part| part == b"first"));
    })
    .await;
}
