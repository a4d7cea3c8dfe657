//! Where the page of a workspace's own integration is posted: checked, tried, or added. The text and the secrets of a try
//! are too large and too private for a cookie, so the answer is the page itself.

mod attempt;

use std::sync::Arc;

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
    done,
    given::{OwnPage, Refused, Replaced},
};
use crate::{
    error::{Code, Error},
    paths,
    server::{self, Caller},
};
use attempt::Asked;

/// Says of one replaced integration that it was seen.
pub const SEEN: &str = "seen";
/// The mark of the text that was checked.
const CHECKED: &str = "checked";
/// What the fields of the form for an API begin with.
const OF_FORM: &str = "api.";
/// The pressed button.
const INTENT: &str = "intent";

/// The answer to what was posted; `None` when the page was only opened.
pub fn shown() -> Option<OwnPage> {
    let page = use_context::<Arc<OwnPage>>()?;
    let is_wrong = matches!(page.reading, Some(Reading::Mistakes(_)));
    if is_wrong || page.has_changed || page.error.is_some() || page.form.is_some() {
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
            server::back_to_form(page, page, Vec::new(), error)
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
    let mut page = opened(&pairs);
    match posted(&pairs, INTENT).unwrap_or_default() {
        "compose" => match own::compose(&pairs) {
            Ok(document) => page.document = document,
            Err(error) => return Ok(Answer::Page(Box::new(refused(page, pairs, error)))),
        },
        "add" if has_changed(&pairs, &page.document) => page.has_changed = true,
        "add" => {
            if let Some(next) = add(hub, &scope, &pairs, &mut page).await {
                return Ok(Answer::Moved(next));
            }
        }
        _ => {}
    }
    look(hub, &scope, Asked::of(&pairs), &mut page).await;
    Ok(Answer::Page(Box::new(page)))
}

/// The page with the text that was sent, of which nothing is said yet.
fn opened(pairs: &[(String, String)]) -> OwnPage {
    let said = |name: &str| posted(pairs, name).unwrap_or_default().to_owned();
    OwnPage {
        // Browsers send lines as CR LF.
        document: said(own::DOCUMENT).replace("\r\n", "\n"),
        of: Some(said("of")).filter(|slug| !slug.is_empty()),
        reading: None,
        checked: String::new(),
        replaced: Vec::new(),
        tried: None,
        has_changed: false,
        applied: Vec::new(),
        error: None,
        form: None,
    }
}

/// Whether the text is another one than whoever sends it has seen described.
fn has_changed(pairs: &[(String, String)], document: &str) -> bool {
    posted(pairs, CHECKED).is_some_and(|mark| mark != own::text_mark(document))
}

/// Says what the text comes to, and shows the first rows where they were asked for: always of the text as it was sent.
async fn look(hub: &Hub, scope: &Scope, asked: Option<Asked<'_>>, page: &mut OwnPage) {
    page.checked = own::text_mark(&page.document);
    match read(hub, scope, &page.document).await {
        Ok((reading, replaced)) => {
            if let (Some(asked), Reading::Integrations(all)) = (asked, &reading) {
                page.tried = asked.tried(hub, scope, &page.document, all).await;
                page.has_changed = page.tried.is_none();
            }
            page.reading = Some(reading);
            page.replaced = replaced;
        }
        Err(error) => page.error = Some(error.into()),
    }
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
        Outcome::Changed { slug } => Some(told(slug, done::REPLACED)),
        Outcome::Unchanged { slug } => Some(told(slug, done::UNCHANGED)),
        Outcome::Drafted {
            connection,
            left_out,
        } if left_out.is_empty() => Some(paths::connection_edit(*connection)),
        Outcome::Drafted { .. } | Outcome::Refused { .. } => None,
    }
}

/// The page of an integration, which says what became of the text.
fn told(slug: &str, what: &str) -> String {
    paths::with_query(&paths::integration(slug), &[(done::SAVED, what)])
}
