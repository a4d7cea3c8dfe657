//! Connectors of the hub's Airbyte that the bundled catalogue does not know.

use serde_json::{Value, json};
use sqlx::PgConnection;
use time::OffsetDateTime;
use uuid::Uuid;

use crate::Error;

/// One connector, as that Airbyte told last.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Offered {
    pub definition: Uuid,
    /// Once stored, the same for ever: connections are known by it.
    pub slug: String,
    pub name: String,
    pub source_type: String,
    /// Of a low-code manifest what is written in Python, each with its stream.
    pub components: Vec<String>,
}

/// Adds what is new and takes over new names. Returns all of them as they are stored, slugs included.
pub async fn keep(
    conn: &mut PgConnection,
    seen: &[Offered],
    now: OffsetDateTime,
) -> Result<Vec<Offered>, Error> {
    let column = |of: fn(&Offered) -> &String| seen.iter().map(of).cloned().collect::<Vec<_>>();
    let definitions: Vec<Uuid> = seen.iter().map(|one| one.definition).collect();
    // Arrays of arrays cannot be unnested into rows: lists of names travel as JSON.
    let components: Vec<Value> = seen.iter().map(|one| json!(one.components)).collect();
    Ok(sqlx::query_as!(
        Offered,
        "INSERT INTO offered_sources (definition_id, slug, name, source_type, components, seen_at)
         SELECT definition_id, slug, name, source_type, ARRAY(SELECT jsonb_array_elements_text(components)), $6
         FROM UNNEST($1::uuid[], $2::text[], $3::text[], $4::text[], $5::jsonb[])
              AS seen (definition_id, slug, name, source_type, components)
         -- the same order everywhere: two processes that ask at once wait for each other, and do not lock each other out
         ORDER BY definition_id
         ON CONFLICT (definition_id) DO UPDATE
         SET name = EXCLUDED.name, source_type = EXCLUDED.source_type, components = EXCLUDED.components,
             seen_at = EXCLUDED.seen_at
         RETURNING definition_id AS definition, slug, name, source_type, components",
        &definitions,
        &column(|one| &one.slug),
        &column(|one| &one.name),
        &column(|one| &one.source_type),
        &components,
        now,
    )
    .fetch_all(conn)
    .await?)
}

/// The one with this slug.
pub async fn find(conn: &mut PgConnection, slug: &str) -> Result<Option<Offered>, Error> {
    Ok(sqlx::query_as!(
        Offered,
        "SELECT definition_id AS definition, slug, name, source_type, components
         FROM offered_sources
         WHERE slug = $1",
        slug,
    )
    .fetch_optional(conn)
    .await?)
}
