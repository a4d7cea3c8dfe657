//! Signed-in browsers. The cookie's value is never here, only its hash.

use model::{SessionId, UserId};
use serde_json::Value;
use sqlx::PgConnection;
use time::{Duration, OffsetDateTime};

use crate::{Error, error::one_row, ids::Id};

/// However busy, nobody stays signed in longer.
pub const ABSOLUTE_LIMIT: Duration = Duration::hours(12);

/// One session as the cookie's owner writes it.
#[derive(Debug, Clone)]
pub struct Session<'a> {
    /// SHA-256 of the cookie's value.
    pub token_hash: &'a [u8],
    /// The person, or a claim to an address that is still to be proven: that one belongs to nobody yet.
    pub user: Option<UserId>,
    pub data: &'a Value,
    pub ip: &'a str,
    pub user_agent: &'a str,
    pub expires_at: OffsetDateTime,
}

/// Adds a session. False: the token is taken (draw another one).
pub async fn create(
    conn: &mut PgConnection,
    session: &Session<'_>,
    now: OffsetDateTime,
) -> Result<bool, Error> {
    let added = sqlx::query!(
        "INSERT INTO sessions (id, token_hash, user_id, epoch, data, ip, user_agent, created_at, last_seen_at, expires_at)
         VALUES ($1, $2, (SELECT id FROM users WHERE id = $3), COALESCE((SELECT session_epoch FROM users WHERE id = $3), 0), $4, $5, $6, $7, $7, $8)
         ON CONFLICT (token_hash) DO NOTHING",
        SessionId::fresh().uuid(),
        session.token_hash,
        session.user.map(Id::uuid),
        session.data,
        session.ip,
        session.user_agent,
        now,
        session.expires_at,
    )
    .execute(conn)
    .await?;
    Ok(added.rows_affected() == 1)
}

/// Writes what changed. A session that gets another person starts at that person's epoch; a plain save never revives a
/// session that was ended meanwhile. False: the session is gone.
pub async fn save(
    conn: &mut PgConnection,
    session: &Session<'_>,
    now: OffsetDateTime,
) -> Result<bool, Error> {
    let changed = sqlx::query!(
        "UPDATE sessions
         SET data = $2,
             epoch = CASE WHEN user_id IS NOT DISTINCT FROM $3 THEN epoch
                     ELSE COALESCE((SELECT session_epoch FROM users WHERE id = $3), 0) END,
             user_id = (SELECT id FROM users WHERE id = $3), ip = $4, user_agent = $5, last_seen_at = $6, expires_at = $7
         WHERE token_hash = $1",
        session.token_hash,
        session.data,
        session.user.map(Id::uuid),
        session.ip,
        session.user_agent,
        now,
        session.expires_at,
    )
    .execute(conn)
    .await?;
    Ok(changed.rows_affected() == 1)
}

/// What a valid session holds.
#[derive(Debug, Clone)]
pub struct Loaded {
    pub id: SessionId,
    pub user: Option<UserId>,
    pub data: Value,
    pub expires_at: OffsetDateTime,
}

/// The session of a cookie: not expired, not older than the limit, not ended by a raised epoch.
pub async fn load(
    conn: &mut PgConnection,
    token_hash: &[u8],
    now: OffsetDateTime,
) -> Result<Option<Loaded>, Error> {
    let row = sqlx::query!(
        "SELECT session.id, session.user_id, session.data, session.expires_at
         FROM sessions AS session
         LEFT JOIN users ON users.id = session.user_id
         WHERE session.token_hash = $1
           AND session.expires_at > $2
           AND session.created_at > $3
           AND (session.user_id IS NULL OR session.epoch = users.session_epoch)",
        token_hash,
        now,
        now - ABSOLUTE_LIMIT,
    )
    .fetch_optional(conn)
    .await?;
    Ok(row.map(|row| Loaded {
        id: SessionId::from_uuid(row.id),
        user: row.user_id.map(UserId::from_uuid),
        data: row.data,
        expires_at: row.expires_at,
    }))
}

/// Notes that the browser was here; the caller does so at most once a minute.
pub async fn touch(
    conn: &mut PgConnection,
    token_hash: &[u8],
    expires_at: OffsetDateTime,
    now: OffsetDateTime,
) -> Result<(), Error> {
    sqlx::query!(
        "UPDATE sessions
         SET last_seen_at = $2, expires_at = $3
         WHERE token_hash = $1",
        token_hash,
        now,
        expires_at,
    )
    .execute(conn)
    .await?;
    Ok(())
}

pub async fn delete(conn: &mut PgConnection, token_hash: &[u8]) -> Result<(), Error> {
    sqlx::query!("DELETE FROM sessions WHERE token_hash = $1", token_hash)
        .execute(conn)
        .await?;
    Ok(())
}

/// One row of the session list.
#[derive(Debug, Clone)]
pub struct Listed {
    pub id: SessionId,
    pub ip: String,
    pub user_agent: String,
    pub created_at: OffsetDateTime,
    pub last_seen_at: OffsetDateTime,
}

/// The person's live sessions, last seen first.
pub async fn list(
    conn: &mut PgConnection,
    user: UserId,
    now: OffsetDateTime,
) -> Result<Vec<Listed>, Error> {
    let rows = sqlx::query!(
        "SELECT session.id, session.ip, session.user_agent, session.created_at, session.last_seen_at
         FROM sessions AS session
         JOIN users ON users.id = session.user_id AND users.session_epoch = session.epoch
         WHERE session.user_id = $1
           AND session.expires_at > $2
           AND session.created_at > $3
         ORDER BY session.last_seen_at DESC",
        user.uuid(),
        now,
        now - ABSOLUTE_LIMIT,
    )
    .fetch_all(conn)
    .await?;
    Ok(rows
        .into_iter()
        .map(|row| Listed {
            id: SessionId::from_uuid(row.id),
            ip: row.ip,
            user_agent: row.user_agent,
            created_at: row.created_at,
            last_seen_at: row.last_seen_at,
        })
        .collect())
}

/// Ends one session of this person; [`Error::NotFound`] when it is somebody else's.
pub async fn revoke(conn: &mut PgConnection, user: UserId, id: SessionId) -> Result<(), Error> {
    let gone = sqlx::query!(
        "DELETE FROM sessions
         WHERE id = $1
           AND user_id = $2",
        id.uuid(),
        user.uuid(),
    )
    .execute(conn)
    .await?;
    one_row(&gone)
}

/// Ends every session of the person but one; returns how many.
pub async fn revoke_others(
    conn: &mut PgConnection,
    user: UserId,
    keep: Option<SessionId>,
) -> Result<u64, Error> {
    let gone = sqlx::query!(
        "DELETE FROM sessions
         WHERE user_id = $1
           AND id IS DISTINCT FROM $2",
        user.uuid(),
        keep.map(Id::uuid),
    )
    .execute(conn)
    .await?;
    Ok(gone.rows_affected())
}

pub async fn forget_expired(conn: &mut PgConnection, now: OffsetDateTime) -> Result<u64, Error> {
    let gone = sqlx::query!(
        "DELETE FROM sessions
         WHERE expires_at < $1
            OR created_at < $2",
        now,
        now - ABSOLUTE_LIMIT,
    )
    .execute(conn)
    .await?;
    Ok(gone.rows_affected())
}
