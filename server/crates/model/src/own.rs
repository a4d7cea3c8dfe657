//! Integrations that a tenant describes itself, as integration YAML: what a text says, and what became of it.

use serde::{Deserialize, Serialize};

use crate::ConnectionId;

/// What a text comes to.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(not(target_family = "wasm"), derive(utoipa::ToSchema))]
#[serde(rename_all = "snake_case")]
pub enum Reading {
    /// Everything that is wrong with it, in its order.
    Mistakes(Vec<Mistake>),
    Integrations(Vec<Described>),
}

/// Something wrong, with its place.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(not(target_family = "wasm"), derive(utoipa::ToSchema))]
pub struct Mistake {
    /// Both from 1. `None` where it stands in the operator's types, which nobody here sees.
    pub place: Option<(usize, usize)>,
    pub message: String,
}

/// One integration of a text.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(not(target_family = "wasm"), derive(utoipa::ToSchema))]
pub struct Described {
    pub name: String,
    /// rest, database, file or webhook.
    pub kind: String,
    pub description: Option<String>,
    /// Names of the secrets it needs.
    pub secrets: Vec<String>,
    /// A line about each endpoint; empty where tables are only seen once it is connected.
    pub endpoints: Vec<String>,
    /// How it signs the events it sends, by the scheme's name; nothing for one that sends none.
    pub sender: Option<String>,
    /// What moves its data directly, as indented JSON; secrets are references.
    pub direct: String,
    /// The same as Airbyte is told.
    pub airbyte: String,
}

/// What became of one integration of a text.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(not(target_family = "wasm"), derive(utoipa::ToSchema))]
pub struct Applied {
    pub name: String,
    #[serde(flatten)]
    pub outcome: Outcome,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(not(target_family = "wasm"), derive(utoipa::ToSchema))]
#[serde(tag = "outcome", rename_all = "snake_case")]
pub enum Outcome {
    /// It stands among the integrations now, ready to be connected.
    Added {
        slug: String,
    },
    /// It stood there and is described anew; connections use that from their next run on.
    Changed {
        slug: String,
    },
    Unchanged {
        slug: String,
    },
    /// A connection that waits for its secrets.
    Drafted {
        connection: ConnectionId,
        /// Settings that hold a secret among other words, as the document has them: they are typed whole.
        #[serde(default, skip_serializing_if = "Vec::is_empty")]
        left_out: Vec<String>,
    },
    Refused {
        why: String,
    },
}
