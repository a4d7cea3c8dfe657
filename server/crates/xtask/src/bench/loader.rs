//! Our own contender: `destination postgres write`, fed from a file, its memory watched.

use std::{
    fs::{self, File},
    path::{Path, PathBuf},
    process::Command,
};

use anyhow::{Context, Result, bail};

use super::{
    data::Stream,
    destination::{DATABASE, Destination, work_dir},
    memory,
};
use crate::child;

/// How the streams are written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Mode {
    Overwrite,
    Append,
    Dedup,
}

pub struct Loader {
    program: PathBuf,
    login: [String; 4],
}

impl Loader {
    pub fn new(program: PathBuf, destination: &Destination<'_>) -> Result<Self> {
        Ok(Self {
            program,
            login: destination.login()?,
        })
    }

    /// Loads the messages. Returns the peak memory in bytes.
    pub fn write(
        &self,
        schema: &str,
        mode: Mode,
        streams: &[Stream],
        messages: &Path,
    ) -> Result<u64> {
        let (config, catalog) = (self.config(schema)?, catalog(mode, streams)?);
        let said = work_dir()?.join("states.jsonl");
        let process = Command::new(&self.program)
            .args(["destination", "postgres", "write"])
            .arg("--config")
            .arg(config)
            .arg("--catalog")
            .arg(catalog)
            .stdin(File::open(messages)?)
            .stdout(File::create(&said)?)
            .spawn()
            .with_context(|| format!("{} cannot be started", self.program.display()))?;
        let (status, peak) = memory::watch(process)?;
        if !status.success() {
            bail!(
                "the loader failed ({status}); its last words:\n{}",
                child::last_lines(&said, 3)
            );
        }
        Ok(peak)
    }

    fn config(&self, schema: &str) -> Result<PathBuf> {
        let [user, password, host, port] = &self.login;
        let config = serde_json::json!({
            "host": host, "port": port, "database": DATABASE, "username": user, "password": password, "schema": schema, "ssl_mode": { "mode": "disable" }
        });
        written("config.json", &config)
    }
}

fn catalog(mode: Mode, streams: &[Stream]) -> Result<PathBuf> {
    let streams = streams
        .iter()
        .map(|stream| {
            let properties = stream.columns.iter().map(|(name, _, schema)| Ok(((*name).to_owned(), serde_json::from_str(schema)?))).collect::<Result<serde_json::Map<_, _>>>()?;
            let (sync_mode, destination_sync_mode) = match mode {
                Mode::Overwrite => ("full_refresh", "overwrite"),
                Mode::Append => ("incremental", "append"),
                Mode::Dedup => ("incremental", "append_dedup"),
            };
            Ok(serde_json::json!({
                "stream": { "name": stream.name, "json_schema": { "type": "object", "properties": properties }, "supported_sync_modes": ["full_refresh", "incremental"] },
                "sync_mode": sync_mode, "destination_sync_mode": destination_sync_mode, "cursor_field": ["updated_at"], "primary_key": [["id"]],
                "generation_id": 1, "minimum_generation_id": 0, "sync_id": 1
            }))
        })
        .collect::<Result<Vec<_>>>()?;
    written("catalog.json", &serde_json::json!({ "streams": streams }))
}

fn written(name: &str, content: &serde_json::Value) -> Result<PathBuf> {
    let file = work_dir()?.join(name);
    fs::write(&file, content.to_string())?;
    Ok(file)
}
