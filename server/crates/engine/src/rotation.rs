//! What a connector changes in its own configuration while it works (tokens that are replaced at each use, mostly): kept in
//! the saved source at once, without undoing what somebody else has changed there meanwhile.

use serde_json::Value;
use tokio::sync::Mutex;

use crate::operation::Prepared;
use crate::secrets::{Place, take_over};
use crate::tables::sources;
use crate::{Engine, Error};

/// One connector at work.
pub struct Rotation {
    /// The configuration it was told last, or told itself.
    known: Mutex<Value>,
    secret_fields: Vec<String>,
}

impl Rotation {
    pub fn of(prepared: &Prepared) -> Self {
        Self {
            known: Mutex::new(prepared.config.clone()),
            secret_fields: prepared.secret_fields.clone(),
        }
    }

    /// Keeps what changed, as far as it belongs to the source: the old tokens may be worth nothing any more.
    pub async fn keep(
        &self,
        engine: &Engine,
        source: Option<&sources::Row>,
        told: &Value,
    ) -> Result<(), Error> {
        let mut known = self.known.lock().await;
        if let Some(source) = source {
            while !self.kept(engine, source, &known, told).await? {}
        }
        known.clone_from(told);
        Ok(())
    }

    /// `false` where somebody else has changed the source in this moment.
    async fn kept(
        &self,
        engine: &Engine,
        source: &sources::Row,
        known: &Value,
        told: &Value,
    ) -> Result<bool, Error> {
        let pool = &engine.config.pool;
        let Some(row) = sources::find(pool, None, source.id).await? else {
            return Ok(true);
        };
        let stored = engine.open_config(Place::Source, row.workspace_id, row.id, &row.config)?;
        let Some(new) = self.with(stored, known, told) else {
            return Ok(true);
        };
        let sealed = engine.seal_config(Place::Source, row.workspace_id, row.id, &new);
        let changed = sources::rotate(pool, &row, &sealed).await?;
        Ok(changed == 1)
    }

    /// The stored configuration with the change in it; `None` where it is of other secrets than the stored ones.
    fn with(&self, mut stored: Value, known: &Value, told: &Value) -> Option<Value> {
        if stored == *known {
            return Some(told.clone());
        }
        take_over(&mut stored, known, told, &self.secret_fields).then_some(stored)
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn what_somebody_changed_meanwhile_stays() {
        let rotation = Rotation {
            known: Mutex::default(),
            secret_fields: vec!["token".to_owned()],
        };
        let known = json!({"token": "one", "since": "2026-01-01"});
        let told = json!({"token": "two", "since": "2026-01-01", "version": 2});
        assert_eq!(
            rotation.with(known.clone(), &known, &told),
            Some(told.clone())
        );
        let later = json!({"token": "one", "since": "2026-06-01"});
        assert_eq!(
            rotation.with(later, &known, &told),
            Some(json!({"token": "two", "since": "2026-06-01", "version": 2}))
        );
        let of_another = json!({"token": "new sign-in", "since": "2026-01-01"});
        assert_eq!(rotation.with(of_another, &known, &told), None);
    }
}
