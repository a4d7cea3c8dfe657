//! Opening a link, and the form that makes one: handlers that are no pages of the app.

use axum::{
    Extension, Form,
    extract::{FromRequest, Path, Request, State},
    http::{HeaderMap, StatusCode},
    response::{IntoResponse, Redirect, Response},
};
use hub::{
    Hub,
    connections::Target,
    links::{self, Holder},
};
use leptos::{config::LeptosOptions, prelude::*};
use model::{ConnectionId, LinkLife};
use secrecy::ExposeSecret;

use super::given::MadeLink;
use crate::{
    error::{Code, Error},
    paths,
    server::{self, Caller},
    shell,
};

/// Key of the link that a browser has taken.
const HELD: &str = "link";

/// The link of this browser's session.
pub async fn holder(caller: &Caller) -> Option<Holder> {
    caller.session.get(HELD).await.ok().flatten()
}

/// The hub, and where the link of this browser stands.
pub async fn held() -> Result<(Hub, links::Visit), Error> {
    let (hub, caller) = (server::hub()?, server::caller()?);
    let holder = holder(&caller)
        .await
        .ok_or_else(|| Error::new(Code::NotFound).marked())?;
    let visit = links::visit(&hub, holder, &caller.client).await?;
    Ok((hub, visit))
}

/// Says what a link is for. Takes nothing: programs that look at mails open every address in them.
pub async fn look(
    State(hub): State<Hub>,
    Path(token): Path<String>,
    headers: HeaderMap,
) -> Response {
    let offer = match links::look(&hub, &token).await {
        Ok(offer) => offer,
        Err(error) => return refused(&headers, &error.into()),
    };
    if let Some(why) = links::over(offer.state) {
        return refused(&headers, &Error::new(Code::Conflict).with_detail(why));
    }
    let (company, tool) = (offer.company, &offer.integration.name);
    let title = if offer.renews {
        format!("{company} asks you to renew {tool}")
    } else {
        format!("{company} asks you to connect {tool}")
    };
    let body = view! {
        <p>{format!("Its app will read from {tool} what you allow. You need no account here, and see nothing else of {company}.")}</p>
        <p class="text-ink-soft">"The link works in one browser: go on in the one you want to use. Have the keys at hand: after half an hour without a step you would need a new link."</p>
        <form method="post"><button class="btn btn-primary btn-wide">"Go on"</button></form>
    };
    page(&headers, StatusCode::OK, &title, body.into_any())
}

/// Takes the link for this browser and leads to the form, where the address no longer tells it.
pub async fn open(
    State(hub): State<Hub>,
    Extension(caller): Extension<Caller>,
    Path(token): Path<String>,
    headers: HeaderMap,
) -> Response {
    let opened = async {
        let already = holder(&caller).await;
        let holder = links::open(&hub, &token, already, &caller.client).await?;
        let kept = caller.session.insert(HELD, holder).await;
        kept.map_err(|_| Error::new(Code::Internal))
    };
    match opened.await {
        Ok(()) => Redirect::to(paths::LINK).into_response(),
        Err(error) => refused(&headers, &error),
    }
}

fn refused(headers: &HeaderMap, error: &Error) -> Response {
    let (title, advice) = match error.code {
        Code::NotFound => (
            "This link is not known here",
            "Check that the whole address was copied, or ask whoever sent it for a new one."
                .to_owned(),
        ),
        Code::Conflict => ("This link cannot be used", error.advice()),
        _ => (error.title(), error.advice()),
    };
    let body = view! { <p>{advice}</p> };
    page(headers, error.code.status(), title, body.into_any())
}

fn page(headers: &HeaderMap, status: StatusCode, title: &str, body: AnyView) -> Response {
    shell::small_page(headers, status, title, body, "form-action 'self'")
}

/// The form that makes a link for a new connection.
pub async fn send_new(
    State(hub): State<Hub>,
    State(options): State<LeptosOptions>,
    Extension(caller): Extension<Caller>,
    Path(slug): Path<String>,
    request: Request,
) -> Response {
    let path = paths::send_new(&slug);
    let target = move |name: String| Target::New { slug, name };
    send(hub, options, &caller, &path, target, request).await
}

/// The same for a connection that exists.
pub async fn send_existing(
    State(hub): State<Hub>,
    State(options): State<LeptosOptions>,
    Extension(caller): Extension<Caller>,
    Path(id): Path<String>,
    request: Request,
) -> Response {
    let Ok(id) = id.parse::<ConnectionId>() else {
        return StatusCode::NOT_FOUND.into_response();
    };
    let path = paths::send_existing(id);
    let target = move |_: String| Target::Existing(id);
    send(hub, options, &caller, &path, target, request).await
}

async fn send(
    hub: Hub,
    options: LeptosOptions,
    caller: &Caller,
    path: &str,
    target: impl FnOnce(String) -> Target,
    request: Request,
) -> Response {
    let (parts, body) = request.into_parts();
    // The page that shows the link is asked for like any other.
    let page = server::opened(&parts);
    match make(&hub, caller, target, Request::from_parts(parts, body)).await {
        Ok(made) => server::answer_with(hub, options, page, made).await,
        Err(error) => server::back_to_form(path, path, Vec::new(), error),
    }
}

async fn make(
    hub: &Hub,
    caller: &Caller,
    target: impl FnOnce(String) -> Target,
    request: Request,
) -> Result<MadeLink, Error> {
    let form = Form::<Vec<(String, String)>>::from_request(request, &()).await;
    let Form(pairs) = form.map_err(|_| Error::new(Code::Invalid))?;
    let said = |name: &str| hub::forms::posted(&pairs, name).unwrap_or_default();
    let lasts = server::word("lasts", LinkLife::parse(said("lasts")))?;
    let scope = caller.scope(hub).await?;
    let target = target(said("form.name").to_owned());
    let (view, address) = links::create(hub, &scope, &target, said("sent_to"), lasts).await?;
    let company = caller.me(hub).await?.tenant.as_ref();
    Ok(MadeLink {
        view,
        address: address.expose_secret().to_owned(),
        company: company
            .map(|tenant| tenant.tenant_name.clone())
            .unwrap_or_default(),
    })
}
