//! Signing in at providers (OAuth): whose client is used, the trip there and back, and keeping what was granted alive.

pub(crate) mod airbyte;
mod back;
pub mod clients;
mod described;
mod go;
mod granted;
mod newer;
mod outcome;
mod over;
mod renew;
mod revoke;
mod trip;
mod unused;
mod way;

use std::collections::BTreeSet;

use model::{Integration, TenantId};
use sqlx::PgConnection;
use store::oauth::clients as rows;

use crate::{Error, Hub, catalogue};

pub use back::{Landing, Unknown, land};
pub use go::{Departure, begin, departure};
pub(crate) use granted::{Granted, newest};
pub(crate) use newer::keep_renewed;
pub(crate) use over::{Over, is_replaced};
pub(crate) use renew::{anew, can_renew, fresh};
pub(crate) use revoke::{revoke, revoke_waiting};
pub(crate) use trip::{FormOf, kept, redirect_uri};
pub use trip::{Window, unfinished, view};
pub(crate) use way::{Way, at_provider, known, ours, way};

/// Whether anybody registered a client for it: the tenant or the platform.
pub(crate) async fn is_offered(
    conn: &mut PgConnection,
    tenant: TenantId,
    provider: &str,
) -> Result<bool, Error> {
    Ok(rows::own(conn, tenant, provider).await?.is_some()
        || rows::platform(conn, provider).await?.is_some())
}

/// Ids of the providers where the tenant or the platform registered a client.
pub(crate) async fn registered(
    conn: &mut PgConnection,
    tenant: TenantId,
) -> Result<BTreeSet<String>, Error> {
    let all = rows::providers(conn, tenant).await?;
    Ok(all.into_iter().collect())
}

/// Slugs of every integration that signs in at one of these, of the catalogue and of what there is besides.
pub(crate) fn offered(
    hub: &Hub,
    registered: &BTreeSet<String>,
    more: &[Integration],
) -> BTreeSet<String> {
    let described: BTreeSet<&str> = registered
        .iter()
        .filter_map(|provider| oauth::connector_of(provider))
        .collect();
    let signs_in = |entry: &&Integration| match ours(hub, entry) {
        Some((provider, _)) => registered.contains(&provider.id),
        None => {
            let definition = entry.definition_id.as_deref();
            definition.is_some_and(|id| described.contains(id))
        }
    };
    let entries = catalogue::all().iter().chain(more).filter(signs_in);
    entries.map(|entry| entry.slug.clone()).collect()
}

/// Names of the integrations that sign in at a provider.
fn integrations(hub: &Hub, provider: &str) -> Vec<String> {
    let types: Vec<&str> = hub.providers().source_types(provider).collect();
    catalogue::all()
        .iter()
        .filter(|entry| {
            entry
                .source_type
                .as_deref()
                .is_some_and(|known| types.contains(&known))
        })
        .map(|entry| entry.name.clone())
        .collect()
}
