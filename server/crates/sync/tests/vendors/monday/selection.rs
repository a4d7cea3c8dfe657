//! What a question in GraphQL may ask for: monday.com refuses fields that it does not know.

use regex::Regex;
use serde_json::{Value, json};

/// Complains of a field that nothing here has.
pub fn ensure_known(query: &str) -> Result<(), String> {
    let parts = Regex::new(r"\(.*?\)|\w+|[{}]").unwrap();
    let mut words = parts.find_iter(query).map(|part| part.as_str());
    assert_eq!(words.next(), Some("query"));
    let mut inside = Vec::new();
    let mut here = json!([known()]);
    for word in words {
        match word {
            "{" => inside.push(std::mem::take(&mut here)),
            "}" => here = inside.pop().unwrap_or_default(),
            arguments if arguments.starts_with('(') => {}
            field => {
                let around = inside.last().unwrap_or(&Value::Null);
                let one = around.get(0).unwrap_or(around);
                let found = one.get(field);
                here = found
                    .ok_or_else(|| format!("Cannot query field {field} in {query}"))?
                    .clone();
            }
        }
    }
    Ok(())
}

/// One of each, with all its fields.
fn known() -> Value {
    let mut known: Value = serde_json::from_str(include_str!("../examples/monday.json")).unwrap();
    let items = json!({"cursor": null, "items": known["items"].take()});
    known["boards"][0]["items_page"] = items.clone();
    known["next_items_page"] = items;
    known["items"] = Value::Null;
    known
}
