//! A tenant as its own people see it: its state, its answer about the business, and its logins.

use model::{
    BusinessProfile, Role, TenantId, TenantState, TenantView, UserId, check_company, check_email,
};
use sqlx::PgConnection;
use store::{
    accounts,
    audit::Chain,
    ids::Id,
    logins::{self, Purpose},
    secrets, steps,
    tenant_rows::Reader,
    tenants as rows,
};
use sync::load::Target;

use crate::{
    Actor, Client, Error, Hub, Permission, PlatformScope, Scope,
    audit::{self, Act},
    provision,
    tenant_db::schema_name,
};

/// Whoever was invited but has not chosen a password yet: no hash, so nothing matches.
const NO_PASSWORD: &str = "!";

/// State, profile and steps.
pub async fn view(hub: &Hub, scope: &Scope) -> Result<TenantView, Error> {
    scope.require(Permission::Read)?;
    let mut tx = hub.store().tenant(scope.tenant()).await?;
    read(&mut tx, scope.tenant()).await
}

pub(crate) async fn read(conn: &mut PgConnection, tenant: TenantId) -> Result<TenantView, Error> {
    let found = rows::get(conn, tenant).await?;
    let steps = steps::list(conn, tenant).await?;
    let schema = steps
        .iter()
        .find(|step| step.name == model::StepName::Schema && step.is_settled())
        .and_then(|step| step.external_id.clone());
    Ok(TenantView {
        id: tenant,
        name: found.name,
        state: found.state,
        state_reason: found.state_reason,
        profile: found.profile,
        steps: steps.into_iter().map(Into::into).collect(),
        schema,
    })
}

/// Notes what kind of business it is. Works while the workspace is still being prepared.
pub async fn set_profile(hub: &Hub, scope: &Scope, profile: BusinessProfile) -> Result<(), Error> {
    require_people_of(scope)?;
    let mut tx = hub.store().tenant(scope.tenant()).await?;
    rows::set_profile(&mut tx, scope.tenant(), profile, hub.clock().now()).await?;
    let act = Act {
        action: "tenant.profile",
        target: &scope.tenant().to_string(),
        detail: &profile.words(),
    };
    audit::record(hub, &mut tx, scope, act).await?;
    Ok(tx.commit().await?)
}

/// Notes that the question was passed over.
pub async fn skip_profile(hub: &Hub, scope: &Scope) -> Result<(), Error> {
    require_people_of(scope)?;
    let mut tx = hub.store().tenant(scope.tenant()).await?;
    rows::skip_profile(&mut tx, scope.tenant(), hub.clock().now()).await?;
    Ok(tx.commit().await?)
}

/// Prepares the workspace again after a step failed for good.
pub async fn retry_provisioning(hub: &Hub, scope: &Scope) -> Result<(), Error> {
    require_people_of(scope)?;
    let mut tx = hub.store().tenant(scope.tenant()).await?;
    provision::restart(hub, &mut tx, scope.tenant()).await?;
    let act = Act {
        action: "tenant.retry",
        target: &scope.tenant().to_string(),
        detail: "",
    };
    audit::record(hub, &mut tx, scope, act).await?;
    Ok(tx.commit().await?)
}

/// The profile and the retry belong to those who manage the tenant, in whatever state it is.
fn require_people_of(scope: &Scope) -> Result<(), Error> {
    if scope.may(Permission::Manage) {
        return Ok(());
    }
    Err(Error::denied(
        "Only an owner or admin of your workspace can do this.",
    ))
}

/// Makes a tenant for somebody. A person without an account gets one and a mail to choose a password.
pub async fn create(
    hub: &Hub,
    scope: &PlatformScope,
    name: &str,
    owner_email: &str,
) -> Result<TenantId, Error> {
    check_company(name).map_err(|error| model::FieldError::new("name", error.detail))?;
    check_email(owner_email)
        .map_err(|error| model::FieldError::new("owner_email", error.detail))?;
    let now = hub.clock().now();
    let mut tx = hub.store().platform().await?;
    let (owner, invited) = match accounts::find_by_email(&mut tx, owner_email).await? {
        Some(person) => (person.id, false),
        None => {
            let owner = UserId::fresh();
            accounts::insert(
                &mut tx,
                owner,
                owner_email,
                NO_PASSWORD,
                accounts::Kind::Member,
                now,
            )
            .await?;
            (owner, true)
        }
    };
    let tenant = found(hub, &mut tx, name, owner, scope.actor(), scope.client()).await?;
    tx.commit().await?;
    if invited {
        crate::accounts::invite(hub, owner, owner_email.trim(), name.trim()).await?;
    }
    Ok(tenant)
}

/// In one transaction: the tenant, its owner, its steps, the job that runs them, and the audit line.
pub(crate) async fn found(
    hub: &Hub,
    conn: &mut PgConnection,
    name: &str,
    owner: UserId,
    actor: Actor,
    client: &Client,
) -> Result<TenantId, Error> {
    let (tenant, now) = (TenantId::fresh(), hub.clock().now());
    rows::insert(conn, tenant, name, now).await?;
    rows::add_member(conn, tenant, owner, Role::Owner, now).await?;
    steps::plan(conn, tenant).await?;
    provision::enqueue(conn, tenant).await?;
    let act = Act {
        action: "tenant.create",
        target: &tenant.to_string(),
        detail: name,
    };
    audit::write(hub, conn, Chain::Tenant(tenant), actor, client, act).await?;
    Ok(tenant)
}

/// Where the tenant's rows go, with the loader's login.
pub async fn data_login(hub: &Hub, tenant: TenantId) -> Result<Target, Error> {
    let login = stored_login(hub, tenant, Purpose::Load).await?;
    Ok(hub.tenant_db().target(tenant, login.login, login.password))
}

/// A login of the tenant that the hub keeps.
pub async fn stored_login(
    hub: &Hub,
    tenant: TenantId,
    purpose: Purpose,
) -> Result<logins::Login, Error> {
    let mut tx = hub.store().tenant(tenant).await?;
    let keys = secrets::keys(&mut tx, hub.keys(), tenant).await?;
    Ok(logins::get(&mut tx, tenant, &keys, purpose).await?)
}

/// A way to the tenant's tables that can only read.
pub(crate) async fn reader(hub: &Hub, tenant: TenantId) -> Result<Reader, Error> {
    let login = stored_login(hub, tenant, Purpose::Read).await?;
    let options = hub.tenant_db().options(&login.login, &login.password);
    Ok(Reader::connect(&options, schema_name(tenant)).await?)
}

/// The tenant's workspace on the engine.
pub async fn workspace(hub: &Hub, tenant: TenantId) -> Result<uuid::Uuid, Error> {
    let mut tx = hub.store().tenant(tenant).await?;
    rows::get(&mut tx, tenant).await?;
    steps::external_id(&mut tx, tenant, model::StepName::Workspace)
        .await?
        .and_then(|id| id.parse().ok())
        .ok_or_else(|| Error::conflict("The workspace is still being prepared."))
}

/// Name of the schema that holds the tenant's tables.
pub fn schema(tenant: TenantId) -> String {
    schema_name(tenant)
}

/// Is the tenant usable now? Jobs ask before they start.
pub async fn is_active(hub: &Hub, tenant: TenantId) -> Result<bool, Error> {
    let mut tx = hub.store().tenant(tenant).await?;
    Ok(rows::get(&mut tx, tenant).await?.state == TenantState::Active)
}
