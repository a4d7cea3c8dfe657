//! A signed-in person and their workspace: one question, because every request asks it.

use model::{Membership, Role, TenantId, TenantState, UserId};
use sqlx::PgConnection;
use time::OffsetDateTime;

use crate::{Error, ids::Id};

/// What a request needs to know of the person behind it.
#[derive(Debug, Clone)]
pub struct Person {
    pub email: String,
    pub verified_at: Option<OffsetDateTime>,
    pub platform_admin: bool,
    /// Their oldest workspace that is not deleted.
    pub place: Option<Membership>,
}

/// The person, in a platform transaction, because the tenant is not known yet; [`Error::NotFound`] when there is none.
pub async fn get(conn: &mut PgConnection, user: UserId) -> Result<Person, Error> {
    let row = sqlx::query!(
        r#"SELECT users.email, users.verified_at, users.platform_admin,
                  place.id AS "tenant?", place.name AS "tenant_name?", place.state AS "state?", place.role AS "role?"
           FROM users
           LEFT JOIN LATERAL (
               SELECT tenant.id, tenant.name, tenant.state, membership.role
               FROM memberships AS membership
               JOIN tenants AS tenant ON tenant.id = membership.tenant_id
               WHERE membership.user_id = users.id
                 AND tenant.state <> 'deleted'
               ORDER BY membership.created_at, tenant.id
               LIMIT 1) AS place ON true
           WHERE users.id = $1"#,
        user.uuid(),
    )
    .fetch_one(conn)
    .await?;
    let corrupt = |column| Error::Corrupt {
        table: "memberships",
        column,
        id: user.to_string(),
    };
    let place = match (row.tenant, row.tenant_name, row.state, row.role) {
        (Some(tenant), Some(tenant_name), Some(state), Some(role)) => Some(Membership {
            tenant: TenantId::from_uuid(tenant),
            tenant_name,
            tenant_state: TenantState::parse(&state).ok_or_else(|| corrupt("state"))?,
            role: Role::parse(&role).ok_or_else(|| corrupt("role"))?,
        }),
        _ => None,
    };
    Ok(Person {
        email: row.email,
        verified_at: row.verified_at,
        platform_admin: row.platform_admin,
        place,
    })
}
