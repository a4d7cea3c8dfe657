//! What a connector renews in settings while they are tested: kept before the test goes on. The older tokens may be worth
//! nothing by then, however the test ends.

use serde_json::Value;
use store::{
    connections::{self, Connection, Stage},
    secrets::TenantKeys,
    tests,
};
use uuid::Uuid;

use super::{End, Trial};
use crate::{Error, connections::sealed, engine};

impl Trial<'_> {
    /// From now on only these settings work. Whoever repeats the test goes on with them.
    pub(super) async fn keep(&mut self, told: Value) -> Result<(), End> {
        let before = std::mem::replace(&mut self.config, told);
        let (hub, tenant, id) = (self.hub, self.tenant, self.connection.id);
        let mut tx = hub.store().tenant(tenant).await?;
        let keys = store::secrets::keys(&mut tx, hub.keys(), tenant).await?;
        let stored = connections::lock(&mut tx, tenant, id).await?;
        let renewed = self.renewed_in(&keys, &stored, &before)?;
        if let Some(config) = &renewed {
            let sealed = sealed::seal(&keys, id, &self.schema, config);
            let now = hub.clock().now();
            connections::store(&mut tx, tenant, id, &sealed, stored.stage, now).await?;
            self.connection.config = sealed;
        }
        let candidate = sealed::seal_candidate(&keys, self.test, &self.config);
        let kept = tests::set_candidate(&mut tx, tenant, self.test, &candidate).await;
        let is_forgotten = matches!(kept, Err(store::Error::Stale));
        if !is_forgotten {
            kept?;
        }
        tx.commit().await?;
        if let (Some(config), Some(source)) = (&renewed, self.connection.engine_source) {
            self.hand_on(source, config).await;
        }
        if is_forgotten {
            return Err(End::Stop);
        }
        Ok(())
    }

    /// The stored settings with what was renewed, where they live by the same secrets: a test that fails leaves them in
    /// force. `None` where they do not.
    fn renewed_in(
        &self,
        keys: &TenantKeys,
        stored: &Connection,
        before: &Value,
    ) -> Result<Option<Value>, Error> {
        let is_another = self.granted.is_some() || self.replaces_grant;
        if is_another || stored.stage == Stage::Unchecked {
            return Ok(None);
        }
        let config = sealed::open(keys, stored)?;
        let secrets = |config: &Value| self.schema.split(config).1.to_json();
        if secrets(&config) != secrets(before) {
            return Ok(None);
        }
        Ok(followed(&config, before, &self.config))
    }

    /// Runs go on by the source. Where it cannot be had now, a test that passes gives them to it.
    async fn hand_on(&self, source: Uuid, config: &Value) {
        let client = self.hub.airbyte();
        let given = engine::replace_source(client, &self.connection, source, config).await;
        match given {
            Ok(_) | Err(::airbyte::Error::NotFound { .. }) => {}
            Err(error) => {
                tracing::warn!(connection = %self.connection.id, %error, "a source was not given its newest tokens");
            }
        }
    }
}

/// `stored` with every change that made `told` of `before`; `None` where something that changed had been another thing there.
fn followed(stored: &Value, before: &Value, told: &Value) -> Option<Value> {
    if before == told {
        return Some(stored.clone());
    }
    let (Value::Object(was), Value::Object(is)) = (before, told) else {
        return (stored == before).then(|| told.clone());
    };
    let mut new = stored.as_object()?.clone();
    for (name, is) in is {
        let was = was.get(name).unwrap_or(&Value::Null);
        if was != is {
            let stored = stored.get(name).unwrap_or(&Value::Null);
            new.insert(name.clone(), followed(stored, was, is)?);
        }
    }
    Some(Value::Object(new))
}

#[cfg(test)]
mod tests_of_the_change {
    use serde_json::json;

    use super::followed;

    #[test]
    fn what_is_stored_follows_as_far_as_it_was_the_same() {
        let before = json!({"quay": "south", "access": {"pass": "1", "until": "noon"}});
        let told = json!({"quay": "south", "access": {"pass": "2", "until": "dusk"}, "day": {"pass": "d"}});
        let stored = json!({"quay": "north", "access": {"pass": "1", "until": "noon"}});
        let renewed = json!({"quay": "north", "access": {"pass": "2", "until": "dusk"}, "day": {"pass": "d"}});
        assert_eq!(followed(&stored, &before, &told), Some(renewed));

        let of_another = json!({"quay": "north", "access": {"pass": "other", "until": "noon"}});
        for other in [of_another, json!({"quay": "north"}), json!(null)] {
            assert_eq!(followed(&other, &before, &told), None, "{other}");
        }
    }
}
