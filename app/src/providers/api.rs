//! Reading, setting and removing clients registered at providers.

use leptos::prelude::*;
use model::OAuthClientView;
use serde::{Deserialize, Serialize};

use crate::error::Error;
#[cfg(feature = "ssr")]
use crate::{
    paths,
    server::{self, finish},
};

/// All providers, and the address that must be registered at each.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Clients {
    pub clients: Vec<OAuthClientView>,
    pub redirect_uri: String,
}

#[server]
pub async fn platform_clients() -> Result<Clients, Error> {
    let (hub, scope) = server::platform().await?;
    Ok(Clients {
        clients: hub::consent::clients::platform(&hub, &scope).await?,
        redirect_uri: hub::consent::clients::redirect_uri(&hub),
    })
}

#[server]
pub async fn own_clients() -> Result<Clients, Error> {
    let (hub, scope) = server::scope().await?;
    Ok(Clients {
        clients: hub::consent::clients::own(&hub, &scope).await?,
        redirect_uri: hub::consent::clients::redirect_uri(&hub),
    })
}

#[server]
pub async fn set_platform_client(
    provider: String,
    client_id: String,
    client_secret: String,
) -> Result<(), Error> {
    let (hub, scope) = server::platform().await?;
    let secret = client_secret.into();
    let set =
        hub::consent::clients::set_platform(&hub, &scope, &provider, &client_id, &secret).await;
    finish(&[("client_id", &client_id)], set, |()| {
        paths::ADMIN_APPS.to_owned()
    })
}

#[server]
pub async fn set_own_client(
    provider: String,
    client_id: String,
    client_secret: String,
) -> Result<(), Error> {
    let (hub, scope) = server::scope().await?;
    let secret = client_secret.into();
    let set = hub::consent::clients::set_own(&hub, &scope, &provider, &client_id, &secret).await;
    finish(&[("client_id", &client_id)], set, |()| {
        paths::SETTINGS_APPS.to_owned()
    })
}

#[server]
pub async fn remove_platform_client(provider: String) -> Result<(), Error> {
    let (hub, scope) = server::platform().await?;
    let removed = hub::consent::clients::remove_platform(&hub, &scope, &provider).await;
    finish(&[], removed, |()| paths::ADMIN_APPS.to_owned())
}

#[server]
pub async fn remove_own_client(provider: String) -> Result<(), Error> {
    let (hub, scope) = server::scope().await?;
    let removed = hub::consent::clients::remove_own(&hub, &scope, &provider).await;
    finish(&[], removed, |()| paths::SETTINGS_APPS.to_owned())
}
