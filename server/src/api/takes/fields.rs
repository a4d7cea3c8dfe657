//! The fields of a JSON body against the schema that the document gives it.

use model::FieldError;
use serde_json::{Map, Value};

use super::{TOLD, words};
use crate::api::docs::shape;

/// What is wrong with a body, as far as it is told.
pub fn mistakes(body: &Value, schema: &Value, schemas: &Value) -> Vec<FieldError> {
    let mut walk = Walk {
        schemas,
        mistakes: Vec::new(),
    };
    walk.value("", body, schema);
    walk.mistakes
}

struct Walk<'a> {
    schemas: &'a Value,
    mistakes: Vec<FieldError>,
}

impl<'a> Walk<'a> {
    /// Nobody looks any further then.
    fn is_full(&self) -> bool {
        self.mistakes.len() >= TOLD
    }

    fn value(&mut self, path: &str, value: &Value, schema: &'a Value) {
        let schema = self.resolved(schema);
        if let Some(variants) = schema["oneOf"].as_array() {
            return self.one_of(path, value, variants);
        }
        let listed = schema["enum"].as_array();
        let known = listed.is_none_or(|values| values.contains(value));
        if !known || !is_of(value, &schema["type"]) {
            return self.mistakes.push(words::other_kind(path, schema));
        }
        match value {
            Value::Object(fields) => self.object(path, fields, schema),
            Value::Array(items) => {
                for (at, item) in items.iter().enumerate() {
                    if self.is_full() {
                        return;
                    }
                    self.value(&below(path, &at.to_string()), item, &schema["items"]);
                }
            }
            _ => {}
        }
    }

    /// What a reference leads to.
    fn resolved(&self, schema: &'a Value) -> &'a Value {
        let schemas = self.schemas;
        shape::reference(schema).map_or(schema, |name| &schemas[name])
    }

    /// The variant that it comes nearest to counts; `null` is meant by nothing else.
    fn one_of(&mut self, path: &str, value: &Value, variants: &'a [Value]) {
        let tried = variants
            .iter()
            .filter(|variant| value.is_null() || variant["type"] != "null")
            .map(|variant| {
                let mut walk = Walk {
                    schemas: self.schemas,
                    mistakes: Vec::new(),
                };
                walk.value(path, value, variant);
                walk.mistakes
            });
        let nearest = tried.min_by_key(Vec::len);
        let room = TOLD.saturating_sub(self.mistakes.len());
        let nearest = nearest.into_iter().flatten();
        self.mistakes.extend(nearest.take(room));
    }

    fn object(&mut self, path: &str, fields: &Map<String, Value>, schema: &'a Value) {
        // Without properties of its own it is free, such as the settings of a connector.
        let Some(known) = schema["properties"].as_object() else {
            return;
        };
        for (name, value) in fields {
            if self.is_full() {
                return;
            }
            match known.get(name) {
                Some(schema) => self.value(&below(path, name), value, schema),
                None if schema["additionalProperties"] == false => {
                    let names: Vec<&str> = known.keys().map(String::as_str).collect();
                    let name = words::cut(name);
                    let unknown = words::unknown_field(&below(path, &name), &name, &names);
                    self.mistakes.push(unknown);
                }
                None => {}
            }
        }
        self.required(path, fields, schema);
    }

    fn required(&mut self, path: &str, fields: &Map<String, Value>, schema: &'a Value) {
        let required = schema["required"].as_array().into_iter().flatten();
        let missing = required
            .filter_map(Value::as_str)
            .filter(|name| !fields.contains_key(*name));
        for name in missing {
            if self.is_full() {
                return;
            }
            let wanted = self.resolved(&schema["properties"][name]);
            self.mistakes
                .push(words::missing(&below(path, name), wanted));
        }
    }
}

/// The path of what lies inside.
fn below(path: &str, name: &str) -> String {
    if path.is_empty() {
        name.to_owned()
    } else {
        format!("{path}.{name}")
    }
}

/// One type, or one of several; none is all.
fn is_of(value: &Value, types: &Value) -> bool {
    match types {
        Value::Array(names) => names.iter().any(|name| is_of(value, name)),
        Value::String(name) => match name.as_str() {
            "null" => value.is_null(),
            "boolean" => value.is_boolean(),
            "integer" => value.is_i64() || value.is_u64(),
            "number" => value.is_number(),
            "string" => value.is_string(),
            "array" => value.is_array(),
            "object" => value.is_object(),
            _ => true,
        },
        _ => true,
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn each_wrong_field_is_named_once() {
        let schemas = json!({
            "Way": {"type": "string", "enum": ["direct", "fallback"]},
            "Policy": {
                "type": "object", "required": ["first", "attempts"], "additionalProperties": false,
                "properties": {
                    "first": {"$ref": "#/components/schemas/Way"},
                    "attempts": {"type": "integer"},
                    "note": {"type": ["string", "null"]},
                    "settings": {"type": "object"},
                    "next": {"oneOf": [{"$ref": "#/components/schemas/Policy"}, {"type": "null"}]},
                },
            },
        });
        let policy = json!({"$ref": "#/components/schemas/Policy"});
        for (body, wrong) in [
            (json!({"first": "direct", "attempts": 3}), vec![]),
            (
                json!({"first": "direct", "attempts": 3, "note": null, "next": null, "settings": {"any": 1}}),
                vec![],
            ),
            (json!({}), vec!["first", "attempts"]),
            (
                json!({"first": "none", "attempts": 1.5}),
                vec!["first", "attempts"],
            ),
            (
                json!({"first": "direct", "attempts": 3, "atempts": 3}),
                vec!["atempts"],
            ),
            (
                json!({"first": "direct", "attempts": 3, "next": {"first": 1, "attempts": 1}}),
                vec!["next.first"],
            ),
            (json!([]), vec!["body"]),
        ] {
            let told = mistakes(&body, &policy, &schemas);
            let fields: Vec<_> = told.iter().map(|mistake| mistake.field.as_str()).collect();
            assert_eq!(fields, wrong, "{body}");
        }
        let list = json!({"type": "array", "items": policy});
        let told = mistakes(&json!([{"first": "direct"}]), &list, &schemas);
        assert_eq!(told[0].field, "0.attempts");
    }

    #[test]
    fn only_the_first_mistakes_are_told() {
        let known = json!({"type": "object", "additionalProperties": false, "properties": {"known": {"type": "integer"}}});
        let (schemas, list) = (json!({}), json!({"type": "array", "items": known}));
        let either = json!({"oneOf": [list, {"type": "null"}]});
        let wrong = Value::Array(vec![json!({"a": 0}); 100_000]);
        for schema in [&list, &either] {
            let told = mistakes(&wrong, schema, &schemas);
            assert_eq!(told.len(), TOLD);
            assert_eq!(told[TOLD - 1].field, "19.a");
        }
        let names = (0..1_000).map(|at| (format!("a{at}"), Value::Null));
        let wrong = Value::Object(names.collect());
        assert_eq!(mistakes(&wrong, &known, &schemas).len(), TOLD);
        let absent: Vec<String> = (0..1_000).map(|at| format!("a{at}")).collect();
        let demanding = json!({"type": "object", "properties": {}, "required": absent});
        assert_eq!(mistakes(&json!({}), &demanding, &schemas).len(), TOLD);
    }

    #[test]
    fn a_long_name_is_cut_wherever_it_is_repeated() {
        let known = json!({"type": "object", "additionalProperties": false, "properties": {"known": {"type": "integer"}}});
        let list = json!({"type": "array", "items": known});
        let wrong = json!([{("x".repeat(100_000)): 0}]);
        let told = mistakes(&wrong, &list, &json!({}));
        let cut = format!("{}…", "x".repeat(60));
        assert_eq!(told[0].field, format!("0.{cut}"));
        let detail = format!("There is no field “{cut}” here. There are: known.");
        assert_eq!(told[0].detail, detail);
    }
}
