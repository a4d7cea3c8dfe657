//! Reading and storing the business profile.

use leptos::prelude::*;
use model::ProfileAnswer;
#[cfg(feature = "ssr")]
use model::{BusinessProfile, BusinessType, CompanySize, Industry};

use crate::error::Error;
#[cfg(feature = "ssr")]
use crate::{
    paths,
    server::{self, finish, word},
};

#[server]
pub async fn load_profile() -> Result<ProfileAnswer, Error> {
    let (hub, scope) = server::scope().await?;
    Ok(hub::tenants::view(&hub, &scope).await?.profile)
}

#[server]
pub async fn save_profile(industry: String, size: String, kind: String) -> Result<(), Error> {
    let (hub, scope) = server::scope().await?;
    let profile = BusinessProfile {
        industry: word("industry", Industry::parse(&industry))?,
        size: word("size", CompanySize::parse(&size))?,
        kind: word("kind", BusinessType::parse(&kind))?,
    };
    finish(
        &[],
        hub::tenants::set_profile(&hub, &scope, profile).await,
        |()| paths::INTEGRATIONS.to_owned(),
    )
}

#[server]
pub async fn skip_profile() -> Result<(), Error> {
    let (hub, scope) = server::scope().await?;
    finish(&[], hub::tenants::skip_profile(&hub, &scope).await, |()| {
        paths::HOME.to_owned()
    })
}
