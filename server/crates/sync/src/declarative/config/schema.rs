//! JSON Schemas of a manifest, which were written for Python's validator: judged by the draft they name, with its patterns.

use jsonschema::{Draft, ValidationError, Validator};
use serde_json::{Map, Value};

use crate::declarative::manifest::Node;
use crate::declarative::template::pattern::translated;
use crate::fault::Fault;

/// Parts that may be left out of a specification before it counts as no schema at all.
const MOST_LEFT_OUT: usize = 100;

/// A schema that is ready to judge.
pub struct Schema(Validator);

impl Schema {
    /// What a connector asks for. A part that cannot be used is left out, so that the rest still judges.
    pub fn of_specification(spec: &Node<'_>, name: &str) -> Result<Self, Fault> {
        let mut schema = prepared(spec.need(name)?);
        let mut left = MOST_LEFT_OUT;
        loop {
            let error = match compiled(&schema) {
                Ok(validator) => return Ok(Self(validator)),
                Err(error) => error,
            };
            if left == 0 || !leave_out(&mut schema, &error) {
                return Err(useless(spec, name, &error));
            }
            left -= 1;
        }
    }

    /// A rule, which may be written as JSON text. One that cannot be used is refused: no value may pass it unjudged.
    pub fn of_rule(strategy: &Node<'_>, name: &str) -> Result<Self, Fault> {
        let schema = match strategy.need(name)? {
            Value::String(text) => serde_json::from_str(text).map_err(|error| {
                let fault = strategy.wrong(name, "is no schema: its text is not JSON");
                fault.with_detail(error.to_string())
            })?,
            schema => schema.clone(),
        };
        compiled(&prepared(&schema))
            .map(Self)
            .map_err(|error| useless(strategy, name, &error))
    }

    /// The value itself, which may be secret, is not in the fault.
    pub fn judge(&self, value: &Value, what: &str) -> Result<(), Fault> {
        match self.0.iter_errors(value).next() {
            None => Ok(()),
            Some(error) => Err(Fault::config(what)
                .with_detail(error.masked().to_string())
                .at_field(
                    error
                        .instance_path()
                        .to_string()
                        .trim_start_matches('/')
                        .replace('/', "."),
                )),
        }
    }
}

fn useless(node: &Node<'_>, name: &str, error: &ValidationError<'_>) -> Fault {
    node.wrong(name, "is no schema")
        .with_detail(format!("{}: {}", place(error), error.masked()))
}

fn compiled(schema: &Value) -> Result<Validator, ValidationError<'static>> {
    jsonschema::options()
        .with_draft(Draft::Draft7.detect(schema))
        .build(schema)
}

/// A draft that nobody knows counts as none named, as it does in Python.
fn prepared(schema: &Value) -> Value {
    let mut schema = schema.clone();
    if Draft::Draft7.detect(&schema) == Draft::Unknown
        && let Value::Object(fields) = &mut schema
    {
        fields.shift_remove("$schema");
    }
    respell(&mut schema);
    schema
}

/// Writes every pattern of a schema as it is written here.
fn respell(schema: &mut Value) {
    match schema {
        Value::Object(fields) => {
            for (name, value) in fields {
                match (name.as_str(), value) {
                    // These are values, not schemas.
                    ("enum", Value::Array(_)) => {}
                    ("pattern", Value::String(pattern)) => *pattern = translated(pattern),
                    ("patternProperties", Value::Object(schemas)) => respell_names(schemas),
                    (_, value) => respell(value),
                }
            }
        }
        Value::Array(items) => items.iter_mut().for_each(respell),
        _ => {}
    }
}

fn respell_names(schemas: &mut Map<String, Value>) {
    let written = std::mem::take(schemas);
    for (pattern, mut schema) in written {
        respell(&mut schema);
        schemas.insert(translated(&pattern), schema);
    }
}

/// Where in the schema something cannot be used: what breaks the rules for schemas is the value that was judged, and what
/// cannot be compiled is the schema that would have judged.
fn place<'e>(error: &'e ValidationError<'_>) -> &'e str {
    match error.instance_path().as_str() {
        "" => error.schema_path().as_str(),
        place => place,
    }
}

/// Takes out what the error is about; false where that is nothing in particular.
fn leave_out(schema: &mut Value, error: &ValidationError<'_>) -> bool {
    let parts = place(error).split('/').skip(1);
    let parts: Vec<String> = parts
        .map(|part| part.replace("~1", "/").replace("~0", "~"))
        .collect();
    take_out(schema, &parts)
}

/// Takes out the innermost of what the path leads through.
fn take_out(value: &mut Value, path: &[String]) -> bool {
    let Some((first, rest)) = path.split_first() else {
        return false;
    };
    match value {
        Value::Object(fields) => match fields.get_mut(first) {
            Some(inner) => take_out(inner, rest) || fields.shift_remove(first).is_some(),
            None => false,
        },
        Value::Array(items) => {
            let at = first.parse().unwrap_or(usize::MAX);
            match items.get_mut(at) {
                Some(inner) => {
                    if !take_out(inner, rest) {
                        items.remove(at);
                    }
                    true
                }
                None => false,
            }
        }
        _ => false,
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    /// Whether a specification lets the value pass.
    fn fits(schema: &Value, value: &Value) -> bool {
        let spec = json!({"connection_specification": schema});
        let node = Node::new(&spec, "spec").unwrap();
        let schema = Schema::of_specification(&node, "connection_specification").unwrap();
        schema.judge(value, "does not fit").is_ok()
    }

    fn rule(schema: &Value) -> Result<Schema, Fault> {
        let strategy = json!({"base_schema": schema});
        let node = Node::new(&strategy, "rules[0]").unwrap();
        Schema::of_rule(&node, "base_schema")
    }

    #[test]
    fn patterns_of_python_judge() {
        let schema = json!({"properties": {"a": {"type": "string", "pattern": "^(?P<x>a)\\Z"}}});
        assert!(fits(&schema, &json!({"a": "a"})));
        assert!(!fits(&schema, &json!({"a": "zz"})));
        let ahead = json!({"properties": {"a": {"pattern": "^(?!x).b\\Z"}}});
        assert!(fits(&ahead, &json!({"a": "ab"})));
        assert!(!fits(&ahead, &json!({"a": "abc"})));
        let names = json!({"patternProperties": {"^a\\Z": {"type": "integer"}}});
        assert!(fits(&names, &json!({"a": 1, "ab": "x"})));
        assert!(!fits(&names, &json!({"a": "x"})));
        assert_eq!(translated(r"a\\Z\Z"), r"a\\Z\z");
    }

    #[test]
    fn what_cannot_be_used_is_left_out_and_the_rest_judges() {
        for broken in [
            json!({"type": "string", "pattern": "["}),
            json!({"type": "int"}),
            json!({"type": ["int", "string"]}),
            json!({"required": true}),
            json!({"oneOf": [{"minLength": "x"}, {"type": "integer"}]}),
            json!("string"),
        ] {
            let schema = json!({"type": "object", "properties": {"a": broken, "b": {"type": "integer"}}, "required": ["q"]});
            assert!(fits(&schema, &json!({"a": "zz", "q": 1})), "{schema}");
            assert!(!fits(&schema, &json!({"a": "zz"})), "{schema}");
            assert!(!fits(&schema, &json!({"q": 1, "b": "x"})), "{schema}");
        }
    }

    #[test]
    fn the_draft_that_is_named_judges() {
        let above = |schema: &str, exclusive: Value| json!({"$schema": schema, "properties": {"a": {"minimum": 3, "exclusiveMinimum": exclusive}}});
        let fourth = above("http://json-schema.org/draft-04/schema#", json!(true));
        assert!(!fits(&fourth, &json!({"a": 3})));
        assert!(fits(&fourth, &json!({"a": 4})));
        let seventh = above("http://json-schema.org/draft-07/schema#", json!(3));
        assert!(!fits(&seventh, &json!({"a": 3})));
        let unknown = above("https://example.com/own", json!(3));
        assert!(!fits(&unknown, &json!({"a": 3})));
    }

    #[test]
    fn a_specification_that_is_no_schema_is_refused() {
        let spec = json!({"connection_specification": 5});
        let node = Node::new(&spec, "spec").unwrap();
        let refused = Schema::of_specification(&node, "connection_specification");
        assert_eq!(
            refused.err().unwrap().message,
            "The manifest's spec.connection_specification is no schema."
        );
    }

    #[test]
    fn a_rule_may_be_text_and_never_passes_for_being_no_schema() {
        let text = rule(&json!("{\"type\": \"integer\"}")).unwrap();
        assert!(text.judge(&json!(5), "breaks it").is_ok());
        assert!(text.judge(&json!("x"), "breaks it").is_err());
        for (broken, why) in [
            (json!({"type": "nonsense"}), "is no schema."),
            (json!({"pattern": "["}), "is no schema."),
            (json!("5"), "is no schema."),
            (json!("{nope"), "is no schema: its text is not JSON."),
            (
                json!("{{ config['s'] }}"),
                "is no schema: its text is not JSON.",
            ),
        ] {
            let message = rule(&broken).err().unwrap().message;
            assert_eq!(
                message,
                format!("The manifest's rules[0].base_schema {why}")
            );
        }
    }
}
