//! Reading and changing one's own settings.

use leptos::prelude::*;
use model::{ApiKeyView, Me, SessionView, TenantView};
use serde::{Deserialize, Serialize};

use crate::{error::Error, shell::Theme};
#[cfg(feature = "ssr")]
use crate::{
    paths,
    server::{self, finish},
};

/// What the first tab shows.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Profile {
    pub me: Me,
    pub tenant: Option<TenantView>,
    pub theme: Theme,
}

/// A key that was made a moment ago, with the only copy of the key itself.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct MadeKey {
    pub view: ApiKeyView,
    pub key: String,
    /// Scheme and host that programs call.
    pub origin: String,
}

#[server]
pub async fn my_profile() -> Result<Profile, Error> {
    let (hub, caller) = server::signed_in()?;
    let me = caller.me(&hub).await?.clone();
    let scope = caller.scope(&hub).await.ok();
    let tenant = match &scope {
        Some(scope) => Some(hub::tenants::view(&hub, scope).await?),
        None => None,
    };
    Ok(Profile {
        me,
        tenant,
        theme: server::theme(),
    })
}

#[server]
pub async fn sessions() -> Result<Vec<SessionView>, Error> {
    let (hub, user, _client) = server::person()?;
    let current = hub::sessions::find(&hub, &server::session_hash()?).await?;
    Ok(hub::sessions::list(&hub, user, current).await?)
}

#[server]
pub async fn end_session(session: String) -> Result<(), Error> {
    let (hub, user, client) = server::person()?;
    let ended = hub::sessions::revoke(&hub, user, server::id(&session)?, &client).await;
    finish(&[], ended, |()| {
        format!("{}?done=session", paths::SETTINGS_SECURITY)
    })
}

#[server]
pub async fn change_password(old_password: String, password: String) -> Result<(), Error> {
    let (hub, user, client) = server::person()?;
    let changed =
        hub::accounts::change_password(&hub, user, &old_password, &password, &client).await;
    // It ended every session, this one too.
    if changed.is_ok() {
        server::sign_in_session(user).await?;
    }
    finish(&[], changed, |()| {
        format!("{}?done=password", paths::SETTINGS_SECURITY)
    })
}

#[server]
pub async fn keys() -> Result<Vec<ApiKeyView>, Error> {
    let (hub, scope) = server::scope().await?;
    Ok(hub::api_keys::list(&hub, &scope).await?)
}

/// The key this very request made, if it made one.
#[server]
pub async fn key_just_made() -> Result<Option<MadeKey>, Error> {
    let (_hub, scope) = server::scope().await?;
    scope.require(hub::Permission::Keys)?;
    Ok(super::post::made())
}

#[server]
pub async fn revoke_key(key: String) -> Result<(), Error> {
    let (hub, scope) = server::scope().await?;
    let revoked = hub::api_keys::revoke(&hub, &scope, server::id(&key)?).await;
    finish(&[], revoked, |()| paths::SETTINGS_KEYS.to_owned())
}
