//! Signing in at a provider: how the trip there and back ended.

use serde::{Deserialize, Serialize};

use crate::{ConnectionId, FieldError, FlowId, TestId};

/// How it ended. Everything but `Tested` leaves what was typed as it was.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case", tag = "outcome")]
pub enum ConsentOutcome {
    /// The provider gave what is needed; the test of the connection has begun.
    Tested {
        connection: ConnectionId,
        test: TestId,
    },
    /// The person said no.
    Denied { words: Option<String> },
    /// The provider's own refusal.
    Refused {
        error: String,
        words: Option<String>,
    },
    /// It took longer than a trip may.
    Expired,
    /// The provider does not know the address that people come back to.
    WrongRedirect { uri: String },
    /// Not everything that is needed was allowed.
    MissingScopes { scopes: Vec<String> },
    /// Another account than the one this connection belongs to.
    WrongAccount { signed_in: String, expected: String },
    /// What was allowed is for other places than the one that the settings name.
    Elsewhere { wanted: String, found: Vec<String> },
    /// The provider signs its answers, and this one is not.
    Unproven,
    /// Client id or secret that were registered are refused.
    WrongClient,
    /// The provider could not be asked.
    Unreachable,
    /// Somebody mixes providers up, or the answer made no sense.
    NotUnderstood,
    /// It came at a moment at which it could not be used here.
    NotKept { why: String },
    /// The settings beside it need another look.
    Form { fields: Vec<FieldError> },
}

/// A trip as its pages show it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ConsentView {
    pub id: FlowId,
    /// "HubSpot".
    pub provider: String,
    pub integration: String,
    pub connection: Option<ConnectionId>,
    /// `None`: the person is still there.
    pub outcome: Option<ConsentOutcome>,
}

/// A client registered at a provider, without its secret.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct OAuthClientView {
    /// Id of the provider.
    pub provider: String,
    /// "HubSpot".
    pub name: String,
    /// What signing in there connects.
    pub integrations: Vec<String>,
    /// The one that is set here.
    pub client_id: Option<String>,
    pub set_by: Option<String>,
    pub set_at: Option<String>,
    /// For tenants: the platform has one, which is used without an own one.
    pub platform: bool,
    /// Where a client is registered.
    pub apps_url: Option<String>,
    /// Why nobody can sign in there: the connector's own description of it cannot be followed.
    pub problem: Option<String>,
}
