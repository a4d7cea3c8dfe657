//! What can go wrong at a provider, named for what the caller can do about it.

use sync::fault::Fault;

#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// What was granted no longer counts (or the code was used up): a person must sign in again.
    #[error("the provider no longer accepts what was granted{}", said(.description.as_ref()))]
    InvalidGrant { description: Option<String> },
    /// The address that the provider sends people back to is not registered there.
    #[error("the provider does not know the address that people come back to")]
    WrongRedirect,
    /// Client id or secret is wrong: whoever registered the client must correct them.
    #[error("the provider refused the client{}", said(.description.as_ref()))]
    Client { description: Option<String> },
    /// The provider refused for another reason, in its own words.
    #[error("the provider refused: {error}{}", said(.description.as_ref()))]
    Refused {
        error: String,
        description: Option<String>,
    },
    /// The provider could not be asked; trying again may help.
    #[error("the provider could not be asked: {0}")]
    Unreachable(Fault),
    /// The provider answered something that is no token.
    #[error("the provider's answer was not understood: {0}")]
    Answer(String),
    /// An answer of the customer is missing or wrong.
    #[error("{message}")]
    Word {
        /// Where in the configuration, with dots.
        path: String,
        message: String,
    },
    /// A description of a provider is wrong: an operator must correct it.
    #[error("the description of a provider is wrong: {0}")]
    Data(String),
}

fn said(description: Option<&String>) -> String {
    description.map_or_else(String::new, |words| format!(" ({words})"))
}
