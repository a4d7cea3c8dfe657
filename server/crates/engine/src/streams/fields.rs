//! The fields of a stream's schema, as paths.

use serde_json::Value;

/// How deep paths go. Schemas may nest without end.
const DEEPEST: usize = 8;

/// Every field, those inside objects included.
pub fn property_paths(schema: &Value) -> Vec<Vec<String>> {
    let mut paths = Vec::new();
    collect(schema, &mut Vec::new(), &mut paths);
    paths
}

fn collect(schema: &Value, above: &mut Vec<String>, paths: &mut Vec<Vec<String>>) {
    let Some(properties) = schema.get("properties").and_then(Value::as_object) else {
        return;
    };
    if above.len() >= DEEPEST {
        return;
    }
    for (name, property) in properties {
        above.push(name.clone());
        paths.push(above.clone());
        collect(property, above, paths);
        above.pop();
    }
}

/// Whether the path leads to a field.
pub fn exists(schema: &Value, path: &[String]) -> bool {
    let mut at = schema;
    for name in path {
        match at
            .get("properties")
            .and_then(|properties| properties.get(name))
        {
            Some(inner) => at = inner,
            None => return false,
        }
    }
    !path.is_empty()
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn paths_reach_into_objects() {
        let schema = json!({"properties": {"a": {}, "b": {"properties": {"c": {}}}}});
        let expected = [vec!["a"], vec!["b"], vec!["b", "c"]];
        assert_eq!(property_paths(&schema), expected);
        assert!(exists(&schema, &["b".to_owned(), "c".to_owned()]));
        assert!(!exists(&schema, &["c".to_owned()]));
        assert!(!exists(&schema, &[]));
    }
}
