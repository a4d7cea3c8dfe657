//! Getting as far as a login: who is let in, what is encrypted, and which field a refusal blames.

use bson::doc;
use serde_json::json;
use sync::connector::StepState;
use sync::fault::Kind;
use sync::outbound::Policy;

use super::stand_in::{Setup, StandIn, User};
use super::{SOURCE, started};
use crate::harness::{check, context, local};

#[tokio::test]
async fn logins_are_proven_both_ways() {
    for mechanisms in [User::ANNA.mechanisms, &["SCRAM-SHA-1"]] {
        let user = User {
            mechanisms,
            ..User::ANNA
        };
        let server = StandIn::start(Setup {
            user: Some(user),
            ..Setup::default()
        })
        .await;
        server.insert("c", [doc! {"_id": 1_i32}]);
        let mut config = server.config();
        let fault = check(&SOURCE, &config, &local()).await.0.unwrap_err();
        assert_eq!(fault.kind, Kind::Forbidden, "without a login: {fault}");
        config["database_config"]["username"] = json!("anna");
        config["database_config"]["password"] = json!(User::ANNA.password);
        assert_eq!(check(&SOURCE, &config, &local()).await.0, Ok(()));
        for (field, wrong) in [("password", "wrong"), ("username", "nobody")] {
            let mut config = config.clone();
            config["database_config"][field] = json!(wrong);
            let (verdict, steps) = check(&SOURCE, &config, &local()).await;
            let fault = verdict.unwrap_err();
            let blamed = Some("database_config.password");
            // A user that is not known is asked to prove itself the newer way, as drivers do.
            let offered = !(field == "username" && mechanisms.len() == 1);
            let kind = if offered {
                Kind::Credentials
            } else {
                Kind::Unsupported
            };
            assert_eq!(fault.kind, kind, "{fault}");
            assert!(!offered || fault.field.as_deref() == blamed, "{fault}");
            assert_eq!(
                steps.last(),
                Some(&("Login accepted".to_owned(), StepState::Failed))
            );
        }
    }
    let user = User {
        pretends: true,
        ..User::ANNA
    };
    let server = StandIn::start(Setup {
        user: Some(user),
        ..Setup::default()
    })
    .await;
    let mut config = server.config();
    config["database_config"]["username"] = json!("anna");
    config["database_config"]["password"] = json!(User::ANNA.password);
    let fault = check(&SOURCE, &config, &local()).await.0.unwrap_err();
    assert!(fault.message.contains("prove"), "{fault}");
}

#[tokio::test]
async fn encryption_is_verified() {
    let server = StandIn::start(Setup {
        tls: true,
        ..Setup::default()
    })
    .await;
    server.insert("c", [doc! {"_id": 1_i32}]);
    let with = |address: &str, certificate: Option<&str>| {
        let mut config = server.config();
        config["database_config"]["connection_string"] = json!(format!("mongodb://{address}"));
        config["database_config"]["ca_certificate"] = json!(certificate);
        config
    };
    let port = server.port;
    let own = Some(server.certificate.as_str());
    let good = with(&format!("localhost:{port}/?tls=true"), own);
    let (verdict, steps) = check(&SOURCE, &good, &local()).await;
    assert_eq!(verdict, Ok(()));
    assert!(steps.contains(&("Encrypted".to_owned(), StepState::Passed)));
    for (config, field) in [
        (
            with(&format!("localhost:{port}/?tls=true"), None),
            "database_config.connection_string",
        ),
        (
            with(&format!("127.0.0.1:{port}/?tls=true"), own),
            "database_config.connection_string",
        ),
        (
            with(&format!("localhost:{port}/?tls=true"), Some("nonsense")),
            "database_config.ca_certificate",
        ),
    ] {
        let fault = check(&SOURCE, &config, &local()).await.0.unwrap_err();
        assert_eq!(
            (fault.kind.clone(), fault.field.as_deref()),
            (Kind::Config, Some(field)),
            "{fault}"
        );
    }
    let anyone = with(
        &format!("127.0.0.1:{port}/?tls=true&tlsInsecure=true"),
        None,
    );
    assert_eq!(check(&SOURCE, &anyone, &local()).await.0, Ok(()));
}

#[tokio::test]
async fn faults_blame_the_field_to_change() {
    let server = started().await;
    let config = server.config();
    let (verdict, steps) = check(&SOURCE, &config, &local()).await;
    let fault = verdict.unwrap_err();
    assert_eq!(
        (fault.kind, fault.field.as_deref()),
        (Kind::Config, Some("database_config.databases"))
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
            ("Collections readable", failed),
        ]
    );
    let address = |text: &str| {
        let mut config = config.clone();
        config["database_config"]["connection_string"] = json!(text);
        config
    };
    for (text, kind) in [
        ("mongodb://127.0.0.1:1/", Kind::Unreachable),
        ("mongodb://no-such-host.invalid/", Kind::Unreachable),
        ("mongodb://%2Ftmp%2Fmongodb-27017.sock/", Kind::Config),
        ("mongodb://10.0.0.1/", Kind::Forbidden),
        ("postgres://127.0.0.1/", Kind::Config),
        ("mongodb://8.8.8.8/?tls=false", Kind::Config),
    ] {
        // The public address is refused for want of encryption, before it is called.
        let fault = check(&SOURCE, &address(text), &local())
            .await
            .0
            .unwrap_err();
        let field = Some("database_config.connection_string");
        assert_eq!(fault.field.as_deref(), field, "{text}: {fault}");
        assert!(fault.kind == kind, "{text}: {fault}");
    }
    let fault = check(&SOURCE, &config, &context(Policy::default()))
        .await
        .0
        .unwrap_err();
    assert_eq!(fault.kind, Kind::Forbidden);
}
