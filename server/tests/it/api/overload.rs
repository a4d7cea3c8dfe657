//! One client alone cannot take the hub down: not by asking often, not by asking slowly.

use std::{
    io::{Read, Write},
    net::TcpStream,
    time::Duration,
};

use reqwest::{
    StatusCode,
    header::{ACCEPT, CONTENT_TYPE, RETRY_AFTER},
};
use serde_json::Value;

use crate::harness::{Hub, client, eventually};

/// Far more than the ten seconds that a head may take, for a machine that is busy.
const PATIENCE: Duration = Duration::from_mins(1);
/// More than the hub answers at once.
const SLOW: usize = 520;

fn hub_that_takes_two_a_second() -> Hub {
    Hub::start_with(&[("TRIBUTARY_RATE_LIMIT", "2".to_owned())])
}

fn get(hub: &Hub, path: &str, accept: &str) -> reqwest::blocking::Response {
    client()
        .get(format!("{}{path}", hub.url.trim_end_matches('/')))
        .header(ACCEPT, accept)
        .send()
        .expect("the hub answers")
}

#[test]
fn asking_too_often_is_told_when_to_come_back() {
    let hub = hub_that_takes_two_a_second();
    let refused = eventually("a refusal", || {
        let answer = get(&hub, "/api/v1/tenant", "application/json");
        (answer.status() == StatusCode::TOO_MANY_REQUESTS).then_some(answer)
    });
    let seconds = refused.headers()[RETRY_AFTER].to_str().expect("text");
    assert!(seconds.parse::<u32>().is_ok_and(|seconds| seconds >= 1));
    let problem: Value = refused.json().expect("a problem document");
    assert_eq!(problem["code"], "too_many");
    eventually("an answer after the wait", || {
        std::thread::sleep(Duration::from_secs(1));
        (get(&hub, "/api/v1/tenant", "application/json").status() == StatusCode::UNAUTHORIZED)
            .then_some(())
    });
}

#[test]
fn whoever_shows_no_token_to_the_engine_is_counted_too() {
    let hub = hub_that_takes_two_a_second();
    for path in ["oauth/callback?state=guessed&code=x", "applications/token"] {
        eventually("a refusal", || {
            let answer = get(&hub, &format!("/api/public/v1/{path}"), "application/json");
            (answer.status() == StatusCode::TOO_MANY_REQUESTS).then_some(())
        });
    }
}

#[test]
fn people_get_a_page_and_probes_always_get_their_answer() {
    let hub = hub_that_takes_two_a_second();
    let page = eventually("a refusal", || {
        let answer = get(&hub, "/sign-in", "text/html");
        (answer.status() == StatusCode::TOO_MANY_REQUESTS).then_some(answer)
    });
    assert_eq!(page.headers()[CONTENT_TYPE], "text/html; charset=utf-8");
    let text = page.text().expect("text");
    assert!(
        text.contains("<h1") && text.contains("Too many requests"),
        "{text}"
    );
    for _ in 0..20 {
        assert_eq!(get(&hub, "/healthz", "*/*").status(), StatusCode::OK);
    }
    let metrics = get(&hub, "/metrics", "*/*").text().expect("text");
    assert!(
        metrics.contains("tributary_refused_requests_total{why=\"rate\"}"),
        "{metrics}"
    );
}

/// Somebody who announces a form and sends only its beginning.
fn stall(hub: &Hub, ip: &str) -> TcpStream {
    let address = hub.url.trim_start_matches("http://").trim_end_matches('/');
    let mut line = TcpStream::connect(address).expect("the hub listens");
    let begun = format!(
        "POST /fn/app/account/api/sign_in HTTP/1.1\r\nhost: x\r\nx-forwarded-for: {ip}\r\n\
         sec-fetch-site: same-origin\r\ncontent-type: application/x-www-form-urlencoded\r\n\
         content-length: 100\r\n\r\nemail="
    );
    line.write_all(begun.as_bytes())
        .expect("half a form is sent");
    line
}

fn sign_in_page(hub: &Hub, ip: &str) -> StatusCode {
    client()
        .get(format!("{}/sign-in", hub.url.trim_end_matches('/')))
        .header("x-forwarded-for", ip)
        .send()
        .expect("the hub answers")
        .status()
}

#[test]
fn whoever_sends_slowly_leaves_room_for_others() {
    let hub = Hub::start_with(&[
        ("TRIBUTARY_RATE_LIMIT", "1000".to_owned()),
        ("TRIBUTARY_TRUSTED_PROXIES", "127.0.0.1".to_owned()),
    ]);
    let slow: Vec<TcpStream> = (0..SLOW)
        .map(|host| stall(&hub, &format!("2001:db8:1:2::{host:x}")))
        .collect();
    let neighbour = "2001:db8:1:2:ffff::1";
    eventually("this line has its share", || {
        (sign_in_page(&hub, neighbour) == StatusCode::SERVICE_UNAVAILABLE).then_some(())
    });
    assert_eq!(sign_in_page(&hub, "2001:db8:1:3::1"), StatusCode::OK);
    drop(slow);
    eventually("it is answered again", || {
        (sign_in_page(&hub, neighbour) == StatusCode::OK).then_some(())
    });
}

#[test]
fn a_head_that_never_ends_loses_its_connection() {
    let hub = Hub::start();
    let address = hub.url.trim_start_matches("http://").trim_end_matches('/');
    let mut line = TcpStream::connect(address).expect("the hub listens");
    line.set_read_timeout(Some(PATIENCE)).expect("a socket");
    line.write_all(b"GET /sign-in HTTP/1.1\r\nhost: x\r\nx-slow: ")
        .expect("half a head is sent");
    let mut answer = Vec::new();
    line.read_to_end(&mut answer)
        .expect("the hub closes the connection");
    assert!(
        !answer.starts_with(b"HTTP/1.1 200"),
        "{}",
        String::from_utf8_lossy(&answer)
    );
}
