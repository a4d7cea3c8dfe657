//! What somebody does at the stand-in without the hub, and what is found there: by the engine's own calls, past whatever is
//! wrong on the hub's way.

use axum::http::StatusCode;
use serde_json::{Value, json};

use super::{Platform, token};
use crate::airbyte::client::POSTGRES_SOURCE;

impl Platform {
    /// Registers a client at that provider, for all its workspaces.
    pub fn register(&self, (id, secret): (&str, &str)) {
        let body = json!({
            "actorType": "source", "name": "postgres",
            "configuration": { "credentials": { "client_id": id, "client_secret": secret } },
        });
        let organization = uuid::Uuid::nil();
        let answer = self.blocking(
            &format!("organizations/{organization}/oauthCredentials"),
            |http, url| http.put(url).bearer_auth(self.token()).json(&body),
        );
        assert!(answer.0.is_success(), "{answer:?}");
    }

    /// A token for all its workspaces.
    pub fn token(&self) -> String {
        token(&self.engine, &self.client_id, &self.client_secret)
    }

    /// Makes a workspace that the hub knows nothing of, with a source in it; answers its id.
    pub fn workspace_of_others(&self, name: &str) -> String {
        let made = self.make("workspaces", &json!({ "name": name }));
        let id = made["workspaceId"].as_str().expect("an id");
        let source = json!({
            "name": "Somebody else's", "workspaceId": id,
            "definitionId": POSTGRES_SOURCE,
            "configuration": {
                "host": "db.example.com", "port": 5432, "database": "x", "username": "x", "password": "x",
            },
        });
        self.make("sources", &source);
        id.to_owned()
    }

    /// Somebody makes one of a kind there.
    pub fn make(&self, kind: &str, body: &Value) -> Value {
        let (status, made) = self.blocking(kind, |http, url| {
            http.post(url).bearer_auth(self.token()).json(body)
        });
        assert!(status.is_success(), "{made}");
        made
    }

    /// Somebody changes one there.
    pub fn change(&self, kind: &str, id: &str, patch: &Value) {
        let (status, changed) = self.blocking(&format!("{kind}/{id}"), |http, url| {
            http.patch(url).bearer_auth(self.token()).json(patch)
        });
        assert!(status.is_success(), "{changed}");
    }

    /// Everything of a kind.
    pub fn all(&self, kind: &str) -> Vec<Value> {
        let path = format!("{kind}?limit=100");
        let found = self.blocking(&path, |http, url| http.get(url).bearer_auth(self.token()));
        found.1["data"].as_array().expect("a list").clone()
    }

    /// Names of everything of a kind.
    pub fn names(&self, kind: &str) -> Vec<String> {
        let all = self.all(kind).into_iter();
        all.map(|one| one["name"].as_str().expect("a name").to_owned())
            .collect()
    }

    /// Why a job failed, as the engine itself has it.
    pub fn failure(&self, job: i64) -> String {
        let path = format!("x/jobs/{job}");
        let found = self.blocking(&path, |http, url| http.get(url).bearer_auth(self.token()));
        let why = found.1["failure"]["message"].as_str();
        why.expect("a failed job").to_owned()
    }

    /// How many of a kind it holds.
    pub fn count(&self, kind: &str) -> usize {
        self.all(kind).len()
    }

    /// Somebody deletes all of a kind there.
    pub fn delete_all(&self, kind: &str) {
        let token = self.token();
        let id = format!("{}Id", kind.trim_end_matches('s'));
        for one in self.all(kind) {
            let path = format!("{kind}/{}", one[&id].as_str().expect("an id"));
            let gone = self.blocking(&path, |http, url| http.delete(url).bearer_auth(&token));
            assert!(gone.0.is_success(), "{gone:?}");
        }
    }

    /// As that Airbyte does when a source has changed too much.
    pub fn switch_off_connections(&self) {
        let token = self.token();
        for one in self.all("connections") {
            let path = format!(
                "connections/{}",
                one["connectionId"].as_str().expect("an id")
            );
            let off = json!({ "status": "inactive" });
            let done = self.blocking(&path, |http, url| {
                http.patch(url).bearer_auth(&token).json(&off)
            });
            assert!(done.0.is_success(), "{done:?}");
        }
    }

    fn blocking(
        &self,
        path: &str,
        ask: impl FnOnce(&reqwest::blocking::Client, String) -> reqwest::blocking::RequestBuilder,
    ) -> (StatusCode, Value) {
        let http = crate::harness::client();
        let answer = ask(&http, format!("{}/{path}", self.engine));
        let answer = answer.send().expect("the engine answers");
        (answer.status(), answer.json().unwrap_or(Value::Null))
    }
}
