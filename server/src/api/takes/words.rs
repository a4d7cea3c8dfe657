//! What is said about each mistake: one sentence that names what is wrong and what would be right.

use std::borrow::Cow;

use model::FieldError;
use serde_json::Value;

use crate::api::docs::shape::{self, Piece};

/// So many characters of a name are repeated: it is the caller's, and as long as they like.
const LONGEST: usize = 60;

pub fn unknown_parameter(name: &str, known: &[&str]) -> FieldError {
    let name = cut(name);
    let detail = if known.is_empty() {
        format!("“{name}” is not a parameter of this call, which has none.")
    } else {
        let known = known.join(", ");
        format!("“{name}” is not a parameter of this call. It has: {known}.")
    };
    FieldError::new(name, detail)
}

/// The name is cut, as the last part of the path is.
pub fn unknown_field(path: &str, name: &str, known: &[&str]) -> FieldError {
    let known = known.join(", ");
    FieldError::new(
        path,
        format!("There is no field “{name}” here. There are: {known}."),
    )
}

/// A field for a call that takes no body.
pub fn needless(name: &str, is_parameter: bool) -> FieldError {
    let name = cut(name);
    let detail = if is_parameter {
        format!("“{name}” goes into the address, as “?{name}=…”: this call takes no body.")
    } else {
        format!("There is no field “{name}” here: this call takes no body.")
    };
    FieldError::new(name, detail)
}

pub fn no_body() -> FieldError {
    FieldError::new("body", "This call takes no body. Leave it out.")
}

pub fn twice(name: &str) -> FieldError {
    FieldError::new(name, format!("“{name}” can be given only once."))
}

pub fn missing(path: &str, schema: &Value) -> FieldError {
    let kind = told(schema);
    FieldError::new(path, format!("“{path}” is missing. It has to be: {kind}."))
}

/// The whole body has no name of its own.
pub fn other_kind(path: &str, schema: &Value) -> FieldError {
    let kind = told(schema);
    if path.is_empty() {
        return FieldError::new("body", format!("The body has to be: {kind}."));
    }
    FieldError::new(path, format!("“{path}” has to be: {kind}."))
}

/// As the tables of `/api/docs` say it.
fn told(schema: &Value) -> String {
    let pieces = shape::kind(schema).into_iter().map(|piece| match piece {
        Piece::Word(word) => word,
        Piece::Schema(name) => name,
    });
    pieces.collect()
}

/// A name as far as it is repeated.
pub fn cut(name: &str) -> Cow<'_, str> {
    match name.char_indices().nth(LONGEST) {
        Some((end, _)) => Cow::Owned(format!("{}…", &name[..end])),
        None => Cow::Borrowed(name),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_long_name_is_cut() {
        let most = "ä".repeat(LONGEST);
        assert_eq!(cut(&most), most);
        let cut_off = format!("{most}…");
        let long = "ä".repeat(100_000);
        for told in [needless(&long, false), unknown_parameter(&long, &["after"])] {
            assert_eq!(told.field, cut_off);
            assert!(told.detail.contains(&format!("“{cut_off}”")));
            assert!(told.detail.len() < 300);
        }
    }
}
