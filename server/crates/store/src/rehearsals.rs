//! Rehearsals of the router: the platform's, no tenant's.

use model::{Class, Decision, Progress, Rehearsal, RehearsalId};
use serde_json::Value;
use sqlx::PgConnection;
use time::OffsetDateTime;
use uuid::Uuid;

use crate::{Error, error::one_row, ids::Id, times};

struct Row {
    id: Uuid,
    class: String,
    both_ways: bool,
    state: String,
    decisions: Value,
    created_at: OffsetDateTime,
    finished_at: Option<OffsetDateTime>,
}

impl Row {
    fn read(self) -> Result<Rehearsal, Error> {
        let corrupt = |column| Error::Corrupt {
            table: "rehearsals",
            column,
            id: self.id.to_string(),
        };
        let decisions: Vec<Decision> =
            serde_json::from_value(self.decisions).map_err(|_| corrupt("decisions"))?;
        Ok(Rehearsal {
            id: RehearsalId::from_uuid(self.id),
            class: Class::parse(&self.class).ok_or_else(|| corrupt("class"))?,
            both_ways: self.both_ways,
            state: Progress::parse(&self.state).ok_or_else(|| corrupt("state"))?,
            decisions,
            created_at: times::text(self.created_at),
            finished_at: times::maybe(self.finished_at),
        })
    }
}

pub async fn insert(
    conn: &mut PgConnection,
    id: RehearsalId,
    class: Class,
    both_ways: bool,
    at: OffsetDateTime,
) -> Result<(), Error> {
    sqlx::query!(
        "INSERT INTO rehearsals (id, class, both_ways, state, created_at)
         VALUES ($1, $2, $3, 'waiting', $4)",
        id.uuid(),
        class.name(),
        both_ways,
        at,
    )
    .execute(conn)
    .await?;
    Ok(())
}

/// The newest first.
pub async fn list(conn: &mut PgConnection, limit: i64) -> Result<Vec<Rehearsal>, Error> {
    sqlx::query_as!(
        Row,
        "SELECT id, class, both_ways, state, decisions, created_at, finished_at
         FROM rehearsals
         ORDER BY created_at DESC, id DESC
         LIMIT $1",
        limit,
    )
    .fetch_all(conn)
    .await?
    .into_iter()
    .map(Row::read)
    .collect()
}

pub async fn get(conn: &mut PgConnection, id: RehearsalId) -> Result<Rehearsal, Error> {
    sqlx::query_as!(
        Row,
        "SELECT id, class, both_ways, state, decisions, created_at, finished_at
         FROM rehearsals
         WHERE id = $1",
        id.uuid(),
    )
    .fetch_one(conn)
    .await?
    .read()
}

/// Writes how far it is; `finished_at` when it is over.
pub async fn put(
    conn: &mut PgConnection,
    id: RehearsalId,
    state: Progress,
    decisions: &Value,
    finished_at: Option<OffsetDateTime>,
) -> Result<(), Error> {
    let changed = sqlx::query!(
        "UPDATE rehearsals
         SET state = $2,
             decisions = $3,
             finished_at = $4
         WHERE id = $1",
        id.uuid(),
        state.name(),
        decisions,
        finished_at,
    )
    .execute(conn)
    .await?;
    one_row(&changed)
}

/// Keeps the newest ones.
pub async fn trim(conn: &mut PgConnection, keep: i64) -> Result<(), Error> {
    sqlx::query!(
        "DELETE FROM rehearsals
         WHERE id NOT IN (SELECT id FROM rehearsals ORDER BY created_at DESC, id DESC LIMIT $1)",
        keep,
    )
    .execute(conn)
    .await?;
    Ok(())
}
