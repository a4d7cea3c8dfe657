//! A value put into a request: as a query parameter, a header or a field of the body.

use serde_json::{Map, Value};

use crate::declarative::env::Env;
use crate::declarative::manifest::Node;
use crate::declarative::template::Scope;
use crate::declarative::text::Text;
use crate::fault::Fault;

/// Where in a request.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Place {
    Query,
    Header,
    Form,
    Json,
}

/// `RequestOption`.
#[derive(Debug)]
pub struct RequestOption {
    pub place: Place,
    path: Vec<Text>,
}

impl RequestOption {
    pub fn read(node: &Node<'_>) -> Result<Self, Fault> {
        if node.kind() != "RequestOption" {
            return Err(node.unknown());
        }
        let place = match node.need_str("inject_into")? {
            "request_parameter" => Place::Query,
            "header" => Place::Header,
            "body_data" => Place::Form,
            "body_json" => Place::Json,
            _ => return Err(node.wrong("inject_into", "names no place of a request")),
        };
        let path = match (Text::read(node, "field_name")?, node.list("field_path")) {
            (Some(name), rest) if rest.is_empty() => vec![name],
            (None, rest) if !rest.is_empty() => {
                if place != Place::Json {
                    return Err(node.wrong("field_path", "is possible in a JSON body only"));
                }
                rest.into_iter()
                    .map(|part| Text::of(node, "field_path", part))
                    .collect::<Result<_, _>>()?
            }
            _ => return Err(node.broken("it needs either field_name or field_path.")),
        };
        Ok(Self { place, path })
    }

    /// An option with one name.
    pub fn of_text(place: Place, name: Text) -> Self {
        Self {
            place,
            path: vec![name],
        }
    }

    /// The value inside one object, as deep as the path says.
    pub fn fields(&self, value: Value, env: &Env) -> Result<Map<String, Value>, Fault> {
        let scope = Scope::new().json("config", &env.config);
        let mut inner = value;
        for part in self.path.iter().rev() {
            let mut fields = Map::new();
            fields.insert(part.string(&scope)?, inner);
            inner = Value::Object(fields);
        }
        match inner {
            Value::Object(fields) => Ok(fields),
            _ => Ok(Map::new()),
        }
    }
}

/// What components beside the requester put into a request, by place.
#[derive(Debug, Clone, Default)]
pub struct Extras {
    pub query: Map<String, Value>,
    pub headers: Map<String, Value>,
    pub form: Map<String, Value>,
    pub json: Map<String, Value>,
}

impl Extras {
    /// Adds an option. A nested one goes beside what is there.
    pub fn add(&mut self, option: &RequestOption, value: Value, env: &Env) -> Result<(), Fault> {
        let fields = option.fields(value, env)?;
        let target = match option.place {
            Place::Query => &mut self.query,
            Place::Header => &mut self.headers,
            Place::Form => &mut self.form,
            Place::Json => &mut self.json,
        };
        overlay(target, fields);
        Ok(())
    }
}

fn overlay(target: &mut Map<String, Value>, source: Map<String, Value>) {
    for (name, value) in source {
        match (target.get_mut(&name), value) {
            (Some(Value::Object(there)), Value::Object(value)) => overlay(there, value),
            (_, value) => {
                target.insert(name, value);
            }
        }
    }
}
