//! Clients registered at providers: the platform's by its operators, a tenant's own before that.

use std::borrow::Cow;

use model::{OAuthClientView, TenantId};
use oauth::{Client, Provider};
use seal::KeyRing;
use secrecy::{ExposeSecret, SecretString};
use sqlx::PgConnection;
use store::{
    oauth::clients::{self as rows, Stored},
    secrets::{Place, TenantKeys},
    times,
};
use uuid::Uuid;

use super::{described, integrations};
use crate::{Error, Hub, Permission, PlatformScope, Scope, acts, audit};

/// Names the platform's key for these secrets.
const PURPOSE: &str = "oauth";
/// Longest id or secret that a provider gives out, with room.
const LONGEST: usize = 1000;

/// A client, and whether the tenant registered it itself.
#[derive(Debug, Clone)]
pub(crate) struct Found {
    pub client: Client,
    pub own: bool,
}

/// The client that a tenant's people sign in with: their own, or the platform's.
pub(crate) async fn find(
    hub: &Hub,
    conn: &mut PgConnection,
    tenant: TenantId,
    provider: &str,
) -> Result<Option<Found>, Error> {
    match of(hub, conn, tenant, provider, true).await? {
        Some(found) => Ok(Some(found)),
        None => of(hub, conn, tenant, provider, false).await,
    }
}

/// The tenant's own client, or the platform's.
pub(crate) async fn of(
    hub: &Hub,
    conn: &mut PgConnection,
    tenant: TenantId,
    provider: &str,
    own: bool,
) -> Result<Option<Found>, Error> {
    let stored = if own {
        rows::own(conn, tenant, provider).await?
    } else {
        rows::platform(conn, provider).await?
    };
    let Some(stored) = stored else {
        return Ok(None);
    };
    let secret = if own {
        let keys = store::secrets::keys(conn, hub.keys(), tenant).await?;
        keys.open_text(place(stored.id), &stored.secret)?
    } else {
        open_platform(hub.keys(), &stored)?
    };
    let client = Client {
        id: stored.client_id,
        secret,
    };
    Ok(Some(Found { client, own }))
}

fn place(row: Uuid) -> Place<'static> {
    Place {
        table: "oauth_clients",
        column: "secret",
        row,
    }
}

fn platform_place(provider: &str) -> [&str; 3] {
    ["hub", "oauth_platform_clients", provider]
}

/// Seals the platform's secrets anew under the ring's active key; how many that were. In a platform transaction.
pub(crate) async fn reseal(conn: &mut PgConnection, ring: &KeyRing) -> Result<usize, Error> {
    let sealer = ring.platform(PURPOSE);
    let all = rows::all_of_platform(conn).await?;
    for stored in &all {
        let secret = open_platform(ring, stored)?;
        let place = platform_place(&stored.provider);
        let new = Stored {
            secret: seal::seal(&sealer, &place, secret.expose_secret().as_bytes()),
            ..stored.clone()
        };
        rows::set_platform(conn, &new).await?;
    }
    Ok(all.len())
}

fn open_platform(ring: &KeyRing, stored: &Stored) -> Result<SecretString, Error> {
    let sealer = ring.platform(PURPOSE);
    let bytes = seal::open(&sealer, &platform_place(&stored.provider), &stored.secret)
        .map_err(Error::internal)?;
    let text = std::str::from_utf8(bytes.expose_secret()).map_err(Error::internal)?;
    Ok(SecretString::from(text))
}

/// Every provider, and the client that the platform has there.
pub async fn platform(hub: &Hub, _scope: &PlatformScope) -> Result<Vec<OAuthClientView>, Error> {
    let mut tx = hub.store().platform().await?;
    let stored = rows::all_of_platform(&mut tx).await?;
    tx.commit().await?;
    views(hub, &stored, &[]).await
}

/// The same for a tenant's own clients.
pub async fn own(hub: &Hub, scope: &Scope) -> Result<Vec<OAuthClientView>, Error> {
    scope.require(Permission::Manage)?;
    let mut tx = hub.store().tenant(scope.tenant()).await?;
    let stored = rows::all_own(&mut tx, scope.tenant()).await?;
    let platform = rows::all_of_platform(&mut tx).await?;
    tx.commit().await?;
    views(hub, &stored, &platform).await
}

async fn views(
    hub: &Hub,
    stored: &[Stored],
    platform: &[Stored],
) -> Result<Vec<OAuthClientView>, Error> {
    let known = hub
        .providers()
        .all()
        .iter()
        .map(|provider| OAuthClientView {
            provider: provider.id.clone(),
            name: provider.name.clone(),
            integrations: integrations(hub, &provider.id),
            client_id: None,
            set_by: None,
            set_at: None,
            platform: false,
            apps_url: provider.apps_url.clone(),
            problem: None,
        });
    let set = stored.iter().chain(platform);
    let registered = set.map(|row| row.provider.as_str());
    let described = described::all(hub, registered).await?;
    let mut views: Vec<_> = known.chain(described).collect();
    for view in &mut views {
        let set = stored.iter().find(|row| row.provider == view.provider);
        view.client_id = set.map(|row| row.client_id.clone());
        view.set_by = set.map(|row| row.set_by.clone());
        view.set_at = set.map(|row| times::text(row.set_at));
        view.platform = platform.iter().any(|row| row.provider == view.provider);
    }
    views.sort_by_key(|view| view.name.to_lowercase());
    Ok(views)
}

/// Where a client that is registered anywhere must send people back to.
pub fn redirect_uri(hub: &Hub) -> String {
    super::redirect_uri(hub)
}

/// Sets the platform's client at a provider.
pub async fn set_platform(
    hub: &Hub,
    scope: &PlatformScope,
    provider: &str,
    id: &str,
    secret: &SecretString,
) -> Result<(), Error> {
    let provider = known(hub, provider).await?;
    let (id, secret) = checked(id, secret)?;
    let sealer = hub.keys().platform(PURPOSE);
    let mut tx = hub.store().platform().await?;
    let new = Stored {
        id: Uuid::nil(),
        provider: provider.id.clone(),
        client_id: id,
        secret: seal::seal(
            &sealer,
            &platform_place(&provider.id),
            secret.expose_secret().as_bytes(),
        ),
        set_by: operator(&mut tx, scope).await?,
        set_at: hub.clock().now(),
    };
    rows::set_platform(&mut tx, &new).await?;
    note_platform(hub, &mut tx, scope, "oauth_client.set", &provider).await?;
    Ok(tx.commit().await?)
}

pub async fn remove_platform(
    hub: &Hub,
    scope: &PlatformScope,
    provider: &str,
) -> Result<(), Error> {
    let provider = known(hub, provider).await?;
    let mut tx = hub.store().platform().await?;
    if rows::remove_platform(&mut tx, &provider.id).await? {
        note_platform(hub, &mut tx, scope, "oauth_client.remove", &provider).await?;
    }
    Ok(tx.commit().await?)
}

async fn operator(conn: &mut PgConnection, scope: &PlatformScope) -> Result<String, Error> {
    Ok(match scope.actor() {
        crate::Actor::User(user) => store::accounts::get(conn, user).await?.email,
        other => other.to_string(),
    })
}

async fn note_platform(
    hub: &Hub,
    conn: &mut PgConnection,
    scope: &PlatformScope,
    action: &str,
    provider: &Provider,
) -> Result<(), Error> {
    let act = audit::Act {
        action,
        target: &provider.id,
        detail: &provider.name,
    };
    audit::record_platform(hub, conn, scope, None, act).await
}

/// Sets the tenant's own client at a provider.
pub async fn set_own(
    hub: &Hub,
    scope: &Scope,
    provider: &str,
    id: &str,
    secret: &SecretString,
) -> Result<(), Error> {
    scope.require(Permission::Manage)?;
    let provider = known(hub, provider).await?;
    let (client_id, secret) = checked(id, secret)?;
    let tenant = scope.tenant();
    let mut tx = hub.store().tenant(tenant).await?;
    let keys: TenantKeys = store::secrets::keys(&mut tx, hub.keys(), tenant).await?;
    let id = Uuid::now_v7();
    let new = Stored {
        id,
        provider: provider.id.clone(),
        client_id,
        secret: keys.seal_text(place(id), &secret),
        set_by: acts::who(&mut tx, scope).await?,
        set_at: hub.clock().now(),
    };
    rows::set_own(&mut tx, tenant, &new).await?;
    acts::note(
        hub,
        &mut tx,
        scope,
        "oauth_client.set",
        &provider.id,
        &provider.name,
    )
    .await?;
    Ok(tx.commit().await?)
}

pub async fn remove_own(hub: &Hub, scope: &Scope, provider: &str) -> Result<(), Error> {
    scope.require(Permission::Manage)?;
    let provider = known(hub, provider).await?;
    let mut tx = hub.store().tenant(scope.tenant()).await?;
    if rows::remove_own(&mut tx, scope.tenant(), &provider.id).await? {
        acts::note(
            hub,
            &mut tx,
            scope,
            "oauth_client.remove",
            &provider.id,
            &provider.name,
        )
        .await?;
    }
    Ok(tx.commit().await?)
}

async fn known<'a>(hub: &'a Hub, provider: &str) -> Result<Cow<'a, Provider>, Error> {
    match hub.providers().provider(provider) {
        Some(known) => Ok(Cow::Borrowed(known)),
        None => described::find(hub, provider).await.map(Cow::Owned),
    }
}

fn checked(id: &str, secret: &SecretString) -> Result<(String, SecretString), Error> {
    let fits = |text: &str| {
        !text.is_empty()
            && text.len() <= LONGEST
            && !text.contains(|c: char| c.is_control() || c == ' ')
    };
    let (id, secret) = (id.trim(), secret.expose_secret().trim());
    if !fits(id) {
        return Err(Error::field(
            "client_id",
            "Paste the client id as the provider shows it.",
        ));
    }
    if !fits(secret) {
        return Err(Error::field(
            "client_secret",
            "Paste the client secret as the provider shows it.",
        ));
    }
    Ok((id.to_owned(), SecretString::from(secret.to_owned())))
}
