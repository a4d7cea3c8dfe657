//! Signing in through the API: a consent address, the way back, and the clients that are registered at providers.

use airbyte::api::InitiateOAuth;
use axum::Json;
use axum::extract::{Path, Query, State};
use axum::http::{HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Redirect, Response};
use serde::Deserialize;
use serde_json::{Value, json};
use url::{Host, Url};
use uuid::Uuid;

use super::request::Body;
use super::workspaces;
use crate::Engine;
use crate::auth::Caller;
use crate::consent::{Asked, Registered, Wish, client_place};
use crate::problem::{ApiError, ApiResult};
use crate::tables::oauth::{self as rows, Client};

/// The only organization there is, as on a self-hosted Airbyte.
const ORGANIZATION: Uuid = Uuid::nil();
/// Longest id or secret that a provider gives out, with room.
const LONGEST: usize = 1000;

pub async fn initiate(
    State(engine): State<Engine>,
    caller: Caller,
    Body(asked): Body<InitiateOAuth>,
) -> ApiResult<Json<Value>> {
    caller.enter(asked.workspace_id)?;
    workspaces::find(&engine, caller, asked.workspace_id).await?;
    let consent = engine
        .consent(Wish {
            workspace: asked.workspace_id,
            source_type: asked.source_type,
            back_to: back_to(&asked.redirect_url)?,
            input: asked.input,
            asked: Asked {
                scopes: asked.requested_scopes,
                optional: asked.requested_optional_scopes,
            },
        })
        .await?;
    Ok(Json(json!({ "consentUrl": consent })))
}

/// Secrets' names travel in it: https, or this very machine.
fn back_to(text: &str) -> ApiResult<Url> {
    let is_here = |url: &Url| match url.host() {
        Some(Host::Domain(name)) => name == "localhost",
        Some(Host::Ipv4(address)) => address.is_loopback(),
        Some(Host::Ipv6(address)) => address.is_loopback(),
        None => false,
    };
    Url::parse(text)
        .ok()
        .filter(|url| url.scheme() == "https" || url.scheme() == "http" && is_here(url))
        .ok_or_else(ApiError::invalid_redirect_url)
}

/// Where the provider sends the person: no caller of the API, so nothing here but one use of one `state`.
pub async fn callback(
    State(engine): State<Engine>,
    Query(pairs): Query<Vec<(String, String)>>,
) -> ApiResult<Response> {
    let mut answer = match engine.come_back(&pairs).await? {
        Some(url) => Redirect::to(url.as_str()).into_response(),
        None => (
            StatusCode::BAD_REQUEST,
            "This sign-in is not known here: it was used already, or took longer than ten minutes. Begin again where you came from.\n",
        )
            .into_response(),
    };
    let headers = answer.headers_mut();
    headers.insert(header::CACHE_CONTROL, HeaderValue::from_static("no-store"));
    headers.insert(
        header::REFERRER_POLICY,
        HeaderValue::from_static("no-referrer"),
    );
    Ok(answer)
}

/// Body of `PUT …/oauthCredentials`. Holds a secret: no `Debug`.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Credentials {
    actor_type: String,
    name: String,
    configuration: Value,
}

pub async fn put_for_workspace(
    State(engine): State<Engine>,
    caller: Caller,
    Path(workspace): Path<Uuid>,
    Body(new): Body<Credentials>,
) -> ApiResult<StatusCode> {
    caller.enter(workspace)?;
    workspaces::find(&engine, caller, workspace).await?;
    put(&engine, Some(workspace), &new).await
}

pub async fn put_for_all(
    State(engine): State<Engine>,
    caller: Caller,
    Path(organization): Path<Uuid>,
    Body(new): Body<Credentials>,
) -> ApiResult<StatusCode> {
    the_organization(caller, organization)?;
    put(&engine, None, &new).await
}

pub async fn delete_for_workspace(
    State(engine): State<Engine>,
    caller: Caller,
    Path((workspace, actor_type, name)): Path<(Uuid, String, String)>,
) -> ApiResult<StatusCode> {
    caller.enter(workspace)?;
    workspaces::find(&engine, caller, workspace).await?;
    delete(&engine, Some(workspace), &actor_type, &name).await
}

pub async fn delete_for_all(
    State(engine): State<Engine>,
    caller: Caller,
    Path((organization, actor_type, name)): Path<(Uuid, String, String)>,
) -> ApiResult<StatusCode> {
    the_organization(caller, organization)?;
    delete(&engine, None, &actor_type, &name).await
}

fn the_organization(caller: Caller, id: Uuid) -> ApiResult<()> {
    caller.require_all()?;
    if id == ORGANIZATION {
        Ok(())
    } else {
        Err(ApiError::not_found("organization", id))
    }
}

async fn put(engine: &Engine, workspace: Option<Uuid>, new: &Credentials) -> ApiResult<StatusCode> {
    of_sources(&new.actor_type)?;
    engine.signs_in(workspace, &new.name).await?;
    let registered = Registered {
        client_id: told(&new.configuration, "client_id")?,
        client_secret: told(&new.configuration, "client_secret")?,
    };
    let plain = serde_json::to_vec(&registered).expect("plain data");
    let of = workspace.map(|id| id.to_string()).unwrap_or_default();
    let client = Client {
        workspace_id: workspace,
        source_type: new.name.clone(),
        sealed: seal::seal(&engine.config.sealer, &client_place(&of, &new.name), &plain),
    };
    rows::put_client(&engine.config.pool, &client).await?;
    Ok(StatusCode::OK)
}

async fn delete(
    engine: &Engine,
    workspace: Option<Uuid>,
    actor_type: &str,
    name: &str,
) -> ApiResult<StatusCode> {
    of_sources(actor_type)?;
    match rows::delete_client(&engine.config.pool, workspace, name).await? {
        0 => Err(ApiError::not_found("oauthCredentials", name)),
        _ => Ok(StatusCode::NO_CONTENT),
    }
}

fn of_sources(actor_type: &str) -> ApiResult<()> {
    match actor_type {
        "source" => Ok(()),
        "destination" => Err(ApiError::not_offered(
            "No destination here signs in at a provider.",
        )),
        _ => Err(ApiError::bad_request(
            "actorType must be source or destination.",
        )),
    }
}

/// A value wherever the connector's configuration nests it.
fn told(configuration: &Value, name: &str) -> ApiResult<String> {
    fn find<'a>(value: &'a Value, name: &str) -> Option<&'a str> {
        let fields = value.as_object()?;
        let here = fields.get(name).and_then(Value::as_str);
        here.or_else(|| fields.values().find_map(|inner| find(inner, name)))
    }
    find(configuration, name)
        .filter(|text| !text.is_empty() && text.len() <= LONGEST)
        .map(str::to_owned)
        .ok_or_else(|| ApiError::unprocessable(&format!("The configuration must hold a {name}.")))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_secret_goes_back_by_https_or_stays_on_this_machine() {
        for good in [
            "https://hub.example.com/back/1",
            "http://localhost:8080/",
            "http://127.0.0.1/x?y=1",
            "http://[::1]:1/",
        ] {
            assert!(back_to(good).is_ok(), "{good}");
        }
        for bad in [
            "http://hub.example.com/",
            "http://localhost.example.com/",
            "http://127.0.0.1.example.com/",
            "ftp://localhost/",
            "javascript:alert(1)",
            "/back",
            "",
        ] {
            assert!(back_to(bad).is_err(), "{bad}");
        }
    }
}
