//! Signing up, in and out.

use leptos::prelude::*;
use model::Me;
use serde::{Deserialize, Serialize};

use crate::error::Error;
#[cfg(feature = "ssr")]
use crate::{paths, server::{self, finish}};

/// What account pages need to know of the caller.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Visitor {
    pub me: Option<Me>,
}

#[server]
pub async fn load_visitor() -> Result<Visitor, Error> {
    Ok(Visitor { me: crate::shell::api::load_me().await? })
}

#[server]
pub async fn sign_up(email: String, company: String, password: String) -> Result<(), Error> {
    let caller = server::caller()?;
    let form = model::SignUp { email: email.clone(), company: company.clone(), password };
    let made = hub::accounts::sign_up(&server::hub()?, form, &caller.client).await;
    if let Ok(account) = &made {
        server::sign_in_session(account.user).await?;
    }
    finish(&[("email", &email), ("company", &company)], made, |_| paths::VERIFY.to_owned())
}

#[server]
pub async fn verify(code: String) -> Result<(), Error> {
    let (hub, user, _client) = server::person()?;
    finish(&[], hub::accounts::verify_email(&hub, user, &code).await, |()| paths::WELCOME.to_owned())
}

#[server]
pub async fn resend_code() -> Result<(), Error> {
    let (hub, user, _client) = server::person()?;
    finish(&[], hub::accounts::resend_code(&hub, user).await, |()| format!("{}?sent=again", paths::VERIFY))
}

#[server]
pub async fn sign_in(email: String, password: String, #[server(default)] next: String) -> Result<(), Error> {
    let client = server::caller()?.client;
    let user = hub::accounts::sign_in(&server::hub()?, &email, &password, &client).await;
    if let Ok(user) = &user {
        server::sign_in_session(*user).await?;
    }
    finish(&[("email", &email)], user, |_| paths::safe_next(&next).to_owned())
}

#[server]
pub async fn sign_out() -> Result<(), Error> {
    finish(&[], server::sign_out_session().await, |()| paths::HOME.to_owned())
}

#[server]
pub async fn request_reset(email: String) -> Result<(), Error> {
    let client = server::caller()?.client;
    let asked = hub::accounts::request_reset(&server::hub()?, &email, &client).await;
    finish(&[("email", &email)], asked, |()| format!("{}?sent=yes", paths::RESET))
}

#[server]
pub async fn reset_password(token: String, password: String) -> Result<(), Error> {
    let user = hub::accounts::reset_password(&server::hub()?, &token, &password).await;
    if let Ok(user) = &user {
        server::sign_in_session(*user).await?;
    }
    finish(&[], user, |_| paths::HOME.to_owned())
}
