//! One mapping of a document, read strictly: what is not known, missing or of the wrong kind becomes a problem.

mod words;

use std::ops::RangeInclusive;

use serde_json::Value;

use super::problem::{Found, Reader};
use super::secrets;
use crate::yaml::{Entry, Fields, Mark, Marked, Node};
use words::{instead_of, kind};

/// A mapping and its place in the document.
pub(super) struct Section<'d> {
    pub path: String,
    pub at: Mark,
    /// `None` stands for an empty one, where a single word was written for it.
    fields: Option<&'d Fields>,
    pub found: &'d Found,
}

/// May a text speak of secrets?
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Secrets {
    Welcome,
    Refused,
}

impl<'d> Section<'d> {
    /// `known` are the keys it may have.
    pub fn open(
        marked: &'d Marked,
        path: impl Into<String>,
        known: &[&[&str]],
        found: &'d Found,
    ) -> Option<Self> {
        let path = path.into();
        let Node::Map(fields) = &marked.node else {
            let kind = kind(marked);
            let message = match known.first().and_then(|keys| keys.first()) {
                Some(first) if path.is_empty() => {
                    format!("the document is {kind}: it has to begin with “{first}:”")
                }
                _ => format!("{path} is {kind}: a mapping is needed"),
            };
            found.problem(marked.at, message);
            return None;
        };
        let section = Self {
            path,
            at: marked.at,
            fields: Some(fields),
            found,
        };
        section.refuse_unknown(&known.concat());
        Some(section)
    }

    fn refuse_unknown(&self, known: &[&str]) {
        let Some(fields) = self.fields else { return };
        for entry in &fields.entries {
            if !known.contains(&entry.key.as_str()) {
                let instead = instead_of(&entry.key, known);
                self.problem(entry.at, &entry.key, &format!("is not known: {instead}"));
            }
        }
        for (key, at) in &fields.repeated {
            self.problem(*at, key, "stands there twice");
        }
    }

    pub fn place(&self, name: &str) -> String {
        if self.path.is_empty() {
            name.to_owned()
        } else {
            format!("{}.{name}", self.path)
        }
    }

    pub fn problem(&self, at: Mark, name: &str, why: &str) {
        self.found
            .problem(at, format!("{} {why}", self.place(name)));
    }

    /// The same for what was let through, and meant nothing, when older documents were written.
    pub fn meaningless(&self, at: Mark, name: &str, why: &str) {
        if self.found.reader != Reader::Keeper {
            self.problem(at, name, why);
        }
    }

    /// Something that is missing is told where its mapping begins.
    pub fn missing(&self, name: &str) {
        self.problem(self.at, name, "is missing");
    }

    /// The value; null counts as not there.
    pub fn get(&self, name: &str) -> Option<&'d Marked> {
        let entry = self.fields?.get(name)?;
        let absent = matches!(entry.value.node, Node::Scalar(Value::Null));
        Some(&entry.value).filter(|_| !absent)
    }

    /// Whether the key is there, even as null.
    pub fn says(&self, name: &str) -> bool {
        self.fields.is_some_and(|fields| fields.get(name).is_some())
    }

    /// A text without secrets.
    pub fn word(&self, name: &str) -> Option<String> {
        self.get(name)
            .and_then(|value| self.text_at(value, name, Secrets::Refused))
    }

    pub fn need_word(&self, name: &str) -> String {
        self.needed(name, Secrets::Refused)
    }

    /// A text that may hold `${secrets.name}`.
    pub fn text(&self, name: &str) -> Option<String> {
        self.get(name)
            .and_then(|value| self.text_at(value, name, Secrets::Welcome))
    }

    pub fn need_text(&self, name: &str) -> String {
        self.needed(name, Secrets::Welcome)
    }

    /// An empty text when it is missing: the document is refused then.
    fn needed(&self, name: &str, allowed: Secrets) -> String {
        match self.get(name) {
            Some(value) => self.text_at(value, name, allowed).unwrap_or_default(),
            None => {
                self.missing(name);
                String::new()
            }
        }
    }

    /// A scalar as text: YAML reads `1.10` as a number, which nobody means by a name.
    pub fn text_at(&self, value: &Marked, name: &str, allowed: Secrets) -> Option<String> {
        let text = match &value.node {
            Node::Scalar(Value::String(text)) => text.clone(),
            Node::Scalar(other @ (Value::Bool(_) | Value::Number(_))) => other.to_string(),
            _ => {
                let kind = kind(value);
                self.problem(value.at, name, &format!("is {kind}: a text is needed"));
                return None;
            }
        };
        if text.trim().is_empty() {
            self.problem(value.at, name, "is empty");
            return None;
        }
        match secrets::names(&text) {
            Ok(names) if names.is_empty() || allowed == Secrets::Welcome => {
                let is_named = !names.iter().any(|name| secrets::is_key(name));
                for name in names {
                    self.found.secret(name);
                }
                let why = if is_named {
                    secrets::held(&text)
                } else {
                    Some(secrets::KEY_AS_NAME)
                };
                if let Some(why) = why {
                    self.meaningless(value.at, name, why);
                }
                Some(text)
            }
            Ok(_) => {
                self.problem(value.at, name, "may not depend on a secret");
                None
            }
            Err(why) => {
                self.problem(value.at, name, why);
                None
            }
        }
    }

    /// The name of a secret. What stands there instead may be the secret itself, so it is not repeated.
    pub fn secret_name(&self, name: &str) -> String {
        let Some(value) = self.get(name) else {
            self.missing(name);
            return String::new();
        };
        match &value.node {
            Node::Scalar(Value::String(text)) if secrets::is_name(text) => {
                if secrets::is_key(text) {
                    self.meaningless(value.at, name, secrets::KEY_AS_NAME);
                }
                self.found.secret(text);
                text.clone()
            }
            _ => {
                self.problem(
                    value.at,
                    name,
                    "is not the name of a secret: letters, digits and _, not the secret itself",
                );
                String::new()
            }
        }
    }

    /// The reference of a secret: what stands under the name, or what `secret_name` names. What stands there may be the secret
    /// itself, so it is not repeated.
    pub fn secret(&self, name: &str) -> String {
        let Some(value) = self.get(name) else {
            if self.get("secret_name").is_none() {
                self.missing(name);
                return String::new();
            }
            return secrets::reference(&self.secret_name("secret_name"));
        };
        if let Some(twice) = self.get("secret_name") {
            let why = format!("is said by {name} already");
            self.problem(twice.at, "secret_name", &why);
        }
        let text = self.text(name).unwrap_or_default();
        if !text.is_empty() && secrets::sole(&text).is_none() {
            let why = "is not ${secrets.name}: a document holds no secrets";
            self.problem(value.at, name, why);
        }
        text
    }

    /// One of a few words.
    pub fn choice<T: Copy>(&self, name: &str, choices: &[(&str, T)]) -> Option<T> {
        let value = self.get(name)?;
        self.choice_at(value, name, choices)
    }

    pub fn choice_at<T: Copy>(
        &self,
        value: &Marked,
        name: &str,
        choices: &[(&str, T)],
    ) -> Option<T> {
        let text = self.text_at(value, name, Secrets::Refused)?;
        let chosen = choices.iter().find(|(word, _)| *word == text);
        if chosen.is_none() {
            let words: Vec<&str> = choices.iter().map(|(word, _)| *word).collect();
            let words = words.join(", ");
            let why = match secrets::held(&text) {
                Some(_) => format!("is none of {words}"),
                None => format!("is {text:?}: one of {words}"),
            };
            self.problem(value.at, name, &why);
        }
        chosen.map(|(_, chosen)| *chosen)
    }

    /// A whole number.
    pub fn count(&self, name: &str, range: RangeInclusive<u64>) -> Option<u64> {
        let value = self.get(name)?;
        let number = match &value.node {
            Node::Scalar(Value::Number(number)) => number.as_u64(),
            _ => None,
        };
        let fitting = number.filter(|number| range.contains(number));
        if fitting.is_none() {
            let why = format!(
                "is not a whole number from {} to {}",
                range.start(),
                range.end()
            );
            self.problem(value.at, name, &why);
        }
        fitting
    }

    /// A path into a record: `data.items`, or a list where names hold dots.
    pub fn path_of(&self, name: &str) -> Option<Vec<String>> {
        let value = self.get(name)?;
        if let Node::List(_) = value.node {
            return Some(self.words(name));
        }
        let text = self.text_at(value, name, Secrets::Refused)?;
        let parts: Vec<String> = text.split('.').map(str::to_owned).collect();
        if parts.iter().any(String::is_empty) {
            self.problem(value.at, name, "is no path like data.items");
        }
        Some(parts)
    }

    /// A text, or a list of texts.
    pub fn words(&self, name: &str) -> Vec<String> {
        match self.get(name) {
            None => Vec::new(),
            Some(value) if matches!(value.node, Node::List(_)) => self
                .items(name)
                .filter_map(|(place, item)| self.text_at(item, &place, Secrets::Refused))
                .collect(),
            Some(value) => self
                .text_at(value, name, Secrets::Refused)
                .into_iter()
                .collect(),
        }
    }

    /// The elements of a list, each with the end of its path.
    pub fn items(&self, name: &str) -> impl Iterator<Item = (String, &'d Marked)> {
        let items: &[Marked] = match self.get(name) {
            None => &[],
            Some(Marked {
                node: Node::List(items),
                ..
            }) => items,
            Some(other) => {
                let why = format!("is {}: a list is needed", kind(other));
                self.problem(other.at, name, &why);
                &[]
            }
        };
        let name = name.to_owned();
        let places = (0..).map(move |at: usize| format!("{name}[{at}]"));
        places.zip(items)
    }

    /// The fields of a mapping whose keys are free.
    pub fn entries(&self, name: &str) -> &'d [Entry] {
        let Some(value) = self.get(name) else {
            return &[];
        };
        let Node::Map(fields) = &value.node else {
            let why = format!("is {}: a mapping is needed", kind(value));
            self.problem(value.at, name, &why);
            return &[];
        };
        for (key, at) in &fields.repeated {
            self.problem(*at, &format!("{name}.{key}"), "stands there twice");
        }
        &fields.entries
    }

    pub fn child(&self, name: &str, known: &[&str]) -> Option<Self> {
        Self::open(self.get(name)?, self.place(name), &[known], self.found)
    }

    /// A mapping that says in `type` which of several it is, or just that word. Each choice has its own keys.
    pub fn variant<T: Copy>(
        &self,
        name: &str,
        choices: &[(&str, T, &[&str])],
    ) -> Option<(T, Self)> {
        let value = self.get(name)?;
        let words: Vec<(&str, usize)> = (0..)
            .zip(choices)
            .map(|(at, (word, ..))| (*word, at))
            .collect();
        let path = self.place(name);
        let (chosen, fields) = match &value.node {
            Node::Map(fields) => {
                let inner = Self {
                    path: path.clone(),
                    at: value.at,
                    fields: Some(fields),
                    found: self.found,
                };
                if inner.get("type").is_none() {
                    inner.missing("type");
                }
                (inner.choice("type", &words)?, Some(fields))
            }
            _ => (self.choice_at(value, name, &words)?, None),
        };
        let (_, chosen, known) = choices[chosen];
        let section = Self {
            path,
            at: value.at,
            fields,
            found: self.found,
        };
        section.refuse_unknown(&[&["type"], known].concat());
        Some((chosen, section))
    }
}
