//! This browser's session: signing in and out, and a sign-up that waits for its code.

use model::UserId;
use sha2::{Digest, Sha256};

use super::caller;
use crate::error::{Code, Error};

/// Key of the signed-in person inside the session.
pub const SESSION_USER: &str = "user";
/// Key of a sign-up that waits for its code: not a person yet.
const SESSION_CLAIM: &str = "claim";

/// Signs this browser in: a fresh session id, so that an older one is worth nothing.
pub async fn sign_in_session(user: UserId) -> Result<(), Error> {
    sign_in_to(&caller()?.session, user).await
}

/// The same for a handler that is no page.
pub async fn sign_in_to(session: &tower_sessions::Session, user: UserId) -> Result<(), Error> {
    session.cycle_id().await.map_err(broken_session)?;
    session
        .remove::<UserId>(SESSION_CLAIM)
        .await
        .map_err(broken_session)?;
    session
        .insert(SESSION_USER, user.to_string())
        .await
        .map_err(broken_session)
}

/// Remembers in this browser which sign-up waits for its code.
pub async fn wait_for_code(claim: UserId) -> Result<(), Error> {
    let session = caller()?.session;
    session.cycle_id().await.map_err(broken_session)?;
    session
        .remove::<UserId>(SESSION_USER)
        .await
        .map_err(broken_session)?;
    session
        .insert(SESSION_CLAIM, claim)
        .await
        .map_err(broken_session)
}

/// The sign-up that waits for its code in this browser, or the person who signed in before proving their address.
pub async fn claim() -> Result<Option<UserId>, Error> {
    let caller = caller()?;
    let claim = caller
        .session
        .get::<UserId>(SESSION_CLAIM)
        .await
        .map_err(broken_session)?;
    Ok(claim.or(caller.user))
}

/// Forgets this browser's session.
pub async fn sign_out_session() -> Result<(), Error> {
    caller()?.session.flush().await.map_err(broken_session)
}

/// What the session table keeps of this browser's cookie.
pub fn session_hash() -> Result<[u8; 32], Error> {
    hash_of(&caller()?.session).ok_or_else(|| Error::new(Code::SignedOut))
}

/// The same of any session that has begun.
pub fn hash_of(session: &tower_sessions::Session) -> Option<[u8; 32]> {
    Some(Sha256::digest(session.id()?.0.to_be_bytes()).into())
}

fn broken_session(error: tower_sessions::session::Error) -> Error {
    Error::from(hub::Error::Internal(error.into()))
}
