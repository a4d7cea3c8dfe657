//! Tags: coloured names that sort the connections of a workspace.

use serde::{Deserialize, Serialize};
use uuid::Uuid;

use crate::Error;

/// Characters a tag's name may have.
const LONGEST_NAME: usize = 30;
/// Digits of a colour: two each for red, green and blue.
const COLOR_DIGITS: usize = 6;

/// One tag. Connections carry whole tags: see `tags` of [`super::ConnectionPatch`].
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct TagResponse {
    pub tag_id: Uuid,
    pub workspace_id: Uuid,
    #[serde(default)]
    pub name: String,
    /// Six hexadecimal digits.
    #[serde(default)]
    pub color: String,
}

/// Body of `POST /tags`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct TagCreate {
    pub workspace_id: Uuid,
    /// At most 30 characters, once in a workspace.
    pub name: String,
    /// Six hexadecimal digits without a sign before them.
    pub color: String,
}

/// Body of `PATCH /tags/{id}`: both are replaced.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct TagPatch {
    pub name: String,
    pub color: String,
}

/// Whether servers take the name and the colour; `Invalid` says why not.
pub fn check_tag(name: &str, color: &str) -> Result<(), Error> {
    if name.chars().count() > LONGEST_NAME {
        return Err(Error::invalid(format!(
            "A tag's name has at most {LONGEST_NAME} characters."
        )));
    }
    if color.len() != COLOR_DIGITS || !color.bytes().all(|byte| byte.is_ascii_hexdigit()) {
        return Err(Error::invalid(
            "A tag's colour is written as six hexadecimal digits without #, such as FF5733.",
        ));
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_is_short_and_a_colour_is_six_digits() {
        for (name, color, good) in [
            ("Sales", "FF5733", true),
            ("Sales", "ff5733", true),
            (&"ä".repeat(30), "000000", true),
            (&"ä".repeat(31), "000000", false),
            ("Sales", "#FF5733", false),
            ("Sales", "FF573", false),
            ("Sales", "FF573G", false),
            ("Sales", "ÿÿÿ", false),
            ("Sales", "", false),
        ] {
            assert_eq!(check_tag(name, color).is_ok(), good, "{name} {color}");
        }
    }
}
