//! The audit trail of all tenants, newest first.

use model::{AuditLine, TenantId};
use seal::KeyRing;
use sqlx::PgConnection;
use time::OffsetDateTime;
use uuid::Uuid;

use crate::{
    Error,
    audit::{Chain, read_private},
    ids::Id,
    times,
};

/// Which lines; everything is optional.
#[derive(Debug, Clone, Default)]
pub struct AuditFilter {
    pub tenant: Option<TenantId>,
    /// Start of the action: `tenant.` finds `tenant.suspend`.
    pub action: Option<String>,
    /// Part of the person's address, or the whole id.
    pub actor: Option<String>,
    /// Only older than this line.
    pub before: Option<Mark>,
}

/// Names a line among all chains, in the order of the list.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Mark {
    pub at: OffsetDateTime,
    pub chain: Uuid,
    pub n: i64,
}

/// The lines and the mark of each.
pub async fn list(
    conn: &mut PgConnection,
    ring: &KeyRing,
    filter: &AuditFilter,
    limit: i64,
) -> Result<Vec<(Mark, AuditLine)>, Error> {
    let before = filter.before;
    let rows = sqlx::query!(
        r#"SELECT line.chain_id, line.n, line.at, line.action, line.target, line.detail, chain.wrapped,
                  COALESCE(users.email, line.actor) AS "actor!"
           FROM audit_lines AS line
           JOIN audit_chains AS chain ON chain.chain_id = line.chain_id
           LEFT JOIN users ON line.actor_user = users.id
           WHERE ($1::uuid IS NULL OR line.chain_id = $1)
             AND ($2::text IS NULL OR starts_with(line.action, $2))
             AND ($3::text IS NULL OR line.actor = $3 OR strpos(users.email_key, lower($3)) > 0)
             AND ($4::timestamptz IS NULL OR (line.at, line.chain_id, line.n) < ($4, $5, $6))
           ORDER BY line.at DESC, line.chain_id DESC, line.n DESC
           LIMIT $7"#,
        filter.tenant.map(Id::uuid),
        filter.action,
        filter.actor,
        before.map(|mark| mark.at),
        before.map(|mark| mark.chain),
        before.map(|mark| mark.n),
        limit,
    )
    .fetch_all(conn)
    .await?;
    Ok(rows
        .into_iter()
        .map(|row| {
            let chain = Chain::from_id(row.chain_id);
            let private = read_private(ring, chain, row.n, row.wrapped.as_deref(), &row.detail);
            let mark = Mark {
                at: row.at,
                chain: row.chain_id,
                n: row.n,
            };
            let line = AuditLine {
                n: row.n,
                at: times::text(row.at),
                actor: row.actor,
                action: row.action,
                target: row.target,
                ip: private.as_ref().and_then(|private| private.ip.clone()),
                detail: private.map_or_else(|| "erased".to_owned(), |private| private.detail),
            };
            (mark, line)
        })
        .collect())
}
