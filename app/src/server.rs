//! The server's side of pages: who asks, the hub, redirects, and form answers for browsers without scripts.

use axum::{
    Router,
    extract::{DefaultBodyLimit, FromRef},
    http::{HeaderMap, HeaderName, HeaderValue, StatusCode, header, request::Parts},
    response::{IntoResponse, Redirect, Response},
    routing::post,
};
use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use hub::Hub;
use leptos::{
    config::LeptosOptions,
    nonce::use_nonce,
    prelude::{provide_context, use_context},
};
use leptos_axum::ResponseOptions;
use model::{FieldError, UserId};
use sha2::{Digest, Sha256};

use crate::{
    error::{Code, Error},
    paths,
    shell::{Flash, Theme},
};

/// Key of the signed-in person inside the session.
pub const SESSION_USER: &str = "user";
/// Key of a sign-up that waits for its code: not a person yet.
const SESSION_CLAIM: &str = "claim";
/// Short-lived cookie that carries a refused form back to its page. Never holds a secret.
const FLASH: &str = "flash";
const THEME: &str = "theme";
const FLASH_SECONDS: u32 = 60;
/// Browsers drop cookies beyond 4 KB; what was typed is left out before that.
const FLASH_LIMIT: usize = 3500;
const THEME_SECONDS: u32 = 365 * 24 * 3600;

/// Who asks. The server's session layer puts it into the extensions of each browser request.
#[derive(Clone)]
pub struct Caller {
    pub user: Option<UserId>,
    pub session: tower_sessions::Session,
    pub client: hub::Client,
}

/// Handlers that are neither pages nor server functions.
pub fn routes<S>() -> Router<S>
where
    S: Clone + Send + Sync + 'static,
    Hub: FromRef<S>,
    LeptosOptions: FromRef<S>,
{
    use crate::{
        apps::post::{bundle, rotate},
        connections::post::{connect, edit},
        settings::post::create_key,
    };
    // These read their own bodies, bounded: a file may be larger than a form.
    Router::new()
        .route("/connect/{slug}", post(connect))
        .route("/connections/{id}/edit", post(edit))
        .layer(DefaultBodyLimit::disable())
        .route("/apps/{id}/bundle", post(bundle))
        .route("/apps/{id}/rotate", post(rotate))
        .route(paths::SETTINGS_KEYS_NEW, post(create_key))
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
    let (hub, user, client) = person()?;
    let scope = hub::scope::for_session(&hub, user, &client).await?;
    Ok((hub, scope))
}

/// The hub and the signed-in person.
pub fn person() -> Result<(Hub, UserId, hub::Client), Error> {
    let caller = caller()?;
    let Some(user) = caller.user else {
        leptos_axum::redirect(&paths::sign_in_then(&asked_path()));
        return Err(Error::new(Code::SignedOut));
    };
    Ok((hub()?, user, caller.client))
}

/// The hub and the scope of a platform admin.
pub async fn platform() -> Result<(Hub, hub::PlatformScope), Error> {
    let (hub, user, client) = person()?;
    let scope = hub::scope::platform(&hub, user, &client).await?;
    Ok((hub, scope))
}

/// Signs this browser in: a fresh session id, so that an older one is worth nothing.
pub async fn sign_in_session(user: UserId) -> Result<(), Error> {
    let session = caller()?.session;
    session.cycle_id().await.map_err(broken_session)?;
    session
        .remove::<UserId>(SESSION_CLAIM)
        .await
        .map_err(broken_session)?;
    session
        .insert(SESSION_USER, user.to_string())
        .await
        .map_err(broken_session)
}

/// Remembers in this browser which sign-up waits for its code.
pub async fn wait_for_code(claim: UserId) -> Result<(), Error> {
    let session = caller()?.session;
    session.cycle_id().await.map_err(broken_session)?;
    session
        .remove::<UserId>(SESSION_USER)
        .await
        .map_err(broken_session)?;
    session
        .insert(SESSION_CLAIM, claim)
        .await
        .map_err(broken_session)
}

/// The sign-up that waits for its code in this browser, or the person who signed in before proving their address.
pub async fn claim() -> Result<Option<UserId>, Error> {
    let caller = caller()?;
    let claim = caller
        .session
        .get::<UserId>(SESSION_CLAIM)
        .await
        .map_err(broken_session)?;
    Ok(claim.or(caller.user))
}

/// Forgets this browser's session.
pub async fn sign_out_session() -> Result<(), Error> {
    caller()?.session.flush().await.map_err(broken_session)
}

/// What the session table keeps of this browser's cookie.
pub fn session_hash() -> Result<[u8; 32], Error> {
    let id = caller()?
        .session
        .id()
        .ok_or_else(|| Error::new(Code::SignedOut))?;
    Ok(Sha256::digest(id.0.to_be_bytes()).into())
}

fn broken_session(error: tower_sessions::session::Error) -> Error {
    Error::from(hub::Error::Internal(error.into()))
}

/// Ends a form's server function: on to `next`, or back to the form with what is wrong and what was typed (`typed`
/// never includes a secret).
pub fn finish<T>(
    typed: &[(&str, &str)],
    result: Result<T, impl Into<Error>>,
    next: impl FnOnce(T) -> String,
) -> Result<(), Error> {
    match result {
        Ok(value) => {
            leptos_axum::redirect(&next(value));
            Ok(())
        }
        Err(error) => refuse(typed, error.into()),
    }
}

/// Scripts get the error itself. A plain form is sent back to its page, with the error in a cookie that lives for one
/// load: text in the URL would let anyone put words on our pages.
fn refuse(typed: &[(&str, &str)], error: Error) -> Result<(), Error> {
    let (Some(parts), Some(response)) = (use_context::<Parts>(), use_context::<ResponseOptions>())
    else {
        return Err(error);
    };
    if !wants_page(&parts.headers) || error.code == Code::SignedOut {
        return Err(error);
    }
    let typed = typed
        .iter()
        .map(|(name, value)| ((*name).to_owned(), (*value).to_owned()))
        .collect();
    let mut flash = Flash {
        form: parts.uri.path().to_owned(),
        error,
        typed,
    };
    if encode(&flash).len() > FLASH_LIMIT {
        flash.typed.clear();
    }
    set_cookie(&response, FLASH, &encode(&flash), FLASH_SECONDS);
    Ok(())
}

/// Sends a refused form back to its page, where no script could keep it: for handlers whose answer is a file.
pub fn back_to_form(form: &str, page: &str, error: Error) -> Response {
    if error.code == Code::SignedOut {
        return Redirect::to(&paths::sign_in_then(page)).into_response();
    }
    let flash = Flash {
        form: form.to_owned(),
        error,
        typed: Vec::new(),
    };
    let mut response = Redirect::to(page).into_response();
    if let Ok(line) = HeaderValue::from_str(&cookie_line(FLASH, &encode(&flash), FLASH_SECONDS)) {
        response.headers_mut().append(header::SET_COOKIE, line);
    }
    response
}

fn encode(flash: &Flash) -> String {
    URL_SAFE_NO_PAD.encode(serde_json::to_vec(flash).unwrap_or_default())
}

/// Takes the refused form of the last request, if there is one.
pub fn take_flash() -> Option<Flash> {
    let parts = use_context::<Parts>()?;
    let text = cookie(&parts.headers, FLASH)?;
    if let Some(response) = use_context::<ResponseOptions>() {
        set_cookie(&response, FLASH, "", 0);
    }
    serde_json::from_slice(&URL_SAFE_NO_PAD.decode(text).ok()?).ok()
}

/// Does the client want a page back (a plain form), rather than data (our own script)?
pub fn wants_page(headers: &HeaderMap) -> bool {
    headers
        .get(header::ACCEPT)
        .and_then(|value| value.to_str().ok())
        .is_some_and(|accept| accept.contains("text/html"))
}

/// The theme this browser chose.
pub fn theme() -> Theme {
    use_context::<Parts>()
        .and_then(|parts| cookie(&parts.headers, THEME))
        .map_or(Theme::System, |name| Theme::parse(&name))
}

pub fn set_theme(theme: Theme) {
    if let Some(response) = use_context::<ResponseOptions>() {
        set_cookie(&response, THEME, theme.name(), THEME_SECONDS);
    }
}

/// Answers this page with another status than 200.
pub fn set_status(status: StatusCode) {
    if let Some(response) = use_context::<ResponseOptions>() {
        response.set_status(status);
    }
}

fn cookie(headers: &HeaderMap, name: &str) -> Option<String> {
    headers
        .get_all(header::COOKIE)
        .iter()
        .filter_map(|value| value.to_str().ok())
        .flat_map(|line| line.split(';'))
        .filter_map(|pair| pair.trim().split_once('='))
        .find(|(known, _)| *known == name)
        .map(|(_, value)| value.to_owned())
}

fn set_cookie(response: &ResponseOptions, name: &str, value: &str, seconds: u32) {
    if let Ok(line) = HeaderValue::from_str(&cookie_line(name, value, seconds)) {
        response.append_header(header::SET_COOKIE, line);
    }
}

fn cookie_line(name: &str, value: &str, seconds: u32) -> String {
    format!("{name}={value}; Path=/; Max-Age={seconds}; HttpOnly; SameSite=Lax")
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

fn request_id() -> Option<String> {
    let name = HeaderName::from_static("x-request-id");
    use_context::<Parts>()?
        .headers
        .get(name)?
        .to_str()
        .ok()
        .map(str::to_owned)
}

impl From<hub::Error> for Error {
    /// Internals go to the log, once; people get the reference that finds them there.
    fn from(error: hub::Error) -> Self {
        let mut answer = match error {
            hub::Error::NotFound => Self::new(Code::NotFound),
            hub::Error::Denied { why } => Self::new(Code::Denied).with_detail(why),
            hub::Error::Invalid(fields) => Self {
                fields,
                ..Self::new(Code::Invalid)
            },
            hub::Error::Conflict(detail) => Self::new(Code::Conflict).with_detail(detail),
            hub::Error::TooMany { retry_after } => {
                Self::new(Code::TooMany).with_detail(wait_words(retry_after.as_secs()))
            }
            hub::Error::Upstream(detail) => Self::new(Code::Upstream).with_detail(detail),
            hub::Error::Internal(error) => {
                tracing::error!(
                    request_id = request_id(),
                    error = format!("{error:#}"),
                    "a page failed"
                );
                Self::new(Code::Internal)
            }
        };
        answer.request_id = request_id();
        answer
    }
}

fn wait_words(seconds: u64) -> String {
    match seconds {
        0..=90 => format!("Wait {seconds} seconds, then try again."),
        _ => format!("Wait {} minutes, then try again.", seconds.div_ceil(60)),
    }
}

/// A text that should be an id of this kind; anything else is a thing that does not exist.
pub fn id<T: std::str::FromStr>(text: &str) -> Result<T, Error> {
    text.parse().map_err(|_| Error::new(Code::NotFound))
}

/// One of a fixed list of words that a form posts.
pub fn word<T>(field: &str, parsed: Option<T>) -> Result<T, Error> {
    parsed.ok_or_else(|| Error::field(FieldError::new(field, "Choose one of the answers.")))
}
