//! What a text would describe anew among the tenant's own, and adding it by somebody who has seen that.

use model::Applied;
use store::own;
use sync::integration::Direct;

use super::{apply, as_kept, explain, mark::mark, slug};
use crate::{Error, Hub, Permission, Scope};

/// One that stands in the catalogue already and says something else there.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Replaced {
    pub name: String,
    /// How many connections use it.
    pub connections: i64,
    /// What it is now, and who uses it: whoever shows this has seen both.
    pub seen: String,
}

/// Changes nothing. A text with mistakes replaces nothing either.
pub async fn replaced(hub: &Hub, scope: &Scope, document: &str) -> Result<Vec<Replaced>, Error> {
    scope.require(Permission::Manage)?;
    let Ok(described) = explain::read(hub, document)? else {
        return Ok(Vec::new());
    };
    let tenant = scope.tenant();
    let mut tx = hub.store().tenant(tenant).await?;
    let mut all = Vec::new();
    for one in described {
        // A database or a file becomes a draft, which asks before it changes what works.
        if !matches!(one.direct(), Direct::Manifest { .. }) {
            continue;
        }
        let slug = slug(tenant, &one.name);
        let Some(known) = own::find(&mut tx, tenant, &slug).await? else {
            continue;
        };
        if as_kept(hub, &known)?.as_ref() == Some(&one) {
            continue;
        }
        let connections = own::count_uses(&mut tx, tenant, &slug).await?;
        all.push(Replaced {
            name: one.name,
            connections,
            seen: mark(&format!("{slug}/{connections}/{}", known.document)),
        });
    }
    tx.commit().await?;
    Ok(all)
}

/// Adds what a text describes, for somebody who has `seen` what it replaces. Nothing is changed, and there is no answer, where
/// it replaces anything else: it may have come, or changed, in between.
pub async fn apply_seen(
    hub: &Hub,
    scope: &Scope,
    document: &str,
    seen: &[&str],
) -> Result<Option<Vec<Applied>>, Error> {
    let all = replaced(hub, scope, document).await?;
    if all.iter().any(|one| !seen.contains(&one.seen.as_str())) {
        return Ok(None);
    }
    apply(hub, scope, document).await.map(Some)
}
