//! `$parameters`: values a component hands down to everything inside it, and the types that may be left out.

use serde_json::{Map, Value};

use super::allowance::Allowance;
use crate::fault::Fault;

pub const PARAMETERS: &str = "$parameters";
const MAX_NODES: usize = 4_000_000;

/// Who wins when a component and its parent set the same parameter.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Precedence {
    Own,
    Parent,
}

/// Writes types and parameters out into every component.
pub fn propagate(component: Value, precedence: Precedence) -> Result<Value, Fault> {
    let mut work = Propagation {
        precedence,
        left: Allowance::new(MAX_NODES),
    };
    match component {
        Value::Object(fields) => work.component("", fields, &Map::new()).map(Value::Object),
        other => Ok(other),
    }
}

struct Propagation {
    precedence: Precedence,
    left: Allowance,
}

type Fields = Map<String, Value>;

impl Propagation {
    fn component(
        &mut self,
        place: &str,
        mut fields: Fields,
        inherited: &Fields,
    ) -> Result<Fields, Fault> {
        let own = self.left.take(fields.len() + 1, 0);
        own.and_then(|()| self.left.take_fields(inherited))
            .ok_or_else(|| {
                Fault::config("The manifest is too large once its parameters are handed down.")
            })?;
        insert_type(place, &mut fields);
        let mut parameters = self.merge(&mut fields, inherited);
        let kind = match fields.get("type") {
            Some(Value::String(kind)) if !kind.is_empty() && kind != "object" => kind.clone(),
            // A JSON schema, not a component.
            Some(_) => return Ok(fields),
            None => return self.plain(place, fields, &parameters),
        };
        for (name, value) in &parameters {
            let current = fields.get(name).is_some_and(is_true);
            if !current {
                fields.insert(name.clone(), value.clone());
            }
        }
        let names: Vec<String> = fields.keys().cloned().collect();
        for name in names {
            let place = format!("{kind}.{name}");
            let value = fields.get_mut(&name).expect("the key was just listed");
            if !matches!(value, Value::Object(_) | Value::Array(_)) {
                continue;
            }
            // A parameter named like the field it fills would hand itself down for ever.
            let excluded = parameters.shift_remove(&name);
            match value.take() {
                Value::Object(inner) => {
                    *value = Value::Object(self.component(&place, inner, &parameters)?);
                }
                Value::Array(items) => {
                    *value = Value::Array(self.list(&place, items, &parameters)?);
                }
                other => *value = other,
            }
            if let Some(excluded) = excluded.filter(is_true) {
                parameters.insert(name, excluded);
            }
        }
        if !parameters.is_empty() {
            fields.insert(PARAMETERS.to_owned(), Value::Object(parameters));
        }
        Ok(fields)
    }

    fn list(
        &mut self,
        place: &str,
        items: Vec<Value>,
        parameters: &Fields,
    ) -> Result<Vec<Value>, Fault> {
        items
            .into_iter()
            .map(|item| match item {
                Value::Object(inner) => self.component(place, inner, parameters).map(Value::Object),
                other => Ok(other),
            })
            .collect()
    }

    /// An object that is no component may hold components.
    fn plain(
        &mut self,
        place: &str,
        mut fields: Fields,
        parameters: &Fields,
    ) -> Result<Fields, Fault> {
        for value in fields.values_mut() {
            let nested = value
                .as_object()
                .is_some_and(|inner| inner.get("type").is_some_and(is_true));
            if nested && let Value::Object(inner) = value.take() {
                *value = Value::Object(self.component(place, inner, parameters)?);
            }
        }
        Ok(fields)
    }

    fn merge(&self, fields: &mut Fields, inherited: &Fields) -> Fields {
        let own = match fields.shift_remove(PARAMETERS) {
            Some(Value::Object(own)) => own,
            _ => Map::new(),
        };
        let (mut base, over) = match self.precedence {
            Precedence::Own => (inherited.clone(), own),
            Precedence::Parent => (own, inherited.clone()),
        };
        base.extend(over);
        base
    }
}

/// Python's idea of truth, which decides whether a field counts as set.
pub fn is_true(value: &Value) -> bool {
    match value {
        Value::Null => false,
        Value::Bool(value) => *value,
        Value::Number(number) => number.as_f64() != Some(0.0),
        Value::String(text) => !text.is_empty(),
        Value::Array(items) => !items.is_empty(),
        Value::Object(fields) => !fields.is_empty(),
    }
}

fn insert_type(place: &str, fields: &mut Fields) {
    if fields.contains_key("type") {
        return;
    }
    let found = if fields.contains_key("class_name") {
        custom_type(place)
    } else {
        default_type(place)
    };
    if let Some(kind) = found {
        fields.insert("type".to_owned(), Value::from(kind));
    }
}

/// The type a field's component has when it names none.
fn default_type(place: &str) -> Option<&'static str> {
    Some(match place {
        "CompositeErrorHandler.error_handlers" | "HttpRequester.error_handler" => {
            "DefaultErrorHandler"
        }
        "CursorPagination.decoder" | "DefaultPaginator.decoder" | "DpathExtractor.decoder" => {
            "JsonDecoder"
        }
        "DatetimeBasedCursor.end_datetime" | "DatetimeBasedCursor.start_datetime" => {
            "MinMaxDatetime"
        }
        "DatetimeBasedCursor.end_time_option"
        | "DatetimeBasedCursor.start_time_option"
        | "DefaultPaginator.page_size_option"
        | "ListPartitionRouter.request_option"
        | "ParentStreamConfig.request_option" => "RequestOption",
        "DeclarativeSource.check" => "CheckStream",
        "DeclarativeSource.spec" => "Spec",
        "DeclarativeSource.streams"
        | "DynamicDeclarativeStream.stream_template"
        | "ParentStreamConfig.stream" => "DeclarativeStream",
        "DeclarativeStream.retriever"
        | "HttpComponentsResolver.retriever"
        | "DynamicSchemaLoader.retriever" => "SimpleRetriever",
        "DeclarativeStream.schema_loader" => "JsonFileSchemaLoader",
        "DynamicDeclarativeStream.components_resolver" => "ConfigComponentResolver",
        "HttpComponentsResolver.components_mapping"
        | "ConfigComponentsResolver.components_mapping" => "ComponentMappingDefinition",
        "ConfigComponentsResolver.stream_config" => "StreamConfig",
        "DefaultErrorHandler.response_filters" => "HttpResponseFilter",
        "DpathExtractor.record_expander" => "RecordExpander",
        "RecordExpander.parent_fields" => "ParentFieldPath",
        "RecordSelector.extractor" => "DpathExtractor",
        "RecordSelector.record_filter" => "RecordFilter",
        "SimpleRetriever.paginator" => "NoPagination",
        "SimpleRetriever.record_selector" => "RecordSelector",
        "SimpleRetriever.requester" => "HttpRequester",
        "SubstreamPartitionRouter.parent_stream_configs"
        | "CustomPartitionRouter.parent_stream_configs" => "ParentStreamConfig",
        "AddFields.fields" => "AddedFieldDefinition",
        "SchemaTypeIdentifier.types_map" => "TypesMap",
        _ => return None,
    })
}

fn custom_type(place: &str) -> Option<&'static str> {
    Some(match place {
        "CompositeErrorHandler.backoff_strategies" | "DefaultErrorHandler.backoff_strategies" => {
            "CustomBackoffStrategy"
        }
        "DeclarativeStream.retriever" => "CustomRetriever",
        "DeclarativeStream.transformations" => "CustomTransformation",
        "DefaultPaginator.pagination_strategy" => "CustomPaginationStrategy",
        "HttpRequester.authenticator" => "CustomAuthenticator",
        "HttpRequester.error_handler" => "CustomErrorHandler",
        "RecordSelector.extractor" => "CustomRecordExtractor",
        "SimpleRetriever.partition_router" => "CustomPartitionRouter",
        _ => return None,
    })
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn hands_parameters_down() {
        let stream = json!({
            "type": "DeclarativeStream",
            "$parameters": {"name": "users", "path": "/users", "retriever": "never itself"},
            "retriever": {"requester": {"path": "/own", "$parameters": {"name": "inner"}}},
            "schema_loader": {"type": "InlineSchemaLoader", "schema": {"type": "object", "properties": {}}},
        });
        let out = propagate(stream, Precedence::Own).unwrap();
        assert_eq!(out["name"], "users");
        assert_eq!(out["path"], "/users");
        assert_eq!(out["retriever"]["type"], "SimpleRetriever");
        let requester = &out["retriever"]["requester"];
        assert_eq!(requester["type"], "HttpRequester");
        assert_eq!(requester["path"], "/own");
        assert_eq!(requester["name"], "inner");
        assert_eq!(requester["$parameters"]["path"], "/users");
        assert_eq!(
            out["schema_loader"]["schema"],
            json!({"type": "object", "properties": {}})
        );
        assert_eq!(out["$parameters"]["retriever"], "never itself");
    }

    #[test]
    fn the_parent_may_win() {
        let component = json!({
            "type": "A", "$parameters": {"x": 1},
            "inner": {"type": "B", "$parameters": {"x": 2}},
        });
        let out = propagate(component, Precedence::Parent).unwrap();
        assert_eq!(out["inner"]["x"], 1);
    }

    #[test]
    fn a_long_parameter_may_not_be_handed_down_without_end() {
        let stream = |inner: usize| {
            json!({
                "type": "A", "$parameters": {"x": {"y": ["x".repeat(1024 * 1024)]}},
                "inner": vec![json!({"type": "B", "x": "own"}); inner],
            })
        };
        assert!(propagate(stream(10), Precedence::Own).is_ok());
        let fault = propagate(stream(80), Precedence::Own).unwrap_err();
        assert!(fault.message.contains("too large"), "{fault}");
    }
}
