//! A database or a file of a document: a draft among the tenant's connections, for what a person has yet to type.

use model::Outcome;
use serde_json::Value;
use sync::integration::Integration;

use crate::{Error, Hub, Scope, catalogue, connections, connections::Described, schedules};

/// What a reference of a document begins with.
const REFERENCE: &str = "${secrets.";

/// A source of the catalogue with what the document says filled in.
pub(super) async fn draft(
    hub: &Hub,
    scope: &Scope,
    one: &Integration,
    source_type: &str,
    configuration: &Value,
) -> Result<Outcome, Error> {
    let entry = catalogue::find_source_type(source_type).ok_or(Error::NotFound)?;
    let mut left_out = Vec::new();
    let config = without_references("", configuration, &mut left_out).unwrap_or_default();
    let described = connections::draft_described(hub, scope, &entry.slug, &one.name, &config);
    let connection = match described.await? {
        Described::Draft(connection) => connection,
        Described::AsBefore => {
            let slug = entry.slug.clone();
            return Ok(Outcome::Unchanged { slug });
        }
    };
    let tenant = scope.tenant();
    let mut tx = hub.store().tenant(tenant).await?;
    schedules::put(hub, &mut tx, tenant, connection, &one.schedule.text()).await?;
    tx.commit().await?;
    Ok(Outcome::Drafted {
        connection,
        left_out,
    })
}

/// What a person has yet to type is left out. A text with a secret inside goes as a whole, because with a hole in it an address
/// could be another one: `left_out` tells of it.
fn without_references(name: &str, value: &Value, left_out: &mut Vec<String>) -> Option<Value> {
    Some(match value {
        Value::String(text) if text.contains(REFERENCE) => {
            if !is_sole(text) {
                left_out.push(format!("{name}: {text}"));
            }
            return None;
        }
        Value::Object(fields) => fields
            .iter()
            .filter_map(|(name, value)| {
                let kept = without_references(name, value, left_out)?;
                Some((name.clone(), kept))
            })
            .collect(),
        Value::Array(items) => items
            .iter()
            .filter_map(|item| without_references(name, item, left_out))
            .collect(),
        other => other.clone(),
    })
}

/// One reference and nothing else.
fn is_sole(text: &str) -> bool {
    let inner = text
        .strip_prefix(REFERENCE)
        .and_then(|rest| rest.strip_suffix('}'));
    inner.is_some_and(|name| !name.contains('}'))
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn what_a_person_has_yet_to_type_is_left_out() {
        let config = json!({"host": "h", "password": "${secrets.shop}", "ssl": {"key": "${secrets.key}", "mode": "require"},
            "url": "https://x.example.com/?t=${secrets.t}", "databases": ["a", "${secrets.b}", "${secrets.c}${secrets.d}"]});
        let mut left_out = Vec::new();
        assert_eq!(
            without_references("", &config, &mut left_out),
            Some(json!({"host": "h", "ssl": {"mode": "require"}, "databases": ["a"]}))
        );
        left_out.sort();
        assert_eq!(
            left_out,
            [
                "databases: ${secrets.c}${secrets.d}",
                "url: https://x.example.com/?t=${secrets.t}"
            ]
        );
    }
}
