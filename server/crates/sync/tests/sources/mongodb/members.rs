//! Replica sets: the member to read from is found, and what a server names is checked like what the settings name.

use std::net::{IpAddr, Ipv4Addr};

use bson::{Document, doc};
use serde_json::{Value, json};
use sync::connector::RunContext;
use sync::fault::Kind;
use sync::outbound::Policy;
use tokio::net::TcpListener;

use super::SOURCE;
use super::stand_in::{Setup, StandIn};
use crate::harness::{check, context, read_whole};

/// Only this address may be called, not all of this machine.
fn one_address() -> RunContext {
    context(Policy {
        allow_private: vec!["127.0.0.1/32".parse().unwrap()],
        ..Policy::default()
    })
}

fn member(part: Document) -> Setup {
    let mut hello = doc! {"setName": "rs0", "isWritablePrimary": false, "secondary": false};
    hello.extend(part);
    Setup {
        part: hello,
        ..Setup::default()
    }
}

fn asking(config: &Value, options: &str) -> Value {
    let mut config = config.clone();
    let address = config["database_config"]["connection_string"]
        .as_str()
        .unwrap();
    config["database_config"]["connection_string"] = json!(format!("{address}?{options}"));
    config
}

#[tokio::test]
async fn the_primary_is_found_through_any_member() {
    let primary = StandIn::start(member(doc! {"isWritablePrimary": true})).await;
    primary.insert("c", [doc! {"_id": 1_i32}]);
    let at = format!("127.0.0.1:{}", primary.port);
    let secondary =
        member(doc! {"secondary": true, "primary": &at, "hosts": ["no-such-host.invalid:1", &at]});
    let secondary = StandIn::start(secondary).await;
    secondary.insert("c", [doc! {"_id": 2_i32}]);
    let config = secondary.config();
    let ids = async |config: &Value| {
        let outcome = read_whole(&SOURCE, config, &one_address()).await;
        assert_eq!(outcome.result, Ok(()));
        outcome.column("_id")
    };
    assert_eq!(ids(&config).await, [1]);
    let preference = primary.commands("find")[0]
        .get_document("$readPreference")
        .cloned();
    assert_eq!(preference.ok(), Some(doc! {"mode": "primaryPreferred"}));
    assert_eq!(
        ids(&asking(&config, "readPreference=secondaryPreferred")).await,
        [2]
    );
    assert_eq!(ids(&asking(&config, "directConnection=true")).await, [2]);
    assert_eq!(ids(&asking(&config, "replicaSet=rs0")).await, [1]);
    let other = asking(&config, "replicaSet=other");
    let fault = check(&SOURCE, &other, &one_address()).await.0.unwrap_err();
    assert_eq!(fault.kind, Kind::Config, "{fault}");
}

#[tokio::test]
async fn members_in_places_that_are_not_allowed_are_not_called() {
    let elsewhere: IpAddr = Ipv4Addr::new(127, 0, 0, 2).into();
    let trap = TcpListener::bind((elsewhere, 0)).await.unwrap();
    let trap_port = trap.local_addr().unwrap().port();
    let named = [
        format!("127.0.0.2:{trap_port}"),
        format!("0x7f.0.0.2:{trap_port}"),
        format!("2130706434:{trap_port}"),
        format!("[::ffff:127.0.0.2]:{trap_port}"),
        "169.254.169.254:80".to_owned(),
        "/var/run/mongodb.sock".to_owned(),
        "10.0.0.1".to_owned(),
    ];
    for part in [doc! {"secondary": true}, doc! {"arbiterOnly": true}] {
        let mut part = part;
        part.insert("primary", &named[0]);
        part.insert("hosts", named.to_vec());
        let readable = part.contains_key("secondary");
        let server = StandIn::start(member(part)).await;
        server.insert("c", [doc! {"_id": 2_i32}]);
        let verdict = check(&SOURCE, &server.config(), &one_address()).await.0;
        if readable {
            assert_eq!(
                verdict,
                Ok(()),
                "the secondary serves when there is no primary to go to"
            );
        } else {
            let fault = verdict.unwrap_err();
            assert!(
                matches!(fault.kind, Kind::Forbidden | Kind::Config),
                "{fault}"
            );
        }
    }
    let called = std::future::poll_fn(|cx| std::task::Poll::Ready(trap.poll_accept(cx).is_ready()));
    assert!(!called.await, "nobody called");
}

#[tokio::test]
async fn a_server_that_keeps_naming_members_is_left() {
    let names: Vec<String> = (0..5000).map(|n| format!("host-{n}.invalid:1")).collect();
    let server = StandIn::start(member(doc! {"hosts": names})).await;
    let fault = check(&SOURCE, &server.config(), &one_address())
        .await
        .0
        .unwrap_err();
    assert_eq!(fault.kind, Kind::Unreachable, "{fault}");
}
