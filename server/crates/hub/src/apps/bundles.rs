//! Bundles on their way out: facts gathered, the password made and shown once, the download noted.

use model::{AppId, StepName};
use seal::token;
use secrecy::{ExposeSecret, SecretString};
use store::{
    TenantTx,
    apps::{self, App},
    logins::{self, Purpose},
    steps, times,
};

use super::in_use;
use crate::{
    Error, Hub, Permission, Scope, accounts, acts, bundle, connections,
    flags::Connected,
    redis::Redis,
    tenant_db::{Address, schema_name},
};

/// Letters of a database password: 190 bits, and safe in every file and URL.
const PASSWORD_LETTERS: usize = 32;

/// A file to save. Holds secrets: no `Debug`.
pub struct Download {
    pub file_name: String,
    pub text: SecretString,
}

/// The bundle as a file. The first one holds the database password; later ones say that it was shown. Asks for the
/// person's own password again.
pub async fn download(
    hub: &Hub,
    scope: &Scope,
    id: AppId,
    own_password: &str,
) -> Result<Download, Error> {
    confirm(hub, scope, own_password).await?;
    let mut tx = hub.store().tenant(scope.tenant()).await?;
    let app = in_use(&mut tx, id).await?;
    let password =
        (!app.password_shown).then(|| SecretString::from(token::letters(PASSWORD_LETTERS)));
    hand_out(hub, scope, tx, app, password, "bundle.download").await
}

/// A new database password, in a bundle. The old one stops working at once.
pub async fn rotate(
    hub: &Hub,
    scope: &Scope,
    id: AppId,
    own_password: &str,
) -> Result<Download, Error> {
    confirm(hub, scope, own_password).await?;
    let mut tx = hub.store().tenant(scope.tenant()).await?;
    let app = in_use(&mut tx, id).await?;
    let password = SecretString::from(token::letters(PASSWORD_LETTERS));
    hand_out(hub, scope, tx, app, Some(password), "app.rotate").await
}

/// Only a person with their password at hand; an API key cannot take passwords out.
async fn confirm(hub: &Hub, scope: &Scope, own_password: &str) -> Result<(), Error> {
    scope.require(Permission::Apps)?;
    let user = scope.user().ok_or_else(|| {
        Error::denied("Bundles are handed to people only. Sign in to download it.")
    })?;
    accounts::confirm_password(hub, user, own_password).await
}

async fn hand_out(
    hub: &Hub,
    scope: &Scope,
    mut tx: TenantTx,
    app: App,
    password: Option<SecretString>,
    action: &str,
) -> Result<Download, Error> {
    let tenant = scope.tenant();
    let gathered = Gathered::gather(hub, &mut tx).await?;
    let now = hub.clock().now();
    let known = match &password {
        Some(password) => bundle::Password::New(password),
        None => bundle::Password::NotHere,
    };
    let facts = gathered.facts(&app);
    let text = bundle::text(&facts, &known, &times::text(now)).map_err(Error::internal)?;
    apps::downloaded(
        &mut tx,
        tenant,
        app.id,
        &bundle::snapshot(&facts),
        password.is_some(),
        now,
    )
    .await?;
    acts::note(hub, &mut tx, scope, action, &app.id.to_string(), &app.name).await?;
    let tables = apps::tables(&mut tx, tenant, app.id).await?;
    // The login changes before the commit: a crash in between costs a rotation, never a password nobody asked for.
    if let Some(password) = &password {
        let functions = hub.tenant_db().functions();
        functions.create_app_login(tenant, app.id, password).await?;
        functions.grant_app_tables(tenant, app.id, &tables).await?;
    }
    tx.commit().await?;
    Ok(Download {
        file_name: file_name(&app.name),
        text,
    })
}

/// `Invoices (EU)` → `invoices-eu.env`.
fn file_name(name: &str) -> String {
    let letters: String = name
        .to_lowercase()
        .chars()
        .map(|letter| {
            if letter.is_ascii_alphanumeric() {
                letter
            } else {
                ' '
            }
        })
        .collect();
    let words: Vec<&str> = letters.split_whitespace().collect();
    match words.as_slice() {
        [] => "app.env".to_owned(),
        words => format!("{}.env", words.join("-")),
    }
}

/// What a bundle says, held together.
pub(super) struct Gathered {
    tenant: model::TenantId,
    database: Address,
    schema: String,
    workspace: Option<String>,
    bucket: Option<String>,
    redis: Option<(SecretString, String)>,
    pub connected: Vec<Connected>,
}

impl Gathered {
    pub async fn gather(hub: &Hub, tx: &mut TenantTx) -> Result<Self, Error> {
        let tenant = tx.tenant();
        Ok(Self {
            tenant,
            database: hub.tenant_db().external().clone(),
            schema: schema_name(tenant),
            workspace: steps::external_id(tx, tenant, StepName::Workspace).await?,
            bucket: Some(hub.storage().location(tenant)),
            redis: redis(hub, tx).await?,
            connected: connections::connected(tx).await?,
        })
    }

    pub fn facts<'a>(&'a self, app: &'a App) -> bundle::Facts<'a> {
        bundle::Facts {
            tenant: self.tenant,
            app_name: &app.name,
            database: &self.database,
            schema: &self.schema,
            login: &app.login,
            workspace: self.workspace.as_deref(),
            bucket: self.bucket.as_deref(),
            redis: self
                .redis
                .as_ref()
                .map(|(url, prefix)| bundle::Redis { url, prefix }),
            connections: &self.connected,
        }
    }
}

/// The tenant's login on Redis, where there is a Redis.
async fn redis(hub: &Hub, tx: &mut TenantTx) -> Result<Option<(SecretString, String)>, Error> {
    let tenant = tx.tenant();
    let Some(redis) = hub.redis() else {
        return Ok(None);
    };
    let keys = store::secrets::keys(tx, hub.keys(), tenant).await?;
    let login = match logins::get(tx, tenant, &keys, Purpose::Cache).await {
        // Redis came after this tenant: nothing to hand out until its step was repeated.
        Err(store::Error::NotFound) => return Ok(None),
        other => other?,
    };
    let password = login.password.expose_secret();
    let url = format!(
        "{}://{}:{password}@{}",
        redis.scheme(),
        login.login,
        redis.address()
    );
    Ok(Some((SecretString::from(url), Redis::prefix(tenant))))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn file_names_are_plain() {
        for (name, file) in [
            ("Invoices (EU)", "invoices-eu.env"),
            ("../../etc", "etc.env"),
            ("🎉", "app.env"),
            ("a\"b", "a-b.env"),
        ] {
            assert_eq!(file_name(name), file);
        }
    }
}
