//! `AsyncRetriever`: the API makes a report, we wait for it, then read it.

mod failed;
mod file;
mod run;

use std::collections::HashMap;
use std::time::Duration;

use serde_json::Value;

use super::Simple;
use crate::declarative::decode::Decoder;
use crate::declarative::env::Env;
use crate::declarative::manifest::Node;
use crate::declarative::paginate::Paginator;
use crate::declarative::record::{self, Extractor, Selector};
use crate::declarative::request::{Caching, Requester};
use crate::declarative::slice::Slice;
use crate::declarative::text::Text;
use crate::fault::Fault;
pub use run::Running;

/// Longest time one report may take when the manifest does not say.
const PATIENCE_MINUTES: u64 = 60;

#[derive(Debug)]
pub struct Jobs {
    pub name: String,
    creation: Requester,
    polling: Requester,
    download: Download,
    targets: Option<Extractor>,
    target_requester: Option<Requester>,
    abort: Option<Requester>,
    delete: Option<Requester>,
    decoder: Decoder,
    status: Extractor,
    statuses: HashMap<String, Status>,
    selector: Selector,
    patience: Duration,
    retry_pause: Duration,
}

/// How a finished report is read.
#[derive(Debug)]
struct Download {
    simple: Simple,
}

/// What a status of the API means.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Status {
    Running,
    Completed,
    Failed,
    TimedOut,
    Skipped,
}

impl Jobs {
    pub fn read(
        node: &Node<'_>,
        name: &str,
        extra: record::Extra,
        env: &Env,
    ) -> Result<Self, Fault> {
        let requester = |field: &str, what: &str| match node.child(field)? {
            Some(child) => Requester::read(
                &child,
                &format!("{what} - {name}"),
                env,
                Caching::AsManifest,
            )
            .map(Some),
            None => Ok(None),
        };
        let needed = |field: &str, what: &str| {
            requester(field, what)?.ok_or_else(|| node.wrong(field, "is missing"))
        };
        let targets = match node.child("download_target_extractor")? {
            Some(child) => Some(Extractor::read(&child, env)?),
            None => None,
        };
        let target_requester = requester("download_target_requester", "job extract_url")?;
        if target_requester.is_some() && targets.is_none() {
            return Err(node.wrong("download_target_extractor", "is missing"));
        }
        let minutes = number(node, "polling_job_timeout", env)?.unwrap_or(PATIENCE_MINUTES);
        let pause = number(node, "failed_retry_wait_time_in_seconds", env)?.unwrap_or(0);
        Ok(Self {
            name: name.to_owned(),
            creation: needed("creation_requester", "job creation")?,
            polling: needed("polling_requester", "job polling")?,
            download: Download::read(
                node,
                name,
                needed("download_requester", "job download")?,
                env,
            )?,
            targets,
            target_requester,
            abort: requester("abort_requester", "job abort")?,
            delete: requester("delete_requester", "job delete")?,
            decoder: Decoder::of(node, "decoder")?,
            status: Extractor::read(&node.need_child("status_extractor")?, env)?,
            statuses: statuses(&node.need_child("status_mapping")?)?,
            selector: Selector::read(&node.need_child("record_selector")?, extra, env)?,
            patience: Duration::from_secs(minutes.saturating_mul(60)),
            retry_pause: Duration::from_secs(pause),
        })
    }

    pub fn begin<'a>(&'a self, slice: &Slice, schema: &'a Value, env: &'a Env) -> Running<'a> {
        Running::new(self, slice, schema, env)
    }
}

impl Download {
    fn read(node: &Node<'_>, name: &str, requester: Requester, env: &Env) -> Result<Self, Fault> {
        let paginator = match node.child("download_paginator")? {
            Some(paginator) => Paginator::read(&paginator, env)?,
            None => Paginator::None,
        };
        let (extractor, decoder) = match node.child("download_extractor")? {
            Some(child) if child.kind() == "ResponseToFileExtractor" => {
                (Extractor::whole(), file::decoder(&child)?)
            }
            Some(child) => (
                Extractor::read(&child, env)?,
                Decoder::of(node, "download_decoder")?,
            ),
            None => (Extractor::whole(), Decoder::of(node, "download_decoder")?),
        };
        Ok(Self {
            simple: Simple::plain(name, requester, decoder, extractor, paginator, env),
        })
    }
}

fn statuses(node: &Node<'_>) -> Result<HashMap<String, Status>, Fault> {
    let mut statuses = HashMap::new();
    for (field, status) in [
        ("running", Status::Running),
        ("completed", Status::Completed),
        ("failed", Status::Failed),
        ("timeout", Status::TimedOut),
        ("skipped", Status::Skipped),
    ] {
        for name in node.list(field) {
            let name = crate::declarative::text::plain(name);
            if statuses.insert(name.clone(), status).is_some() {
                return Err(node.broken(&format!("the status “{name}” is there twice.")));
            }
        }
    }
    Ok(statuses)
}

fn number(node: &Node<'_>, name: &str, env: &Env) -> Result<Option<u64>, Fault> {
    let Some(text) = Text::read(node, name)? else {
        return Ok(None);
    };
    let value = text.string(&env.scope(&Value::Null))?;
    value
        .trim()
        .parse()
        .map(Some)
        .map_err(|_| node.wrong(name, "is not a whole number"))
}
