//! A control database whose locale knows letters of ASCII only: names with others are found as they are written.

use sqlx::{Connection, PgConnection};
use store::{admin::names, bootstrap};
use uuid::Uuid;

use crate::world::{passwords, server, sql};

const NAMED: &str = "
    INSERT INTO tenants (id, name, state, created_at, updated_at)
    VALUES (gen_random_uuid(), 'Anna', 'active', now(), now());
    INSERT INTO connections (tenant_id, id, name, integration, definition_id, stage, created_by, created_at, updated_at)
    SELECT id, gen_random_uuid(), 'CAFÉ Shop', 'postgresql', gen_random_uuid(), 'draft', 'Anna', now(), now()
    FROM tenants";

async fn found(conn: &mut PgConnection, pattern: &str) -> usize {
    let found = names::like(conn, pattern, None, 10).await;
    found.unwrap().len()
}

#[tokio::test]
async fn a_name_beyond_ascii_is_found_where_the_locale_knows_no_such_letters() {
    let stamp = Uuid::now_v7().simple();
    let all = bootstrap::Names {
        control: format!("letters_c_{stamp}"),
        data: format!("letters_d_{stamp}"),
    };
    let (control, data) = (all.control.clone(), all.data.clone());
    let plain = format!(
        "CREATE DATABASE {control} TEMPLATE template0 ENCODING 'UTF8' LOCALE_PROVIDER libc LOCALE 'C'"
    );
    sql("postgres", &plain).await;
    let logins = bootstrap::embedded(&server(), &all, &passwords())
        .await
        .unwrap();
    let owned = format!("ALTER DATABASE {control} OWNER TO hub_owner");
    sql("postgres", &owned).await;
    store::migrate(&logins.control_owner).await.unwrap();
    sql(&control, NAMED).await;

    let mut conn = PgConnection::connect_with(&server().database(&control))
        .await
        .unwrap();
    assert_eq!(found(&mut conn, "CAFÉ%").await, 1);
    assert_eq!(
        found(&mut conn, "cafÉ shop").await,
        1,
        "ASCII in either case"
    );
    assert_eq!(found(&mut conn, "TEE%").await, 0);
    conn.close().await.unwrap();
    for database in [&control, &data] {
        sql(
            "postgres",
            &format!("DROP DATABASE {database} WITH (FORCE)"),
        )
        .await;
    }
}
