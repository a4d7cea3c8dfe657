use super::*;
use crate::flags::Live;

fn address(host: &str, database: &str) -> Address {
    Address {
        host: host.to_owned(),
        port: 5433,
        database: database.to_owned(),
        ssl_mode: "require".to_owned(),
    }
}

fn connected(list: &[(&str, Live)]) -> Vec<Connected> {
    list.iter()
        .map(|(slug, live)| Connected {
            integration: (*slug).to_owned(),
            live: *live,
        })
        .collect()
}

fn facts<'a>(database: &'a Address, connections: &'a [Connected], app_name: &'a str) -> Facts<'a> {
    Facts {
        tenant: TenantId::from_u128(7),
        app_name,
        database,
        schema: "t_x",
        login: "t_x_a_y",
        workspace: Some("0191-w"),
        bucket: Some("files/t_x"),
        redis: None,
        connections,
    }
}

#[test]
fn a_bundle_holds_what_an_app_needs() {
    let database = address("db.example.com", "tenants");
    let connections = connected(&[
        ("stripe", Live::Yes),
        ("slack", Live::No),
        ("sendgrid", Live::Yes),
    ]);
    let password = SecretString::from("pa55");
    let text = text(
        &facts(&database, &connections, "Invoices\nEVIL=1"),
        &Password::New(&password),
        "2026-11-21",
    )
    .expect("writable");
    let lines: Vec<&str> = text
        .expose_secret()
        .lines()
        .filter(|line| !line.is_empty() && !line.starts_with('#'))
        .collect();
    assert_eq!(
        lines,
        [
            "TENANT_ID=ten_00000000000000000000000007",
            "DATABASE_URL='postgresql://t_x_a_y:pa55@db.example.com:5433/tenants?sslmode=require&schema=t_x'",
            "PSQL_URL='postgresql://t_x_a_y:pa55@db.example.com:5433/tenants?sslmode=require'",
            "DATABASE_SCHEMA=t_x",
            "AIRBYTE_WORKSPACE_ID=0191-w",
            "STORAGE_BUCKET=files/t_x",
            "SENDGRID_ENABLED=true",
            "SLACK_ENABLED=false",
            "STRIPE_ENABLED=true",
            "EMAIL_PROVIDER=sendgrid",
        ]
    );
}

#[test]
fn pages_and_snapshots_never_hold_the_password() {
    let database = address("localhost", "tenants");
    let redis_url = SecretString::from("redis://user:r3dis@cache:6379");
    let facts = Facts {
        redis: Some(Redis {
            url: &redis_url,
            prefix: "t_x:",
        }),
        ..facts(&database, &[], "a")
    };
    let shown = format!("{:?} {:?}", variables(&facts), snapshot(&facts));
    assert!(
        !shown.contains("r3dis") && shown.contains("redis://user:••••••••@cache:6379"),
        "{shown}"
    );
    assert!(
        shown.contains(
            "postgresql://t_x_a_y:••••••••@localhost:5433/tenants?sslmode=require&schema=t_x"
        ),
        "{shown}"
    );
}

#[test]
fn the_database_address_is_percent_encoded() {
    let database = address("::1", "my data");
    let password = SecretString::from("p@ss/w?rd#");
    let text = text(&facts(&database, &[], "a"), &Password::New(&password), "").expect("writable");
    let address =
        "postgresql://t_x_a_y:p%40ss%2Fw%3Frd%23@[::1]:5433/my%20data?sslmode=require&schema=t_x";
    assert!(
        text.expose_secret().contains(address),
        "{}",
        text.expose_secret()
    );
}

#[test]
fn changes_are_told_in_sentences() {
    let before = BTreeMap::from(
        [("STRIPE_ENABLED", "true"), ("OLD", "1"), ("SAME", "x")]
            .map(|(name, value)| (name.to_owned(), value.to_owned())),
    );
    let now = BTreeMap::from(
        [("STRIPE_ENABLED", "false"), ("SAME", "x"), ("NEW", "y")]
            .map(|(name, value)| (name.to_owned(), value.to_owned())),
    );
    assert_eq!(
        changes(&before, &now),
        [
            "NEW is new: y.",
            "STRIPE_ENABLED changed from true to false.",
            "OLD is gone."
        ]
    );
    assert!(changes(&now, &now).is_empty());
}
