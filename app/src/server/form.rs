//! How a form's server function ends: on to the next page, or back to the form with what is wrong.

use axum::{
    http::{HeaderMap, HeaderValue, header, request::Parts},
    response::{IntoResponse, Redirect, Response},
};
use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use leptos::prelude::use_context;
use leptos_axum::ResponseOptions;

use super::cookie::{cookie, cookie_line, set_cookie};
use crate::{
    error::{Code, Error},
    paths,
    shell::Flash,
};

/// Short-lived cookie that carries a refused form back to its page. Never holds a secret.
const FLASH: &str = "flash";
const FLASH_SECONDS: u32 = 60;
/// Browsers drop cookies beyond 4 KB; what was typed is left out before that.
const FLASH_LIMIT: usize = 3500;

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
/// What was typed is shown again.
pub fn back_to_form(
    form: &str,
    page: &str,
    typed: Vec<(String, String)>,
    error: Error,
) -> Response {
    if error.code == Code::SignedOut {
        return Redirect::to(&paths::sign_in_then(page)).into_response();
    }
    let flash = Flash {
        form: form.to_owned(),
        error,
        typed,
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
