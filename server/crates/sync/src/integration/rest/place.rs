//! `in`: whether an API is asked for pages and for what is new in the query or in the JSON body.

use serde_json::{Value, json};

use super::endpoint::Method;
use crate::integration::section::Section;

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::integration) enum Place {
    Query,
    Body,
}

const PLACES: [(&str, Place); 2] = [("query", Place::Query), ("body", Place::Body)];

impl Place {
    /// What puts a value there, as a low-code manifest has it.
    pub fn option(self, name: &str) -> Value {
        let place = match self {
            Self::Query => "request_parameter",
            Self::Body => "body_json",
        };
        json!({"type": "RequestOption", "inject_into": place, "field_name": name})
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
