//! `POST /x/sources/{id}/give_back`: whoever signed somebody in for a source has what was granted taken back.
//!
//! A connector that renews its tokens keeps the newest in its source, so the caller no longer knows it. The caller's client
//! comes here, and not the token to the caller: no call of this server gives a stored secret out.

use std::time::Duration;

use airbyte::extension::{Became, GiveBack, GivenBack};
use axum::Json;
use axum::extract::{Path, State};
use oauth::{Client, Endpoint};
use secrecy::SecretString;
use serde_json::Value;
use tokio_util::sync::CancellationToken;
use uuid::Uuid;

use super::ask::find_source;
use crate::Engine;
use crate::api::Body;
use crate::auth::Caller;
use crate::consent::give_back::tell_provider;
use crate::problem::{ApiError, ApiResult};

/// An operation of the source may go on for hours. With the provider's time this is less than callers wait.
const PATIENCE: Duration = Duration::from_secs(30);

pub async fn give_back(
    State(engine): State<Engine>,
    caller: Caller,
    Path(id): Path<Uuid>,
    Body(asked): Body<GiveBack>,
) -> ApiResult<Json<GivenBack>> {
    caller.require_all()?;
    let source = find_source(&engine, caller, id).await?;
    if source.grant_id.is_some() {
        return Err(ApiError::state_conflict(
            "This server gives back itself what was granted for this source.",
        ));
    }
    let cancel = CancellationToken::new();
    let _ended = cancel.clone().drop_guard();
    // Nobody renews the token while it is given back.
    let hold = tokio::time::timeout(PATIENCE, engine.hold_source(&source, &cancel)).await;
    let _hold = hold.map_err(|_| {
        ApiError::try_again_later("An operation of this source is still on its way.")
    })??;
    let Some(definition) = engine.known_definition(&source).await? else {
        return Ok(answer(Became::NoToken));
    };
    let config = engine.current_config(&source).await?;
    let client = Client {
        id: asked.client_id,
        secret: SecretString::from(asked.client_secret),
    };
    let became = engine
        .take_back(&definition.source_type, &config, &client)
        .await;
    Ok(answer(became))
}

fn answer(became: Became) -> Json<GivenBack> {
    Json(GivenBack { became })
}

impl Engine {
    async fn take_back(&self, source_type: &str, config: &Value, client: &Client) -> Became {
        let Some((provider, how)) = self.config.providers.grant(source_type) else {
            return Became::NoToken;
        };
        let (Some(token), Ok(words)) = (how.token_in(config), oauth::words(how, config)) else {
            return Became::NoToken;
        };
        let at = Endpoint {
            outbound: &self.config.outbound,
            provider,
            words: &words,
            client,
        };
        match tell_provider(at, &SecretString::from(token)).await {
            Ok(true) => Became::GivenBack,
            Ok(false) => Became::NoEndpoint,
            Err(error) => {
                tracing::warn!(provider = provider.id, %error, "a provider did not take a grant back");
                match error {
                    oauth::Error::Unreachable(_) => Became::Unreachable,
                    _ => Became::Refused,
                }
            }
        }
    }
}
