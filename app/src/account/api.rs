//! Signing up, in and out.

use leptos::prelude::*;
use model::Me;
use serde::{Deserialize, Serialize};

use crate::error::Error;
#[cfg(feature = "ssr")]
use crate::{
    paths,
    server::{self, finish},
};

/// What account pages need to know of the caller.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Visitor {
    pub me: Option<Me>,
    /// Accounts elsewhere that may be signed in with: id and name.
    pub logins: Vec<(String, String)>,
}

#[server]
pub async fn load_visitor() -> Result<Visitor, Error> {
    let me = match server::claim().await? {
        Some(user) => hub::accounts::me(&server::hub()?, user).await.ok(),
        None => None,
    };
    let hub = server::hub()?;
    let logins = hub
        .logins()
        .iter()
        .map(|login| (login.id.to_owned(), login.name.clone()))
        .collect();
    Ok(Visitor { me, logins })
}

/// Makes the workspace of somebody who came from an account elsewhere.
#[server]
pub async fn join(company: String) -> Result<(), Error> {
    let caller = server::caller()?;
    let identity = super::elsewhere::waiting(&caller.session)
        .await?
        .ok_or_else(|| Error::new(crate::error::Code::SignedOut).marked())?;
    let joined =
        hub::accounts::elsewhere::join(&server::hub()?, &identity, &company, &caller.client).await;
    if let Ok(user) = &joined {
        super::elsewhere::joined(&caller.session).await?;
        server::sign_in_session(*user).await?;
    }
    finish(&[("company", &company)], joined, |_| {
        paths::WELCOME.to_owned()
    })
}

#[server]
pub async fn sign_up(email: String, company: String, password: String) -> Result<(), Error> {
    let caller = server::caller()?;
    let form = model::SignUp {
        email: email.clone(),
        company: company.clone(),
        password,
    };
    let made = hub::accounts::sign_up(&server::hub()?, form, &caller.client).await;
    if let Ok(account) = &made {
        server::wait_for_code(account.user).await?;
    }
    finish(&[("email", &email), ("company", &company)], made, |_| {
        paths::VERIFY.to_owned()
    })
}

#[server]
pub async fn verify(code: String) -> Result<(), Error> {
    let claim = waiting().await?;
    let client = server::caller()?.client;
    let user = hub::accounts::verify_email(&server::hub()?, claim, &code, &client).await;
    if let Ok(user) = &user {
        server::sign_in_session(*user).await?;
    }
    finish(&[], user, |_| paths::WELCOME.to_owned())
}

#[server]
pub async fn resend_code() -> Result<(), Error> {
    let claim = waiting().await?;
    finish(
        &[],
        hub::accounts::resend_code(&server::hub()?, claim).await,
        |()| format!("{}?sent=again", paths::VERIFY),
    )
}

/// Who waits for a code in this browser; nobody has to sign up again.
#[cfg(feature = "ssr")]
async fn waiting() -> Result<model::UserId, Error> {
    server::claim()
        .await?
        .ok_or_else(|| Error::new(crate::error::Code::SignedOut).marked())
}

#[server]
pub async fn sign_in(
    email: String,
    password: String,
    #[server(default)] next: String,
) -> Result<(), Error> {
    let client = server::caller()?.client;
    let user = hub::accounts::sign_in(&server::hub()?, &email, &password, &client).await;
    if let Ok(user) = &user {
        server::sign_in_session(*user).await?;
    }
    finish(&[("email", &email)], user, |_| {
        paths::safe_next(&next).to_owned()
    })
}

#[server]
pub async fn sign_out() -> Result<(), Error> {
    finish(&[], server::sign_out_session().await, |()| {
        paths::HOME.to_owned()
    })
}

#[server]
pub async fn request_reset(email: String) -> Result<(), Error> {
    let client = server::caller()?.client;
    let asked = hub::accounts::request_reset(&server::hub()?, &email, &client).await;
    finish(&[("email", &email)], asked, |()| {
        format!("{}?sent=yes", paths::RESET)
    })
}

#[server]
pub async fn reset_password(token: String, password: String) -> Result<(), Error> {
    let client = server::caller()?.client;
    let user = hub::accounts::reset_password(&server::hub()?, &token, &password, &client).await;
    if let Ok(user) = &user {
        server::sign_in_session(*user).await?;
    }
    finish(&[], user, |_| paths::HOME.to_owned())
}
