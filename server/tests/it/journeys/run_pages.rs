//! What a person reads of a run that took two ways, and of rules that are only tried, with a browser that runs no scripts.

use std::sync::{
    Arc,
    atomic::{AtomicBool, Ordering},
};

use axum::{
    Json, Router,
    response::{IntoResponse, Redirect},
    routing::get,
};
use reqwest::StatusCode;
use serde_json::{Value, json};
use tokio::runtime::Runtime;

use super::{
    harbour::{Harbour, Mood},
    offered::{connected, offering},
    routes::rules,
};
use crate::harness::{Api, Hub, Person, eventually, serve, text};

struct Scene {
    harbour: Harbour,
    anna: Person,
    api: Api,
    connection: String,
    _hub: Hub,
    _folder: tempfile::TempDir,
}

impl Scene {
    fn open() -> Self {
        let harbour = Harbour::with_ships();
        let (hub, folder) = offering(&harbour);
        let anna = Person::joining(&hub, "Anna");
        let api = anna.api(&hub);
        let connection = connected(&api, "The harbour");
        Self {
            harbour,
            anna,
            api,
            connection,
            _hub: hub,
            _folder: folder,
        }
    }

    fn log(&self, run: &str, after: i64) -> Vec<Value> {
        let lines = self
            .api
            .get(&format!("/api/v1/runs/{run}/log?after={after}"));
        lines.as_array().expect("lines").clone()
    }

    /// Follows the log of a run to its end, as an open page does; answers what it showed.
    fn followed(&self, run: &str) -> Vec<Value> {
        let mut shown: Vec<Value> = Vec::new();
        let mut more = || {
            let after = shown.last().map_or(0, number);
            let fresh = self.log(run, after);
            shown.extend(fresh);
        };
        eventually("the run is over", || {
            more();
            let state = self.api.get(&format!("/api/v1/runs/{run}"))["row"]["state"].clone();
            ["succeeded", "failed"]
                .contains(&state.as_str().unwrap_or_default())
                .then_some(())
        });
        more();
        shown
    }
}

fn number(line: &Value) -> i64 {
    line["n"].as_i64().expect("a number")
}

fn at(lines: &[Value], words: &str) -> usize {
    let found = lines
        .iter()
        .position(|line| text(line, "text").contains(words));
    found.unwrap_or_else(|| panic!("{words}: {lines:#?}"))
}

#[test]
fn the_log_of_both_ways_is_one_and_the_same_while_it_grows_and_afterwards() {
    let scene = Scene::open();
    // Two tries of one job, then Airbyte's.
    let routes = format!("/api/v1/connections/{}/routes", scene.connection);
    let mut policy = scene.api.get(&routes)["policy"].clone();
    policy["attempts"] = json!(2);
    scene.api.put(&routes, &policy);
    scene.harbour.feels(Mood::Answers(503));
    let path = format!("/api/v1/connections/{}/runs?debug=true", scene.connection);
    let started = scene.api.post(&path, &json!({}));
    let id = text(&started, "run");

    let live = scene.followed(id);
    let run = scene.api.get(&format!("/api/v1/runs/{id}"));
    assert_eq!(rules(&run), ["direct_first", "retry", "fall_back"], "{run}");
    let later = scene.log(id, 0);
    assert_eq!(live, later);
    assert!(
        later
            .windows(2)
            .all(|pair| number(&pair[0]) < number(&pair[1])),
        "{later:#?}"
    );
    let heads = [
        "— Direct, try 1 —",
        "— Direct, try 2 —",
        "— Through Airbyte —",
    ];
    let heads = heads.map(|head| at(&later, head));
    assert_eq!(heads[0], 0, "{later:#?}");
    assert!(heads.is_sorted(), "{heads:?}");
    // Each direct try tells its request where it was made, and Airbyte's lines are all behind them.
    for part in [&later[heads[0]..heads[1]], &later[heads[1]..heads[2]]] {
        at(part, "/ships: HTTP 503");
    }
    assert!(later.len() > heads[2] + 1, "{later:#?}");
    // The last page of it is asked for by the number of the line before.
    let tail = scene.log(id, number(&later[heads[2]]));
    assert_eq!(tail, later[heads[2] + 1..]);

    let page = scene.anna.get(&format!("/runs/{id}")).text;
    for words in ["— Direct, try 2 —", "— Through Airbyte —", "HTTP 503"] {
        assert!(page.contains(words), "{words}: {page}");
    }
}

#[test]
fn a_run_that_went_around_a_refused_sign_in_says_in_its_head_that_it_is_to_be_renewed() {
    let scene = Scene::open();
    scene.harbour.feels(Mood::Answers(401));
    let run = scene.api.run(&scene.connection);
    assert_eq!(run["row"]["state"], "succeeded", "{run}");
    let id = text(&run["row"], "id");
    let page = scene.anna.get(&format!("/runs/{id}")).text;
    assert!(page.contains("The source refused the sign-in"), "{page}");
    let settings = format!("href=\"/connections/{}/edit\"", scene.connection);
    let head = page.split("Rows read").next().unwrap_or_default();
    assert!(head.contains(&settings), "{head}");
    // The refused request is in the log, before what Airbyte did.
    let lines = scene.log(id, 0);
    assert!(at(&lines, "— Direct, try 1 —") < at(&lines, "— Through Airbyte —"));

    scene.harbour.feels(Mood::Friendly);
    let run = scene.api.run(&scene.connection);
    let page = scene
        .anna
        .get(&format!("/runs/{}", text(&run["row"], "id")))
        .text;
    assert!(!page.contains("The source refused the sign-in"), "{page}");
}

#[test]
fn a_run_that_only_its_fallback_saved_says_so_wherever_it_is_shown() {
    let scene = Scene::open();
    scene.harbour.feels(Mood::Busy(600));
    let run = scene.api.run(&scene.connection);
    assert_eq!(rules(&run), ["direct_first", "fall_back_sooner"], "{run}");
    let why = "The direct way failed (rate limit reached), so the rows came through Airbyte.";
    let connection = format!("/connections/{}", scene.connection);
    for (page, words) in [
        (format!("/runs/{}", text(&run["row"], "id")), why),
        (connection.clone(), why),
        (
            format!("{connection}?tab=runs"),
            "Through Airbyte, as the fallback",
        ),
        (format!("{connection}?tab=route"), "Resting until "),
    ] {
        let shown = scene.anna.get(&page).text;
        assert!(shown.contains(words), "{page}: {words}: {shown}");
        let claims = shown.contains("Open: this hub reads the source itself.");
        assert!(!claims, "{page}: {shown}");
    }
}

#[test]
fn a_table_that_is_tried_again_waits_and_has_not_failed() {
    let scene = Scene::open();
    scene.harbour.feels(Mood::Busy(25));
    let path = format!("/api/v1/connections/{}/runs", scene.connection);
    let started = scene.api.post(&path, &json!({}));
    let id = text(&started, "run");
    let path = format!("/api/v1/runs/{id}");
    let run = eventually("it waits", || {
        let run = scene.api.get(&path);
        (rules(&run).last() == Some(&"retry_after")).then_some(run)
    });
    assert_eq!(run["streams"][0]["state"], "queued", "{run}");

    let page = scene.anna.get(&format!("/runs/{id}")).text;
    assert!(page.contains("it is asked again at"), "{page}");
    let tables = between(&page, "Receipt of each table", "</table>");
    assert!(tables.contains("tries again at"), "{tables}");
    assert!(!tables.contains("badge-bad"), "{tables}");
    // There is no receipt yet, so none is missing.
    assert!(!page.contains("tables balance"), "{page}");

    scene.api.post(&format!("{path}/cancel"), &json!({}));
    let run = scene.api.finished(id);
    assert_eq!(run["row"]["state"], "cancelled", "{run}");
}

#[test]
fn a_first_page_that_leads_into_a_private_network_names_table_page_and_cause() {
    let lighthouse = Lighthouse::open();
    let (hub, _folder) = lighthouse.offered();
    let anna = Person::joining(&hub, "Anna");
    let api = anna.api(&hub);
    let sources = api.get("/api/airbyte/sources");
    let mut all = sources.as_array().expect("sources").iter();
    let own = all.find(|source| source["name"] == "The Lighthouse");
    let slug = text(own.expect("it is in the catalogue"), "slug");
    let secret = json!({ "lamp_token": "lamp-token" });
    let (connection, test) = api.connect(slug, "The lamps", &secret);
    assert_eq!(test["state"], "passed", "{test}");
    api.choose(&connection, &["lamps"]);

    lighthouse.leads_away.store(true, Ordering::Relaxed);
    let run = api.run(&connection);
    assert_eq!(run["row"]["state"], "failed", "{run}");
    let expected =
        "Page 1: “127.0.0.1” redirects to an address that is not called: “10.1.2.3” is an address";
    let why = text(&run["row"], "problem");
    assert!(why.contains(expected), "{why}");
    let id = text(&run["row"], "id");
    let lines = api.get(&format!("/api/v1/runs/{id}/log?after=0"));
    let mut all = lines.as_array().expect("lines").iter();
    let told = |line: &Value| line["stream"] == "lamps" && text(line, "text").contains(expected);
    assert!(all.any(told), "{lines:#}");
}

/// An API that may send whoever asks into a private network, from its first page on.
struct Lighthouse {
    url: String,
    leads_away: Arc<AtomicBool>,
    _runtime: Runtime,
}

impl Lighthouse {
    fn open() -> Self {
        let leads_away = Arc::new(AtomicBool::new(false));
        let away = Arc::clone(&leads_away);
        let lamps = move || {
            let is_away = away.load(Ordering::Relaxed);
            async move {
                if is_away {
                    return Redirect::to("http://10.1.2.3/lamps").into_response();
                }
                Json(json!({ "lamps": [{ "id": 1 }] })).into_response()
            }
        };
        let (runtime, url) = serve(Router::new().route("/lamps", get(lamps)));
        Self {
            url,
            leads_away,
            _runtime: runtime,
        }
    }

    /// A hub whose operator offers it to everybody.
    fn offered(&self) -> (Hub, tempfile::TempDir) {
        let folder = tempfile::tempdir().expect("a folder");
        let file = folder.path().join("apis.yaml");
        let document = format!(
            "apis:
  integrations:
    - name: The Lighthouse
      type: rest
      base_url: {}
      authentication: {{ type: bearer, secret_name: lamp_token }}
      endpoints:
        - name: lamps
          path: /lamps
          records: lamps
          primary_key: id
          fields: {{ id: integer }}
",
            self.url
        );
        std::fs::write(&file, document).expect("a document");
        let hub = Hub::start_with(&[
            ("TRIBUTARY_INTEGRATIONS", file.display().to_string()),
            ("TRIBUTARY_ALLOW_HTTP", "1".to_owned()),
        ]);
        (hub, folder)
    }
}

fn between<'p>(page: &'p str, from: &str, to: &str) -> &'p str {
    let (_, rest) = page.split_once(from).expect("it is on the page");
    rest.split(to).next().unwrap_or_default()
}

#[test]
fn rules_that_cannot_be_are_told_at_their_fields_and_keep_what_was_typed() {
    let scene = Scene::open();
    scene.api.run(&scene.connection);
    let path = format!("/connections/{}/what-if", scene.connection);
    let form = |attempts| {
        [
            ("connection", scene.connection.as_str()),
            ("first", "airbyte"),
            ("fallback", "no"),
            ("attempts", attempts),
            ("fallback_minutes", "7"),
        ]
    };
    let sent = scene.anna.post("/fn/app/ways/api/try_routes", &form("0"));
    assert!(sent.status.is_redirection(), "{sent:?}");
    is_marked(&scene.anna.get(&path).text);

    // An address that somebody kept, or wrote.
    let kept = format!("{path}?first=airbyte&fallback=no&attempts=0&fallback_minutes=7");
    let answer = scene.anna.get(&kept);
    assert_eq!(answer.status, StatusCode::OK, "{answer:?}");
    is_marked(&answer.text);

    let sent = scene.anna.post("/fn/app/ways/api/try_routes", &form("2"));
    let next = sent.location.expect("on to the answer");
    assert!(
        next.ends_with("?first=airbyte&fallback=no&attempts=2&fallback_minutes=7"),
        "{next}"
    );
    let page = scene.anna.get(&next).text;
    assert!(
        page.contains("On past runs") && !page.contains("Choose 1 to 10 tries."),
        "{page}"
    );
}

/// The form is there, with the error at its field and what was typed.
fn is_marked(page: &str) {
    for words in [
        "What would have happened?",
        "Choose 1 to 10 tries.",
        "href=\"#what-if-attempts\"",
        "Try on past runs",
    ] {
        assert!(page.contains(words), "{words}: {page}");
    }
    let control = |name: &str| {
        let all = page
            .split("<input")
            .filter(|input| input.contains(&format!("name=\"{name}\"")));
        all.map(|input| input.split('>').next().unwrap_or_default().to_owned())
            .collect::<Vec<_>>()
    };
    let tries = control("attempts");
    assert!(
        tries.iter().any(|input| input.contains("value=\"0\"")),
        "{tries:?}"
    );
    let minutes = control("fallback_minutes");
    assert!(
        minutes.iter().any(|input| input.contains("value=\"7\"")),
        "{minutes:?}"
    );
    let first = control("first");
    let chosen = first.iter().find(|input| input.contains("checked"));
    assert!(
        chosen.is_some_and(|input| input.contains("value=\"airbyte\"")),
        "{first:?}"
    );
}
