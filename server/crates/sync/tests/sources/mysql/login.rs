//! Passwords and encryption of the MySQL source, on a server that insists on them.

use serde_json::json;
use sync::connector::{Connector, StepState};
use sync::fault::Kind;
use sync::outbound::Policy;

use super::server::Server;
use crate::harness::{check, context, local, read_whole};

const SOURCE: Connector = Connector::MySql;

#[tokio::test]
async fn passwords_and_encryption() {
    let server = Server::start();
    let authority = server.certificate.clone();
    let (required, preferred) = (json!({"mode": "required"}), json!({"mode": "preferred"}));
    let verify_ca = json!({"mode": "verify_ca", "ca_certificate": authority});
    let verify_identity = json!({"mode": "verify_identity", "ca_certificate": authority});
    let verify_public = json!({"mode": "verify_identity"});

    for (user, password, mode) in [
        ("anna", "right", &required),
        ("anna", "right", &preferred),
        ("anna", "right", &verify_ca),
        ("anna", "right", &verify_identity),
        ("plain", "right", &required),
        ("empty", "", &required),
    ] {
        let (verdict, steps) = check(&SOURCE, &server.config(user, password, mode), &local()).await;
        assert_eq!(verdict, Ok(()), "{user} {mode}");
        assert_eq!(steps[2], ("Encrypted".to_owned(), StepState::Passed));
    }
    // An authority the operator trusts counts among the public ones.
    let trusting = context(Policy {
        allow_private: vec!["127.0.0.0/8".parse().unwrap(), "::1/128".parse().unwrap()],
        extra_roots: vec![authority.clone()],
        ..Policy::default()
    });
    let config = server.config("anna", "right", &verify_public);
    assert_eq!(check(&SOURCE, &config, &trusting).await.0, Ok(()));

    let (verdict, steps) = check(
        &SOURCE,
        &server.config("anna", "wrong", &required),
        &local(),
    )
    .await;
    let fault = verdict.unwrap_err();
    assert_eq!(
        (fault.kind.clone(), fault.field.as_deref()),
        (Kind::Credentials, Some("password")),
        "{fault}"
    );
    assert_eq!(
        steps[2..],
        [
            ("Encrypted".to_owned(), StepState::Passed),
            ("Login accepted".to_owned(), StepState::Failed)
        ]
    );

    let cases = [
        ("anna", "", &required, Kind::Credentials, "password"),
        ("nobody", "right", &required, Kind::Credentials, "password"),
        (
            "elsewhere",
            "right",
            &required,
            Kind::Credentials,
            "password",
        ),
        ("locked", "right", &required, Kind::Credentials, "username"),
        // It comes from no public authority.
        ("anna", "right", &verify_public, Kind::Config, "ssl_mode"),
    ];
    for (user, password, mode, kind, field) in cases {
        let config = server.config(user, password, mode);
        let fault = check(&SOURCE, &config, &local()).await.0.unwrap_err();
        assert_eq!(
            (fault.kind.clone(), fault.field.as_deref()),
            (kind, Some(field)),
            "{user} {mode}: {fault}"
        );
    }

    // The certificate is made out to the name, not to the address.
    let mut config = server.config("anna", "right", &verify_identity);
    config["host"] = json!("127.0.0.1");
    let (verdict, steps) = check(&SOURCE, &config, &local()).await;
    let fault = verdict.unwrap_err();
    assert_eq!(
        (fault.kind.clone(), fault.field.as_deref()),
        (Kind::Config, Some("ssl_mode")),
        "{fault}"
    );
    assert_eq!(steps[2], ("Encrypted".to_owned(), StepState::Failed));
    config["ssl_mode"] = verify_ca;
    assert_eq!(check(&SOURCE, &config, &local()).await.0, Ok(()));
}

#[tokio::test]
async fn habits_of_a_server_change_no_value() {
    let server = Server::start();
    let config = server.config("anna", "right", &json!({"mode": "required"}));
    let outcome = read_whole(&SOURCE, &config, &local()).await;
    assert_eq!(outcome.result, Ok(()));
    assert_eq!(
        outcome.records()[0].data,
        json!({"id": 1, "at": "2024-01-01T00:00:00Z", "name": "Zoë 🐘", "back\\slash": "a\\b'"})
    );
}
