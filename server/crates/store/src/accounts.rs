//! People: their row, the claims that prove an e-mail address, and the tokens that reset a password.

use model::UserId;
use sqlx::PgConnection;
use time::OffsetDateTime;
use uuid::Uuid;

use crate::{Error, error::one_row, ids::Id};

/// A person with a login.
#[derive(Debug, Clone)]
pub struct User {
    pub id: UserId,
    pub email: String,
    /// PHC string of argon2id.
    pub password_hash: String,
    pub verified_at: Option<OffsetDateTime>,
    pub platform_admin: bool,
    pub session_epoch: i32,
}

struct Row {
    id: Uuid,
    email: String,
    password_hash: String,
    verified_at: Option<OffsetDateTime>,
    platform_admin: bool,
    session_epoch: i32,
}

impl From<Row> for User {
    fn from(row: Row) -> Self {
        Self {
            id: UserId::from_uuid(row.id),
            email: row.email,
            password_hash: row.password_hash,
            verified_at: row.verified_at,
            platform_admin: row.platform_admin,
            session_epoch: row.session_epoch,
        }
    }
}

/// What makes two addresses the same: without blanks around, lower case.
pub fn email_key(email: &str) -> String {
    email.trim().to_lowercase()
}

/// Is the new person an operator of the platform?
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    Member,
    PlatformAdmin,
}

/// Adds a person; [`Error::Conflict`] when the address is taken.
pub async fn insert(
    conn: &mut PgConnection,
    id: UserId,
    email: &str,
    password_hash: &str,
    kind: Kind,
    now: OffsetDateTime,
) -> Result<(), Error> {
    sqlx::query!(
        "INSERT INTO users (id, email, email_key, password_hash, platform_admin, verified_at, created_at, updated_at)
         VALUES ($1, $2, $3, $4, $5, CASE WHEN $5 THEN $6::timestamptz END, $6, $6)",
        id.uuid(),
        email.trim(),
        email_key(email),
        password_hash,
        kind == Kind::PlatformAdmin,
        now,
    )
    .execute(conn)
    .await?;
    Ok(())
}

pub async fn get(conn: &mut PgConnection, id: UserId) -> Result<User, Error> {
    Ok(sqlx::query_as!(
        Row,
        "SELECT id, email, password_hash, verified_at, platform_admin, session_epoch
         FROM users
         WHERE id = $1",
        id.uuid(),
    )
    .fetch_one(conn)
    .await?
    .into())
}

pub async fn find_by_email(conn: &mut PgConnection, email: &str) -> Result<Option<User>, Error> {
    Ok(sqlx::query_as!(
        Row,
        "SELECT id, email, password_hash, verified_at, platform_admin, session_epoch
         FROM users
         WHERE email_key = $1",
        email_key(email),
    )
    .fetch_optional(conn)
    .await?
    .map(User::from))
}

/// Makes an existing person an operator of the platform.
pub async fn make_admin(
    conn: &mut PgConnection,
    id: UserId,
    now: OffsetDateTime,
) -> Result<(), Error> {
    let changed = sqlx::query!(
        "UPDATE users
         SET platform_admin = true, verified_at = COALESCE(verified_at, $2), updated_at = $2
         WHERE id = $1",
        id.uuid(),
        now,
    )
    .execute(conn)
    .await?;
    one_row(&changed)
}

pub async fn mark_verified(
    conn: &mut PgConnection,
    id: UserId,
    now: OffsetDateTime,
) -> Result<(), Error> {
    let changed = sqlx::query!(
        "UPDATE users
         SET verified_at = COALESCE(verified_at, $2), updated_at = $2
         WHERE id = $1",
        id.uuid(),
        now,
    )
    .execute(conn)
    .await?;
    one_row(&changed)
}

/// Sets the password and ends every session of the person by raising the epoch.
pub async fn set_password(
    conn: &mut PgConnection,
    id: UserId,
    password_hash: &str,
    now: OffsetDateTime,
) -> Result<(), Error> {
    let changed = sqlx::query!(
        "UPDATE users
         SET password_hash = $2, session_epoch = session_epoch + 1, updated_at = $3
         WHERE id = $1",
        id.uuid(),
        password_hash,
        now,
    )
    .execute(conn)
    .await?;
    one_row(&changed)
}

/// A claim to an address that waits for its code.
#[derive(Debug, Clone)]
pub struct Claim {
    /// The person's id, or another one when the address was claimed again before it was proven.
    pub id: UserId,
    /// Nobody, when the address is another person's proven one.
    pub user: Option<UserId>,
    pub email: String,
    /// Takes effect with the code.
    pub password_hash: Option<String>,
    pub code_hash: Vec<u8>,
    /// Attempts so far.
    pub attempts: i32,
    pub expires_at: OffsetDateTime,
}

/// Adds the claim or replaces its code.
pub async fn put_claim(conn: &mut PgConnection, claim: &Claim) -> Result<(), Error> {
    sqlx::query!(
        "INSERT INTO email_claims (id, user_id, email, password_hash, code_hash, attempts, expires_at)
         VALUES ($1, $2, $3, $4, $5, 0, $6)
         ON CONFLICT (id) DO UPDATE
         SET code_hash = EXCLUDED.code_hash, attempts = 0, expires_at = EXCLUDED.expires_at",
        claim.id.uuid(),
        claim.user.map(Id::uuid),
        claim.email,
        claim.password_hash,
        claim.code_hash,
        claim.expires_at,
    )
    .execute(conn)
    .await?;
    Ok(())
}

/// Counts an attempt and gives the claim; `None` when it is unknown.
pub async fn attempt_claim(conn: &mut PgConnection, id: UserId) -> Result<Option<Claim>, Error> {
    let row = sqlx::query!(
        "UPDATE email_claims
         SET attempts = attempts + 1
         WHERE id = $1
         RETURNING user_id, email, password_hash, code_hash, attempts, expires_at",
        id.uuid(),
    )
    .fetch_optional(conn)
    .await?;
    Ok(row.map(|row| Claim {
        id,
        user: row.user_id.map(UserId::from_uuid),
        email: row.email,
        password_hash: row.password_hash,
        code_hash: row.code_hash,
        attempts: row.attempts,
        expires_at: row.expires_at,
    }))
}

/// The claim without touching it.
pub async fn find_claim(conn: &mut PgConnection, id: UserId) -> Result<Option<Claim>, Error> {
    let row = sqlx::query!(
        "SELECT user_id, email, password_hash, code_hash, attempts, expires_at
         FROM email_claims
         WHERE id = $1",
        id.uuid(),
    )
    .fetch_optional(conn)
    .await?;
    Ok(row.map(|row| Claim {
        id,
        user: row.user_id.map(UserId::from_uuid),
        email: row.email,
        password_hash: row.password_hash,
        code_hash: row.code_hash,
        attempts: row.attempts,
        expires_at: row.expires_at,
    }))
}

/// Removes every claim of a person whose address is proven.
pub async fn remove_claims(conn: &mut PgConnection, user: UserId) -> Result<(), Error> {
    sqlx::query!("DELETE FROM email_claims WHERE user_id = $1", user.uuid())
        .execute(conn)
        .await?;
    Ok(())
}

pub async fn put_reset(
    conn: &mut PgConnection,
    id: UserId,
    token_hash: &[u8],
    expires_at: OffsetDateTime,
) -> Result<(), Error> {
    sqlx::query!(
        "INSERT INTO password_resets (token_hash, user_id, expires_at)
         VALUES ($1, $2, $3)",
        token_hash,
        id.uuid(),
        expires_at,
    )
    .execute(conn)
    .await?;
    Ok(())
}

/// Whose unexpired token is this? Uses it up, together with every other token of that person.
pub async fn take_reset(
    conn: &mut PgConnection,
    token_hash: &[u8],
    now: OffsetDateTime,
) -> Result<Option<UserId>, Error> {
    let owner = sqlx::query_scalar!(
        "DELETE FROM password_resets
         WHERE token_hash = $1
           AND expires_at > $2
         RETURNING user_id",
        token_hash,
        now,
    )
    .fetch_optional(&mut *conn)
    .await?;
    if let Some(owner) = owner {
        sqlx::query!("DELETE FROM password_resets WHERE user_id = $1", owner)
            .execute(conn)
            .await?;
    }
    Ok(owner.map(UserId::from_uuid))
}

/// Removes claims and tokens that can no longer be used. Returns how many.
pub async fn forget_expired(conn: &mut PgConnection, now: OffsetDateTime) -> Result<u64, Error> {
    // A claim outlives its code, so that a new code can be asked for.
    let claims = sqlx::query!(
        "DELETE FROM email_claims WHERE expires_at < $1::timestamptz - INTERVAL '1 day'",
        now,
    )
    .execute(&mut *conn)
    .await?;
    let resets = sqlx::query!("DELETE FROM password_resets WHERE expires_at < $1", now)
        .execute(conn)
        .await?;
    Ok(claims.rows_affected() + resets.rows_affected())
}
