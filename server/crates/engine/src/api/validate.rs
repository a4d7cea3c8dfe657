//! A configuration against the connector's JSON Schema. Values never get into an error: they may be secrets.

use serde_json::Value;

use crate::problem::{ApiError, ApiResult};

/// Errors named in one answer.
const MOST_ERRORS: usize = 20;

/// One thing that is wrong.
pub struct Wrong {
    /// Path with dots into the configuration; empty for the whole.
    pub field: String,
    pub message: String,
}

/// Refuses (422) a configuration that does not fit.
pub fn validate(schema: &Value, config: &Value) -> ApiResult<()> {
    let wrong = errors(schema, config);
    if wrong.is_empty() {
        return Ok(());
    }
    let lines: Vec<String> = wrong
        .iter()
        .map(|one| format!("$.{}: {}", one.field, one.message))
        .collect();
    let text = format!(
        "The provided configuration does not fulfill the specification. Errors: json schema validation failed when comparing the data to the json schema. \nErrors: {}",
        lines.join(", ")
    );
    Err(ApiError::unprocessable(&text))
}

/// The first thing that is wrong, if any.
pub fn first_error(schema: &Value, config: &Value) -> Option<Wrong> {
    errors(schema, config).into_iter().next()
}

fn errors(schema: &Value, config: &Value) -> Vec<Wrong> {
    let validator = match jsonschema::validator_for(schema) {
        Ok(validator) => validator,
        Err(error) => {
            // A connector's own mistake must not keep people from connecting: the check will tell.
            tracing::warn!(%error, "a connector's schema is not valid");
            return Vec::new();
        }
    };
    let wrong = |error: jsonschema::ValidationError<'_>| Wrong {
        field: error
            .instance_path()
            .as_str()
            .trim_start_matches('/')
            .replace('/', "."),
        message: error.masked().to_string(),
    };
    validator
        .iter_errors(config)
        .take(MOST_ERRORS)
        .map(wrong)
        .collect()
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn fields_are_named_and_values_are_not() {
        let schema = json!({"type": "object", "required": ["host"], "properties": {"login": {"properties": {"pin": {"type": "integer"}}}}});
        let wrong = errors(&schema, &json!({"login": {"pin": "hunter2"}}));
        assert_eq!(wrong.len(), 2);
        assert!(wrong.iter().any(|one| one.field == "login.pin"));
        assert!(wrong.iter().any(|one| one.message.contains("host")));
        assert!(wrong.iter().all(|one| !one.message.contains("hunter2")));
        assert!(validate(&schema, &json!({"host": "h"})).is_ok());
    }
}
