//! A stream of a manifest, built for one configuration and the state of an earlier run.

mod parent;

use std::sync::Arc;

use airbyte::protocol::{AirbyteStream, SyncMode};
use serde_json::Value;
use tokio::sync::{Mutex, OnceCell};

use super::cursor::{Cursor, Setting, Slicer, migrate_legacy, text};
use super::env::{Env, SharedEnv};
use super::manifest::{Node, is_true};
use super::partition::Build;
use super::record::{self, Record, Transformation, Wanted};
use super::request::Caching;
use super::retrieve::Retriever;
use super::schema::SchemaLoader;
use super::slice::Slice;
use crate::fault::Fault;
pub use parent::OpenParent;

/// `DeclarativeStream`.
#[derive(Debug)]
pub struct Stream {
    pub name: String,
    primary_key: Vec<String>,
    loader: SchemaLoader,
    schema: OnceCell<Value>,
    pub retriever: Retriever,
    pub cursor: Cursor,
    /// Hands out the stream's slices, to one at a time.
    pub slicer: Mutex<Slicer<OpenParent>>,
    /// Records that were read before are left out on this side.
    filters: bool,
}

/// Where a stream stands in a run.
#[derive(Debug, Default)]
pub struct Position {
    /// The state it starts from.
    pub state: Option<Value>,
    /// The streams it is a parent of, outermost first.
    pub children: Vec<String>,
}

impl Stream {
    /// A stream of the run, with the state an earlier one left.
    pub fn read(node: &Node<'_>, env: &SharedEnv) -> Result<Self, Fault> {
        let name = node.str("name")?.unwrap_or_default();
        let position = Position {
            state: env.state_of(name),
            children: Vec::new(),
        };
        Self::at(node, position, env)
    }

    /// The same at another position.
    pub fn at(node: &Node<'_>, position: Position, env: &SharedEnv) -> Result<Self, Fault> {
        let name = node.str("name")?.unwrap_or_default().to_owned();
        let built = match node.kind() {
            "DeclarativeStream" => Self::build(node, &name, position, env),
            "StateDelegatingStream" => delegated(node, &name, position, env),
            _ => Err(node.unknown()),
        };
        built.map_err(|fault| match fault.stream {
            Some(_) => fault,
            None => fault.in_stream(&name),
        })
    }

    fn build(
        node: &Node<'_>,
        name: &str,
        position: Position,
        env: &SharedEnv,
    ) -> Result<Self, Fault> {
        let sync = node.child("incremental_sync")?;
        // Its files would be left behind without a word.
        if node.get("file_uploader").is_some() {
            return Err(Fault::unsupported(format!(
                "The manifest's {}.file_uploader passes files on, which this runtime cannot.",
                node.place()
            )));
        }
        let retriever = node.need_child("retriever")?;
        let routers = retriever.children("partition_router")?;
        let state = migrated(node, &routers, position.state, env)?;
        let flag = |name: &str| sync.as_ref().map_or(Ok(false), |sync| sync.is(name));
        let (feed, client_side) = (flag("is_data_feed")?, flag("is_client_side_incremental")?);
        let extra = record::Extra {
            transformations: Transformation::list(node, "transformations", env)?,
            client_side: client_side && !feed,
            transforms_first: client_side,
            feed,
        };
        let setting = Setting {
            stream: name,
            routing: Build::routing(&routers),
            config: &env.config,
            state: state.as_ref(),
            chosen_field: env.chosen_field(name),
            appends: env.appends(name),
        };
        let cursor = Cursor::read(sync.as_ref(), &setting)?;
        let build = Build {
            stream: name,
            children: &position.children,
            config: &env.config,
            state: state.as_ref(),
        };
        let is_list = matches!(retriever.get("partition_router"), Some(Value::Array(_)));
        let router = build.router(&routers, is_list, &mut |parent| {
            OpenParent::new(parent, env)
        })?;
        Ok(Self {
            name: name.to_owned(),
            primary_key: primary_key(node)?,
            loader: SchemaLoader::of(node, env)?,
            schema: OnceCell::new(),
            retriever: Retriever::read(
                &retriever,
                name,
                sync.as_ref(),
                extra,
                env,
                Caching::AsManifest,
            )?,
            slicer: Mutex::new(Slicer::new(cursor.clone(), router)),
            cursor,
            filters: feed || client_side,
        })
    }

    /// The schema, loaded once.
    pub async fn schema(&self, env: &Env) -> Result<&Value, Fault> {
        self.schema
            .get_or_try_init(|| self.loader.load(env))
            .await
            .map_err(|fault| fault.in_stream(&self.name))
    }

    /// Which records of a slice are new, where readers have to leave out what was read before.
    pub fn sieve(
        &self,
        slice: &Slice,
    ) -> Result<Option<impl Fn(&Record<'_>) -> Result<bool, Fault> + Sync>, Fault> {
        if !self.filters {
            return Ok(None);
        }
        let filter = self.cursor.filter(slice)?;
        let field = self.cursor.field();
        Ok(Some(move |record: &Record<'_>| {
            let value = field.and_then(|field| record.field(field));
            Ok(filter.lets_pass(value.as_ref()))
        }))
    }

    /// Whether the first slice holds a record. The first is enough: nothing after it is looked at.
    pub async fn has_records(&self, env: &Env) -> Result<bool, Fault> {
        let slice = self.slicer.lock().await.next().await?;
        let slice = slice.ok_or_else(|| {
            Fault::config("There is nothing to read: the parent streams have no records.")
                .in_stream(&self.name)
        })?;
        let schema = self.schema(env).await?;
        let sieve = self.sieve(&slice)?;
        let wanted = sieve.as_ref().map(|sieve| -> Wanted<'_> { sieve });
        let mut reading = self
            .retriever
            .pages_of(&slice, Some(&self.cursor), schema, env);
        let mut found = false;
        loop {
            let more = reading
                .next(wanted, &mut |_| {
                    found = true;
                    Err(Fault::cancelled())
                })
                .await;
            if found {
                return Ok(true);
            }
            if !more? {
                return Ok(false);
            }
        }
    }

    /// The stream as a discovery names it.
    pub async fn describe(&self, env: &Env) -> Result<AirbyteStream, Fault> {
        let mut stream = AirbyteStream::new(&self.name, self.schema(env).await?.clone());
        stream.is_resumable = Some(false);
        stream.is_file_based = Some(false);
        stream.source_defined_primary_key = self
            .primary_key
            .iter()
            .map(|key| vec![key.clone()])
            .collect();
        if let Some(field) = self.cursor.field() {
            stream.source_defined_cursor = Some(!self.cursor.is_choosable());
            stream.is_resumable = Some(true);
            stream.supported_sync_modes.push(SyncMode::Incremental);
            stream.default_cursor_field = vec![field.to_owned()];
        }
        Ok(stream)
    }
}

/// `StateDelegatingStream`: one way to read it the first time, another from then on.
fn delegated(
    node: &Node<'_>,
    name: &str,
    position: Position,
    env: &SharedEnv,
) -> Result<Stream, Fault> {
    let full = node.need_child("full_refresh_stream")?;
    let incremental = node.need_child("incremental_stream")?;
    for inner in [&full, &incremental] {
        if inner.str("name")? != Some(name) {
            return Err(inner.wrong(
                "name",
                &format!("is not “{name}” as in the stream around it"),
            ));
        }
    }
    let is_parent = !position.children.is_empty();
    let own = env.state_of(name);
    let state = position.state.clone().or(own);
    let Some(state) = state.filter(is_true) else {
        return Stream::at(
            &full,
            Position {
                state: None,
                ..position
            },
            env,
        );
    };
    let later = Stream::at(
        &incremental,
        Position {
            state: Some(state.clone()).filter(|_| !is_parent || position.state.is_some()),
            children: position.children.clone(),
        },
        env,
    )?;
    let kept = text(node, "api_retention_period", &env.config)?.filter(|kept| !kept.is_empty());
    let (Some(kept), false) = (kept, is_parent) else {
        return Ok(later);
    };
    let span = super::datetime::parse_duration(&kept).map_err(|error| {
        node.wrong("api_retention_period", "is no duration")
            .with_detail(error.to_string())
    })?;
    let oldest = super::datetime::Moment::utc(crate::clock::utc())
        .minus(&span)
        .map_err(|error| {
            node.wrong("api_retention_period", "is too long")
                .with_detail(error.to_string())
        })?;
    let first = Stream::at(
        &full,
        Position {
            state: None,
            children: Vec::new(),
        },
        env,
    )?;
    let at = first
        .cursor
        .moment_of(&state)
        .or_else(|| later.cursor.moment_of(&state));
    let at = at.map(super::datetime::Moment::utc);
    // What the API has forgotten since would be missing.
    if at.is_none_or(|at| at.micros() < oldest.micros()) {
        return Ok(first);
    }
    Ok(later)
}

/// The state in today's form.
fn migrated(
    node: &Node<'_>,
    routers: &[Node<'_>],
    state: Option<Value>,
    env: &Env,
) -> Result<Option<Value>, Fault> {
    let Some(mut state) = state else {
        return Ok(None);
    };
    for migration in node.children("state_migrations")? {
        if migration.kind() != "LegacyToPerPartitionStateMigration" {
            return Err(migration.unknown());
        }
        let partition = match routers {
            [router] if router.kind() == "UnionPartitionRouter" => {
                text(router, "partition_field", &env.config)?
            }
            [router] => match router.children("parent_stream_configs")?.first() {
                Some(config) => text(config, "partition_field", &env.config)?,
                None => None,
            },
            _ => None,
        };
        let cursor = match node.child("incremental_sync")? {
            Some(sync) => text(&sync, "cursor_field", &env.config)?,
            None => None,
        };
        let (Some(partition), Some(cursor)) = (partition, cursor) else {
            return Err(migration.broken("it needs a stream with parents and a cursor."));
        };
        if let Some(new) = migrate_legacy(&state, &partition, &cursor) {
            state = new;
        }
    }
    Ok(Some(state))
}

fn primary_key(node: &Node<'_>) -> Result<Vec<String>, Fault> {
    let keys = node.list("primary_key").into_iter().map(|key| match key {
        Value::String(key) => Ok(key.clone()),
        Value::Array(path) => match path.as_slice() {
            [Value::String(key)] => Ok(key.clone()),
            _ => Err(node.wrong(
                "primary_key",
                "names a field inside of another, which is not possible",
            )),
        },
        _ => Err(node.wrong("primary_key", "is not a list of fields")),
    });
    keys.filter(|key| !matches!(key, Ok(key) if key.is_empty()))
        .collect()
}

/// A stream that several may hold.
pub type SharedStream = Arc<Stream>;
