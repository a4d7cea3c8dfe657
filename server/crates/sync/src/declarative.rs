//! A native runtime for Airbyte's low-code manifests: the language of HTTP connectors, without Python.
//!
//! A manifest is read once ([`Manifest`]); spec, check, discover and read then run it like any built-in source.

mod auth;
mod budget;
mod check;
mod config;
mod cursor;
pub mod datetime;
mod decode;
mod definitions;
mod env;
mod errors;
mod groups;
mod heavy;
mod manifest;
mod paginate;
mod partition;
mod read;
mod record;
mod request;
mod retrieve;
mod schema;
mod slice;
mod spare;
mod stream;
pub mod template;
mod text;
mod turns;
mod ways;

use std::sync::Arc;

use airbyte::protocol::{AirbyteCatalog, ConfiguredAirbyteCatalog, ConnectorSpecification};
use bytes::Bytes;
use serde_json::{Value, json};
use tokio::sync::mpsc;

use crate::connector::{RunContext, Steps, Veil};
use crate::fault::{Fault, Kind};
use budget::Budget;
use env::Env;
use groups::Groups;
use manifest::Node;
pub use manifest::{Manifest, Runtime};
use read::Asked;
use stream::Stream;
use template::Scope;
use text::Text;
pub use turns::Turns;

/// Slices read at once when the manifest does not say.
const WORKERS: usize = 2;
/// The most, whatever the manifest says.
const MOST_WORKERS: usize = 64;

/// What the manifest asks of a person.
pub fn spec(manifest: &Manifest) -> Result<ConnectorSpecification, Fault> {
    let root = manifest.root();
    let Some(node) = root.child("spec")? else {
        return Ok(ConnectorSpecification::new(
            json!({"type": "object", "properties": {}}),
        ));
    };
    let schema = node.need("connection_specification")?.clone();
    let mut spec = ConnectorSpecification::new(schema);
    spec.documentation_url = node.str("documentation_url")?.map(str::to_owned);
    spec.advanced_auth = node.get("advanced_auth").map(sign_in);
    for name in ["supportsNormalization", "supportsDBT"] {
        spec.other.insert(name.to_owned(), Value::Bool(false));
    }
    Ok(spec)
}

/// How to sign in, as the protocol has it: what components are called is the manifest's own affair, and a way of joining
/// scopes is always named.
fn sign_in(advanced_auth: &Value) -> Value {
    const CONFIG: &str = "/oauth_config_specification";
    const INPUT: &str = "/oauth_config_specification/oauth_connector_input_specification";
    let mut told = advanced_auth.clone();
    for place in ["", CONFIG, INPUT] {
        let Some(Value::Object(fields)) = told.pointer_mut(place) else {
            continue;
        };
        fields.shift_remove("type");
        fields.shift_remove("$parameters");
        let joined = fields.get("scopes_join_strategy");
        if place == INPUT && joined.is_none_or(Value::is_null) {
            fields.insert("scopes_join_strategy".to_owned(), Value::from("space"));
        }
    }
    told
}

/// Tries the configuration on the streams the manifest names for it.
pub async fn check(
    manifest: &Manifest,
    config: &Value,
    cx: &RunContext,
    veil: &Veil,
    steps: &Steps,
) -> Result<(), Fault> {
    manifest.ensure_native()?;
    let root = manifest.root();
    let node = root
        .child("check")?
        .ok_or_else(|| Fault::config("The manifest does not say how to check a configuration."))?;
    let mut env = env(manifest, config, cx, veil, None).await?;
    // Only now: what a check alone wants different is nothing to be kept.
    env.config = check::overridden(&node, &env.config)?;
    veil.learn(&env.config, &cx.secret_fields);
    let env = Arc::new(env);
    let definitions = definitions::all(manifest, &env).await?;
    Box::pin(check::check(&root, &node, &definitions, &env, steps)).await
}

/// The manifest's streams.
pub async fn discover(
    manifest: &Manifest,
    config: &Value,
    cx: &RunContext,
    veil: &Veil,
) -> Result<AirbyteCatalog, Fault> {
    manifest.ensure_native()?;
    let env = Arc::new(env(manifest, config, cx, veil, None).await?);
    let definitions = definitions::all(manifest, &env).await?;
    let mut catalog = AirbyteCatalog::default();
    for stream in definitions::build(&definitions, &env)? {
        catalog.streams.push(stream.describe(&env).await?);
    }
    Ok(catalog)
}

/// Reads the catalogue's streams.
pub async fn read(
    manifest: &Manifest,
    config: &Value,
    catalog: &ConfiguredAirbyteCatalog,
    state: &[Value],
    cx: &RunContext,
    veil: &Veil,
    out: mpsc::Sender<Bytes>,
) -> Result<(), Fault> {
    manifest.ensure_native()?;
    let env = env(manifest, config, cx, veil, Some(&out)).await?;
    let workers = workers(&manifest.root(), &env)?;
    let env = Arc::new(env.reading(workers, catalog, state, &out));
    let definitions = definitions::all(manifest, &env).await?;
    if catalog.streams.is_empty() {
        // A read of nothing still says whether the manifest can be run.
        return definitions::build(&definitions, &env).map(|_| ());
    }
    // Streams nobody asked for are not even built, and one that is broken does not keep others from being read.
    let groups = Groups::read(&manifest.root())?;
    let mut streams = Vec::new();
    for configured in &catalog.streams {
        let name = &configured.stream.name;
        let definition = definitions
            .iter()
            .find(|definition| definition.name() == *name);
        let asked = Asked {
            name: name.clone(),
            built: definition
                .map(|definition| Stream::read(&definition.node()?, &env))
                .transpose(),
            needs: definition
                .map(|definition| groups.needs(definition))
                .unwrap_or_default(),
        };
        // What this runtime does not know, another may: it gets all streams.
        if let Err(fault) = &asked.built
            && fault.kind == Kind::Unsupported
        {
            return Err(fault.clone());
        }
        streams.push(asked);
    }
    if streams.iter().all(|asked| asked.built.is_err()) {
        return streams.swap_remove(0).built.map(|_| ());
    }
    read::read(streams, &env, workers, &out).await
}

/// The surroundings of one operation. A configuration that the manifest renewed is handed on before anything else is done
/// with it, whatever becomes of the operation: to `out` in a read.
async fn env(
    manifest: &Manifest,
    config: &Value,
    cx: &RunContext,
    veil: &Veil,
    out: Option<&mpsc::Sender<Bytes>>,
) -> Result<Env, Fault> {
    let normalised = config::normalise(manifest, config)?;
    veil.learn(&normalised.config, &cx.secret_fields);
    if let Some(renewed) = normalised.renewed {
        env::hand_on(renewed, out, cx).await?;
    }
    let root = manifest.root();
    let jobs = jobs(&root, &normalised.config)?;
    let budget = Budget::read(&root, &normalised.config)?;
    let mut env = Env::new(normalised.config, cx, budget, jobs);
    env.folder = manifest.folder();
    env.secrets = veil.clone();
    Ok(env)
}

/// How many reports may be in the making at once. One, where the configuration does not tell.
fn jobs(root: &Node<'_>, config: &Value) -> Result<usize, Fault> {
    let count = match Text::read(root, "max_concurrent_async_job_count")? {
        Some(text) => text.value(&Scope::of(config, &Value::Null)).ok(),
        None => None,
    };
    let count = count.and_then(|count| count.as_u64()).unwrap_or(1);
    let count = usize::try_from(count).unwrap_or(MOST_WORKERS);
    Ok(count.clamp(1, MOST_WORKERS))
}

/// How many slices are read at once.
fn workers(root: &Node<'_>, env: &Env) -> Result<usize, Fault> {
    let Some(node) = root.child("concurrency_level")? else {
        return Ok(WORKERS);
    };
    let count = match Text::read(&node, "default_concurrency")? {
        Some(text) => {
            let value = text.value(&env.scope(&Value::Null))?;
            value.as_u64().ok_or_else(|| {
                Fault::config(format!(
                    "The concurrency level is {value}, not a whole number."
                ))
            })?
        }
        None => 1,
    };
    let most = node.count("max_concurrency")?.unwrap_or(u64::MAX);
    let count = usize::try_from(count.min(most)).unwrap_or(MOST_WORKERS);
    Ok(count.clamp(1, MOST_WORKERS))
}
