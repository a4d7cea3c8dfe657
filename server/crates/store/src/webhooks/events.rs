//! Events that an endpoint has taken in: sealed until they are rows, remembered for a while so that none comes twice.

use model::{ConnectionId, TenantId};
use sqlx::PgConnection;
use time::OffsetDateTime;
use uuid::Uuid;

use crate::{Error, ids::Id};

/// One on its way in.
#[derive(Debug, Clone)]
pub struct New<'a> {
    pub id: Uuid,
    /// The sender's id.
    pub event: &'a str,
    pub kind: &'a str,
    /// Sealed.
    pub payload: Vec<u8>,
    /// A hash of what was signed, where that is not the sender's id too.
    pub signed: Option<Vec<u8>>,
}

/// The endpoint's turn, if it is still on and has this address; whoever ends the turn waits until the transaction ends.
pub async fn enter(
    conn: &mut PgConnection,
    tenant: TenantId,
    connection: ConnectionId,
    token_hash: &[u8],
) -> Result<Option<i64>, Error> {
    // The weakest lock that one for update waits for: any number may enter at once.
    Ok(sqlx::query_scalar!(
        "SELECT turn
         FROM webhooks
         WHERE tenant_id = $1
           AND connection_id = $2
           AND token_hash = $3
         FOR KEY SHARE",
        tenant.uuid(),
        connection.uuid(),
        token_hash,
    )
    .fetch_optional(conn)
    .await?)
}

/// Keeps those that are new; returns how many that were.
pub async fn insert(
    conn: &mut PgConnection,
    tenant: TenantId,
    connection: ConnectionId,
    events: &[New<'_>],
    at: OffsetDateTime,
) -> Result<u64, Error> {
    let ids: Vec<Uuid> = events.iter().map(|event| event.id).collect();
    let names: Vec<String> = events.iter().map(|event| event.event.to_owned()).collect();
    let kinds: Vec<String> = events.iter().map(|event| event.kind.to_owned()).collect();
    let payloads: Vec<Vec<u8>> = events.iter().map(|event| event.payload.clone()).collect();
    // Nothing is empty here: a hash never is.
    let signed = events.iter().map(|event| event.signed.clone());
    let signed: Vec<Vec<u8>> = signed.map(Option::unwrap_or_default).collect();
    let added = sqlx::query!(
        "INSERT INTO webhook_events (tenant_id, connection_id, id, event_id, kind, payload, received_at, signed)
         SELECT $1, $2, e.id, e.event_id, e.kind, e.payload, $7, NULLIF(e.signed, '')
         FROM unnest($3::uuid[], $4::text[], $5::text[], $6::bytea[], $8::bytea[]) AS e (id, event_id, kind, payload, signed)
         ON CONFLICT DO NOTHING",
        tenant.uuid(),
        connection.uuid(),
        &ids,
        &names,
        &kinds,
        &payloads,
        at,
        &signed,
    )
    .execute(conn)
    .await?;
    Ok(added.rows_affected())
}

/// One whose content is still kept.
#[derive(Debug, Clone)]
pub struct Waiting {
    pub id: Uuid,
    pub event: String,
    pub kind: String,
    pub received_at: OffsetDateTime,
    /// Sealed.
    pub payload: Vec<u8>,
}

/// The oldest ones that are not rows yet.
pub async fn waiting(
    conn: &mut PgConnection,
    tenant: TenantId,
    connection: ConnectionId,
    limit: i64,
) -> Result<Vec<Waiting>, Error> {
    Ok(sqlx::query_as!(
        Waiting,
        r#"SELECT id, event_id AS event, kind, received_at, payload AS "payload!"
           FROM webhook_events
           WHERE tenant_id = $1
             AND connection_id = $2
             AND payload IS NOT NULL
             AND written_at IS NULL
           ORDER BY id
           LIMIT $3"#,
        tenant.uuid(),
        connection.uuid(),
        limit,
    )
    .fetch_all(conn)
    .await?)
}

/// The oldest ones that are rows, and whose record is still to be merged into its stream's table.
pub async fn to_merge(
    conn: &mut PgConnection,
    tenant: TenantId,
    connection: ConnectionId,
    limit: i64,
) -> Result<Vec<Waiting>, Error> {
    Ok(sqlx::query_as!(
        Waiting,
        r#"SELECT id, event_id AS event, kind, received_at, payload AS "payload!"
           FROM webhook_events
           WHERE tenant_id = $1
             AND connection_id = $2
             AND payload IS NOT NULL
             AND written_at IS NOT NULL
           ORDER BY id
           LIMIT $3"#,
        tenant.uuid(),
        connection.uuid(),
        limit,
    )
    .fetch_all(conn)
    .await?)
}

/// They are rows. What was sent is forgotten here, but for those that are also to be merged.
pub async fn written(
    conn: &mut PgConnection,
    tenant: TenantId,
    ids: &[Uuid],
    to_merge: &[Uuid],
    at: OffsetDateTime,
) -> Result<(), Error> {
    sqlx::query!(
        "UPDATE webhook_events
         SET payload = CASE WHEN id = ANY($3) THEN payload END,
             written_at = $4
         WHERE tenant_id = $1
           AND id = ANY($2)",
        tenant.uuid(),
        ids,
        to_merge,
        at,
    )
    .execute(conn)
    .await?;
    Ok(())
}

/// They are merged, too: nothing is left to do.
pub async fn merged(conn: &mut PgConnection, tenant: TenantId, ids: &[Uuid]) -> Result<(), Error> {
    sqlx::query!(
        "UPDATE webhook_events
         SET payload = NULL
         WHERE tenant_id = $1
           AND id = ANY($2)",
        tenant.uuid(),
        ids,
    )
    .execute(conn)
    .await?;
    Ok(())
}

/// The turn of a connection's endpoint if records are still to be merged; whoever ends the turn waits until the
/// transaction ends.
pub async fn turn_to_merge(
    conn: &mut PgConnection,
    tenant: TenantId,
    connection: ConnectionId,
) -> Result<Option<i64>, Error> {
    Ok(sqlx::query_scalar!(
        "SELECT turn
         FROM webhooks w
         WHERE tenant_id = $1
           AND connection_id = $2
           AND EXISTS (
               SELECT FROM webhook_events e
               WHERE e.tenant_id = w.tenant_id
                 AND e.connection_id = w.connection_id
                 AND e.payload IS NOT NULL)
         FOR KEY SHARE OF w",
        tenant.uuid(),
        connection.uuid(),
    )
    .fetch_optional(conn)
    .await?)
}

/// What a page says of an endpoint's events.
#[derive(Debug, Clone, Copy)]
pub struct Counts {
    pub last_at: Option<OffsetDateTime>,
    pub recent: i64,
    pub waiting: i64,
}

/// The last one, how many came since then, and how many are no rows yet.
pub async fn counts(
    conn: &mut PgConnection,
    tenant: TenantId,
    connection: ConnectionId,
    since: OffsetDateTime,
) -> Result<Counts, Error> {
    Ok(sqlx::query_as!(
        Counts,
        r#"SELECT max(received_at) AS last_at,
                  count(*) FILTER (WHERE received_at >= $3) AS "recent!",
                  count(*) FILTER (WHERE written_at IS NULL) AS "waiting!"
           FROM webhook_events
           WHERE tenant_id = $1
             AND connection_id = $2"#,
        tenant.uuid(),
        connection.uuid(),
        since,
    )
    .fetch_one(conn)
    .await?)
}

/// One as a page lists it.
#[derive(Debug, Clone)]
pub struct Newest {
    pub kind: String,
    pub received_at: OffsetDateTime,
    pub is_row: bool,
}

/// The newest ones first, whether they are rows yet or not.
pub async fn newest(
    conn: &mut PgConnection,
    tenant: TenantId,
    connection: ConnectionId,
    limit: i64,
) -> Result<Vec<Newest>, Error> {
    Ok(sqlx::query_as!(
        Newest,
        r#"SELECT kind, received_at, written_at IS NOT NULL AS "is_row!"
           FROM webhook_events
           WHERE tenant_id = $1
             AND connection_id = $2
           ORDER BY received_at DESC, id DESC
           LIMIT $3"#,
        tenant.uuid(),
        connection.uuid(),
        limit,
    )
    .fetch_all(conn)
    .await?)
}

/// Forgets those of all tenants that became rows and came before then. Returns how many.
pub async fn forget(conn: &mut PgConnection, before: OffsetDateTime) -> Result<u64, Error> {
    let gone = sqlx::query!(
        "DELETE FROM webhook_events
         WHERE payload IS NULL
           AND received_at < $1",
        before,
    )
    .execute(conn)
    .await?;
    Ok(gone.rows_affected())
}
