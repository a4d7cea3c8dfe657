//! A new password for somebody who forgot theirs, or who never had one.

use std::time::Duration;

use model::UserId;
use seal::token;
use secrecy::{ExposeSecret, SecretString};
use store::{accounts as rows, rate_limits::Limit};

use super::{HOUR, count, count_address, put_password, tell_changed};
use crate::{Client, Error, Hub, mail::Letter, passwords::judge};

const RESET_MINUTES: i64 = 30;
const RESET_LIFE: Duration = Duration::from_mins(30);
const INVITATION_HOURS: i64 = 72;
const INVITATION_LIFE: Duration = Duration::from_hours(72);

const RESETS_PER_ACCOUNT: Limit = Limit {
    bucket: "reset/account",
    most: 5,
    window: HOUR,
};
const RESETS_PER_ADDRESS: Limit = Limit {
    bucket: "reset/address",
    most: 30,
    window: HOUR,
};
const TRIES_PER_ADDRESS: Limit = Limit {
    bucket: "reset-token/address",
    most: 60,
    window: HOUR,
};

/// Sends a link if there is such an account; the answer is the same if not.
pub async fn request_reset(hub: &Hub, email: &str, client: &Client) -> Result<(), Error> {
    model::check_email(email)?;
    count_address(hub, RESETS_PER_ADDRESS, client).await?;
    count(hub, RESETS_PER_ACCOUNT, &rows::email_key(email)).await?;
    let person = {
        let mut conn = hub.store().pool.acquire().await?;
        rows::find_by_email(&mut conn, email).await?
    };
    let Some(person) = person else { return Ok(()) };
    let token = token(hub, person.id, RESET_LIFE).await?;
    let letter = Letter::reset(hub.public_url(), token.expose_secret(), RESET_MINUTES);
    hub.mail()
        .send(&person.email, letter, hub.clock().now())
        .await;
    Ok(())
}

/// Lets a person for whom an operator made an account choose a password.
pub async fn invite(hub: &Hub, user: UserId, email: &str, workspace: &str) -> Result<(), Error> {
    let token = token(hub, user, INVITATION_LIFE).await?;
    let letter = Letter::invitation(
        hub.public_url(),
        token.expose_secret(),
        workspace,
        INVITATION_HOURS,
    );
    hub.mail().send(email, letter, hub.clock().now()).await;
    Ok(())
}

async fn token(hub: &Hub, user: UserId, life: Duration) -> Result<SecretString, Error> {
    let token = token::secret();
    let expires_at = hub.clock().now() + life;
    let mut conn = hub.store().pool.acquire().await?;
    rows::put_reset(
        &mut conn,
        user,
        &token::hash(token.expose_secret()),
        expires_at,
    )
    .await?;
    Ok(token)
}

/// Sets the password with the token of the mail. The token works once, every session ends, and the address counts as
/// proven: only its owner has the mail. Tries are counted per address only: nobody guesses 256 bits, and a counter that
/// strangers can fill would keep everybody out.
pub async fn reset_password(
    hub: &Hub,
    token: &str,
    new: &str,
    client: &Client,
) -> Result<UserId, Error> {
    count_address(hub, TRIES_PER_ADDRESS, client).await?;
    let now = hub.clock().now();
    let mut tx = hub.store().platform().await?;
    let user = rows::take_reset(&mut tx, &token::hash(token), now)
        .await?
        .ok_or_else(|| Error::conflict("This link was used or is too old. Ask for a new one."))?;
    // A password that is too weak must not cost the token: the transaction is dropped.
    let email = rows::get(&mut tx, user).await?.email;
    judge(new, &[&email])?;
    let hash = hub.passwords().hash(new).await?;
    rows::mark_verified(&mut tx, user, now).await?;
    rows::remove_claims(&mut tx, user).await?;
    let action = "account.reset_password";
    put_password(hub, &mut tx, user, &hash, client, action).await?;
    tx.commit().await?;
    tell_changed(hub, &email).await;
    Ok(user)
}
