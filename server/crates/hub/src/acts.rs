//! Who acts, in words for lists, and the audit line of an act.

use sqlx::PgConnection;
use store::{accounts, api_keys};

use crate::{Actor, Error, Hub, Scope, audit};

/// "ana@example.com", "API key ci", "operator", "the hub".
pub(crate) async fn who(conn: &mut PgConnection, scope: &Scope) -> Result<String, Error> {
    Ok(match scope.actor() {
        Actor::User(user) => accounts::get(conn, user).await?.email,
        Actor::Key(key) => {
            let keys = api_keys::list(conn, scope.tenant()).await?;
            let name = keys
                .into_iter()
                .find(|row| row.id == key)
                .map(|row| row.name);
            format!("API key {}", name.unwrap_or_default())
        }
        Actor::Link(link) => {
            let link = store::links::get(conn, scope.tenant(), link).await?;
            by_link(&link)
        }
        Actor::Operator => "operator".to_owned(),
        Actor::System => "the hub".to_owned(),
    })
}

/// How acts by a link are signed.
pub(crate) fn by_link(link: &store::links::Link) -> String {
    format!("{} by a link", link.sent_to)
}

/// Notes an act in the transaction it happens in.
pub(crate) async fn note(
    hub: &Hub,
    conn: &mut PgConnection,
    scope: &Scope,
    action: &str,
    target: &str,
    detail: &str,
) -> Result<(), Error> {
    let act = audit::Act {
        action,
        target,
        detail,
    };
    audit::record(hub, conn, scope, act).await
}
