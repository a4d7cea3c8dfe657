//! `QueryProperties`: the fields to ask for, from the manifest or from the API, in parts the API can take.

use serde_json::{Map, Value};
use tokio::sync::OnceCell;

use super::Simple;
use crate::declarative::env::Env;
use crate::declarative::manifest::{Node, is_true};
use crate::declarative::record::{self, Transformation, View, path};
use crate::declarative::request::{Caching, properties_key};
use crate::declarative::slice::Slice;
use crate::declarative::text::{Text, plain};
use crate::fault::Fault;

#[derive(Debug)]
pub struct QueryProperties {
    source: Source,
    always: Vec<String>,
    chunking: Option<Chunking>,
    /// Only fields of the configured schema, after these changes to their names.
    selector: Option<Vec<Transformation>>,
    stream: String,
    found: OnceCell<Vec<String>>,
}

#[derive(Debug)]
enum Source {
    List(Vec<String>),
    Endpoint {
        retriever: Box<Simple>,
        path: Vec<String>,
    },
}

#[derive(Debug)]
struct Chunking {
    characters: bool,
    limit: Option<u64>,
    keys: Vec<String>,
}

impl QueryProperties {
    /// The properties a requester asks for, wherever it says so.
    pub fn of(requester: &Node<'_>, stream: &str, env: &Env) -> Result<Option<Self>, Fault> {
        if let Some(Value::Object(fields)) = requester.get("request_parameters")
            && let Some(key) = properties_key(fields)
        {
            let parameters = requester.need_child("request_parameters")?;
            return Self::read(&parameters.need_child(&key)?, stream, env).map(Some);
        }
        if let Some(node) = requester.child("fetch_properties_from_endpoint")? {
            return Ok(Some(Self {
                source: Source::endpoint(&node, env)?,
                always: Vec::new(),
                chunking: None,
                selector: None,
                stream: stream.to_owned(),
                found: OnceCell::new(),
            }));
        }
        match requester.child("query_properties")? {
            Some(node) => Self::read(&node, stream, env).map(Some),
            None => Ok(None),
        }
    }

    fn read(node: &Node<'_>, stream: &str, env: &Env) -> Result<Self, Fault> {
        let source = match node.need("property_list")? {
            Value::Array(names) => Source::List(names.iter().map(plain).collect()),
            _ => Source::endpoint(&node.need_child("property_list")?, env)?,
        };
        let selector = match node.child("property_selector")? {
            Some(selector) if selector.kind() == "JsonSchemaPropertySelector" => {
                Some(Transformation::list(&selector, "transformations", env)?)
            }
            Some(other) => return Err(other.unknown()),
            None => None,
        };
        Ok(Self {
            source,
            always: node.strs("always_include_properties")?,
            chunking: match node.child("property_chunking")? {
                Some(chunking) => Some(Chunking::read(&chunking)?),
                None => None,
            },
            selector,
            stream: stream.to_owned(),
            found: OnceCell::new(),
        })
    }

    /// The fields of each request of one page.
    pub async fn chunks(&self, env: &Env) -> Result<Vec<Vec<String>>, Fault> {
        let all = self
            .found
            .get_or_try_init(|| self.source.names(env))
            .await?;
        let selected = self.selected(env)?;
        let wanted = |name: &String| {
            selected
                .as_ref()
                .is_none_or(|selected| selected.contains_key(name))
        };
        let Some(chunking) = &self.chunking else {
            let mut chunk = self.always.clone();
            chunk.extend(all.iter().filter(|name| wanted(name)).cloned());
            return Ok(vec![chunk]);
        };
        let Some(limit) = chunking.limit.filter(|limit| *limit > 0) else {
            let mut chunk = all.clone();
            chunk.extend(self.always.iter().cloned());
            return Ok(vec![chunk]);
        };
        let mut chunks = Vec::new();
        let mut chunk = self.always.clone();
        let mut size = 0;
        for name in all.iter().filter(|name| wanted(name)) {
            let length = u64::try_from(name.chars().count()).unwrap_or(u64::MAX);
            let weight = if chunking.characters { length + 3 } else { 1 };
            if size + weight > limit {
                chunks.push(std::mem::replace(&mut chunk, self.always.clone()));
                size = 0;
            }
            chunk.push(name.clone());
            size += weight;
        }
        chunks.push(chunk);
        Ok(chunks)
    }

    /// What holds the parts of one record together; nothing when it stands for itself.
    pub fn merge_key(&self, record: &Map<String, Value>) -> Option<String> {
        let chunking = self.chunking.as_ref()?;
        let mut parts = Vec::new();
        for key in &chunking.keys {
            parts.push(plain(record.get(key).filter(|value| is_true(value))?));
        }
        Some(parts.join(","))
    }

    pub const fn merges(&self) -> bool {
        self.chunking.is_some()
    }

    /// The fields of the configured schema, under the names the API uses.
    fn selected(&self, env: &Env) -> Result<Option<Map<String, Value>>, Fault> {
        let (Some(transformations), Some(catalog)) = (&self.selector, &env.catalog) else {
            return Ok(None);
        };
        let configured = catalog
            .streams
            .iter()
            .find(|stream| stream.stream.name == self.stream);
        let Some(configured) = configured else {
            return Ok(None);
        };
        let properties = configured.stream.json_schema.get("properties");
        let mut fields = properties
            .and_then(Value::as_object)
            .cloned()
            .unwrap_or_default();
        let scope = env.scope(&Value::Null);
        let view = View {
            scope: &scope,
            wanted: None,
            schema: &Value::Null,
        };
        for transformation in transformations {
            transformation.apply(&mut fields, view)?;
        }
        Ok(Some(fields))
    }
}

impl Source {
    fn endpoint(node: &Node<'_>, env: &Env) -> Result<Self, Fault> {
        let retriever = node.need_child("retriever")?;
        let extra = record::Extra::default();
        let scope = env.scope(&Value::Null);
        let path = Text::list(node, "property_field_path")?
            .iter()
            .map(|part| part.string(&scope))
            .collect::<Result<_, _>>()?;
        Ok(Self::Endpoint {
            retriever: Box::new(Simple::read(
                &retriever,
                "properties_from_endpoint",
                None,
                extra,
                env,
                Caching::Always,
            )?),
            path,
        })
    }

    async fn names(&self, env: &Env) -> Result<Vec<String>, Fault> {
        let (retriever, path) = match self {
            Self::List(names) => return Ok(names.clone()),
            Self::Endpoint { retriever, path } => (retriever, path),
        };
        let mut names = Vec::new();
        let empty = Value::Object(Map::new());
        let mut pages = retriever.pages(&Slice::whole(), &empty, env);
        while Box::pin(pages.next(None, &mut |record| {
            let record = Value::Object(record.to_map()?);
            names.push(path::get(&record, path).map(plain).unwrap_or_default());
            Ok(())
        }))
        .await?
        {}
        Ok(names)
    }
}

impl Chunking {
    fn read(node: &Node<'_>) -> Result<Self, Fault> {
        let keys = match node.child("record_merge_strategy")? {
            Some(strategy) if strategy.kind() == "GroupByKeyMergeStrategy" => {
                strategy.strs("key")?
            }
            Some(other) => return Err(other.unknown()),
            None => vec!["id".to_owned()],
        };
        Ok(Self {
            characters: node.need_str("property_limit_type")? == "characters",
            limit: node.count("property_limit")?,
            keys,
        })
    }
}
