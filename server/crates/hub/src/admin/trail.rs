//! Reading the audit trail: operators see every chain, a tenant its own.

use model::{AuditLine, Page, TenantId};
use store::admin::audit::{AuditFilter, Mark, list};
use time::OffsetDateTime;

use super::PAGE;
use crate::{Error, Hub, Permission, PlatformScope, Scope};

/// Which lines to list.
#[derive(Debug, Clone, Default)]
pub struct AuditQuery {
    pub tenant: Option<TenantId>,
    /// Start of the action: `tenant.` finds them all.
    pub action: Option<String>,
    /// Part of a person's address, or a whole id.
    pub actor: Option<String>,
    /// `next` of the page before.
    pub after: Option<String>,
}

/// Newest first.
pub async fn audit(
    hub: &Hub,
    _scope: &PlatformScope,
    query: &AuditQuery,
) -> Result<Page<AuditLine>, Error> {
    let mut tx = hub.store().platform().await?;
    read(hub, &mut tx, query).await
}

/// What was done in the caller's own tenant.
pub async fn tenant_audit(
    hub: &Hub,
    scope: &Scope,
    query: &AuditQuery,
) -> Result<Page<AuditLine>, Error> {
    scope.require(Permission::Audit)?;
    let query = AuditQuery {
        tenant: Some(scope.tenant()),
        ..query.clone()
    };
    let mut tx = hub.store().tenant(scope.tenant()).await?;
    read(hub, &mut tx, &query).await
}

async fn read(
    hub: &Hub,
    conn: &mut sqlx::PgConnection,
    query: &AuditQuery,
) -> Result<Page<AuditLine>, Error> {
    let wanted = |text: &Option<String>| {
        text.as_deref()
            .map(str::trim)
            .filter(|text| !text.is_empty())
            .map(str::to_owned)
    };
    let before = query
        .after
        .as_deref()
        .map(|mark| {
            parse(mark).ok_or_else(|| Error::field("after", "This page mark is not one of ours."))
        })
        .transpose()?;
    let filter = AuditFilter {
        tenant: query.tenant,
        action: wanted(&query.action),
        actor: wanted(&query.actor),
        before,
    };
    let limit = i64::try_from(PAGE + 1).unwrap_or(i64::MAX);
    let mut rows = list(conn, hub.keys(), &filter, limit).await?;
    let more = rows.len() > PAGE;
    rows.truncate(PAGE);
    Ok(Page {
        next: rows.last().filter(|_| more).map(|(mark, _)| print(*mark)),
        items: rows.into_iter().map(|(_, line)| line).collect(),
    })
}

fn print(mark: Mark) -> String {
    let micros = mark.at.unix_timestamp_nanos() / 1000;
    format!("{micros}.{}.{}", mark.chain.simple(), mark.n)
}

fn parse(text: &str) -> Option<Mark> {
    let mut parts = text.split('.');
    let micros: i128 = parts.next()?.parse().ok()?;
    let mark = Mark {
        at: OffsetDateTime::from_unix_timestamp_nanos(micros.checked_mul(1000)?).ok()?,
        chain: parts.next()?.parse().ok()?,
        n: parts.next()?.parse().ok()?,
    };
    parts.next().is_none().then_some(mark)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn marks_survive_the_address_line() {
        let mark = Mark {
            at: OffsetDateTime::from_unix_timestamp_nanos(1_763_000_000_123_456_000).unwrap(),
            chain: uuid::Uuid::from_u128(7),
            n: 42,
        };
        assert_eq!(parse(&print(mark)), Some(mark));
        for garbage in [
            "",
            "1",
            "1.2.3.4",
            "x.y.z",
            "99999999999999999999999999999999999999.0.1",
        ] {
            assert_eq!(parse(garbage), None, "{garbage}");
        }
    }
}
