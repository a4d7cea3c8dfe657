//! Reading collections: whole ones in chunks along their key, new documents along a cursor.

use airbyte::protocol::{
    AirbyteEstimateTrace, ConfiguredAirbyteCatalog, ConfiguredAirbyteStream, StreamDescriptor,
    StreamStatus, SyncMode, Trace,
};
use bson::{Bson, Document, RawBsonRef, RawDocument, doc};
use bytes::Bytes;
use serde_json::Value;
use tokio::sync::mpsc;

use super::client::Error;
use super::config::{Config, Shape};
use super::connect::{self, Session};
use super::cursor::BATCH;
use super::keys::{KEY, Keys};
use super::place::{Now, Place, Tracker, Way};
use super::row::Encoder;
use super::{catalog, count, errors};
use crate::clock;
use crate::connector::RunContext;
use crate::fault::{Failures, Fault};
use crate::sources::asked::Asked;
use crate::sources::lines::{Lines, say};
use crate::sources::progress;

/// A checkpoint at least this often, and a question of its own when a key is followed.
const ROWS_PER_STATE: u32 = 50_000;
/// An answer that the server forgot is asked for anew so often, each time further on.
const MOST_FORGOTTEN: usize = 20;

/// Reads every stream. One that fails does not stop the others; what a further try may mend is the result.
pub async fn read(
    config: &mut Config,
    configured: &ConfiguredAirbyteCatalog,
    states: &[Value],
    cx: &RunContext,
    out: mpsc::Sender<Bytes>,
) -> Result<(), Fault> {
    let mut session = connect::connect(config, cx).await?;
    let mut failed = Failures::default();
    for stream in &configured.streams {
        let descriptor = stream.descriptor();
        if !session.client.is_ready() {
            session = connect::connect(config, cx).await?;
        }
        let mut reader = Reader {
            session: &mut session,
            database: stream
                .stream
                .namespace
                .as_deref()
                .unwrap_or(&config.databases[0]),
            shape: config.shape,
            cx,
            out: &out,
            descriptor: &descriptor,
            keys: Keys::default(),
        };
        let Err(fault) = reader.stream(stream, states).await else {
            continue;
        };
        let fault = fault.in_stream(&stream.stream.name);
        if out.is_closed() {
            return Err(fault);
        }
        say(&out, &progress::error(&descriptor, &fault)).await?;
        let incomplete = progress::status(&descriptor, StreamStatus::Incomplete);
        say(&out, &incomplete).await?;
        failed.add(fault);
    }
    failed.whole().map_or(Ok(()), Err)
}

/// Reads one stream.
struct Reader<'a> {
    session: &'a mut Session,
    database: &'a str,
    shape: Shape,
    cx: &'a RunContext,
    out: &'a mpsc::Sender<Bytes>,
    descriptor: &'a StreamDescriptor,
    keys: Keys,
}

/// A stream's documents on their way out.
struct Sink<'a> {
    lines: Lines<'a>,
    encoder: Encoder,
    /// What the documents are in the order of, if anything.
    tracker: Option<Tracker>,
    keys: Keys,
    count: u64,
}

impl Sink<'_> {
    async fn take(&mut self, document: &RawDocument) -> Result<(), Fault> {
        self.encoder.write(document, self.lines.row());
        if let Some(tracker) = &mut self.tracker {
            let value = document.get(&tracker.field).ok().flatten();
            tracker.see(value.and_then(owned));
        }
        self.keys.see(document);
        self.count += 1;
        self.lines.pass().await
    }

    fn place(&self) -> Option<Place> {
        self.tracker.as_ref().map(Tracker::place)
    }
}

fn owned(value: RawBsonRef<'_>) -> Option<Bson> {
    Bson::try_from(value).ok()
}

impl<'a> Reader<'a> {
    async fn stream(
        &mut self,
        configured: &ConfiguredAirbyteStream,
        states: &[Value],
    ) -> Result<(), Fault> {
        let started = progress::status(self.descriptor, StreamStatus::Started);
        say(self.out, &started).await?;
        let found = catalog::collections(self.session, self.database).await?;
        let collection = found
            .into_iter()
            .find(|collection| collection.name == configured.stream.name);
        let collection = collection.ok_or_else(|| {
            Fault::config("The collection no longer exists, or the login may no longer read it.")
        })?;
        if collection.is_keyed {
            self.estimate().await?;
            let (name, schema) = (&self.descriptor.name, &configured.stream.json_schema);
            self.keys = Keys::ask(self.session, self.database, name, schema).await?;
        }
        match configured.sync_mode {
            SyncMode::Incremental => self.by_cursor(configured, states).await?,
            SyncMode::FullRefresh if collection.is_keyed => self.by_key(configured, states).await?,
            SyncMode::FullRefresh => {
                self.begin_anew(states).await?;
                let mut sink = self.sink(configured, None);
                let mut question = doc! {"find": &self.descriptor.name, "batchSize": BATCH};
                self.select(configured, &mut question);
                self.pump(question, &mut sink).await?;
                self.end(sink, progress::whole()).await?;
            }
        }
        let complete = progress::status(self.descriptor, StreamStatus::Complete);
        say(self.out, &complete).await
    }

    /// What an earlier attempt has left without a place to go on from does not count.
    async fn begin_anew(&mut self, states: &[Value]) -> Result<(), Fault> {
        match progress::anew_after(states, self.descriptor) {
            Some(anew) => say(self.out, &anew).await,
            None => Ok(()),
        }
    }

    /// A question for each chunk of documents, each going on where the last one ended.
    async fn by_key(
        &mut self,
        configured: &ConfiguredAirbyteStream,
        states: &[Value],
    ) -> Result<(), Fault> {
        let place = Place::find(states, self.descriptor, Way::ByKey, KEY);
        if place.is_none() {
            self.begin_anew(states).await?;
        }
        let mut sink = self.sink(configured, Some(Tracker::new(Way::ByKey, KEY, place)));
        loop {
            let (count, before) = (sink.count, sink.place());
            let mut question = self.ordered(configured, KEY, before.as_ref(), Now::default());
            question.insert("limit", i64::from(ROWS_PER_STATE));
            self.persist(configured, question, &mut sink).await?;
            if sink.count - count < u64::from(ROWS_PER_STATE) {
                return self.end(sink, progress::whole()).await;
            }
            let reached = sink.place();
            if reached == before {
                return Err(Fault::upstream(
                    "The server keeps sending the same documents.",
                ));
            }
            let state = reached.map_or_else(progress::whole, |place| place.state());
            sink.lines.checkpoint(state).await?;
        }
    }

    /// The documents behind the cursor's last value, in its order.
    async fn by_cursor(
        &mut self,
        configured: &ConfiguredAirbyteStream,
        states: &[Value],
    ) -> Result<(), Fault> {
        let field = match configured.cursor_field.as_slice() {
            [] => configured.stream.default_cursor_field.first(),
            chosen => chosen.first(),
        };
        let field = field.ok_or_else(|| {
            Fault::config("Choose a cursor: the field that tells new documents from old ones.")
        })?;
        let place = Place::find(states, self.descriptor, Way::ByCursor, field);
        let now = Now {
            at_it: self.count(place.as_ref().and_then(Place::at)).await?,
            beyond: self.count(place.as_ref().and_then(Place::beyond)).await?,
        };
        let question = self.ordered(configured, field, place.as_ref(), now);
        let mut sink = self.sink(configured, Some(Tracker::new(Way::ByCursor, field, place)));
        self.persist(configured, question, &mut sink).await?;
        let state = sink
            .tracker
            .as_ref()
            .map_or_else(progress::whole, |tracker| tracker.end().state());
        self.end(sink, state).await
    }

    /// How many documents a filter finds; none without one.
    async fn count(&mut self, filter: Option<Document>) -> Result<u64, Fault> {
        let Some(filter) = filter else {
            return Ok(0);
        };
        count::found(self.session, self.database, &self.descriptor.name, filter).await
    }

    /// The last state, and what is to be said of the keys that came.
    async fn end(&mut self, mut sink: Sink<'_>, state: Value) -> Result<(), Fault> {
        sink.lines.checkpoint(state).await?;
        sink.keys.tell(self.cx, &self.descriptor.name).await;
        Ok(())
    }

    /// Asks, and when the server forgets the answer because it was fetched too slowly, goes on behind what has come.
    async fn persist(
        &mut self,
        configured: &ConfiguredAirbyteStream,
        mut question: Document,
        sink: &mut Sink<'_>,
    ) -> Result<(), Fault> {
        let limit = question.get_i64("limit").ok();
        let begun = sink.count;
        for _ in 0..MOST_FORGOTTEN {
            let before = sink.count;
            let fault = match self.ask(question, sink).await? {
                Ok(()) => return Ok(()),
                Err(error) => errors::query(&error),
            };
            let Some(place) = sink.place().filter(|_| sink.count > before) else {
                return Err(fault);
            };
            // What has the last value may have come in part: all of it comes again.
            question = self.ordered(configured, &place.field, Some(&place), Now::UNKNOWN);
            if let Some(limit) = limit {
                let come = i64::try_from(sink.count - begun).unwrap_or(i64::MAX);
                if come >= limit {
                    return Ok(());
                }
                question.insert("limit", limit - come);
            }
        }
        Err(Fault::upstream(
            "The server forgets its answers before they are fetched.",
        ))
    }

    async fn pump(&mut self, question: Document, sink: &mut Sink<'_>) -> Result<(), Fault> {
        self.ask(question, sink)
            .await?
            .map_err(|error| errors::query(&error))
    }

    /// Passes all documents of an answer on. The inner error: the server has forgotten the rest.
    async fn ask(
        &mut self,
        question: Document,
        sink: &mut Sink<'_>,
    ) -> Result<Result<(), Error>, Fault> {
        let (descriptor, before) = (self.descriptor, sink.count);
        let way = sink.tracker.as_ref().map(|tracker| tracker.way);
        let what = way.map_or("all documents", Way::words);
        let asked = Asked::rows(self.cx, &descriptor.name, what).await;
        let answer = self.answer(question, sink).await?;
        asked.answered(sink.count - before).await;
        Ok(answer)
    }

    async fn answer(
        &mut self,
        question: Document,
        sink: &mut Sink<'_>,
    ) -> Result<Result<(), Error>, Fault> {
        let mut cursor = self.session.ask(self.database, question);
        loop {
            let batch = match cursor.batch().await {
                Ok(Some(batch)) => batch,
                Ok(None) => return Ok(Ok(())),
                Err(Error::Refused(refusal)) if refusal.code == errors::FORGOTTEN => {
                    return Ok(Err(Error::Refused(refusal)));
                }
                Err(error) => return Err(errors::query(&error)),
            };
            for document in batch {
                let document = document.ok().and_then(RawBsonRef::as_document);
                sink.take(document.ok_or_else(errors::unreadable)?).await?;
                if let Some(tracker) = &sink.tracker
                    && tracker.may_rest()
                    && sink.lines.since_state() >= u64::from(ROWS_PER_STATE)
                {
                    let state = tracker.place().state();
                    sink.lines.checkpoint(state).await?;
                }
            }
        }
    }

    fn ordered(
        &self,
        configured: &ConfiguredAirbyteStream,
        field: &str,
        place: Option<&Place>,
        now: Now,
    ) -> Document {
        let mut question =
            doc! {"find": &self.descriptor.name, "sort": {field: 1}, "batchSize": BATCH};
        if let Some(filter) = place.and_then(|place| place.after(now)) {
            question.insert("filter", filter);
        }
        if field != KEY && self.session.sorts_on_disk() {
            question.insert("allowDiskUse", true);
        }
        self.select(configured, &mut question);
        question
    }

    /// Asks for the chosen fields only, where their names can be said in a question.
    fn select(&self, configured: &ConfiguredAirbyteStream, question: &mut Document) {
        let fields = catalog::selected(&configured.stream.json_schema);
        let sayable = |name: &String| !name.is_empty() && !name.contains(['.', '$', '\0']);
        if self.shape == Shape::Columns && !fields.is_empty() && fields.iter().all(sayable) {
            let mut projection = Document::new();
            let sort = question.get_document("sort").ok();
            let ordered = sort.into_iter().flat_map(Document::keys);
            for name in fields.iter().chain(ordered) {
                projection.insert(name.clone(), 1);
            }
            if !projection.contains_key(KEY) {
                projection.insert(KEY, 0);
            }
            question.insert("projection", projection);
        }
    }

    fn sink(&self, configured: &ConfiguredAirbyteStream, tracker: Option<Tracker>) -> Sink<'a> {
        let fields = catalog::selected(&configured.stream.json_schema);
        Sink {
            lines: Lines::new(self.out, self.descriptor),
            encoder: Encoder::new(
                self.database,
                &self.descriptor.name,
                clock::now(),
                fields,
                self.shape,
                self.cx.limits.line_bytes,
            ),
            tracker,
            keys: self.keys.clone(),
            count: 0,
        }
    }

    /// The server's own count, for people to see how far a read is.
    async fn estimate(&mut self) -> Result<(), Fault> {
        let counted = count::all(self.session, self.database, &self.descriptor.name).await?;
        let Some(counted) = counted else {
            return Ok(());
        };
        let estimate = AirbyteEstimateTrace {
            name: self.descriptor.name.clone(),
            namespace: self.descriptor.namespace.clone(),
            kind: "STREAM".to_owned(),
            // Counts are fractions in the protocol; whole numbers below 2^53 are exact in one.
            row_estimate: counted.to_string().parse().ok(),
            byte_estimate: None,
        };
        say(self.out, &progress::trace(Trace::Estimate { estimate })).await
    }
}
