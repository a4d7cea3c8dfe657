//! The list of signed-in browsers, and ending one of them.

use model::{SessionId, SessionView, UserId};
use store::{audit::Chain, sessions as rows, times};

use crate::{
    Actor, Client, Error, Hub,
    audit::{self, Act},
};

/// The person's live sessions, last seen first. `current` is the session that asks.
pub async fn list(
    hub: &Hub,
    user: UserId,
    current: Option<SessionId>,
) -> Result<Vec<SessionView>, Error> {
    let mut conn = hub.store().pool.acquire().await?;
    let sessions = rows::list(&mut conn, user, hub.clock().now()).await?;
    Ok(sessions
        .into_iter()
        .map(|session| SessionView {
            id: session.id,
            current: current == Some(session.id),
            device: device(&session.user_agent),
            ip: session.ip,
            signed_in_at: times::text(session.created_at),
            last_seen_at: times::text(session.last_seen_at),
        })
        .collect())
}

/// Which session is behind a cookie, by the hash of its value.
pub async fn find(hub: &Hub, token_hash: &[u8]) -> Result<Option<SessionId>, Error> {
    let mut conn = hub.store().pool.acquire().await?;
    let session = rows::load(&mut conn, token_hash, hub.clock().now()).await?;
    Ok(session.map(|session| session.id))
}

/// Signs one browser out; it notices with its next request.
pub async fn revoke(hub: &Hub, user: UserId, id: SessionId, client: &Client) -> Result<(), Error> {
    let mut tx = hub.store().platform().await?;
    rows::revoke(&mut tx, user, id).await?;
    let act = Act {
        action: "session.revoke",
        target: &id.to_string(),
        detail: "",
    };
    audit::write(
        hub,
        &mut tx,
        Chain::Platform,
        Actor::User(user),
        client,
        act,
    )
    .await?;
    Ok(tx.commit().await?)
}

/// "Firefox on Linux": enough to recognise one's own browser.
fn device(user_agent: &str) -> String {
    let first = |known: &[(&str, &'static str)]| {
        known
            .iter()
            .find(|(mark, _)| user_agent.contains(mark))
            .map(|(_, name)| *name)
    };
    // In this order, because most browsers also claim to be others.
    let browser = first(&[
        ("Edg/", "Edge"),
        ("OPR/", "Opera"),
        ("Firefox/", "Firefox"),
        ("Chromium/", "Chromium"),
        ("Chrome/", "Chrome"),
        ("Safari/", "Safari"),
        ("curl/", "curl"),
    ]);
    let system = first(&[
        ("Android", "Android"),
        ("iPhone", "iPhone"),
        ("iPad", "iPad"),
        ("Windows", "Windows"),
        ("Mac OS X", "macOS"),
        ("CrOS", "ChromeOS"),
        ("Linux", "Linux"),
    ]);
    match (browser, system) {
        (Some(browser), Some(system)) => format!("{browser} on {system}"),
        (Some(one), None) | (None, Some(one)) => one.to_owned(),
        (None, None) => "Unknown browser".to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::device;

    #[test]
    fn browsers_are_named_by_what_they_are() {
        let chrome = "Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/140.0 Safari/537.36";
        assert_eq!(device(chrome), "Chrome on Linux");
        assert_eq!(device(&format!("{chrome} Edg/140.0")), "Edge on Linux");
        let safari = "Mozilla/5.0 (iPhone; CPU iPhone OS 19_0 like Mac OS X) Version/19.0 Mobile Safari/604.1";
        assert_eq!(device(safari), "Safari on iPhone");
        assert_eq!(device("curl/8.5.0"), "curl");
        assert_eq!(device(""), "Unknown browser");
    }
}
