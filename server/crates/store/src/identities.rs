//! Accounts elsewhere that people sign in with.

use model::UserId;
use sqlx::PgConnection;
use time::OffsetDateTime;

use crate::{Error, ids::Id};

/// Whose account it is, if it was linked.
pub async fn find(
    conn: &mut PgConnection,
    issuer: &str,
    subject: &str,
) -> Result<Option<UserId>, Error> {
    let found = sqlx::query_scalar!(
        "SELECT user_id
         FROM user_identities
         WHERE issuer = $1
           AND subject = $2",
        issuer,
        subject,
    )
    .fetch_optional(conn)
    .await?;
    Ok(found.map(UserId::from_uuid))
}

/// Links it, once: an account elsewhere belongs to one person.
pub async fn link(
    conn: &mut PgConnection,
    issuer: &str,
    subject: &str,
    user: UserId,
    now: OffsetDateTime,
) -> Result<(), Error> {
    sqlx::query!(
        "INSERT INTO user_identities (issuer, subject, user_id, linked_at)
         VALUES ($1, $2, $3, $4)",
        issuer,
        subject,
        user.uuid(),
        now,
    )
    .execute(conn)
    .await?;
    Ok(())
}
