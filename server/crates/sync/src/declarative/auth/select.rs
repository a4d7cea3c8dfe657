//! `SelectiveAuthenticator`: the configuration says which one it is.

use serde_json::Value;

use crate::declarative::env::Env;
use crate::declarative::manifest::Node;
use crate::declarative::text::plain;
use crate::fault::Fault;

/// The authenticator that the configuration chooses.
pub fn chosen<'m>(node: &Node<'m>, env: &Env) -> Result<Node<'m>, Fault> {
    let path = node.strs("authenticator_selection_path")?;
    let found = path
        .iter()
        .try_fold(&env.config, |value: &Value, part| match value {
            Value::Object(fields) => fields.get(part),
            Value::Array(items) => items.get(part.parse::<usize>().ok()?),
            _ => None,
        });
    let key = found.map(plain).ok_or_else(|| {
        Fault::config(format!(
            "The configuration has no “{}”, which says how to sign in.",
            path.join(".")
        ))
        .at_field(path.join("."))
    })?;
    let options = node.need_child("authenticators")?;
    let Some(option) = options.child(&key)? else {
        return Err(Fault::config(format!(
            "The configuration's “{}” is “{key}”, which is none of: {}.",
            path.join("."),
            options
                .fields()
                .keys()
                .cloned()
                .collect::<Vec<_>>()
                .join(", ")
        ))
        .at_field(path.join(".")));
    };
    Ok(option)
}
