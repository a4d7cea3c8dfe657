//! What an earlier attempt has left of a table to come: kept where the source goes on, thrown away where it cannot.

use tokio_postgres::Client;

use super::{Landing, Made, Table};
use crate::fault::Fault;
use crate::load::error::fault;
use crate::load::ident::qualified;
use crate::load::state::Ledger;
use crate::load::{ddl, inspect};

impl Table {
    pub(super) async fn resume_or_drop(
        &mut self,
        client: &Client,
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
            return Ok(());
        }
        ddl::drop_table(client, &new).await
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
