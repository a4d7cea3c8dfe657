//! The pages of one slice, one at a time.

mod again;
mod ahead;
mod parts;
mod remarks;

use serde_json::{Map, Value};

use super::reduction::Size;
use super::{Arrival, Simple, place};
use crate::declarative::cursor::{Cursor, Watch};
use crate::declarative::env::Env;
use crate::declarative::heavy;
use crate::declarative::paginate::{Circle, Print, Seen};
use crate::declarative::record::{Last, Record, View, Wanted};
use crate::declarative::request::{Ask, Page, Stop, slice_binding};
use crate::declarative::slice::Slice;
use crate::declarative::template::Scope;
use crate::fault::{Fault, Kind};
use crate::outbound::is_led_astray;
use ahead::Ahead;

/// Takes one record.
pub type Take<'t> = dyn FnMut(Record<'_>) -> Result<(), Fault> + Send + 't;

/// Where a slice stands.
pub struct Pages<'a> {
    retriever: &'a Simple,
    env: &'a Env,
    schema: &'a Value,
    /// The first page, where it came with the parent's record.
    embedded: Option<Page>,
    /// The part being read now.
    slice: Slice,
    /// All of it.
    original: Slice,
    /// Parts that come after, the next one last, and how often each was split.
    parts: Vec<(Slice, u32)>,
    splits: u32,
    cursor: Option<&'a Cursor>,
    /// What was seen since paging began, where it may begin anew behind it.
    watch: Option<Watch>,
    /// `{"next_page_token": …}`.
    token: Option<Value>,
    circle: Circle,
    size: Size,
    ahead: Ahead<'a>,
    number: u64,
    /// Records since paging began.
    records: u64,
    resets: u32,
    arrival: Arrival,
    done: bool,
}

/// What a page held.
#[derive(Default)]
struct Count {
    records: u64,
    extracted: u64,
    last: Option<Value>,
    print: Print,
    /// The last record was read before.
    stop: bool,
}

impl Simple {
    /// The pages of a slice, none of them asked for yet.
    pub fn pages<'a>(&'a self, slice: &Slice, schema: &'a Value, env: &'a Env) -> Pages<'a> {
        self.pages_of(slice, None, schema, env)
    }

    pub fn pages_of<'a>(
        &'a self,
        slice: &Slice,
        cursor: Option<&'a Cursor>,
        schema: &'a Value,
        env: &'a Env,
    ) -> Pages<'a> {
        Pages {
            retriever: self,
            env,
            schema,
            embedded: slice
                .extra
                .get("child_response")
                .filter(|_| self.lazy)
                .map(Page::embedded),
            slice: slice.clone(),
            original: slice.clone(),
            parts: Vec::new(),
            splits: 0,
            cursor,
            watch: cursor.filter(|_| self.reset.by_cursor).map(Cursor::watch),
            token: self.paginator.first().map(wrapped),
            circle: Circle::default(),
            size: Size::default(),
            ahead: Ahead::default(),
            number: 0,
            records: 0,
            resets: 0,
            arrival: Arrival::default(),
            done: false,
        }
    }

    /// Asks for one page of a slice.
    async fn fetch(
        &self,
        slice: &Slice,
        token: Option<&Value>,
        size: Option<u64>,
        env: &Env,
    ) -> Result<Page, Stop> {
        let value = token.map(|token| &token["next_page_token"]);
        let mut extras = self.paginator.extras(value, size, env)?;
        if token.is_none() || !self.first_page_only {
            self.options.fill(slice, &mut extras, env)?;
        }
        let ask = Ask {
            slice: Some(slice),
            token,
            path: self.paginator.path(value),
            extras,
        };
        self.requester.send(&ask, env).await
    }
}

impl Pages<'_> {
    /// The same, telling somebody else when its answers come.
    #[must_use]
    pub fn telling(self, arrival: &Arrival) -> Self {
        Self {
            arrival: arrival.clone(),
            ..self
        }
    }

    pub fn arrival(&self) -> Arrival {
        self.arrival.clone()
    }

    /// Reads the next page. `false` when it was the last.
    pub async fn next(
        &mut self,
        wanted: Option<Wanted<'_>>,
        take: &mut Take<'_>,
    ) -> Result<bool, Fault> {
        if self.done {
            return Ok(false);
        }
        self.number += 1;
        let result = self.page(wanted, take).await;
        let more = result.map_err(|fault| self.placed(fault))?;
        self.done = !more;
        Ok(more)
    }

    async fn page(
        &mut self,
        wanted: Option<Wanted<'_>>,
        take: &mut Take<'_>,
    ) -> Result<bool, Fault> {
        let answer = match &self.retriever.properties {
            Some(properties) => self.parts(properties, wanted, take).await,
            None => self.whole(wanted, take).await,
        };
        let (page, count) = match answer {
            Ok(answer) => answer,
            Err(Stop::Fault(fault)) => return Err(fault),
            Err(Stop::ResetPagination) => return self.reset(),
            Err(Stop::ReducePageSize(why)) => return self.reduce(why).await,
            Err(Stop::SplitRequestWindow(why)) => return self.split(why),
        };
        if let Some(rules) = &self.retriever.reduction {
            self.size.succeeded(rules);
        }
        if !page.is_ok() {
            self.check_end(&page)?;
            return Ok(self.next_part());
        }
        self.tell(&count).await;
        self.records += count.records;
        if self
            .retriever
            .reset
            .after
            .is_some_and(|limit| self.records >= limit)
        {
            return self.reset();
        }
        let goes_on = self.advance(&page, &count)?;
        if goes_on {
            for remark in self.remarks(&page) {
                let said = self.env.say("WARN", &self.retriever.name, remark);
                // Seldom, and the future of every read would hold it.
                Box::pin(said).await;
            }
        }
        Ok(goes_on || self.next_part())
    }

    /// For a log in detail.
    async fn tell(&self, count: &Count) {
        if !self.env.tells_all() {
            return;
        }
        let (kept, found) = (count.records, count.extracted);
        let text = format!("Page {}: {kept} of {found} records kept.", self.number);
        let said = self.env.say("DEBUG", &self.retriever.name, text);
        // Seldom, and the future of every read would hold it.
        Box::pin(said).await;
    }

    /// A refusal of the first page is no end, unless the manifest ignores it wherever it comes.
    fn check_end(&self, page: &Page) -> Result<(), Fault> {
        if self.token != self.retriever.paginator.first().map(wrapped) {
            return Ok(());
        }
        let fault = self.retriever.requester.errors.instead_of_a_page(page);
        fault.map_or(Ok(()), Err)
    }

    /// Finds the token of the next page.
    fn advance(&mut self, page: &Page, count: &Count) -> Result<bool, Fault> {
        if count.stop {
            return Ok(false);
        }
        let response = self.retriever.response(page)?;
        let seen = Seen {
            page,
            response: &response,
            records: count.records,
            extracted: count.extracted,
            last_record: count.last.as_ref(),
            last_token: self.token.as_ref().map(|token| &token["next_page_token"]),
            size: self.size.now,
            slice: &self.slice,
        };
        let next = self.retriever.paginator.next(&seen, self.env)?;
        if let Some(next) = &next {
            self.circle
                .check(page, count.extracted, &count.print, next)?;
        }
        self.token = next.map(wrapped);
        Ok(self.token.is_some())
    }

    /// A page from one request.
    async fn whole(
        &mut self,
        wanted: Option<Wanted<'_>>,
        take: &mut Take<'_>,
    ) -> Result<(Page, Count), Stop> {
        let page = self.arrived().await?;
        if !page.is_ok() {
            return Ok((page, Count::default()));
        }
        self.look_ahead(&page).await;
        let field = self.cursor.and_then(Cursor::field);
        let (Some(field), Some(mut watch)) = (field, self.watch.take()) else {
            let count = self.records(&page, &self.slice, wanted, take)?;
            return Ok((page, count));
        };
        let count = self.records(&page, &self.slice, wanted, &mut |record| {
            record.observe(field, &mut watch);
            take(record)
        })?;
        self.watch = Some(watch);
        Ok((page, count))
    }

    /// The page that is next, wherever it comes from.
    async fn arrived(&mut self) -> Result<Page, Stop> {
        if let Some(page) = self.embedded.take() {
            return Ok(page);
        }
        match self.ahead.take(self.token.as_ref()).await {
            Some(answer) => answer,
            None => self.fetch(&self.slice).await,
        }
    }

    async fn fetch(&self, slice: &Slice) -> Result<Page, Stop> {
        let (token, size) = (self.token.as_ref(), self.size.now);
        self.retriever.fetch(slice, token, size, self.env).await
    }

    /// Passes the page's records on.
    fn records(
        &self,
        page: &Page,
        slice: &Slice,
        wanted: Option<Wanted<'_>>,
        take: &mut Take<'_>,
    ) -> Result<Count, Fault> {
        let retriever = self.retriever;
        self.arrival.set(page.arrived);
        let no_state = Value::Object(Map::new());
        let scope = Scope::new()
            .json("config", &self.env.config)
            .json("stream_state", &no_state)
            .with("stream_slice", slice_binding(slice));
        let view = View {
            scope: &scope,
            wanted,
            schema: self.schema,
        };
        let mut last = Last::default();
        let keeps_last = retriever.paginator.reads_last_record();
        let feed = wanted.filter(|_| retriever.feed);
        let mut count = Count::default();
        let extractor = &retriever.selector.extractor;
        let mut pass = |record: Record<'_>| {
            count.records += 1;
            count.print.see(&record);
            if keeps_last {
                last.keep(&record);
            }
            if let Some(feed) = feed {
                // The last of the page decides whether there is more to read.
                count.stop = !feed(&record)?;
                if count.stop {
                    return Ok(());
                }
            }
            take(record)
        };
        let extracted = heavy::work(page.size(), || {
            extractor.records(&retriever.decoder, page, retriever.bounds, &mut |item| {
                retriever.selector.select(item, view, &mut pass)
            })
        })?;
        count.extracted = extracted;
        count.last = last.into_value()?;
        Ok(count)
    }

    /// Says where it happened. What a person has to mend before anything can be read is told in its own words alone: where a
    /// page leads is nothing that somebody entered.
    fn placed(&self, mut fault: Fault) -> Fault {
        if fault.stream.is_some() {
            return fault;
        }
        let mendable = matches!(
            fault.kind,
            Kind::Credentials | Kind::Config | Kind::Forbidden
        ) && !is_led_astray(&fault);
        if self.number > 1 || !mendable {
            let part = self.part();
            fault.message = format!("Page {}{part}: {}", self.number, fault.message);
        }
        fault.in_stream(&self.retriever.name)
    }

    /// The part of the stream that is being read, where it has several.
    fn part(&self) -> String {
        let mut part = place::partition(&self.slice);
        if self.retriever.options.windowed || self.splits > 0 {
            part += &place::stretch(&self.slice);
        }
        part
    }
}

fn wrapped(token: Value) -> Value {
    Value::Object(Map::from_iter([("next_page_token".to_owned(), token)]))
}
