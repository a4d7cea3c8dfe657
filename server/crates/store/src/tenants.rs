//! Tenants and who belongs to them.

use model::{
    BusinessProfile, BusinessType, CompanySize, Industry, ProfileAnswer, Role, TenantId,
    TenantState, UserId,
};
use sqlx::PgConnection;
use time::OffsetDateTime;
use uuid::Uuid;

use crate::{Error, error::one_row, ids::Id};

/// A customer of the platform.
#[derive(Debug, Clone)]
pub struct Tenant {
    pub id: TenantId,
    pub name: String,
    pub state: TenantState,
    pub state_reason: Option<String>,
    pub profile: ProfileAnswer,
    pub created_at: OffsetDateTime,
}

struct Row {
    id: Uuid,
    name: String,
    state: String,
    state_reason: Option<String>,
    profile: String,
    industry: Option<String>,
    company_size: Option<String>,
    business_type: Option<String>,
    created_at: OffsetDateTime,
}

impl Row {
    fn read(self) -> Result<Tenant, Error> {
        let id = TenantId::from_uuid(self.id);
        let corrupt = |column| Error::Corrupt {
            table: "tenants",
            column,
            id: id.to_string(),
        };
        let profile = match self.profile.as_str() {
            "not_asked" => ProfileAnswer::NotAsked,
            "skipped" => ProfileAnswer::Skipped,
            _ => ProfileAnswer::Given(self.given().ok_or_else(|| corrupt("profile"))?),
        };
        Ok(Tenant {
            id,
            state: TenantState::parse(&self.state).ok_or_else(|| corrupt("state"))?,
            name: self.name,
            state_reason: self.state_reason,
            profile,
            created_at: self.created_at,
        })
    }

    fn given(&self) -> Option<BusinessProfile> {
        Some(BusinessProfile {
            industry: Industry::parse(self.industry.as_deref()?)?,
            size: CompanySize::parse(self.company_size.as_deref()?)?,
            kind: BusinessType::parse(self.business_type.as_deref()?)?,
        })
    }
}

pub async fn insert(
    conn: &mut PgConnection,
    tenant: TenantId,
    name: &str,
    now: OffsetDateTime,
) -> Result<(), Error> {
    sqlx::query!(
        "INSERT INTO tenants (id, name, state, created_at, updated_at)
         VALUES ($1, $2, 'provisioning', $3, $3)",
        tenant.uuid(),
        name.trim(),
        now,
    )
    .execute(conn)
    .await?;
    Ok(())
}

pub async fn get(conn: &mut PgConnection, tenant: TenantId) -> Result<Tenant, Error> {
    sqlx::query_as!(
        Row,
        "SELECT id, name, state, state_reason, profile, industry, company_size, business_type, created_at
         FROM tenants
         WHERE id = $1",
        tenant.uuid(),
    )
    .fetch_one(conn)
    .await?
    .read()
}

/// The same, kept from changing until the transaction ends.
pub async fn lock(conn: &mut PgConnection, tenant: TenantId) -> Result<Tenant, Error> {
    sqlx::query_as!(
        Row,
        "SELECT id, name, state, state_reason, profile, industry, company_size, business_type, created_at
         FROM tenants
         WHERE id = $1
         FOR UPDATE",
        tenant.uuid(),
    )
    .fetch_one(conn)
    .await?
    .read()
}

pub async fn set_state(
    conn: &mut PgConnection,
    tenant: TenantId,
    state: TenantState,
    reason: Option<&str>,
    now: OffsetDateTime,
) -> Result<(), Error> {
    let changed = sqlx::query!(
        "UPDATE tenants
         SET state = $2, state_reason = $3, updated_at = $4
         WHERE id = $1",
        tenant.uuid(),
        state.name(),
        reason,
        now,
    )
    .execute(conn)
    .await?;
    one_row(&changed)
}

pub async fn set_profile(
    conn: &mut PgConnection,
    tenant: TenantId,
    profile: BusinessProfile,
    now: OffsetDateTime,
) -> Result<(), Error> {
    let changed = sqlx::query!(
        "UPDATE tenants
         SET profile = 'given', industry = $2, company_size = $3, business_type = $4, updated_at = $5
         WHERE id = $1",
        tenant.uuid(),
        profile.industry.name(),
        profile.size.name(),
        profile.kind.name(),
        now,
    )
    .execute(conn)
    .await?;
    one_row(&changed)
}

/// Notes that the question was passed over; an answer given before stays.
pub async fn skip_profile(
    conn: &mut PgConnection,
    tenant: TenantId,
    now: OffsetDateTime,
) -> Result<(), Error> {
    let changed = sqlx::query!(
        "UPDATE tenants
         SET profile = CASE profile WHEN 'not_asked' THEN 'skipped' ELSE profile END, updated_at = $2
         WHERE id = $1",
        tenant.uuid(),
        now,
    )
    .execute(conn)
    .await?;
    one_row(&changed)
}

/// After everything else of the tenant is gone: what stays is that it existed.
pub async fn empty(
    conn: &mut PgConnection,
    tenant: TenantId,
    now: OffsetDateTime,
) -> Result<(), Error> {
    for statement in [
        // Their tests, samples, tables and runs go with them.
        sqlx::query!("DELETE FROM apps WHERE tenant_id = $1", tenant.uuid()),
        sqlx::query!(
            "DELETE FROM connections WHERE tenant_id = $1",
            tenant.uuid()
        ),
        sqlx::query!(
            "DELETE FROM memberships WHERE tenant_id = $1",
            tenant.uuid()
        ),
        sqlx::query!("DELETE FROM api_keys WHERE tenant_id = $1", tenant.uuid()),
        sqlx::query!(
            "DELETE FROM oauth_clients WHERE tenant_id = $1",
            tenant.uuid()
        ),
        sqlx::query!(
            "DELETE FROM oauth_flows WHERE tenant_id = $1",
            tenant.uuid()
        ),
        sqlx::query!(
            "DELETE FROM connect_links WHERE tenant_id = $1",
            tenant.uuid()
        ),
        sqlx::query!("DELETE FROM uploads WHERE tenant_id = $1", tenant.uuid()),
        sqlx::query!(
            "DELETE FROM data_logins WHERE tenant_id = $1",
            tenant.uuid()
        ),
        sqlx::query!(
            "DELETE FROM own_integrations WHERE tenant_id = $1",
            tenant.uuid()
        ),
        // What they are called by may be a host of the customer's.
        sqlx::query!("DELETE FROM breakers WHERE tenant_id = $1", tenant.uuid()),
        sqlx::query!(
            "DELETE FROM direct_places WHERE tenant_id = $1",
            tenant.uuid()
        ),
    ] {
        statement.execute(&mut *conn).await?;
    }
    let changed = sqlx::query!(
        "UPDATE tenants
         SET name = 'deleted', profile = 'not_asked', industry = NULL, company_size = NULL, business_type = NULL,
             state = 'deleted', state_reason = NULL, updated_at = $2
         WHERE id = $1",
        tenant.uuid(),
        now,
    )
    .execute(conn)
    .await?;
    one_row(&changed)
}

pub async fn add_member(
    conn: &mut PgConnection,
    tenant: TenantId,
    user: UserId,
    role: Role,
    now: OffsetDateTime,
) -> Result<(), Error> {
    sqlx::query!(
        "INSERT INTO memberships (tenant_id, user_id, role, created_at)
         VALUES ($1, $2, $3, $4)",
        tenant.uuid(),
        user.uuid(),
        role.name(),
        now,
    )
    .execute(conn)
    .await?;
    Ok(())
}

/// What a member may do now; `None` when it is no member (any more).
pub async fn role_of(
    conn: &mut PgConnection,
    tenant: TenantId,
    user: UserId,
) -> Result<Option<Role>, Error> {
    let role = sqlx::query_scalar!(
        "SELECT role
         FROM memberships
         WHERE tenant_id = $1
           AND user_id = $2",
        tenant.uuid(),
        user.uuid(),
    )
    .fetch_optional(conn)
    .await?;
    role.map(|role| {
        Role::parse(&role).ok_or_else(|| Error::Corrupt {
            table: "memberships",
            column: "role",
            id: user.to_string(),
        })
    })
    .transpose()
}

/// Address and role of every member, strongest first.
pub async fn members(
    conn: &mut PgConnection,
    tenant: TenantId,
) -> Result<Vec<(String, Role)>, Error> {
    let rows = sqlx::query!(
        "SELECT users.email, membership.role
         FROM memberships AS membership
         JOIN users ON users.id = membership.user_id
         WHERE membership.tenant_id = $1
         ORDER BY membership.created_at",
        tenant.uuid(),
    )
    .fetch_all(conn)
    .await?;
    let mut members = rows
        .into_iter()
        .map(|row| {
            let role = Role::parse(&row.role).ok_or_else(|| Error::Corrupt {
                table: "memberships",
                column: "role",
                id: tenant.to_string(),
            })?;
            Ok((row.email, role))
        })
        .collect::<Result<Vec<_>, Error>>()?;
    members.sort_by_key(|(_, role)| *role);
    Ok(members)
}
