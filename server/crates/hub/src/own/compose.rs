//! An HTTP API with one endpoint, as a form asks for it, becomes the text of an integration YAML: that is where everything
//! else is said.

mod checked;
mod session;

use std::fmt::Write as _;

use crate::{Error, forms};
use session::Session;

/// The text for a form with the fields `api.name`, `api.base_url`, `api.auth` (with `api.header`, `api.parameter`,
/// `api.username`, `api.client_id` and `api.token_url`, or those of a session), `api.path`, `api.records`, `api.key` and
/// `api.paging` (with `api.next` and `api.cursor`). All that is wrong with it is told at once, at these fields.
pub fn compose(pairs: &[(String, String)]) -> Result<String, Error> {
    let mut wrong = checked::missing(pairs);
    let filled = checked::filled(pairs);
    let document = Simple::read(&filled).document();
    wrong.extend(checked::mistakes(&filled, &document));
    wrong.sort_by_key(|mistake| rank(&mistake.field));
    if wrong.is_empty() {
        Ok(document)
    } else {
        Err(Error::Invalid(wrong))
    }
}

/// Fields of the form in its order, but for those of a session, which stand before the path.
const ORDER: [&str; 14] = [
    "api.name",
    "api.base_url",
    "api.auth",
    "api.header",
    "api.parameter",
    "api.username",
    "api.client_id",
    "api.token_url",
    "api.path",
    "api.records",
    "api.key",
    "api.paging",
    "api.next",
    "api.cursor",
];

/// Where the form has a field.
fn rank(field: &str) -> usize {
    let place = |field: &str| ORDER.iter().position(|known| *known == field);
    place(field).or_else(|| place("api.token_url")).unwrap_or(0)
}

/// Fields of the form, in its order.
struct Simple {
    name: String,
    base_url: String,
    auth: String,
    /// What goes with the way to sign in and is no secret.
    place: String,
    token_url: String,
    session: Session,
    path: String,
    records: String,
    key: String,
    paging: String,
    next: String,
    cursor: String,
}

impl Simple {
    fn read(pairs: &[(String, String)]) -> Self {
        let said = |name: &str| {
            let value = forms::posted(pairs, name).unwrap_or_default();
            value.trim().to_owned()
        };
        let auth = said("api.auth");
        let place = match auth.as_str() {
            "header" => said("api.header"),
            "query" => said("api.parameter"),
            "basic" => said("api.username"),
            _ => said("api.client_id"),
        };
        Self {
            name: said("api.name"),
            base_url: said("api.base_url"),
            auth,
            place,
            token_url: said("api.token_url"),
            session: Session::read(said),
            path: said("api.path"),
            records: said("api.records"),
            key: said("api.key"),
            paging: said("api.paging"),
            next: said("api.next"),
            cursor: said("api.cursor"),
        }
    }

    fn document(&self) -> String {
        let mut text = format!(
            "apis:\n  integrations:\n    - name: {}\n      type: rest\n      base_url: {}\n",
            quoted(&self.name),
            quoted(&self.base_url)
        );
        if let Some(authentication) = self.authentication() {
            // Writing into a text does not fail.
            let _infallible = writeln!(text, "      authentication: {{ {authentication} }}");
        }
        let path = path_at(&self.path);
        let _infallible = writeln!(
            text,
            "      endpoints:\n        - name: {}\n          path: {}",
            quoted(&table(&path)),
            quoted(&path)
        );
        for (key, value) in [("records", &self.records), ("primary_key", &self.key)] {
            if !value.is_empty() {
                let _infallible = writeln!(text, "          {key}: {}", quoted(value));
            }
        }
        if let Some(paging) = self.paging() {
            let _infallible = writeln!(text, "          paging: {{ {paging} }}");
        }
        text
    }

    fn authentication(&self) -> Option<String> {
        let place = quoted(&self.place);
        match self.auth.as_str() {
            "bearer" => Some("type: bearer, secret_name: token".to_owned()),
            "basic" => Some(format!(
                "type: basic, username: {place}, secret_name: password"
            )),
            "header" | "query" => Some(format!(
                "type: api_key, {}: {place}, secret_name: api_key",
                self.auth
            )),
            "oauth2" => Some(format!(
                "type: oauth2, token_url: {}, client_id: {place}, secret_name: client_secret",
                quoted(&self.token_url)
            )),
            "session_token" => Some(self.session.authentication()),
            _ => None,
        }
    }

    fn paging(&self) -> Option<String> {
        match self.paging.as_str() {
            "page" | "offset" | "link" => Some(format!("type: {}", self.paging)),
            "cursor" if self.cursor.is_empty() => {
                Some(format!("type: cursor, next: {}", quoted(&self.next)))
            }
            "cursor" => Some(format!(
                "type: cursor, next: {}, parameter: {}",
                quoted(&self.next),
                quoted(&self.cursor)
            )),
            _ => None,
        }
    }
}

/// A path at the API, however it was typed.
fn path_at(typed: &str) -> String {
    match typed {
        path if path.starts_with('/') => path.to_owned(),
        path => format!("/{path}"),
    }
}

/// The last word of a path: `/v2/ships?open=1` → `ships`.
fn table(path: &str) -> String {
    let path = path.split('?').next().unwrap_or_default();
    let word = path.rsplit('/').find(|word| !word.is_empty());
    let plain = |letter: char| {
        if letter.is_alphanumeric() {
            letter
        } else {
            '_'
        }
    };
    word.unwrap_or("records").chars().map(plain).collect()
}

/// YAML reads what JSON writes.
fn quoted(text: &str) -> String {
    serde_json::Value::from(text).to_string()
}

#[cfg(test)]
mod tests {
    use sync::integration::Integration;

    use super::*;

    fn typed(pairs: &[(&str, &str)]) -> String {
        let pairs: Vec<(String, String)> = pairs
            .iter()
            .map(|(name, value)| ((*name).to_owned(), (*value).to_owned()))
            .collect();
        compose(&pairs).unwrap()
    }

    #[test]
    fn what_was_typed_reads_as_an_integration() {
        let text = typed(&[
            ("api.name", "The \"Harbour\": Elbe"),
            ("api.base_url", "https://api.example.com/v1"),
            ("api.auth", "header"),
            ("api.header", "X-Key"),
            ("api.path", "v2/open-ships"),
            ("api.records", "data.items"),
            ("api.key", "id"),
            ("api.paging", "offset"),
        ]);
        let read = Integration::read(&text, None).unwrap();
        assert_eq!(read[0].name, "The \"Harbour\": Elbe");
        assert_eq!(read[0].secrets, ["api_key"]);
        assert!(text.contains("name: \"open_ships\""), "{text}");
    }

    /// What is said of a form, by its fields.
    fn refused(pairs: &[(&str, &str)]) -> Vec<(String, String)> {
        let pairs: Vec<(String, String)> = pairs
            .iter()
            .map(|(name, value)| ((*name).to_owned(), (*value).to_owned()))
            .collect();
        let Err(Error::Invalid(wrong)) = compose(&pairs) else {
            panic!("{pairs:?} is taken")
        };
        let told = wrong.into_iter();
        told.map(|error| (error.field, error.detail)).collect()
    }

    #[test]
    fn what_is_missing_and_what_is_wrong_is_told_at_once() {
        let told = refused(&[
            ("api.base_url", "nowhere"),
            ("api.auth", "header"),
            ("api.header", "X Key:"),
            ("api.path", "open ships"),
            ("api.records", "data..items"),
            ("api.paging", "cursor"),
        ]);
        let mut fields: Vec<&str> = told.iter().map(|(field, _)| field.as_str()).collect();
        fields.sort_unstable();
        assert_eq!(
            fields,
            [
                "api.base_url",
                "api.header",
                "api.name",
                "api.next",
                "api.path",
                "api.records"
            ],
            "{told:?}"
        );
    }

    #[test]
    fn a_header_or_a_path_that_none_can_have_says_what_to_write() {
        let form = |header: &str, path: &str| {
            refused(&[
                ("api.name", "Harbour"),
                ("api.base_url", "https://api.example.com"),
                ("api.auth", "header"),
                ("api.header", header),
                ("api.path", path),
                ("api.paging", "none"),
            ])
        };
        for (header, path, field, words) in [
            ("X Key", "/ships", "api.header", "such as X-Api-Key"),
            (
                "X-Key:",
                "/ships",
                "api.header",
                "without spaces and colons",
            ),
            (
                "X-Schlüssel",
                "/ships",
                "api.header",
                "letters, digits and -",
            ),
            ("X-Key", "/open ships", "api.path", "write %20"),
            ("X-Key", "/ships#open", "api.path", "write %23"),
        ] {
            let told = form(header, path);
            let [(at, detail)] = told.as_slice() else {
                panic!("{header}, {path}: {told:?}")
            };
            assert_eq!(at, field);
            assert!(detail.contains(words), "{detail}");
        }
        let session = refused(&[
            ("api.name", "Harbour"),
            ("api.base_url", "https://api.example.com"),
            ("api.auth", "session_token"),
            ("api.login_path", "sign in"),
            ("api.login_user", "ana"),
            ("api.token_path", "id"),
            ("api.session_header", "X Session"),
            ("api.path", "/ships"),
            ("api.paging", "none"),
        ]);
        let fields: Vec<&str> = session.iter().map(|(field, _)| field.as_str()).collect();
        assert_eq!(fields, ["api.login_path", "api.session_header"]);
    }

    #[test]
    fn every_way_to_sign_in_and_to_page_reads() {
        for auth in [
            "none",
            "bearer",
            "header",
            "query",
            "basic",
            "oauth2",
            "session_token",
        ] {
            for (paging, parameter) in [
                ("none", ""),
                ("page", ""),
                ("offset", ""),
                ("link", ""),
                ("cursor", ""),
                ("cursor", "after"),
            ] {
                let text = typed(&[
                    ("api.name", "Harbour"),
                    ("api.base_url", "https://api.example.com"),
                    ("api.auth", auth),
                    ("api.header", "X-Key"),
                    ("api.parameter", "key"),
                    ("api.username", "ana"),
                    ("api.client_id", "client"),
                    ("api.token_url", "https://api.example.com/token"),
                    ("api.login_path", "login"),
                    ("api.login_user", "ana"),
                    ("api.token_path", "session.id"),
                    ("api.path", "/ships"),
                    ("api.paging", paging),
                    ("api.next", "meta.next"),
                    ("api.cursor", parameter),
                ]);
                let read = Integration::read(&text, None);
                assert!(read.is_ok(), "{auth}, {paging}: {read:?} of {text}");
            }
        }
    }

    #[test]
    fn every_way_to_send_a_login_reads() {
        for sent_as in ["json", "form", "basic", "basic_get"] {
            let text = typed(&[
                ("api.name", "Harbour"),
                ("api.base_url", "https://api.example.com"),
                ("api.auth", "session_token"),
                ("api.login_path", "login"),
                ("api.login_user", "ana"),
                ("api.sent_as", sent_as),
                ("api.token_path", "session.id"),
                ("api.path", "/ships"),
                ("api.paging", "none"),
            ]);
            let read = Integration::read(&text, None);
            let read = read.unwrap_or_else(|wrong| panic!("{sent_as}: {wrong} in {text}"));
            assert_eq!(read[0].secrets, ["password"], "{sent_as}");
        }
    }
}
