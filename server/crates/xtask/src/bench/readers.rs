//! Programs that read the API through the manifest: ours and Airbyte's own. They take the same arguments, and what they
//! print is judged by one rule.

use std::{
    fs::{self, File},
    io::{BufRead, BufReader},
    path::{Path, PathBuf},
    process::{Command, Stdio},
    time::{Duration, Instant},
};

use anyhow::{Context, Result, bail};
use serde_json::{Value, json};

use super::{
    api::{self, Api},
    destination::work_dir,
    memory,
};
use crate::{child, setup::Tools};

pub const MANIFEST: &str = include_str!("read.yaml");

/// What is read, and in pages of which size.
#[derive(Debug, Clone, Copy)]
pub struct Task {
    pub variant: Variant,
    pub page_size: usize,
}

/// A stream of the manifest.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Variant {
    Plain,
    Computed,
    Reduced,
}

impl Variant {
    pub const ALL: [Self; 3] = [Self::Plain, Self::Computed, Self::Reduced];

    pub const fn stream(self) -> &'static str {
        match self {
            Self::Plain => "plain",
            Self::Computed => "computed",
            Self::Reduced => "reduced",
        }
    }

    pub const fn name(self) -> &'static str {
        match self {
            Self::Plain => "as they come",
            Self::Computed => "with a computed field",
            Self::Reduced => "without two of their fields",
        }
    }

    /// Whether a record is what the manifest makes of it.
    fn is_right(self, record: &Value) -> bool {
        let text = |name: &str| record[name].as_str().unwrap_or_default();
        let salutation = format!("{} {}", text("title"), text("name"));
        let reduced =
            record.get("telephone").is_none() && record["address"].get("region").is_none();
        let computed = record
            .get("salutation")
            .is_some_and(|found| *found == salutation);
        (computed, reduced) == (self == Self::Computed, self == Self::Reduced)
    }
}

/// Who reads.
pub enum Reader<'a> {
    Ours(&'a Path),
    Peer(&'a Tools),
}

impl Reader<'_> {
    /// Reads everything. Returns the time, and the peak memory in bytes.
    pub fn read(&self, task: Task, api: &Api) -> Result<(Duration, u64)> {
        let [manifest, config, catalog] = written(task, api)?;
        let (messages, words) = (work_dir()?.join("read.jsonl"), work_dir()?.join("read.log"));
        let mut command = self.command()?;
        command
            .arg("read")
            .arg("--manifest-path")
            .arg(manifest)
            .arg("--config")
            .arg(config)
            .arg("--catalog")
            .arg(catalog)
            .stdin(Stdio::null())
            .stdout(File::create(&messages)?)
            .stderr(File::create(&words)?);
        let begun = Instant::now();
        let process = command.spawn().context("it cannot be started")?;
        let (status, peak) = memory::watch(process)?;
        let time = begun.elapsed();
        if !status.success() {
            let words = [&messages, &words].map(|file| child::last_lines(file, 2));
            bail!("failed ({status}); its last words:\n{}", words.join("\n"));
        }
        judge(&messages, task.variant, api)?;
        fs::remove_file(messages)?;
        Ok((time, peak))
    }

    fn command(&self) -> Result<Command> {
        match self {
            Self::Ours(program) => {
                let mut command = Command::new(program);
                command
                    .arg("source")
                    .arg("--data-dir")
                    .arg(work_dir()?.join("data"))
                    .env("TRIBUTARY_ALLOW_HTTP", "1")
                    .env("TRIBUTARY_ALLOW_PRIVATE_NETWORKS", "127.0.0.0/8");
                Ok(command)
            }
            Self::Peer(tools) => {
                let python = &tools.airbyte_cdk_python;
                let program = python.with_file_name("source-declarative-manifest");
                Ok(tools.command(&program.to_string_lossy()))
            }
        }
    }
}

/// Manifest, configuration and catalogue, as files.
fn written(task: Task, api: &Api) -> Result<[PathBuf; 3]> {
    let config =
        json!({ "base_url": format!("http://{}", api.address), "page_size": task.page_size });
    let catalog = json!({ "streams": [{
        "stream": {
            "name": task.variant.stream(),
            "json_schema": { "type": "object" },
            "supported_sync_modes": ["full_refresh"],
        },
        "sync_mode": "full_refresh",
        "destination_sync_mode": "overwrite",
    }] });
    let folder = work_dir()?;
    let files = [
        ("read.yaml", MANIFEST.to_owned()),
        ("read-config.json", config.to_string()),
        ("read-catalog.json", catalog.to_string()),
    ];
    for (name, content) in &files {
        fs::write(folder.join(name), content)?;
    }
    Ok(files.map(|(name, _)| folder.join(name)))
}

/// A time counts only for the right records: all of them, their sum, and each as the manifest wants it.
fn judge(messages: &Path, variant: Variant, api: &Api) -> Result<()> {
    let (mut count, mut balance) = (0_u32, 0);
    for line in BufReader::new(File::open(messages)?).lines() {
        let message: Value =
            serde_json::from_str(&line?).context("it printed a line that is no message")?;
        if message["type"] != "RECORD" {
            continue;
        }
        let record = &message["record"]["data"];
        if !variant.is_right(record) {
            bail!("this is not a record {}: {record}", variant.name());
        }
        count += 1;
        balance += api::hundredths(record)?;
    }
    let (found, expected) = ((count, balance), (api::RECORDS, api.balance()));
    if found != expected {
        bail!("these are not the right records: (count, sum) is {found:?}, not {expected:?}");
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_record_is_right_in_one_variant_only() {
        let plain =
            json!({"title": "Dr.", "name": "Ada", "telephone": "1", "address": {"region": "x"}});
        let mut computed = plain.clone();
        computed["salutation"] = json!("Dr. Ada");
        let reduced = json!({"title": "Dr.", "name": "Ada", "address": {}});
        for (at, record) in [plain, computed, reduced].iter().enumerate() {
            let right = Variant::ALL.map(|variant| variant.is_right(record));
            assert_eq!(right.iter().filter(|right| **right).count(), 1);
            assert!(right[at], "{record}");
        }
    }
}
