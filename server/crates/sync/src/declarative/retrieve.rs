//! Reading one slice, page after page.

mod arrival;
mod jobs;
mod options;
mod pages;
mod place;
mod properties;
mod reduction;

use std::borrow::Cow;
use std::sync::atomic::AtomicBool;

use serde_json::{Map, Value};

use super::cursor::Cursor;
use super::decode::{Bounds, Decoder};
use super::env::Env;
use super::errors::Action;
use super::manifest::Node;
use super::paginate::Paginator;
use super::record::{self, Selector, Wanted};
use super::request::{Caching, Page, Requester};
use super::slice::Slice;
use crate::fault::Fault;
pub use arrival::Arrival;
pub use jobs::Jobs;
use options::SliceOptions;
pub use pages::{Pages, Take};
use properties::QueryProperties;
use reduction::Reduction;

/// How a stream is read.
#[derive(Debug)]
pub enum Retriever {
    Simple(Box<Simple>),
    Jobs(Box<Jobs>),
}

/// A slice being read, whichever way.
pub enum Reading<'a> {
    Pages(Box<Pages<'a>>),
    Jobs(Box<jobs::Running<'a>>),
}

impl Retriever {
    /// `cursor` is the stream's `incremental_sync`, whose options go into requests.
    pub fn read(
        node: &Node<'_>,
        name: &str,
        cursor: Option<&Node<'_>>,
        extra: record::Extra,
        env: &Env,
        caching: Caching,
    ) -> Result<Self, Fault> {
        match node.kind() {
            "SimpleRetriever" => Simple::read(node, name, cursor, extra, env, caching)
                .map(Box::new)
                .map(Self::Simple),
            "AsyncRetriever" => Jobs::read(node, name, extra, env)
                .map(Box::new)
                .map(Self::Jobs),
            _ => Err(node.unknown()),
        }
    }

    /// The pages of a slice, none of them asked for yet.
    pub fn pages<'a>(&'a self, slice: &Slice, schema: &'a Value, env: &'a Env) -> Reading<'a> {
        self.pages_of(slice, None, schema, env)
    }

    /// The same, where the stream's cursor may split slices that are too much for the API.
    pub fn pages_of<'a>(
        &'a self,
        slice: &Slice,
        cursor: Option<&'a Cursor>,
        schema: &'a Value,
        env: &'a Env,
    ) -> Reading<'a> {
        match self {
            Self::Simple(simple) => {
                Reading::Pages(Box::new(simple.pages_of(slice, cursor, schema, env)))
            }
            Self::Jobs(jobs) => Reading::Jobs(Box::new(jobs.begin(slice, schema, env))),
        }
    }
}

impl Reading<'_> {
    /// When the answer came whose records are handed out; it follows the reading.
    pub fn arrival(&self) -> Arrival {
        match self {
            Self::Pages(pages) => pages.arrival(),
            Self::Jobs(jobs) => jobs.arrival(),
        }
    }

    /// Reads the next page. `false` when it was the last.
    pub async fn next(
        &mut self,
        wanted: Option<Wanted<'_>>,
        take: &mut Take<'_>,
    ) -> Result<bool, Fault> {
        match self {
            Self::Pages(pages) => pages.next(wanted, take).await,
            Self::Jobs(jobs) => Box::pin(jobs.next(wanted, take)).await,
        }
    }
}

/// `SimpleRetriever`.
#[derive(Debug)]
pub struct Simple {
    pub name: String,
    requester: Requester,
    decoder: Decoder,
    selector: Selector,
    paginator: Paginator,
    options: SliceOptions,
    /// Options of the slice go into the first page only.
    first_page_only: bool,
    properties: Option<QueryProperties>,
    reduction: Option<Reduction>,
    reset: Reset,
    /// The first page is inside of the parent's record.
    lazy: bool,
    /// Slices may be split, down to this width where one is set.
    splitting: Option<Splitting>,
    /// Records come newest first, and paging ends at the first that was read before.
    feed: bool,
    next: Next,
    /// That the API led to another host was told.
    left_host: AtomicBool,
    bounds: Bounds,
}

impl Simple {
    fn read(
        node: &Node<'_>,
        name: &str,
        cursor: Option<&Node<'_>>,
        extra: record::Extra,
        env: &Env,
        caching: Caching,
    ) -> Result<Self, Fault> {
        let paginator = match node.child("paginator")? {
            Some(paginator) => Paginator::read(&paginator, env)?,
            None => Paginator::None,
        };
        let router = node.children("partition_router")?;
        let requester_node = node.need_child("requester")?;
        let requester = Requester::read(&requester_node, name, env, caching)?;
        let reduction = match node.child("page_size_reduction")? {
            Some(reduction) => Some(Reduction::read(&reduction)?),
            None if requester.errors.names(Action::ReducePageSize) => {
                return Err(node.wrong("page_size_reduction", "is missing"));
            }
            None => None,
        };
        let mut simple = Self {
            name: name.to_owned(),
            decoder: Decoder::of(node, "decoder")?,
            feed: extra.feed,
            selector: Selector::read(&node.need_child("record_selector")?, extra, env)?,
            paginator,
            options: SliceOptions::read(cursor, &router, env)?,
            first_page_only: node.is("ignore_stream_slicer_parameters_on_paginated_requests")?,
            properties: QueryProperties::of(&requester_node, name, env)?,
            requester,
            reduction,
            reset: Reset::read(node)?,
            lazy: lazy(&router)? && env.state_of(name).is_none(),
            splitting: Splitting::read(node)?,
            next: Next::Told,
            left_host: AtomicBool::new(false),
            bounds: Bounds {
                line: env.cx.limits.line_bytes.saturating_mul(4),
                ..Bounds::default()
            },
        };
        if simple.is_counted(env) {
            simple.next = Next::Counted;
        }
        Ok(simple)
    }

    /// Whether nothing but the end of its pages can change which one is next.
    fn is_counted(&self, env: &Env) -> bool {
        let changes = self.properties.is_some()
            || self.reduction.is_some()
            || self.splitting.is_some()
            || self.reset.after.is_some()
            || self.reset.by_cursor
            || self.lazy
            || self.feed;
        !changes && self.requester.only_reads() && self.paginator.foreseen(None, env).is_some()
    }

    /// A retriever for a report of this stream: everything in it is a record.
    fn plain(
        name: &str,
        requester: Requester,
        decoder: Decoder,
        extractor: record::Extractor,
        paginator: Paginator,
        env: &Env,
    ) -> Self {
        Self {
            name: name.to_owned(),
            requester,
            decoder,
            selector: Selector::plain(extractor),
            paginator,
            options: SliceOptions::default(),
            first_page_only: false,
            properties: None,
            reduction: None,
            reset: Reset::default(),
            lazy: false,
            splitting: None,
            feed: false,
            next: Next::Told,
            left_host: AtomicBool::new(false),
            bounds: Bounds {
                line: env.cx.limits.line_bytes.saturating_mul(4),
                ..Bounds::default()
            },
        }
    }

    /// The page as templates of the paginator see it.
    fn response<'p>(&self, page: &'p Page) -> Result<Cow<'p, Value>, Fault> {
        if self.decoder.is_streamed() || !self.paginator.reads_response() || page.is_empty() {
            return Ok(Cow::Owned(Value::Object(Map::new())));
        }
        page.json_for(&self.paginator.texts()).ok_or_else(|| {
            Fault::data(
                "The answer is not valid JSON, or too large for its paging to be read from it.",
            )
        })
    }
}

/// How it is known which page is next.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Next {
    /// By the one before.
    Told,
    /// By counting, unless the one before was the last.
    Counted,
}

/// `pagination_reset`: when paging begins anew, and whether behind what was read.
#[derive(Debug, Default)]
struct Reset {
    after: Option<u64>,
    by_cursor: bool,
}

impl Reset {
    fn read(node: &Node<'_>) -> Result<Self, Fault> {
        let Some(reset) = node.child("pagination_reset")? else {
            return Ok(Self::default());
        };
        Ok(Self {
            by_cursor: reset.str("action")? == Some("SPLIT_USING_CURSOR"),
            after: match reset.child("limits")? {
                Some(limits) => limits.count("number_of_records")?,
                None => None,
            },
        })
    }
}

/// Whether a parent's records hold the first page of their children.
fn lazy(routers: &[Node<'_>]) -> Result<bool, Fault> {
    let [router] = routers else {
        return Ok(false);
    };
    let parents = router.children("parent_stream_configs")?;
    Ok(parents
        .iter()
        .any(|parent| !parent.list("lazy_read_pointer").is_empty()))
}

/// `request_window_splitting`.
#[derive(Debug)]
struct Splitting {
    /// Nothing is split any narrower than this.
    narrowest: Option<String>,
}

impl Splitting {
    fn read(node: &Node<'_>) -> Result<Option<Self>, Fault> {
        let Some(splitting) = node.child("request_window_splitting")? else {
            return Ok(None);
        };
        Ok(Some(Self {
            narrowest: splitting.str("min_split_window")?.map(str::to_owned),
        }))
    }
}
