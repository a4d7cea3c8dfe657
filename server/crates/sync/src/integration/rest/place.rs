//! `in`: whether an API is asked for pages and for what is new in the query or in the JSON body, and under which name there.

use serde_json::{Value, json};

use super::endpoint::Method;
use crate::integration::section::Section;
use crate::yaml::Node;

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::integration) enum Place {
    Query,
    Body,
}

const PLACES: [(&str, Place); 2] = [("query", Place::Query), ("body", Place::Body)];

/// What the API is asked with.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(in crate::integration) enum Target {
    /// A parameter of the query.
    Query(String),
    /// A field of the JSON body, however deep: `[variables, after]`.
    Body(Vec<String>),
}

impl Place {
    /// What the section says under this key. In a body a list leads into mappings. A text is one name, with the dots it has:
    /// documents were written so before there were lists.
    pub fn target(self, own: &Section<'_>, key: &str) -> Option<Target> {
        if self == Self::Query {
            return own.word(key).map(Target::Query);
        }
        let value = own.get(key)?;
        let path = own.words(key);
        if matches!(&value.node, Node::List(items) if items.is_empty()) {
            own.problem(value.at, key, "is empty");
        }
        (!path.is_empty()).then_some(Target::Body(path))
    }

    /// What APIs usually call it.
    pub fn usual(self, name: &str) -> Target {
        match self {
            Self::Query => Target::Query(name.to_owned()),
            Self::Body => Target::Body(vec![name.to_owned()]),
        }
    }
}

impl Target {
    /// What puts a value there, as a low-code manifest has it.
    pub fn option(&self) -> Value {
        match self {
            Self::Query(name) => {
                json!({"type": "RequestOption", "inject_into": "request_parameter", "field_name": name})
            }
            // Every runtime knows a name; only newer ones know a path.
            Self::Body(path) => match &path[..] {
                [name] => {
                    json!({"type": "RequestOption", "inject_into": "body_json", "field_name": name})
                }
                path => {
                    json!({"type": "RequestOption", "inject_into": "body_json", "field_path": path})
                }
            },
        }
    }

    pub fn is_in_body(&self) -> bool {
        matches!(self, Self::Body(_))
    }

    /// Inside of a mapping of the body.
    pub fn is_nested(&self) -> bool {
        matches!(self, Self::Body(path) if path.len() > 1)
    }

    /// Whether one of both would overwrite the other.
    pub fn meets(&self, other: &Self) -> bool {
        match (self, other) {
            (Self::Query(one), Self::Query(other)) => one == other,
            (Self::Body(one), Self::Body(other)) => {
                one.starts_with(other) || other.starts_with(one)
            }
            (Self::Query(_), Self::Body(_)) | (Self::Body(_), Self::Query(_)) => false,
        }
    }

    /// As a document writes it.
    pub fn words(&self) -> String {
        match self {
            Self::Query(name) => name.clone(),
            Self::Body(path) => path.join("."),
        }
    }
}

/// Where an endpoint can be asked for something.
#[derive(Debug, Clone, Copy)]
pub(in crate::integration) struct Places {
    method: Method,
    usual: Place,
}

impl Places {
    /// An API that is searched by a JSON body looks for the page there as well: it would take what stands in the query for
    /// nothing, and send its first page again and again.
    pub fn of(method: Method, body: Option<&Value>) -> Self {
        let usual = match (method, body) {
            (Method::Post, Some(_)) => Place::Body,
            (Method::Post, None) | (Method::Get, _) => Place::Query,
        };
        Self { method, usual }
    }

    /// What the section says, or else what is usual.
    pub fn read(self, own: &Section<'_>) -> Place {
        let said = own.choice("in", &PLACES);
        if said == Some(Place::Body)
            && self.method == Method::Get
            && let Some(value) = own.get("in")
        {
            own.problem(value.at, "in", "needs method: POST");
        }
        said.unwrap_or(self.usual)
    }
}
