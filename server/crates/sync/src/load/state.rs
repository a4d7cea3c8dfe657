//! States and fences in the destination, in the same transaction as the rows they speak for.
//!
//! `_tributary_state` holds the last committed state of every stream of a connection (the `key`), `_tributary_fence` the
//! newest run's token; `_tributary_columns` is made with them for [`columns`](super::columns). A run takes the fence first
//! and checks it in every commit: a run that was taken for dead and comes back writes nothing.

use std::time::Duration;

use airbyte::protocol::{ConfiguredAirbyteCatalog, StreamDescriptor, SyncMode};
use serde_json::Value;
use tokio_postgres::Client;
use tokio_postgres::error::SqlState;

use crate::fault::{Fault, Kind};

use super::ddl;
use super::error::{fault, is};
use super::ident::{munge, qualified};
use super::lanes::Waiting;
use super::options::Fence;
use super::plan::{COLUMNS_TABLE, FENCE_TABLE, STATE_TABLE, StreamPlan};
use super::target::Target;

/// How long a stale run's connection may take to go away.
const STALE_PATIENCE: Duration = Duration::from_secs(10);

/// The state tables of one connection.
#[derive(Debug, Clone)]
pub struct Ledger {
    fence: Fence,
    states: String,
    fences: String,
    columns: String,
}

async fn are_there(client: &Client, schema: &str) -> Result<bool, Fault> {
    let there: i64 = client
        .query_one(
            "SELECT count(*) FROM pg_class AS c JOIN pg_namespace AS n ON n.oid = c.relnamespace WHERE n.nspname = $1 AND c.relname IN ($2, $3, $4)",
            &[&schema, &STATE_TABLE, &FENCE_TABLE, &COLUMNS_TABLE],
        )
        .await
        .map_err(fault)?
        .get(0);
    Ok(there == 3)
}

/// What an earlier run has left for a stream.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Left {
    pub generation: i64,
}

impl Ledger {
    /// Makes sure the tables are there and takes the fence, or says that a newer run has it.
    pub async fn open(client: &Client, schema: &str, fence: Fence) -> Result<Self, Fault> {
        let ledger = Self {
            fence,
            states: qualified(schema, STATE_TABLE),
            fences: qualified(schema, FENCE_TABLE),
            columns: qualified(schema, COLUMNS_TABLE),
        };
        ledger.ensure_tables(client, schema).await?;
        ledger.take_fence(client).await?;
        Ok(ledger)
    }

    /// Tables and who may read them come in one transaction: whoever sees them sees them locked away. Another run of the
    /// same schema may make them at the same moment; a tenant's login has no locks of its own to prevent that.
    async fn ensure_tables(&self, client: &Client, schema: &str) -> Result<(), Fault> {
        while !are_there(client, schema).await? {
            client.batch_execute("BEGIN").await.map_err(fault)?;
            match client.batch_execute(&self.tables()).await {
                Err(error)
                    if is(
                        &error,
                        &[
                            SqlState::UNIQUE_VIOLATION,
                            SqlState::DUPLICATE_TABLE,
                            // the type of its rows
                            SqlState::DUPLICATE_OBJECT,
                        ],
                    ) =>
                {
                    client.batch_execute("ROLLBACK").await.map_err(fault)?;
                    continue;
                }
                result => result.map_err(fault)?,
            }
            for table in [&self.states, &self.fences, &self.columns] {
                ddl::keep_private(client, table).await?;
            }
            client.batch_execute("COMMIT").await.map_err(fault)?;
        }
        Ok(())
    }

    fn tables(&self) -> String {
        // State is kept as TEXT: it is the source's own, to be given back byte for byte.
        format!(
            "CREATE TABLE IF NOT EXISTS {} (
                 key TEXT NOT NULL, namespace TEXT NOT NULL, stream TEXT NOT NULL, state TEXT, generation BIGINT NOT NULL,
                 token BIGINT NOT NULL, updated_at TIMESTAMPTZ NOT NULL DEFAULT now(), PRIMARY KEY (key, namespace, stream));
             CREATE TABLE IF NOT EXISTS {} (
                 key TEXT PRIMARY KEY, token BIGINT NOT NULL, backend INTEGER NOT NULL, backend_start TIMESTAMPTZ NOT NULL);
             CREATE TABLE IF NOT EXISTS {} (
                 table_schema TEXT NOT NULL, table_name TEXT NOT NULL, field TEXT NOT NULL, column_name TEXT NOT NULL,
                 PRIMARY KEY (table_schema, table_name, field))",
            self.states, self.fences, self.columns
        )
    }

    /// Where the names of columns are remembered.
    pub fn columns(&self) -> &str {
        &self.columns
    }

    /// Waits for a stale run's last commit, if one is under way, then locks that run out and ends its connection: it may
    /// hold locks, and a login may have only two connections.
    async fn take_fence(&self, client: &Client) -> Result<(), Fault> {
        let stale = client
            .query_opt(
                &format!(
                    "SELECT backend, backend_start FROM {} WHERE key = $1",
                    self.fences
                ),
                &[&self.fence.key],
            )
            .await
            .map_err(fault)?;
        // A login that acts as another role is not told when its session began. Nobody can end that one then; the token keeps
        // it from writing all the same.
        let taken = client
            .execute(
                &format!(
                    "INSERT INTO {} AS f (key, token, backend, backend_start)
                     SELECT $1, $2, pg_backend_pid(), coalesce(backend_start, to_timestamp(0)) FROM pg_stat_activity WHERE pid = pg_backend_pid()
                     ON CONFLICT (key) DO UPDATE
                     SET token = excluded.token, backend = excluded.backend, backend_start = excluded.backend_start
                     WHERE f.token < excluded.token",
                    self.fences
                ),
                &[&self.fence.key, &self.fence.token],
            )
            .await
            .map_err(fault)?;
        if taken == 0 {
            return Err(superseded());
        }
        if let Some(row) = stale {
            let (pid, started): (i32, time::OffsetDateTime) = (row.get(0), row.get(1));
            self.end_stale(client, pid, started).await?;
        }
        Ok(())
    }

    async fn end_stale(
        &self,
        client: &Client,
        pid: i32,
        started: time::OffsetDateTime,
    ) -> Result<(), Fault> {
        let patience = i64::try_from(STALE_PATIENCE.as_millis()).unwrap_or(i64::MAX);
        let ended = client
            .query_opt(
                "SELECT pg_terminate_backend(pid, $3) FROM pg_stat_activity
                 WHERE pid = $1 AND backend_start = $2 AND usename = current_user AND pid <> pg_backend_pid()",
                &[&pid, &started, &patience],
            )
            .await;
        match ended {
            // Not ours to end: the fence alone keeps it from writing.
            Err(error) if is(&error, &[SqlState::INSUFFICIENT_PRIVILEGE]) => Ok(()),
            result => result.map(|_| ()).map_err(fault),
        }
    }

    /// To be called last in every transaction: only the newest run may commit. Holds the fence until the commit is done.
    pub async fn check_fence(&self, client: &Client) -> Result<(), Fault> {
        let sql = format!(
            "SELECT FROM {} WHERE key = $1 AND token = $2 FOR SHARE",
            self.fences
        );
        match client
            .query_opt(&sql, &[&self.fence.key, &self.fence.token])
            .await
            .map_err(fault)?
        {
            Some(_) => Ok(()),
            None => Err(superseded()),
        }
    }

    /// Keeps a state, in the open transaction.
    pub async fn save(
        &self,
        client: &Client,
        waiting: &Waiting,
        plans: &[StreamPlan],
    ) -> Result<(), Fault> {
        let generation = waiting
            .stream
            .as_ref()
            .and_then(|stream| plans.iter().find(|plan| plan.descriptor == *stream))
            .map_or(0, |plan| plan.generation);
        let (namespace, name) = key_of(waiting.stream.as_ref());
        // A source speaks either of its streams or of everything: the newer way of speaking replaces the other.
        let other = if waiting.stream.is_some() {
            "stream = ''"
        } else {
            "stream <> ''"
        };
        client
            .execute(
                &format!(
                    "UPDATE {} SET state = NULL WHERE key = $1 AND state IS NOT NULL AND {other}",
                    self.states
                ),
                &[&self.fence.states()],
            )
            .await
            .map_err(fault)?;
        client
            .execute(
                &format!(
                    "INSERT INTO {} (key, namespace, stream, state, generation, token) VALUES ($1, $2, $3, $4, $5, $6)
                     ON CONFLICT (key, namespace, stream) DO UPDATE
                     SET state = excluded.state, generation = excluded.generation, token = excluded.token, updated_at = now()",
                    self.states
                ),
                &[&self.fence.states(), &namespace, &name, &waiting.state, &generation, &self.fence.token],
            )
            .await
            .map_err(fault)?;
        Ok(())
    }

    /// A full refresh is complete: it does not go on from anywhere next time. In the open transaction.
    pub async fn forget(&self, client: &Client, stream: &StreamDescriptor) -> Result<(), Fault> {
        let (namespace, name) = key_of(Some(stream));
        let sql = format!(
            "DELETE FROM {} WHERE key = $1 AND namespace = $2 AND stream = $3",
            self.states
        );
        client
            .execute(&sql, &[&self.fence.states(), &namespace, &name])
            .await
            .map_err(fault)?;
        Ok(())
    }

    /// What the last attempt has left for this stream, if it has saved a state.
    pub async fn left(
        &self,
        client: &Client,
        stream: &StreamDescriptor,
    ) -> Result<Option<Left>, Fault> {
        let (namespace, name) = key_of(Some(stream));
        let sql = format!(
            "SELECT generation FROM {} WHERE key = $1 AND namespace = $2 AND stream = $3 AND state IS NOT NULL",
            self.states
        );
        let row = client
            .query_opt(&sql, &[&self.fence.states(), &namespace, &name])
            .await
            .map_err(fault)?;
        Ok(row.map(|row| Left {
            generation: row.get(0),
        }))
    }
}

fn key_of(stream: Option<&StreamDescriptor>) -> (String, String) {
    stream
        .map(|stream| {
            (
                stream.namespace.clone().unwrap_or_default(),
                stream.name.clone(),
            )
        })
        .unwrap_or_default()
}

fn superseded() -> Fault {
    Fault::new(
        Kind::Cancelled,
        "A newer run of this connection has started, so this one wrote nothing more.",
    )
}

/// One saved state with what decides whether it may be used.
struct Saved {
    message: Value,
    stream: Option<StreamDescriptor>,
    generation: i64,
}

async fn saved(target: &Target, key: &str) -> Result<Vec<Saved>, Fault> {
    let client = target.connect_in_turn().await?;
    let sql = format!(
        "SELECT namespace, stream, state, generation FROM {} WHERE key = $1 AND state IS NOT NULL ORDER BY namespace, stream",
        qualified(&munge(&target.schema), STATE_TABLE)
    );
    let rows = match client.query(&sql, &[&key]).await {
        Err(error)
            if is(
                &error,
                &[SqlState::UNDEFINED_TABLE, SqlState::INVALID_SCHEMA_NAME],
            ) =>
        {
            return Ok(Vec::new());
        }
        result => result.map_err(fault)?,
    };
    rows.iter()
        .map(|row| {
            let (namespace, name, state): (String, String, String) =
                (row.get(0), row.get(1), row.get(2));
            let message = serde_json::from_str(&state).map_err(|error| {
                Fault::bug("A saved state can no longer be read.").with_detail(error.to_string())
            })?;
            let stream = (!name.is_empty()).then(|| {
                StreamDescriptor::new(
                    name,
                    Some(namespace).filter(|namespace| !namespace.is_empty()),
                )
            });
            Ok(Saved {
                message,
                stream,
                generation: row.get(3),
            })
        })
        .collect()
}

/// The last committed `AirbyteStateMessage` of every stream of this key, or the one GLOBAL or LEGACY message: what the
/// next read starts from.
pub async fn committed_states(target: &Target, key: &str) -> Result<Vec<Value>, Fault> {
    Ok(saved(target, key)
        .await?
        .into_iter()
        .map(|saved| saved.message)
        .collect())
}

/// The same, without states that the catalogue's generations have made void: a stream that is to be replaced starts from
/// scratch unless its state belongs to the very generation being written, and a full refresh goes on only within its own
/// generation.
pub async fn resumable_states(
    target: &Target,
    key: &str,
    catalog: &ConfiguredAirbyteCatalog,
) -> Result<Vec<Value>, Fault> {
    let usable = |saved: &Saved| {
        let Some(stream) = &saved.stream else {
            return true;
        };
        let Some(configured) = catalog
            .streams
            .iter()
            .find(|configured| configured.descriptor() == *stream)
        else {
            return false;
        };
        let own_generation_only =
            configured.replaces_table() || configured.sync_mode == SyncMode::FullRefresh;
        !own_generation_only || saved.generation == configured.generation_id
    };
    Ok(saved(target, key)
        .await?
        .into_iter()
        .filter(usable)
        .map(|saved| saved.message)
        .collect())
}
