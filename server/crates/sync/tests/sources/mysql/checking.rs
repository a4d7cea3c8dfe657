//! A check: its steps, and faults that blame the field to change.

use serde_json::json;
use sync::connector::StepState;
use sync::fault::Kind;
use sync::outbound::Policy;

use super::{SOURCE, database::Database};
use crate::harness::{check, context, local};

#[tokio::test]
async fn the_steps_of_a_check() {
    let db = Database::create("check");
    let (verdict, steps) = check(&SOURCE, &db.config, &local()).await;
    let fault = verdict.unwrap_err();
    assert_eq!(
        (fault.kind, fault.field.as_deref()),
        (Kind::Config, Some("database")),
        "an empty database has nothing to read"
    );
    let (passed, skipped, failed) = (StepState::Passed, StepState::Skipped, StepState::Failed);
    let names: Vec<_> = steps
        .iter()
        .map(|(name, state)| (name.as_str(), *state))
        .collect();
    assert_eq!(
        names,
        [
            ("Name resolves", passed),
            ("Port open", passed),
            ("Encrypted", skipped),
            ("Login accepted", passed),
            ("Tables readable", failed)
        ]
    );
    db.run("CREATE TABLE t (id INT)");
    assert_eq!(check(&SOURCE, &db.config, &local()).await.0, Ok(()));
}

#[tokio::test]
async fn faults_blame_the_field_to_change() {
    let db = Database::create("faults");
    db.run("CREATE TABLE t (id INT)");
    db.administer("CREATE OR REPLACE USER sync_bare@'%' IDENTIFIED BY 'right'");
    let mut bare = db.with("username", json!("sync_bare"));
    bare["password"] = json!("right");
    let cases = [
        (
            db.with("password", json!("wrong")),
            Kind::Credentials,
            "password",
        ),
        (
            db.with("password", json!("")),
            Kind::Credentials,
            "password",
        ),
        (
            db.with("username", json!("nobody")),
            Kind::Credentials,
            "password",
        ),
        (bare, Kind::Forbidden, "database"),
        (
            db.with("database", json!("no_such_database")),
            Kind::Config,
            "database",
        ),
        (db.with("port", json!(1)), Kind::Unreachable, "port"),
        (
            db.with("host", json!("no-such-host.invalid")),
            Kind::Unreachable,
            "host",
        ),
        (
            db.with("host", json!("/var/run/mysqld/mysqld.sock")),
            Kind::Config,
            "host",
        ),
        (
            db.with("ssl_mode", json!({"mode": "required"})),
            Kind::Config,
            "ssl_mode",
        ),
        (
            db.with("replication_method", json!({"method": "CDC"})),
            Kind::Unsupported,
            "replication_method",
        ),
    ];
    for (config, kind, field) in cases {
        let fault = check(&SOURCE, &config, &local()).await.0.unwrap_err();
        assert_eq!(
            (fault.kind.clone(), fault.field.as_deref()),
            (kind, Some(field)),
            "{fault}"
        );
        assert!(
            !format!("{fault:?}").contains("wrong\""),
            "no password in the fault"
        );
    }
    let (verdict, steps) = check(&SOURCE, &db.config, &context(Policy::default())).await;
    let fault = verdict.unwrap_err();
    assert_eq!(
        (fault.kind, fault.field.as_deref()),
        (Kind::Forbidden, Some("host"))
    );
    assert!(fault.message.contains("127.0.0.1/32"), "{}", fault.message);
    assert_eq!(steps, [("Name resolves".to_owned(), StepState::Failed)]);
}
