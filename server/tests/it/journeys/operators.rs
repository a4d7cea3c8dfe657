//! What an operator does from the command line, and what it must not let out.

use std::process::Command;

use crate::harness::Hub;

#[test]
fn an_operator_is_made_and_a_weak_password_is_refused() {
    let hub = Hub::start();
    let refused = hub.cli(
        &["admin", "create", "--email", "op@example.com"],
        "password\n",
    );
    assert!(!refused.status.success());
    let made = hub.cli(
        &["admin", "create", "--email", "op@example.com"],
        "correct-horse-battery-staple-9\n",
    );
    assert!(
        made.status.success(),
        "{}",
        String::from_utf8_lossy(&made.stderr)
    );
}

#[test]
fn it_stops_when_told_and_says_when_it_is_ready() {
    let mut hub = Hub::start();
    for path in ["/healthz", "/readyz", "/metrics"] {
        let answer = reqwest::blocking::get(format!("{}{path}", hub.url.trim_end_matches('/')))
            .expect("the hub answers");
        assert!(answer.status().is_success(), "{path}: {}", answer.status());
    }
    assert!(hub.stop(), "a hub that was asked to end leaves with 0");
}

#[test]
fn no_password_of_ours_is_in_a_process_list() {
    let hub = Hub::start();
    let logins = std::fs::read_to_string(hub.data_dir().join("postgres-logins.toml"))
        .expect("the logins file");
    let listed = Command::new("ps")
        .args(["axww", "-o", "args"])
        .output()
        .expect("ps runs");
    let listed = String::from_utf8_lossy(&listed.stdout);
    for secret in logins.lines().filter_map(|line| line.split('"').nth(1)) {
        assert!(secret.len() >= 32, "the file holds passwords");
        assert!(!listed.contains(secret));
        assert!(!hub.log().contains(secret));
    }
}
