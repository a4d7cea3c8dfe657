//! OAuth 2.0 as providers really do it: where to send a person, how to turn a code into tokens, how to renew and give
//! back what was granted, and where a connector wants all that. Knows no tenants and no tables: whoever calls keeps
//! state, verifier and tokens.

mod account;
mod callback;
mod check;
mod consent;
mod error;
mod exchange;
mod fill;
mod flow;
mod http;
mod login;
mod provider;
mod providers;
mod revoke;
mod signed;
mod specified;
mod words;

use secrecy::SecretString;
use sync::outbound::Outbound;

pub use account::{Account, Elsewhere, account};
pub use callback::{Callback, Refusal, read as read_callback};
pub use consent::{Consent, consent};
pub use error::Error;
pub use exchange::{Tokens, exchange, refresh};
pub use fill::{fill, keep, reduce};
pub use login::{Away, Identity, Login, LoginError};
pub use provider::{Grant, Provider, Renewal};
pub use providers::Providers;
pub use revoke::revoke;
pub use signed::{Unproven, proven};
pub use specified::{AIRBYTE, Connector, connector_of, described};
pub use words::{Words, words};

/// A provider's endpoints as one customer's client calls them.
#[derive(Debug, Clone, Copy)]
pub struct Endpoint<'a> {
    pub outbound: &'a Outbound,
    pub provider: &'a Provider,
    pub words: &'a Words,
    pub client: &'a Client,
}

/// What an operator or a tenant registered at a provider.
#[derive(Debug, Clone)]
pub struct Client {
    pub id: String,
    pub secret: SecretString,
}
