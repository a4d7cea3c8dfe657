//! An HTTP API with one endpoint, as a form asks for it, becomes the text of an integration YAML: that is where everything
//! else is said.

use std::fmt::Write as _;

use crate::forms;

/// The text for a form with the fields `api.name`, `api.base_url`, `api.auth`, `api.place`, `api.path`, `api.records`,
/// `api.key` and `api.paging`. What was left empty is told by whoever reads the text.
pub fn compose(pairs: &[(String, String)]) -> String {
    Simple::read(pairs).document()
}

/// Fields of the form, in its order.
struct Simple {
    name: String,
    base_url: String,
    auth: String,
    place: String,
    path: String,
    records: String,
    key: String,
    paging: String,
}

impl Simple {
    fn read(pairs: &[(String, String)]) -> Self {
        let said = |name: &str| {
            let value = forms::posted(pairs, name).unwrap_or_default();
            value.trim().to_owned()
        };
        Self {
            name: said("api.name"),
            base_url: said("api.base_url"),
            auth: said("api.auth"),
            place: said("api.place"),
            path: said("api.path"),
            records: said("api.records"),
            key: said("api.key"),
            paging: said("api.paging"),
        }
    }

    fn document(&self) -> String {
        let mut text = format!(
            "apis:\n  integrations:\n    - name: {}\n      type: rest\n      base_url: {}\n",
            quoted(&self.name),
            quoted(&self.base_url)
        );
        // Writing into a text does not fail.
        let _infallible = match self.auth.as_str() {
            "bearer" => writeln!(
                text,
                "      authentication: {{ type: bearer, secret_name: token }}"
            ),
            "basic" => writeln!(
                text,
                "      authentication: {{ type: basic, username: {}, secret_name: password }}",
                quoted(&self.place)
            ),
            "header" | "query" => writeln!(
                text,
                "      authentication: {{ type: api_key, {}: {}, secret_name: api_key }}",
                self.auth,
                quoted(&self.place)
            ),
            _ => Ok(()),
        };
        let path = match self.path.as_str() {
            path if path.starts_with('/') => path.to_owned(),
            path => format!("/{path}"),
        };
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
        if ["page", "offset", "link"].contains(&self.paging.as_str()) {
            let _infallible = writeln!(text, "          paging: {{ type: {} }}", self.paging);
        }
        text
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
        compose(&pairs)
    }

    #[test]
    fn what_was_typed_reads_as_an_integration() {
        let text = typed(&[
            ("api.name", "The \"Harbour\": Elbe"),
            ("api.base_url", "https://api.example.com/v1"),
            ("api.auth", "header"),
            ("api.place", "X-Key"),
            ("api.path", "v2/open ships"),
            ("api.records", "data.items"),
            ("api.key", "id"),
            ("api.paging", "offset"),
        ]);
        let read = Integration::read(&text, None).unwrap();
        assert_eq!(read[0].name, "The \"Harbour\": Elbe");
        assert_eq!(read[0].secrets, ["api_key"]);
        assert!(text.contains("name: \"open_ships\""), "{text}");
    }

    #[test]
    fn what_is_missing_is_told_with_its_place() {
        let text = typed(&[("api.path", "/ships")]);
        let problems = Integration::read(&text, None).unwrap_err();
        assert!(problems.to_string().contains("line 3"), "{problems}");
    }
}
