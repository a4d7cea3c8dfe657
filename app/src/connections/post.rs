//! Where connectors' forms are posted. Their fields are as many as the connector wants, so they are no arguments of a
//! server function; a refused form is answered with its own page, mistakes marked and everything but secrets kept.

use std::sync::Arc;

use axum::{
    Json,
    body::{Body, to_bytes},
    extract::{FromRequest, Multipart, Path, Request, State, multipart::Field},
    http::{HeaderValue, StatusCode, header},
    response::{IntoResponse, Redirect, Response},
};
use hub::{
    Hub, Scope,
    connections::{Input, Target},
    consent::Window,
    forms,
    links::{self, Holder},
};
use leptos::{config::LeptosOptions, prelude::use_context};
use model::{ConnectionId, FieldError};

use crate::{
    error::{Code, Error},
    links::post::holder,
    paths,
    server::{self, Caller},
};

/// Largest form without its files.
const FORM_LIMIT: usize = 1024 * 1024;
/// Most files of one form: connectors ask for one.
const MOST_FILES: usize = 8;
/// Name of the pressed button; `later` keeps the form unchecked.
const INTENT: &str = "form.intent";
/// `own` where a script has opened a window for the provider's pages.
const WINDOW: &str = "form.window";

/// What was posted to the page that is being shown, and why it was refused.
#[derive(Debug, Clone, Default)]
pub struct Posted {
    pub pairs: Vec<(String, String)>,
    pub error: Option<Error>,
}

/// What was posted to this page; nothing when it was only opened.
pub fn posted() -> Posted {
    let posted = use_context::<Arc<Posted>>()
        .map(|posted| (*posted).clone())
        .unwrap_or_default();
    if posted.error.is_some() {
        server::set_status(StatusCode::UNPROCESSABLE_ENTITY);
    }
    posted
}

/// The form of a new connection.
pub async fn connect(
    State(hub): State<Hub>,
    State(options): State<LeptosOptions>,
    Path(slug): Path<String>,
    request: Request,
) -> Response {
    handle(hub, options, Place::New(slug), request).await
}

/// The form of a connection that exists.
pub async fn edit(
    State(hub): State<Hub>,
    State(options): State<LeptosOptions>,
    Path(id): Path<String>,
    request: Request,
) -> Response {
    let Ok(id) = id.parse() else {
        return StatusCode::NOT_FOUND.into_response();
    };
    handle(hub, options, Place::Existing(id), request).await
}

/// The form of whoever was sent a link.
pub async fn link(
    State(hub): State<Hub>,
    State(options): State<LeptosOptions>,
    request: Request,
) -> Response {
    handle(hub, options, Place::Link, request).await
}

enum Place {
    New(String),
    Existing(ConnectionId),
    Link,
}

/// Who sends a form, and what it is for.
struct Sender {
    scope: Scope,
    target: Target,
    /// The link that it is sent by.
    link: Option<Holder>,
}

impl Place {
    fn path(&self) -> String {
        match self {
            Self::New(slug) => paths::connect(slug),
            Self::Existing(id) => paths::connection_edit(*id),
            Self::Link => paths::LINK.to_owned(),
        }
    }

    async fn sender(self, hub: &Hub, caller: &Caller) -> Result<Sender, Error> {
        let target = match self {
            Self::New(slug) => Target::New {
                slug,
                name: String::new(),
            },
            Self::Existing(id) => Target::Existing(id),
            Self::Link => {
                let holder = holder(caller)
                    .await
                    .ok_or_else(|| Error::new(Code::NotFound))?;
                let visit = links::enter(hub, holder, &caller.client).await?;
                return Ok(Sender {
                    scope: visit.scope,
                    target: visit.target,
                    link: Some(holder),
                });
            }
        };
        Ok(Sender {
            scope: caller.scope(hub).await?,
            target,
            link: None,
        })
    }
}

async fn handle(hub: Hub, options: LeptosOptions, place: Place, request: Request) -> Response {
    let (parts, body) = request.into_parts();
    let wants_page = server::wants_page(&parts.headers);
    // The page that shows the form again is asked for like any other.
    let again = server::opened(&parts);
    let mut pairs = Vec::new();
    let path = place.path();
    match accept(&hub, place, Request::from_parts(parts, body), &mut pairs).await {
        Ok(Some(next)) if wants_page => Redirect::to(&next).into_response(),
        Ok(Some(next)) => moved(&next),
        Ok(None) => show(hub, options, again, Posted { pairs, error: None }).await,
        Err(error) if error.code == Code::SignedOut && wants_page => {
            Redirect::to(&paths::sign_in_then(&path)).into_response()
        }
        Err(error) if wants_page => {
            show(
                hub,
                options,
                again,
                Posted {
                    pairs,
                    error: Some(error),
                },
            )
            .await
        }
        // To a script: a redirect would be followed, and the form with all that was typed left behind.
        Err(error) if error.code == Code::SignedOut => {
            (StatusCode::UNAUTHORIZED, Json(error)).into_response()
        }
        Err(error) => (StatusCode::UNPROCESSABLE_ENTITY, Json(error)).into_response(),
    }
}

/// Our own script follows by itself.
fn moved(next: &str) -> Response {
    let mut response = StatusCode::OK.into_response();
    if let Ok(next) = HeaderValue::from_str(next) {
        response.headers_mut().insert(header::LOCATION, next);
    }
    response
}

/// Reads the form and submits it. `None`: a button changed its rows, so show it again.
async fn accept(
    hub: &Hub,
    place: Place,
    request: Request,
    pairs: &mut Vec<(String, String)>,
) -> Result<Option<String>, Error> {
    let caller = request
        .extensions()
        .get::<Caller>()
        .cloned()
        .ok_or_else(|| Error::new(Code::Internal))?;
    let Sender {
        scope,
        mut target,
        link,
    } = place.sender(hub, &caller).await?;
    *pairs = read(hub, &scope, request).await?;
    if forms::edit_rows(pairs) {
        return Ok(None);
    }
    let intent = forms::posted(pairs, INTENT).map(str::to_owned);
    // The name of a connection by a link was chosen by whoever made the link.
    if let (None, Target::New { name, .. }) = (link, &mut target) {
        forms::posted(pairs, forms::NAME)
            .unwrap_or_default()
            .clone_into(name);
    }
    if intent.as_deref() == Some("sign_in") {
        let session = session_hash(&caller)?;
        let window = match forms::posted(pairs, WINDOW) {
            Some("own") => Window::Own,
            _ => Window::Same,
        };
        let flow = hub::consent::begin(hub, &scope, &session, &target, pairs, window).await?;
        return Ok(Some(paths::oauth_go(&flow.to_string())));
    }
    if intent.as_deref() == Some("later") && link.is_none() {
        let id = hub::connections::save_draft(hub, &scope, target, pairs).await?;
        return Ok(Some(paths::connection(id)));
    }
    let test = hub::connections::submit(hub, &scope, target, Input::Posted(pairs)).await?;
    let connection = hub::tests::get(hub, &scope, test).await?.connection;
    if link.is_some() {
        return Ok(Some(paths::LINK.to_owned()));
    }
    Ok(Some(paths::test(connection, test)))
}

fn session_hash(caller: &Caller) -> Result<[u8; 32], Error> {
    server::hash_of(&caller.session).ok_or_else(|| Error::new(Code::SignedOut))
}

async fn read(hub: &Hub, scope: &Scope, request: Request) -> Result<Vec<(String, String)>, Error> {
    let kind = request
        .headers()
        .get(header::CONTENT_TYPE)
        .and_then(|kind| kind.to_str().ok())
        .unwrap_or_default();
    if kind.starts_with("multipart/form-data") {
        return read_parts(hub, scope, request).await;
    }
    let (parts, body) = request.into_parts();
    let bytes = to_bytes(body, FORM_LIMIT).await.map_err(|_| too_large())?;
    let form = axum::Form::<Vec<(String, String)>>::from_request(
        Request::from_parts(parts, Body::from(bytes)),
        &(),
    )
    .await;
    form.map(|form| form.0)
        .map_err(|_| Error::new(Code::Invalid))
}

/// A form with files: each is stored as it arrives, and its id takes the place of its field's value.
async fn read_parts(
    hub: &Hub,
    scope: &Scope,
    request: Request,
) -> Result<Vec<(String, String)>, Error> {
    let mut parts = Multipart::from_request(request, &())
        .await
        .map_err(|_| Error::new(Code::Invalid))?;
    let mut pairs = Vec::new();
    let (mut size, mut files) = (0, 0);
    while let Some(field) = parts.next_field().await.map_err(|_| too_large())? {
        let name = field.name().unwrap_or_default().to_owned();
        match field.file_name().map(str::to_owned) {
            Some(file) if file.is_empty() => {}
            Some(_) if files == MOST_FILES => return Err(too_large()),
            Some(file) => {
                files += 1;
                let stored = hub::uploads::put(hub, scope, &file, field).await;
                let id = stored.map_err(|error| at_field(&name, error))?;
                pairs.push((name, id.to_string()));
            }
            None => {
                let text = text_within(field, FORM_LIMIT.saturating_sub(size)).await?;
                size += name.len() + text.len();
                pairs.push((name, text));
            }
        }
    }
    Ok(pairs)
}

/// A part that is no file, read no further than it may be long.
async fn text_within(mut field: Field<'_>, limit: usize) -> Result<String, Error> {
    let mut bytes = Vec::new();
    while let Some(chunk) = field.chunk().await.map_err(|_| too_large())? {
        if bytes.len() + chunk.len() > limit {
            return Err(too_large());
        }
        bytes.extend_from_slice(&chunk);
    }
    String::from_utf8(bytes).map_err(|_| Error::new(Code::Invalid))
}

/// What is wrong with a file belongs to its field.
fn at_field(name: &str, error: hub::Error) -> Error {
    let mut error = Error::from(error);
    for field in &mut error.fields {
        name.clone_into(&mut field.field);
    }
    error
}

fn too_large() -> Error {
    Error::field(FieldError::new(
        "form",
        "The form is larger than the hub accepts. Shorten the longest answer.",
    ))
}

async fn show(hub: Hub, options: LeptosOptions, request: Request, posted: Posted) -> Response {
    server::answer_with(hub, options, request, Arc::new(posted)).await
}
