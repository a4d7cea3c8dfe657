//! The contest of reading an API page by page: the requests alone, Airbyte's own runtime of manifests, and ours.

use std::path::Path;

use anyhow::{Result, bail};

use super::{
    api::{self, Api, RECORDS},
    contest::timed,
    http::Client,
    outcome::{Entry, Outcome, Ratio},
    plan::Peer,
    readers::{Reader, Task, Variant},
    sheet::Sheet,
};
use crate::{
    report,
    setup::{self, Tools},
};

/// Records a page.
const PAGE_SIZES: [usize; 2] = [100, 1000];
const PEER: &str = "airbyte-cdk (source-declarative-manifest)";
const GOAL: &str = "20 times the peer, 250,000 rows/s, < 60 MB";
/// What comes first in `Outcome::entries` is the limit, then the peer, then ours.
const YARDSTICK: usize = 1;

/// Reads in every variant and page size.
pub fn measure(tools: &mut Tools, program: &Path, peer: Peer, rounds: usize) -> Result<Vec<Sheet>> {
    let no_peer = missing(tools, peer);
    let api = Api::start()?;
    let mut sheets = Vec::new();
    for page_size in PAGE_SIZES {
        for variant in Variant::ALL {
            let mut contest = Contest {
                api: &api,
                task: Task { variant, page_size },
                limit: Entry::new("the requests alone (the limit)", ""),
                peer: Entry::new(PEER, ""),
                ours: Entry::new("tributary", GOAL),
            };
            contest.peer.note.clone_from(&no_peer);
            contest.run(&Reader::Ours(program), &Reader::Peer(tools), rounds)?;
            sheets.push(contest.outcome().sheet());
        }
    }
    Ok(sheets)
}

/// Why there is no peer, if there is none: the bench goes on without it.
fn missing(tools: &mut Tools, wanted: Peer) -> Option<String> {
    if wanted == Peer::LeftOut {
        return Some("left out".to_owned());
    }
    let installed = setup::airbyte_runtime(tools);
    installed
        .err()
        .map(|error| format!("cannot be had: {error:#}"))
}

/// One variant at one page size.
struct Contest<'a> {
    api: &'a Api,
    task: Task,
    limit: Entry,
    peer: Entry,
    ours: Entry,
}

impl Contest<'_> {
    fn run(&mut self, ours: &Reader<'_>, peer: &Reader<'_>, rounds: usize) -> Result<()> {
        let Task { variant, page_size } = self.task;
        for round in 1..=rounds {
            let name = format!(
                "Read {} by {page_size}, round {round} of {rounds}",
                variant.stream()
            );
            report::step(&name, |step| {
                step.busy_with("the requests alone");
                let time = timed(|| requests(self.api, page_size))?;
                self.limit.add(time, None);
                step.busy_with("the peer");
                self.peer(peer);
                step.busy_with("tributary");
                let (time, peak) = ours.read(self.task, self.api)?;
                self.ours.add(time, Some(peak));
                Ok(report::duration(time))
            })?;
        }
        Ok(())
    }

    /// When the peer cannot, it is out; the contest goes on.
    fn peer(&mut self, peer: &Reader<'_>) {
        if self.peer.note.is_some() {
            return;
        }
        match peer.read(self.task, self.api) {
            Ok((time, peak)) => self.peer.add(time, Some(peak)),
            Err(error) => self.peer.disqualify(format!("{error:#}")),
        }
    }

    fn outcome(self) -> Outcome {
        Outcome {
            title: format!(
                "Reading 100,000 records of an API {}, {} a page (ratio: times the peer's speed)",
                self.task.variant.name(),
                self.task.page_size
            ),
            records: RECORDS,
            yardstick: YARDSTICK,
            ratio: Ratio::Speed,
            entries: vec![self.limit, self.peer, self.ours],
        }
    }
}

/// Asks for every page and reads none of them, until one is empty.
fn requests(api: &Api, page_size: usize) -> Result<()> {
    let mut client = Client::connect(api.address)?;
    let mut bytes = 0;
    for page in 1.. {
        let answer = client.get(&api::target(page, page_size))?;
        if answer.body.ends_with(b"[]}") {
            break;
        }
        bytes += answer.body.len();
    }
    if bytes < api.bytes() {
        bail!("the API sent {bytes} bytes of {}", api.bytes());
    }
    Ok(())
}
