//! A real OAuth and OpenID provider in front of a person without a browser: the package `oidc-provider`, run by Node.js.

use std::{
    io::{BufRead, BufReader, Lines, Write},
    process::{Child, ChildStdin, ChildStdout, Command, Stdio},
    thread,
};

use reqwest::{
    StatusCode, Url,
    blocking::{Client, Response},
    header::CONTENT_TYPE,
};
use serde_json::{Value, json};

use super::provider::CLIENT;
use crate::harness::{Answer, Hub, Person};

const PROGRAM: &str = concat!(
    env!("CARGO_MANIFEST_DIR"),
    "/../end2end/fixtures/serve-provider.mjs"
);

/// It listens; ends with this.
pub struct Issuer {
    child: Child,
    pub url: String,
    /// Until it serves.
    pipes: Option<(ChildStdin, Lines<BufReader<ChildStdout>>)>,
}

impl Issuer {
    pub fn start() -> Self {
        let mut child = Command::new("node")
            .arg(PROGRAM)
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .expect("Node.js runs");
        let input = child.stdin.take().expect("piped");
        let mut lines = BufReader::new(child.stdout.take().expect("piped")).lines();
        Self {
            child,
            url: line(&mut lines),
            pipes: Some((input, lines)),
        }
    }

    /// An operator's description of it: its access token is the password of the database.
    pub fn described(&self) -> String {
        let url = &self.url;
        format!(
            "[[provider]]\nid = 'local'\nname = 'Local'\nauthorize_url = '{url}/auth'\ntoken_url = '{url}/token'\n\
             issuer = '{url}'\nissuer_required = true\n\
             [[grant]]\nsource_type = 'postgres'\nprovider = 'local'\nscopes = ['rows']\npermissions = ['Read rows']\n\
             tokens = [{{ from = 'access_token', to = ['password'] }}]\n"
        )
    }

    /// The same where access tokens are short, and refresh tokens count once and can be given back.
    pub fn described_short(&self) -> String {
        let url = &self.url;
        let more = format!(
            "authorize_params = {{ prompt = 'consent' }}\nidentity_scopes = ['openid', 'email']\n\
             account = {{ from = 'id_token', id = 'sub', name = 'email' }}\n\
             revoke = {{ url = '{url}/token/revocation', client = true }}\n[[grant]]"
        );
        let described = self.described().replace("[[grant]]", &more);
        described.replace("['rows']", "['rows', 'offline_access']") + "renewal = 'hub'\n"
    }

    /// Knows the client from now on, which is sent back to this address. `issued` hears each token before the client does.
    pub fn serve(&mut self, redirect: &str, issued: impl Fn(&str) + Send + 'static) {
        self.serve_for(redirect, None, issued);
    }

    /// The same with access tokens that live for so many seconds.
    pub fn serve_for(
        &mut self,
        redirect: &str,
        life: Option<u32>,
        issued: impl Fn(&str) + Send + 'static,
    ) {
        let (mut input, mut lines) = self.pipes.take().expect("it serves once");
        let client = json!({ "id": CLIENT.0, "secret": CLIENT.1 });
        let scopes = ["openid", "email", "rows", "offline_access"];
        let offer =
            json!({ "client": client, "redirects": [redirect], "scopes": scopes, "life": life });
        writeln!(input, "{offer}").expect("it listens");
        assert_eq!(line(&mut lines), "ready");
        thread::spawn(move || {
            for token in lines.map_while(Result::ok) {
                issued(&token);
                if writeln!(input).is_err() {
                    return;
                }
            }
        });
    }

    /// Somebody signs in at this address of it and allows what is asked; where they are sent back to.
    pub fn allow(&self, hub: &Hub, at: &str, login: &str) -> String {
        let mut person = Person::visiting(hub);
        person.moved_to(&self.url);
        let mut answer = person.get(self.path(at));
        loop {
            let Some(next) = answer.location.clone() else {
                answer = confirm(&person, &answer, login);
                continue;
            };
            if !next.starts_with('/') && !next.starts_with(&self.url) {
                return next;
            }
            answer = person.get(self.path(&next));
        }
    }

    /// How each request for tokens ended, in order.
    pub fn asked(&self) -> Vec<String> {
        self.heard("asked")
    }

    /// Each refresh token that was given, in order.
    pub fn renewable(&self) -> Vec<String> {
        self.heard("renewable")
    }

    fn heard(&self, kind: &str) -> Vec<String> {
        let heard: Value = reqwest::blocking::get(format!("{}/heard", self.url))
            .and_then(Response::json)
            .expect("it tells");
        let list = heard[kind].as_array().expect("a list").clone();
        let text = |item: Value| item.as_str().expect("a text").to_owned();
        list.into_iter().map(text).collect()
    }

    /// Somebody who knows the client's secret asks one of its endpoints.
    pub fn ask(&self, path: &str, fields: &[(&str, &str)]) -> (StatusCode, Value) {
        let client = [("client_id", CLIENT.0), ("client_secret", CLIENT.1)];
        let mut form = Url::parse("http://form").expect("an address");
        form.query_pairs_mut()
            .extend_pairs(client.iter().chain(fields));
        let asked = Client::new()
            .post(format!("{}{path}", self.url))
            .header(CONTENT_TYPE, "application/x-www-form-urlencoded")
            .body(form.query().unwrap_or_default().to_owned())
            .send()
            .expect("an answer");
        (asked.status(), asked.json().unwrap_or(Value::Null))
    }

    fn path<'a>(&self, url: &'a str) -> &'a str {
        url.strip_prefix(&self.url).unwrap_or(url)
    }
}

/// Sends the page's form: the login first, then the consent.
fn confirm(person: &Person, page: &Answer, login: &str) -> Answer {
    assert_eq!(page.status, StatusCode::OK, "{page:?}");
    let attribute = |before: &str| {
        let (_, rest) = page.text.split_once(before).expect("a form");
        rest.split_once('"').expect("an attribute ends").0
    };
    let (_, path) = attribute("action=\"")
        .split_once("/interaction/")
        .expect("the form of an interaction");
    let fields = match attribute("name=\"prompt\" value=\"") {
        "login" => vec![("prompt", "login"), ("login", login), ("password", "any")],
        other => vec![("prompt", other)],
    };
    person.post(&format!("/interaction/{path}"), &fields)
}

fn line(lines: &mut Lines<BufReader<ChildStdout>>) -> String {
    lines
        .next()
        .expect("it goes on; npm's packages are there: “cargo hub test” installs them")
        .expect("a line of text")
}

impl Drop for Issuer {
    fn drop(&mut self) {
        let _it_ended = self.child.kill();
        let _it_is_gone = self.child.wait();
    }
}
