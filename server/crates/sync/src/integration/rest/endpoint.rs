//! `endpoints`: each is read into a table of its own.

use serde_json::{Map, Value};

use super::cursor::Cursor;
use super::fields::{self, Type};
use super::paging::Paging;
use super::place::Places;
use crate::integration::document::name;
use crate::integration::section::Section;
use crate::integration::values;
use crate::yaml::Node;

const KEYS: &[&str] = &[
    "name",
    "path",
    "method",
    "parameters",
    "headers",
    "body",
    "records",
    "primary_key",
    "cursor",
    "paging",
    "fields",
];

#[derive(Debug, Clone, PartialEq)]
pub(in crate::integration) struct Endpoint {
    pub name: String,
    pub path: String,
    pub method: Method,
    pub headers: Map<String, Value>,
    pub parameters: Map<String, Value>,
    pub body: Option<Value>,
    /// Where the records are in an answer; empty when the answer is the list.
    pub records: Vec<String>,
    pub primary_key: Vec<String>,
    pub cursor: Option<Cursor>,
    pub paging: Paging,
    pub fields: Vec<(String, Type)>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::integration) enum Method {
    Get,
    Post,
}

impl Method {
    pub fn name(self) -> &'static str {
        match self {
            Self::Get => "GET",
            Self::Post => "POST",
        }
    }
}

pub fn list(section: &Section<'_>) -> Vec<Endpoint> {
    let mut all: Vec<Endpoint> = Vec::new();
    for (place, item) in section.items("endpoints") {
        let path = section.place(&place);
        let Some(own) = Section::open(item, path, &[KEYS], section.found) else {
            continue;
        };
        let endpoint = read(&own);
        if all.iter().any(|other| other.name == endpoint.name)
            && let Some(value) = own.get("name")
        {
            own.problem(value.at, "name", "is taken by another endpoint");
        }
        all.push(endpoint);
    }
    match section.get("endpoints") {
        None => section.missing("endpoints"),
        Some(value) if matches!(&value.node, Node::List(items) if items.is_empty()) => {
            section.problem(value.at, "endpoints", "is empty: there is nothing to read");
        }
        Some(_) => {}
    }
    all
}

/// Whether a path could lead away from its base: as an address of its own, or by what clients take for slashes.
fn leaves(path: &str) -> bool {
    let start = path.trim_start().to_ascii_lowercase();
    let has_scheme = start.starts_with("http:") || start.starts_with("https:");
    path.contains("://")
        || path.starts_with("//")
        || path.contains('\\')
        || path.contains(char::is_control)
        || has_scheme
}

/// A path at the API: what is sent there may hold secrets, so it cannot be another address.
pub fn path(own: &Section<'_>, name: &str) -> String {
    let path = own.need_text(name);
    if let Some(value) = own.get(name)
        && leaves(&path)
    {
        own.problem(value.at, name, "is a whole address: it follows base_url");
    }
    path
}

fn read(own: &Section<'_>) -> Endpoint {
    let path = path(own, "path");
    let method = own.choice("method", &[("GET", Method::Get), ("POST", Method::Post)]);
    let method = method.unwrap_or(Method::Get);
    let body = values::nested(own, "body");
    if method == Method::Get
        && let Some(value) = own.get("body")
    {
        own.problem(value.at, "body", "needs method: POST");
    }
    let places = Places::of(method, body.as_ref());
    let cursor = Cursor::read(own, places);
    let paging = Paging::read(own, places);
    refuse_twice(own, cursor.as_ref(), &paging);
    Endpoint {
        name: name(own),
        path,
        method,
        headers: values::texts(own, "headers"),
        parameters: values::texts(own, "parameters"),
        body,
        records: own.path_of("records").unwrap_or_default(),
        primary_key: own.words("primary_key"),
        cursor,
        paging,
        fields: fields::read(own),
    }
}

/// What paging and cursor set in a body may not stand there as well: no runtime sends a field that is said twice.
fn refuse_twice(own: &Section<'_>, cursor: Option<&Cursor>, paging: &Paging) {
    let mut set: Vec<(&str, &str)> = paging.in_body().map(|name| (name, "paging")).collect();
    set.extend(
        cursor
            .and_then(Cursor::in_body)
            .map(|name| (name, "cursor")),
    );
    for entry in own.entries("body") {
        if let Some((name, by)) = set.iter().find(|(name, _)| *name == entry.key) {
            let why = format!("is set by {by} already");
            own.problem(entry.at, &format!("body.{name}"), &why);
        }
    }
}
