//! `paging`: how one page leads to the next.

use std::ops::RangeInclusive;

use serde_json::{Value, json};

use super::place::{Place, Places, Target};
use crate::integration::section::Section;

const MOST_ON_A_PAGE: u64 = 100_000;
/// What an API may answer behind the last page …
const REFUSALS: RangeInclusive<u64> = 400..=422;
/// … but for what it answers to whom it lets in nowhere.
const NOT_LET_IN: [u64; 2] = [401, 403];
/// Where it was too slow, which may be on any page.
const TOO_SLOW: u64 = 408;
/// Offsets need a size: it tells a short page, the last, from a full one.
const USUAL_SIZE: u64 = 100;

#[derive(Debug, Clone, PartialEq)]
pub(in crate::integration) struct Paging {
    way: Way,
    size: Size,
    /// The status of an answer behind the last page, where that is not an empty page.
    end_status: Option<u64>,
}

#[derive(Debug, Clone, PartialEq)]
enum Way {
    None,
    Page {
        parameter: Target,
        start: u64,
    },
    Offset {
        parameter: Target,
    },
    /// The answer names the next page.
    Cursor {
        parameter: Target,
        next: Vec<String>,
    },
    /// The answer holds the next page's address: at `next`, or in its header `Link`.
    Link {
        next: Option<Vec<String>>,
    },
}

/// How many records a page has, and the parameter that asks for as many.
#[derive(Debug, Clone, Default, PartialEq)]
struct Size {
    count: Option<u64>,
    parameter: Option<Target>,
}

#[derive(Clone, Copy)]
enum Kind {
    Page,
    Offset,
    Cursor,
    Link,
    None,
}

const KINDS: [(&str, Kind, &[&str]); 5] = [
    (
        "page",
        Kind::Page,
        &[
            "parameter",
            "in",
            "start",
            "size",
            "size_parameter",
            "end_status",
        ],
    ),
    (
        "offset",
        Kind::Offset,
        &["parameter", "in", "size", "size_parameter", "end_status"],
    ),
    (
        "cursor",
        Kind::Cursor,
        &["parameter", "in", "next", "size", "size_parameter"],
    ),
    (
        "link",
        Kind::Link,
        &["next", "in", "size", "size_parameter"],
    ),
    ("none", Kind::None, &[]),
];

impl Paging {
    pub fn read(section: &Section<'_>, places: Places) -> Self {
        let Some((kind, own)) = section.variant("paging", &KINDS) else {
            return Self::none();
        };
        let place = places.read(&own);
        let parameter = |usual: &str| {
            let said = place.target(&own, "parameter");
            said.unwrap_or_else(|| place.usual(usual))
        };
        let size = |usual: &str, count| Size::read(&own, place, usual, count);
        let (way, size) = match kind {
            Kind::None => return Self::none(),
            Kind::Page => {
                let parameter = parameter("page");
                let start = own.count("start", 0..=1_000_000).unwrap_or(1);
                (Way::Page { parameter, start }, size("per_page", None))
            }
            Kind::Offset => {
                let parameter = parameter("offset");
                (Way::Offset { parameter }, size("limit", Some(USUAL_SIZE)))
            }
            Kind::Cursor => {
                if own.get("next").is_none() {
                    own.missing("next");
                }
                let parameter = parameter("cursor");
                let next = own.path_of("next").unwrap_or_default();
                (Way::Cursor { parameter, next }, size("limit", None))
            }
            Kind::Link => {
                let next = own.path_of("next");
                need_size(&own, "in", "links are followed as they are");
                (Way::Link { next }, size("per_page", None))
            }
        };
        Self {
            way,
            size,
            end_status: end_status(&own),
        }
    }

    fn none() -> Self {
        Self {
            way: Way::None,
            size: Size::default(),
            end_status: None,
        }
    }

    /// What of an answer says that there are no more pages, where an error handler has to. Instead of the first page it is a
    /// refusal like any other: `after_page` is a word of ours, which Airbyte's runtime does not read.
    pub fn end(&self) -> Option<Value> {
        let filter = |status| json!({"type": "HttpResponseFilter", "http_codes": [status], "action": "IGNORE", "after_page": true});
        self.end_status.map(filter)
    }

    /// What the next page is asked with.
    fn page(&self) -> Option<&Target> {
        match &self.way {
            Way::Page { parameter, .. }
            | Way::Offset { parameter }
            | Way::Cursor { parameter, .. } => Some(parameter),
            Way::None | Way::Link { .. } => None,
        }
    }

    /// Everything it asks with.
    pub fn targets(&self) -> impl Iterator<Item = &Target> {
        [self.page(), self.size.asked()].into_iter().flatten()
    }

    /// For people.
    pub fn words(&self) -> String {
        let words = match &self.way {
            Way::None => return "one page".to_owned(),
            Way::Page { .. } => "pages by number",
            Way::Offset { .. } => "pages by offset",
            Way::Cursor { .. } => "pages by cursor",
            Way::Link { next: Some(_) } => "pages by the link in each",
            Way::Link { next: None } => "pages by the Link header",
        };
        let place = if self.page().is_some_and(Target::is_in_body) {
            " in the body"
        } else {
            ""
        };
        match self.size.count {
            Some(count) => format!("{words}{place}, {count} records each"),
            None => format!("{words}{place}"),
        }
    }

    /// The component of a low-code manifest.
    pub fn component(&self) -> Value {
        let (strategy, token) = match &self.way {
            Way::None => return json!({"type": "NoPagination"}),
            Way::Page { parameter, start } => (
                json!({"type": "PageIncrement", "start_from_page": start, "inject_on_first_request": true}),
                parameter.option(),
            ),
            Way::Offset { parameter } => (
                json!({"type": "OffsetIncrement", "inject_on_first_request": true}),
                parameter.option(),
            ),
            Way::Cursor { parameter, next } => {
                let place = match parameter {
                    Target::Query(_) => Place::Query,
                    Target::Body(_) => Place::Body,
                };
                (by_answer(next, place), parameter.option())
            }
            Way::Link { next } => {
                let strategy = match next {
                    Some(next) => by_answer(next, Place::Query),
                    None => by_header(),
                };
                (strategy, json!({"type": "RequestPath"}))
            }
        };
        let mut component = json!({
            "type": "DefaultPaginator",
            "page_token_option": token,
            "pagination_strategy": strategy,
        });
        if let Some(count) = self.size.count {
            component["pagination_strategy"]["page_size"] = json!(count);
        }
        if let Some(target) = self.size.asked() {
            component["page_size_option"] = target.option();
        }
        component
    }
}

impl Size {
    /// `size_parameter: null` asks the API for no size.
    fn read(own: &Section<'_>, place: Place, name: &str, count: Option<u64>) -> Self {
        let parameter = place.target(own, "size_parameter");
        let silent = parameter.is_none() && own.says("size_parameter");
        if count.is_none() {
            need_size(own, "size_parameter", "without it no size is asked for");
        }
        Self {
            count: own.count("size", 1..=MOST_ON_A_PAGE).or(count),
            parameter: parameter.or((!silent).then(|| place.usual(name))),
        }
    }

    /// What asks for it, where it is said at all.
    fn asked(&self) -> Option<&Target> {
        self.count.and(self.parameter.as_ref())
    }
}

fn end_status(own: &Section<'_>) -> Option<u64> {
    let status = own.count("end_status", REFUSALS)?;
    let why = if NOT_LET_IN.contains(&status) {
        "is also what refused credentials are answered with: the table would look whole then"
    } else if status == TOO_SLOW {
        "is also what a page that took too long is answered with: what comes behind it would be missing"
    } else {
        return Some(status);
    };
    let value = own.get("end_status")?;
    own.problem(value.at, "end_status", why);
    None
}

/// What only says how a size is asked for would do nothing without one.
fn need_size(own: &Section<'_>, key: &str, because: &str) {
    if own.get("size").is_none()
        && let Some(value) = own.get(key)
    {
        own.meaningless(value.at, key, &format!("needs size: {because}"));
    }
}

fn by_header() -> Value {
    json!({
        "type": "CursorPagination",
        "cursor_value": "{{ headers['link']['next']['url'] }}",
        "stop_condition": "{{ 'next' not in headers['link'] }}",
    })
}

/// Looks a path up in the answer, whatever is missing on the way; nothing there is the end.
fn by_answer(next: &[String], place: Place) -> Value {
    let mut found = "response".to_owned();
    for (at, part) in next.iter().enumerate() {
        let name = part.replace('\\', "\\\\").replace('\'', "\\'");
        let inner = if at == 0 {
            found
        } else {
            format!("({found} or {{}})")
        };
        found = format!("{inner}.get('{name}')");
    }
    let value = match place {
        Place::Query => format!("{{{{ {found} }}}}"),
        // In JSON a text has to stay one: a template's digits would be read as a number.
        Place::Body => format!("{{{{ {found} | tojson }}}}"),
    };
    json!({
        "type": "CursorPagination",
        "cursor_value": value,
        "stop_condition": format!("{{{{ not {found} }}}}"),
    })
}
