//! Whether an Airbyte elsewhere may be asked to go where settings point. It would reach what this hub may not: the check
//! that guards the direct way holds for both.

use airbyte::extension::{Fault, FaultKind};
use serde_json::Value;
use sync::fault::Kind;

use crate::{
    Engine, Hub,
    forms::{Certain, Pointer, pointers_in},
};

/// Settings name a few addresses; what names more is refused rather than looked up for minutes.
const MOST: usize = 32;

/// The first place that is out of bounds, told as a connector would tell it.
pub(crate) async fn out_of_bounds(hub: &Hub, config: &Value) -> Option<Fault> {
    if hub.engine() == Engine::Embedded {
        return None;
    }
    let pointers = pointers_in(config);
    if pointers.len() > MOST {
        let words = format!("The settings name more than {MOST} addresses.");
        return Some(refusal(words, None));
    }
    for Pointer {
        field,
        host,
        certain,
        ..
    } in pointers
    {
        let Err(fault) = hub.outbound().resolve_database_host(&host, 0).await else {
            continue;
        };
        // A name that only that Airbyte knows is a name inside its network.
        let strict = hub.outbound().is_public_only() && certain == Certain::Yes;
        if fault.kind == Kind::Forbidden || (strict && fault.kind == Kind::Unreachable) {
            return Some(refusal(fault.message, Some(field)));
        }
    }
    None
}

fn refusal(message: String, field: Option<String>) -> Fault {
    Fault {
        kind: FaultKind::Forbidden,
        until: None,
        message,
        detail: None,
        field,
        stream: None,
    }
}
