//! The reference at `/api/docs`: complete, by itself, and true.

use std::process::Command;

use reqwest::header::CONTENT_SECURITY_POLICY;
use serde_json::Value;

use crate::harness::{Hub, client};

fn page(hub: &Hub) -> String {
    hub.fetch("/api/docs")
}

#[test]
fn it_explains_every_call_of_the_document() {
    let hub = Hub::start();
    let page = page(&hub);
    let document = hub.document();
    for (path, item) in document["paths"].as_object().expect("paths") {
        assert!(
            page.contains(&path.replace('/', "<wbr>/")),
            "{path} is missing"
        );
        for (method, operation) in item.as_object().expect("methods") {
            let summary = operation["summary"].as_str().expect("a summary");
            let first = summary
                .split(['`', '“', '&', '\''])
                .next()
                .unwrap_or_default();
            assert!(page.contains(first), "{method} {path}: {summary}");
        }
    }
    for name in document["components"]["schemas"]
        .as_object()
        .expect("schemas")
        .keys()
    {
        assert!(page.contains(&format!("id=\"schema-{name}\"")), "{name}");
    }
}

#[test]
fn it_needs_no_script_and_nothing_from_elsewhere() {
    let hub = Hub::start();
    let answer = client()
        .get(format!("{}/api/docs", hub.url.trim_end_matches('/')))
        .send()
        .expect("the hub answers");
    let policy = answer.headers()[CONTENT_SECURITY_POLICY]
        .to_str()
        .expect("text")
        .to_owned();
    assert!(
        policy.contains("default-src 'none'") && !policy.contains("script"),
        "{policy}"
    );
    let page = answer.text().expect("text");
    assert!(
        !page.contains("<script") && !page.contains("style="),
        "{page}"
    );
    assert_eq!(page.matches("<h1").count(), 1);
    assert_eq!(page.matches("<main").count(), 1);
    for link in attributes(&page, "href").chain(attributes(&page, "src")) {
        if let Some(anchor) = link.strip_prefix('#') {
            assert!(
                page.contains(&format!("id=\"{anchor}\"")),
                "{link} leads nowhere"
            );
        } else {
            assert!(link.starts_with('/') && !link.starts_with("//"), "{link}");
        }
    }
    for style in ["/api/docs.css", "/api/v1/openapi.json"] {
        assert!(
            page.contains(&format!("href=\"{style}\"")),
            "{style} is not linked"
        );
        assert!(!hub.fetch(style).is_empty());
    }
}

#[test]
fn whoever_looks_for_it_at_the_root_of_the_api_is_led_to_it() {
    let hub = Hub::start();
    let answer = client()
        .get(format!("{}/api", hub.url.trim_end_matches('/')))
        .send()
        .expect("the hub answers");
    assert!(answer.status().is_success(), "{}", answer.status());
    assert_eq!(answer.url().path(), "/api/docs");
}

#[test]
fn it_follows_the_theme_that_was_chosen() {
    let hub = Hub::start();
    let answer = client()
        .get(format!("{}/api/docs", hub.url.trim_end_matches('/')))
        .header("cookie", "a=b; theme=dark")
        .send()
        .expect("the hub answers");
    assert!(answer.text().expect("text").contains("data-theme=\"dark\""));
    assert!(!page(&hub).contains("data-theme"));
}

#[test]
fn its_commands_work_as_they_stand() {
    let hub = Hub::start();
    let anna = hub.tenant("Anna");
    let key = hub.ok(&[
        "api-key",
        "create",
        "--tenant",
        &anna.tenant,
        "--scope",
        "admin",
    ]);
    let page = page(&hub);
    for (path, expected) in [
        ("/api/v1/tenant", "\"state\":\"active\""),
        ("/api/airbyte/recommendations", "\"slug\""),
        ("/api/v1/apps", "\"app\":\"app_"),
    ] {
        let command = commands(&page)
            .into_iter()
            .rfind(|command| command.contains(&format!("$HUB{path}\"")))
            .unwrap_or_else(|| panic!("no command for {path}"))
            .replace("[\"orders\"]", "[]");
        let output = Command::new("sh")
            .args(["-c", &command])
            .env("HUB", hub.url.trim_end_matches('/'))
            .env("KEY", &key)
            .output()
            .expect("sh runs");
        let answer = String::from_utf8_lossy(&output.stdout).into_owned();
        assert!(answer.contains(expected), "{command}\n{answer}");
    }
}

/// What stands in the blocks of the page that begin with `curl`.
fn commands(page: &str) -> Vec<String> {
    page.split("<code>curl ")
        .skip(1)
        .filter_map(|rest| rest.split("</code>").next())
        .map(|text| {
            let plain = text
                .replace("&quot;", "\"")
                .replace("&#39;", "'")
                .replace("&#x27;", "'")
                .replace("&lt;", "<")
                .replace("&gt;", ">")
                .replace("&amp;", "&");
            format!("curl {plain}")
        })
        .collect()
}

fn attributes<'a>(page: &'a str, name: &str) -> impl Iterator<Item = &'a str> {
    let mark = format!(" {name}=\"");
    page.split(' ')
        .map(str::len)
        .scan(0, |at, length| {
            let here = *at;
            *at += length + 1;
            Some(here)
        })
        .filter_map(move |at| {
            page.get(at.saturating_sub(1)..)?
                .strip_prefix(mark.as_str())
        })
        .filter_map(|rest| rest.split('"').next())
        .collect::<Vec<_>>()
        .into_iter()
}

#[test]
fn the_document_itself_is_the_same_at_both_doors() {
    let hub = Hub::start();
    let printed: Value = serde_json::from_str(&hub.ok(&["openapi"])).expect("JSON");
    assert_eq!(printed, hub.document());
}
