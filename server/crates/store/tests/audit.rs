//! The audit trail shows every change: lines edited, removed, inserted, cut off or replaced.

#![expect(clippy::unwrap_used, reason = "a test that cannot go on fails")]

mod support;

use model::{TenantId, UserId};
use seal::KeyRing;
use sqlx::{AssertSqlSafe, Connection, PgConnection};
use store::{
    admin::audit::{AuditFilter, list},
    audit::{self, Chain, Line, Verdict},
    ids::Id,
    tenants,
};
use support::{Databases, with_databases};
use time::{OffsetDateTime, macros::datetime};

const NOON: OffsetDateTime = datetime!(2026-05-04 12:00:00.123456789 UTC);

async fn write(databases: &Databases, ring: &KeyRing, chain: Chain, action: &str) {
    let mut tx = databases.store.platform().await.unwrap();
    let actor = UserId::fresh().to_string();
    let line = Line {
        at: NOON,
        actor: &actor,
        ip: Some("203.0.113.7"),
        action,
        target: "ten_x",
        detail: "ana@example.com",
    };
    audit::append(&mut tx, ring, chain, &line).await.unwrap();
    tx.commit().await.unwrap();
}

async fn verdict(databases: &Databases, ring: &KeyRing, chain: Chain) -> Verdict {
    let mut tx = databases.store.platform().await.unwrap();
    audit::verify(&mut tx, ring, chain).await.unwrap()
}

async fn new_tenant(databases: &Databases) -> TenantId {
    let tenant = TenantId::fresh();
    let mut tx = databases.store.platform().await.unwrap();
    tenants::insert(&mut tx, tenant, "Northwind", NOON)
        .await
        .unwrap();
    tx.commit().await.unwrap();
    tenant
}

#[tokio::test]
async fn every_way_to_tamper_is_found() {
    for (tamper, line) in [
        ("UPDATE audit_lines SET action = 'nothing' WHERE n = 3", 3),
        (
            "UPDATE audit_lines SET at = at + INTERVAL '1 second' WHERE n = 3",
            3,
        ),
        ("UPDATE audit_lines SET actor = 'system' WHERE n = 3", 3),
        (
            "UPDATE audit_lines SET detail = detail || '\\x00'::bytea WHERE n = 3",
            3,
        ),
        ("DELETE FROM audit_lines WHERE n = 3", 3),
        ("DELETE FROM audit_lines WHERE n = 5", 5),
        (
            "UPDATE audit_lines SET n = 30 WHERE n = 3; UPDATE audit_lines SET n = 3 WHERE n = 4; UPDATE audit_lines SET n = 4 WHERE n = 30",
            3,
        ),
        ("UPDATE audit_chains SET n = 4", 6),
    ] {
        with_databases(async |databases| {
            let ring = KeyRing::random().unwrap();
            for n in 1..=5 {
                write(databases, &ring, Chain::Platform, &format!("act.{n}")).await;
            }
            assert_eq!(
                verdict(databases, &ring, Chain::Platform).await,
                Verdict::Whole(5)
            );
            // Even the tables' owner must first take the guard away.
            let mut superuser = PgConnection::connect_with(
                &databases
                    .logins
                    .data_superuser
                    .clone()
                    .database(databases.logins.control.get_database().unwrap()),
            )
            .await
            .unwrap();
            sqlx::raw_sql("ALTER TABLE audit_lines DISABLE TRIGGER ALL")
                .execute(&mut superuser)
                .await
                .unwrap();
            sqlx::raw_sql(AssertSqlSafe(tamper))
                .execute(&mut superuser)
                .await
                .unwrap();
            superuser.close().await.unwrap();
            let found = verdict(databases, &ring, Chain::Platform).await;
            assert!(
                matches!(found, Verdict::Broken { n, .. } if n == line),
                "{tamper}: {found}"
            );
        })
        .await;
    }
}

#[tokio::test]
async fn the_program_can_only_append() {
    with_databases(async |databases| {
        let ring = KeyRing::random().unwrap();
        write(databases, &ring, Chain::Platform, "act").await;
        for forbidden in [
            "UPDATE audit_lines SET action = 'x'",
            "DELETE FROM audit_lines",
            "TRUNCATE audit_lines",
            "UPDATE audit_chains SET n = 0",
            "INSERT INTO audit_chains (chain_id, mac, key_id) VALUES ('00000000-0000-0000-0000-000000000001', '', 1)",
            "SELECT audit_append('00000000-0000-0000-0000-000000000000', 9, now(), 'a', NULL, 'b', 'c', '', 1, '', '')",
        ] {
            let mut tx = databases.store.platform().await.unwrap();
            assert!(sqlx::raw_sql(forbidden).execute(&mut *tx).await.is_err(), "{forbidden}");
        }
        let mut owner = PgConnection::connect_with(&databases.logins.control_owner).await.unwrap();
        sqlx::raw_sql("SET app.platform = 'on'").execute(&mut owner).await.unwrap();
        assert!(sqlx::raw_sql("DELETE FROM audit_lines").execute(&mut owner).await.is_err(), "the owner neither");
    })
    .await;
}

#[tokio::test]
async fn a_line_of_a_failed_act_never_was() {
    with_databases(async |databases| {
        let ring = KeyRing::random().unwrap();
        write(databases, &ring, Chain::Platform, "first").await;
        let mut tx = databases.store.platform().await.unwrap();
        let line = Line {
            at: NOON,
            actor: "system",
            ip: None,
            action: "undone",
            target: "x",
            detail: "",
        };
        audit::append(&mut tx, &ring, Chain::Platform, &line)
            .await
            .unwrap();
        drop(tx);
        write(databases, &ring, Chain::Platform, "second").await;
        assert_eq!(
            verdict(databases, &ring, Chain::Platform).await,
            Verdict::Whole(2)
        );
    })
    .await;
}

#[tokio::test]
async fn lines_written_at_once_queue_up_in_one_chain() {
    with_databases(async |databases| {
        let ring = KeyRing::random().unwrap();
        let writes = (0..8).map(|n| {
            let ring = &ring;
            async move { write(databases, ring, Chain::Platform, &format!("act.{n}")).await }
        });
        futures::future::join_all(writes).await;
        assert_eq!(
            verdict(databases, &ring, Chain::Platform).await,
            Verdict::Whole(8)
        );
    })
    .await;
}

#[tokio::test]
async fn an_erased_tenant_leaves_a_whole_chain_that_tells_nothing() {
    with_databases(async |databases| {
        let ring = KeyRing::random().unwrap();
        let tenant = new_tenant(databases).await;
        let chain = Chain::Tenant(tenant);
        write(databases, &ring, chain, "tenant.create").await;
        let rotated = ring.rotated().unwrap();
        let filter = AuditFilter {
            tenant: Some(tenant),
            ..AuditFilter::default()
        };
        let mut tx = databases.store.platform().await.unwrap();
        assert_eq!(audit::rewrap(&mut tx, &rotated).await.unwrap(), 1);
        let (_, line) = list(&mut tx, &rotated, &filter, 10)
            .await
            .unwrap()
            .remove(0);
        assert_eq!(
            (line.detail.as_str(), line.ip.as_deref()),
            ("ana@example.com", Some("203.0.113.7"))
        );

        audit::forget(&mut tx, chain).await.unwrap();
        let (_, line) = list(&mut tx, &rotated, &filter, 10)
            .await
            .unwrap()
            .remove(0);
        assert_eq!((line.detail.as_str(), line.ip.as_deref()), ("erased", None));
        assert_eq!(
            audit::verify(&mut tx, &rotated, chain).await.unwrap(),
            Verdict::Whole(1)
        );
    })
    .await;
}

#[tokio::test]
async fn a_tenant_reads_its_own_chain_and_no_other() {
    with_databases(async |databases| {
        let ring = KeyRing::random().unwrap();
        let (ana, bob) = (new_tenant(databases).await, new_tenant(databases).await);
        for tenant in [ana, bob] {
            write(databases, &ring, Chain::Tenant(tenant), "tenant.create").await;
        }
        write(databases, &ring, Chain::Platform, "account.sign_in").await;
        let mut tx = databases.store.tenant(ana).await.unwrap();
        let seen = list(&mut tx, &ring, &AuditFilter::default(), 10)
            .await
            .unwrap();
        assert_eq!(seen.len(), 1);
        assert_eq!(seen[0].0.chain, ana.uuid());
        let mut tx = databases.store.platform().await.unwrap();
        assert_eq!(
            list(&mut tx, &ring, &AuditFilter::default(), 10)
                .await
                .unwrap()
                .len(),
            3
        );
        let only = AuditFilter {
            action: Some("account.".to_owned()),
            ..AuditFilter::default()
        };
        assert_eq!(list(&mut tx, &ring, &only, 10).await.unwrap().len(), 1);
    })
    .await;
}
