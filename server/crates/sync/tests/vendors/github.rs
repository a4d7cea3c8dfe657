//! GitHub: repositories by name and by pattern, links to further pages, and two ways to be asked too often.

use serde_json::{Value, json};

use super::connector::Connected;
use super::every_stream::Whole;
use super::stand_in::{Limit, StandIn, Store, hour};

mod vendor;

use vendor::{GitHub, repository};

/// How many items each repository has of what has many.
const MANY: i64 = 230;

fn issue(at: i64) -> Value {
    json!({"id": at, "number": at, "title": "A bug", "updated_at": hour(at)})
}

fn pull(at: i64) -> Value {
    json!({"id": at, "number": at, "updated_at": hour(at)})
}

fn commit(at: i64) -> Value {
    // written long before it came into the branch
    json!({"sha": format!("{at:040x}"), "commit": {"author": {"date": hour(-500)}, "committer": {"date": hour(at)}}})
}

fn star(at: i64) -> Value {
    json!({"starred_at": hour(at), "user": {"id": at, "login": format!("u{at}")}})
}

async fn company() -> StandIn<GitHub> {
    let store = Store::default()
        .with(
            "repos",
            [
                repository(1, "acme/shop"),
                repository(2, "acme/empty"),
                repository(3, "acme/site"),
            ],
        )
        .with("orgs", [json!({"id": 1, "login": "acme"})])
        .with("members", [json!({"id": 7, "login": "ada"})])
        .with(
            "branches",
            [json!({"name": "main"}), json!({"name": "feature/x"})],
        )
        .with("issues", (1..=MANY).map(issue))
        .with("comments", [json!({"id": 5, "updated_at": hour(3)})])
        .with("pulls", (1..=120).rev().map(pull))
        .with("commits", (1..=MANY).rev().map(commit))
        .with("commits_of_branch", [commit(900)])
        .with("stargazers", [star(1), star(2), star(100)])
        .with(
            "milestones",
            [json!({"id": 8, "number": 1, "updated_at": hour(4)})],
        )
        .with(
            "runs",
            [json!({"id": 9, "repository": {"full_name": "acme/shop"}, "created_at": hour(5)})],
        );
    StandIn::open(GitHub {
        store,
        first: Limit::default(),
        second: Limit::default(),
    })
    .await
}

fn config(token: &str, repositories: &[&str]) -> Value {
    json!({
        "credentials": {"option_title": "PAT Credentials", "personal_access_token": token},
        "repositories": repositories,
        "start_date": "2023-01-01T00:00:00Z",
    })
}

fn connected(github: &StandIn<GitHub>, config: Value) -> Connected {
    Connected::new("github", &["https://api.github.com"], &github.base, config)
}

pub async fn whole() -> Whole {
    let github = StandIn::open(GitHub {
        store: Store::of(include_str!("examples/github.json")),
        first: Limit::default(),
        second: Limit::default(),
    })
    .await;
    let connector = connected(&github, config("right", &["acme/*"]));
    Whole::new([connector], github)
}

#[tokio::test]
async fn a_wrong_token_and_an_unknown_repository_are_told_in_plain_words() {
    let github = company().await;
    let connector = connected(&github, config("right, another", &["acme/shop"]));
    connector.check().await.unwrap();
    let wrong = connector.with(config("wrong", &["acme/shop"]));
    let refusal = wrong.refusal().await;
    assert!(
        refusal.starts_with("GitHub refused the token."),
        "{refusal}"
    );
    let unknown = connector.with(config("right", &["acme/nothing"]));
    let refusal = unknown.refusal().await;
    assert!(
        refusal.starts_with("GitHub knows no such repository"),
        "{refusal}"
    );
    let signed_in = connector.with(json!({
        "credentials": {"option_title": "OAuth Credentials", "access_token": "right"}, "repositories": ["acme/s*"],
    }));
    signed_in.check().await.unwrap();
    // a server of one's own answers below /api/v3
    github.asked("");
    let mut own = config("right", &["acme/shop"]);
    own["api_url"] = json!(github.base);
    connector.with(own).check().await.unwrap();
    assert!(!github.asked("/api/v3/repos/acme/shop").is_empty());
    github.is_content();
}

#[tokio::test]
async fn repositories_are_read_and_then_what_changed() {
    let github = company().await;
    let connector = connected(&github, config("right", &["acme/*", "someone/notes"]));
    assert_eq!(
        connector.streams().await,
        [
            "assignees",
            "branches",
            "comments",
            "commits",
            "issue_labels",
            "issue_milestones",
            "issues",
            "organizations",
            "pull_requests",
            "releases",
            "repositories",
            "review_comments",
            "reviews",
            "stargazers",
            "tags",
            "users",
            "workflow_runs",
            "workflows"
        ]
    );
    let first = connector.read().await;
    assert_eq!(first.ids("repositories"), ["1", "2", "3", "50"]);
    assert_eq!(
        (
            first.ids("issues").len(),
            first.ids("commits").len(),
            first.ids("pull_requests").len(),
            first.ids("reviews").len()
        ),
        (230, 230, 120, 120)
    );
    assert_eq!(first.records("issues")[0]["repository"], "acme/shop");
    assert_eq!(first.ids("organizations"), ["1"], "a person is none");
    assert_eq!(first.ids("users"), ["acme/7"]);
    assert_eq!(
        first.ids("branches"),
        ["acme/shop/feature/x", "acme/shop/main"]
    );
    assert_eq!(first.records("stargazers")[0]["user_id"], 1);
    assert_eq!(first.ids("issue_milestones"), ["8"]);
    assert_eq!(first.ids("workflow_runs"), ["9"]);
    assert_eq!(github.refused(), 1, "and 403 once");
    assert_eq!(github.asked("/repos/acme/shop/issues").len(), 4);

    github.asked("/repos/acme/shop/pulls");
    github.then(|github| {
        github.store.add("issues", issue(MANY + 1));
        github.store.add("stargazers", star(101));
        let pulls = (1..=120).rev().filter(|at| *at != 7).map(pull);
        let store = std::mem::take(&mut github.store);
        let mut moved = pull(7);
        moved["updated_at"] = json!(hour(300));
        let mut kept = Store::default().with("pulls", std::iter::once(moved).chain(pulls));
        for list in [
            "orgs",
            "repos",
            "members",
            "issues",
            "commits",
            "stargazers",
            "runs",
        ] {
            kept = kept.with(list, store.list(list).into_iter().cloned());
        }
        github.store = kept;
    });
    let again = connector.read_from(&first).await;
    assert_eq!(again.ids("issues"), ["230", "231"]);
    let asked = github.asked("/repos/acme/shop/issues");
    assert_eq!(asked[0].param("since"), Some(hour(MANY).as_str()));
    assert_eq!(again.ids("pull_requests"), ["120", "7"]);
    assert_eq!(
        github.asked("/repos/acme/shop/pulls").len(),
        1,
        "older pages are left alone"
    );
    assert_eq!(again.ids("reviews"), ["507", "620"]);
    assert_eq!(
        again.ids("stargazers"),
        ["acme/shop/100", "acme/shop/101"],
        "those of the day before the last one, and what is new"
    );
    assert_eq!(again.ids("commits"), [format!("{MANY:040x}")]);
    github.is_content();
    connector.airbyte_reads_the_same().await;
}

#[tokio::test]
async fn commits_come_from_the_branches_that_are_named() {
    let github = company().await;
    let mut config = config("right", &["acme/shop", "acme/empty"]);
    config["branches"] = json!(["acme/shop/feature/x"]);
    let first = connected(&github, config).read().await;
    assert_eq!(first.ids("commits"), [format!("{:040x}", 900)]);
    let record = &first.records("commits")[0];
    assert_eq!(
        (
            &record["repository"],
            &record["branch"],
            &record["created_at"]
        ),
        (&json!("acme/shop"), &json!("feature/x"), &json!(hour(900)))
    );
    github.is_content();
}
