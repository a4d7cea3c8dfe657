//! Configurations on their way into and out of the database: secrets sealed with the tenant's key, each in its place.

use model::{ConnectionId, TestId};
use secrecy::ExposeSecret;
use serde_json::Value;
use store::{
    connections::{Config, Connection},
    ids::Id,
    secrets::{Place, TenantKeys},
    tests::Test,
};

use crate::{
    Error,
    forms::{Schema, SecretValues},
};

fn secrets_of(id: ConnectionId) -> Place<'static> {
    Place {
        table: "connections",
        column: "secrets",
        row: id.uuid(),
    }
}

fn candidate_of(id: TestId) -> Place<'static> {
    Place {
        table: "connection_tests",
        column: "candidate",
        row: id.uuid(),
    }
}

/// A whole configuration, ready to be stored.
pub(crate) fn seal(keys: &TenantKeys, id: ConnectionId, schema: &Schema, config: &Value) -> Config {
    let (masked, secrets) = schema.split(config);
    Config {
        settings: schema.settings(&masked),
        secret_titles: schema.secrets_set(&masked),
        secrets: (!secrets.is_empty()).then(|| keys.seal(secrets_of(id), &secrets.to_json())),
        config: masked,
    }
}

/// The whole configuration of a stored connection, secrets included.
pub(crate) fn open(keys: &TenantKeys, connection: &Connection) -> Result<Value, Error> {
    let Some(record) = &connection.config.secrets else {
        return Ok(connection.config.config.clone());
    };
    let bytes = keys.open(secrets_of(connection.id), record)?;
    let secrets = SecretValues::from_json(bytes.expose_secret())
        .map_err(|_| Error::Internal(anyhow::anyhow!("sealed secrets are no JSON")))?;
    Ok(secrets.join(&connection.config.config))
}

pub(crate) fn seal_candidate(keys: &TenantKeys, id: TestId, config: &Value) -> Vec<u8> {
    keys.seal(candidate_of(id), config.to_string().as_bytes())
}

/// The configuration that a test tries; `None` when it is gone.
pub(crate) fn open_candidate(keys: &TenantKeys, test: &Test) -> Result<Option<Value>, Error> {
    let Some(record) = &test.candidate else {
        return Ok(None);
    };
    let bytes = keys.open(candidate_of(test.id), record)?;
    let config = serde_json::from_slice(bytes.expose_secret())
        .map_err(|_| Error::Internal(anyhow::anyhow!("a sealed configuration is no JSON")))?;
    Ok(Some(config))
}
