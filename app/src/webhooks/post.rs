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
    ConnectionId, WebhookMade, WebhookPart, WebhookRotation, WebhookScheme, WebhookSettings,
};

use crate::{
    error::{Code, Error},
    paths,
    server::{self, Caller},
};

/// The pressed button: what is to be done.
const ACT: &str = "act";

/// What was just made; `None` when the page was only opened.
pub fn made() -> Option<WebhookMade> {
    use_context::<Arc<WebhookMade>>().map(|made| (*made).clone())
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
        Ok(made) => server::answer_with(hub, options, page, Arc::new(made)).await,
        Err(error) => {
            let path = paths::connection_events(id);
            server::back_to_form(form.as_deref().unwrap_or(&path), &path, error)
        }
    }
}

async fn make(
    hub: &Hub,
    caller: &Caller,
    id: ConnectionId,
    request: Request,
) -> Result<WebhookMade, Error> {
    let form = Form::<Vec<(String, String)>>::from_request(request, &()).await;
    let Form(pairs) = form.map_err(|_| Error::new(Code::Invalid))?;
    let said = |name: &str| hub::forms::posted(&pairs, name).unwrap_or_default();
    let scope = caller.scope(hub).await?;
    let secret = Some(said("secret").to_owned()).filter(|secret| !secret.is_empty());
    if let Some(part) = WebhookPart::parse(said(ACT)) {
        let rotation = WebhookRotation { part, secret };
        return Ok(hub::webhooks::rotate(hub, &scope, id, rotation).await?);
    }
    let scheme = match said("scheme") {
        "" => None,
        name => Some(server::word("scheme", WebhookScheme::parse(name))?),
    };
    let settings = WebhookSettings { scheme, secret };
    Ok(hub::webhooks::set(hub, &scope, id, settings).await?)
}
