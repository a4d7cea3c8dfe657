//! Reading what is new by a cursor, in its order. The first read of a large table has no use for that order: it goes through
//! the blocks as reading by transactions does, so that nothing is sorted and an interrupted one goes on, and then asks how
//! far the cursor is in the snapshot that it ended with.

use std::iter;

use serde_json::Value;

use super::catalog::{Table, TableColumn};
use super::cursor::{Place, Tracker};
use super::finite::Ends;
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
        let now = self.now(place.as_ref(), from, columns, column).await?;
        let behind = place
            .as_ref()
            .and_then(|place| place.after(&column.sql_type, now.holding));
        let (behind, place) = match behind {
            Some(behind) => (Some(behind), place),
            None => (
                column.nullable.then(|| Place::with_value(field)),
                self.without_value(from, columns, column, place.as_ref())
                    .await?
                    .or(place),
            ),
        };
        let place = self.beyond(from, columns, column, place, now).await?;
        let conditions: Vec<String> = behind
            .into_iter()
            .chain(Ends::of(column).map(|ends| ends.within()))
            .collect();
        let mut condition = format!(" ORDER BY {}", ident(field));
        if !conditions.is_empty() {
            condition.insert_str(0, &format!(" WHERE {}", conditions.join(" AND ")));
        }
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
        before: Option<&Place>,
    ) -> Result<Option<Place>, Fault> {
        if !column.nullable {
            return Ok(None);
        }
        let place = Place {
            beyond: before.and_then(|place| place.beyond.clone()),
            ..Place::without_value(&column.name)
        };
        let Some(nulls) = place.at(&column.sql_type) else {
            return Ok(None);
        };
        let (condition, follow) = (format!(" WHERE {nulls}"), Follow::Nulls(place.clone()));
        let rows = self.pump(from, columns, &condition, follow).await?;
        Ok(Some(place.holding(rows)))
    }

    /// Reads the rows whose value is not finite, unless they are those that were read. Among the others nothing could be
    /// read on from behind them. Gives the place that says so.
    async fn beyond(
        &self,
        from: &Table,
        columns: &[&TableColumn],
        column: &TableColumn,
        place: Option<Place>,
        now: Now,
    ) -> Result<Option<Place>, Fault> {
        let Some(ends) = Ends::of(column) else {
            return Ok(place);
        };
        let mut place = place.unwrap_or_else(|| Place::without_value(&column.name));
        let are_new = now.beyond.is_some() && place.beyond != now.beyond;
        place.beyond = now.beyond;
        if are_new {
            let condition = format!(" WHERE {}", ends.beyond());
            let follow = Follow::Beyond(place.clone());
            self.pump(from, columns, &condition, follow).await?;
        }
        Ok(Some(place))
    }

    /// Asks what stands at a place and beyond the finite values; both at once, because there may be no index to help.
    async fn now(
        &self,
        place: Option<&Place>,
        from: &Table,
        columns: &[&TableColumn],
        column: &TableColumn,
    ) -> Result<Now, Fault> {
        let here = place.and_then(|place| place.at(&column.sql_type));
        let name = table(&from.schema, &from.name);
        let asked = match (here, Ends::of(column)) {
            (None, None) => return Ok(Now::default()),
            (Some(here), None) => {
                format!("SELECT count(*), NULL::text FROM {name} WHERE {here}")
            }
            (here, Some(ends)) => {
                let here = here.unwrap_or_else(|| "false".to_owned());
                let beyond = ends.beyond();
                let row = identity(from, columns, column);
                format!(
                    "SELECT count(*) FILTER (WHERE {here}), \
                     NULLIF(pg_catalog.concat_ws('/', count(*) FILTER (WHERE {beyond}), \
                     sum(pg_catalog.hashtextextended(ROW({row})::text, 0)) FILTER (WHERE {beyond})), '0') \
                     FROM {name} WHERE {here} OR {beyond}"
                )
            }
        };
        let row = self
            .client
            .query_typed_one(&asked, &[])
            .await
            .map_err(|error| errors::query(&error))?;
        Ok(Now {
            holding: row.get(0),
            beyond: row.get(1),
        })
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
        let place = self.reached(from, columns, column).await?;
        let state = progress::state(self.descriptor.clone(), place.state(), 0);
        self.say(&state).await?;
        Ok(true)
    }

    /// Where the cursor is when every row of the snapshot has been read.
    async fn reached(
        &self,
        from: &Table,
        columns: &[&TableColumn],
        column: &TableColumn,
    ) -> Result<Place, Fault> {
        let name = ident(&column.name);
        let valued =
            Ends::of(column).map_or_else(|| Place::with_value(&column.name), |ends| ends.within());
        let last = format!(
            "SELECT {} FROM {} WHERE {valued} ORDER BY {name} DESC LIMIT 1",
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
        let now = self.now(Some(&place), from, columns, column).await?;
        place.cursor_record_count = now.holding;
        place.beyond = now.beyond;
        Ok(place)
    }
}

/// What a snapshot has of a table that is read by a cursor.
#[derive(Debug, Default)]
struct Now {
    /// Rows with exactly the value of a place.
    holding: i64,
    /// The number and the sum of the rows whose value is not finite, if there are any.
    beyond: Option<String>,
}

/// The values by which rows are told apart. Their number alone would not do: a row that gets a finite value, and another one
/// in its stead, leave as many as there were.
fn identity(from: &Table, columns: &[&TableColumn], cursor: &TableColumn) -> String {
    let key: Vec<&TableColumn> = from
        .columns
        .iter()
        .filter(|column| column.key_place.is_some())
        .collect();
    let others = if key.is_empty() { columns } else { &key[..] };
    let all = iter::once(cursor).chain(others.iter().copied());
    let names: Vec<String> = all.map(|column| ident(&column.name)).collect();
    names.join(", ")
}
