//! Custom types: a name for a template, which an integration of that type completes. No code, so nobody needs a fork.

use serde_json::Value;

use super::problem::Found;
use super::secrets;
use super::section::Section;
use super::{database, file, rest, webhook};
use crate::yaml::{Entry, Fields, Marked, Node};

/// What every integration may say.
const COMMON: &[&str] = &[
    "name",
    "type",
    "description",
    "airbyte_destination",
    "airbyte_schedule",
];

/// The types that are more than a template.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum BuiltIn {
    Rest,
    Database,
    File,
    Webhook,
}

const BUILT_IN: [(&str, BuiltIn); 4] = [
    ("rest", BuiltIn::Rest),
    ("database", BuiltIn::Database),
    ("file", BuiltIn::File),
    ("webhook", BuiltIn::Webhook),
];

impl BuiltIn {
    /// The keys an integration of this type may have.
    pub fn keys(self) -> Vec<&'static [&'static str]> {
        match self {
            Self::Rest => vec![COMMON, rest::KEYS],
            Self::Database => vec![COMMON, database::KEYS],
            Self::File => vec![COMMON, file::KEYS],
            Self::Webhook => vec![COMMON, webhook::KEYS, rest::KEYS],
        }
    }
}

/// The registry: name → template.
#[derive(Debug, Default)]
pub(super) struct Types<'d>(Vec<&'d Entry>);

impl<'d> Types<'d> {
    /// Adds the `types` of a document or of an operator's file.
    pub fn add(&mut self, root: &Section<'d>) {
        for entry in root.entries("types") {
            let place = format!("types.{}", entry.key);
            if BUILT_IN.iter().any(|(name, _)| *name == entry.key) {
                root.problem(entry.at, &place, "is a built-in type");
            } else if !secrets::is_name(&entry.key.replace('-', "_")) {
                root.problem(entry.at, &place, "is no name of letters, digits, _ and -");
            } else if self.find(&entry.key).is_some() {
                root.problem(entry.at, &place, "stands in the operator's file, too");
            } else {
                self.0.push(entry);
            }
        }
    }

    /// What is wrong with a template is told even if nobody uses it.
    pub fn check(&self, found: &Found) {
        for entry in &self.0 {
            let place = format!("types.{}", entry.key);
            if let Some((built_in, template)) = self.resolve(&entry.value, &place, found) {
                Section::open(&template, place, &built_in.keys(), found);
            }
        }
    }

    fn find(&self, name: &str) -> Option<&'d Entry> {
        self.0.iter().copied().find(|entry| entry.key == name)
    }

    /// The built-in type behind an integration's own, and the integration completed by the templates on the way.
    pub fn resolve(
        &self,
        integration: &Marked,
        place: &str,
        found: &Found,
    ) -> Option<(BuiltIn, Marked)> {
        let mut completed = integration.clone();
        let mut passed: Vec<&str> = Vec::new();
        loop {
            let Node::Map(fields) = &completed.node else {
                // Tells that it is no mapping.
                Section::open(&completed, place, &[], found);
                return None;
            };
            let Some(named) = fields.get("type") else {
                found.problem(completed.at, format!("{place}.type is missing"));
                return self.guess(fields).map(|meant| (meant, completed));
            };
            let name = match &named.value.node {
                Node::Scalar(Value::String(name)) => name.as_str(),
                _ => "",
            };
            if let Some((_, built_in)) = BUILT_IN.iter().find(|(known, _)| *known == name) {
                return Some((*built_in, completed));
            }
            let Some(template) = self.find(name) else {
                let known = self.names().join(", ");
                let message = format!("{place}.type is {name:?}: one of {known}");
                found.problem(named.value.at, message);
                return self.guess(fields).map(|meant| (meant, completed));
            };
            if passed.contains(&template.key.as_str()) {
                let message = format!("types.{} is made from itself", template.key);
                found.problem(template.at, message);
                return None;
            }
            passed.push(&template.key);
            completed = completed_by(&template.value, &completed, Keep::TemplateType);
        }
    }

    /// What an integration of an unknown type is most likely meant to be, so that its other mistakes are told as well: the
    /// document is refused in any case. Where templates are known, it may be meant to take the rest from one of them.
    fn guess(&self, fields: &Fields) -> Option<BuiltIn> {
        let says = |name: &str| fields.get(name).is_some();
        if says("endpoints") && says("base_url") {
            return Some(if says("sender") {
                BuiltIn::Webhook
            } else {
                BuiltIn::Rest
            });
        }
        if !self.0.is_empty() {
            return None;
        }
        if says("engine") {
            Some(BuiltIn::Database)
        } else {
            says("url").then_some(BuiltIn::File)
        }
    }

    fn names(&self) -> Vec<&str> {
        let built_in = BUILT_IN.iter().map(|(name, _)| *name);
        built_in
            .chain(self.0.iter().map(|entry| entry.key.as_str()))
            .collect()
    }
}

/// Whose `type` counts: the template's for the integration itself, its own for what is inside.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Keep {
    TemplateType,
    OwnType,
}

/// What is said stays, what is not comes from the template; mappings are completed field by field.
fn completed_by(template: &Marked, own: &Marked, keep: Keep) -> Marked {
    let (Node::Map(base), Node::Map(said)) = (&template.node, &own.node) else {
        return if keep == Keep::TemplateType {
            template.clone()
        } else {
            own.clone()
        };
    };
    let mut fields = Fields {
        entries: base.entries.clone(),
        repeated: said.repeated.clone(),
    };
    for entry in &said.entries {
        if entry.key == "type" && keep == Keep::TemplateType {
            continue;
        }
        match fields
            .entries
            .iter_mut()
            .find(|known| known.key == entry.key)
        {
            None => fields.entries.push(entry.clone()),
            Some(known) => {
                let value = inner(&known.value, &entry.value);
                *known = Entry {
                    value,
                    ..entry.clone()
                };
            }
        }
    }
    Marked {
        at: own.at,
        node: Node::Map(fields),
    }
}

/// Another kind of authentication or paging takes nothing from the template's.
fn inner(template: &Marked, own: &Marked) -> Marked {
    let (Node::Map(base), Node::Map(said)) = (&template.node, &own.node) else {
        return own.clone();
    };
    let value = |fields: &Fields| {
        let entry = fields.get("type")?;
        Some(entry.value.clone().into_value())
    };
    match value(said) {
        Some(kind) if value(base) != Some(kind.clone()) => own.clone(),
        _ => completed_by(template, own, Keep::OwnType),
    }
}
