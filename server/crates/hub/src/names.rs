//! Finding connections by name or pattern, in one tenant or in all.
//!
//! A server remembers what was found until the database tells that a name changed; a question that meets a restart of
//! the database is put again.

mod listen;
mod remembered;

use std::{sync::Arc, time::Duration};

use model::{NamedConnection, TenantId};
use store::admin::names as rows;

pub use listen::listen;
use remembered::Question;
pub(crate) use remembered::Remembered;

use crate::{Error, Hub, PlatformScope};

/// Most that one question lists.
const MOST: i64 = 1000;
/// Most that an ambiguous name is answered with.
const NAMED: usize = 10;
/// Before the second and the third time that a question is put.
const PAUSES: [Duration; 2] = [Duration::from_millis(100), Duration::from_millis(500)];

/// `*` stands for anything, `?` for one character. Letters stay as they are: the database knows which of them are alike.
fn like(pattern: &str) -> String {
    let mut out = String::with_capacity(pattern.len() + 4);
    for letter in pattern.trim().chars() {
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
) -> Result<Arc<[NamedConnection]>, Error> {
    let question = (like(pattern), tenant);
    let asked = match hub.names().answer(&question) {
        Ok(names) => return Ok(names),
        Err(asked) => asked,
    };
    let names: Arc<[_]> = patiently(hub, &question).await?.into();
    hub.names().keep(question, &names, asked);
    Ok(names)
}

/// Puts the question again when the database was only away for a moment.
async fn patiently(hub: &Hub, question: &Question) -> Result<Vec<NamedConnection>, store::Error> {
    for pause in PAUSES {
        match read(hub, question).await {
            Err(store::Error::Database(cause)) if queue::is_passing(&cause) => {
                tokio::time::sleep(pause).await;
            }
            answer => return answer,
        }
    }
    read(hub, question).await
}

async fn read(hub: &Hub, question: &Question) -> Result<Vec<NamedConnection>, store::Error> {
    let (pattern, tenant) = question;
    let mut tx = hub.store().platform().await?;
    rows::like(&mut tx, pattern, *tenant, MOST).await
}

/// The one that is meant. A name that is exactly this comes before names that only fit; several are an error that lists
/// them.
pub async fn find(
    hub: &Hub,
    scope: &PlatformScope,
    pattern: &str,
    tenant: Option<TenantId>,
) -> Result<NamedConnection, Error> {
    let fits = list(hub, scope, pattern, tenant).await?;
    let wanted = pattern.trim().to_lowercase();
    let exact: Vec<&NamedConnection> = fits
        .iter()
        .filter(|named| named.name.to_lowercase() == wanted)
        .collect();
    let meant = if exact.is_empty() {
        fits.iter().collect()
    } else {
        exact
    };
    match &*meant {
        [] => Err(Error::Conflict(format!(
            "No connection is called “{}”.",
            pattern.trim()
        ))),
        [one] => Ok((*one).clone()),
        several => Err(ambiguous(pattern, several)),
    }
}

fn ambiguous(pattern: &str, meant: &[&NamedConnection]) -> Error {
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
    let several = meant.len();
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
        assert_eq!(like(" MySQL (PROD)* "), "MySQL (PROD)%");
        assert_eq!(like("100%_a?\\"), "100\\%\\_a_\\\\");
    }
}
