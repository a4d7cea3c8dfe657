//! Tokens in a connector's configuration.

use serde_json::Value;

/// Whether a configuration holds a refresh token. It may work only once: whoever uses it must be the only one who does.
pub fn holds_refresh_token(config: &Value) -> bool {
    match config {
        Value::Object(fields) => fields
            .iter()
            .any(|(name, value)| name == "refresh_token" || holds_refresh_token(value)),
        Value::Array(items) => items.iter().any(holds_refresh_token),
        _ => false,
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn a_refresh_token_is_found_wherever_it_stands() {
        assert!(holds_refresh_token(
            &json!({"credentials": {"refresh_token": "x"}})
        ));
        assert!(holds_refresh_token(
            &json!({"logins": [{}, {"refresh_token": "x"}]})
        ));
        assert!(!holds_refresh_token(&json!({"token": "refresh_token"})));
    }
}
