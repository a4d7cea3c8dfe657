//! A template with the parameters of its component: the texts of a manifest.

use std::borrow::Cow;
use std::sync::Arc;

use serde_json::Value;

use super::manifest::Node;
use super::template::{Scope, Template, TemplateError, Types, python_str};
use crate::fault::{Fault, Kind};

/// A text of the manifest that may hold placeholders.
#[derive(Debug)]
pub struct Text {
    template: Box<Template>,
    uses_parameters: bool,
    parameters: Arc<Value>,
    /// Where it stands in the manifest.
    place: Box<str>,
}

impl Text {
    /// The field of a component, when it is there. Numbers and flags count as their own text.
    pub fn read(node: &Node<'_>, name: &str) -> Result<Option<Self>, Fault> {
        node.get(name)
            .map(|value| Self::of(node, name, value))
            .transpose()
    }

    pub fn need(node: &Node<'_>, name: &str) -> Result<Self, Fault> {
        Self::of(node, name, node.need(name)?)
    }

    /// A list of templates.
    pub fn list(node: &Node<'_>, name: &str) -> Result<Vec<Self>, Fault> {
        node.list(name)
            .into_iter()
            .map(|value| Self::of(node, name, value))
            .collect()
    }

    pub fn of(node: &Node<'_>, name: &str, value: &Value) -> Result<Self, Fault> {
        match value {
            Value::String(text) => Self::at(node, name, text),
            Value::Number(_) | Value::Bool(_) => Self::at(node, name, &plain(value)),
            _ => Err(node.wrong(name, "is not a text")),
        }
    }

    pub fn at(node: &Node<'_>, name: &str, text: &str) -> Result<Self, Fault> {
        Self::compile(text, node.parameters(), &format!("{}.{name}", node.place()))
    }

    pub fn compile(text: &str, parameters: Arc<Value>, place: &str) -> Result<Self, Fault> {
        let template = Template::compile(text).map_err(|error| unusable(place, &error))?;
        Ok(Self {
            uses_parameters: template.uses("parameters"),
            template: Box::new(template),
            parameters,
            place: place.into(),
        })
    }

    /// As written in the manifest.
    pub fn source(&self) -> &str {
        self.template.source()
    }

    /// The value as Python would read the rendered text.
    pub fn value(&self, scope: &Scope<'_>) -> Result<Value, Fault> {
        let scope = self.with_parameters(scope);
        self.template
            .render(&scope)
            .map_err(|error| self.fault(&error))
    }

    /// The same as text.
    pub fn string(&self, scope: &Scope<'_>) -> Result<String, Fault> {
        self.value(scope).map(|value| plain(&value))
    }

    /// The value when only some kinds are wanted; others stay text.
    pub fn typed(&self, scope: &Scope<'_>, types: Types) -> Result<Value, Fault> {
        let scope = self.with_parameters(scope);
        self.template
            .render_typed(&scope, types)
            .map_err(|error| self.fault(&error))
    }

    /// A field of a request: null when the text renders to nothing.
    pub fn mapped(&self, scope: &Scope<'_>, types: Types) -> Result<Value, Fault> {
        let scope = self.with_parameters(scope);
        self.template
            .render_entry(&scope, types)
            .map_err(|error| self.fault(&error))
    }

    /// Whether the text looks at this name.
    pub fn uses(&self, name: &str) -> bool {
        self.template.uses(name)
    }

    /// The entries of this mapping that the text looks at, where that can be told beforehand.
    pub fn entries_of(&self, name: &str) -> Option<Vec<&str>> {
        self.template.entries_of(name)
    }

    /// The name of a field of a request.
    pub fn mapped_string(&self, scope: &Scope<'_>) -> Result<String, Fault> {
        self.mapped(scope, Types::STR).map(|value| plain(&value))
    }

    /// A condition.
    pub fn truth(&self, scope: &Scope<'_>) -> Result<bool, Fault> {
        let scope = self.with_parameters(scope);
        self.template
            .render_bool(&scope)
            .map_err(|error| self.fault(&error))
    }

    /// The scope as it is, where the text does not look at its parameters: a record has no time for more.
    fn with_parameters<'s>(&'s self, scope: &'s Scope<'s>) -> Cow<'s, Scope<'s>> {
        if self.uses_parameters {
            Cow::Owned(scope.child().json("parameters", &self.parameters))
        } else {
            Cow::Borrowed(scope)
        }
    }

    /// Nothing a person could mend in the configuration: the manifest is at fault.
    fn fault(&self, error: &TemplateError) -> Fault {
        let fault = match error {
            // nothing in these comes from a value
            TemplateError::Undeclared(_)
            | TemplateError::Limit(_)
            | TemplateError::Unsupported(_) => unusable(&self.place, error),
            _ => valueless(&self.place, error),
        };
        match error {
            TemplateError::StreamState => fault,
            _ => Fault {
                kind: Kind::Bug,
                ..fault
            },
        }
    }
}

/// The template itself is at fault: the sentence says why.
fn unusable(place: &str, error: &TemplateError) -> Fault {
    let Some(cause) = error.cause() else {
        return valueless(place, error);
    };
    Fault::config(format!(
        "The template in the manifest's {place} cannot be used: {cause}."
    ))
    .with_detail(error.to_string())
}

fn valueless(place: &str, error: &TemplateError) -> Fault {
    Fault::config(format!(
        "The template in the manifest's {place} has no value."
    ))
    .with_detail(error.to_string())
}

/// A value as Python's `str` writes it.
pub fn plain(value: &Value) -> String {
    python_str(value)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_template_that_cannot_be_used_says_why_and_shows_no_value() {
        let parameters = Arc::new(Value::Null);
        let compile = |text: &str| Text::compile(text, Arc::clone(&parameters), "streams[0].path");
        let config = serde_json::json!({"filter": "secret-value"});
        let scope = Scope::new().json("config", &config);
        let refused = |text: &str| match compile(text) {
            Ok(text) => text.value(&scope).expect_err("has no value").message,
            Err(fault) => fault.message,
        };
        for (text, cause) in [
            (
                "{{ 1 | nonsense }}",
                "cannot be used: there is no filter named \"nonsense\".",
            ),
            ("{% if true %}", "cannot be used: \"endif\" is missing."),
            (
                "{{ nonsense }}",
                "cannot be used: it uses \"nonsense\", which is not known in this place.",
            ),
            (
                "{{ lipsum() }}",
                "cannot be used: it uses the function \"lipsum\", which is not supported.",
            ),
            ("{{ [1] | map(config.filter) | list }}", "has no value."),
            ("{{ config.missing.deeper }}", "has no value."),
        ] {
            let message = refused(text);
            let whole = format!("The template in the manifest's streams[0].path {cause}");
            assert_eq!(message, whole, "{text}");
        }
        let endless = format!("{{{{ 1 | {} }}}}", "x".repeat(5000));
        assert!(refused(&endless).len() < 300);
    }
}
