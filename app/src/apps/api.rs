//! Registering apps, choosing their tables, ending their access.

use leptos::prelude::*;
use model::{AppRow, AppView, TableAccess};
use serde::{Deserialize, Serialize};

use crate::error::Error;
#[cfg(feature = "ssr")]
use crate::{
    paths,
    server::{self, finish},
};

/// May the reader make and change apps, or only look?
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub enum May {
    Manage,
    Look,
}

#[cfg(feature = "ssr")]
impl May {
    fn of(scope: &hub::Scope) -> Self {
        if scope.may(hub::Permission::Apps) {
            Self::Manage
        } else {
            Self::Look
        }
    }
}

#[server]
pub async fn apps() -> Result<(Vec<AppRow>, May), Error> {
    let (hub, scope) = server::scope().await?;
    Ok((hub::apps::list(&hub, &scope).await?, May::of(&scope)))
}

#[server]
pub async fn app(id: String) -> Result<(AppView, May), Error> {
    let (hub, scope) = server::scope().await?;
    Ok((
        hub::apps::get(&hub, &scope, server::id(&id)?).await?,
        May::of(&scope),
    ))
}

/// The tables an app can be given.
#[server]
pub async fn tables() -> Result<Vec<TableAccess>, Error> {
    let (hub, scope) = server::scope().await?;
    Ok(hub::apps::tables(&hub, &scope).await?)
}

#[server]
pub async fn create_app(name: String, #[server(default)] tables: Vec<String>) -> Result<(), Error> {
    let (hub, scope) = server::scope().await?;
    let made = hub::apps::create(&hub, &scope, &name, tables).await;
    finish(&[("name", &name)], made, paths::app)
}

#[server]
pub async fn set_tables(app: String, #[server(default)] tables: Vec<String>) -> Result<(), Error> {
    let (hub, scope) = server::scope().await?;
    let app = server::id(&app)?;
    let set = hub::apps::set_tables(&hub, &scope, app, tables).await;
    finish(&[], set, |()| format!("{}?saved=tables", paths::app(app)))
}

#[server]
pub async fn revoke_app(app: String) -> Result<(), Error> {
    let (hub, scope) = server::scope().await?;
    let revoked = hub::apps::revoke(&hub, &scope, server::id(&app)?).await;
    finish(&[], revoked, |()| paths::APPS.to_owned())
}
