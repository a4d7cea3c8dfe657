//! The server's side of pages: who asks, the hub, and the handlers that are no pages.

mod cookie;
mod fault;
mod form;
mod page;
mod session;

use std::sync::Arc;

use axum::{
    Router,
    extract::{DefaultBodyLimit, FromRef},
    http::{HeaderValue, header, request::Parts},
    routing::{get, post},
};
use hub::Hub;
use leptos::{
    config::LeptosOptions,
    nonce::use_nonce,
    prelude::{provide_context, use_context},
};
use leptos_axum::ResponseOptions;
use model::{FieldError, Me, UserId};
use tokio::sync::OnceCell;

use crate::{
    error::{Code, Error},
    paths,
};

pub use cookie::{set_theme, theme, theme_of};
pub use fault::set_status;
pub use form::{back_to_form, finish, take_flash, wants_page};
pub use page::{answer_with, opened};
pub use session::{
    SESSION_USER, claim, hash_of, session_hash, sign_in_session, sign_in_to, sign_out_session,
    wait_for_code,
};

/// Who asks. The server's session layer puts it into the extensions of each browser request.
#[derive(Clone)]
pub struct Caller {
    pub user: Option<UserId>,
    pub session: tower_sessions::Session,
    pub client: hub::Client,
    /// Asked for once in a request, however many parts of the page need it.
    me: Arc<OnceCell<Me>>,
}

impl Caller {
    pub fn new(
        user: Option<UserId>,
        session: tower_sessions::Session,
        client: hub::Client,
    ) -> Self {
        Self {
            user,
            session,
            client,
            me: Arc::default(),
        }
    }

    /// The signed-in person; [`Code::SignedOut`] when there is none.
    pub async fn me(&self, hub: &Hub) -> Result<&Me, Error> {
        let user = self.user.ok_or_else(|| Error::new(Code::SignedOut))?;
        let me = self.me.get_or_try_init(|| hub::accounts::me(hub, user));
        Ok(me.await?)
    }

    /// What the signed-in person may do in their workspace.
    pub async fn scope(&self, hub: &Hub) -> Result<hub::Scope, Error> {
        Ok(hub::scope::for_person(self.me(hub).await?, &self.client)?)
    }
}

/// Where forms go that may bring files.
const CONNECT: &str = "/connect/{slug}";
const EDIT: &str = "/connections/{id}/edit";
/// Where forms go whose answer is a file, or a page that is nowhere else.
const LINK_FORM: &str = paths::LINK;
const SEND_NEW: &str = "/connect/{slug}/send";
const SEND_EXISTING: &str = "/connections/{id}/send";
const EVENTS: &str = "/connections/{id}/events";
/// Where a link leads first; what stands in it is a secret.
const LINK: &str = "/link/{token}";
const BUNDLE: &str = "/apps/{id}/bundle";
const ROTATE: &str = "/apps/{id}/rotate";

/// A trip to a provider and back.
const GO: &str = "/oauth/go/{flow}";
const CALLBACK: &str = "/oauth/callback";
const CALLBACK_OF_AIRBYTE: &str = "/oauth/callback/{state}";
/// The same to an account that signs people in here.
const SIGN_IN_WITH: &str = "/sign-in/with/{login}";
const SIGN_IN_CALLBACK: &str = "/sign-in/callback";

/// Every address of [`upload_forms`] and [`forms`].
pub const FORMS: [&str; 11] = [
    CONNECT,
    EDIT,
    LINK_FORM,
    BUNDLE,
    ROTATE,
    paths::SETTINGS_KEYS_NEW,
    SEND_NEW,
    SEND_EXISTING,
    EVENTS,
    LINK,
    paths::INTEGRATIONS_NEW,
];

/// Forms that read their own bodies, bounded: a file may be larger than a form, and may take longer.
pub fn upload_forms<S>() -> Router<S>
where
    S: Clone + Send + Sync + 'static,
    Hub: FromRef<S>,
    LeptosOptions: FromRef<S>,
{
    use crate::connections::post::{connect, edit, link};
    Router::new()
        .route(CONNECT, post(connect))
        .route(EDIT, post(edit))
        .route(LINK_FORM, post(link))
        .layer(DefaultBodyLimit::disable())
}

/// The other forms that are neither pages nor server functions.
pub fn forms<S>() -> Router<S>
where
    S: Clone + Send + Sync + 'static,
    Hub: FromRef<S>,
    LeptosOptions: FromRef<S>,
{
    use crate::{
        apps::post::{bundle, rotate},
        links::post::{look, open, send_existing, send_new},
        own::post::new as new_integration,
        settings::post::create_key,
        webhooks::post::change as change_events,
    };
    Router::new()
        .route(BUNDLE, post(bundle))
        .route(ROTATE, post(rotate))
        .route(SEND_NEW, post(send_new))
        .route(SEND_EXISTING, post(send_existing))
        .route(EVENTS, post(change_events))
        .route(LINK, get(look).post(open))
        .route(paths::SETTINGS_KEYS_NEW, post(create_key))
        .route(paths::INTEGRATIONS_NEW, post(new_integration))
}

/// Leaving for a provider and coming back: no pages of the app.
pub fn trips<S>() -> Router<S>
where
    S: Clone + Send + Sync + 'static,
    Hub: FromRef<S>,
{
    use crate::{
        account::elsewhere,
        connections::consent::{callback, callback_of_airbyte, go},
    };
    Router::new()
        .route(GO, get(go))
        .route(CALLBACK, get(callback))
        .route(CALLBACK_OF_AIRBYTE, get(callback_of_airbyte))
        .route(SIGN_IN_WITH, get(elsewhere::leave))
        .route(SIGN_IN_CALLBACK, get(elsewhere::callback))
}

/// What every page and server function may ask for; pages also get their content policy.
pub fn page_context(hub: &Hub) {
    provide_context(hub.clone());
    let (Some(nonce), Some(response)) = (use_nonce(), use_context::<ResponseOptions>()) else {
        return;
    };
    if let Ok(policy) = HeaderValue::from_str(&content_policy(&nonce)) {
        response.insert_header(header::CONTENT_SECURITY_POLICY, policy);
    }
}

/// Scripts run only with this answer's nonce; nothing comes from elsewhere, nothing frames us.
fn content_policy(nonce: &str) -> String {
    format!(
        "default-src 'none'; script-src 'nonce-{nonce}' 'strict-dynamic' 'wasm-unsafe-eval'; style-src 'self'; \
         img-src 'self' data:; font-src 'self'; connect-src 'self'; form-action 'self'; manifest-src 'self'; \
         object-src 'none'; base-uri 'none'; frame-ancestors 'none'"
    )
}

pub fn hub() -> Result<Hub, Error> {
    use_context::<Hub>().ok_or_else(|| Error::new(Code::Internal))
}

/// The caller of this request. While routes are listed at start there is none.
pub fn caller() -> Result<Caller, Error> {
    use_context::<Parts>()
        .and_then(|parts| parts.extensions.get::<Caller>().cloned())
        .ok_or_else(|| Error::new(Code::Internal))
}

/// The hub and the signed-in person's scope in their tenant; signed-out people are sent to sign in.
pub async fn scope() -> Result<(Hub, hub::Scope), Error> {
    let (hub, caller) = signed_in()?;
    let scope = caller.scope(&hub).await?;
    Ok((hub, scope))
}

/// The hub and the signed-in person.
pub fn person() -> Result<(Hub, UserId, hub::Client), Error> {
    let (hub, caller) = signed_in()?;
    let user = caller.user.ok_or_else(|| Error::new(Code::SignedOut))?;
    Ok((hub, user, caller.client))
}

/// The hub and a caller who is signed in; others are sent to do so.
pub fn signed_in() -> Result<(Hub, Caller), Error> {
    let caller = caller()?;
    if caller.user.is_none() {
        leptos_axum::redirect(&paths::sign_in_then(&asked_path()));
        return Err(Error::new(Code::SignedOut).marked());
    }
    Ok((hub()?, caller))
}

/// The hub and the scope of a platform admin.
pub async fn platform() -> Result<(Hub, hub::PlatformScope), Error> {
    let (hub, caller) = signed_in()?;
    let scope = hub::scope::platform(caller.me(&hub).await?, &caller.client)?;
    Ok((hub, scope))
}

/// The page a person wanted: this request's own path, or, when a script asks for data, the page it runs on.
fn asked_path() -> String {
    let Some(parts) = use_context::<Parts>() else {
        return paths::HOME.to_owned();
    };
    if !parts.uri.path().starts_with("/fn/") {
        return parts
            .uri
            .path_and_query()
            .map_or(paths::HOME, |path| path.as_str())
            .to_owned();
    }
    let referer = parts
        .headers
        .get(header::REFERER)
        .and_then(|value| value.to_str().ok())
        .unwrap_or_default();
    let path = referer.splitn(4, '/').nth(3).map(|path| format!("/{path}"));
    paths::safe_next(path.as_deref().unwrap_or(paths::HOME)).to_owned()
}

/// A text that should be an id of this kind; anything else is a thing that does not exist.
pub fn id<T: std::str::FromStr>(text: &str) -> Result<T, Error> {
    text.parse()
        .map_err(|_| Error::new(Code::NotFound).marked())
}

/// One of a fixed list of words that a form posts.
pub fn word<T>(field: &str, parsed: Option<T>) -> Result<T, Error> {
    parsed
        .ok_or_else(|| Error::field(FieldError::new(field, "Choose one of the answers.")).marked())
}
