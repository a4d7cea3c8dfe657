//! Making an API key: the answer to the form is the page that shows the key, because it may be nowhere else.

use axum::{
    Extension, Form,
    extract::{FromRequest, Request, State},
    http::StatusCode,
    response::Response,
};
use hub::Hub;
use leptos::{config::LeptosOptions, prelude::use_context};
use secrecy::ExposeSecret;

use super::api::MadeKey;
use crate::{
    error::{Code, Error},
    paths,
    server::{self, Caller},
};

/// The key this request made, for the page that is its answer.
pub fn made() -> Option<MadeKey> {
    let made = use_context::<MadeKey>();
    if made.is_some() {
        server::set_status(StatusCode::CREATED);
    }
    made
}

pub async fn create_key(
    State(hub): State<Hub>,
    State(options): State<LeptosOptions>,
    Extension(caller): Extension<Caller>,
    request: Request,
) -> Response {
    let (parts, body) = request.into_parts();
    // The page that shows the key is asked for like any other.
    let page = server::opened(&parts);
    match make(&hub, &caller, Request::from_parts(parts, body)).await {
        Ok(made) => server::answer_with(hub, options, page, made).await,
        Err(error) => server::back_to_form(
            paths::SETTINGS_KEYS_NEW,
            paths::SETTINGS_KEYS_NEW,
            Vec::new(),
            error,
        ),
    }
}

async fn make(hub: &Hub, caller: &Caller, request: Request) -> Result<MadeKey, Error> {
    let form = Form::<Vec<(String, String)>>::from_request(request, &()).await;
    let Form(pairs) = form.map_err(|_| Error::new(Code::Invalid))?;
    let (name, scopes) = read(pairs)?;
    let scope = caller.scope(hub).await?;
    let (view, key) = hub::api_keys::create(hub, &scope, &name, &scopes).await?;
    Ok(MadeKey {
        view,
        key: key.expose_secret().to_owned(),
        origin: hub.public_url().to_owned(),
    })
}

fn read(pairs: Vec<(String, String)>) -> Result<(String, Vec<model::Scope>), Error> {
    let mut name = String::new();
    let mut scopes = Vec::new();
    for (field, value) in pairs {
        match field.as_str() {
            "name" => name = value,
            "scopes" => scopes.push(server::word("scopes", model::Scope::parse(&value))?),
            _ => {}
        }
    }
    Ok((name, scopes))
}
