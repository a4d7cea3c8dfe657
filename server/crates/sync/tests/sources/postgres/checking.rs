//! A check: its steps, and faults that blame the field to change.

use serde_json::{Value, json};
use sync::connector::StepState;
use sync::fault::Kind;
use sync::outbound::Policy;

use super::SOURCE;
use crate::database::Database;
use crate::harness::{check, context, local};

#[tokio::test]
async fn the_steps_of_a_check() {
    let db = Database::create("check").await;
    let (verdict, steps) = check(&SOURCE, &db.config, &local()).await;
    let fault = verdict.unwrap_err();
    assert_eq!(
        (fault.kind, fault.field.as_deref()),
        (Kind::Config, Some("schemas")),
        "an empty database has nothing to read"
    );
    let names: Vec<_> = steps
        .iter()
        .map(|(name, state)| (name.as_str(), *state))
        .collect();
    let (passed, skipped, failed) = (StepState::Passed, StepState::Skipped, StepState::Failed);
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
    db.run("CREATE TABLE t (id int)").await;
    assert_eq!(check(&SOURCE, &db.config, &local()).await.0, Ok(()));
}

#[tokio::test]
async fn faults_blame_the_field_to_change() {
    let db = Database::create("faults").await;
    let with = |field: &str, value: Value| {
        let mut config = db.config.clone();
        config[field] = value;
        config
    };
    let cases = [
        (
            with("database", json!("no_such_database")),
            Kind::Config,
            "database",
        ),
        (with("port", json!(1)), Kind::Unreachable, "port"),
        (
            with("host", json!("no-such-host.invalid")),
            Kind::Unreachable,
            "host",
        ),
        (
            with("host", json!("/var/run/postgresql")),
            Kind::Config,
            "host",
        ),
        (
            with(
                "ssl_mode",
                json!({"mode": "verify-ca", "ca_certificate": "nonsense"}),
            ),
            Kind::Config,
            "ssl_mode.ca_certificate",
        ),
        // What Airbyte's source offers and this one does not, so that another way is taken.
        (
            with("replication_method", json!({"method": "CDC"})),
            Kind::Unsupported,
            "replication_method",
        ),
        (
            with("tunnel_method", json!({"tunnel_method": "SSH_KEY_AUTH"})),
            Kind::Unsupported,
            "tunnel_method",
        ),
        (
            with(
                "ssl_mode",
                json!({"mode": "verify-full", "client_certificate": "x", "client_key": "y"}),
            ),
            Kind::Unsupported,
            "ssl_mode",
        ),
    ];
    for (config, kind, field) in cases {
        let fault = check(&SOURCE, &config, &local()).await.0.unwrap_err();
        assert_eq!(
            (fault.kind.clone(), fault.field.as_deref()),
            (kind, Some(field)),
            "{fault}"
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
