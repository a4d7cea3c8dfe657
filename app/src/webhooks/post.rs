//! Where events are turned on and their address or secret is made anew: what is made is on the answer's page and nowhere
//! else.

use std::sync::Arc;

use axum::{
    Extension, Form,
    extract::{FromRequest, Path, Request, State},
    http::StatusCode,
    response::{IntoResponse, Response},
};
use hub::Hub;
use leptos::{config::LeptosOptions, prelude::use_context};
use model::{
    ConnectionId, WebhookPart, WebhookRotation, WebhookScheme, WebhookSettings, WebhookView,
};

use super::given::Posted;
use crate::{
    error::{Code, Error},
    paths,
    server::{self, Caller},
};

/// The pressed button: what is to be done.
const ACT: &str = "act";
/// When the secret was set that the form's page knew.
const BEFORE: &str = "before";

/// What came of the posted form; `None` when the page was only opened.
pub fn posted() -> Option<Posted> {
    use_context::<Arc<Posted>>().map(|posted| (*posted).clone())
}

pub async fn change(
    State(hub): State<Hub>,
    State(options): State<LeptosOptions>,
    Extension(caller): Extension<Caller>,
    Path(id): Path<String>,
    request: Request,
) -> Response {
    let Ok(id) = id.parse::<ConnectionId>() else {
        return StatusCode::NOT_FOUND.into_response();
    };
    let (parts, body) = request.into_parts();
    let asked = parts.uri.path_and_query().map(ToString::to_string);
    let page = server::opened(&parts);
    let form = Form::<Vec<(String, String)>>::from_request(Request::from_parts(parts, body), &());
    let pairs = form.await.map(|Form(pairs)| pairs).unwrap_or_default();
    match make(&hub, &caller, id, &pairs).await {
        Ok(posted) => server::answer_with(hub, options, page, Arc::new(posted)).await,
        Err(error) => {
            let (form, page) = stands(id, asked.as_deref());
            server::back_to_form(&form, &page, chosen(&pairs), error)
        }
    }
}

/// What a refused form shows again: the kind of sender, and never a secret.
fn chosen(pairs: &[(String, String)]) -> Vec<(String, String)> {
    let is_known = |value: &str| WebhookScheme::parse(value).is_some();
    let scheme = pairs
        .iter()
        .find(|(name, value)| name == "scheme" && is_known(value));
    scheme.cloned().into_iter().collect()
}

/// The address that a form posts to, and the page that it stands on: that of a new address has its own.
fn stands(id: ConnectionId, asked: Option<&str>) -> (String, String) {
    let address = paths::connection_events_address(id);
    if asked == Some(address.as_str()) {
        return (address.clone(), address);
    }
    (
        paths::connection_events(id),
        paths::connection_tab(id, "events"),
    )
}

async fn make(
    hub: &Hub,
    caller: &Caller,
    id: ConnectionId,
    pairs: &[(String, String)],
) -> Result<Posted, Error> {
    if pairs.is_empty() {
        return Err(Error::new(Code::Invalid));
    }
    let said = |name: &str| hub::forms::posted(pairs, name).unwrap_or_default();
    let scope = caller.scope(hub).await?;
    let secret = Some(said("secret").to_owned()).filter(|secret| !secret.is_empty());
    let on = hub::webhooks::status(hub, &scope, id).await?.endpoint;
    if on.is_some_and(|endpoint| is_repeated(&endpoint, pairs)) {
        return Ok(Posted::Repeated);
    }
    if let Some(part) = WebhookPart::parse(said(ACT)) {
        let rotation = WebhookRotation { part, secret };
        let made = hub::webhooks::rotate(hub, &scope, id, rotation).await?;
        return Ok(Posted::Made(Box::new(made)));
    }
    let scheme = match said("scheme") {
        "" => None,
        name => Some(server::word("scheme", WebhookScheme::parse(name))?),
    };
    let settings = WebhookSettings { scheme, secret };
    let made = hub::webhooks::set(hub, &scope, id, settings).await?;
    Ok(Posted::Made(Box::new(made)))
}

/// Was this form accepted before? A browser sends it again when its answer is loaded again. What it shows once is gone by
/// then, and must neither be made again nor pass for saved.
fn is_repeated(endpoint: &WebhookView, pairs: &[(String, String)]) -> bool {
    let said = |name: &str| hub::forms::posted(pairs, name).unwrap_or_default();
    let before = said(BEFORE);
    let is_past = |now: Option<&str>| !before.is_empty() && now != Some(before);
    match WebhookPart::parse(said(ACT)) {
        Some(WebhookPart::Secret) => is_past(endpoint.secret_set_at.as_deref()),
        Some(WebhookPart::Address) => is_past(Some(&endpoint.address_made_at)),
        // Only the form that turns events on names the kind of sender.
        None => !said("scheme").is_empty(),
    }
}
