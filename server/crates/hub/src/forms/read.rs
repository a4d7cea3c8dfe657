//! Posted pairs as a configuration: typed values, empty optional settings left out, blank secrets kept.

use std::collections::BTreeMap;

use model::FieldError;
use serde_json::{Map, Value};

use super::{
    build::scalar_text,
    name::Name,
    node::{Group, Kind, Node, OneOf, Scalar, SecretForm},
    pairs::Pairs,
    root_name,
    secrets::MASK,
    values,
};

/// A configuration as it was read, with what could not be read.
#[derive(Debug)]
pub struct Reading {
    pub config: Value,
    pub choices: Choices,
    pub errors: Vec<FieldError>,
    /// Fields that were left blank and keep their stored secret.
    pub kept: Vec<Name>,
}

/// Which branch and which rows a configuration came from, so that an error finds its field again.
#[derive(Debug, Default, Clone)]
pub struct Choices {
    branches: BTreeMap<String, usize>,
    rows: BTreeMap<String, Vec<usize>>,
}

impl Choices {
    /// The choices that a configuration itself shows.
    pub fn of(root: &Node, config: &Value) -> Self {
        let mut choices = Self::default();
        choices.note(root, &root_name(), config);
        choices
    }

    pub fn branch(&self, name: &Name) -> usize {
        self.branches.get(name.as_str()).copied().unwrap_or(0)
    }

    /// The posted number of the row that became item `index`.
    pub fn row(&self, name: &Name, index: usize) -> usize {
        self.rows
            .get(name.as_str())
            .and_then(|rows| rows.get(index).copied())
            .unwrap_or(index)
    }

    pub fn row_count(&self, name: &Name) -> usize {
        self.rows.get(name.as_str()).map_or(0, Vec::len)
    }

    fn note(&mut self, node: &Node, name: &Name, value: &Value) {
        match &node.kind {
            Kind::Group(group) => {
                for (key, child) in &group.properties {
                    self.note(
                        child,
                        &name.child(key),
                        value.get(key).unwrap_or(&Value::Null),
                    );
                }
            }
            Kind::OneOf(one_of) => {
                let chosen = one_of.matching(value);
                self.branches.insert(name.to_string(), chosen);
                self.note(&one_of.branches[chosen].node, &name.index(chosen), value);
            }
            Kind::Rows(item) => {
                let items = value.as_array().map_or(&[][..], Vec::as_slice);
                self.rows
                    .insert(name.to_string(), (0..items.len()).collect());
                for (index, row) in items.iter().enumerate() {
                    self.note(item, &name.index(index), row);
                }
            }
            _ => {}
        }
    }
}

/// One value that was read. `typed` says whether a person gave anything beyond what the form came with.
struct Read {
    value: Option<Value>,
    typed: bool,
}

impl Read {
    const NOTHING: Self = Self {
        value: None,
        typed: false,
    };
}

struct Reader<'a> {
    pairs: &'a Pairs,
    choices: Choices,
    errors: Vec<FieldError>,
    kept: Vec<Name>,
}

pub fn read(root: &Node, pairs: &Pairs, stored: Option<&Value>) -> Reading {
    let mut reader = Reader {
        pairs,
        choices: Choices::default(),
        errors: Vec::new(),
        kept: Vec::new(),
    };
    let read = reader.node(root, &root_name(), stored);
    Reading {
        config: read.value.unwrap_or_else(|| Value::Object(Map::new())),
        choices: reader.choices,
        errors: reader.errors,
        kept: reader.kept,
    }
}

/// A check box is on when its last posted value says so.
pub fn is_on(value: Option<&str>) -> bool {
    matches!(value, Some("on" | "true" | "1" | "yes"))
}

/// The posted branch; the first one when nothing sensible was posted.
pub fn chosen(one_of: &OneOf, name: &Name, pairs: &Pairs) -> usize {
    pairs
        .last(name)
        .and_then(|index| index.parse().ok())
        .filter(|index| *index < one_of.branches.len())
        .unwrap_or(0)
}

impl Reader<'_> {
    fn node(&mut self, node: &Node, name: &Name, stored: Option<&Value>) -> Read {
        match &node.kind {
            Kind::Fixed(value) => Read {
                value: Some(value.clone()).filter(|value| !value.is_null()),
                typed: false,
            },
            Kind::Hidden => Read {
                value: stored.or(node.default.as_ref()).cloned(),
                typed: false,
            },
            Kind::Given => Read {
                value: node.default.clone(),
                typed: false,
            },
            Kind::Secret { value, .. } => self.secret(*value, name, stored),
            Kind::Switch => Self::switch(node, is_on(self.pairs.last(name))),
            Kind::Texts(scalar) => self.texts(node, *scalar, name),
            Kind::Several(options) => {
                let picked = self.pairs.all(name).iter().filter_map(|text| {
                    let option = options
                        .iter()
                        .find(|option| scalar_text(&option.value) == *text);
                    Some(option?.value.clone())
                });
                list(node, picked.collect())
            }
            Kind::Rows(item) => self.rows(node, item, name, stored),
            Kind::Group(group) => self.group(node, group, name, stored),
            Kind::OneOf(one_of) => self.one_of(node, one_of, name, stored),
            _ => self.single(node, name),
        }
    }

    fn single(&mut self, node: &Node, name: &Name) -> Read {
        let Some(text) = self.pairs.last(name) else {
            return Read::NOTHING;
        };
        match values::parse(node, text) {
            Ok(None) => Read::NOTHING,
            Ok(Some(value)) => Read {
                typed: node.default.as_ref() != Some(&value),
                value: Some(value),
            },
            Err(detail) => self.refuse(name, &detail),
        }
    }

    fn refuse(&mut self, name: &Name, detail: &str) -> Read {
        self.errors.push(FieldError::new(name.as_str(), detail));
        Read {
            value: None,
            typed: true,
        }
    }

    fn secret(&mut self, form: SecretForm, name: &Name, stored: Option<&Value>) -> Read {
        let text = self.pairs.last(name).unwrap_or_default();
        if text.is_empty() || text.trim() == MASK {
            if stored.is_some_and(|stored| !stored.is_null() && *stored != "") {
                self.kept.push(name.clone());
            }
            return Read {
                value: stored.cloned(),
                typed: stored.is_some(),
            };
        }
        match values::secret(form, text) {
            Ok(value) => Read {
                value: Some(value),
                typed: true,
            },
            Err(detail) => self.refuse(name, detail),
        }
    }

    /// A switch is a setting only when it is required, has a default to differ from, or is on.
    fn switch(node: &Node, on: bool) -> Read {
        let normal = node.default.as_ref().and_then(Value::as_bool);
        let keep = on || node.required() || normal.is_some();
        Read {
            value: keep.then_some(Value::Bool(on)),
            typed: on != normal.unwrap_or(false),
        }
    }

    /// One value per posted value, or per line of a text area.
    fn texts(&mut self, node: &Node, scalar: Scalar, name: &Name) -> Read {
        let mut items = Vec::new();
        let mut problem = None;
        let lines = self.pairs.all(name).iter().flat_map(|text| text.lines());
        for line in lines.map(str::trim).filter(|line| !line.is_empty()) {
            match values::scalar(scalar, line) {
                Ok(value) => items.push(value),
                Err(detail) => problem = Some(detail),
            }
        }
        match problem {
            Some(detail) => self.refuse(name, detail),
            None => list(node, items),
        }
    }

    fn rows(&mut self, node: &Node, item: &Node, name: &Name, stored: Option<&Value>) -> Read {
        let mut items = Vec::new();
        let mut origins = Vec::new();
        for index in self.pairs.indices(name) {
            let stored = stored.and_then(|stored| stored.get(index));
            let errors = self.errors.len();
            let row = self.node(item, &name.index(index), stored);
            if row.typed || self.errors.len() > errors {
                items.push(row.value.unwrap_or(Value::Null));
                origins.push(index);
            }
        }
        self.choices.rows.insert(name.to_string(), origins);
        list(node, items)
    }

    fn group(&mut self, node: &Node, group: &Group, name: &Name, stored: Option<&Value>) -> Read {
        let mut map = Map::new();
        let mut typed = false;
        for (key, child) in &group.properties {
            let stored = stored.and_then(|stored| stored.get(key));
            let read = self.node(child, &name.child(key), stored);
            typed |= read.typed;
            map.extend(read.value.map(|value| (key.clone(), value)));
        }
        Read {
            value: (typed || node.required()).then_some(Value::Object(map)),
            typed,
        }
    }

    fn one_of(&mut self, node: &Node, one_of: &OneOf, name: &Name, stored: Option<&Value>) -> Read {
        let index = chosen(one_of, name, self.pairs);
        self.choices.branches.insert(name.to_string(), index);
        if one_of.skips(index) {
            return Read::NOTHING;
        }
        let branch = &one_of.branches[index];
        let stored = stored.filter(|stored| one_of.matching(stored) == index);
        let read = self.node(&branch.node, &name.index(index), stored);
        let normal = node
            .default
            .as_ref()
            .map_or(0, |value| one_of.matching(value));
        let typed = read.typed || index != normal;
        let keep = typed || node.required() || node.default.is_some();
        Read {
            value: read.value.filter(|_| keep),
            typed,
        }
    }
}

fn list(node: &Node, items: Vec<Value>) -> Read {
    let items = Value::Array(items);
    let empty = items.as_array().is_none_or(Vec::is_empty);
    Read {
        typed: !empty && node.default.as_ref() != Some(&items),
        value: (!empty || node.required()).then_some(items),
    }
}
