//! What an earlier attempt has left of a table to come: kept where the source goes on, thrown away where it cannot.

use tokio_postgres::Client;

use super::{Landing, Made, Table};
use crate::fault::Fault;
use crate::load::error::fault;
use crate::load::ident::qualified;
use crate::load::inspect::Relation;
use crate::load::state::Ledger;
use crate::load::{ddl, evolve, inspect};

impl Table {
    pub(super) async fn resume_or_drop(
        &mut self,
        client: &Client,
        found: &Relation,
        ledger: Option<&Ledger>,
    ) -> Result<(), Fault> {
        let new = qualified(&self.plan.schema, &self.new_name);
        let left = match ledger {
            Some(ledger) if self.landing == Landing::New && self.plan.resumable => {
                ledger.left(client, &self.plan.descriptor).await?
            }
            _ => None,
        };
        if left.is_some_and(|left| left.generation == self.plan.generation) {
            self.resumed = inspect::count_all(client, &new).await?;
            self.made = Made::Committed;
            return self.fit_to_left(client, found).await;
        }
        ddl::drop_table(client, &new).await
    }

    /// The earlier attempt may have made its columns wider than this plan has them, to fit those people have built on.
    async fn fit_to_left(&mut self, client: &Client, found: &Relation) -> Result<(), Fault> {
        let mut plan = self.plan.clone();
        plan.table.clone_from(&self.new_name);
        evolve::evolve(client, &mut plan, found).await?;
        self.plan.columns = plan.columns;
        Ok(())
    }

    /// Whether rows of an earlier attempt wait for those of this one.
    pub fn goes_on(&self) -> bool {
        self.resumed > self.open.forgotten
    }

    /// In a transaction: the source begins anew, so the rows of an earlier attempt do not count. They leave together with
    /// the state they belong to, or not at all.
    pub async fn begin_anew(&mut self, client: &Client) -> Result<(), Fault> {
        let new = qualified(&self.plan.schema, &self.new_name);
        client
            .batch_execute(&format!("TRUNCATE {new}"))
            .await
            .map_err(fault)?;
        self.open.forgotten = self.resumed;
        Ok(())
    }
}
