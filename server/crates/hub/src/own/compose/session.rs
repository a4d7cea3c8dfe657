//! The part of the form for an API where one signs in first.

use std::fmt::Write as _;

use super::{path_at, quoted};

/// How user and password are sent.
enum SentAs {
    /// As fields of a body that has this name in the text.
    Body(&'static str),
    /// As HTTP has them, with more to say in the text.
    Basic(&'static str),
}

/// What the form says of it, in its order.
pub(super) struct Session {
    login_path: String,
    user: String,
    user_field: String,
    password_field: String,
    sent_as: SentAs,
    token_path: String,
    header: String,
    prefix: String,
    expires_after: String,
}

impl Session {
    pub fn read(said: impl Fn(&str) -> String) -> Self {
        let or = |name: &str, usual: &str| match said(name) {
            text if text.is_empty() => usual.to_owned(),
            text => text,
        };
        Self {
            login_path: said("api.login_path"),
            user: said("api.login_user"),
            user_field: or("api.user_field", "username"),
            password_field: or("api.password_field", "password"),
            sent_as: match said("api.sent_as").as_str() {
                "form" => SentAs::Body("login_form"),
                "basic" => SentAs::Basic(""),
                "basic_get" => SentAs::Basic("login_method: GET, "),
                _ => SentAs::Body("login_body"),
            },
            token_path: said("api.token_path"),
            header: said("api.session_header"),
            prefix: said("api.prefix"),
            expires_after: said("api.expires_after"),
        }
    }

    /// As the text has it under `authentication`.
    pub fn authentication(&self) -> String {
        let path = match self.login_path.as_str() {
            // The form asks for it before the text is written.
            "" => String::new(),
            typed => path_at(typed),
        };
        let mut text = format!(
            "type: session_token, login_path: {}, {}, token_path: {}",
            quoted(&path),
            self.login(),
            quoted(&self.token_path),
        );
        for (key, value) in [
            ("header", &self.header),
            ("prefix", &self.prefix),
            ("expires_after", &self.expires_after),
        ] {
            if !value.is_empty() {
                // Writing into a text does not fail.
                let _infallible = write!(text, ", {key}: {}", quoted(value));
            }
        }
        text
    }

    /// What is sent to sign in.
    fn login(&self) -> String {
        let user = quoted(&self.user);
        match self.sent_as {
            SentAs::Body(name) => format!(
                "{name}: {{ {}: {user}, {}: \"${{secrets.password}}\" }}",
                quoted(&self.user_field),
                quoted(&self.password_field),
            ),
            SentAs::Basic(method) => {
                format!("{method}login_basic: {{ username: {user}, secret_name: password }}")
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn written(typed: &[(&str, &str)]) -> String {
        let said = |name: &str| {
            let found = typed.iter().find(|(field, _)| *field == name);
            found.map_or_else(String::new, |(_, value)| (*value).to_owned())
        };
        Session::read(said).authentication()
    }

    #[test]
    fn what_was_typed_stands_there_and_what_was_not_is_usual_or_left_out() {
        let short = [
            ("api.login_path", "login"),
            ("api.login_user", "ana"),
            ("api.token_path", "id"),
        ];
        assert_eq!(
            written(&short),
            r#"type: session_token, login_path: "/login", login_body: { "username": "ana", "password": "${secrets.password}" }, token_path: "id""#
        );
        let whole = [
            ("api.login_path", "/v1/login"),
            ("api.login_user", "ana"),
            ("api.user_field", "user"),
            ("api.password_field", "pass"),
            ("api.sent_as", "form"),
            ("api.token_path", "session.id"),
            ("api.session_header", "Authorization"),
            ("api.prefix", "Token"),
            ("api.expires_after", "PT1H"),
        ];
        assert_eq!(
            written(&whole),
            r#"type: session_token, login_path: "/v1/login", login_form: { "user": "ana", "pass": "${secrets.password}" }, token_path: "session.id", header: "Authorization", prefix: "Token", expires_after: "PT1H""#
        );
        assert!(written(&[]).contains(r#"login_path: "","#));
    }

    #[test]
    fn user_and_password_in_a_header_need_no_fields_of_their_own() {
        for (sent_as, method) in [("basic", ""), ("basic_get", "login_method: GET, ")] {
            let typed = [
                ("api.login_path", "login"),
                ("api.login_user", "ana"),
                ("api.user_field", "user"),
                ("api.sent_as", sent_as),
                ("api.token_path", "id"),
            ];
            let expected = format!(
                r#"type: session_token, login_path: "/login", {method}login_basic: {{ username: "ana", secret_name: password }}, token_path: "id""#
            );
            assert_eq!(written(&typed), expected);
        }
    }
}
