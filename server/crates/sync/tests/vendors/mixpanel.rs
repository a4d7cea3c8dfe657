//! Mixpanel: events by days as lines, funnels by days, and profiles of a question that it keeps.

use serde_json::{Value, json};

use super::connector::Connected;
use super::every_stream::Whole;
use super::stand_in::{
    Answer, Limit, Request, StandIn, Store, Vendor, hour, ok, page, second, status, wrong,
};

/// The addresses the manifest uses.
const PUBLIC: [&str; 2] = ["https://eu.mixpanel.com", "https://data-eu.mixpanel.com"];
const DAY: &str = r"\d{4}-\d\d-\d\d";
const SESSION: &str = "1234567890-EXAMPL";
/// The days from the first to the last of the configuration, thirty at once.
const WINDOWS: [(&str, &str); 3] = [
    ("2023-12-20", "2024-01-18"),
    ("2024-01-19", "2024-02-17"),
    ("2024-02-18", "2024-03-01"),
];
/// How many profiles this Mixpanel gives at once.
const PAGE: usize = 100;

struct Mixpanel {
    store: Store,
    limit: Limit,
    /// That of the questions, beside that of the export.
    questions: Limit,
}

impl Vendor for Mixpanel {
    fn answer(&mut self, request: &Request) -> Result<Answer, Answer> {
        let refused =
            |code: u16, text: &str| status(code, json!({"error": text, "status": "error"}));
        let account = match request.login().as_str() {
            "reader:right" => true,
            "project-secret:" => false,
            _ => return Err(refused(401, "Invalid service account credentials")),
        };
        // a service account must say which project, a project's secret does
        if !request.path.starts_with("/api/app/")
            && request.param("project_id") != account.then_some("77")
        {
            return Err(refused(400, "Unable to authenticate request"));
        }
        match (request.method.as_str(), &request.parts()[..]) {
            ("GET", ["api", "2.0", "export"]) => self.export(request),
            ("POST", ["api", "query", "engage"]) => self.engage(request),
            ("POST", ["api", "query", "cohorts", "list"]) => {
                request.only(&["project_id"])?;
                Ok(ok(json!(self.store.list("cohorts"))))
            }
            ("GET", ["api", "query", "funnels", "list"]) => {
                request.only(&["project_id"])?;
                Ok(ok(json!(self.store.list("funnels"))))
            }
            ("GET", ["api", "query", "funnels"]) => self.funnel(request),
            ("GET", ["api", "app", "projects", "77", "annotations"]) if account => {
                request.only(&[])?;
                let found = self.store.list("annotations");
                Ok(ok(json!({"status": "ok", "results": found})))
            }
            _ => Err(wrong(format!("{} is unknown", request.path))),
        }
    }
}

impl Mixpanel {
    fn export(&mut self, request: &Request) -> Result<Answer, Answer> {
        request.only(&["project_id", "from_date", "to_date"])?;
        self.limit.once(status(
            429,
            json!("Too many export requests in progress for this project."),
        ))?;
        let (from, to) = days(request)?;
        let mut found = self.store.list("events");
        found.retain(|one| {
            let day = day_of(one);
            from <= day.as_str() && day.as_str() <= to
        });
        let lines = found.into_iter().map(|one| one.to_string() + "\n");
        Ok(ok(Value::String(lines.collect())))
    }

    /// How far people came who began the funnel on each of these days.
    fn funnel(&mut self, request: &Request) -> Result<Answer, Answer> {
        request.only(&["project_id", "funnel_id", "from_date", "to_date"])?;
        let refused = json!({"error": "Query rate limit exceeded", "status": "error"});
        self.questions
            .once(status(429, refused).header("Retry-After", "1"))?;
        let (from, to) = days(request)?;
        let list = format!("funnel {}", request.param("funnel_id").unwrap_or_default());
        let seen = self.store.list(&list);
        let seen = seen.last().ok_or_else(|| request.malformed("funnel_id"))?;
        let dates: Vec<String> = (-40..=100)
            .map(|day| hour(24 * day)[..10].to_owned())
            .filter(|day| from <= day.as_str() && day.as_str() <= to)
            .collect();
        let data = dates.iter().map(|day| (day.clone(), (*seen).clone()));
        let data: serde_json::Map<String, Value> = data.collect();
        Ok(ok(json!({"meta": {"dates": dates}, "data": data})))
    }

    fn engage(&self, request: &Request) -> Result<Answer, Answer> {
        request.only(&["project_id"])?;
        let body = &request.body;
        let field = |name: &str| body[name].as_str();
        let at = match (field("page"), field("session_id")) {
            (None, None) => 0,
            (Some(page), Some(SESSION)) => page.parse().unwrap(),
            _ => return Err(request.malformed("session_id")),
        };
        let list = match field("filter_by_cohort") {
            None => "profiles",
            Some(r#"{"id":1000}"#) => "members",
            Some(r#"{"id":2000}"#) => "nobody",
            Some(_) => return Err(request.malformed("filter_by_cohort")),
        };
        let (found, _) = page(&self.store.list(list), at * PAGE, PAGE);
        Ok(ok(json!({
            "page": at, "page_size": PAGE, "results": found, "session_id": SESSION, "status": "ok",
            "total": self.store.list(list).len(),
        })))
    }
}

/// The first and the last day that are asked for.
fn days(request: &Request) -> Result<(&str, &str), Answer> {
    let day = |name: &str| {
        let found = request.shaped(name, DAY)?;
        found.ok_or_else(|| request.malformed(name))
    };
    let (from, to) = (day("from_date")?, day("to_date")?);
    if from > to || to > "2024-03-01" {
        return Err(request.malformed("to_date"));
    }
    Ok((from, to))
}

/// The first and the last day of each question that was asked at an address, each once.
fn windows(asked: &[Request]) -> Vec<(&str, &str)> {
    let mut windows: Vec<_> = asked.iter().filter_map(|one| days(one).ok()).collect();
    windows.sort_unstable();
    windows.dedup();
    windows
}

/// One day of a funnel, which so many ended.
fn ended(count: i64) -> Value {
    json!({
        "steps": [
            {"count": 100, "event": "Seen", "goal": "Seen", "avg_time": null, "step_conv_ratio": 1},
            {"count": count, "event": "Bought", "goal": "Bought", "avg_time": 133, "step_conv_ratio": 0.627_875_673},
        ],
        "analysis": {"completion": count, "starting_amount": 100, "steps": 2, "worst": 1},
    })
}

/// The day of an event, seen by a project whose clock is eight hours behind.
fn day_of(event: &Value) -> String {
    let seconds = event["properties"]["time"].as_i64().unwrap() - second(0);
    hour(seconds.div_euclid(3600) - 8)[..10].to_owned()
}

fn event(at: i64) -> Value {
    json!({"event": "Opened", "properties": {
        "time": second(at), "distinct_id": format!("p{at}"), "$insert_id": format!("i{at}"), "$browser": "Firefox",
    }})
}

fn profile(id: i64, at: i64) -> Value {
    let seen = hour(at).replace('Z', "");
    json!({"$distinct_id": format!("p{id}"), "$properties": {"$last_seen": seen, "$email": "a@example.com"}})
}

fn config(secret: &str) -> Value {
    json!({
        "credentials": {"option_title": "Service Account", "username": "reader", "secret": secret, "project_id": 77},
        "start_date": "2023-12-20", "end_date": "2024-03-01T00:00:00Z", "region": "EU",
    })
}

pub async fn whole() -> Whole {
    let mixpanel = StandIn::open(Mixpanel {
        store: Store::of(include_str!("examples/mixpanel.json")),
        limit: Limit::default(),
        questions: Limit::default(),
    })
    .await;
    let connector = Connected::new("mixpanel", &PUBLIC, &mixpanel.base, config("right"));
    Whole::new([connector], mixpanel)
}

async fn project() -> (StandIn<Mixpanel>, Connected) {
    let store = Store::default()
        .with("events", (0..=240).step_by(6).map(event))
        .with("profiles", (1..=250).map(|at| profile(at, at)))
        .with(
            "funnels",
            [json!({"funnel_id": 7, "name": "It's \"bought\""})],
        )
        .with("funnel 7", [ended(40)])
        .with("annotations", [json!({"id": 5, "description": "Release"})])
        .with("members", (1..=100).map(|at| profile(at, at)))
        .with(
            "cohorts",
            [
                json!({"id": 1000, "name": "Regulars", "count": 100}),
                json!({"id": 2000, "name": "None", "count": 0}),
            ],
        );
    let mixpanel = StandIn::open(Mixpanel {
        store,
        limit: Limit::default(),
        questions: Limit::default(),
    })
    .await;
    let connector = Connected::new("mixpanel", &PUBLIC, &mixpanel.base, config("right"));
    (mixpanel, connector)
}

#[tokio::test]
async fn a_wrong_secret_is_refused_and_a_projects_own_is_taken() {
    let (mixpanel, connector) = project().await;
    connector.check().await.unwrap();
    let refusal = connector.with(config("wrong")).refusal().await;
    assert!(
        refusal.starts_with("Mixpanel refused the sign-in."),
        "{refusal}"
    );
    let project = connector.with(json!({
        "credentials": {"option_title": "Project Secret", "api_secret": "project-secret"}, "region": "EU",
    }));
    project.check().await.unwrap();
    assert_eq!(
        project.streams().await,
        ["cohorts", "cohort_members", "engage", "export", "funnels"]
    );
    mixpanel.is_content();
}

#[tokio::test]
async fn the_days_of_funnels_are_read_and_later_the_last_ones_again() {
    let (mixpanel, connector) = project().await;
    let first = connector.read().await;
    let asked = mixpanel.asked("/api/query/funnels");
    assert_eq!(windows(&asked), WINDOWS);
    assert_eq!(asked.len(), 4, "one was refused");
    let days = first.ids("funnels");
    assert_eq!(days.len(), 12 + 31 + 29 + 1);
    assert_eq!(
        (days[0].as_str(), days[72].as_str()),
        ("7/2023-12-20", "7/2024-03-01")
    );
    let mut day = ended(40);
    day["funnel_id"] = json!(7);
    day["name"] = json!("It's \"bought\"");
    day["date"] = json!("2023-12-20");
    assert!(first.records("funnels").contains(&day), "{day}");

    // somebody who began in time ends late
    mixpanel.then(|mixpanel| mixpanel.store.add("funnel 7", ended(41)));
    let mut patient = config("right");
    patient["attribution_window"] = json!(10);
    let again = connector.with(patient).read_from(&first).await;
    let asked = mixpanel.asked("/api/query/funnels");
    assert_eq!(windows(&asked), [("2024-02-20", "2024-03-01")]);
    assert_eq!(again.ids("funnels").len(), 11);
    assert_eq!(again.records("funnels")[0]["analysis"]["completion"], 41);
    mixpanel.is_content();
}

#[tokio::test]
async fn days_of_attribution_left_out_are_the_usual_ones_and_zero_is_none() {
    let (mixpanel, connector) = project().await;
    let first = connector.read().await;
    mixpanel.asked("/api/query/funnels");
    for (days, from) in [(None, "2024-02-25"), (Some(0), "2024-03-01")] {
        let mut config = config("right");
        let settings = config.as_object_mut().expect("settings");
        settings.remove("attribution_window");
        settings.extend(days.map(|days| ("attribution_window".to_owned(), json!(days))));
        connector.with(config).read_from(&first).await;
        let asked = mixpanel.asked("/api/query/funnels");
        assert_eq!(windows(&asked), [(from, "2024-03-01")]);
    }
    mixpanel.is_content();
}

#[tokio::test]
async fn events_and_profiles_are_read_and_then_what_is_new() {
    let (mixpanel, connector) = project().await;
    assert_eq!(
        connector.streams().await,
        [
            "annotations",
            "cohorts",
            "cohort_members",
            "engage",
            "export",
            "funnels"
        ]
    );
    let first = connector.read().await;
    assert_eq!(first.ids("export").len(), 41);
    let record = &first.records("export")[0];
    assert_eq!(
        (&record["time"], &record["insert_id"]),
        (&json!(hour(0)), &json!("i0"))
    );
    assert_eq!(record["properties"]["$browser"], "Firefox");
    let asked = mixpanel.asked("/api/2.0/export");
    assert_eq!(windows(&asked), WINDOWS);
    assert_eq!(asked.len(), 4, "one was refused");
    assert_eq!(mixpanel.refused(), 2, "and one question");
    assert_eq!(first.ids("engage").len(), 250);
    assert_eq!(first.ids("cohorts"), ["1000", "2000"]);
    assert_eq!(first.ids("cohort_members").len(), 100);
    assert_eq!(first.ids("annotations"), ["5"]);

    mixpanel.asked("/api/query/funnels");
    mixpanel.then(|mixpanel| {
        // late, and in the evening of the project's day
        mixpanel.store.add("events", event(239));
        mixpanel.store.add("events", event(300));
        mixpanel.store.add("profiles", profile(7, 400));
    });
    let again = connector.read_from(&first).await;
    let asked = mixpanel.asked("/api/2.0/export");
    assert_eq!(asked[0].param("from_date"), Some("2024-01-10"));
    let asked = mixpanel.asked("/api/query/funnels");
    assert_eq!(windows(&asked)[0], ("2024-02-25", "2024-03-01"));
    let read = again.ids("export");
    assert!(read.iter().any(|id| id.ends_with("/i239")), "{read:?}");
    assert!(read.iter().any(|id| id.ends_with("/i300")), "{read:?}");
    assert!(!read.iter().any(|id| id.ends_with("/i210")), "{read:?}");
    let day = (226..=250).map(|id| format!("p{id}"));
    let seen: Vec<String> = day.chain(["p7".to_owned()]).collect();
    assert_eq!(
        again.ids("engage"),
        seen,
        "a day of before, and who came back"
    );
    mixpanel.is_content();
    connector.airbyte_reads_the_same().await;
}
