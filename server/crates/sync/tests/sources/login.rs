//! Passwords and encryption of the PostgreSQL source, on a server that insists on them.

use serde_json::json;
use sync::connector::{Connector, StepState};
use sync::fault::Kind;

use crate::harness::{check, local};
use crate::server::Server;

const SOURCE: Connector = Connector::Postgres;

#[tokio::test]
async fn passwords_and_encryption() {
    let server = Server::start();
    let authority = server.certificate.clone();
    let (require, disable) = (json!({"mode": "require"}), json!({"mode": "disable"}));
    let verify_ca = json!({"mode": "verify-ca", "ca_certificate": authority});
    let verify_full = json!({"mode": "verify-full", "ca_certificate": authority});
    let verify_public = json!({"mode": "verify-full"});

    for (user, mode) in [
        ("anna", &require),
        ("anna", &verify_ca),
        ("plain", &disable),
    ] {
        let (verdict, _) = check(&SOURCE, &server.config(user, "right", mode), &local()).await;
        assert_eq!(verdict, Ok(()), "{user} {mode}");
    }

    let (verdict, steps) =
        check(&SOURCE, &server.config("anna", "wrong", &require), &local()).await;
    let fault = verdict.unwrap_err();
    assert_eq!(
        (fault.kind.clone(), fault.field.as_deref()),
        (Kind::Credentials, Some("password")),
        "{fault}"
    );
    assert!(
        !format!("{fault:?}").contains("wrong\""),
        "no password in the fault"
    );
    assert_eq!(
        steps[2..],
        [
            ("Encrypted".to_owned(), StepState::Passed),
            ("Login accepted".to_owned(), StepState::Failed)
        ]
    );

    let cases = [
        ("anna", "", require.clone(), Kind::Credentials, "password"),
        ("nobody", "right", require, Kind::Credentials, "password"),
        ("anna", "right", disable, Kind::Config, "ssl_mode"),
        // The certificate is made out to another host, and comes from no public authority.
        ("anna", "right", verify_full, Kind::Config, "ssl_mode"),
        ("anna", "right", verify_public, Kind::Config, "ssl_mode"),
    ];
    for (user, password, mode, kind, field) in cases {
        let fault = check(&SOURCE, &server.config(user, password, &mode), &local())
            .await
            .0
            .unwrap_err();
        assert_eq!(
            (fault.kind.clone(), fault.field.as_deref()),
            (kind, Some(field)),
            "{user} {mode}: {fault}"
        );
    }
}
