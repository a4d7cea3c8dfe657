//! Where the page of a workspace's own integration is posted: checked, tried, or added. The text and the secrets of a try
//! are too large and too private for a cookie, so the answer is the page itself.

use std::{collections::BTreeMap, sync::Arc};

use axum::{
    Extension, Form,
    extract::{FromRequest, Request, State},
    http::StatusCode,
    response::{IntoResponse, Redirect, Response},
};
use hub::{Hub, Scope, forms::posted, own};
use leptos::{config::LeptosOptions, prelude::use_context};
use model::{Applied, Outcome, Reading};

use super::{
    api::EXAMPLE,
    given::{OwnPage, Refused, Replaced, Tried, TriedTable},
};
use crate::{
    error::{Code, Error},
    paths,
    server::{self, Caller},
};

/// Before the name of a secret.
pub const SECRET: &str = "secret.";
/// Says of one replaced integration that it was seen.
pub const SEEN: &str = "seen";
/// What the fields of the form for an API begin with.
const OF_FORM: &str = "api.";
/// The pressed button.
const INTENT: &str = "intent";

/// The answer to what was posted; `None` when the page was only opened.
pub fn shown() -> Option<OwnPage> {
    let page = use_context::<Arc<OwnPage>>()?;
    let is_wrong = matches!(page.reading, Some(Reading::Mistakes(_)));
    if is_wrong || page.error.is_some() || page.form.is_some() {
        server::set_status(StatusCode::UNPROCESSABLE_ENTITY);
    }
    Some((*page).clone())
}

pub async fn new(
    State(hub): State<Hub>,
    State(options): State<LeptosOptions>,
    Extension(caller): Extension<Caller>,
    request: Request,
) -> Response {
    let (parts, body) = request.into_parts();
    let again = server::opened(&parts);
    match answer(&hub, &caller, Request::from_parts(parts, body)).await {
        Ok(Answer::Moved(next)) => Redirect::to(&next).into_response(),
        Ok(Answer::Page(page)) => server::answer_with(hub, options, again, Arc::new(*page)).await,
        Err(error) => {
            let page = paths::INTEGRATIONS_NEW;
            server::back_to_form(page, page, error)
        }
    }
}

enum Answer {
    Moved(String),
    Page(Box<OwnPage>),
}

async fn answer(hub: &Hub, caller: &Caller, request: Request) -> Result<Answer, Error> {
    let form = Form::<Vec<(String, String)>>::from_request(request, &()).await;
    let Form(pairs) = form.map_err(|_| Error::new(Code::Invalid))?;
    let scope = caller.scope(hub).await?;
    let said = |name: &str| posted(&pairs, name).unwrap_or_default().to_owned();
    let mut page = OwnPage {
        // Browsers send lines as CR LF.
        document: said(own::DOCUMENT).replace("\r\n", "\n"),
        of: Some(said("of")).filter(|slug| !slug.is_empty()),
        reading: None,
        replaced: Vec::new(),
        tried: None,
        applied: Vec::new(),
        error: None,
        form: None,
    };
    match said(INTENT).as_str() {
        "compose" => match own::compose(&pairs) {
            Ok(document) => page.document = document,
            Err(error) => return Ok(Answer::Page(Box::new(refused(page, pairs, error)))),
        },
        "add" => {
            if let Some(next) = add(hub, &scope, &pairs, &mut page).await {
                return Ok(Answer::Moved(next));
            }
        }
        "try" => {
            let name = said("name");
            page.tried = Some(tried(hub, &scope, &page.document, name, &pairs).await);
        }
        _ => {}
    }
    match read(hub, &scope, &page.document).await {
        Ok((reading, replaced)) => {
            page.reading = Some(reading);
            page.replaced = replaced;
        }
        Err(error) => page.error = Some(error.into()),
    }
    Ok(Answer::Page(Box::new(page)))
}

/// What the text comes to, and what it would replace.
async fn read(
    hub: &Hub,
    scope: &Scope,
    document: &str,
) -> Result<(Reading, Vec<Replaced>), hub::Error> {
    let reading = own::explain(hub, scope, document).await?;
    let replaced = own::replaced(hub, scope, document).await?;
    let replaced = replaced.into_iter().map(|one| Replaced {
        name: one.name,
        connections: one.connections,
        seen: one.seen,
    });
    Ok((reading, replaced.collect()))
}

/// The form again, as it was filled in.
fn refused(page: OwnPage, pairs: Vec<(String, String)>, error: hub::Error) -> OwnPage {
    let typed = pairs
        .into_iter()
        .filter(|(name, _)| name.starts_with(OF_FORM));
    OwnPage {
        document: EXAMPLE.to_owned(),
        form: Some(Refused {
            typed: typed.collect(),
            error: error.into(),
        }),
        ..page
    }
}

/// Adds what the text describes. Where one integration alone was added, the answer is where it is gone on with.
async fn add(
    hub: &Hub,
    scope: &Scope,
    pairs: &[(String, String)],
    page: &mut OwnPage,
) -> Option<String> {
    let seen: Vec<&str> = pairs
        .iter()
        .filter(|(name, _)| name == SEEN)
        .map(|(_, value)| value.as_str())
        .collect();
    match own::apply_seen(hub, scope, &page.document, &seen).await {
        Ok(Some(applied)) => {
            let next = only(&applied);
            page.applied = applied;
            return next;
        }
        Ok(None) => {
            let why = "Nothing was added: it would replace what stands among your integrations. See below what that is, and who uses it.";
            page.error = Some(Error::new(Code::Conflict).with_detail(why));
        }
        Err(error) => page.error = mistakes_are_shown(error),
    }
    None
}

/// Mistakes in the text stand beside it already.
fn mistakes_are_shown(error: hub::Error) -> Option<Error> {
    match error {
        hub::Error::Invalid(_) => None,
        other => Some(other.into()),
    }
}

/// Where one integration alone is gone on with.
fn only(applied: &[Applied]) -> Option<String> {
    let [one] = applied else {
        return None;
    };
    match &one.outcome {
        Outcome::Added { slug } => Some(paths::connect(slug)),
        Outcome::Changed { slug } | Outcome::Unchanged { slug } => Some(paths::integration(slug)),
        Outcome::Drafted {
            connection,
            left_out,
        } if left_out.is_empty() => Some(paths::connection_edit(*connection)),
        Outcome::Drafted { .. } | Outcome::Refused { .. } => None,
    }
}

async fn tried(
    hub: &Hub,
    scope: &Scope,
    document: &str,
    name: String,
    pairs: &[(String, String)],
) -> Tried {
    let secrets: BTreeMap<String, String> = pairs
        .iter()
        .filter_map(|(key, value)| Some((key.strip_prefix(SECRET)?.to_owned(), value.clone())))
        .collect();
    let (tables, error) = match own::try_out(hub, scope, document, &name, &secrets).await {
        Ok(tables) => (tables.into_iter().map(shown_table).collect(), None),
        Err(error) => (Vec::new(), Some(at_secrets(error))),
    };
    Tried {
        name,
        tables,
        error,
    }
}

fn shown_table(table: own::Table) -> TriedTable {
    let own::Table {
        sample,
        hint,
        not_kept,
    } = table;
    TriedTable {
        sample,
        hint,
        not_kept,
    }
}

/// A secret's field is called by its name here.
fn at_secrets(error: hub::Error) -> Error {
    let mut error = Error::from(error);
    for field in &mut error.fields {
        field.field = format!("{SECRET}{}", field.field);
    }
    error
}
