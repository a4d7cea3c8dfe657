//! The two addresses of a trip to a provider: going there, and coming back. Neither is a page of the app: the first leaves
//! it, the second may be shown in a window of its own.

use axum::{
    Extension,
    extract::{Path, Query, State},
    http::{HeaderMap, HeaderValue, StatusCode, header},
    response::{Html, IntoResponse, Redirect, Response},
};
use hub::{Hub, consent::Landing};
use leptos::{nonce::Nonce, prelude::*};
use model::ConsentOutcome;

use super::sign_in::allowed;
use crate::{
    error::{Code, Error},
    paths,
    server::{self, Caller},
    shell,
    ui::{Mark, Notice, Tone},
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
        let (scope, session) = who(&hub, &caller).await?;
        let flow = flow.parse().map_err(|_| Error::new(Code::NotFound))?;
        Ok::<_, Error>(hub::consent::departure(&hub, &scope, &session, flow).await?)
    };
    match departure.await {
        Ok(departure) => {
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
            page(&headers, StatusCode::OK, &title, body.into_any(), "")
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
        let (scope, session) = who(hub, caller).await?;
        Ok::<_, Error>(hub::consent::land(hub, &scope, &session, pairs).await?)
    };
    match landed.await {
        Ok(Ok(landing)) if landing.own_window => done(headers, &landing),
        Ok(Ok(landing)) => Redirect::to(&next(&landing)).into_response(),
        Ok(Err(_)) => unknown(headers),
        Err(error) if matches!(error.code, Code::SignedOut | Code::NotFound | Code::Denied) => {
            unknown(headers)
        }
        Err(error) => broken(headers, &error),
    }
}

async fn who(hub: &Hub, caller: &Caller) -> Result<(hub::Scope, [u8; 32]), Error> {
    let scope = caller.scope(hub).await?;
    let session = server::hash_of(&caller.session).ok_or_else(|| Error::new(Code::SignedOut))?;
    Ok((scope, session))
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
    let heading = title.to_owned();
    let body = view! {
        <main class="mx-auto max-w-md space-y-4 px-4 py-16">
            <Mark />
            <h1 class="text-hero">{heading}</h1>
            {body}
        </main>
    };
    let html = shell::scriptless_page(headers, title, &[], body.into_any());
    let script = if nonce.is_empty() {
        String::new()
    } else {
        format!("script-src 'nonce-{nonce}'; ")
    };
    let policy = format!(
        "default-src 'none'; {script}style-src 'self'; font-src 'self'; img-src 'self'; base-uri 'none'; \
         form-action 'none'; frame-ancestors 'none'"
    );
    let mut response = (status, Html(html)).into_response();
    let headers = response.headers_mut();
    headers.insert(header::CACHE_CONTROL, HeaderValue::from_static("no-store"));
    if let Ok(policy) = HeaderValue::from_str(&policy) {
        headers.insert(header::CONTENT_SECURITY_POLICY, policy);
    }
    response
}
