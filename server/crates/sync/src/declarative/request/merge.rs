//! Options of one request from several components, put together without one hiding another.

use serde_json::{Map, Value};

use crate::fault::Fault;

/// Query, headers or body as one component sets them.
#[derive(Debug, Clone, PartialEq)]
pub enum Options {
    Fields(Map<String, Value>),
    /// A body as one text.
    Text(String),
}

impl Default for Options {
    fn default() -> Self {
        Self::Fields(Map::new())
    }
}

impl Options {
    fn is_empty(&self) -> bool {
        match self {
            Self::Fields(fields) => fields.is_empty(),
            Self::Text(_) => false,
        }
    }
}

/// Whether two components may set the same place to the same value; only JSON bodies allow it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Same {
    Allowed,
    Refused,
}

/// One object from several; a name set twice is a fault.
pub fn fields(
    parts: impl IntoIterator<Item = Map<String, Value>>,
    same: Same,
) -> Result<Map<String, Value>, Fault> {
    let mut all = Map::new();
    for part in parts {
        merge(&mut all, part, "", same)?;
    }
    Ok(all)
}

/// The same where one part may be a text, which then has to be alone.
pub fn options(parts: impl IntoIterator<Item = Options>) -> Result<Options, Fault> {
    let mut parts: Vec<Options> = parts.into_iter().filter(|part| !part.is_empty()).collect();
    if parts.iter().any(|part| matches!(part, Options::Text(_))) {
        if parts.len() > 1 {
            return Err(Fault::config(
                "The request's body is one text, and another component sets fields in it.",
            ));
        }
        return Ok(parts.remove(0));
    }
    let maps = parts.into_iter().filter_map(|part| match part {
        Options::Fields(fields) => Some(fields),
        Options::Text(_) => None,
    });
    fields(maps, Same::Refused).map(Options::Fields)
}

fn merge(
    target: &mut Map<String, Value>,
    source: Map<String, Value>,
    path: &str,
    same: Same,
) -> Result<(), Fault> {
    for (name, value) in source {
        let here = if path.is_empty() {
            name.clone()
        } else {
            format!("{path}.{name}")
        };
        match (target.get_mut(&name), value) {
            (None, value) => {
                target.insert(name, value);
            }
            (Some(Value::Object(there)), Value::Object(value)) if same == Same::Allowed => {
                merge(there, value, &here, same)?;
            }
            (Some(there), value) if same == Same::Allowed && *there == value => {}
            (Some(_), _) => {
                return Err(Fault::config(format!(
                    "The request sets “{here}” more than once. Each name may be set by one component only."
                )));
            }
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn map(value: &Value) -> Map<String, Value> {
        value.as_object().unwrap().clone()
    }

    #[test]
    fn bodies_may_agree_and_nothing_may_collide() {
        let a = || map(&json!({"d": {"x": 1}}));
        let both = fields([a(), map(&json!({"d": {"x": 1, "y": 2}}))], Same::Allowed).unwrap();
        assert_eq!(Value::from(both), json!({"d": {"x": 1, "y": 2}}));
        let fault = fields([a(), map(&json!({"d": {"x": 2}}))], Same::Allowed).unwrap_err();
        assert!(fault.message.contains("d.x"));
        fields(
            [map(&json!({"p": 1})), map(&json!({"p": 1}))],
            Same::Refused,
        )
        .unwrap_err();
        let text = Options::Text("x".to_owned());
        assert_eq!(options([Options::default(), text.clone()]).unwrap(), text);
        options([Options::Fields(a()), text]).unwrap_err();
    }
}
