//! `paging`: how one page leads to the next.

use serde_json::{Value, json};

use super::place::{Place, Places};
use crate::integration::section::Section;

const MOST_ON_A_PAGE: u64 = 100_000;
/// Offsets need a size: it tells a short page, the last, from a full one.
const USUAL_SIZE: u64 = 100;

#[derive(Debug, Clone, PartialEq)]
pub(in crate::integration) struct Paging {
    way: Way,
    size: Size,
    /// Where page and size are asked for.
    place: Place,
}

#[derive(Debug, Clone, PartialEq)]
enum Way {
    None,
    Page {
        parameter: String,
        start: u64,
    },
    Offset {
        parameter: String,
    },
    /// The answer names the next page.
    Cursor {
        parameter: String,
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
    parameter: Option<String>,
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
        &["parameter", "in", "start", "size", "size_parameter"],
    ),
    (
        "offset",
        Kind::Offset,
        &["parameter", "in", "size", "size_parameter"],
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
        let parameter = |usual: &str| own.word("parameter").unwrap_or_else(|| usual.to_owned());
        let (way, size) = match kind {
            Kind::None => return Self::none(),
            Kind::Page => {
                let parameter = parameter("page");
                let start = own.count("start", 0..=1_000_000).unwrap_or(1);
                (Way::Page { parameter, start }, Size::read(&own, "per_page"))
            }
            Kind::Offset => {
                let parameter = parameter("offset");
                let size = Size::read(&own, "limit").or(USUAL_SIZE);
                (Way::Offset { parameter }, size)
            }
            Kind::Cursor => {
                if own.get("next").is_none() {
                    own.missing("next");
                }
                let parameter = parameter("cursor");
                let next = own.path_of("next").unwrap_or_default();
                (Way::Cursor { parameter, next }, Size::read(&own, "limit"))
            }
            Kind::Link => {
                let next = own.path_of("next");
                (Way::Link { next }, Size::read(&own, "per_page"))
            }
        };
        let place = places.read(&own);
        Self { way, size, place }
    }

    fn none() -> Self {
        Self {
            way: Way::None,
            size: Size::default(),
            place: Place::Query,
        }
    }

    /// The fields of a body that it sets.
    pub fn in_body(&self) -> impl Iterator<Item = &str> {
        let page = match &self.way {
            Way::Page { parameter, .. }
            | Way::Offset { parameter }
            | Way::Cursor { parameter, .. } => Some(parameter),
            Way::None | Way::Link { .. } => None,
        };
        let is_there = self.place == Place::Body;
        let fields = [page, self.size.asked()].into_iter().flatten();
        fields.map(String::as_str).filter(move |_| is_there)
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
        let place = match (&self.way, self.place) {
            (Way::Link { .. }, _) | (_, Place::Query) => "",
            (_, Place::Body) => " in the body",
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
                self.place.option(parameter),
            ),
            Way::Offset { parameter } => (
                json!({"type": "OffsetIncrement", "inject_on_first_request": true}),
                self.place.option(parameter),
            ),
            Way::Cursor { parameter, next } => {
                (by_answer(next, self.place), self.place.option(parameter))
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
        if let Some(name) = self.size.asked() {
            component["page_size_option"] = self.place.option(name);
        }
        component
    }
}

impl Size {
    /// `size_parameter: null` asks the API for no size.
    fn read(own: &Section<'_>, usual: &str) -> Self {
        let parameter = own.word("size_parameter");
        let silent = parameter.is_none() && own.says("size_parameter");
        Self {
            count: own.count("size", 1..=MOST_ON_A_PAGE),
            parameter: parameter.or((!silent).then(|| usual.to_owned())),
        }
    }

    /// What asks for it, where it is said at all.
    fn asked(&self) -> Option<&String> {
        self.count.and(self.parameter.as_ref())
    }

    fn or(self, usual: u64) -> Self {
        Self {
            count: self.count.or(Some(usual)),
            ..self
        }
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
