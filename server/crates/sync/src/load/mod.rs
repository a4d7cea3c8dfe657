//! The PostgreSQL loader: Airbyte messages in, typed tables out.
//!
//! A thread reads and converts ([`feed`]), the calling task copies and commits ([`writer`]); between them go buffers of
//! finished rows in PostgreSQL's binary COPY format, so nothing is parsed twice and memory is bounded by the buffers,
//! not by the source. Which rows may be committed with which state is decided in [`lanes`], which touches neither.
//!
//! What it leaves to others: getting messages out of a source, deciding when a run starts, and what becomes of receipts.

mod columns;
pub mod command;
mod copy;
mod datetime;
mod ddl;
mod error;
mod evolve;
mod feed;
mod ident;
mod inspect;
mod json;
mod lanes;
mod merge;
mod numeric;
mod options;
mod plan;
mod reader;
mod row;
mod schema;
mod shape;
mod state;
mod swap;
mod table;
mod target;
mod text;
mod tls;
mod upsert;
mod value;
mod writer;

use airbyte::protocol::ConfiguredAirbyteCatalog;
use bytes::Bytes;
use tokio::runtime::Handle;
use tokio::sync::mpsc;

use crate::fault::Fault;
use crate::receipt::StreamReceipt;

pub use ident::munge;
pub use options::{CommittedState, Completion, Event, Fence, Namespaces, RunOptions};
pub use state::{committed_states, resumable_states};
pub use target::Target;
pub use tls::TlsMode;
pub use upsert::{Keyed, News, Upserted, upsert};

// For sources, which tell what becomes of their values.
pub(crate) use schema::column_type;
pub(crate) use value::ColumnType;

use feed::{Feed, Stop};
use writer::Writer;

/// Buffers of finished rows between converting and copying: enough to keep both busy.
const IN_FLIGHT: usize = 8;

/// Loads what `input` brings into the target's tables, until it ends.
///
/// `input` carries protocol lines, cut anywhere; `events` must be read while the run goes on (a full channel holds the
/// run up, a closed one does not matter). Returns a receipt per stream of the catalogue, in its order.
///
/// Dropping the future takes back what is not committed.
///
/// # Errors
/// The fault that stopped the run. Everything an [`Event::Committed`] was sent for is kept, with its state; nothing else
/// is, and tables that were to be replaced are as they were.
pub async fn write(
    target: &Target,
    catalog: &ConfiguredAirbyteCatalog,
    input: mpsc::Receiver<Bytes>,
    events: mpsc::Sender<Event>,
    run: RunOptions,
) -> Result<Vec<StreamReceipt>, Fault> {
    let schema = ident::munge(&target.schema);
    let plans = plan::plan(catalog, &schema, &run)?;
    let writer = Writer::open(target, plans, &schema, &run, events.clone()).await?;
    let (ops, carried_out) = mpsc::channel(IN_FLIGHT);
    let feed = Feed::new(writer.plans(), &writer.routes(), &run, events, ops);
    let runtime = Handle::current();
    let reading = tokio::task::spawn_blocking(move || feed.run(input, &runtime));
    let receipts = writer.run(carried_out).await?;
    match (receipts, reading.await) {
        (Some(receipts), Ok(Ok(()))) => Ok(receipts),
        (_, Ok(Err(Stop::Fault(fault)))) => Err(fault),
        _ => Err(Fault::bug("Reading stopped without a reason.")),
    }
}

/// Tries the target: connects, and makes and drops a table in its schema.
///
/// # Errors
/// What is wrong and at which field of the configuration.
pub async fn check(target: &Target) -> Result<(), Fault> {
    let client = target.connect().await?;
    let schema = ident::munge(&target.schema);
    ddl::ensure_schema(&client, &schema).await?;
    let table = ident::qualified(&schema, "_tributary_check");
    let sql = format!("BEGIN; CREATE TABLE {table} (works BOOLEAN); DROP TABLE {table}; COMMIT");
    client.batch_execute(&sql).await.map_err(error::fault)
}
