//! Which column each field fills, remembered in the destination.
//!
//! Two fields may come to one name, as `Price (€)` and `Price ($)` do; the second of them gets a number then. Which is the
//! second depends on their order and on which of them are chosen, and both may change. So what the first run decided is
//! kept in `_tributary_columns`, beside the states, for as long as the column is there: it never gets the values of another
//! field.
//!
//! Left to others: runs without a fence keep nothing, and go by the order.

use std::collections::{HashMap, HashSet};

use tokio_postgres::Client;

use crate::fault::Fault;

use super::error::fault;
use super::ident::{Taken, munge};
use super::inspect::Relation;
use super::plan::{Column, Earlier, META_COLUMNS, SYSTEM_COLUMNS};
use super::state::Ledger;
use super::table::Table;

/// Longer names of fields are not remembered: they are part of an index, whose entries PostgreSQL limits to 2,704 bytes.
const LONGEST_FIELD: usize = 1024;

/// Schema and name of a table.
type Place = (String, String);

/// Gives every plan the names that its table has, and remembers those that are new. Returns remarks for the run's log.
pub async fn settle(
    client: &Client,
    ledger: &Ledger,
    tables: &mut [Table],
    found: &HashMap<Place, Relation>,
) -> Result<Vec<String>, Fault> {
    let places: Vec<Place> = tables.iter().map(place).collect();
    let mut remembered = remembered(client, ledger, &places).await?;
    let (mut changes, mut remarks) = (Changes::default(), Vec::new());
    for table in &mut *tables {
        let at = place(table);
        let mut names = remembered.remove(&at).unwrap_or_default();
        changes.forget(&at, names.forget(stays(table, found)));
        let given = names.give(&mut table.plan.columns);
        remarks.extend(given.iter().filter_map(|(field, column)| {
            let other = names.taken_by_absent(field, &table.plan.columns)?;
            Some(format!(
                "The field “{field}” of “{}” goes into the column “{column}”: its own name belongs to the field “{other}”, which is not chosen or not there any more.",
                table.plan.label()
            ))
        }));
        changes.keep(&at, given);
    }
    if !changes.is_empty() {
        changes.commit(client, ledger).await?;
        // Another run of the same table may have been faster.
        let mut remembered = self::remembered(client, ledger, &places).await?;
        for table in tables {
            let names = remembered.remove(&place(table)).unwrap_or_default();
            names.give(&mut table.plan.columns);
        }
    }
    Ok(remarks)
}

/// Tells for (field, column) whether the column goes on belonging to the field: as long as it is there, and, in a table that
/// is replaced, as long as the field comes. A table to come may be there already, with rows that an interrupted attempt has
/// left.
fn stays(table: &Table, found: &HashMap<Place, Relation>) -> impl Fn(&str, &str) -> bool {
    let [own, left, _] = table.names().map(|name| found.get(&name));
    let columns = |relation: Option<&Relation>| -> HashSet<String> {
        let columns = relation.into_iter().flat_map(|relation| &relation.columns);
        columns.map(|column| column.name.clone()).collect()
    };
    let (own, left) = (columns(own), columns(left));
    let is_kept = table.plan.earlier == Earlier::Keep;
    let fields = table.plan.columns.iter().map(|column| column.key.clone());
    let fields: HashSet<String> = fields.collect();
    move |field, column| {
        left.contains(column) || (own.contains(column) && (is_kept || fields.contains(field)))
    }
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

/// What is to be remembered and forgotten, of all tables.
#[derive(Default)]
struct Changes {
    /// Schemas, tables and fields, each place for one.
    gone: [Vec<String>; 3],
    /// Schemas, tables, fields and columns.
    new: [Vec<String>; 4],
}

impl Changes {
    fn forget(&mut self, (schema, table): &Place, fields: Vec<String>) {
        for field in fields {
            let row = [schema.clone(), table.clone(), field];
            for (values, value) in self.gone.iter_mut().zip(row) {
                values.push(value);
            }
        }
    }

    fn keep(&mut self, (schema, table): &Place, given: Vec<(String, String)>) {
        for (field, column) in given {
            // PostgreSQL keeps no NUL: such a field goes by the order, as one with a very long name does.
            if field.contains('\0') || field.len() > LONGEST_FIELD {
                continue;
            }
            let row = [schema.clone(), table.clone(), field, column];
            for (values, value) in self.new.iter_mut().zip(row) {
                values.push(value);
            }
        }
    }

    fn is_empty(&self) -> bool {
        let [gone, ..] = &self.gone;
        let [new, ..] = &self.new;
        gone.is_empty() && new.is_empty()
    }

    /// All at once, and only while no newer run has started. What another run has remembered first stands.
    async fn commit(&self, client: &Client, ledger: &Ledger) -> Result<(), Fault> {
        let delete = format!(
            "DELETE FROM {} AS c
             USING unnest($1::text[], $2::text[], $3::text[]) AS g(s, t, f)
             WHERE c.table_schema = g.s AND c.table_name = g.t AND c.field = g.f",
            ledger.columns()
        );
        let insert = format!(
            "INSERT INTO {} (table_schema, table_name, field, column_name)
             SELECT n.s, n.t, n.f, n.c FROM unnest($1::text[], $2::text[], $3::text[], $4::text[]) AS n(s, t, f, c)
             ON CONFLICT (table_schema, table_name, field) DO NOTHING",
            ledger.columns()
        );
        let [schemas, tables, fields] = &self.gone;
        client.batch_execute("BEGIN").await.map_err(fault)?;
        client
            .execute(&delete, &[schemas, tables, fields])
            .await
            .map_err(fault)?;
        let [schemas, tables, fields, columns] = &self.new;
        client
            .execute(&insert, &[schemas, tables, fields, columns])
            .await
            .map_err(fault)?;
        ledger.check_fence(client).await?;
        client.batch_execute("COMMIT").await.map_err(fault)
    }
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

    /// Drops the fields to which their column belongs no longer, and says which.
    fn forget(&mut self, stays: impl Fn(&str, &str) -> bool) -> Vec<String> {
        let gone = self
            .0
            .extract_if(|field, column| !stays(field.as_str(), column.as_str()));
        gone.map(|(field, _)| field).collect()
    }

    /// The field that has what would be this field's name, if it is none of these columns'.
    fn taken_by_absent(&self, field: &str, columns: &[Column]) -> Option<&str> {
        let name = munge(field);
        let (other, _) = self.0.iter().find(|(_, column)| **column == name)?;
        let is_absent = columns.iter().all(|column| column.key != *other);
        is_absent.then_some(other.as_str())
    }

    /// Names columns as they are remembered, and others so that they get in nobody's way; returns those as (field, name).
    fn give(&self, columns: &mut [Column]) -> Vec<(String, String)> {
        let known = self.0.values().map(String::as_str);
        let reserved = META_COLUMNS.into_iter().chain(SYSTEM_COLUMNS);
        let mut taken = Taken::with(reserved.chain(known));
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
        let columns = ["a_b", "a-b"].map(|field| Column {
            key: field.to_owned(),
            name: String::new(),
            kind: ColumnType::Varchar,
        });
        assert_eq!(names.taken_by_absent("a_b", &columns), Some("a b"));
        assert_eq!(names.taken_by_absent("c d", &columns), None);
        assert_eq!(names.forget(|_, column| column == "a_b_1"), ["a b"]);
        assert_eq!(given(&names, &["a_b", "a-b"]), ["a_b", "a_b_1"]);
    }
}
