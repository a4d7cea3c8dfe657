//! A connector's form: what a JSON Schema asks of a person, ready to render without knowing the schema.

use serde::{Deserialize, Serialize};

/// Whether the form of an integration can be shown.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(not(target_family = "wasm"), derive(utoipa::ToSchema))]
#[serde(rename_all = "snake_case", tag = "state", content = "form")]
pub enum FormState {
    Ready(Form),
    /// Its connector is being installed; ask again in a moment.
    Preparing {
        detail: String,
    },
    /// No engine can run it here.
    Unavailable {
        why: String,
    },
}

/// The whole form. Field names are paths with dots into the configuration (`tunnel.port`); list items and branches
/// carry their index (`hosts.0.name`, `tunnel.1.port`).
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(not(target_family = "wasm"), derive(utoipa::ToSchema))]
pub struct Form {
    /// Posted back as `form.token`: the same form sent twice is one connection.
    pub token: String,
    /// A name to start with, posted as `form.name`.
    pub suggested_name: String,
    /// Sections in order; the first has no title when the schema names no groups.
    pub sections: Vec<Section>,
    /// Optional settings, folded away at first.
    pub more: Vec<Field>,
    /// Signing in at the provider, where that fills the rest.
    pub sign_in: Option<SignIn>,
}

/// Signing in at a provider instead of pasting keys.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(not(target_family = "wasm"), derive(utoipa::ToSchema))]
pub struct SignIn {
    /// "HubSpot".
    pub provider: String,
    /// What a person allows, in plain words.
    pub permissions: Vec<String>,
    pub state: SignInState,
    /// The address that must be registered at the provider, letter by letter. `None` where Airbyte's own client is used.
    pub redirect_uri: Option<String>,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(not(target_family = "wasm"), derive(utoipa::ToSchema))]
#[serde(rename_all = "snake_case", tag = "state")]
pub enum SignInState {
    /// The form leaves out what signing in gives.
    Needed,
    /// Somebody signed in; the form leaves out what that gave.
    Done {
        account: Option<String>,
        /// RFC 3339.
        at: String,
    },
    /// The provider no longer takes what was granted.
    Expired { account: Option<String> },
    /// Offered, but the person fills in everything by hand.
    ByHand,
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(not(target_family = "wasm"), derive(utoipa::ToSchema))]
pub struct Section {
    pub title: Option<String>,
    pub fields: Vec<Field>,
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(not(target_family = "wasm"), derive(utoipa::ToSchema))]
pub struct Field {
    /// Name of the posted value.
    pub name: String,
    pub label: String,
    /// One or two sentences under the label; plain text.
    pub hint: Option<String>,
    pub example: Option<String>,
    pub required: bool,
    pub control: Control,
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(not(target_family = "wasm"), derive(utoipa::ToSchema))]
#[serde(rename_all = "snake_case", tag = "control")]
pub enum Control {
    Text {
        value: String,
        pattern: Option<String>,
        multiline: bool,
    },
    /// Write-only. `set_on` says when a stored value was set (RFC 3339); the value itself never comes back.
    Secret {
        set_on: Option<String>,
        multiline: bool,
    },
    Number {
        value: String,
        min: Option<f64>,
        max: Option<f64>,
        whole: bool,
    },
    Switch {
        on: bool,
    },
    /// Up to four options are radios, more are a list.
    Choice {
        value: String,
        options: Vec<ChoiceOption>,
    },
    /// Several of a fixed list.
    Several {
        values: Vec<String>,
        options: Vec<ChoiceOption>,
    },
    Date {
        value: String,
        with_time: bool,
    },
    /// Free list of texts.
    Texts {
        values: Vec<String>,
    },
    /// Repeatable rows of fields; `template` has `#` for the index in its names.
    Rows {
        rows: Vec<Vec<Field>>,
        template: Vec<Field>,
    },
    Group {
        fields: Vec<Field>,
    },
    /// One of several sets of fields (`oneOf`). The chosen index is posted under the field's own name.
    OneOf {
        chosen: usize,
        branches: Vec<Branch>,
    },
    /// An uploaded file; the posted value is the upload's id.
    File {
        value: String,
        accept: String,
    },
    /// Anything a form cannot say: JSON text.
    Json {
        value: String,
    },
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(not(target_family = "wasm"), derive(utoipa::ToSchema))]
pub struct ChoiceOption {
    pub value: String,
    pub label: String,
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(not(target_family = "wasm"), derive(utoipa::ToSchema))]
pub struct Branch {
    pub title: String,
    pub hint: Option<String>,
    pub fields: Vec<Field>,
}
