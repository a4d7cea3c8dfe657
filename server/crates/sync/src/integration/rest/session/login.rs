//! How one signs in: the request whose answer has the session. What is secret about it goes into a header or a body, and not
//! into its address, which logs on the way keep; what all requests at the API have in theirs, this one has, too.

use serde_json::{Map, Value};

use crate::integration::rest::Rest;
use crate::integration::rest::authentication::basic;
use crate::integration::rest::endpoint::{METHODS, Method, path};
use crate::integration::rest::manifest::{add, request};
use crate::integration::section::{Secrets, Section};
use crate::integration::values::{KEYWORD, is_keyword};
use crate::integration::{secrets, values};
use crate::yaml::{Marked, Node};

/// What a document's references begin with.
const REFERENCE: &str = "${secrets.";
const IN_AN_ADDRESS: &str = "would put a secret into the address, which logs keep: it goes into login_basic or login_headers";
const NO_SECRET: &str = "holds no secret: write ${secrets.name} where the password goes";

#[derive(Debug, Clone, PartialEq)]
pub struct Login {
    method: Method,
    path: String,
    parameters: Map<String, Value>,
    headers: Map<String, Value>,
    basic: Option<Basic>,
    body: Option<Body>,
}

/// User and password, as HTTP has them.
#[derive(Debug, Clone, PartialEq)]
struct Basic {
    username: String,
    secret: String,
}

#[derive(Debug, Clone, PartialEq)]
enum Body {
    Json(Value),
    Form(Map<String, Value>),
}

impl Login {
    pub fn read(own: &Section<'_>) -> Self {
        let login = Self {
            method: own.choice("login_method", &METHODS).unwrap_or(Method::Post),
            path: path(own, "login_path"),
            parameters: parameters(own),
            headers: values::headers(own, "login_headers"),
            basic: Basic::read(own),
            body: Body::read(own),
        };
        login.check_path(own);
        match login.method {
            Method::Get => check_get(own),
            Method::Post => login.check_post(own),
        }
        login
    }

    /// Documents of before, which post, may have a secret there all the same.
    fn check_path(&self, own: &Section<'_>) {
        if let Some(value) = own.get("login_path")
            && self.path.contains(REFERENCE)
        {
            own.meaningless(value.at, "login_path", IN_AN_ADDRESS);
        }
    }

    fn check_post(&self, own: &Section<'_>) {
        let ways = ["login_body", "login_form", "login_basic", "login_headers"];
        if !says_any(own, &ways) {
            let message = format!(
                "{} needs login_body (JSON), login_form, login_basic or login_headers: what is sent to sign in",
                own.path
            );
            own.found.problem(own.at, message);
            return;
        }
        // Where two are said for one, that is told already.
        if self.body.is_some() || own.get("login_body").is_none() {
            need_secret(own, &["login_body", "login_form", "login_headers"]);
        }
    }

    /// The request, as a low-code manifest has it: one at the API, with what all of them have.
    pub fn component(&self, rest: &Rest) -> Value {
        let mut login = request(rest, self.method, &self.path);
        add(&mut login, &self.headers, &self.parameters);
        if let Some(Basic { username, secret }) = &self.basic {
            login["authenticator"] = basic(username, secret);
        }
        match &self.body {
            Some(Body::Json(fields)) => {
                login["request_body_json"] = values::written(fields, secrets::exact);
            }
            Some(Body::Form(fields)) => {
                login["request_body_data"] = values::templated(&Value::Object(fields.clone()));
            }
            None => {}
        }
        login
    }
}

/// Everything about a GET but its headers stands in the address.
fn check_get(own: &Section<'_>) {
    for name in ["login_body", "login_form"] {
        if let Some(value) = own.get(name) {
            own.problem(value.at, name, "needs login_method: POST");
        }
    }
    if !says_any(own, &["login_basic", "login_headers"]) {
        let message = format!(
            "{} needs login_basic or login_headers: what else a GET sends stands in the address, where no secret may",
            own.path
        );
        own.found.problem(own.at, message);
        return;
    }
    need_secret(own, &["login_headers"]);
}

impl Basic {
    fn read(own: &Section<'_>) -> Option<Self> {
        let inner = own.child("login_basic", &["username", "secret_name"])?;
        for entry in own.entries("login_headers") {
            if entry.key.eq_ignore_ascii_case("authorization") {
                let place = format!("login_headers.{}", entry.key);
                own.problem(entry.at, &place, "is set by login_basic already");
            }
        }
        Some(Self {
            username: inner.need_text("username"),
            secret: inner.secret_name("secret_name"),
        })
    }
}

impl Body {
    fn read(own: &Section<'_>) -> Option<Self> {
        match (own.get("login_body"), own.get("login_form")) {
            (Some(_), None) => values::nested(own, "login_body").map(Self::Json),
            (None, Some(_)) => Some(Self::Form(values::texts(own, "login_form"))),
            (Some(_), Some(twice)) => {
                let why = "is said by login_body already: what is sent is one of them";
                own.problem(twice.at, "login_form", why);
                None
            }
            (None, None) => None,
        }
    }
}

/// What is asked for beside signing in. It stands in the address.
fn parameters(own: &Section<'_>) -> Map<String, Value> {
    let mut parameters = Map::new();
    for entry in own.entries("login_parameters") {
        let (key, place) = (&entry.key, format!("login_parameters.{}", entry.key));
        if is_keyword(key) || secrets::names(key) != Ok(Vec::new()) {
            own.problem(entry.value.at, &place, KEYWORD);
        } else if secrets::is_secret_field(key) || holds_secret(&entry.value) {
            own.problem(entry.value.at, &place, IN_AN_ADDRESS);
        } else if let Some(text) = own.text_at(&entry.value, &place, Secrets::Refused) {
            parameters.insert(key.clone(), Value::from(text));
        }
    }
    parameters
}

fn says_any(own: &Section<'_>, names: &[&str]) -> bool {
    names.iter().any(|name| own.get(name).is_some())
}

/// Nobody signs in without a secret. One that stands in a field named like a secret was told already.
fn need_secret(own: &Section<'_>, names: &[&str]) {
    if own.get("login_basic").is_some() {
        return;
    }
    let said: Vec<(&str, &Marked)> = names
        .iter()
        .filter_map(|name| Some((*name, own.get(name)?)))
        .collect();
    if let Some((name, value)) = said.first()
        && !said.iter().any(|(_, value)| may_sign_in(value))
    {
        own.problem(value.at, name, NO_SECRET);
    }
}

fn may_sign_in(value: &Marked) -> bool {
    match &value.node {
        Node::Map(fields) => {
            let mut keys = fields.entries.iter().map(|entry| entry.key.as_str());
            holds_secret(value) || keys.any(secrets::is_secret_field)
        }
        // What is no mapping was told already.
        Node::List(_) | Node::Scalar(_) => true,
    }
}

/// Whether a secret is spoken of anywhere in it.
fn holds_secret(value: &Marked) -> bool {
    match &value.node {
        Node::Scalar(Value::String(text)) => text.contains(REFERENCE),
        Node::Scalar(_) => false,
        Node::List(items) => items.iter().any(holds_secret),
        Node::Map(fields) => fields
            .entries
            .iter()
            .any(|entry| holds_secret(&entry.value)),
    }
}
