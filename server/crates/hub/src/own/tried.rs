//! The first page of an API before anything of it is kept.

use std::collections::BTreeMap;

use airbyte::extension::{SampleLine, SampleRequest};
use model::StreamSample;
use serde_json::{Map, Value};
use sync::integration::Direct;

use super::explain::{read, refused};
use crate::{
    Engine, Error, Hub, Permission, Scope, engine,
    samples::{
        Reveal,
        shape::{Rows, shape},
    },
    tenants,
};

/// Rows of each endpoint.
const ROWS: usize = 20;

/// Reads the first rows of every endpoint of one integration with these secrets. Nothing is kept, and personal data is
/// masked.
pub async fn try_out(
    hub: &Hub,
    scope: &Scope,
    document: &str,
    name: &str,
    secrets: &BTreeMap<String, String>,
) -> Result<Vec<StreamSample>, Error> {
    scope.require(Permission::Manage)?;
    let all = read(hub, document)?.map_err(refused)?;
    let one = all.into_iter().find(|one| one.name == name);
    let one = one.ok_or(Error::NotFound)?;
    let Direct::Manifest { manifest, .. } = one.direct() else {
        return Err(Error::conflict(
            "Only an HTTP API can be tried here. Databases and files are tested once they are added.",
        ));
    };
    let missing = one
        .secrets
        .iter()
        .find(|name| secrets.get(*name).is_none_or(String::is_empty));
    if let Some(missing) = missing {
        return Err(Error::field(
            missing,
            "Type it: without it nothing can be asked.",
        ));
    }
    let given = one
        .secrets
        .iter()
        .filter_map(|name| Some((name.clone(), Value::from(secrets.get(name)?.as_str()))));
    // An Airbyte elsewhere reads no rows without a sync; this hub's own engine does.
    let workspace = match hub.engine() {
        Engine::Embedded => tenants::workspace(hub, scope.tenant()).await?,
        Engine::Remote => engine::direct_workspace(hub.direct(), scope.tenant()).await?,
    };
    let request = SampleRequest {
        workspace_id: Some(workspace),
        manifest: Some(manifest),
        configuration: Some(Value::Object(given.collect::<Map<_, _>>())),
        limit: Some(ROWS),
        ..SampleRequest::default()
    };
    let mut lines = hub.direct().sample(&request).await?;
    let mut samples = Vec::new();
    while let Some(SampleLine::Stream(line)) = lines.next().await? {
        let rows = Rows {
            namespace: line.stream.namespace,
            name: line.stream.name,
            records: line.records,
            problem: line.problem,
        };
        samples.push(shape(&rows, &[], Reveal::Masked));
    }
    samples.sort_by(|one, other| one.name.cmp(&other.name));
    Ok(samples)
}
