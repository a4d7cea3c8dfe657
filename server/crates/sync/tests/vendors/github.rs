//! GitHub: repositories by name and by pattern, links to further pages, and two ways to be asked too often.

use serde_json::{Value, json};

use super::connector::Connected;
use super::every_stream::Whole;
use super::stand_in::{
    Answer, Limit, Request, StandIn, Store, Vendor, hour, ok, page, status, wrong,
};

/// How many items each repository has of what has many.
const MANY: i64 = 230;

/// The lists of a repository.
const LISTS: [&str; 10] = [
    "assignees",
    "branches",
    "commits",
    "issues",
    "labels",
    "milestones",
    "pulls",
    "releases",
    "stargazers",
    "tags",
];

struct GitHub {
    store: Store,
    first: Limit,
    second: Limit,
}

fn said(code: u16, text: &str) -> Answer {
    status(
        code,
        json!({"message": text, "documentation_url": "https://docs.github.com/rest", "status": code.to_string()}),
    )
}

impl Vendor for GitHub {
    fn answer(&mut self, request: &Request) -> Result<Answer, Answer> {
        if request.bearer() != "right" {
            return Err(said(401, "Bad credentials"));
        }
        let accept = if request.path.ends_with("/stargazers") {
            "application/vnd.github.star+json"
        } else {
            "application/vnd.github+json"
        };
        if request.header("accept") != accept
            || request.header("x-github-api-version") != "2022-11-28"
            || request.header("user-agent").is_empty()
        {
            return Err(request.malformed("headers"));
        }
        let path = request.path.trim_start_matches("/api/v3");
        let parts: Vec<&str> = path.split('/').filter(|part| !part.is_empty()).collect();
        match parts[..] {
            ["orgs", "acme"] => Ok(ok(json!(self.store.list("orgs")[0]))),
            ["orgs", "acme", "repos"] => self.list(request, "repos", &[]),
            ["orgs", "acme", "members"] => self.list(request, "members", &[]),
            ["repos", "acme", "empty", "commits"] => Err(said(409, "Git Repository is empty.")),
            ["repos", owner, name, ref more @ ..] => {
                let full = format!("{owner}/{name}");
                let known = self.store.list("repos").into_iter().cloned();
                let found = known
                    .chain([repository(50, "someone/notes")])
                    .find(|one| one["full_name"].as_str() == Some(full.as_str()));
                let found = found.ok_or_else(|| said(404, "Not Found"))?;
                if more.is_empty() {
                    return Ok(ok(found));
                }
                self.inside(request, &full, more)
            }
            _ => Err(said(404, "Not Found")),
        }
    }
}

impl GitHub {
    fn inside(&mut self, request: &Request, full: &str, more: &[&str]) -> Result<Answer, Answer> {
        if full != "acme/shop" {
            return match *more {
                ["issues"] if full != "acme/empty" => {
                    Err(said(410, "Issues are disabled for this repo"))
                }
                ["actions", "runs"] => Ok(ok(json!({"total_count": 0, "workflow_runs": []}))),
                ["actions", "workflows"] => Ok(ok(json!({"total_count": 0, "workflows": []}))),
                ["issues" | "pulls", "comments"] => Ok(ok(json!([]))),
                [list] if LISTS.contains(&list) => Ok(ok(json!([]))),
                _ => Err(said(404, "Not Found")),
            };
        }
        match *more {
            ["issues"] => {
                // the primary limit: nothing is left until the reset
                self.first.once(
                    said(403, "API rate limit exceeded for user ID 1.")
                        .header("x-ratelimit-remaining", "0")
                        .header("x-ratelimit-reset", "1"),
                )?;
                if request.param("state") != Some("all") {
                    return Err(request.malformed("state"));
                }
                self.changed(request, "issues", &["state"])
            }
            ["issues", "comments"] => self.changed(request, "comments", &[]),
            ["pulls", "comments"] => self.changed(request, "review_comments", &[]),
            ["pulls"] => {
                let asked = (
                    request.param("state"),
                    request.param("sort"),
                    request.param("direction"),
                );
                if asked != (Some("all"), Some("updated"), Some("desc")) {
                    return Err(request.malformed("sort"));
                }
                self.list(request, "pulls", &["state", "sort", "direction"])
            }
            ["pulls", number, "reviews"] => {
                let list = format!("reviews of {number}");
                if self.store.holds(&list) {
                    return self.list(request, &list, &[]);
                }
                let review =
                    json!({"id": number.parse::<i64>().unwrap() + 500, "state": "APPROVED"});
                Ok(ok(json!([review])))
            }
            ["commits"] => {
                // the secondary limit: as long as it says
                self.second.once(
                    said(429, "You have exceeded a secondary rate limit.")
                        .header("retry-after", "1"),
                )?;
                let list = match request.param("sha") {
                    None => "commits",
                    Some("feature/x") => "commits_of_branch",
                    Some(_) => return Err(said(404, "Not Found")),
                };
                let since = request
                    .moment("since")?
                    .ok_or_else(|| request.malformed("since"))?;
                let mut found = self.store.list(list);
                found.retain(|one| one["commit"]["committer"]["date"].as_str() >= Some(since));
                paged(request, &found, &["since", "sha"])
            }
            ["stargazers"] => self.list(request, "stargazers", &[]),
            ["milestones"] => self.list(request, "milestones", &["state"]),
            ["actions", "runs"] => {
                let mut listed = self.list(request, "runs", &[])?;
                *listed.body = json!({"total_count": 1, "workflow_runs": *listed.body});
                Ok(listed)
            }
            ["actions", "workflows"] => {
                let mut listed = self.list(request, "workflows", &[])?;
                *listed.body = json!({"total_count": 1, "workflows": *listed.body});
                Ok(listed)
            }
            [list @ ("assignees" | "branches" | "labels" | "releases" | "tags")] => {
                self.list(request, list, &[])
            }
            _ => Err(wrong(format!("{} is unknown", request.path))),
        }
    }

    /// The oldest change first, from a moment on.
    fn changed(&self, request: &Request, list: &str, known: &[&str]) -> Result<Answer, Answer> {
        let since = request
            .moment("since")?
            .ok_or_else(|| request.malformed("since"))?;
        if (request.param("sort"), request.param("direction")) != (Some("updated"), Some("asc")) {
            return Err(request.malformed("sort"));
        }
        let found = self.store.since(list, "updated_at", Some(since));
        paged(
            request,
            &found,
            &[known, &["since", "sort", "direction"]].concat(),
        )
    }

    fn list(&self, request: &Request, list: &str, known: &[&str]) -> Result<Answer, Answer> {
        paged(request, &self.store.list(list), known)
    }
}

/// A page with links to the others; a parameter that stands twice is refused.
fn paged(request: &Request, found: &[&Value], known: &[&str]) -> Result<Answer, Answer> {
    request.only(&[known, &["per_page", "page"]].concat())?;
    let mut names: Vec<&String> = request.query.iter().map(|(name, _)| name).collect();
    names.sort();
    names.dedup();
    if names.len() < request.query.len() {
        return Err(wrong(format!("twice: {:?}", request.query)));
    }
    let size = request.size("per_page", 100)?;
    let number = request.number("page")?.unwrap_or(1);
    let (items, next) = page(found, (number - 1) * size, size);
    let answer = ok(json!(items)).header("x-ratelimit-remaining", "0");
    if next.is_none() {
        return Ok(answer);
    }
    let kept = request.query.iter().filter(|(name, _)| name != "page");
    let query = url::form_urlencoded::Serializer::new(String::new())
        .extend_pairs(kept)
        .append_pair("page", &(number + 1).to_string())
        .finish();
    let here = format!("{}{}", request.base, request.path);
    let link = format!("<{here}?{query}>; rel=\"next\", <{here}?page=99>; rel=\"last\"");
    Ok(answer.header("Link", link))
}

fn repository(id: i64, full: &str) -> Value {
    let (owner, name) = full.split_once('/').unwrap();
    json!({"id": id, "name": name, "full_name": full, "owner": {"login": owner}})
}

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
        .with("stargazers", (1..=3).map(star))
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
        github.store.add("stargazers", star(4));
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
    assert_eq!(again.ids("stargazers"), ["acme/shop/3", "acme/shop/4"]);
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
