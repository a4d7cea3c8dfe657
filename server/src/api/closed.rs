//! What calls take is closed: the OpenAPI document says of each object in a body that it has no other fields, and of each
//! call that it may refuse what it does not know.

use std::collections::BTreeSet;

use serde_json::Value;
use utoipa::openapi::{
    OpenApi, RefOr, Schema,
    path::{Operation, PathItem},
    schema::{AdditionalProperties, Components},
};

/// Closes the schemas that bodies of requests are made of, however deep.
pub fn close(document: &mut OpenApi) {
    for item in document.paths.paths.values_mut() {
        for operation in operations(item) {
            may_refuse(operation);
        }
    }
    let told = serde_json::to_value(&*document).unwrap_or_default();
    if let Some(components) = &mut document.components {
        for name in asked(&told) {
            close_one(components, &name);
        }
    }
}

fn operations(item: &mut PathItem) -> impl Iterator<Item = &mut Operation> {
    let methods = [
        &mut item.get,
        &mut item.put,
        &mut item.post,
        &mut item.delete,
        &mut item.patch,
    ];
    methods.into_iter().flatten()
}

/// With the same problem document as the refusal of an unknown key, which every call has.
fn may_refuse(operation: &mut Operation) {
    let responses = &mut operation.responses.responses;
    if let Some(problem) = responses.get("401").cloned() {
        responses.entry("422".to_owned()).or_insert(problem);
    }
}

fn close_one(components: &mut Components, name: &str) {
    let Some(RefOr::T(Schema::Object(object))) = components.schemas.get_mut(name) else {
        return;
    };
    // An object without properties of its own is free: a connector's settings.
    if !object.properties.is_empty() && object.additional_properties.is_none() {
        object.additional_properties = Some(Box::new(AdditionalProperties::FreeForm(false)));
    }
}

/// The names of those schemas.
fn asked(document: &Value) -> BTreeSet<String> {
    let paths = document["paths"].as_object().into_iter().flatten();
    let calls = paths.flat_map(|(_, item)| item.as_object().into_iter().flatten());
    let mut left: Vec<&Value> = calls
        .map(|(_, operation)| &operation["requestBody"])
        .collect();
    let mut names = BTreeSet::new();
    while let Some(next) = left.pop() {
        if let Some(name) = super::docs::shape::reference(next)
            && names.insert(name.to_owned())
        {
            left.push(&document["components"]["schemas"][name]);
        }
        match next {
            Value::Object(fields) => left.extend(fields.values()),
            Value::Array(items) => left.extend(items),
            _ => {}
        }
    }
    names
}

#[cfg(test)]
mod tests {
    #[test]
    fn what_is_sent_is_closed_and_what_connectors_want_is_free() {
        let document = serde_json::to_value(crate::api::document()).unwrap();
        let schemas = &document["components"]["schemas"];
        for closed in ["NewApp", "StreamChoice", "BusinessProfile", "RoutePolicy"] {
            assert_eq!(schemas[closed]["additionalProperties"], false, "{closed}");
        }
        let settings = &schemas["Submission"]["properties"]["configuration"];
        assert!(settings["additionalProperties"].is_null(), "{settings}");
        let answered = &schemas["RunView"]["additionalProperties"];
        assert!(answered.is_null(), "answers may grow: {answered}");
        let runs = &document["paths"]["/api/v1/runs"]["get"]["responses"];
        assert_eq!(runs["422"], runs["401"], "{runs}");
        assert!(runs["422"].is_object(), "{runs}");
    }
}
