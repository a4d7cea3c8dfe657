//! Records that an earlier run has read are left out on our side when the API cannot do it.

use super::Record;
use crate::fault::Fault;

/// Whether a record is one that was not read before.
pub type Wanted<'a> = &'a (dyn Fn(&Record<'_>) -> Result<bool, Fault> + Sync);
