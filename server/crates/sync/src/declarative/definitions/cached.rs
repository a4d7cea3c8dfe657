//! Pages of parents are asked for once, however many children need them.

use std::collections::HashSet;

use serde_json::Value;

use super::Definition;

/// Marks the requesters of every stream that is a parent, and of every copy of it inside its children.
pub fn enable(definitions: &mut [Definition]) {
    let mut parents = HashSet::new();
    for definition in definitions.iter_mut() {
        each_parent(&mut definition.value, &mut |stream| {
            if let Some(name) = stream["name"].as_str() {
                parents.insert(name.to_owned());
            }
            mark(stream);
        });
    }
    for definition in definitions {
        if parents.contains(definition.name()) {
            mark(&mut definition.value);
        }
    }
}

fn each_parent(stream: &mut Value, each: &mut dyn FnMut(&mut Value)) {
    let Some(router) = stream.pointer_mut("/retriever/partition_router") else {
        return;
    };
    let mut routers: Vec<&mut Value> = match router {
        Value::Array(items) => items.iter_mut().collect(),
        one => vec![one],
    };
    while let Some(router) = routers.pop() {
        let Value::Object(fields) = router else {
            continue;
        };
        for (name, value) in fields.iter_mut() {
            match (name.as_str(), value) {
                ("parent_stream_configs", Value::Array(configs)) => {
                    for config in configs {
                        if let Some(parent) = config.get_mut("stream") {
                            each(parent);
                        }
                    }
                }
                ("partition_routers", Value::Array(inner)) => routers.extend(inner.iter_mut()),
                ("underlying_partition_router", inner) => routers.push(inner),
                _ => {}
            }
        }
    }
}

fn mark(stream: &mut Value) {
    let paths: &[&str] = if stream["type"] == "StateDelegatingStream" {
        &[
            "/full_refresh_stream/retriever/requester",
            "/incremental_stream/retriever/requester",
        ]
    } else {
        &["/retriever/requester"]
    };
    for path in paths {
        if let Some(Value::Object(requester)) = stream.pointer_mut(path)
            && requester.get("use_cache") != Some(&Value::Bool(false))
        {
            requester.insert("use_cache".to_owned(), Value::Bool(true));
        }
    }
}
