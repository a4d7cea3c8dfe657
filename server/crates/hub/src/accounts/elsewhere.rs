//! Signing in with an account elsewhere. It is linked to a person by an address that the issuer has verified, never by one
//! that anybody may claim.

use model::{UserId, check_company};
pub use oauth::{Away, Identity};
use oauth::{Login, LoginError};
use seal::token;
use secrecy::ExposeSecret;
use store::{accounts as rows, identities, rate_limits::Limit};
use url::Url;

use super::{HOUR, QUARTER, count_address, note, note_in, sign_up::found};
use crate::{Client, Error, Hub};

const DEPARTURES_PER_ADDRESS: Limit = Limit {
    bucket: "leave-elsewhere/address",
    most: 60,
    window: QUARTER,
};
const ARRIVALS_PER_ADDRESS: Limit = Limit {
    bucket: "sign-in-elsewhere/address",
    most: 60,
    window: QUARTER,
};
const JOINS_PER_ADDRESS: Limit = Limit {
    bucket: "join-elsewhere/address",
    most: 30,
    window: HOUR,
};

/// Who came back.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Arrival {
    /// Somebody we know: sign the browser in.
    Known(UserId),
    /// Nobody yet: ask for the company, then [`join`].
    New(Identity),
}

/// Why nobody can be signed in, in words for the page.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum NotArrived {
    /// Another browser's, used, or of another issuer.
    Foreign,
    /// The trip took longer than one may.
    Late,
    Denied,
    /// The issuer has not verified the address.
    NoAddress,
    /// The issuer did not answer, or not as it should.
    Broken,
}

fn find<'a>(hub: &'a Hub, id: &str) -> Result<&'a Login, Error> {
    hub.logins()
        .iter()
        .find(|login| login.id == id)
        .ok_or(Error::NotFound)
}

fn redirect(hub: &Hub) -> Result<Url, Error> {
    let at = format!(
        "{}/sign-in/callback",
        hub.public_url().trim_end_matches('/')
    );
    Url::parse(&at).map_err(Error::internal)
}

/// Where to send the person, and what their session keeps meanwhile.
pub async fn leave(hub: &Hub, id: &str, client: &Client) -> Result<(String, Away), Error> {
    count_address(hub, DEPARTURES_PER_ADDRESS, client).await?;
    let login = find(hub, id)?;
    let left = login
        .leave(
            hub.outbound(),
            &redirect(hub)?,
            &token::secret(),
            &token::secret(),
            hub.clock().now(),
        )
        .await;
    let (url, away) = left.map_err(|error| {
        tracing::warn!(%error, login = id, "nobody can sign in there");
        Error::Upstream(format!(
            "{} does not answer. Sign in with your password, or try again in a moment.",
            login.name
        ))
    })?;
    Ok((url.into(), away))
}

/// Who came back with these parameters, for the session that left.
pub async fn arrive(
    hub: &Hub,
    away: &Away,
    pairs: &[(String, String)],
    client: &Client,
) -> Result<Result<Arrival, NotArrived>, Error> {
    count_address(hub, ARRIVALS_PER_ADDRESS, client).await?;
    let login = find(hub, &away.login)?;
    let now = hub.clock().now();
    let identity = match login
        .arrive(hub.outbound(), &redirect(hub)?, away, pairs, now)
        .await
    {
        Ok(identity) => identity,
        Err(error) => {
            tracing::info!(%error, login = %away.login, "nobody was signed in");
            return Ok(Err(match error {
                LoginError::Foreign => NotArrived::Foreign,
                LoginError::Late => NotArrived::Late,
                LoginError::Denied => NotArrived::Denied,
                LoginError::Unproven(_) | LoginError::Provider(_) => NotArrived::Broken,
            }));
        }
    };
    let linked = {
        let mut conn = hub.store().pool.acquire().await?;
        identities::find(&mut conn, &identity.issuer, &identity.subject).await?
    };
    if let Some(user) = linked {
        note(hub, user, client, "account.sign_in").await?;
        return Ok(Ok(Arrival::Known(user)));
    }
    let Some(email) = identity.email.clone() else {
        return Ok(Err(NotArrived::NoAddress));
    };
    let person = {
        let mut conn = hub.store().pool.acquire().await?;
        rows::find_by_email(&mut conn, &email).await?
    };
    match person {
        Some(person) => {
            link(hub, &identity, &person, client).await?;
            Ok(Ok(Arrival::Known(person.id)))
        }
        None => Ok(Ok(Arrival::New(identity))),
    }
}

/// Links the account to a person who has its address. Somebody who never proved the address loses what they set: it was
/// not theirs to set.
async fn link(
    hub: &Hub,
    identity: &Identity,
    person: &rows::User,
    client: &Client,
) -> Result<(), Error> {
    let now = hub.clock().now();
    let unproven = person.verified_at.is_none();
    let hash = if unproven {
        Some(nobodys_password(hub).await?)
    } else {
        None
    };
    let mut tx = hub.store().platform().await?;
    if let Some(hash) = hash {
        rows::set_password(&mut tx, person.id, &hash, now).await?;
        store::sessions::revoke_others(&mut tx, person.id, None).await?;
        rows::mark_verified(&mut tx, person.id, now).await?;
        rows::remove_claims(&mut tx, person.id).await?;
    }
    identities::link(&mut tx, &identity.issuer, &identity.subject, person.id, now).await?;
    note_in(
        hub,
        &mut tx,
        person.id,
        client,
        "account.link",
        &identity.issuer,
    )
    .await?;
    Ok(tx.commit().await?)
}

/// Makes the person and their workspace: the address is proven already.
pub async fn join(
    hub: &Hub,
    identity: &Identity,
    company: &str,
    client: &Client,
) -> Result<UserId, Error> {
    check_company(company)?;
    count_address(hub, JOINS_PER_ADDRESS, client).await?;
    let email = identity.email.as_deref().ok_or(Error::NotFound)?;
    let hash = nobodys_password(hub).await?;
    let now = hub.clock().now();
    let mut tx = hub.store().platform().await?;
    let user = found(hub, &mut tx, email, company, &hash, client)
        .await?
        .user;
    rows::mark_verified(&mut tx, user, now).await?;
    identities::link(&mut tx, &identity.issuer, &identity.subject, user, now).await?;
    tx.commit().await?;
    Ok(user)
}

/// The hash of a password that nobody knows: a real one can be set by mail.
async fn nobodys_password(hub: &Hub) -> Result<String, Error> {
    hub.passwords().hash(token::secret().expose_secret()).await
}
