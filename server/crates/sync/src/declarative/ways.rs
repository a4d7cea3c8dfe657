//! Ways out of one operation: requesters that want the same of their connections share them.

use std::collections::HashMap;
use std::sync::{Mutex, PoisonError};

use crate::fault::Fault;
use crate::outbound::{Connecting, Outbound};

/// Beside the usual way, which all operations share.
#[derive(Debug, Default)]
pub struct Ways(Mutex<HashMap<Connecting, Outbound>>);

impl Ways {
    pub fn with(&self, how: Connecting, usual: &Outbound) -> Result<Outbound, Fault> {
        let mut ways = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(way) = ways.get(&how) {
            return Ok(way.clone());
        }
        let way = usual.connecting(how)?;
        ways.insert(how, way.clone());
        Ok(way)
    }
}
