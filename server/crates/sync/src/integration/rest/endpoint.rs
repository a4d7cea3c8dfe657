//! `endpoints`: each is read into a table of its own.

use serde_json::{Map, Value};

use super::cursor::Cursor;
use super::fields::{self, Type};
use super::paging::Paging;
use super::place::{Places, Target};
use crate::integration::document::{is_alike, name};
use crate::integration::section::Section;
use crate::integration::values;
use crate::yaml::{Marked, Node};

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

/// The words for them.
pub const METHODS: [(&str, Method); 2] = [("GET", Method::Get), ("POST", Method::Post)];

impl Endpoint {
    /// Whether the API is asked with a field inside of a mapping, which older runtimes do not know.
    pub fn asks_inside(&self) -> bool {
        let cursor = self.cursor.as_ref().and_then(Cursor::target);
        self.paging.targets().chain(cursor).any(Target::is_nested)
    }
}

pub fn list(section: &Section<'_>) -> Vec<Endpoint> {
    let mut all: Vec<Endpoint> = Vec::new();
    for (place, item) in section.items("endpoints") {
        let path = section.place(&place);
        let Some(own) = Section::open(item, path, &[KEYS], section.found) else {
            continue;
        };
        let endpoint = read(&own, section);
        refuse_taken(&own, &endpoint.name, &all);
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

/// Whoever tells tables apart by capital letters alone is the only one who does.
fn refuse_taken(own: &Section<'_>, name: &str, before: &[Endpoint]) {
    let Some(value) = own.get("name") else { return };
    if before.iter().any(|other| other.name == name) {
        own.problem(value.at, "name", "is taken by another endpoint");
    } else if before.iter().any(|other| is_alike(&other.name, name)) {
        let why = "differs from another endpoint's by capital letters alone: give it another name";
        own.meaningless(value.at, "name", why);
    }
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
    if let Some(value) = own.get(name) {
        if leaves(&path) {
            own.problem(value.at, name, "is a whole address: it follows base_url");
        } else if path.contains(char::is_whitespace) {
            own.meaningless(
                value.at,
                name,
                "has a space: take it out, or write %20 for it",
            );
        } else if path.contains('#') {
            let why =
                "has a #, and what follows one is never sent: take it out, or write %23 for it";
            own.meaningless(value.at, name, why);
        }
    }
    path
}

fn read(own: &Section<'_>, of_all: &Section<'_>) -> Endpoint {
    let path = path(own, "path");
    let method = own.choice("method", &METHODS).unwrap_or(Method::Get);
    let body = values::nested(own, "body");
    if method == Method::Get
        && let Some(value) = own.get("body")
    {
        own.problem(value.at, "body", "needs method: POST");
    }
    let places = Places::of(method, body.as_ref());
    let cursor = Cursor::read(own, places);
    let paging = Paging::read(own, places);
    refuse_twice(own, of_all, cursor.as_ref(), &paging);
    let (primary_key, fields) = (own.words("primary_key"), fields::read(own));
    refuse_unnamed_key(own, &primary_key);
    Endpoint {
        name: name(own),
        path,
        method,
        headers: values::headers(own, "headers"),
        parameters: values::texts(own, "parameters"),
        body,
        records: own.path_of("records").unwrap_or_default(),
        primary_key,
        cursor,
        paging,
        fields,
    }
}

/// Who names the columns of a table and then another for its key has mistyped one of them. Elsewhere, and in what was kept, it
/// stays a column of its own.
fn refuse_unnamed_key(own: &Section<'_>, key: &[String]) {
    let fields = own.entries("fields");
    if !own.found.reader.lands_rows() || fields.is_empty() {
        return;
    }
    let Some(value) = own.get("primary_key") else {
        return;
    };
    for name in key {
        if !fields.iter().any(|field| field.key == *name) {
            let why = format!("is {name:?}, which is not among the fields");
            own.problem(value.at, "primary_key", &why);
        }
    }
}

/// What paging and cursor ask with may not stand in the request as well, nor be said by both: no runtime sends a field that is
/// said twice.
fn refuse_twice(own: &Section<'_>, of_all: &Section<'_>, cursor: Option<&Cursor>, paging: &Paging) {
    let mut set: Vec<(&Target, &str)> = paging.targets().map(|target| (target, "paging")).collect();
    set.extend(
        cursor
            .and_then(Cursor::target)
            .map(|target| (target, "cursor")),
    );
    for (at, (target, by)) in set.iter().enumerate() {
        let before = set[..at].iter().find(|(other, _)| other.meets(target));
        if let (Some((other, first)), Some(value)) = (before, own.get(by)) {
            let (target, other) = (target.words(), other.words());
            let why = format!("asks with {target}, and {other} is set by {first} already");
            own.meaningless(value.at, by, &why);
        }
        match target {
            Target::Body(path) => refuse_in_body(own, path, by),
            Target::Query(name) => {
                refuse_in_query(own, name, by);
                refuse_in_query(of_all, name, by);
            }
        }
    }
}

fn refuse_in_query(section: &Section<'_>, name: &str, by: &str) {
    for entry in section.entries("parameters") {
        if entry.key == name {
            let place = format!("parameters.{name}");
            section.meaningless(entry.at, &place, &format!("is set by {by} already"));
        }
    }
}

/// The fixed body may have the mappings on the way to a field, but not the field.
fn refuse_in_body(own: &Section<'_>, path: &[String], by: &str) {
    let Some((last, way)) = path.split_last() else {
        return;
    };
    let (mut place, mut here): (String, Option<&Marked>) = ("body".to_owned(), own.get("body"));
    for name in way {
        let Some(Node::Map(fields)) = here.map(|marked| &marked.node) else {
            return;
        };
        place = format!("{place}.{name}");
        here = fields.get(name).map(|entry| &entry.value);
        if let Some(value) = here
            && !matches!(&value.node, Node::Map(_) | Node::Scalar(Value::Null))
        {
            let why = format!("is no mapping, and {by} sets {} in it", path.join("."));
            own.meaningless(value.at, &place, &why);
            return;
        }
    }
    if let Some(Node::Map(fields)) = here.map(|marked| &marked.node)
        && let Some(entry) = fields.get(last)
    {
        let place = format!("{place}.{last}");
        own.meaningless(entry.at, &place, &format!("is set by {by} already"));
    }
}
