//! The `Link` header as Python's `requests` reads it.

use serde_json::{Map, Value};

/// Relation → its parts.
pub fn read(header: &str) -> Map<String, Value> {
    let mut links = Map::new();
    for part in header.split(", <") {
        let (url, parameters) = part.split_once(';').unwrap_or((part, ""));
        let mut link = Map::new();
        let trimmed = url.trim_matches(['<', '>', ' ', '\'', '"']);
        link.insert("url".to_owned(), Value::from(trimmed));
        for parameter in parameters.split(';') {
            let Some((name, value)) = parameter.split_once('=') else {
                break;
            };
            let quotes = [' ', '\'', '"'];
            link.insert(
                name.trim_matches(quotes).to_owned(),
                Value::from(value.trim_matches(quotes)),
            );
        }
        let key = link.get("rel").or_else(|| link.get("url"));
        let key = key.and_then(Value::as_str).unwrap_or_default().to_owned();
        links.insert(key, Value::Object(link));
    }
    links
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reads_link_headers() {
        let header = r#"<https://a/x?page=2&b=1,2>; rel="next", <https://a/x?page=9>; rel=last"#;
        let links = read(header);
        assert_eq!(links["next"]["url"], "https://a/x?page=2&b=1,2");
        assert_eq!(links["last"]["url"], "https://a/x?page=9");
    }
}
