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

use super::given::{OwnPage, Tried};
use crate::{
    error::{Code, Error},
    paths,
    server::{self, Caller},
};

/// Before the name of a secret.
pub const SECRET: &str = "secret.";
/// The pressed button.
const INTENT: &str = "intent";

/// The answer to what was posted; `None` when the page was only opened.
pub fn shown() -> Option<OwnPage> {
    let page = use_context::<Arc<OwnPage>>()?;
    if page.error.is_some() || matches!(page.reading, Some(Reading::Mistakes(_))) {
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
        tried: None,
        applied: Vec::new(),
        error: None,
    };
    match said(INTENT).as_str() {
        "compose" => page.document = own::compose(&pairs),
        "add" => match own::apply(hub, &scope, &page.document).await {
            Ok(applied) => match only(&applied) {
                Some(next) => return Ok(Answer::Moved(next)),
                None => page.applied = applied,
            },
            Err(error) => page.error = mistakes_are_shown(error),
        },
        "try" => {
            let name = said("name");
            page.tried = Some(tried(hub, &scope, &page.document, name, &pairs).await);
        }
        _ => {}
    }
    match own::explain(hub, &scope, &page.document).await {
        Ok(reading) => page.reading = Some(reading),
        Err(error) => page.error = Some(error.into()),
    }
    Ok(Answer::Page(Box::new(page)))
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
    let (samples, error) = match own::try_out(hub, scope, document, &name, &secrets).await {
        Ok(samples) => (samples, None),
        Err(error) => (Vec::new(), Some(at_secrets(error))),
    };
    Tried {
        name,
        samples,
        error,
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
