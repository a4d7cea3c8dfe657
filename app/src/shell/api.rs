//! What the frame of every page asks for.
#![cfg_attr(
    feature = "ssr",
    expect(clippy::unused_async, reason = "browsers wait for every answer")
)]

use leptos::prelude::*;
use model::Me;

use super::Flash;
#[cfg(feature = "ssr")]
use super::Theme;
use crate::error::Error;

/// The person behind the session; none for signed-out people.
#[server]
pub async fn load_me() -> Result<Option<Me>, Error> {
    let caller = crate::server::caller()?;
    if caller.user.is_none() {
        return Ok(None);
    }
    Ok(Some(caller.me(&crate::server::hub()?).await?.clone()))
}

/// What a refused form left behind.
#[server]
pub async fn load_flash() -> Result<Option<Flash>, Error> {
    Ok(crate::server::take_flash())
}

/// Stores the theme for this browser.
#[server]
pub async fn set_theme(theme: String) -> Result<(), Error> {
    crate::server::set_theme(Theme::parse(&theme));
    Ok(())
}
