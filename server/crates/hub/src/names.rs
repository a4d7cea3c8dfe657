//! Finding connections by name or pattern, in one tenant or in all. The names are read from the database each time: an
//! index makes that quick, and nothing can be out of date.

use model::TenantId;
use store::admin::names::{self as rows, Named};

use crate::{Error, Hub, PlatformScope};

/// Most that one question lists.
const MOST: i64 = 1000;
/// Most that an ambiguous name is answered with.
const NAMED: usize = 10;

/// `*` stands for anything, `?` for one character; letters in either case.
fn like(pattern: &str) -> String {
    let mut out = String::with_capacity(pattern.len() + 4);
    for letter in pattern.trim().to_lowercase().chars() {
        match letter {
            '*' => out.push('%'),
            '?' => out.push('_'),
            '%' | '_' | '\\' => {
                out.push('\\');
                out.push(letter);
            }
            other => out.push(other),
        }
    }
    out
}

/// All that fit, by tenant and name.
pub async fn list(
    hub: &Hub,
    _scope: &PlatformScope,
    pattern: &str,
    tenant: Option<TenantId>,
) -> Result<Vec<Named>, Error> {
    let mut tx = hub.store().platform().await?;
    Ok(rows::like(&mut tx, &like(pattern), tenant, MOST).await?)
}

/// The one that is meant. A name that is exactly this comes before names that only fit; several are an error that lists
/// them.
pub async fn find(
    hub: &Hub,
    scope: &PlatformScope,
    pattern: &str,
    tenant: Option<TenantId>,
) -> Result<Named, Error> {
    let fits = list(hub, scope, pattern, tenant).await?;
    let wanted = pattern.trim().to_lowercase();
    let exact: Vec<Named> = fits
        .iter()
        .filter(|named| named.name.to_lowercase() == wanted)
        .cloned()
        .collect();
    let mut meant = if exact.is_empty() { fits } else { exact };
    match meant.len() {
        0 => Err(Error::Conflict(format!(
            "No connection is called “{}”.",
            pattern.trim()
        ))),
        1 => Ok(meant.remove(0)),
        several => Err(ambiguous(pattern, &meant, several)),
    }
}

fn ambiguous(pattern: &str, meant: &[Named], several: usize) -> Error {
    let lines: Vec<String> = meant
        .iter()
        .take(NAMED)
        .map(|named| {
            format!(
                "{} ({}) of {} ({})",
                named.name, named.connection, named.tenant_name, named.tenant
            )
        })
        .collect();
    let more = match several.saturating_sub(NAMED) {
        0 => String::new(),
        more => format!("; and {more} more"),
    };
    Error::Conflict(format!(
        "“{}” fits {several} connections: {}{more}. Name the tenant, or more of the name.",
        pattern.trim(),
        lines.join("; ")
    ))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_stars_and_question_marks_stand_for_more() {
        assert_eq!(like(" MySQL (PROD)* "), "mysql (prod)%");
        assert_eq!(like("100%_a?\\"), "100\\%\\_a_\\\\");
    }
}
