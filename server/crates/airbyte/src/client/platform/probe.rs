//! What the credentials may do on a platform, found out without leaving a trace.

use std::{
    sync::{Mutex, PoisonError},
    time::{Duration, Instant},
};

use serde_json::Value;
use uuid::Uuid;

use crate::{Client, Error, api::InitiateOAuth};

/// What a platform offers to these credentials.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Capabilities {
    /// Workspaces that the credentials see.
    pub workspaces: usize,
    /// Sources it can run.
    pub sources: Listed,
    /// Whether it lets the credentials have a workspace for each tenant; `None` when it could not be found out.
    pub several_workspaces: Option<bool>,
    /// Whether it signs people in; `None` when it could not be asked.
    pub sign_in: Option<SignIn>,
}

/// What is known about what a platform can run.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Listed {
    /// There is no workspace to ask about.
    NotYet,
    /// The account may not list them. It may then read no specification there either.
    Kept,
    /// Its Config API is not where it is looked for, so nothing can be tested there.
    Nowhere,
    /// Nor where the Config API does not take the credentials that the public API takes …
    Refused,
    /// … leads to another address, as to a page where people sign in …
    LedAway,
    /// … or has something else answer in its place, as a page for people.
    Page,
    /// So many.
    Sources(usize),
}

/// Whether a platform signs people in at providers, with clients of its own.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum SignIn {
    Offered,
    /// It would, but leads people back to https addresses only.
    OnlyToHttps,
    /// It does not: self-hosted ones.
    Absent,
}

/// Any connector with OAuth will do: the address that is answered is thrown away.
const ASKED_ABOUT: &str = "hubspot";
/// How long an answer about signing in is good for.
const ASK_AGAIN: Duration = Duration::from_mins(10);

impl Client {
    /// Asks for what has to be known before a tenant is let in, and leaves nothing behind; `back_to` is an address of ours that people would come back
    /// to after signing in. An error says that nothing works.
    pub async fn probe(&self, back_to: &str) -> Result<Capabilities, Error> {
        let workspaces = self.workspaces().await?;
        let several_workspaces = self.probe_several(&workspaces).await;
        let Some(first) = workspaces.first().map(|first| first.workspace_id) else {
            return Ok(Capabilities {
                workspaces: 0,
                sources: Listed::NotYet,
                several_workspaces,
                sign_in: None,
            });
        };
        let sources = match self.runnable_sources(first).await {
            Ok(sources) => Listed::Sources(sources.len()),
            Err(Error::Forbidden { .. } | Error::NotFound { .. }) => Listed::Kept,
            Err(Error::Unsupported { .. }) => Listed::Nowhere,
            Err(error) => Listed::closed(&error).ok_or(error)?,
        };
        let sign_in = self.probe_sign_in(first, back_to).await;
        Ok(Capabilities {
            workspaces: workspaces.len(),
            sources,
            several_workspaces,
            sign_in,
        })
    }

    /// What the last probe found out about signing in.
    pub fn sign_in(&self) -> Option<SignIn> {
        self.shared.sign_in.known().map(|(known, _)| known)
    }

    /// Probes are made all the time, and each consent address costs the server something: one answer serves for a while.
    async fn probe_sign_in(&self, workspace: Uuid, back_to: &str) -> Option<SignIn> {
        if let Some((known, since)) = self.shared.sign_in.known()
            && since.elapsed() < ASK_AGAIN
        {
            return Some(known);
        }
        let ask = InitiateOAuth {
            source_type: ASKED_ABOUT.to_owned(),
            workspace_id: workspace,
            redirect_url: back_to.to_owned(),
            input: Value::Null,
            requested_scopes: Vec::new(),
            requested_optional_scopes: Vec::new(),
        };
        let found = match self.initiate_oauth(&ask).await {
            Err(Error::Unsupported { .. } | Error::Forbidden { .. } | Error::NotFound { .. }) => {
                SignIn::Absent
            }
            Err(Error::Invalid { message }) if names_the_way_back(&message) => SignIn::OnlyToHttps,
            // Invalid: it understood the question, and has no client for this connector.
            Ok(_) | Err(Error::Invalid { .. }) => SignIn::Offered,
            Err(_) => return None,
        };
        self.shared.sign_in.note(found);
        Some(found)
    }
}

fn names_the_way_back(refusal: &str) -> bool {
    refusal.to_ascii_lowercase().contains("redirect")
}

/// An answer and when it was given.
#[derive(Default)]
pub(in crate::client) struct Known(Mutex<Option<(SignIn, Instant)>>);

impl Known {
    fn known(&self) -> Option<(SignIn, Instant)> {
        *self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn note(&self, found: SignIn) {
        let mut known = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        *known = Some((found, Instant::now()));
    }
}
