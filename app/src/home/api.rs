//! What the home page asks for.

use leptos::prelude::*;
use model::HomeView;
use serde::{Deserialize, Serialize};

use crate::error::Error;
#[cfg(feature = "ssr")]
use crate::{
    paths,
    server::{self, finish},
};

/// What stands at `/` for this caller.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub enum Start {
    SignedOut,
    Home(Box<HomeView>),
}

#[server]
pub async fn load_start() -> Result<Start, Error> {
    let Some(me) = crate::shell::api::load_me().await? else {
        return Ok(Start::SignedOut);
    };
    if !me.email_verified {
        leptos_axum::redirect(paths::VERIFY);
        return Ok(Start::SignedOut);
    }
    if me.tenant.is_none() {
        leptos_axum::redirect(paths::ADMIN);
        return Ok(Start::SignedOut);
    }
    let (hub, scope) = server::scope().await?;
    Ok(Start::Home(Box::new(hub::home::view(&hub, &scope).await?)))
}

#[server]
pub async fn retry_provisioning() -> Result<(), Error> {
    let (hub, scope) = server::scope().await?;
    finish(
        &[],
        hub::tenants::retry_provisioning(&hub, &scope).await,
        |()| paths::HOME.to_owned(),
    )
}
