//! One folder of `cases`: a manifest, a configuration, the service they talk to, and the jobs that both runtimes get.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use serde_json::{Value, json};

use super::facts::Request;
use super::jwt;
use super::keys;
use super::outcome::{BASE, Outcome};
use super::script::Script;
use super::server::Server;

/// A case as it stands in its folder.
pub struct Case {
    pub name: String,
    pub script: Arc<Script>,
    manifest: String,
    pub config: Value,
    /// Derived from what `discover` answers when the folder has none.
    pub catalog: Option<Value>,
    state: Vec<Value>,
}

/// The questions of the protocol, and a second read that starts where the first one ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Operation {
    Spec,
    Check,
    Discover,
    Read,
    Again,
}

impl Operation {
    pub fn name(self) -> &'static str {
        match self {
            Self::Spec => "spec",
            Self::Check => "check",
            Self::Discover => "discover",
            Self::Read | Self::Again => "read",
        }
    }

    pub fn reads(self) -> bool {
        matches!(self, Self::Read | Self::Again)
    }
}

/// One operation with all it needs.
#[derive(Clone)]
pub struct Job {
    pub name: String,
    pub operation: Operation,
    pub service: Arc<Script>,
    pub manifest: String,
    config: Value,
    pub catalog: Value,
    pub state: Vec<Value>,
}

impl Job {
    /// The configuration, with the address of the server that this run talks to.
    pub fn config(&self, base: &str) -> Value {
        let mut config = self.config.clone();
        config["base_url"] = json!(base);
        config
    }
}

/// What a server was asked, its address taken out.
pub fn seen(server: &Server) -> Vec<Request> {
    let mut requests = server.requests();
    for request in &mut requests {
        jwt::plain_to_compare(request);
        for (_, value) in &mut request.query {
            *value = value.replace(&server.base, BASE);
        }
        let body = request.body.to_string().replace(&server.base, BASE);
        request.body = serde_json::from_str(&body).unwrap();
    }
    requests
}

impl Case {
    /// All cases of a folder, or those whose name holds the text.
    pub fn all(folder: &str, only: Option<&str>) -> Vec<Self> {
        let here = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/declarative");
        let folder = here.join(folder);
        let mut folders: Vec<PathBuf> = fs::read_dir(folder)
            .unwrap()
            .map(|entry| entry.unwrap().path())
            .collect();
        folders.sort();
        let cases = folders.iter().map(|folder| Self::load(folder));
        cases
            .filter(|case| only.is_none_or(|only| case.name.contains(only)))
            .collect()
    }

    fn load(folder: &Path) -> Self {
        let name = folder.file_name().unwrap().to_str().unwrap().to_owned();
        let text = |file: &str| fs::read_to_string(folder.join(file)).ok();
        let json = |file: &str| {
            text(file).map(|text| {
                serde_json::from_str::<Value>(&text)
                    .unwrap_or_else(|error| panic!("{name}/{file}: {error}"))
            })
        };
        let script = text("api.yaml").unwrap_or_else(|| panic!("{name} has no api.yaml"));
        let script: Script = serde_saphyr::from_str(&script)
            .unwrap_or_else(|error| panic!("{name}/api.yaml: {error}"));
        Self {
            script: Arc::new(script),
            manifest: text("manifest.yaml").unwrap_or_else(|| panic!("{name} has no manifest")),
            config: keys::made(json("config.json").unwrap_or_else(|| json!({}))),
            catalog: json("catalog.json"),
            state: json("state.json")
                .map_or_else(Vec::new, |state| state.as_array().unwrap().clone()),
            name,
        }
    }

    /// A case of a manifest alone.
    pub fn made(file: &Path, script: Arc<Script>, manifest: String) -> Self {
        Self {
            name: file.display().to_string(),
            script,
            manifest,
            config: json!({}),
            catalog: None,
            state: Vec::new(),
        }
    }

    pub fn job(&self, operation: Operation, discovered: &Outcome, read: &Outcome) -> Job {
        let again = operation == Operation::Again;
        Job {
            name: self.name.clone(),
            operation,
            service: Arc::clone(&self.script),
            manifest: self.manifest.clone(),
            config: self.config.clone(),
            catalog: self
                .catalog
                .clone()
                .unwrap_or_else(|| everything(discovered)),
            state: if again {
                read.last_states()
            } else {
                self.state.clone()
            },
        }
    }

    /// What the case shows: the types its manifest names, and what its script adds.
    pub fn components(&self) -> BTreeSet<String> {
        let mut found: BTreeSet<String> = self.script.covers.iter().cloned().collect();
        let manifest = serde_saphyr::from_str::<Value>(&self.manifest);
        collect(&manifest.unwrap_or_default(), &mut found);
        found
    }
}

/// All streams, incrementally where they can.
fn everything(discovered: &Outcome) -> Value {
    let none = BTreeMap::new();
    let streams = discovered.catalog.as_ref().unwrap_or(&none).values();
    let configured = streams.map(|stream| {
        let modes = stream["supported_sync_modes"].as_array();
        let incremental = modes.is_some_and(|modes| modes.contains(&json!("incremental")));
        json!({
            "stream": stream,
            "sync_mode": if incremental { "incremental" } else { "full_refresh" },
            "destination_sync_mode": "append",
        })
    });
    json!({"streams": configured.collect::<Vec<_>>()})
}

/// Component names are capitalised; the types of JSON Schema are not.
fn collect(value: &Value, found: &mut BTreeSet<String>) {
    match value {
        Value::Object(fields) => {
            let named = fields.get("type").and_then(Value::as_str);
            found.extend(
                named
                    .filter(|name| name.starts_with(char::is_uppercase))
                    .map(str::to_owned),
            );
            fields.values().for_each(|value| collect(value, found));
        }
        Value::Array(items) => items.iter().for_each(|item| collect(item, found)),
        _ => {}
    }
}
