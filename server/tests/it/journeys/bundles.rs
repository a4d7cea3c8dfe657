//! An app's settings: they work at once, for its tables only, until they are rotated or revoked.

use std::process::Command;

use serde_json::json;

use crate::harness::{Hub, Person, bundle, read_bundle, text};

/// A person with two tables.
fn with_tables(hub: &Hub) -> Person {
    let anna = Person::joining(hub, "Anna");
    let api = anna.api(hub);
    for (table, content) in [
        ("people", "id,name\n1,Zoë\n"),
        ("prices", "id,price\n1,9.90\n"),
    ] {
        let file = api.upload_text(&format!("{table}.csv"), content);
        let (connection, test) = api.connect("files", table, &file);
        assert_eq!(test["state"], "passed", "{test}");
        assert_eq!(api.run(&connection)["row"]["state"], "succeeded");
    }
    anna
}

/// What a query says to the holder of an address.
fn psql(url: &str, query: &str) -> Result<String, String> {
    let output = Command::new("psql")
        // Whoever holds the login may switch this off: it is no wall.
        .args(["-c", "SET default_transaction_read_only = off"])
        .args(["-X", "-q", "-A", "-t", "-c", query, url])
        .output()
        .expect("psql runs");
    let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).trim().to_owned();
    if output.status.success() {
        Ok(text(&output.stdout))
    } else {
        Err(text(&output.stderr))
    }
}

#[test]
fn a_bundle_reads_its_tables_and_nothing_else() {
    let hub = Hub::start();
    let anna = with_tables(&hub);
    let file = bundle(&hub, &anna, "Invoices", &["people"]);
    let tenant = anna.tenant();
    let schema = format!("t_{}", tenant.trim_start_matches("ten_"));
    assert_eq!(file["TENANT_ID"], tenant);
    assert_eq!(file["DATABASE_SCHEMA"], schema);
    assert!(
        file["DATABASE_URL"].contains(&format!("schema={schema}")),
        "{}",
        file["DATABASE_URL"]
    );
    for name in ["AIRBYTE_WORKSPACE_ID", "STORAGE_BUCKET"] {
        assert!(!file[name].is_empty(), "{name}");
    }
    let url = &file["PSQL_URL"];
    assert_eq!(psql(url, "SELECT name FROM people"), Ok("Zoë".to_owned()));
    for forbidden in [
        "SELECT * FROM prices",
        "DELETE FROM people",
        "UPDATE people SET name = 'x'",
        "INSERT INTO people (id) VALUES ('2')",
        "TRUNCATE people",
        "DROP TABLE people",
        "CREATE TABLE mine (id int)",
        "CREATE TEMPORARY TABLE mine (id int)",
        "COPY (SELECT 1) TO PROGRAM 'true'",
        "SET ROLE postgres",
    ] {
        let answer = psql(url, forbidden);
        assert!(
            answer
                .as_ref()
                .is_err_and(|why| why.contains("permission denied")
                    || why.contains("must be")
                    || why.contains("does not exist")),
            "{forbidden}: {answer:?}"
        );
    }
    assert_eq!(psql(url, "SELECT count(*) FROM people"), Ok("1".to_owned()));
}

#[test]
fn the_password_is_shown_once_rotated_and_revoked() {
    let hub = Hub::start();
    let anna = with_tables(&hub);
    let api = anna.api(&hub);
    let made = api.post(
        "/api/v1/apps",
        &json!({ "name": "Invoices", "tables": ["people"] }),
    );
    let app = text(&made, "app");
    let own = [("password", Person::PASSWORD)];
    let wrong = anna.post(
        &format!("/apps/{app}/bundle"),
        &[("password", "not my password")],
    );
    assert!(
        wrong.status.is_redirection() && !wrong.text.contains("PSQL_URL"),
        "{wrong:?}"
    );

    let first = read_bundle(&anna.post(&format!("/apps/{app}/bundle"), &own));
    assert_eq!(psql(&first["PSQL_URL"], "SELECT 1"), Ok("1".to_owned()));
    let again = read_bundle(&anna.post(&format!("/apps/{app}/bundle"), &own));
    assert!(
        psql(&again["PSQL_URL"], "SELECT 1").is_err(),
        "the password is shown once"
    );
    let shown = api.get(&format!("/api/v1/apps/{app}"));
    let password = first["PSQL_URL"].parse::<reqwest::Url>().expect("a URL");
    let password = password.password().expect("a password");
    assert!(!shown.to_string().contains(password) && !hub.log().contains(password));

    let rotated = read_bundle(&anna.post(&format!("/apps/{app}/rotate"), &own));
    assert_eq!(
        psql(&rotated["PSQL_URL"], "SELECT name FROM people"),
        Ok("Zoë".to_owned())
    );
    assert!(
        psql(&first["PSQL_URL"], "SELECT 1").is_err(),
        "the old password is over"
    );

    let (status, _) = api.call(
        reqwest::Method::DELETE,
        &format!("/api/v1/apps/{app}"),
        None,
    );
    assert!(status.is_success());
    assert!(psql(&rotated["PSQL_URL"], "SELECT 1").is_err(), "revoked");
    let acts = hub.control("SELECT action FROM audit_lines WHERE action LIKE 'app.%' OR action LIKE 'bundle.%' ORDER BY n");
    for act in ["app.create", "bundle.download", "app.rotate", "app.revoke"] {
        assert!(
            acts.iter().any(|line| line == act),
            "{act} is not in {acts:?}"
        );
    }
}

#[test]
fn a_bundle_outlives_a_restart_of_the_hub() {
    let mut hub = Hub::start();
    let anna = with_tables(&hub);
    let file = bundle(&hub, &anna, "Invoices", &["people"]);
    assert!(hub.stop());
    hub.launch();
    assert_eq!(
        psql(&file["PSQL_URL"], "SELECT name FROM people"),
        Ok("Zoë".to_owned())
    );
}
