//! The audit trail: who did what, as a chain of keyed hashes that shows every change afterwards.
//!
//! One chain a tenant and one for the platform. A line is written in the transaction of the act. The personal part
//! (address, details) is sealed under a key of the chain, which is destroyed with the tenant.

use std::{collections::BTreeMap, fmt};

use model::{TenantId, UserId};
use seal::{Key, KeyRing, Sealer};
use secrecy::ExposeSecret;
use serde::{Deserialize, Serialize};
use sqlx::PgConnection;
use time::OffsetDateTime;
use uuid::Uuid;

use crate::{Error, ids::Id, secrets::key_id};

const MAC_PURPOSE: &str = "audit";
const GENESIS: [u8; 32] = [0; 32];

/// Which chain a line belongs to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Chain {
    Platform,
    Tenant(TenantId),
}

impl Chain {
    pub(crate) fn id(self) -> Uuid {
        match self {
            Self::Platform => Uuid::nil(),
            Self::Tenant(tenant) => tenant.uuid(),
        }
    }

    pub(crate) fn from_id(id: Uuid) -> Self {
        if id.is_nil() {
            Self::Platform
        } else {
            Self::Tenant(TenantId::from_uuid(id))
        }
    }
}

/// What happened.
#[derive(Debug, Clone)]
pub struct Line<'a> {
    pub at: OffsetDateTime,
    /// `usr_…`, `key_…`, `system` or `operator`.
    pub actor: &'a str,
    pub ip: Option<&'a str>,
    /// `tenant.suspend`, `bundle.download` …
    pub action: &'a str,
    pub target: &'a str,
    /// One sentence; never a secret.
    pub detail: &'a str,
}

/// The sealed part.
#[derive(Serialize, Deserialize)]
pub(crate) struct Private {
    pub ip: Option<String>,
    pub detail: String,
}

struct Head {
    n: i64,
    mac: Vec<u8>,
    wrapped: Option<Vec<u8>>,
}

/// Appends a line in the caller's transaction, which must see the chain's tenant (or be the platform's).
pub async fn append(
    conn: &mut PgConnection,
    ring: &KeyRing,
    chain: Chain,
    line: &Line<'_>,
) -> Result<i64, Error> {
    let head = open_head(conn, ring, chain).await?;
    let n = head.n + 1;
    let detail = match &head.wrapped {
        Some(wrapped) => {
            let sealer = line_sealer(ring, chain, wrapped)?;
            let private = Private {
                ip: line.ip.map(str::to_owned),
                detail: line.detail.to_owned(),
            };
            let text = serde_json::to_vec(&private).expect("two texts are always JSON");
            seal::seal(
                &sealer,
                &line_place(chain, n).each_ref().map(String::as_str),
                &text,
            )
        }
        // The tenant is erased: what is said about it is no longer kept either.
        None => Vec::new(),
    };
    let at = whole_micros(line.at);
    let (mac_key, mac) = ring.mac(
        MAC_PURPOSE,
        &parts(
            chain,
            n,
            at,
            line.actor,
            line.action,
            line.target,
            &detail,
            &head.mac,
        )
        .each_ref()
        .map(Vec::as_slice),
    );
    sqlx::query!(
        "SELECT audit_append($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11)",
        chain.id(),
        n,
        at,
        line.actor,
        line.actor.parse::<UserId>().ok().map(Id::uuid),
        line.action,
        line.target,
        detail,
        key_id(mac_key),
        head.mac,
        &mac[..],
    )
    .execute(conn)
    .await?;
    Ok(n)
}

async fn open_head(conn: &mut PgConnection, ring: &KeyRing, chain: Chain) -> Result<Head, Error> {
    if let Some(head) = find_head(conn, chain).await? {
        return Ok(head);
    }
    let wrapped = ring.wrap(&chain_place(chain), &Key::random()?);
    sqlx::query!(
        "SELECT audit_open($1, $2, $3)",
        chain.id(),
        key_id(ring.active()),
        wrapped,
    )
    .execute(&mut *conn)
    .await?;
    find_head(conn, chain).await?.ok_or(Error::NotFound)
}

async fn find_head(conn: &mut PgConnection, chain: Chain) -> Result<Option<Head>, Error> {
    Ok(sqlx::query_as!(
        Head,
        r#"SELECT last_n AS "n!", last_mac AS "mac!", sealing_key AS wrapped
           FROM audit_head($1)"#,
        chain.id(),
    )
    .fetch_optional(conn)
    .await?)
}

/// What a check of a chain found.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Verdict {
    /// Every line is as it was written; so many.
    Whole(i64),
    /// The first line that does not fit, and why.
    Broken { n: i64, why: &'static str },
}

impl Verdict {
    pub fn is_sound(&self) -> bool {
        matches!(self, Self::Whole(_))
    }
}

impl fmt::Display for Verdict {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Whole(lines) => write!(f, "{lines} lines, as they were written"),
            Self::Broken { n, why } => write!(f, "BROKEN at line {n}: {why}"),
        }
    }
}

impl fmt::Display for Chain {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Platform => f.write_str("platform"),
            Self::Tenant(tenant) => tenant.fmt(f),
        }
    }
}

/// Walks a chain from its first line to its head.
pub async fn verify(
    conn: &mut PgConnection,
    ring: &KeyRing,
    chain: Chain,
) -> Result<Verdict, Error> {
    let mut prev = GENESIS.to_vec();
    let mut n = 0;
    loop {
        let lines = sqlx::query!(
            "SELECT n, at, actor, action, target, detail, mac_key_id, prev, mac
             FROM audit_lines
             WHERE chain_id = $1
               AND n > $2
             ORDER BY n
             LIMIT 500",
            chain.id(),
            n,
        )
        .fetch_all(&mut *conn)
        .await?;
        if lines.is_empty() {
            break;
        }
        for line in lines {
            if line.n != n + 1 {
                return Ok(Verdict::Broken {
                    n: n + 1,
                    why: "the line is missing",
                });
            }
            let parts = parts(
                chain,
                line.n,
                line.at,
                &line.actor,
                &line.action,
                &line.target,
                &line.detail,
                &prev,
            );
            let key = u32::try_from(line.mac_key_id).unwrap_or_default();
            if ring.ids().all(|known| known != key) {
                return Ok(Verdict::Broken {
                    n: line.n,
                    why: "the key that signed it is not in the key file any more",
                });
            }
            if line.prev != prev
                || !ring.mac_holds(
                    key,
                    MAC_PURPOSE,
                    &parts.each_ref().map(Vec::as_slice),
                    &line.mac,
                )
            {
                return Ok(Verdict::Broken {
                    n: line.n,
                    why: "the line is not as it was written",
                });
            }
            n = line.n;
            prev = line.mac;
        }
    }
    let head = sqlx::query!(
        "SELECT n, mac FROM audit_chains WHERE chain_id = $1",
        chain.id()
    )
    .fetch_optional(conn)
    .await?;
    Ok(match head {
        None if n == 0 => Verdict::Whole(0),
        Some(head) if head.n == n && head.mac == prev => Verdict::Whole(n),
        _ => Verdict::Broken {
            n: n + 1,
            why: "lines are missing at the end",
        },
    })
}

/// Every chain there is: in a platform transaction.
pub async fn chains(conn: &mut PgConnection) -> Result<Vec<Chain>, Error> {
    let ids = sqlx::query_scalar!("SELECT chain_id FROM audit_chains ORDER BY chain_id")
        .fetch_all(conn)
        .await?;
    Ok(ids.into_iter().map(Chain::from_id).collect())
}

/// Erases what the lines of a chain say about people; that they exist stays provable.
pub async fn forget(conn: &mut PgConnection, chain: Chain) -> Result<(), Error> {
    sqlx::query!("SELECT audit_rekey($1, 0, NULL)", chain.id())
        .execute(conn)
        .await?;
    Ok(())
}

/// Wraps the keys of all chains anew that are not under the active key: in a platform transaction.
pub async fn rewrap(conn: &mut PgConnection, ring: &KeyRing) -> Result<usize, Error> {
    let rows = sqlx::query!(
        r#"SELECT chain_id, wrapped AS "wrapped!"
           FROM audit_chains
           WHERE key_id <> $1
             AND wrapped IS NOT NULL"#,
        key_id(ring.active()),
    )
    .fetch_all(&mut *conn)
    .await?;
    let changed = rows.len();
    for row in rows {
        let place = chain_place(Chain::from_id(row.chain_id));
        let key = ring.unwrap(&place, &row.wrapped)?;
        sqlx::query!(
            "SELECT audit_rekey($1, $2, $3)",
            row.chain_id,
            key_id(ring.active()),
            ring.wrap(&place, &key),
        )
        .execute(&mut *conn)
        .await?;
    }
    Ok(changed)
}

/// Opens the sealed part of a line; `None` when it was erased.
pub(crate) fn read_private(
    ring: &KeyRing,
    chain: Chain,
    n: i64,
    wrapped: Option<&[u8]>,
    detail: &[u8],
) -> Option<Private> {
    let sealer = line_sealer(ring, chain, wrapped?).ok()?;
    let text = seal::open(
        &sealer,
        &line_place(chain, n).each_ref().map(String::as_str),
        detail,
    )
    .ok()?;
    serde_json::from_slice(text.expose_secret()).ok()
}

fn line_sealer(ring: &KeyRing, chain: Chain, wrapped: &[u8]) -> Result<Sealer, Error> {
    let key = ring.unwrap(&chain_place(chain), wrapped)?;
    Ok(Sealer::new(1, BTreeMap::from([(1, key)])).expect("the active key was just put in"))
}

fn chain_place(chain: Chain) -> [String; 2] {
    ["hub/audit/v1".to_owned(), chain.id().to_string()]
}

fn line_place(chain: Chain, n: i64) -> [String; 3] {
    [
        "hub/audit-line/v1".to_owned(),
        chain.id().to_string(),
        n.to_string(),
    ]
}

/// The database keeps microseconds: the hash must be over what can be read back.
fn whole_micros(at: OffsetDateTime) -> OffsetDateTime {
    at.replace_nanosecond(at.microsecond() * 1000)
        .expect("a microsecond times 1000 is a nanosecond of the same second")
}

#[expect(
    clippy::too_many_arguments,
    reason = "every field of a line goes into its hash"
)]
fn parts(
    chain: Chain,
    n: i64,
    at: OffsetDateTime,
    actor: &str,
    action: &str,
    target: &str,
    detail: &[u8],
    prev: &[u8],
) -> [Vec<u8>; 8] {
    [
        chain.id().as_bytes().to_vec(),
        n.to_be_bytes().to_vec(),
        (at.unix_timestamp_nanos() / 1000).to_be_bytes().to_vec(),
        actor.into(),
        action.into(),
        target.into(),
        detail.to_vec(),
        prev.to_vec(),
    ]
}
