//! One stream's tables during a run, and the counts that become its receipt.

mod left;

use tokio_postgres::Client;

use crate::fault::Fault;
use crate::receipt::{Counted, Outcome, StreamReceipt};

use super::copy::Freeze;
use super::ddl;
use super::error::fault;
use super::evolve;
use super::ident::{fingerprint, qualified};
use super::inspect::{self, Relation};
use super::lanes::{LaneEnd, Place, Ready, Route, Tie};
use super::merge::{self, Moved};
use super::plan::{Earlier, StreamPlan, Write};
use super::state::Ledger;
use super::swap;

/// Where rows land.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Landing {
    /// In the stream's table, which readers see.
    Visible,
    /// In a new table that takes its place in the end.
    New,
}

/// What exists of the landing table.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Made {
    Missing,
    /// Made in the open transaction.
    Fresh,
    Committed,
}

/// Counts of the open transaction.
#[derive(Debug, Clone, Copy, Default)]
struct Open {
    landed: u64,
    moved: Moved,
    /// Rows of an earlier attempt that were thrown away.
    forgotten: u64,
}

pub struct Table {
    pub plan: StreamPlan,
    landing: Landing,
    made: Made,
    stage_made: Made,
    new_name: String,
    stage_name: String,
    /// The old table's rows, if there is one and it can be counted.
    rows_before: Before,
    /// Rows an earlier attempt has left in the new table.
    resumed: u64,
    empty: bool,
    open: Open,
    total: Moved,
    pub written: u64,
}

#[derive(Debug, Clone, Copy)]
enum Before {
    Exactly(u64),
    About(u64),
}

impl Table {
    pub fn new(plan: StreamPlan, key: &str) -> Self {
        let mark = fingerprint(&[key, &plan.schema, &plan.table]);
        Self {
            landing: if plan.earlier == Earlier::Replace {
                Landing::New
            } else {
                Landing::Visible
            },
            made: Made::Missing,
            stage_made: Made::Missing,
            new_name: format!("_tributary_new_{mark}"),
            stage_name: format!("_tributary_stage_{mark}"),
            rows_before: Before::Exactly(0),
            resumed: 0,
            empty: true,
            open: Open::default(),
            total: Moved::default(),
            written: 0,
            plan,
        }
    }

    /// The names whose existence matters before the run.
    pub fn names(&self) -> [(String, String); 3] {
        [&self.plan.table, &self.new_name, &self.stage_name]
            .map(|name| (self.plan.schema.clone(), name.clone()))
    }

    fn landing_name(&self) -> &str {
        match self.landing {
            Landing::Visible => &self.plan.table,
            Landing::New => &self.new_name,
        }
    }

    /// How the rows will travel; to be asked after [`prepare`](Self::prepare).
    pub fn route(&self, ledger: Option<&Ledger>) -> Route {
        let tie = if self.landing == Landing::New && !(self.plan.resumable && ledger.is_some()) {
            Tie::Free
        } else {
            Tie::ToStates
        };
        let (first, later) = match (self.landing, self.plan.write) {
            (Landing::Visible, Write::Dedup) if self.empty => (Place::Landing, Place::Stage),
            (Landing::Visible, Write::Dedup) => (Place::Stage, Place::Stage),
            _ => (Place::Landing, Place::Landing),
        };
        Route { tie, first, later }
    }

    /// Fits what is there to the plan, and clears away what a run that died has left. Returns remarks for the log.
    pub async fn prepare(
        &mut self,
        client: &Client,
        existing: [Option<Relation>; 3],
        ledger: Option<&Ledger>,
    ) -> Result<Vec<String>, Fault> {
        let [old, new, stage] = existing;
        if stage.is_some() {
            ddl::drop_table(client, &qualified(&self.plan.schema, &self.stage_name)).await?;
        }
        if let Some(new) = new {
            self.resume_or_drop(client, &new, ledger).await?;
        }
        let Some(old) = old else {
            return Ok(Vec::new());
        };
        let table = qualified(&self.plan.schema, &self.plan.table);
        let mut remarks = Vec::new();
        match self.landing {
            Landing::Visible => {
                remarks = evolve::evolve(client, &mut self.plan, &old).await?;
                self.made = Made::Committed;
                self.empty = inspect::is_empty(client, &table).await?;
                if self.plan.write == Write::Dedup && !self.empty {
                    self.ensure_index(client, old.oid).await?;
                }
            }
            // A table people have built on will get the new rows: they must fit its columns.
            Landing::New
                if self.resumed == 0
                    && inspect::is_built_on(client, old.oid, &merge::key_names(&self.plan))
                        .await? =>
            {
                remarks = evolve::evolve(client, &mut self.plan, &old).await?;
            }
            Landing::New => evolve::must_be_ours(&self.plan, &old)?,
        }
        self.rows_before = match inspect::count(client, &table).await? {
            Some(rows) => Before::Exactly(rows),
            None => Before::About(inspect::estimate(client, old.oid).await?),
        };
        Ok(remarks)
    }

    async fn ensure_index(&self, client: &Client, oid: u32) -> Result<(), Fault> {
        if inspect::has_index(client, oid, &merge::key_names(&self.plan)).await? {
            return Ok(());
        }
        self.create_index(client, &self.plan.table).await
    }

    async fn create_index(&self, client: &Client, name: &str) -> Result<(), Fault> {
        let sql = format!(
            "CREATE INDEX ON {} ({})",
            qualified(&self.plan.schema, name),
            merge::key_columns(&self.plan).join(", ")
        );
        client.batch_execute(&sql).await.map_err(fault)
    }

    /// In a transaction: the table rows of this place are copied into, made if need be.
    pub async fn open(&mut self, client: &Client, place: Place) -> Result<(String, Freeze), Fault> {
        match place {
            Place::Landing => {
                self.ensure_landing(client).await?;
                let freeze = if self.made == Made::Fresh {
                    Freeze::Yes
                } else {
                    Freeze::No
                };
                Ok((qualified(&self.plan.schema, self.landing_name()), freeze))
            }
            Place::Stage => {
                if self.stage_made == Made::Missing {
                    ddl::create_stage(client, &self.plan, &self.stage_name).await?;
                    self.stage_made = Made::Fresh;
                }
                Ok((qualified(&self.plan.schema, &self.stage_name), Freeze::No))
            }
        }
    }

    async fn ensure_landing(&mut self, client: &Client) -> Result<(), Fault> {
        if self.made == Made::Missing {
            ddl::create_table(client, &self.plan, self.landing_name()).await?;
            if self.landing == Landing::New {
                ddl::keep_private(client, &qualified(&self.plan.schema, &self.new_name)).await?;
            }
            self.made = Made::Fresh;
        }
        Ok(())
    }

    /// PostgreSQL has taken this many rows.
    pub fn copied(&mut self, place: Place, rows: u64) {
        if place == Place::Landing {
            self.open.landed += rows;
        }
    }

    /// Before the commit: what was copied gets its final shape.
    pub async fn settle(&mut self, client: &Client, ready: Option<Ready>) -> Result<(), Fault> {
        if self.open.landed > 0 && self.landing == Landing::Visible {
            let moved = match self.plan.write {
                Write::Append => Moved {
                    inserted: self.open.landed,
                    ..Moved::default()
                },
                Write::Dedup => {
                    let moved = merge::dedup_in_place(
                        client,
                        &self.plan,
                        &self.plan.table,
                        self.open.landed,
                    )
                    .await?;
                    self.create_index_once(client).await?;
                    moved
                }
            };
            self.open.moved.add(moved);
        }
        if let Some(ready) = ready {
            self.ensure_landing(client).await?;
            let moved = merge::settle(client, &self.plan, &self.stage_name, ready).await?;
            self.open.moved.add(moved);
        }
        Ok(())
    }

    async fn create_index_once(&self, client: &Client) -> Result<(), Fault> {
        match inspect::relation(client, &self.plan.schema, &self.plan.table).await? {
            Some(relation) => self.ensure_index(client, relation.oid).await,
            None => Ok(()),
        }
    }

    pub fn committed(&mut self) {
        for made in [&mut self.made, &mut self.stage_made] {
            if *made == Made::Fresh {
                *made = Made::Committed;
            }
        }
        self.written += match self.landing {
            Landing::New => self.open.landed,
            Landing::Visible => self.open.moved.rows(),
        };
        self.total.add(self.open.moved);
        self.resumed -= self.open.forgotten;
        self.open = Open::default();
    }

    pub fn rolled_back(&mut self) {
        for made in [&mut self.made, &mut self.stage_made] {
            if *made == Made::Fresh {
                *made = Made::Missing;
            }
        }
        self.open = Open::default();
    }

    /// In a transaction, when the stream is complete: its table is as it should be.
    pub async fn complete(&mut self, client: &Client) -> Result<(), Fault> {
        self.ensure_landing(client).await?;
        if self.landing == Landing::Visible {
            if self.plan.write == Write::Dedup && self.made == Made::Fresh {
                self.create_index(client, &self.plan.table).await?;
            }
            return Ok(());
        }
        let rows = self.written + self.resumed;
        let moved = match self.plan.write {
            Write::Append => Moved {
                inserted: rows,
                ..Moved::default()
            },
            Write::Dedup => {
                let moved = merge::dedup_in_place(client, &self.plan, &self.new_name, rows).await?;
                self.create_index(client, &self.new_name).await?;
                moved
            }
        };
        swap::replace(client, &self.plan, &self.new_name).await?;
        self.total = moved;
        Ok(())
    }

    /// Whether completing the stream would leave nothing of a table with rows.
    pub fn would_empty(&self) -> bool {
        let before = match self.rows_before {
            Before::Exactly(rows) | Before::About(rows) => rows,
        };
        self.landing == Landing::New && self.written + self.resumed == 0 && before > 0
    }

    /// Whether completing the stream needs a transaction of its own.
    pub fn needs_completing(&self) -> bool {
        self.landing == Landing::New || self.made == Made::Missing
    }

    /// After the run: no table of our own stays behind, but for what the next attempt goes on with.
    pub async fn tidy(
        &mut self,
        client: &Client,
        outcome: Outcome,
        ledger: Option<&Ledger>,
    ) -> Result<(), Fault> {
        if self.stage_made == Made::Committed {
            ddl::drop_table(client, &qualified(&self.plan.schema, &self.stage_name)).await?;
        }
        let abandoned = outcome != Outcome::Complete
            && self.landing == Landing::New
            && self.made == Made::Committed;
        if abandoned && !(self.plan.resumable && ledger.is_some()) {
            ddl::drop_table(client, &qualified(&self.plan.schema, &self.new_name)).await?;
            self.written = 0;
        }
        Ok(())
    }

    /// The proof, with the table counted again.
    pub async fn receipt(&self, client: &Client, end: &LaneEnd) -> Result<StreamReceipt, Fault> {
        let swapped = self.landing == Landing::New && end.outcome == Outcome::Complete;
        let (before, exactly) = match self.rows_before {
            Before::Exactly(rows) => (rows, true),
            Before::About(rows) => (rows, false),
        };
        let removed = if swapped { before } else { self.total.removed };
        let expected = (before + self.total.inserted).saturating_sub(removed);
        let table = qualified(&self.plan.schema, &self.plan.table);
        let there = inspect::relation(client, &self.plan.schema, &self.plan.table)
            .await?
            .is_some();
        let counted = match (there, exactly || swapped) {
            (false, _) => Some(0),
            (true, true) => inspect::count(client, &table).await?,
            (true, false) => None,
        };
        Ok(StreamReceipt {
            stream: self.plan.descriptor.clone(),
            schema: self.plan.schema.clone(),
            table: self.plan.table.clone(),
            outcome: end.outcome,
            read: end.read,
            written: self.written,
            discarded: end.read.saturating_sub(self.written),
            resumed: self.resumed,
            nulled: end.nulled,
            bytes: end.bytes,
            inserted: self.total.inserted,
            updated: self.total.updated,
            superseded: self.total.superseded,
            deletions: self.total.deletions,
            removed,
            rows_before: before,
            rows_after: counted.unwrap_or(expected),
            counted: if counted.is_some() && exactly {
                Counted::Exactly
            } else {
                Counted::ByStatements
            },
        })
    }
}
