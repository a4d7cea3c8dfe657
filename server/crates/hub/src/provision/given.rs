//! A destination that the operator names, for the one tenant of an Airbyte with one workspace. It is used as it is: neither
//! changed nor removed. So what the hub would have written there is asked for instead.

use airbyte::api::DestinationResponse;
use model::TenantId;
use serde_json::Value;
use uuid::Uuid;

use super::{
    Made, POSTGRES_DESTINATION, database_refused,
    destination::engine_refused,
    reach::{self, Reached},
};
use crate::{
    Error, Hub,
    tenant_db::{Address, load_login_name, schema_name},
};

pub(super) async fn make(
    hub: &Hub,
    tenant: TenantId,
    workspace: Uuid,
    given: Uuid,
) -> Result<Made, Error> {
    let found = find(hub, workspace, given).await?;
    let lands = format!(
        "“{}” is used as it is; rows land in schema {}.",
        found.name,
        schema_name(tenant)
    );
    let reached = match unfit(hub, tenant, &found.configuration).await? {
        Some(why) => Reached::No(why),
        None => reach::ask(hub, given).await?,
    };
    Ok(reached.made(given, &lands))
}

/// The destination, as long as it is in that workspace and the hub can read what it writes.
pub(crate) async fn find(
    hub: &Hub,
    workspace: Uuid,
    given: Uuid,
) -> Result<DestinationResponse, Error> {
    let all = hub.airbyte().destinations(workspace).await;
    let all = all.map_err(engine_refused)?;
    let found = all.into_iter().find(|one| one.destination_id == given);
    let Some(found) = found else {
        return Err(Error::Conflict(format!(
            "AIRBYTE_DESTINATION_ID names {given}, which is no destination of the workspace {workspace} that AIRBYTE_WORKSPACE_ID names, or one that the credentials do not see."
        )));
    };
    let is_postgres = match found.definition_id {
        Some(definition) => definition == POSTGRES_DESTINATION,
        None => found.destination_type.as_deref() == Some("postgres"),
    };
    if is_postgres {
        return Ok(found);
    }
    Err(Error::Conflict(format!(
        "AIRBYTE_DESTINATION_ID names “{}”, which is no PostgreSQL destination: the hub reads the tenant's rows from PostgreSQL only.",
        found.name
    )))
}

/// What would have to be otherwise there for its rows to be found here.
async fn unfit(hub: &Hub, tenant: TenantId, settings: &Value) -> Result<Option<String>, Error> {
    let text = |name: &str| settings[name].as_str().unwrap_or_default();
    let port = match &settings["port"] {
        Value::String(text) => text.clone(),
        other => other.to_string(),
    };
    let is_there = |address: &Address| {
        address.host.eq_ignore_ascii_case(text("host"))
            && address.port.to_string() == port
            && address.database == text("database")
    };
    let db = hub.tenant_db();
    if !is_there(db.internal()) && !is_there(db.external()) {
        let Address {
            host,
            port: ours,
            database,
            ..
        } = db.external();
        return Ok(Some(format!(
            "The destination that AIRBYTE_DESTINATION_ID names writes to {} at {}:{port}, and the hub reads the tenant's rows from {database} at {host}:{ours}. Name the same database there and in TENANT_DATABASE_EXTERNAL_URL.",
            text("database"),
            text("host"),
        )));
    }
    let schema = schema_name(tenant);
    if text("schema") != schema {
        return Ok(Some(format!(
            "The destination that AIRBYTE_DESTINATION_ID names writes to the schema “{}”. Set its default schema to {schema}.",
            text("schema"),
        )));
    }
    let (login, loader) = (text("username"), load_login_name(tenant));
    let functions = db.functions();
    if functions
        .works_as(login, &loader)
        .await
        .map_err(database_refused)?
    {
        return Ok(None);
    }
    Ok(Some(format!(
        "The destination that AIRBYTE_DESTINATION_ID names logs in as “{login}”, whose tables the hub could neither read nor fill. In the tenant database, run: GRANT {loader} TO \"{login}\"; ALTER ROLE \"{login}\" IN DATABASE \"{}\" SET role = {loader};",
        text("database"),
    )))
}
