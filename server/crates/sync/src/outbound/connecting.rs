//! How connections are made and watched, where whoever knows the server wants it otherwise than usual.

use std::sync::Arc;
use std::time::Duration;

use super::{Outbound, http};
use crate::fault::Fault;

/// Longest time for connecting, TLS included, when nobody says otherwise.
pub const USUAL_PATIENCE: Duration = Duration::from_secs(5);

/// What a connection is asked to be. Connections of one kind are pooled with each other.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Hash)]
pub struct Connecting {
    /// Longest time for TCP and TLS together.
    pub patience: Option<Duration>,
    pub probing: Probing,
}

/// When a silent connection is asked whether its other end is still there.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Hash)]
pub enum Probing {
    /// As the HTTP client does by itself.
    #[default]
    Usual,
    /// After so much silence, so often, and no more than so many times.
    After {
        silence: Duration,
        interval: Duration,
        most: u32,
    },
}

impl Connecting {
    pub fn patience(self) -> Duration {
        self.patience.unwrap_or(USUAL_PATIENCE)
    }

    /// How much longer than usual connecting may take.
    pub fn extra(self) -> Duration {
        self.patience().saturating_sub(USUAL_PATIENCE)
    }
}

impl Outbound {
    /// The same way out, guarded alike, with connections of this kind. Each has a pool of its own, so keep it.
    pub fn connecting(&self, how: Connecting) -> Result<Self, Fault> {
        if how == Connecting::default() {
            return Ok(self.clone());
        }
        Ok(Self {
            client: http::client(&self.policy, how)?,
            policy: Arc::clone(&self.policy),
        })
    }
}
