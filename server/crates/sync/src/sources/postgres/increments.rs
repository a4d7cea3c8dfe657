//! Reading what is new by a cursor, in its order. The first read of a large table has no use for that order: it goes through
//! the blocks as reading by transactions does, so that nothing is sorted and an interrupted one goes on, and then asks how
//! far the cursor is in the snapshot that it ended with.

use serde_json::Value;

use super::catalog::{Table, TableColumn};
use super::cursor::{Place, Tracker};
use super::ident::{ident, table};
use super::moment::CHUNK_BLOCKS;
use super::read::{Reader, expression};
use super::row::Raw;
use super::rows::Follow;
use super::{errors, version};
use crate::fault::Fault;
use crate::sources::progress;

impl Reader<'_> {
    /// Reads the rows behind the cursor's last value.
    pub async fn by_cursor(
        &self,
        field: &str,
        from: &Table,
        columns: &[&TableColumn],
        states: &[Value],
    ) -> Result<(), Fault> {
        let at = columns
            .iter()
            .position(|column| column.name == field && column.pg_type.is_cursor());
        let at = at.ok_or_else(|| {
            Fault::config(format!(
                "“{field}” cannot be the cursor: it is gone, left out, or its values have no order."
            ))
        })?;
        let column = columns[at];
        let place = Place::find(states, &self.descriptor, field);
        if place.is_none() && self.first(from, columns, column, states).await? {
            return Ok(());
        }
        let behind = match &place {
            Some(place) => self.behind(place, from, column).await?,
            None => None,
        };
        let (behind, place) = match behind {
            Some(behind) => (Some(behind), place),
            None => (
                column.nullable.then(|| Place::with_value(field)),
                self.without_value(from, columns, column).await?.or(place),
            ),
        };
        let behind = behind.map_or_else(String::new, |behind| format!(" WHERE {behind}"));
        let condition = format!("{behind} ORDER BY {}", ident(field));
        let tracker = Tracker::new(field, column.pg_type.wire().0, place);
        self.pump(from, columns, &condition, Follow::Cursor(at, tracker))
            .await?;
        Ok(())
    }

    /// Reads the rows without a value, which nobody asks for any more behind the first place. In one order with the others,
    /// in front of them, no index would help: it has them behind. Gives the place that they make, where there may be any.
    async fn without_value(
        &self,
        from: &Table,
        columns: &[&TableColumn],
        column: &TableColumn,
    ) -> Result<Option<Place>, Fault> {
        if !column.nullable {
            return Ok(None);
        }
        let place = Place::without_value(&column.name);
        let Some(nulls) = place.at(&column.sql_type) else {
            return Ok(None);
        };
        let (condition, follow) = (format!(" WHERE {nulls}"), Follow::Nulls(place.clone()));
        let rows = self.pump(from, columns, &condition, follow).await?;
        Ok(Some(place.holding(rows)))
    }

    /// The condition on the rows behind a place. `None`: all rows are.
    async fn behind(
        &self,
        place: &Place,
        from: &Table,
        column: &TableColumn,
    ) -> Result<Option<String>, Fault> {
        let holding = self.holding(place, from, column).await?;
        Ok(holding.and_then(|holding| place.after(&column.sql_type, holding)))
    }

    /// How many rows have the place's value now, if it has one.
    async fn holding(
        &self,
        place: &Place,
        from: &Table,
        column: &TableColumn,
    ) -> Result<Option<i64>, Fault> {
        let Some(here) = place.at(&column.sql_type) else {
            return Ok(None);
        };
        let counted = format!(
            "SELECT count(*) FROM {} WHERE {here}",
            table(&from.schema, &from.name)
        );
        let row = self
            .client
            .query_typed_one(&counted, &[])
            .await
            .map_err(|error| errors::query(&error))?;
        Ok(Some(row.get(0)))
    }

    /// Reads a large table that was not read before, or not to its end. `false`: it is none.
    async fn first(
        &self,
        from: &Table,
        columns: &[&TableColumn],
        column: &TableColumn,
        states: &[Value],
    ) -> Result<bool, Fault> {
        let underway = version::Place::find(states, &self.descriptor);
        let is_new = underway.is_none();
        if !from.resumable || (is_new && from.is_surely_below(CHUNK_BLOCKS)) {
            return Ok(false);
        }
        let now = self.moment(from).await?;
        if is_new && now.blocks <= now.chunk {
            return Ok(false);
        }
        self.pass_through(from, columns, underway, &now).await?;
        let place = self.reached(from, column).await?;
        let state = progress::state(self.descriptor.clone(), place.state(), 0);
        self.say(&state).await?;
        Ok(true)
    }

    /// Where the cursor is when every row of the snapshot has been read.
    async fn reached(&self, from: &Table, column: &TableColumn) -> Result<Place, Fault> {
        let name = ident(&column.name);
        let last = format!(
            "SELECT {} FROM {} WHERE {name} IS NOT NULL ORDER BY {name} DESC LIMIT 1",
            expression(column),
            table(&from.schema, &from.name)
        );
        let row = self
            .client
            .query_typed_opt(&last, &[])
            .await
            .map_err(|error| errors::query(&error))?;
        let mut tracker = Tracker::new(&column.name, column.pg_type.wire().0, None);
        tracker.see(row.as_ref().map(|row| row.get::<_, Raw<'_>>(0).0));
        let mut place = tracker.place();
        if let Some(holding) = self.holding(&place, from, column).await? {
            place.cursor_record_count = holding;
        }
        Ok(place)
    }
}
