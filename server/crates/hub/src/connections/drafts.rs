//! Drafts: what a person asked to keep and finish later, unchecked, secrets sealed.

use model::ConnectionId;
use serde_json::Value;
use store::{
    TenantTx,
    connections::{self, Connection, Stage},
    tests,
};

use super::{
    kept::addressed,
    sealed,
    submit::{Input, Target, check_name, insert, name_taken},
};
use crate::{
    Error, Hub, Permission, Scope, acts,
    consent::{self, Granted},
    forms::Schema,
    specs,
};

/// Keeps what was typed, complete or not.
pub async fn save_draft(
    hub: &Hub,
    scope: &Scope,
    target: Target,
    posted: &[(String, String)],
) -> Result<ConnectionId, Error> {
    scope.require(Permission::Manage)?;
    let tenant = scope.tenant();
    let slug = match &target {
        Target::New { slug, .. } => slug.clone(),
        Target::Existing(id) => {
            let mut tx = hub.store().tenant(tenant).await?;
            connections::get(&mut tx, tenant, *id).await?.integration
        }
    };
    let integration = specs::integration(hub, tenant, &slug).await?;
    let schema = addressed(hub, &integration).await?;
    let mut tx = hub.store().tenant(tenant).await?;
    store::tenants::lock(&mut tx, tenant).await?;
    let id = match target {
        Target::Existing(id) => id,
        Target::New { name, .. } => {
            let name = check_name(&name).map_err(|error| Error::Invalid(vec![error]))?;
            match connections::find_by_name(&mut tx, tenant, &name).await? {
                Some(id) => same(&mut tx, id, &slug).await?,
                None => insert(hub, &mut tx, scope, &integration, &name).await?,
            }
        }
    };
    let connection = unfinished(&mut tx, id).await?;
    let keys = store::secrets::keys(&mut tx, hub.keys(), tenant).await?;
    let stored = sealed::open(&keys, &connection)?;
    let signed_in = if Input::Posted(posted).signs_in() {
        consent::way(hub, &mut tx, tenant, &integration, &schema, Some(id)).await?
    } else {
        None
    };
    let config = match &signed_in {
        Some(way) => {
            let grant = way.grant();
            let reduced = schema.reduced(grant);
            let mut config = reduced.read_leniently(posted, Some(&stored));
            if !reduced.leads_elsewhere(&stored, &config) {
                oauth::keep(&mut config, grant, &stored);
            }
            config
        }
        None => schema.read_leniently(posted, Some(&stored)),
    };
    store(hub, tx, scope, &schema, id, &config).await?;
    Ok(id)
}

/// What a document's words about a source came to.
pub(crate) enum Described {
    /// It waits for its secrets.
    Draft(ConnectionId),
    /// A connection works with these settings already.
    AsBefore,
}

/// Keeps what an integration YAML says of a source of the catalogue, as a draft that waits for its secrets.
pub(crate) async fn draft_described(
    hub: &Hub,
    scope: &Scope,
    slug: &str,
    name: &str,
    config: &Value,
) -> Result<Described, Error> {
    let tenant = scope.tenant();
    let integration = specs::integration(hub, tenant, slug).await?;
    let schema = addressed(hub, &integration).await?;
    let name = check_name(name).map_err(|error| Error::Invalid(vec![error]))?;
    let mut tx = hub.store().tenant(tenant).await?;
    store::tenants::lock(&mut tx, tenant).await?;
    let Some(id) = connections::find_by_name(&mut tx, tenant, &name).await? else {
        let id = insert(hub, &mut tx, scope, &integration, &name).await?;
        store(hub, tx, scope, &schema, id, config).await?;
        return Ok(Described::Draft(id));
    };
    if works_so(hub, &mut tx, id, slug, config).await? {
        return Ok(Described::AsBefore);
    }
    same(&mut tx, id, slug).await?;
    let connection = unfinished(&mut tx, id).await?;
    let keys = store::secrets::keys(&mut tx, hub.keys(), tenant).await?;
    // What somebody typed meanwhile stays, unless the document says otherwise. Secrets do not follow to another place.
    let stored = sealed::open(&keys, &connection)?;
    let mut whole = stored.clone();
    lay_over(&mut whole, config);
    if schema.leads_elsewhere(&stored, &whole) {
        whole = schema.without_secrets(&stored);
        lay_over(&mut whole, config);
    }
    store(hub, tx, scope, &schema, id, &whole).await?;
    Ok(Described::Draft(id))
}

/// Whether the connection is of this source, finished, and has all that the document says. One that has other settings keeps
/// them until new ones have passed a test.
async fn works_so(
    hub: &Hub,
    tx: &mut TenantTx,
    id: ConnectionId,
    slug: &str,
    config: &Value,
) -> Result<bool, Error> {
    let tenant = tx.tenant();
    let connection = connections::get(tx, tenant, id).await?;
    let works = matches!(connection.stage, Stage::Active | Stage::Paused);
    if !works || connection.integration != slug {
        return Ok(false);
    }
    let keys = store::secrets::keys(tx, hub.keys(), tenant).await?;
    let stored = sealed::open(&keys, &connection)?;
    let mut whole = stored.clone();
    lay_over(&mut whole, config);
    if whole == stored {
        return Ok(true);
    }
    Err(keeps_what_works())
}

fn lay_over(below: &mut Value, above: &Value) {
    match (below, above) {
        (Value::Object(below), Value::Object(above)) => {
            for (name, value) in above {
                lay_over(below.entry(name.as_str()).or_insert(Value::Null), value);
            }
        }
        (below, above) => *below = above.clone(),
    }
}

/// Keeps the settings of a test that did not pass: "save and finish later" on its page.
pub async fn keep_tried(hub: &Hub, scope: &Scope, id: ConnectionId) -> Result<(), Error> {
    scope.require(Permission::Manage)?;
    let tenant = scope.tenant();
    let mut tx = hub.store().tenant(tenant).await?;
    let connection = connections::get(&mut tx, tenant, id).await?;
    tx.commit().await?;
    let integration = specs::integration(hub, tenant, &connection.integration).await?;
    let schema = specs::schema(hub, &integration).await?;
    let mut tx = hub.store().tenant(tenant).await?;
    unfinished(&mut tx, id).await?;
    let keys = store::secrets::keys(&mut tx, hub.keys(), tenant).await?;
    let last = tests::last(&mut tx, tenant, id).await?;
    let (config, granted) = match &last {
        Some(test) => (
            sealed::open_candidate(&keys, test)?,
            Granted::open(&keys, test)?,
        ),
        None => (None, None),
    };
    let config = config.ok_or_else(|| {
        Error::Conflict("These settings are not kept any more. Fill in the form again.".to_owned())
    })?;
    if let Some(granted) = granted {
        granted.store(&mut tx, tenant, &keys, id).await?;
    }
    store(hub, tx, scope, &schema, id, &config).await
}

async fn same(tx: &mut TenantTx, id: ConnectionId, slug: &str) -> Result<ConnectionId, Error> {
    let tenant = tx.tenant();
    let connection = connections::get(tx, tenant, id).await?;
    let unfinished = matches!(connection.stage, Stage::Draft | Stage::Unchecked);
    if unfinished && connection.integration == slug {
        Ok(id)
    } else {
        Err(Error::Invalid(vec![name_taken(&connection.name)]))
    }
}

/// Only what was never checked can be a draft: a live connection keeps what works.
async fn unfinished(tx: &mut TenantTx, id: ConnectionId) -> Result<Connection, Error> {
    let tenant = tx.tenant();
    let connection = connections::lock(tx, tenant, id).await?;
    match connection.stage {
        Stage::Draft | Stage::Unchecked => Ok(connection),
        Stage::Removing => Err(Error::NotFound),
        Stage::Active | Stage::Paused => Err(keeps_what_works()),
    }
}

fn keeps_what_works() -> Error {
    let words =
        "This connection works with its present settings. Test the new ones to replace them.";
    Error::Conflict(words.to_owned())
}

async fn store(
    hub: &Hub,
    mut tx: TenantTx,
    scope: &Scope,
    schema: &Schema,
    id: ConnectionId,
    config: &Value,
) -> Result<(), Error> {
    let tenant = tx.tenant();
    let keys = store::secrets::keys(&mut tx, hub.keys(), tenant).await?;
    let sealed = sealed::seal(&keys, id, schema, config);
    connections::store(
        &mut tx,
        tenant,
        id,
        &sealed,
        Stage::Draft,
        hub.clock().now(),
    )
    .await?;
    tests::forget_candidates(&mut tx, tenant, id).await?;
    acts::note(
        hub,
        &mut tx,
        scope,
        "connection.draft",
        &id.to_string(),
        "Kept to be finished later.",
    )
    .await?;
    tx.commit().await?;
    Ok(())
}
