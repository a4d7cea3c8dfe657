//! Is the control database safe to work on? Asked at start, by `/readyz` and by `doctor`.

use seal::KeyRing;
use sqlx::{PgConnection, PgPool};
use time::OffsetDateTime;

use crate::{Error, secrets};

/// First safe release of each major version: older ones let a SQL user run programs on the server.
const FLOORS: &[(i32, i32)] = &[(15, 19), (16, 15), (17, 11), (18, 6)];

/// May an old server be used all the same?
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum OldServer {
    Refuse,
    Allow,
}

/// One thing that was looked at.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Check {
    pub name: &'static str,
    /// What is wrong and what to do; `None` when all is well.
    pub problem: Option<String>,
}

/// Looks at everything; the caller refuses to serve when a problem is found.
pub async fn run(
    pool: &PgPool,
    ring: &KeyRing,
    old: OldServer,
    now: OffsetDateTime,
) -> Result<Vec<Check>, Error> {
    let mut conn = pool.acquire().await?;
    Ok(vec![
        Check {
            name: "PostgreSQL version",
            problem: version(&mut conn, old).await?,
        },
        Check {
            name: "Database login",
            problem: login(&mut conn).await?,
        },
        Check {
            name: "Row-level security",
            problem: walls(&mut conn).await?,
        },
        Check {
            name: "Key file",
            problem: match secrets::check_canary(&mut conn, ring, now).await {
                Ok(()) => None,
                Err(Error::SetUp(why)) => Some(why),
                Err(other) => return Err(other),
            },
        },
    ])
}

/// Is this version number (`server_version_num`) below the floor? The text says so and what to install.
pub fn version_problem(number: i32, old: OldServer) -> Option<String> {
    let (major, minor) = (number / 10_000, number % 10_000);
    let safe = FLOORS
        .iter()
        .find(|(known, _)| *known == major)
        .map_or(major > 18, |(_, floor)| minor >= *floor);
    if safe || old == OldServer::Allow {
        return None;
    }
    Some(format!(
        "PostgreSQL {major}.{minor} lets anybody with a SQL login run programs on the server, and tenants have logins: install 15.19, 16.15, 17.11, 18.6 or later (TRIBUTARY_ALLOW_OLD_POSTGRES=1 accepts it all the same)"
    ))
}

async fn version(conn: &mut PgConnection, old: OldServer) -> Result<Option<String>, Error> {
    let number =
        sqlx::query_scalar!(r#"SELECT current_setting('server_version_num')::int AS "number!""#)
            .fetch_one(conn)
            .await?;
    Ok(version_problem(number, old))
}

async fn login(conn: &mut PgConnection) -> Result<Option<String>, Error> {
    let role = sqlx::query!(
        r#"SELECT rolname AS "name!", rolsuper AS "superuser!", rolbypassrls AS "bypass!", rolcreaterole AS "create_role!",
                  EXISTS (SELECT FROM pg_class WHERE relowner = pg_roles.oid AND relnamespace = 'public'::regnamespace)
                      AS "owner!"
           FROM pg_roles
           WHERE rolname = current_user"#,
    )
    .fetch_one(conn)
    .await?;
    let too_strong = role.superuser || role.bypass || role.create_role || role.owner;
    Ok(too_strong.then(|| {
        format!(
            "the login {} is a superuser, may make roles, passes row-level security or owns the tables: use hub_app",
            role.name
        )
    }))
}

async fn walls(conn: &mut PgConnection) -> Result<Option<String>, Error> {
    let open = sqlx::query_scalar!(
        r#"SELECT class.relname AS "name!"
           FROM pg_class AS class
           JOIN pg_attribute AS attribute
             ON attribute.attrelid = class.oid AND attribute.attname = 'tenant_id' AND NOT attribute.attisdropped
           WHERE class.relkind IN ('r', 'p')
             AND class.relnamespace = 'public'::regnamespace
             AND NOT (class.relrowsecurity AND class.relforcerowsecurity
                 AND EXISTS (SELECT FROM pg_policy WHERE polrelid = class.oid))
           ORDER BY class.relname"#,
    )
    .fetch_all(conn)
    .await?;
    Ok((!open.is_empty()).then(|| {
        format!(
            "these tables are open to every tenant: {}. Run “tributary migrate”",
            open.join(", ")
        )
    }))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn old_servers_are_refused_unless_allowed() {
        for (number, safe) in [
            (150_018, false),
            (150_019, true),
            (160_014, false),
            (170_011, true),
            (180_005, false),
            (140_030, false),
            (190_000, true),
        ] {
            assert_eq!(
                version_problem(number, OldServer::Refuse).is_none(),
                safe,
                "{number}"
            );
            assert_eq!(version_problem(number, OldServer::Allow), None);
        }
    }
}
