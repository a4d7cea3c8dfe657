//! Who calls, for which tenant, and what that person or program may do. Made here and nowhere else.

use std::fmt;

use model::{ApiKeyId, LinkId, Me, Role, TenantId, TenantState, UserId};
use seal::token;
use sqlx::PgConnection;
use store::{api_keys as keys, tenants};

use crate::{Error, Hub, api_keys};

/// Where a call comes from: for limits, sessions and the audit trail.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Client {
    pub ip: String,
    pub user_agent: String,
}

impl Client {
    /// The command line and the hub's own jobs have no address.
    pub fn local() -> Self {
        Self {
            ip: String::new(),
            user_agent: String::new(),
        }
    }
}

/// Who acts.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Actor {
    User(UserId),
    Key(ApiKeyId),
    /// Somebody without an account, who was sent a link.
    Link(LinkId),
    /// Somebody at the server's command line.
    Operator,
    /// The hub itself, in a job.
    System,
}

impl fmt::Display for Actor {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::User(id) => id.fmt(f),
            Self::Key(id) => id.fmt(f),
            Self::Link(id) => id.fmt(f),
            Self::Operator => f.write_str("operator"),
            Self::System => f.write_str("system"),
        }
    }
}

/// What one can be allowed to do inside a tenant.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Permission {
    /// See connections, schemas, runs, apps.
    Read,
    /// See sample rows.
    Sample,
    /// Add, change and remove connections and their credentials, choose tables, answer the profile.
    Manage,
    /// Start and cancel runs, test a connection.
    Sync,
    /// Make apps, download their bundles, rotate their passwords.
    Apps,
    /// Make and revoke API keys.
    Keys,
    /// Read the tenant's audit trail.
    Audit,
}

impl Permission {
    /// The matrix: what is not listed is denied.
    const fn of_role(self, role: Role) -> bool {
        match role {
            Role::Owner | Role::Admin => true,
            Role::Operator => matches!(self, Self::Read | Self::Sample | Self::Sync),
            Role::Viewer => matches!(self, Self::Read),
        }
    }

    fn of_scopes(self, scopes: &[model::Scope]) -> bool {
        let wanted = match self {
            Self::Read => model::Scope::Read,
            Self::Sample => model::Scope::Sample,
            Self::Manage | Self::Apps => model::Scope::Manage,
            Self::Sync => model::Scope::Sync,
            Self::Audit => model::Scope::Audit,
            // Keys are made by people: a key that makes keys would outlive its revocation.
            Self::Keys => return false,
        };
        scopes.contains(&wanted) || scopes.contains(&model::Scope::Admin)
    }

    /// Does it only look?
    const fn only_reads(self) -> bool {
        matches!(self, Self::Read | Self::Audit)
    }

    const fn words(self) -> &'static str {
        match self {
            Self::Read => "see this",
            Self::Sample => "see sample rows",
            Self::Manage => "change connections",
            Self::Sync => "start or stop runs",
            Self::Apps => "manage apps and their bundles",
            Self::Keys => "manage API keys",
            Self::Audit => "read the audit trail",
        }
    }
}

#[derive(Debug, Clone, PartialEq, Eq)]
enum Access {
    Role(Role),
    Scopes(Vec<model::Scope>),
    /// One connection, by a link. Only [`crate::links`] makes it, and hands it to nothing but that connection's form,
    /// sign-in and test.
    Link,
}

/// One caller inside one tenant.
#[derive(Debug, Clone)]
pub struct Scope {
    actor: Actor,
    tenant: TenantId,
    tenant_state: TenantState,
    access: Access,
    client: Client,
}

impl Scope {
    pub fn actor(&self) -> Actor {
        self.actor
    }

    pub fn tenant(&self) -> TenantId {
        self.tenant
    }

    pub fn tenant_state(&self) -> TenantState {
        self.tenant_state
    }

    pub fn client(&self) -> &Client {
        &self.client
    }

    /// The person behind the call, if it is one.
    pub fn user(&self) -> Option<UserId> {
        match self.actor {
            Actor::User(user) => Some(user),
            _ => None,
        }
    }

    /// Somebody who was sent a link: may give new secrets, and must not make use of those that are stored.
    pub fn is_link(&self) -> bool {
        self.link().is_some()
    }

    /// The link that the caller came by.
    pub fn link(&self) -> Option<LinkId> {
        match self.actor {
            Actor::Link(link) => Some(link),
            _ => None,
        }
    }

    /// The person's role; programs have scopes instead.
    pub fn role(&self) -> Option<Role> {
        match self.access {
            Access::Role(role) => Some(role),
            Access::Scopes(_) | Access::Link => None,
        }
    }

    /// May the caller do this at all? For showing or hiding a button.
    pub fn may(&self, permission: Permission) -> bool {
        match &self.access {
            Access::Role(role) => permission.of_role(*role),
            Access::Scopes(scopes) => permission.of_scopes(scopes),
            Access::Link => matches!(permission, Permission::Read | Permission::Manage),
        }
    }

    /// Must hold before anything is done. Changes also need the tenant to be active.
    pub fn require(&self, permission: Permission) -> Result<(), Error> {
        if !self.may(permission) {
            return Err(Error::denied(match &self.access {
                Access::Role(_) => format!(
                    "Your role does not let you {}. Ask an owner or admin of your workspace.",
                    permission.words()
                ),
                Access::Scopes(_) => format!(
                    "This API key may not {}. Make one with the scope for it.",
                    permission.words()
                ),
                Access::Link => format!("A link lets nobody {}.", permission.words()),
            }));
        }
        if permission.only_reads() {
            return Ok(());
        }
        self.require_active()
    }

    /// Must hold before a program's call is read: the key has one of the scopes that the call names.
    pub fn require_scope(&self, named: &[model::Scope]) -> Result<(), Error> {
        let Access::Scopes(has) = &self.access else {
            return Ok(());
        };
        let opens = |scope: &model::Scope| named.contains(scope) || *scope == model::Scope::Admin;
        if has.iter().any(opens) {
            return Ok(());
        }
        let names: Vec<&str> = named.iter().map(|scope| scope.name()).collect();
        Err(Error::denied(format!(
            "This API key may not do this: it takes the scope “{}”. Make a key that has it.",
            names.join("” or “")
        )))
    }

    /// Must hold before anything of the tenant is changed or used.
    pub fn require_active(&self) -> Result<(), Error> {
        let why = match self.tenant_state {
            TenantState::Active => return Ok(()),
            TenantState::Provisioning => {
                "Your workspace is still being prepared. Try again in a moment."
            }
            TenantState::Suspended => {
                "Your workspace is suspended: nothing runs until the operator resumes it. Your data is kept."
            }
            TenantState::Failed => {
                "Your workspace could not be prepared. Retry it on the home page or tell the operator."
            }
            TenantState::Deleting | TenantState::Deleted => "Your workspace is being deleted.",
        };
        Err(Error::conflict(why))
    }
}

/// An operator of the platform: sees all tenants, but none of their data.
#[derive(Debug, Clone)]
pub struct PlatformScope {
    actor: Actor,
    client: Client,
}

impl PlatformScope {
    pub fn actor(&self) -> Actor {
        self.actor
    }

    pub fn client(&self) -> &Client {
        &self.client
    }

    pub fn user(&self) -> Option<UserId> {
        match self.actor {
            Actor::User(user) => Some(user),
            _ => None,
        }
    }
}

/// The scope of a signed-in person in the workspace they look at, with the role they have now.
pub fn for_person(me: &Me, client: &Client) -> Result<Scope, Error> {
    if !me.email_verified {
        return Err(Error::denied(
            "Confirm your e-mail address first: enter the code that was sent to it.",
        ));
    }
    let place = me
        .tenant
        .as_ref()
        .ok_or_else(|| Error::denied("Your account belongs to no workspace."))?;
    Ok(Scope {
        actor: Actor::User(me.user),
        tenant: place.tenant,
        tenant_state: place.tenant_state,
        access: Access::Role(place.role),
        client: client.clone(),
    })
}

/// The scope of an API key; unknown, expired and revoked keys are all `NotFound`.
pub async fn for_key(hub: &Hub, key: &str, client: &Client) -> Result<Scope, Error> {
    let (key_id, secret) = api_keys::parse(key).ok_or(Error::NotFound)?;
    let now = hub.clock().now();
    let mut tx = hub.store().platform().await?;
    let found = keys::find(&mut tx, key_id).await?.ok_or(Error::NotFound)?;
    let fresh = found.revoked_at.is_none() && found.expires_at.is_none_or(|until| until > now);
    if !token::same(&token::hash(secret), &found.secret_hash) || !fresh {
        return Err(Error::NotFound);
    }
    let scopes = match found.created_by {
        None => found.scopes,
        // A key never may more than the person who made it may now.
        Some(user) => {
            let role = tenants::role_of(&mut tx, found.tenant, user)
                .await?
                .ok_or(Error::NotFound)?;
            api_keys::within(role, &found.scopes)
        }
    };
    let tenant = tenants::get(&mut tx, found.tenant).await?;
    keys::touch(&mut tx, found.tenant, found.id, now).await?;
    tx.commit().await?;
    Ok(Scope {
        actor: Actor::Key(found.id),
        tenant: tenant.id,
        tenant_state: tenant.state,
        access: Access::Scopes(scopes),
        client: client.clone(),
    })
}

/// The scope of somebody who was sent a link, in a transaction of its tenant.
pub(crate) async fn for_link(
    conn: &mut PgConnection,
    tenant: TenantId,
    link: LinkId,
    client: &Client,
) -> Result<Scope, Error> {
    let found = tenants::get(conn, tenant).await?;
    Ok(Scope {
        actor: Actor::Link(link),
        tenant,
        tenant_state: found.state,
        access: Access::Link,
        client: client.clone(),
    })
}

/// The scope of a platform operator; anybody else finds nothing here.
pub fn platform(me: &Me, client: &Client) -> Result<PlatformScope, Error> {
    if !me.platform_admin {
        return Err(Error::NotFound);
    }
    Ok(PlatformScope {
        actor: Actor::User(me.user),
        client: client.clone(),
    })
}

/// Somebody at the server's command line, acting for the platform.
pub fn operator() -> PlatformScope {
    PlatformScope {
        actor: Actor::Operator,
        client: Client::local(),
    }
}

/// Somebody at the server's command line, acting inside a tenant.
pub async fn for_operator(hub: &Hub, tenant: TenantId) -> Result<Scope, Error> {
    local(hub, tenant, Actor::Operator).await
}

/// The hub itself, in a job of this tenant.
pub async fn for_job(hub: &Hub, tenant: TenantId) -> Result<Scope, Error> {
    local(hub, tenant, Actor::System).await
}

async fn local(hub: &Hub, tenant: TenantId, actor: Actor) -> Result<Scope, Error> {
    let mut tx = hub.store().tenant(tenant).await?;
    let found = tenants::get(&mut tx, tenant).await?;
    Ok(Scope {
        actor,
        tenant,
        tenant_state: found.state,
        access: Access::Role(Role::Owner),
        client: Client::local(),
    })
}

#[cfg(test)]
mod tests;
