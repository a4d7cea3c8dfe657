//! The query of an address: which parameters a call knows, and what may stand in each.

use std::collections::HashSet;

use axum::{extract::Query, http::Uri};
use model::FieldError;
use serde_json::Value;

use super::{TOLD, words};

/// One parameter of a call.
#[derive(Debug)]
pub struct Parameter {
    pub name: String,
    required: bool,
    schema: Value,
}

/// The parameters of an operation that stand in the query.
pub fn parameters(operation: &Value) -> Vec<Parameter> {
    let all = operation["parameters"].as_array().into_iter().flatten();
    all.filter(|parameter| parameter["in"] == "query")
        .map(|parameter| Parameter {
            name: parameter["name"].as_str().unwrap_or_default().to_owned(),
            required: parameter["required"].as_bool().unwrap_or_default(),
            schema: parameter["schema"].clone(),
        })
        .collect()
}

/// What is wrong with the query, as far as it is told.
pub fn mistakes(uri: &Uri, known: &[Parameter]) -> Vec<FieldError> {
    // Any query is a list of pairs; one that is not is read by nobody.
    let sent = Query::<Vec<(String, String)>>::try_from_uri(uri)
        .map(|Query(pairs)| pairs)
        .unwrap_or_default();
    let names: Vec<&str> = known
        .iter()
        .map(|parameter| parameter.name.as_str())
        .collect();
    let mut mistakes = Vec::new();
    let mut seen = HashSet::new();
    for (name, value) in &sent {
        if mistakes.len() == TOLD {
            return mistakes;
        }
        let twice = !seen.insert(name.as_str());
        match known.iter().find(|parameter| parameter.name == *name) {
            None => mistakes.push(words::unknown_parameter(name, &names)),
            Some(_) if twice => mistakes.push(words::twice(name)),
            Some(parameter) if !fits(value, &parameter.schema["type"]) => {
                mistakes.push(words::other_kind(name, &parameter.schema));
            }
            Some(_) => {}
        }
    }
    let missing = known
        .iter()
        .filter(|parameter| parameter.required && !seen.contains(parameter.name.as_str()))
        .take(TOLD - mistakes.len());
    mistakes.extend(missing.map(|parameter| words::missing(&parameter.name, &parameter.schema)));
    mistakes
}

/// Text is anything; what it says is for the handler to judge.
fn fits(value: &str, types: &Value) -> bool {
    match types {
        // No value of a query is null: a parameter that may be is one that may be left out.
        Value::Array(names) => names
            .iter()
            .any(|name| *name != "null" && fits(value, name)),
        Value::String(name) => match name.as_str() {
            "boolean" => value.parse::<bool>().is_ok(),
            "integer" => value.parse::<i64>().is_ok(),
            _ => true,
        },
        _ => true,
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn blamed(query: &str) -> Vec<String> {
        let operation = json!({"parameters": [
            {"name": "run", "in": "path", "required": true, "schema": {"type": "string"}},
            {"name": "debug", "in": "query", "required": false, "schema": {"type": "boolean"}},
            {"name": "after", "in": "query", "required": true, "schema": {"type": "integer"}},
            {"name": "most", "in": "query", "required": false, "schema": {"type": ["integer", "null"]}},
            {"name": "word", "in": "query", "required": false, "schema": {"type": ["string", "null"]}},
        ]});
        let uri = format!("/runs?{query}").parse().unwrap();
        mistakes(&uri, &parameters(&operation))
            .into_iter()
            .map(|mistake| mistake.field)
            .collect()
    }

    #[test]
    fn only_what_is_known_and_fits_is_taken() {
        for (query, wrong) in [
            ("after=3", vec![]),
            ("debug=true&after=-1", vec![]),
            ("debug=yes&after=3", vec!["debug"]),
            ("debg=true&after=3", vec!["debg"]),
            ("after=3&most=5&word=x", vec![]),
            ("after=3&most=many", vec!["most"]),
            ("after=3&after=4", vec!["after"]),
            ("run=x", vec!["run", "after"]),
            ("", vec!["after"]),
        ] {
            assert_eq!(blamed(query), wrong, "{query}");
        }
    }

    #[test]
    fn only_the_first_mistakes_are_told() {
        let wrong: Vec<String> = (0..1_000).map(|at| format!("x{at}=1")).collect();
        assert_eq!(blamed(&wrong.join("&")).len(), TOLD);
        assert_eq!(blamed(&"after=1&".repeat(1_000)).len(), TOLD);
    }
}
