//! Signing in at a provider through Airbyte.

use reqwest::{Method, Url};

use super::Client;
use crate::Error;
use crate::api::{Consent, InitiateOAuth};

impl Client {
    /// Asks for the address at which a person consents; afterwards they come to `redirect_url` with a `secret_id`, which
    /// creates a source in place of tokens. `Unsupported` on self-hosted servers, `Invalid` for a way back that is not
    /// https or a source type without OAuth, `Unreadable` when the answer holds no web address.
    pub async fn initiate_oauth(&self, request: &InitiateOAuth) -> Result<Url, Error> {
        let call = self
            .call(Method::POST, ["sources", "initiateOAuth"])
            .json(request)?;
        let consent: Consent = self.ask(&call, "consent address").await?;
        Ok(consent.0)
    }
}
