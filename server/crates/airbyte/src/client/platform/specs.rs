//! Specifications that were asked for lately: forms are opened far more often than connectors change.

use std::{
    collections::HashMap,
    sync::{Mutex, PoisonError},
    time::{Duration, Instant},
};

use uuid::Uuid;

use crate::extension::Spec;

/// How long one is good for: the connector's next version is seen soon enough.
const FRESH: Duration = Duration::from_mins(5);
/// So many are kept; each takes some ten kilobytes.
const MOST: usize = 200;

/// By definition, each with when it was read.
#[derive(Default)]
pub(in crate::client) struct Specs(Mutex<HashMap<Uuid, (Spec, Instant)>>);

impl Specs {
    pub(super) fn known(&self, definition: Uuid) -> Option<Spec> {
        let kept = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let (spec, read) = kept.get(&definition)?;
        (read.elapsed() < FRESH).then(|| spec.clone())
    }

    pub(super) fn note(&self, definition: Uuid, spec: &Spec) {
        let mut kept = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if kept.len() >= MOST {
            kept.retain(|_, (_, read)| read.elapsed() < FRESH);
        }
        // Everybody opens everything: the oldest makes room.
        if kept.len() >= MOST
            && let Some(oldest) = oldest(&kept)
        {
            kept.remove(&oldest);
        }
        kept.insert(definition, (spec.clone(), Instant::now()));
    }
}

fn oldest(kept: &HashMap<Uuid, (Spec, Instant)>) -> Option<Uuid> {
    let (id, _) = kept.iter().min_by_key(|(_, (_, read))| *read)?;
    Some(*id)
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::*;

    fn spec(connection_specification: Value) -> Spec {
        Spec {
            connection_specification,
            documentation_url: None,
            advanced_auth: None,
            advanced_auth_global_credentials_available: None,
        }
    }

    #[test]
    fn one_is_known_for_some_minutes() {
        let (specs, id) = (Specs::default(), Uuid::from_u128(1));
        assert_eq!(specs.known(id), None);
        specs.note(id, &spec(json!({"type": "object"})));
        assert_eq!(specs.known(id), Some(spec(json!({"type": "object"}))));
        assert_eq!(specs.known(Uuid::from_u128(2)), None);
        let read = Instant::now().checked_sub(FRESH);
        let kept = (spec(json!({})), read.expect("the machine runs for minutes"));
        specs.0.lock().unwrap().insert(id, kept);
        assert_eq!(specs.known(id), None);
    }

    #[test]
    fn the_oldest_makes_room() {
        let specs = Specs::default();
        for n in 0..=u128::try_from(MOST).unwrap() {
            specs.note(Uuid::from_u128(n), &spec(json!(n.to_string())));
        }
        assert_eq!(specs.0.lock().unwrap().len(), MOST);
        assert_eq!(specs.known(Uuid::from_u128(0)), None);
        assert!(specs.known(Uuid::from_u128(1)).is_some());
    }
}
