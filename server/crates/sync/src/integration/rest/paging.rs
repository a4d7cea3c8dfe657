//! `paging`: how one page leads to the next.

use serde_json::{Value, json};

use crate::integration::section::Section;

const MOST_ON_A_PAGE: u64 = 100_000;
/// Offsets need a size: it tells a short page, the last, from a full one.
const USUAL_SIZE: u64 = 100;

#[derive(Debug, Clone, PartialEq)]
pub(in crate::integration) enum Paging {
    None,
    Page {
        parameter: String,
        start: u64,
        size: Size,
    },
    Offset {
        parameter: String,
        size: Size,
    },
    /// The answer names the next page.
    Cursor {
        parameter: String,
        next: Vec<String>,
        size: Size,
    },
    /// The answer holds the next page's address: at `next`, or in its header `Link`.
    Link {
        next: Option<Vec<String>>,
        size: Size,
    },
}

/// How many records a page has, and the parameter that asks for as many.
#[derive(Debug, Clone, PartialEq)]
pub(in crate::integration) struct Size {
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
        &["parameter", "start", "size", "size_parameter"],
    ),
    (
        "offset",
        Kind::Offset,
        &["parameter", "size", "size_parameter"],
    ),
    (
        "cursor",
        Kind::Cursor,
        &["parameter", "next", "size", "size_parameter"],
    ),
    ("link", Kind::Link, &["next", "size", "size_parameter"]),
    ("none", Kind::None, &[]),
];

impl Paging {
    pub fn read(section: &Section<'_>) -> Self {
        let Some((kind, own)) = section.variant("paging", &KINDS) else {
            return Self::None;
        };
        let parameter = |usual: &str| own.word("parameter").unwrap_or_else(|| usual.to_owned());
        match kind {
            Kind::None => Self::None,
            Kind::Page => Self::Page {
                parameter: parameter("page"),
                start: own.count("start", 0..=1_000_000).unwrap_or(1),
                size: Size::read(&own, "per_page"),
            },
            Kind::Offset => Self::Offset {
                parameter: parameter("offset"),
                size: Size::read(&own, "limit").or(USUAL_SIZE),
            },
            Kind::Cursor => {
                if own.get("next").is_none() {
                    own.missing("next");
                }
                Self::Cursor {
                    parameter: parameter("cursor"),
                    next: own.path_of("next").unwrap_or_default(),
                    size: Size::read(&own, "limit"),
                }
            }
            Kind::Link => Self::Link {
                next: own.path_of("next"),
                size: Size::read(&own, "per_page"),
            },
        }
    }

    /// For people.
    pub fn words(&self) -> String {
        let (words, size) = match self {
            Self::None => return "one page".to_owned(),
            Self::Page { size, .. } => ("pages by number", size),
            Self::Offset { size, .. } => ("pages by offset", size),
            Self::Cursor { size, .. } => ("pages by cursor", size),
            Self::Link {
                next: Some(_),
                size,
            } => ("pages by the link in each", size),
            Self::Link { next: None, size } => ("pages by the Link header", size),
        };
        match size.count {
            Some(count) => format!("{words}, {count} records each"),
            None => words.to_owned(),
        }
    }

    /// The component of a low-code manifest.
    pub fn component(&self) -> Value {
        let parameter = |name: &String| json!({"type": "RequestOption", "inject_into": "request_parameter", "field_name": name});
        let (strategy, token, size) = match self {
            Self::None => return json!({"type": "NoPagination"}),
            Self::Page {
                parameter: name,
                start,
                size,
            } => (
                json!({"type": "PageIncrement", "start_from_page": start, "inject_on_first_request": true}),
                parameter(name),
                size,
            ),
            Self::Offset {
                parameter: name,
                size,
            } => (
                json!({"type": "OffsetIncrement", "inject_on_first_request": true}),
                parameter(name),
                size,
            ),
            Self::Cursor {
                parameter: name,
                next,
                size,
            } => (by_answer(next), parameter(name), size),
            Self::Link { next, size } => {
                let strategy = match next {
                    Some(next) => by_answer(next),
                    None => json!({
                        "type": "CursorPagination",
                        "cursor_value": "{{ headers['link']['next']['url'] }}",
                        "stop_condition": "{{ 'next' not in headers['link'] }}",
                    }),
                };
                (strategy, json!({"type": "RequestPath"}), size)
            }
        };
        let mut component = json!({
            "type": "DefaultPaginator",
            "page_token_option": token,
            "pagination_strategy": strategy,
        });
        if let Some(count) = size.count {
            component["pagination_strategy"]["page_size"] = json!(count);
            if let Some(name) = &size.parameter {
                component["page_size_option"] = parameter(name);
            }
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

    fn or(self, usual: u64) -> Self {
        Self {
            count: self.count.or(Some(usual)),
            ..self
        }
    }
}

/// Looks a path up in the answer, whatever is missing on the way; nothing there is the end.
fn by_answer(next: &[String]) -> Value {
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
    json!({
        "type": "CursorPagination",
        "cursor_value": format!("{{{{ {found} }}}}"),
        "stop_condition": format!("{{{{ not {found} }}}}"),
    })
}
