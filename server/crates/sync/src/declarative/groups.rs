//! `stream_groups`: streams that must not be read at once, because they share a session or an endpoint for one.
//!
//! A stream that is read as the parent of another counts as being read for as long as it hands out slices. All groups that a
//! stream needs are taken together or not at all, so that no two streams wait for each other.

use std::collections::{BTreeSet, HashMap};
use std::sync::{Arc, Mutex, PoisonError};

use tokio::sync::Notify;

use super::definitions::Definition;
use super::manifest::Node;
use crate::fault::Fault;

/// The groups of a manifest.
#[derive(Debug, Default)]
pub struct Groups {
    /// By the names of their streams.
    of: HashMap<String, String>,
}

/// The groups that a stream takes.
#[derive(Debug, Default)]
pub struct Needs {
    /// Its own, while it is read.
    own: BTreeSet<String>,
    /// Those of its parents, while its slices are handed out.
    parents: BTreeSet<String>,
}

impl Groups {
    pub fn read(root: &Node<'_>) -> Result<Self, Fault> {
        let mut groups = Self::default();
        let Some(node) = root.child("stream_groups")? else {
            return Ok(groups);
        };
        for name in node.fields().keys().filter(|name| *name != "$parameters") {
            let group = node.need_child(name)?;
            let action = group.need_child("action")?;
            if action.kind() != "BlockSimultaneousSyncsAction" {
                return Err(action.unknown());
            }
            for stream in group.children("streams")? {
                groups
                    .of
                    .insert(stream.need_str("name")?.to_owned(), name.clone());
            }
        }
        Ok(groups)
    }

    pub fn needs(&self, definition: &Definition) -> Needs {
        if self.of.is_empty() {
            return Needs::default();
        }
        let own = self.of.get(definition.name());
        let ancestors = definition.ancestors();
        let parents = ancestors.iter().filter_map(|name| self.of.get(*name));
        Needs {
            // With a parent in its own group it would wait for itself.
            parents: parents
                .filter(|group| own != Some(*group))
                .cloned()
                .collect(),
            own: own.into_iter().cloned().collect(),
        }
    }
}

/// The groups in use during a read. Cheap to clone.
#[derive(Debug, Clone, Default)]
pub struct Busy(Arc<State>);

#[derive(Debug, Default)]
struct State {
    groups: Mutex<BTreeSet<String>>,
    freed: Notify,
}

/// Groups that are taken until this is dropped.
#[derive(Debug)]
pub struct Hold {
    busy: Busy,
    groups: BTreeSet<String>,
}

/// What a stream has taken.
#[derive(Debug)]
pub struct Taken {
    pub own: Hold,
    pub parents: Hold,
}

impl Busy {
    /// Takes what a stream needs, unless some of it is in use.
    pub fn take(&self, needs: &Needs) -> Option<Taken> {
        let mut groups = self.0.groups.lock().unwrap_or_else(PoisonError::into_inner);
        let all = || needs.own.iter().chain(&needs.parents);
        if all().any(|group| groups.contains(group)) {
            return None;
        }
        groups.extend(all().cloned());
        Some(Taken {
            own: self.hold(&needs.own),
            parents: self.hold(&needs.parents),
        })
    }

    /// Waits until something was given back, perhaps already. For one who waits at a time.
    pub async fn freed(&self) {
        self.0.freed.notified().await;
    }

    fn hold(&self, groups: &BTreeSet<String>) -> Hold {
        Hold {
            busy: self.clone(),
            groups: groups.clone(),
        }
    }
}

impl Drop for Hold {
    fn drop(&mut self) {
        let state = &self.busy.0;
        let mut groups = state.groups.lock().unwrap_or_else(PoisonError::into_inner);
        groups.retain(|group| !self.groups.contains(group));
        state.freed.notify_one();
    }
}
