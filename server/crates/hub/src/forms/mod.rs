//! Connector forms: a JSON Schema as a form, what a person posted as a configuration, and what is wrong with it.
//!
//! One tree ([`node::Node`]) is built from the schema; rendering, reading, checking and splitting off secrets all walk
//! that tree, so that a field has one name, one label and one meaning everywhere.

mod build;
mod effective;
mod explain;
mod fill;
mod locate;
mod moved;
mod name;
mod node;
mod pairs;
mod plain;
mod pointers;
mod read;
mod render;
mod resolve;
mod rows;
mod secrets;
mod state;
mod values;

#[cfg(test)]
mod tests;

use model::{FieldError, Form, Integration};
use serde_json::{Map, Value};

pub(crate) use moved::SIGN_IN_AGAIN;
pub(crate) use pointers::{Certain, Pointer, lead_elsewhere, pointers_in};
pub use read::{Choices, Reading};
pub use rows::edit_rows;
pub(crate) use secrets::holds_mask;
pub use secrets::{MASK, SecretValues};
pub(crate) use state::free_name;
pub use state::{Asked, Way, edit_form, form, suggested_name};

use name::Name;
use node::Node;
use pairs::Pairs;

/// Posted with every form: which rendering of it this is.
pub const TOKEN: &str = "form.token";
/// Posted with every form: the connection's name.
pub const NAME: &str = "form.name";
/// Posted where the form leaves out what signing in gives: `sign_in`.
pub const WAY: &str = "form.way";
/// Posted after a trip to a provider that did not end well: whose answers blank secrets are taken from.
pub const FLOW: &str = "form.flow";

/// The last posted value of a name, if it is not empty.
pub fn posted<'a>(pairs: &'a [(String, String)], name: &str) -> Option<&'a str> {
    let (_, value) = pairs.iter().rev().find(|(known, _)| known == name)?;
    Some(value.trim()).filter(|value| !value.is_empty())
}

/// A connector's configuration schema, understood once and used for every step of a form's life.
#[derive(Debug)]
pub struct Schema {
    root: Node,
    /// The schema it was read from.
    source: Value,
    /// Shared definitions that raw keywords of the schema may still refer to.
    definitions: Map<String, Value>,
    sign_in: SignInPart,
    /// How people sign in, where the provider's addresses hold words of the settings.
    addressed: Option<oauth::Grant>,
}

/// What a specification says of signing in.
#[derive(Debug, Default)]
struct SignInPart {
    advanced_auth: Option<Value>,
    has_global_client: bool,
}

/// What the form shows when it opens.
#[derive(Debug, Clone, Copy)]
pub enum Filling<'a> {
    /// A new connection: the schema's defaults.
    Fresh,
    /// A stored configuration, secrets masked.
    Stored { config: &'a Value, set_on: &'a str },
    /// What a person just posted, as it was typed.
    Posted {
        pairs: &'a [(String, String)],
        stored: Option<(&'a Value, &'a str)>,
    },
}

impl Schema {
    /// Reads a connection specification. Anything it cannot express becomes a text or JSON field.
    pub fn parse(schema: &Value) -> Self {
        let definitions = ["definitions", "$defs"]
            .into_iter()
            .filter_map(|key| Some((key.to_owned(), schema.get(key)?.clone())))
            .collect();
        Self {
            root: build::root(schema),
            source: schema.clone(),
            definitions,
            sign_in: SignInPart::default(),
            addressed: None,
        }
    }

    /// The whole specification of a connector, as an engine tells it.
    pub(crate) fn specified(spec: airbyte::extension::Spec) -> Self {
        let mut schema = Self::parse(&spec.connection_specification);
        schema.sign_in = SignInPart {
            advanced_auth: spec.advanced_auth,
            // Older servers do not say it: then asking them is the only way to know.
            has_global_client: spec.advanced_auth_global_credentials_available != Some(false),
        };
        schema
    }

    /// How the connector's author describes signing in.
    pub(crate) fn advanced_auth(&self) -> Option<&Value> {
        self.sign_in.advanced_auth.as_ref()
    }

    /// How the connector itself describes its provider, if it does, or why that cannot be followed.
    pub(crate) fn described(
        &self,
        integration: &Integration,
    ) -> Option<Result<(oauth::Provider, oauth::Grant), oauth::Error>> {
        oauth::described(oauth::Connector {
            definition: integration.definition_id.as_deref()?,
            name: &integration.name,
            source_type: integration.source_type.as_deref().unwrap_or_default(),
            settings: &self.source,
            advanced_auth: self.advanced_auth()?,
        })
    }

    /// Whether the engine may have a client of its own at the provider.
    pub(crate) fn has_global_client(&self) -> bool {
        self.sign_in.has_global_client
    }

    /// What is left to ask of a person who signs in at the provider.
    #[must_use]
    pub fn reduced(&self, grant: &oauth::Grant) -> Self {
        let mut reduced = Self::parse(&oauth::reduce(&self.source, grant));
        reduced.addressed.clone_from(&self.addressed);
        reduced.addressed_by(grant);
        reduced
    }

    /// The form, ready to show. Secrets are never in it.
    pub fn form(&self, filling: Filling<'_>) -> Form {
        let (pairs, set) = match filling {
            Filling::Fresh => (fill::fill(&self.root, None), fill::SecretsSet::default()),
            Filling::Stored { config, set_on } => (
                fill::fill(&self.root, Some(config)),
                fill::secrets_set(&self.root, config, set_on),
            ),
            Filling::Posted { pairs, stored } => (
                Pairs::new(pairs),
                stored.map_or_else(fill::SecretsSet::default, |(config, set_on)| {
                    fill::secrets_set(&self.root, config, set_on)
                }),
            ),
        };
        render::form(&self.root, &pairs, &set)
    }

    /// Turns posted pairs into a configuration. A secret left blank keeps its value of `stored` (which holds real
    /// secrets), unless the settings now lead elsewhere. Every problem is returned at its field.
    pub fn read(
        &self,
        posted: &[(String, String)],
        stored: Option<&Value>,
    ) -> Result<Value, Vec<FieldError>> {
        let reading = read::read(&self.root, &Pairs::new(posted), stored);
        let mut errors = reading.errors;
        if stored.is_some_and(|stored| self.leads_elsewhere(stored, &reading.config)) {
            let kept = reading.kept.iter();
            errors.extend(kept.map(|name| moved::type_again(name.as_str())));
        }
        for error in self.problems(&reading.config, &reading.choices) {
            if !errors.iter().any(|known| known.field == error.field) {
                errors.push(error);
            }
        }
        if errors.is_empty() {
            return Ok(reading.config);
        }
        self.in_form_order(&mut errors, &reading.choices);
        Err(errors)
    }

    /// Turns posted pairs into a configuration without judging it: for drafts to be finished later. What cannot be
    /// read at all (text in a number field) is left out, and so are secrets left blank of settings that lead elsewhere now.
    pub fn read_leniently(&self, posted: &[(String, String)], stored: Option<&Value>) -> Value {
        let pairs = Pairs::new(posted);
        let config = read::read(&self.root, &pairs, stored).config;
        match stored {
            Some(stored) if self.leads_elsewhere(stored, &config) => {
                let stored = self.without_secrets(stored);
                read::read(&self.root, &pairs, Some(&stored)).config
            }
            _ => config,
        }
    }

    /// Checks a configuration that came as JSON.
    pub fn check(&self, config: &Value) -> Vec<FieldError> {
        let choices = Choices::of(&self.root, config);
        let mut errors = self.problems(config, &choices);
        self.in_form_order(&mut errors, &choices);
        errors
    }

    /// A configuration that came as JSON, with every mask replaced by the stored secret at its place. Where the settings
    /// now lead elsewhere, each of them is refused at its field.
    pub fn keep_masked(
        &self,
        config: &Value,
        stored: Option<&Value>,
    ) -> Result<Value, Vec<FieldError>> {
        let Some(stored) = stored else {
            return Ok(config.clone());
        };
        let (whole, kept) = secrets::keep_masked(&self.root, config, stored);
        if kept.is_empty() || !self.leads_elsewhere(stored, &whole) {
            return Ok(whole);
        }
        let refused = |path: &String| {
            let name = self.field_name(&whole, path);
            moved::type_again(name.as_deref().unwrap_or(path))
        };
        Err(kept.iter().map(refused).collect())
    }

    /// The name of the form field that holds the setting at `path` (`tunnel.port`) of this configuration.
    pub fn field_name(&self, config: &Value, path: &str) -> Option<String> {
        let tokens: Vec<&str> = path
            .split(['.', '/'])
            .filter(|part| !part.is_empty())
            .collect();
        let choices = Choices::of(&self.root, config);
        locate::locate(&self.root, &tokens, &choices).map(|place| place.name.to_string())
    }

    /// Takes the secrets out of a configuration: what may be shown, and what must be sealed.
    pub fn split(&self, config: &Value) -> (Value, SecretValues) {
        secrets::split(&self.root, config)
    }

    /// Titles and values of the non-secret settings, for display.
    pub fn settings(&self, config: &Value) -> Vec<(String, String)> {
        secrets::settings(&self.root, config)
    }

    /// Titles of the secrets that are set in a masked configuration.
    pub fn secrets_set(&self, config: &Value) -> Vec<String> {
        secrets::set_titles(&self.root, config)
    }

    /// People fix a form from top to bottom.
    fn in_form_order(&self, errors: &mut [FieldError], choices: &Choices) {
        let order = locate::order(&self.root, choices);
        errors.sort_by_key(|error| order.iter().position(|name| name.as_str() == error.field));
    }

    fn problems(&self, config: &Value, choices: &Choices) -> Vec<FieldError> {
        let schema = effective::schema(&self.root, choices, &self.definitions);
        explain::problems(&self.root, &schema, config, choices)
    }
}

/// The root of every field name.
fn root_name() -> Name {
    Name::root()
}
