//! The last step: knocking at every wall with the tenant's own logins.

use model::TenantId;
use store::{
    isolation::{self, Doors},
    logins::Purpose,
};

use super::{Made, database_refused};
use crate::{Error, Hub, tenant_db::schema_name, tenants};

pub(super) async fn make(hub: &Hub, tenant: TenantId) -> Result<Made, Error> {
    let load = tenants::stored_login(hub, tenant, Purpose::Load).await?;
    let read = tenants::stored_login(hub, tenant, Purpose::Read).await?;
    let control = hub.store().pool.connect_options();
    let doors = Doors {
        load: hub.tenant_db().options(&load.login, &load.password),
        read: hub.tenant_db().options(&read.login, &read.password),
        schema: schema_name(tenant),
        control: hub
            .tenant_db()
            .options(&load.login, &load.password)
            .host(control.get_host())
            .port(control.get_port())
            .database(control.get_database().unwrap_or_default()),
    };
    let seen = isolation::check(&doors).await.map_err(database_refused)?;
    Ok(Made::done(seen.len().to_string(), seen.join(" ")))
}
