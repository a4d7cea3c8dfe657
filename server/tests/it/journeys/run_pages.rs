//! What a person reads of a run that took two ways, and of rules that are only tried, with a browser that runs no scripts.

use reqwest::StatusCode;
use serde_json::{Value, json};

use super::{
    harbour::{Harbour, Mood},
    offered::{connected, offering},
    routes::rules,
};
use crate::harness::{Api, Hub, Person, eventually, text};

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
