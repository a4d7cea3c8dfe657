//! Routers from the manifest. Parents are built by the caller, who knows what a stream is.

use serde_json::Value;

use super::list::List;
use super::substream::{Keys, Source, Substream};
use super::{Grouping, Parent, Product, Router, Union};
use crate::declarative::cursor::{Routing, parent_state, text};
use crate::declarative::manifest::Node;
use crate::fault::Fault;

/// Parents of parents, at most. Deeper ones are a circle, or nothing anyone could wait for.
const DEEPEST: usize = 12;

/// A parent stream to be built: its node, and what is needed to do so.
#[derive(Debug)]
pub struct ParentStream<'m> {
    /// A stream of the manifest: `DeclarativeStream` or `StateDelegatingStream`.
    pub node: Node<'m>,
    /// The state it starts from: the one its child keeps for it, when it is read incrementally.
    pub state: Option<Value>,
    /// The streams it is a parent of, outermost first, to be handed on when its own router is built.
    pub children: Vec<String>,
}

/// What routers are built from.
#[derive(Debug, Clone, Copy)]
pub struct Build<'a> {
    /// The stream that is cut into partitions.
    pub stream: &'a str,
    /// The streams this one is a parent of, outermost first.
    pub children: &'a [String],
    pub config: &'a Value,
    /// The stream's own state.
    pub state: Option<&'a Value>,
}

impl Build<'_> {
    /// What kind of cursor the routers of a retriever ask for, without building them.
    pub fn routing(nodes: &[Node<'_>]) -> Routing {
        match nodes {
            [] => Routing::None,
            [one] if one.kind() == "GroupingPartitionRouter" => Routing::Groups,
            _ => Routing::Partitions,
        }
    }

    /// The router of a retriever: none, one, or the product of several. `is_list` tells whether the manifest has a list.
    pub fn router<P: Parent>(
        &self,
        nodes: &[Node<'_>],
        is_list: bool,
        parent: &mut dyn FnMut(ParentStream<'_>) -> Result<P, Fault>,
    ) -> Result<Router<P>, Fault> {
        match nodes {
            [] => Ok(Router::single()),
            [one] if !is_list => self.one(one, parent),
            several => {
                let routers = self.all(several, parent)?;
                Ok(Router::Product(Box::new(Product::new(routers))))
            }
        }
    }

    fn all<P: Parent>(
        &self,
        nodes: &[Node<'_>],
        parent: &mut dyn FnMut(ParentStream<'_>) -> Result<P, Fault>,
    ) -> Result<Vec<Router<P>>, Fault> {
        nodes.iter().map(|node| self.one(node, parent)).collect()
    }

    fn one<P: Parent>(
        &self,
        node: &Node<'_>,
        parent: &mut dyn FnMut(ParentStream<'_>) -> Result<P, Fault>,
    ) -> Result<Router<P>, Fault> {
        match node.kind() {
            "ListPartitionRouter" => List::read(node, self.config).map(Router::List),
            "SubstreamPartitionRouter" => self.substream(node, parent),
            "GroupingPartitionRouter" => self.grouping(node, parent),
            "UnionPartitionRouter" => self.union(node, parent),
            _ => Err(node.unknown()),
        }
    }

    fn union<P: Parent>(
        &self,
        node: &Node<'_>,
        parent: &mut dyn FnMut(ParentStream<'_>) -> Result<P, Fault>,
    ) -> Result<Router<P>, Fault> {
        let children = node.children("partition_routers")?;
        if children.len() < 2 {
            return Err(node.wrong("partition_routers", "names fewer than two"));
        }
        let field = text(node, "partition_field", self.config)?
            .ok_or_else(|| node.wrong("partition_field", "is missing"))?;
        for child in &children {
            if has_option(child)? {
                return Err(
                    child.broken("routers that are joined cannot put their value into requests.")
                );
            }
            if fields(child, self.config)?
                .iter()
                .any(|found| *found != field)
            {
                return Err(child.broken(&format!(
                    "a router that is joined must set the field “{field}”."
                )));
            }
        }
        let routers = self.all(&children, parent)?;
        Ok(Router::Union(Box::new(Union::new(routers, field))))
    }

    fn grouping<P: Parent>(
        &self,
        node: &Node<'_>,
        parent: &mut dyn FnMut(ParentStream<'_>) -> Result<P, Fault>,
    ) -> Result<Router<P>, Fault> {
        let underlying = node.need_child("underlying_partition_router")?;
        if has_option(&underlying)? {
            return Err(
                underlying.broken("routers that are grouped cannot put their value into requests.")
            );
        }
        let size = node
            .count("group_size")?
            .and_then(|size| usize::try_from(size).ok());
        let size = size.filter(|size| *size > 0);
        let size = size.ok_or_else(|| node.wrong("group_size", "is not a positive number"))?;
        let deduplicate = node.flag("deduplicate")?.unwrap_or(true);
        let inner = self.one(&underlying, parent)?;
        Ok(Router::Grouping(Box::new(Grouping::new(
            inner,
            size,
            deduplicate,
        ))))
    }

    fn substream<P: Parent>(
        &self,
        node: &Node<'_>,
        parent: &mut dyn FnMut(ParentStream<'_>) -> Result<P, Fault>,
    ) -> Result<Router<P>, Fault> {
        let configs = node.children("parent_stream_configs")?;
        if configs.is_empty() {
            return Err(node.wrong("parent_stream_configs", "names no parent"));
        }
        let mut sources = Vec::with_capacity(configs.len());
        for config in &configs {
            let keys = Keys::read(config, self.config)?;
            sources.push(Source::new(parent(self.parent(config)?)?, keys));
        }
        Ok(Router::Substream(Substream::new(sources)))
    }

    fn parent<'m>(&self, config: &Node<'m>) -> Result<ParentStream<'m>, Fault> {
        let node = config.need_child("stream")?;
        let name = node.str("name")?.unwrap_or_default();
        let mut children = self.children.to_vec();
        children.push(self.stream.to_owned());
        if children.len() > DEEPEST {
            let chain = children.join(" → ");
            return Err(
                Fault::config("The parents of this stream have parents without end.")
                    .with_detail(format!("{chain} → {name}"))
                    .in_stream(&children[0]),
            );
        }
        let incremental = config.is("incremental_dependency")?;
        let state = match self.state.filter(|_| incremental) {
            Some(state) => parent_state(state, name, cursor_field(&node, self.config)?.as_deref()),
            None => None,
        };
        Ok(ParentStream {
            node,
            state,
            children,
        })
    }
}

/// The cursor field of a stream, wherever it keeps it.
fn cursor_field(stream: &Node<'_>, config: &Value) -> Result<Option<String>, Fault> {
    let inner = stream.child("incremental_stream")?;
    let stream = inner.as_ref().unwrap_or(stream);
    match stream.child("incremental_sync")? {
        Some(cursor) => text(&cursor, "cursor_field", config),
        None => Ok(None),
    }
}

/// The fields a router sets.
fn fields(router: &Node<'_>, config: &Value) -> Result<Vec<String>, Fault> {
    let found = match router.kind() {
        "ListPartitionRouter" => vec![text(router, "cursor_field", config)?],
        "UnionPartitionRouter" => vec![text(router, "partition_field", config)?],
        "SubstreamPartitionRouter" => router
            .children("parent_stream_configs")?
            .iter()
            .map(|parent| text(parent, "partition_field", config))
            .collect::<Result<_, _>>()?,
        _ => Vec::new(),
    };
    Ok(found.into_iter().flatten().collect())
}

fn has_option(node: &Node<'_>) -> Result<bool, Fault> {
    if node.get("request_option").is_some() {
        return Ok(true);
    }
    let configs = node.children("parent_stream_configs")?;
    Ok(configs
        .iter()
        .any(|config| config.get("request_option").is_some()))
}
