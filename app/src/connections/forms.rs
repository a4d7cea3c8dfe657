//! What a connector's form is asked for with, on the server: by the address, by what was posted, by a trip to a provider.

use model::{ConsentView, FlowId};

use super::post::Posted;
use crate::error::Error;

/// What the address and the post ask of a form. `how` is `by_hand` or `sign_in`.
pub fn asked<'a>(posted: &'a Posted, how: &str, flow: &str) -> hub::forms::Asked<'a> {
    let said = |name: &str| hub::forms::posted(&posted.pairs, name);
    hub::forms::Asked {
        posted: &posted.pairs,
        way: hub::forms::Way::parse(said(hub::forms::WAY).unwrap_or(how)),
        flow: said(hub::forms::FLOW)
            .or(Some(flow).filter(|flow| !flow.is_empty()))
            .and_then(|flow| flow.parse().ok()),
    }
}

/// How the trip to a provider that the form is about stands.
pub async fn trip(
    hub: &hub::Hub,
    scope: &hub::Scope,
    flow: Option<FlowId>,
) -> Result<Option<ConsentView>, Error> {
    match flow {
        Some(flow) => Ok(Some(hub::consent::view(hub, scope, flow).await?)),
        None => Ok(None),
    }
}
