//! Which column each field fills, remembered in the destination.
//!
//! Two fields may come to one name, as `Price (€)` and `Price ($)` do; the second of them gets a number then. Which is the
//! second depends on their order and on which of them are chosen, and both may change. So what the first run decided is
//! kept in `_tributary_columns`, beside the states, for as long as the column is there: it never gets the values of another
//! field.
//!
//! Left to others: runs without a fence keep nothing, and go by the order.

use std::collections::HashMap;

use tokio_postgres::Client;

use crate::fault::Fault;

use super::error::fault;
use super::ident::{Taken, munge};
use super::inspect::Relation;
use super::plan::{Column, META_COLUMNS};
use super::state::Ledger;
use super::table::Table;

/// Schema and name of a table.
type Place = (String, String);

/// Gives every plan the names that its table has, and remembers those that are new.
pub async fn settle(
    client: &Client,
    ledger: &Ledger,
    tables: &mut [Table],
    found: &HashMap<Place, Relation>,
) -> Result<(), Fault> {
    let places: Vec<Place> = tables.iter().map(place).collect();
    let mut remembered = remembered(client, ledger, &places).await?;
    for table in tables {
        let at = place(table);
        let mut names = remembered.remove(&at).unwrap_or_default();
        // A table to come may be there already, with rows that an interrupted attempt has left.
        let [own, left, _] = table.names().map(|name| found.get(&name));
        let exists = |column: &str| {
            let mut relations = [own, left].into_iter().flatten();
            relations.any(|relation| relation.column(column).is_some())
        };
        let gone = names.forget(exists);
        let new = names.give(&mut table.plan.columns);
        delete(client, ledger, &at, &gone).await?;
        insert(client, ledger, &at, new).await?;
    }
    Ok(())
}

fn place(table: &Table) -> Place {
    (table.plan.schema.clone(), table.plan.table.clone())
}

/// The names of one table; none where no run has kept any.
pub async fn of_table(
    client: &Client,
    ledger: &Ledger,
    schema: &str,
    table: &str,
) -> Result<Names, Fault> {
    let place = (schema.to_owned(), table.to_owned());
    let mut found = remembered(client, ledger, std::slice::from_ref(&place)).await?;
    Ok(found.remove(&place).unwrap_or_default())
}

async fn remembered(
    client: &Client,
    ledger: &Ledger,
    tables: &[Place],
) -> Result<HashMap<Place, Names>, Fault> {
    let (schemas, names): (Vec<_>, Vec<_>) = tables.iter().cloned().unzip();
    let sql = format!(
        "SELECT c.table_schema, c.table_name, c.field, c.column_name
         FROM {} AS c
         JOIN unnest($1::text[], $2::text[]) AS w(s, t) ON w.s = c.table_schema AND w.t = c.table_name",
        ledger.columns()
    );
    let rows = client
        .query(&sql, &[&schemas, &names])
        .await
        .map_err(fault)?;
    let mut found: HashMap<Place, Names> = HashMap::new();
    for row in rows {
        let Names(names) = found.entry((row.get(0), row.get(1))).or_default();
        names.insert(row.get(2), row.get(3));
    }
    Ok(found)
}

async fn delete(
    client: &Client,
    ledger: &Ledger,
    (schema, table): &Place,
    fields: &[String],
) -> Result<(), Fault> {
    if fields.is_empty() {
        return Ok(());
    }
    let sql = format!(
        "DELETE FROM {} WHERE table_schema = $1 AND table_name = $2 AND field = ANY($3)",
        ledger.columns()
    );
    client
        .execute(&sql, &[schema, table, &fields])
        .await
        .map_err(fault)?;
    Ok(())
}

async fn insert(
    client: &Client,
    ledger: &Ledger,
    (schema, table): &Place,
    new: Vec<(String, String)>,
) -> Result<(), Fault> {
    // PostgreSQL keeps no NUL: such a field goes by the order.
    let kept = new.into_iter().filter(|(field, _)| !field.contains('\0'));
    let (fields, columns): (Vec<_>, Vec<_>) = kept.unzip();
    if fields.is_empty() {
        return Ok(());
    }
    let sql = format!(
        "INSERT INTO {} (table_schema, table_name, field, column_name)
         SELECT $1, $2, n.field, n.column_name FROM unnest($3::text[], $4::text[]) AS n(field, column_name)
         ON CONFLICT (table_schema, table_name, field) DO UPDATE SET column_name = excluded.column_name",
        ledger.columns()
    );
    client
        .execute(&sql, &[schema, table, &fields, &columns])
        .await
        .map_err(fault)?;
    Ok(())
}

/// Field → column of one table.
#[derive(Debug, Default)]
pub struct Names(HashMap<String, String>);

impl Names {
    /// The column of a field. None: another field has what would be its name.
    pub fn column(&self, field: &str) -> Option<String> {
        if let Some(name) = self.0.get(field) {
            return Some(name.clone());
        }
        let name = munge(field);
        let free = self.0.values().all(|other| *other != name);
        free.then_some(name)
    }

    /// Drops the fields whose column is no longer there, and says which.
    fn forget(&mut self, exists: impl Fn(&str) -> bool) -> Vec<String> {
        let gone = self.0.extract_if(|_, column| !exists(column.as_str()));
        gone.map(|(field, _)| field).collect()
    }

    /// Names columns as they are remembered, and others so that they get in nobody's way; returns those as (field, name).
    fn give(&self, columns: &mut [Column]) -> Vec<(String, String)> {
        let known = self.0.values().map(String::as_str);
        let mut taken = Taken::with(META_COLUMNS.into_iter().chain(known));
        let mut new = Vec::new();
        for column in columns {
            if let Some(name) = self.0.get(&column.key) {
                column.name.clone_from(name);
            } else {
                column.name = taken.claim(&munge(&column.key));
                new.push((column.key.clone(), column.name.clone()));
            }
        }
        new
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::load::value::ColumnType;

    fn given(names: &Names, fields: &[&str]) -> Vec<String> {
        let column = |field: &&str| Column {
            key: (*field).to_owned(),
            name: String::new(),
            kind: ColumnType::Varchar,
        };
        let mut columns: Vec<_> = fields.iter().map(column).collect();
        names.give(&mut columns);
        columns.into_iter().map(|column| column.name).collect()
    }

    #[test]
    fn what_is_remembered_wins_over_the_order() {
        let nothing = Names::default();
        assert_eq!(
            given(&nothing, &["a b", "a-b", "a_b"]),
            ["a_b", "a_b_1", "a_b_2"]
        );
        let known = [("a b", "a_b"), ("a-b", "a_b_1")];
        let known = known.map(|(field, column)| (field.to_owned(), column.to_owned()));
        let mut names = Names(known.into());
        assert_eq!(
            given(&names, &["a_b", "a-b", "a b"]),
            ["a_b_2", "a_b_1", "a_b"]
        );
        assert_eq!(given(&names, &["a-b"]), ["a_b_1"]);
        assert_eq!(names.column("a-b").as_deref(), Some("a_b_1"));
        assert_eq!(names.column("a_b"), None);
        assert_eq!(names.column("c d").as_deref(), Some("c_d"));
        assert_eq!(names.forget(|column| column == "a_b_1"), ["a b"]);
        assert_eq!(given(&names, &["a_b", "a-b"]), ["a_b", "a_b_1"]);
    }
}
