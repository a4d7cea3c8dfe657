//! The database half of a run: carries out what the feed decides, on one connection.

use airbyte::protocol::LogLevel;
use tokio::sync::mpsc;
use tokio_postgres::Client;

use crate::fault::Fault;
use crate::receipt::{Outcome, Progress, StreamReceipt};

use super::columns;
use super::copy::Copy;
use super::ddl;
use super::error::fault;
use super::inspect;
use super::lanes::{LaneEnd, Op, Place, Ready, Route, Waiting};
use super::options::{CommittedState, Event, RunOptions};
use super::plan::StreamPlan;
use super::state::Ledger;
use super::table::Table;
use super::target::Target;

pub struct Writer {
    client: Client,
    ledger: Option<Ledger>,
    tables: Vec<Table>,
    copy: Option<Copy>,
    transaction: Transaction,
    keeps_filled: bool,
    events: mpsc::Sender<Event>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Transaction {
    None,
    Open,
}

impl Writer {
    /// Connects, takes the fence and fits every table to its plan.
    pub async fn open(
        target: &Target,
        plans: Vec<StreamPlan>,
        schema: &str,
        options: &RunOptions,
        events: mpsc::Sender<Event>,
    ) -> Result<Self, Fault> {
        let client = target.connect_in_turn().await?;
        ddl::ensure_schema(&client, schema).await?;
        let ledger = match options.fence.clone() {
            Some(fence) => Some(Ledger::open(&client, schema, fence).await?),
            None => None,
        };
        let key = options
            .fence
            .as_ref()
            .map(|fence| fence.key.as_str())
            .unwrap_or_default();
        let tables = plans
            .into_iter()
            .map(|plan| Table::new(plan, key))
            .collect();
        let mut writer = Self {
            client,
            ledger,
            tables,
            copy: None,
            transaction: Transaction::None,
            keeps_filled: options.keeps_filled,
            events,
        };
        writer.prepare(schema).await?;
        Ok(writer)
    }

    async fn prepare(&mut self, schema: &str) -> Result<(), Fault> {
        let names: Vec<_> = self.tables.iter().flat_map(Table::names).collect();
        let mut schemas: Vec<&str> = names
            .iter()
            .map(|(schema, _)| schema.as_str())
            .filter(|name| *name != schema)
            .collect();
        schemas.sort_unstable();
        schemas.dedup();
        for schema in schemas {
            ddl::ensure_schema(&self.client, schema).await?;
        }
        let mut found = inspect::relations(&self.client, &names).await?;
        if let Some(ledger) = &self.ledger {
            let remarks = columns::settle(&self.client, ledger, &mut self.tables, &found).await?;
            remark(&self.events, remarks).await;
        }
        for table in &mut self.tables {
            let existing = table.names().map(|name| found.remove(&name));
            let remarks = table
                .prepare(&self.client, existing, self.ledger.as_ref())
                .await?;
            remark(&self.events, remarks).await;
        }
        Ok(())
    }

    pub fn routes(&self) -> Vec<Route> {
        self.tables
            .iter()
            .map(|table| table.route(self.ledger.as_ref()))
            .collect()
    }

    /// The plans, with the columns' names and types that the tables really have.
    pub fn plans(&self) -> Vec<StreamPlan> {
        self.tables.iter().map(|table| table.plan.clone()).collect()
    }

    /// Works until the feed has said how each stream ended, and returns the receipts. None if the feed stopped without.
    pub async fn run(
        mut self,
        mut ops: mpsc::Receiver<Op>,
    ) -> Result<Option<Vec<StreamReceipt>>, Fault> {
        while let Some(op) = ops.recv().await {
            match op {
                Op::Rows {
                    stream,
                    place,
                    data,
                    rows: _,
                } => self.rows(stream, place, data).await?,
                Op::Commit { states, ready } => self.commit(states, &ready).await?,
                Op::Anew { stream } => self.anew(stream).await?,
                Op::Rollback => self.rollback().await?,
                Op::Progress {
                    stream,
                    read,
                    bytes,
                } => self.progress(stream, read, bytes).await,
                Op::End(ends) => return self.end(&ends).await.map(Some),
            }
        }
        self.rollback().await?;
        for table in &mut self.tables {
            table
                .tidy(&self.client, Outcome::Incomplete, self.ledger.as_ref())
                .await?;
        }
        Ok(None)
    }

    async fn rows(&mut self, stream: usize, place: Place, data: Vec<u8>) -> Result<(), Fault> {
        if !self
            .copy
            .as_ref()
            .is_some_and(|copy| copy.stream == stream && copy.place == place)
        {
            self.finish_copy().await?;
            self.begin().await?;
            let Some(table) = self.tables.get_mut(stream) else {
                return Ok(());
            };
            let (name, freeze) = table.open(&self.client, place).await?;
            let columns = ddl::copy_columns(&table.plan);
            self.copy = Some(
                Copy::start(&self.client, stream, place, &name, &columns, freeze)
                    .await
                    .map_err(|fault| of_stream(fault, table))?,
            );
        }
        if let Some(copy) = &mut self.copy {
            copy.send(data).await?;
        }
        Ok(())
    }

    async fn begin(&mut self) -> Result<(), Fault> {
        if self.transaction == Transaction::None {
            self.client.batch_execute("BEGIN").await.map_err(fault)?;
            self.transaction = Transaction::Open;
        }
        Ok(())
    }

    async fn finish_copy(&mut self) -> Result<(), Fault> {
        let Some(copy) = self.copy.take() else {
            return Ok(());
        };
        let Some(table) = self.tables.get_mut(copy.stream) else {
            return Ok(());
        };
        let place = copy.place;
        let rows = copy
            .finish()
            .await
            .map_err(|fault| of_stream(fault, table))?;
        table.copied(place, rows);
        Ok(())
    }

    /// Rows and states together, or neither.
    async fn commit(&mut self, states: Vec<Waiting>, ready: &[Ready]) -> Result<(), Fault> {
        self.finish_copy().await?;
        if self.transaction == Transaction::None && states.is_empty() && ready.is_empty() {
            return Ok(());
        }
        self.begin().await?;
        for (position, table) in self.tables.iter_mut().enumerate() {
            let ready = ready.iter().find(|ready| ready.stream == position).copied();
            table
                .settle(&self.client, ready)
                .await
                .map_err(|fault| of_stream(fault, table))?;
        }
        if let Some(ledger) = &self.ledger {
            let plans: Vec<_> = if states.is_empty() {
                Vec::new()
            } else {
                self.tables.iter().map(|table| table.plan.clone()).collect()
            };
            for waiting in latest(&states) {
                ledger.save(&self.client, waiting, &plans).await?;
            }
        }
        self.finish_transaction().await?;
        for Waiting {
            state,
            stream,
            records,
        } in states
        {
            let _ = self
                .events
                .send(Event::Committed(CommittedState {
                    state,
                    stream,
                    records,
                }))
                .await;
        }
        Ok(())
    }

    async fn finish_transaction(&mut self) -> Result<(), Fault> {
        if let Some(ledger) = &self.ledger {
            ledger.check_fence(&self.client).await?;
        }
        self.client.batch_execute("COMMIT").await.map_err(fault)?;
        self.transaction = Transaction::None;
        self.tables.iter_mut().for_each(Table::committed);
        Ok(())
    }

    async fn anew(&mut self, stream: usize) -> Result<(), Fault> {
        if !self.tables.get(stream).is_some_and(Table::goes_on) {
            return Ok(());
        }
        self.finish_copy().await?;
        self.begin().await?;
        match self.tables.get_mut(stream) {
            Some(table) => table.begin_anew(&self.client).await,
            None => Ok(()),
        }
    }

    async fn rollback(&mut self) -> Result<(), Fault> {
        // Dropping a COPY makes PostgreSQL forget it.
        self.copy = None;
        if self.transaction == Transaction::Open {
            self.client.batch_execute("ROLLBACK").await.map_err(fault)?;
            self.transaction = Transaction::None;
        }
        self.tables.iter_mut().for_each(Table::rolled_back);
        Ok(())
    }

    async fn progress(&self, stream: usize, read: u64, bytes: u64) {
        if let Some(table) = self.tables.get(stream) {
            let progress = Progress {
                read,
                written: table.written,
                bytes,
            };
            let _ = self
                .events
                .send(Event::Progress {
                    stream: table.plan.descriptor.clone(),
                    progress,
                })
                .await;
        }
    }

    async fn end(&mut self, ends: &[LaneEnd]) -> Result<Vec<StreamReceipt>, Fault> {
        let mut ends = ends.to_vec();
        for (position, end) in ends.iter_mut().enumerate() {
            let table = self.tables.get(position);
            if end.outcome != Outcome::Complete {
                continue;
            }
            if self.keeps_filled && table.is_some_and(Table::would_empty) {
                end.outcome = Outcome::Kept;
            } else {
                self.complete(position).await?;
            }
        }
        let mut receipts = Vec::with_capacity(ends.len());
        for (table, end) in self.tables.iter_mut().zip(&ends) {
            table
                .tidy(&self.client, end.outcome, self.ledger.as_ref())
                .await?;
            let receipt = table.receipt(&self.client, end).await?;
            let progress = Progress {
                read: receipt.read,
                written: receipt.written,
                bytes: receipt.bytes,
            };
            let _ = self
                .events
                .send(Event::Progress {
                    stream: receipt.stream.clone(),
                    progress,
                })
                .await;
            receipts.push(receipt);
        }
        Ok(receipts)
    }

    /// Each stream in a transaction of its own: five hundred tables at once would take more locks than a server has.
    async fn complete(&mut self, position: usize) -> Result<(), Fault> {
        let Some(table) = self.tables.get_mut(position) else {
            return Ok(());
        };
        let forgets = self.ledger.is_some()
            && table.plan.sync_mode == airbyte::protocol::SyncMode::FullRefresh;
        if !forgets && !table.needs_completing() {
            return Ok(());
        }
        self.client.batch_execute("BEGIN").await.map_err(fault)?;
        self.transaction = Transaction::Open;
        table
            .complete(&self.client)
            .await
            .map_err(|fault| of_stream(fault, table))?;
        if let Some(ledger) = self.ledger.as_ref().filter(|_| forgets) {
            ledger.forget(&self.client, &table.plan.descriptor).await?;
        }
        self.finish_transaction().await
    }
}

/// What people may want to know, into the run's log.
async fn remark(events: &mpsc::Sender<Event>, remarks: Vec<String>) {
    for message in remarks {
        let level = LogLevel::Info;
        let _ = events.send(Event::Log { level, message }).await;
    }
}

/// The last state of every stream: earlier ones of the same commit need not be kept.
fn latest(states: &[Waiting]) -> impl Iterator<Item = &Waiting> {
    states
        .iter()
        .enumerate()
        .filter(|(position, waiting)| {
            !states
                .iter()
                .skip(position + 1)
                .any(|later| later.stream == waiting.stream)
        })
        .map(|(_, waiting)| waiting)
}

fn of_stream(fault: Fault, table: &Table) -> Fault {
    fault.in_stream(table.plan.label())
}
