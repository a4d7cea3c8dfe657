//! People: signing up, proving the address, signing in, and changing a password.
//!
//! Whether an address has an account is never told to a stranger: known and unknown addresses get the same answers in
//! the same time, and the difference goes by mail.

pub mod elsewhere;
mod line;
mod reset;
mod sign_up;

use std::time::Duration;

use model::{Me, UserId};
use secrecy::{ExposeSecret, SecretString};
use sqlx::PgConnection;
use store::{
    accounts as rows,
    audit::Chain,
    ids::Id,
    person,
    rate_limits::{self, Limit},
};

use crate::{
    Actor, Client, Error, Hub,
    audit::{self, Act},
    mail::Letter,
    passwords::{self, Match},
};

pub use line::line;
pub use reset::{invite, request_reset, reset_password};
pub use sign_up::{NewAccount, resend_code, sign_up, verify_email};

const QUARTER: Duration = Duration::from_mins(15);
const HOUR: Duration = Duration::from_hours(1);

const SIGN_INS_PER_ACCOUNT: Limit = Limit {
    bucket: "sign-in/account",
    most: 10,
    window: QUARTER,
};
const SIGN_INS_PER_ADDRESS: Limit = Limit {
    bucket: "sign-in/address",
    most: 60,
    window: QUARTER,
};
const CONFIRMATIONS: Limit = Limit {
    bucket: "confirm/account",
    most: 10,
    window: QUARTER,
};

/// One attempt; too many are an error that says how long to wait.
pub(crate) async fn count(hub: &Hub, limit: Limit, key: &str) -> Result<(), Error> {
    match rate_limits::hit(&hub.store().pool, limit, key, hub.clock().now()).await? {
        None => Ok(()),
        Some(retry_after) => Err(Error::TooMany { retry_after }),
    }
}

/// The same for the line of an address; calls without one (jobs, commands) are not counted.
async fn count_address(hub: &Hub, limit: Limit, client: &Client) -> Result<(), Error> {
    if client.ip.is_empty() {
        return Ok(());
    }
    let counted = line(&client.ip).map_or_else(|| client.ip.clone(), |line| line.to_string());
    count(hub, limit, &counted).await
}

/// Who has this address and password? The answer for a wrong one does not tell which part was wrong.
pub async fn sign_in(
    hub: &Hub,
    email: &str,
    password: &str,
    client: &Client,
) -> Result<UserId, Error> {
    let account = rows::email_key(email);
    count_address(hub, SIGN_INS_PER_ADDRESS, client).await?;
    count(hub, SIGN_INS_PER_ACCOUNT, &account).await?;
    let person = {
        let mut conn = hub.store().pool.acquire().await?;
        rows::find_by_email(&mut conn, email).await?
    };
    let hash = person.as_ref().map(|person| person.password_hash.as_str());
    let matches = hub.passwords().check(password, hash).await?;
    let Some(person) = person.filter(|_| matches == Match::Yes) else {
        return Err(Error::field("password", "E-mail or password is wrong."));
    };
    rate_limits::clear(&hub.store().pool, SIGN_INS_PER_ACCOUNT, &account).await?;
    note(hub, person.id, client, "account.sign_in").await?;
    Ok(person.id)
}

/// The person and the workspace they look at. Before the address is proven that is a claim, without a workspace.
pub async fn me(hub: &Hub, user: UserId) -> Result<Me, Error> {
    let mut tx = hub.store().platform().await?;
    let unproven = |email| Me {
        user,
        email,
        email_verified: false,
        platform_admin: false,
        tenant: None,
    };
    let person = match person::get(&mut tx, user).await {
        Err(store::Error::NotFound) => {
            let claim = rows::find_claim(&mut tx, user)
                .await?
                .ok_or(Error::NotFound)?;
            return Ok(unproven(claim.email));
        }
        other => other?,
    };
    if person.verified_at.is_none() {
        return Ok(unproven(person.email));
    }
    Ok(Me {
        user,
        email: person.email,
        email_verified: true,
        platform_admin: person.platform_admin,
        tenant: person.place,
    })
}

/// Asks for the password again before something that must not be done by whoever finds the browser open.
pub async fn confirm_password(hub: &Hub, user: UserId, password: &str) -> Result<(), Error> {
    count(hub, CONFIRMATIONS, &user.to_string()).await?;
    let person = {
        let mut conn = hub.store().pool.acquire().await?;
        rows::get(&mut conn, user).await?
    };
    match hub
        .passwords()
        .check(password, Some(&person.password_hash))
        .await?
    {
        Match::Yes => {
            Ok(rate_limits::clear(&hub.store().pool, CONFIRMATIONS, &user.to_string()).await?)
        }
        Match::No => Err(Error::field("password", "That is not your password.")),
    }
}

/// Sets another password. Every session ends, the caller's too: sign the browser in again afterwards.
pub async fn change_password(
    hub: &Hub,
    user: UserId,
    old: &str,
    new: &str,
    client: &Client,
) -> Result<(), Error> {
    confirm_password(hub, user, old)
        .await
        .map_err(|error| match error {
            Error::Invalid(_) => Error::field("old_password", "That is not your current password."),
            other => other,
        })?;
    set_password(hub, user, new, client, "account.change_password").await
}

async fn set_password(
    hub: &Hub,
    user: UserId,
    new: &str,
    client: &Client,
    action: &str,
) -> Result<(), Error> {
    let email = {
        let mut conn = hub.store().pool.acquire().await?;
        rows::get(&mut conn, user).await?.email
    };
    passwords::judge(new, &[&email])?;
    let hash = hub.passwords().hash(new).await?;
    let mut tx = hub.store().platform().await?;
    put_password(hub, &mut tx, user, &hash, client, action).await?;
    tx.commit().await?;
    tell_changed(hub, &email).await;
    Ok(())
}

/// The new hash, the end of every session, and the audit line.
async fn put_password(
    hub: &Hub,
    conn: &mut PgConnection,
    user: UserId,
    hash: &str,
    client: &Client,
    action: &str,
) -> Result<(), Error> {
    rows::set_password(conn, user, hash, hub.clock().now()).await?;
    store::sessions::revoke_others(conn, user, None).await?;
    let detail = "every session was ended";
    note_in(hub, conn, user, client, action, detail).await
}

async fn tell_changed(hub: &Hub, email: &str) {
    let letter = Letter::password_changed(hub.public_url());
    hub.mail().send(email, letter, hub.clock().now()).await;
}

/// Makes a platform operator, or makes one of somebody who has an account. For the command line only.
pub async fn create_admin(
    hub: &Hub,
    email: &str,
    password: &SecretString,
) -> Result<UserId, Error> {
    model::check_email(email)?;
    passwords::judge(password.expose_secret(), &[email])?;
    let hash = hub.passwords().hash(password.expose_secret()).await?;
    let now = hub.clock().now();
    let mut tx = hub.store().platform().await?;
    let user = match rows::find_by_email(&mut tx, email).await? {
        Some(person) => {
            rows::make_admin(&mut tx, person.id, now).await?;
            rows::set_password(&mut tx, person.id, &hash, now).await?;
            person.id
        }
        None => {
            let user = UserId::fresh();
            rows::insert(&mut tx, user, email, &hash, rows::Kind::PlatformAdmin, now).await?;
            user
        }
    };
    let act = Act {
        action: "admin.create",
        target: &user.to_string(),
        detail: email,
    };
    audit::write(
        hub,
        &mut tx,
        Chain::Platform,
        Actor::Operator,
        &Client::local(),
        act,
    )
    .await?;
    tx.commit().await?;
    Ok(user)
}

async fn note(hub: &Hub, user: UserId, client: &Client, action: &str) -> Result<(), Error> {
    let mut tx = hub.store().platform().await?;
    note_in(hub, &mut tx, user, client, action, "").await?;
    Ok(tx.commit().await?)
}

/// Notes what a person did with their own account, in the transaction it happens in.
async fn note_in(
    hub: &Hub,
    conn: &mut PgConnection,
    user: UserId,
    client: &Client,
    action: &str,
    detail: &str,
) -> Result<(), Error> {
    let act = Act {
        action,
        target: &user.to_string(),
        detail,
    };
    let actor = Actor::User(user);
    audit::write(hub, conn, Chain::Platform, actor, client, act).await
}
