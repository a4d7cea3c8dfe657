//! How a requester's connections are made, and how long the server may be silent on them.

use std::time::Duration;

use crate::declarative::env::Env;
use crate::declarative::manifest::Node;
use crate::fault::Fault;
use crate::outbound::{Connecting, Outbound, Probing};

/// What `use_tcp_keepalive` stands for.
const PROBING: Probing = Probing::After {
    silence: Duration::from_mins(1),
    interval: Duration::from_secs(10),
    most: 6,
};

/// The way of a requester to its API.
#[derive(Debug, Clone)]
pub struct Wire {
    pub outbound: Outbound,
    /// Longest wait for each word of the server.
    pub silence: Option<Duration>,
    connect: Option<Duration>,
}

impl Wire {
    /// For requests that no requester describes.
    pub fn usual(env: &Env) -> Self {
        Self {
            outbound: env.cx.outbound.clone(),
            silence: None,
            connect: None,
        }
    }

    pub fn read(node: &Node<'_>, env: &Env) -> Result<Self, Fault> {
        let connect = seconds(node, "connect_timeout_in_seconds")?;
        let how = Connecting {
            patience: connect,
            probing: if node.is("use_tcp_keepalive")? {
                PROBING
            } else {
                Probing::Usual
            },
        };
        Ok(Self {
            outbound: env.ways.with(how, &env.cx.outbound)?,
            silence: seconds(node, "read_timeout_in_seconds")?,
            connect,
        })
    }

    /// Longest wait for the first word. Connecting counts in, so a manifest that knows how long that takes gets both.
    pub fn first_word(&self) -> Option<Duration> {
        let silence = self.silence?;
        Some(silence.saturating_add(self.connect.unwrap_or_default()))
    }
}

/// A limit of the manifest; by itself there is none.
fn seconds(node: &Node<'_>, field: &str) -> Result<Option<Duration>, Fault> {
    let Some(seconds) = node.number(field)? else {
        return Ok(None);
    };
    match Duration::try_from_secs_f64(seconds) {
        Ok(most) if !most.is_zero() => Ok(Some(most)),
        _ => Err(node.wrong(field, "must be more than 0")),
    }
}
