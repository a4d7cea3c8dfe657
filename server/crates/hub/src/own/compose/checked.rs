//! What is wrong with the form, told at its own fields: whoever fills it in has not seen the text yet.

use model::FieldError;
use sync::integration::Integration;

use crate::forms::posted;

/// Fields that are needed always, and what is said where they are empty.
const ALWAYS: [(&str, &str); 3] = [
    ("api.name", "Name the integration, such as Harbour office."),
    (
        "api.base_url",
        "Enter the address of the API, such as https://api.example.com/v1.",
    ),
    (
        "api.path",
        "Enter the path of a table, such as /ships. A single / is the address itself.",
    ),
];

/// Fields that an answer to another one needs.
const WITH: [(&str, &str, &str, &str); 9] = [
    (
        "api.auth",
        "header",
        "api.header",
        "Name the header that takes the key, such as X-Api-Key.",
    ),
    (
        "api.auth",
        "query",
        "api.parameter",
        "Name the parameter that takes the key, such as api_key.",
    ),
    ("api.auth", "basic", "api.username", "Enter the user name."),
    (
        "api.auth",
        "oauth2",
        "api.client_id",
        "Enter the client ID.",
    ),
    (
        "api.auth",
        "oauth2",
        "api.token_url",
        "Enter the address that gives tokens.",
    ),
    (
        "api.auth",
        "session_token",
        "api.login_path",
        "Enter the path that signs in, such as /login.",
    ),
    (
        "api.auth",
        "session_token",
        "api.login_user",
        "Enter the user who signs in.",
    ),
    (
        "api.auth",
        "session_token",
        "api.token_path",
        "Say where the answer has the session, such as data.token.",
    ),
    (
        "api.paging",
        "cursor",
        "api.next",
        "Say where the answer has the next cursor, such as meta.next.",
    ),
];

/// Where the text says what a field of the form did; the first that fits counts.
const PLACES: [(&str, &str); 18] = [
    ("name", "api.name"),
    ("base_url", "api.base_url"),
    ("authentication.query", "api.parameter"),
    ("authentication.username", "api.username"),
    ("authentication.client_id", "api.client_id"),
    ("authentication.token_url", "api.token_url"),
    ("authentication.login_path", "api.login_path"),
    ("authentication.login_", "api.login_user"),
    ("authentication.token_path", "api.token_path"),
    ("authentication.prefix", "api.prefix"),
    ("authentication.expires_after", "api.expires_after"),
    ("authentication", "api.auth"),
    ("endpoints[0].records", "api.records"),
    ("endpoints[0].primary_key", "api.key"),
    ("endpoints[0].paging.next", "api.next"),
    ("endpoints[0].paging.parameter", "api.cursor"),
    ("endpoints[0].paging", "api.paging"),
    // The name of the table is made from it.
    ("endpoints[0]", "api.path"),
];

/// What was left empty and may not be.
pub(super) fn missing(pairs: &[(String, String)]) -> Vec<FieldError> {
    let empty = empty(pairs);
    empty
        .map(|(name, why)| FieldError::new(name, why))
        .collect()
}

fn empty(pairs: &[(String, String)]) -> impl Iterator<Item = (&'static str, &'static str)> {
    let with = WITH
        .into_iter()
        .filter(|(question, answer, ..)| posted(pairs, question) == Some(*answer))
        .map(|(_, _, name, why)| (name, why));
    let needed = ALWAYS.into_iter().chain(with);
    needed.filter(|(name, _)| posted(pairs, name).is_none())
}

/// The form with something right in each of these, so that the rest of it can be read.
pub(super) fn filled(pairs: &[(String, String)]) -> Vec<(String, String)> {
    let stand_in = |name: &str| match name {
        "api.base_url" | "api.token_url" => "https://api.example.com",
        _ => "x",
    };
    let mut all = pairs.to_vec();
    all.extend(empty(pairs).map(|(name, _)| (name.to_owned(), stand_in(name).to_owned())));
    all
}

/// What whoever reads the text says of it.
pub(super) fn mistakes(pairs: &[(String, String)], document: &str) -> Vec<FieldError> {
    let Err(problems) = Integration::read(document, None) else {
        return Vec::new();
    };
    let signs_in = posted(pairs, "api.auth") == Some("session_token");
    let header = if signs_in {
        "api.session_header"
    } else {
        "api.header"
    };
    let errors = problems.0.into_iter();
    errors
        .map(|problem| at_field(&problem.message, header))
        .collect()
}

/// A problem begins with its place in the text. `header` is the form's field for the one of the authentication.
fn at_field(message: &str, header: &'static str) -> FieldError {
    let (place, why) = message.split_once(' ').unwrap_or(("", message));
    let place = place.trim_start_matches("integrations[0].");
    let mut places = [("authentication.header", header)]
        .into_iter()
        .chain(PLACES);
    let field = places.find(|(start, _)| place.starts_with(start));
    let field = field.map_or("api.name", |(_, field)| field);
    FieldError::new(field, format!("This {why}."))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn typed(pairs: &[(&str, &str)]) -> Vec<(String, String)> {
        pairs
            .iter()
            .map(|(name, value)| ((*name).to_owned(), (*value).to_owned()))
            .collect()
    }

    fn fields(errors: &[FieldError]) -> Vec<&str> {
        errors.iter().map(|error| error.field.as_str()).collect()
    }

    #[test]
    fn what_was_left_empty_is_asked_for_at_its_field_once() {
        let empty = typed(&[("api.auth", "bearer"), ("api.paging", "none")]);
        let told = missing(&empty);
        assert_eq!(fields(&told), ["api.name", "api.base_url", "api.path"]);
        let cursor = typed(&[
            ("api.name", "Harbour"),
            ("api.base_url", "https://api.example.com"),
            ("api.path", "/"),
            ("api.auth", "header"),
            ("api.paging", "cursor"),
        ]);
        assert_eq!(fields(&missing(&cursor)), ["api.header", "api.next"]);
    }

    #[test]
    fn every_mistake_of_the_text_has_a_field_of_the_form() {
        let session = typed(&[("api.auth", "session_token")]);
        for (place, field) in [
            ("name is no name", "api.name"),
            ("base_url is no address", "api.base_url"),
            ("authentication.header is empty", "api.session_header"),
            ("authentication.login_body.x is empty", "api.login_user"),
            ("authentication needs either", "api.auth"),
            ("endpoints[0].path is a whole address", "api.path"),
            ("endpoints[0].name is no name", "api.path"),
            ("endpoints[0].paging.next is no path", "api.next"),
        ] {
            let error = at_field(&format!("integrations[0].{place}"), "api.session_header");
            assert_eq!(error.field, field, "{place}");
        }
        let document = "apis: { integrations: [{ name: A, type: rest, base_url: nowhere, endpoints: [{ name: a, path: /a }] }] }";
        let told = mistakes(&session, document);
        assert_eq!(fields(&told), ["api.base_url"]);
        assert_eq!(
            told[0].detail,
            "This is no address like https://api.example.com/v1."
        );
    }
}
