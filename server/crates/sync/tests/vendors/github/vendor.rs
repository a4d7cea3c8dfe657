//! The vendor itself: what it answers, in which pages, and when it was asked too often.

use serde_json::{Value, json};

use crate::stand_in::{Answer, Limit, Request, Store, Vendor, ok, page, status, wrong};

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

pub struct GitHub {
    pub store: Store,
    pub first: Limit,
    pub second: Limit,
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

pub fn repository(id: i64, full: &str) -> Value {
    let (owner, name) = full.split_once('/').unwrap();
    json!({"id": id, "name": name, "full_name": full, "owner": {"login": owner}})
}
