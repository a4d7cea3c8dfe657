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
    let form = parts.uri.path_and_query().map(ToString::to_string);
    let page = server::opened(&parts);
    match make(&hub, &caller, id, Request::from_parts(parts, body)).await {
        Ok(posted) => server::answer_with(hub, options, page, Arc::new(posted)).await,
        Err(error) => {
            // A form is on the page of its own address.
            let form = form.unwrap_or_else(|| paths::connection_events(id));
            server::back_to_form(&form, &form, error)
        }
    }
}

async fn make(
    hub: &Hub,
    caller: &Caller,
    id: ConnectionId,
    request: Request,
) -> Result<Posted, Error> {
    let form = Form::<Vec<(String, String)>>::from_request(request, &()).await;
    let Form(pairs) = form.map_err(|_| Error::new(Code::Invalid))?;
    let said = |name: &str| hub::forms::posted(&pairs, name).unwrap_or_default();
    let scope = caller.scope(hub).await?;
    let secret = Some(said("secret").to_owned()).filter(|secret| !secret.is_empty());
    let on = hub::webhooks::status(hub, &scope, id).await?.endpoint;
    if on.is_some_and(|endpoint| is_repeated(&endpoint, &pairs)) {
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
