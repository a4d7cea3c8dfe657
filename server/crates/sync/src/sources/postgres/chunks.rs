//! Reading a table a chunk of its blocks at a time, with a state behind each: whole, or what was written since.

use airbyte::protocol::ConfiguredAirbyteStream;
use serde_json::Value;

use super::catalog::{Table, TableColumn};
use super::ident::table as name;
use super::moment::{CHUNK_BLOCKS, Moment};
use super::read::Reader;
use super::rows::Follow;
use super::{errors, transaction, version, whole};
use crate::fault::Fault;
use crate::sources::progress;

impl Reader<'_> {
    /// Reads the whole table: on from where an interrupted attempt of the same refresh stands, if that can be done.
    pub async fn whole(
        &self,
        configured: &ConfiguredAirbyteStream,
        from: &Table,
        columns: &[&TableColumn],
        states: &[Value],
    ) -> Result<(), Fault> {
        let left: Option<Value> = progress::last(states, &self.descriptor);
        // Rows that are appended are seen at once, and a part of them cannot be taken back.
        let by_chunks = from.resumable && resumes(configured) && configured.replaces_table();
        if !by_chunks || (left.is_none() && from.is_surely_below(CHUNK_BLOCKS)) {
            if left.is_some() && resumes(configured) {
                self.begin_anew("it cannot be read in parts any more")
                    .await?;
            }
            self.pump(from, columns, "", Follow::Nothing).await?;
            return Ok(());
        }
        let now = self.moment(from).await?;
        let place = match left {
            Some(left) => self.go_on(from, columns, left, &now).await?,
            None => whole::Place::start(&now),
        };
        transaction::run(self.client, whole::IN_ORDER).await?;
        let unread = condition(place.unread());
        let follow = Follow::Whole(whole::Walk::new(place, &now));
        self.pump(from, columns, &unread, follow).await?;
        transaction::run(self.client, whole::IN_ANY_ORDER).await
    }

    /// The place in this snapshot that an earlier attempt has reached; the beginning, if it cannot be gone on from.
    async fn go_on(
        &self,
        from: &Table,
        columns: &[&TableColumn],
        left: Value,
        now: &Moment,
    ) -> Result<whole::Place, Fault> {
        let place: Option<whole::Place> = serde_json::from_value(left).ok();
        let Some(place) = place.filter(|place| place.holds(now)) else {
            self.begin_anew("its blocks are not those that were read")
                .await?;
            return Ok(whole::Place::start(now));
        };
        let counted = format!(
            "SELECT count(*) FILTER (WHERE NOT {since}), count(*) FILTER (WHERE {since}) FROM {} WHERE {}",
            name(&from.schema, &from.name),
            place.read(),
            since = place.since(now),
        );
        let row = self
            .client
            .query_typed_one(&counted, &[])
            .await
            .map_err(|error| errors::query(&error))?;
        let count = |at| u64::try_from(row.get::<_, i64>(at)).unwrap_or_default();
        if !place.is_unchanged(count(0)) {
            self.begin_anew("rows that were read have changed since")
                .await?;
            return Ok(whole::Place::start(now));
        }
        self.log(&format!(
            "Goes on behind {} rows that are there already.",
            count(0)
        ))
        .await;
        let missed = format!(" WHERE {} AND {}", place.read(), place.since(now));
        let place = place.caught_up(now);
        if count(1) == 0 {
            return Ok(place);
        }
        let follow = Follow::Missed(place.clone());
        let rows = self.pump(from, columns, &missed, follow).await?;
        Ok(place.with(rows))
    }

    async fn begin_anew(&self, why: &str) -> Result<(), Fault> {
        self.log(&format!(
            "The table is read from its beginning again: {why}."
        ))
        .await;
        self.say(&progress::anew(self.descriptor.clone())).await
    }

    /// Reads what was written since the last run, chunk by chunk.
    pub async fn passes(
        &self,
        from: &Table,
        columns: &[&TableColumn],
        states: &[Value],
    ) -> Result<(), Fault> {
        let now = self.moment(from).await?;
        let place = version::Place::find(states, &self.descriptor);
        self.pass_through(from, columns, place, &now).await
    }

    /// Every pass from this place on.
    pub async fn pass_through(
        &self,
        from: &Table,
        columns: &[&TableColumn],
        place: Option<version::Place>,
        now: &Moment,
    ) -> Result<(), Fault> {
        for chunk in version::passes(place, now).into_iter().flatten() {
            let condition = condition(chunk.condition);
            self.pump(from, columns, &condition, Follow::Chunk(chunk.after))
                .await?;
        }
        Ok(())
    }

    /// What the snapshot sees of the table. From here on nobody can lay it out anew before the snapshot ends.
    pub async fn moment(&self, from: &Table) -> Result<Moment, Fault> {
        let name = name(&from.schema, &from.name);
        transaction::run(self.client, &format!("SELECT FROM {name} LIMIT 0")).await?;
        Moment::ask(self.client, &name, self.identity).await
    }

    async fn log(&self, text: &str) {
        let stream = Some(self.descriptor.name.as_str());
        self.cx.say("INFO", stream, text).await;
    }
}

/// Whether the destination keeps what an attempt has loaded for the next one: it goes by what was known when the stream
/// was chosen.
fn resumes(configured: &ConfiguredAirbyteStream) -> bool {
    configured.stream.is_resumable == Some(true)
}

fn condition(condition: Option<String>) -> String {
    condition.map_or_else(String::new, |condition| format!(" WHERE {condition}"))
}
