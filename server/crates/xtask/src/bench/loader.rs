//! Our own contender: `destination postgres write`, fed from a file, its memory watched.

use std::{
    fs::{self, File},
    path::{Path, PathBuf},
    process::{Child, Command},
    thread,
    time::Duration,
};

use anyhow::{Context, Result, bail};

use super::{
    data::{DataSet, Stream},
    destination::{Destination, work_dir},
};

/// How often the memory is looked at; the kernel keeps the highest mark, so only the end could be missed.
const LOOK: Duration = Duration::from_millis(10);

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
    pub fn new(program: PathBuf, destination: &Destination<'_>, data: &DataSet) -> Result<Self> {
        if !program.is_file() {
            bail!("there is no program {}", program.display());
        }
        fs::metadata(data.messages()).context("the data set is there")?;
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
        let states = File::create(work_dir()?.join("states.jsonl"))?;
        let child = Command::new(&self.program)
            .args(["destination", "postgres", "write"])
            .arg("--config")
            .arg(config)
            .arg("--catalog")
            .arg(catalog)
            .stdin(File::open(messages)?)
            .stdout(states)
            .spawn()
            .with_context(|| format!("{} cannot be started", self.program.display()))?;
        watch(child)
    }

    fn config(&self, schema: &str) -> Result<PathBuf> {
        let [user, password, host, port] = &self.login;
        let config = serde_json::json!({
            "host": host, "port": port, "database": "bench", "username": user, "password": password, "schema": schema, "ssl_mode": { "mode": "disable" }
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

/// Waits for the end and returns the highest memory use seen.
fn watch(mut child: Child) -> Result<u64> {
    let status_file = format!("/proc/{}/status", child.id());
    let mut peak = 0;
    loop {
        if let Some(status) = child.try_wait()? {
            if !status.success() {
                bail!(
                    "the loader failed ({status}); its last words: {}",
                    crate::child::last_lines(&work_dir()?.join("states.jsonl"), 3)
                );
            }
            return Ok(peak);
        }
        peak = peak.max(
            fs::read_to_string(&status_file)
                .ok()
                .and_then(|text| high_water(&text))
                .unwrap_or(0),
        );
        thread::sleep(LOOK);
    }
}

fn high_water(status: &str) -> Option<u64> {
    let line = status
        .lines()
        .find_map(|line| line.strip_prefix("VmHWM:"))?;
    line.trim()
        .strip_suffix(" kB")?
        .parse::<u64>()
        .ok()
        .map(|kilobytes| kilobytes * 1024)
}

#[cfg(test)]
mod tests {
    #[test]
    fn the_kernels_high_water_mark_is_read() {
        assert_eq!(
            super::high_water("Name:\tx\nVmHWM:\t   13104 kB\nVmRSS:\t 1 kB\n"),
            Some(13_418_496)
        );
        assert_eq!(super::high_water("Name:\tx\n"), None);
    }
}
