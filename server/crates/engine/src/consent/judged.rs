//! What comes back from a provider: a code that becomes tokens, and whether these are what was asked for.

use oauth::{Account, Callback, Endpoint, Grant, Tokens};
use secrecy::SecretString;
use serde_json::Value;
use time::OffsetDateTime;
use uuid::Uuid;

use super::{Ended, Trip, granted::Fresh, refused};
use crate::{Engine, problem::ApiResult};

impl Engine {
    pub(super) async fn granted(
        &self,
        workspace: Uuid,
        trip: &Trip,
        pairs: &[(String, String)],
    ) -> ApiResult<Result<Fresh, Ended>> {
        let way = self.signs_in(Some(workspace), &trip.source_type).await?;
        let (provider, grant) = (&*way.provider, &*way.grant);
        let client = trip.client.client();
        let at = Endpoint {
            outbound: &self.config.outbound,
            provider,
            words: &trip.words,
            client: &client,
        };
        let tokens = match self.exchanged(at, trip, pairs).await? {
            Ok(tokens) => tokens,
            Err(ended) => return Ok(Err(ended)),
        };
        let (account, ended) = match judged(at, grant, trip, &tokens, pairs).await {
            Ok(account) => (account, None),
            Err(ended) => (None, Some(ended)),
        };
        let mut part = Value::Object(serde_json::Map::new());
        oauth::fill(&mut part, grant, &client, &tokens, account.as_ref());
        let fresh = Fresh {
            part,
            tokens,
            account,
        };
        let Some(ended) = ended else {
            return Ok(Ok(fresh));
        };
        // No source can be made with it: it is given back as what nobody used.
        self.keep_grant(workspace, trip, &fresh).await?;
        Ok(Err(ended))
    }

    async fn exchanged(
        &self,
        at: Endpoint<'_>,
        trip: &Trip,
        pairs: &[(String, String)],
    ) -> ApiResult<Result<Tokens, Ended>> {
        let code = match oauth::read_callback(at.provider, pairs) {
            Callback::Code(code) => code,
            Callback::Refused(refusal) => return Ok(Err(refused(refusal))),
        };
        if let Err(unproven) = oauth::proven(at, pairs) {
            return Ok(Err(Ended::new("access_denied", unproven.to_string())));
        }
        let verifier = trip.verifier.clone().map(SecretString::from);
        let now = OffsetDateTime::now_utc();
        let exchanged = oauth::exchange(at, &self.callback()?, code, verifier.as_ref(), now).await;
        Ok(exchanged.map_err(|error| {
            tracing::warn!(%error, "a code could not be exchanged");
            Ended::new("server_error", error.to_string())
        }))
    }
}

/// Whose it is, where it is all that was asked for.
async fn judged(
    at: Endpoint<'_>,
    grant: &Grant,
    trip: &Trip,
    tokens: &Tokens,
    pairs: &[(String, String)],
) -> Result<Option<Account>, Ended> {
    let missing = tokens.missing(&trip.scopes);
    if !missing.is_empty() {
        let words = format!("Not everything was allowed: {}", missing.join(", "));
        return Err(Ended::new("access_denied", words));
    }
    match oauth::account(at, tokens, pairs).await {
        Ok(None) if grant.takes_account() => {
            let words = "The provider does not tell what was allowed. Try again.".to_owned();
            Err(Ended::new("temporarily_unavailable", words))
        }
        Ok(account) => Ok(account),
        Err(elsewhere) => Err(Ended::new("access_denied", elsewhere.to_string())),
    }
}
