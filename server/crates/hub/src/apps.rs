//! Apps: registering one, its tables, its bundle with the password shown once, rotation and the end.

mod bundles;

use model::{AppId, AppRow, AppView, FieldError, TableAccess, TenantId};
use store::{
    TenantTx,
    apps::{self, App},
    ids::Id,
    streams, times,
};

use crate::{
    Error, Hub, Permission, Scope, acts, bundle, connections,
    flags::{self, Connected},
    tenant_db::app_login_name,
};

pub use bundles::{Download, download, rotate};

/// Registers an app that may read these tables. Its login is made with its first bundle.
pub async fn create(
    hub: &Hub,
    scope: &Scope,
    name: &str,
    tables: Vec<String>,
) -> Result<AppId, Error> {
    scope.require(Permission::Apps)?;
    let tenant = scope.tenant();
    let name = check_name(name)?;
    let mut tx = hub.store().tenant(tenant).await?;
    check_tables(&mut tx, &tables).await?;
    let id = AppId::fresh();
    let new = apps::New {
        id,
        name: &name,
        login: &app_login_name(tenant, id),
        created_by: &acts::who(&mut tx, scope).await?,
        at: hub.clock().now(),
    };
    match apps::insert(&mut tx, tenant, &new).await {
        Err(store::Error::Conflict { .. }) => {
            return Err(Error::field(
                "name",
                format!("You already have an app called {name}. Choose another name."),
            ));
        }
        other => other?,
    }
    apps::set_tables(&mut tx, tenant, id, &tables).await?;
    acts::note(hub, &mut tx, scope, "app.create", &id.to_string(), &name).await?;
    tx.commit().await?;
    Ok(id)
}

/// All of them; revoked ones last.
pub async fn list(hub: &Hub, scope: &Scope) -> Result<Vec<AppRow>, Error> {
    scope.require(Permission::Read)?;
    let tenant = scope.tenant();
    see_use(hub, tenant).await?;
    let mut tx = hub.store().tenant(tenant).await?;
    let apps = apps::list(&mut tx, tenant).await?;
    let connected = connections::connected(&mut tx).await?;
    Ok(apps.into_iter().map(|app| row(&app, &connected)).collect())
}

pub async fn get(hub: &Hub, scope: &Scope, id: AppId) -> Result<AppView, Error> {
    scope.require(Permission::Read)?;
    let tenant = scope.tenant();
    see_use(hub, tenant).await?;
    let mut tx = hub.store().tenant(tenant).await?;
    let app = apps::get(&mut tx, tenant, id).await?;
    let facts = bundles::Gathered::gather(hub, &mut tx).await?;
    let allowed = apps::tables(&mut tx, tenant, id).await?;
    let tables = streams::tables(&mut tx, tenant).await?;
    tx.commit().await?;
    let bundle = bundle::variables(&facts.facts(&app));
    let now = bundle::snapshot(&facts.facts(&app));
    let changed = app
        .bundle
        .as_ref()
        .map(|before| bundle::changes(before, &now));
    Ok(AppView {
        row: row(&app, &facts.connected),
        tables: access(tables, allowed),
        bundle,
        login: app.login,
        password_shown: app.password_shown,
        changed: changed.unwrap_or_default(),
    })
}

/// The tables a new app can be given.
pub async fn tables(hub: &Hub, scope: &Scope) -> Result<Vec<TableAccess>, Error> {
    scope.require(Permission::Read)?;
    let mut tx = hub.store().tenant(scope.tenant()).await?;
    Ok(access(
        streams::tables(&mut tx, scope.tenant()).await?,
        Vec::new(),
    ))
}

/// Every table of the tenant, and those an app was given that no connection fills any more.
fn access(tables: Vec<streams::Table>, allowed: Vec<String>) -> Vec<TableAccess> {
    let mut access: Vec<TableAccess> = tables
        .into_iter()
        .map(|table| TableAccess {
            allowed: allowed.contains(&table.table),
            exists: table.landed_at.is_some(),
            table: table.table,
            connection_name: table.connection_name,
        })
        .collect();
    access.dedup_by(|next, kept| next.table == kept.table);
    for table in allowed {
        if !access.iter().any(|known| known.table == table) {
            access.push(TableAccess {
                table,
                connection_name: String::new(),
                allowed: true,
                exists: true,
            });
        }
    }
    access
}

/// Lets the app read exactly these tables, at once.
pub async fn set_tables(
    hub: &Hub,
    scope: &Scope,
    id: AppId,
    tables: Vec<String>,
) -> Result<(), Error> {
    scope.require(Permission::Apps)?;
    let tenant = scope.tenant();
    let mut tx = hub.store().tenant(tenant).await?;
    let app = in_use(&mut tx, id).await?;
    let before = apps::tables(&mut tx, tenant, id).await?;
    let added: Vec<String> = tables
        .iter()
        .filter(|table| !before.contains(table))
        .cloned()
        .collect();
    check_tables(&mut tx, &added).await?;
    apps::set_tables(&mut tx, tenant, id, &tables).await?;
    let detail = format!("{} may read {} tables.", app.name, tables.len());
    acts::note(hub, &mut tx, scope, "app.tables", &id.to_string(), &detail).await?;
    if app.password_shown {
        hub.tenant_db()
            .functions()
            .grant_app_tables(tenant, id, &tables)
            .await?;
    }
    Ok(tx.commit().await?)
}

/// Ends the app: its login is gone at once, its sessions are closed.
pub async fn revoke(hub: &Hub, scope: &Scope, id: AppId) -> Result<(), Error> {
    scope.require(Permission::Apps)?;
    let tenant = scope.tenant();
    let mut tx = hub.store().tenant(tenant).await?;
    let app = apps::lock(&mut tx, tenant, id).await?;
    if app.revoked_at.is_some() {
        return Ok(());
    }
    apps::revoke(&mut tx, tenant, id, hub.clock().now()).await?;
    acts::note(
        hub,
        &mut tx,
        scope,
        "app.revoke",
        &id.to_string(),
        &app.name,
    )
    .await?;
    hub.tenant_db()
        .functions()
        .drop_app_login(tenant, id)
        .await?;
    Ok(tx.commit().await?)
}

/// Renews the rights of every app that reads one of these tables: tables may have been made by now.
pub(crate) async fn grant_readers(
    hub: &Hub,
    tenant: TenantId,
    tables: &[String],
) -> Result<(), Error> {
    let mut tx = hub.store().tenant(tenant).await?;
    let mut wanted = Vec::new();
    for (app, _) in apps::readers(&mut tx, tenant, tables).await? {
        if apps::get(&mut tx, tenant, app).await?.password_shown {
            wanted.push((app, apps::tables(&mut tx, tenant, app).await?));
        }
    }
    tx.commit().await?;
    for (app, tables) in wanted {
        hub.tenant_db()
            .functions()
            .grant_app_tables(tenant, app, &tables)
            .await?;
    }
    Ok(())
}

/// Notes which apps have sessions right now. A database that does not answer only leaves the note as it was.
async fn see_use(hub: &Hub, tenant: TenantId) -> Result<(), Error> {
    let logins = match hub.tenant_db().functions().logins(tenant).await {
        Ok(logins) => logins,
        Err(error) => {
            tracing::warn!(%error, %tenant, "can't see which apps are connected");
            return Ok(());
        }
    };
    let mut tx = hub.store().tenant(tenant).await?;
    for login in logins.iter().filter(|login| login.sessions > 0) {
        apps::used(&mut tx, tenant, &login.login, hub.clock().now()).await?;
    }
    Ok(tx.commit().await?)
}

async fn in_use(tx: &mut TenantTx, id: AppId) -> Result<App, Error> {
    let tenant = tx.tenant();
    let app = apps::lock(tx, tenant, id).await?;
    if app.revoked_at.is_some() {
        return Err(Error::Conflict(
            "This app was revoked. Register it anew.".to_owned(),
        ));
    }
    Ok(app)
}

/// One line, neither empty nor longer than a heading.
fn check_name(name: &str) -> Result<String, Error> {
    let name = name.trim();
    if name.is_empty() || name.chars().count() > 80 || name.contains(char::is_control) {
        return Err(Error::field(
            "name",
            "Give the app a name of at most 80 characters.",
        ));
    }
    Ok(name.to_owned())
}

/// Only tables that a connection fills can be given.
async fn check_tables(tx: &mut TenantTx, tables: &[String]) -> Result<(), Error> {
    let tenant = tx.tenant();
    let known = streams::tables(tx, tenant).await?;
    let unknown: Vec<FieldError> = tables
        .iter()
        .filter(|table| !known.iter().any(|known| known.table == **table))
        .map(|table| {
            FieldError::new(
                "tables",
                format!("There is no table {table}. Load the page again."),
            )
        })
        .collect();
    if unknown.is_empty() {
        Ok(())
    } else {
        Err(Error::Invalid(unknown))
    }
}

fn row(app: &App, connected: &[Connected]) -> AppRow {
    let flags = flags::flags(connected);
    AppRow {
        id: app.id,
        name: app.name.clone(),
        tables: app.tables,
        flags_on: i64::try_from(flags.values().filter(|on| **on).count()).unwrap_or(i64::MAX),
        created_at: times::text(app.created_at),
        downloaded_at: times::maybe(app.downloaded_at),
        last_used_at: times::maybe(app.last_used_at),
        revoked: app.revoked_at.is_some(),
    }
}
