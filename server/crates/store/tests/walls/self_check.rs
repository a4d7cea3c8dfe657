//! The check at the start finds walls that are down, keys that do not fit and a login that may too much.

use seal::KeyRing;
use sqlx::{Connection, PgConnection};
use store::self_check::{self, OldServer};

use super::{NOON, support::with_databases};

#[tokio::test]
async fn the_start_up_check_finds_what_is_unsafe() {
    with_databases(async |databases| {
        let ring = KeyRing::random().unwrap();
        let pool = &databases.store.pool;
        let problems = |checks: Vec<self_check::Check>| -> Vec<(&'static str, String)> {
            checks
                .into_iter()
                .filter_map(|check| check.problem.map(|why| (check.name, why)))
                .collect()
        };
        assert_eq!(
            problems(
                self_check::run(pool, &ring, OldServer::Refuse, NOON)
                    .await
                    .unwrap()
            ),
            []
        );

        let stranger = KeyRing::random().unwrap();
        let found = problems(
            self_check::run(pool, &stranger, OldServer::Refuse, NOON)
                .await
                .unwrap(),
        );
        assert_eq!(found.len(), 1);
        assert_eq!(found[0].0, "Key file");

        let mut owner = PgConnection::connect_with(&databases.logins.control_owner)
            .await
            .unwrap();
        sqlx::raw_sql("ALTER TABLE api_keys NO FORCE ROW LEVEL SECURITY")
            .execute(&mut owner)
            .await
            .unwrap();
        let found = problems(
            self_check::run(pool, &ring, OldServer::Refuse, NOON)
                .await
                .unwrap(),
        );
        assert!(
            found.len() == 1 && found[0].1.contains("api_keys"),
            "{found:?}"
        );

        let superuser = store::Store::connect(
            databases
                .logins
                .data_superuser
                .clone()
                .database(databases.logins.control.get_database().unwrap()),
            1,
        )
        .await
        .unwrap();
        let found = problems(
            self_check::run(&superuser.pool, &ring, OldServer::Refuse, NOON)
                .await
                .unwrap(),
        );
        assert!(
            found
                .iter()
                .any(|(name, why)| *name == "Database login" && why.contains("use hub_app")),
            "{found:?}"
        );
        superuser.pool.close().await;
    })
    .await;
}
