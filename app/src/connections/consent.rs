//! The two addresses of a trip to a provider: going there, and coming back. Neither is a page of the app: the first leaves
//! it, the second may be shown in a window of its own.

use axum::{
    Extension,
    extract::{Path, Query, State},
    http::{HeaderMap, HeaderName, HeaderValue, StatusCode},
    response::{IntoResponse, Redirect, Response},
};
use hub::{Hub, Scope, consent::Landing, links};
use leptos::{nonce::Nonce, prelude::*};
use model::ConsentOutcome;

use super::sign_in::allowed;
use crate::{
    error::{Code, Error},
    links::post::holder,
    paths,
    server::{self, Caller},
    shell,
    ui::{Notice, Tone},
};

/// Sends the person to the provider. By a page rather than a redirect: a browser that checks where forms lead follows
/// none to another site.
pub async fn go(
    State(hub): State<Hub>,
    Extension(caller): Extension<Caller>,
    Path(flow): Path<String>,
    headers: HeaderMap,
) -> Response {
    let departure = async {
        let flow = flow.parse().map_err(|_| Error::new(Code::NotFound))?;
        let session = session_hash(&caller)?;
        for who in travellers(&hub, &caller).await? {
            match hub::consent::departure(&hub, who.scope(), &session, flow).await {
                Err(hub::Error::NotFound) => {}
                // The page of the link says what has become of it.
                Err(hub::Error::Conflict(_)) if who.is_guest() => return Ok(None),
                other => return Ok(Some(other?)),
            }
        }
        Err(Error::new(Code::NotFound))
    };
    match departure.await {
        Ok(None) => Redirect::to(paths::LINK).into_response(),
        Ok(Some(departure)) => {
            let title = format!("On to {}", departure.provider);
            let refresh = format!("0;url={}", departure.url);
            let lead = if departure.permissions.is_empty() {
                "It shows you what it asks for before you allow it."
            } else {
                "It asks you to allow:"
            };
            let body = view! {
                <meta http-equiv="refresh" content=refresh />
                <p>{lead}</p>
                {allowed(departure.permissions)}
                <p><a href=departure.url class="btn btn-primary btn-wide">{format!("Go on to {}", departure.provider)}</a></p>
            };
            let mut response = page(&headers, StatusCode::OK, &title, body.into_any(), "");
            // Leaving a page that keeps to itself cuts the tie to its window: the form beside it would take it for closed.
            // What is shown here says nothing, and the window knows no opener.
            response.headers_mut().insert(
                HeaderName::from_static("cross-origin-opener-policy"),
                HeaderValue::from_static("unsafe-none"),
            );
            response
        }
        Err(_) => unknown(&headers),
    }
}

/// Takes what the provider says, and leads on.
pub async fn callback(
    State(hub): State<Hub>,
    Extension(caller): Extension<Caller>,
    Query(pairs): Query<Vec<(String, String)>>,
    headers: HeaderMap,
) -> Response {
    back(&hub, &caller, &pairs, &headers).await
}

/// The same of an Airbyte that signed the person in: it adds to the address it was given and returns no `state`, so that
/// stands in the path.
pub async fn callback_of_airbyte(
    State(hub): State<Hub>,
    Extension(caller): Extension<Caller>,
    Path(state): Path<String>,
    Query(mut pairs): Query<Vec<(String, String)>>,
    headers: HeaderMap,
) -> Response {
    pairs.retain(|(name, _)| name != "state");
    pairs.push(("state".to_owned(), state));
    back(&hub, &caller, &pairs, &headers).await
}

async fn back(
    hub: &Hub,
    caller: &Caller,
    pairs: &[(String, String)],
    headers: &HeaderMap,
) -> Response {
    let landed = async {
        let session = session_hash(caller)?;
        for who in travellers(hub, caller).await? {
            if let Ok(landing) = hub::consent::land(hub, who.scope(), &session, pairs).await? {
                return Ok(Some((who, landing)));
            }
        }
        Ok::<_, Error>(None)
    };
    match landed.await {
        Ok(Some((_, landing))) if landing.own_window => done(headers, &landing),
        Ok(Some((who, landing))) => Redirect::to(&who.next(&landing)).into_response(),
        Ok(None) => unknown(headers),
        Err(error) if matches!(error.code, Code::SignedOut | Code::NotFound | Code::Denied) => {
            unknown(headers)
        }
        Err(error) => broken(headers, &error),
    }
}

/// Who may be on a trip in this browser.
enum Traveller {
    Person(Scope),
    /// Somebody with a link.
    Guest(Box<links::Visit>),
}

impl Traveller {
    fn scope(&self) -> &Scope {
        match self {
            Self::Person(scope) => scope,
            Self::Guest(visit) => &visit.scope,
        }
    }

    fn is_guest(&self) -> bool {
        matches!(self, Self::Guest(_))
    }

    fn next(&self, landing: &Landing) -> String {
        match (self, &landing.outcome) {
            (Self::Person(_), _) => next(landing),
            (Self::Guest(_), ConsentOutcome::Tested { .. }) => paths::LINK.to_owned(),
            (Self::Guest(_), _) => {
                paths::with_query(paths::LINK, &[("flow", &landing.flow.to_string())])
            }
        }
    }
}

/// A guest comes back although the link has ended meanwhile: what they allowed is given back where the provider takes it, and the
/// page of the link says why. The hub refuses everything else by such a link.
async fn travellers(hub: &Hub, caller: &Caller) -> Result<Vec<Traveller>, Error> {
    let mut all = Vec::new();
    if let Some(holder) = holder(caller).await
        && let Ok(visit) = links::visit(hub, holder, &caller.client).await
    {
        all.push(Traveller::Guest(Box::new(visit)));
    }
    match caller.scope(hub).await {
        Ok(scope) => all.push(Traveller::Person(scope)),
        Err(error) if all.is_empty() => return Err(error),
        Err(_) => {}
    }
    Ok(all)
}

fn session_hash(caller: &Caller) -> Result<[u8; 32], Error> {
    server::hash_of(&caller.session).ok_or_else(|| Error::new(Code::SignedOut))
}

fn next(landing: &Landing) -> String {
    paths::after_consent(
        &landing.integration,
        landing.connection,
        landing.flow,
        Some(&landing.outcome),
    )
}

/// The form beside this window goes on by itself.
fn done(headers: &HeaderMap, landing: &Landing) -> Response {
    let (title, words) = match landing.outcome {
        ConsentOutcome::Tested { .. } => (
            format!("{} is signed in", landing.provider),
            "You can close this window. The page you came from goes on.",
        ),
        _ => (
            format!("{} is not signed in", landing.provider),
            "You can close this window. The page you came from says why.",
        ),
    };
    let nonce = Nonce::new().to_string();
    let here = next(landing);
    let body = view! {
        <p>{words}</p>
        <p><a href=here>"Go on in this window instead"</a></p>
        <script nonce=nonce.clone()>"window.close()"</script>
    };
    page(headers, StatusCode::OK, &title, body.into_any(), &nonce)
}

fn unknown(headers: &HeaderMap) -> Response {
    let body = view! {
        <p>"It was used already, took too long, or was begun in another browser. Nothing was connected."</p>
        <p><a href=paths::CONNECTIONS class="btn btn-primary btn-wide">"Open connections"</a></p>
    };
    page(
        headers,
        StatusCode::BAD_REQUEST,
        "This sign-in is not known here",
        body.into_any(),
        "",
    )
}

fn broken(headers: &HeaderMap, error: &Error) -> Response {
    let advice = error.advice();
    let body = view! {
        <Notice tone=Tone::Bad><p>{advice}</p></Notice>
        <p><a href=paths::CONNECTIONS class="btn btn-wide">"Open connections"</a></p>
    };
    page(
        headers,
        error.code.status(),
        error.title(),
        body.into_any(),
        "",
    )
}

fn page(
    headers: &HeaderMap,
    status: StatusCode,
    title: &str,
    body: AnyView,
    nonce: &str,
) -> Response {
    let allows = if nonce.is_empty() {
        "form-action 'none'".to_owned()
    } else {
        format!("script-src 'nonce-{nonce}'; form-action 'none'")
    };
    shell::small_page(headers, status, title, body, &allows)
}
