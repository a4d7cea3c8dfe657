//! Browser sessions on the control database: the cookie holds a random id, the table only its hash.

use std::time::Duration as StdDuration;

use app::server::{Caller, SESSION_USER};
use async_trait::async_trait;
use axum::{extract::Request, middleware::Next, response::Response};
use hub::{Client, Hub};
use model::UserId;
use sha2::{Digest, Sha256};
use store::{Store, sessions};
use time::{Duration, OffsetDateTime};
use tower_sessions::{
    Expiry, Session, SessionManagerLayer, SessionStore,
    cookie::SameSite,
    session::{Id, Record},
    session_store,
};

use crate::client;

/// A browser that does nothing for this long has to sign in again.
const IDLE: Duration = Duration::minutes(30);
/// "Last seen" is exact to this; each page would be a write otherwise.
const TOUCH_EVERY: Duration = Duration::minutes(1);
/// How often sessions nobody will use again are removed.
pub const SWEEP_EVERY: StdDuration = StdDuration::from_mins(10);

/// The session table behind tower-sessions.
#[derive(Debug, Clone)]
pub struct Sessions(pub Store);

/// Is the site reached by https? Then the cookie may never travel otherwise.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Transport {
    Https,
    LoopbackHttp,
}

/// The cookie and its rules.
pub fn layer(store: Store, transport: Transport) -> SessionManagerLayer<Sessions> {
    let https = transport == Transport::Https;
    SessionManagerLayer::new(Sessions(store))
        .with_name(if https { "__Host-hub" } else { "hub" })
        .with_secure(https)
        .with_http_only(true)
        .with_path("/")
        // Lax, not Strict: people come back from a provider's consent page.
        .with_same_site(SameSite::Lax)
        .with_expiry(Expiry::OnSessionEnd)
}

/// Puts the caller into the request: pages and server functions find it there.
pub async fn caller(session: Session, request: Request, next: Next) -> Response {
    let user = session
        .get::<String>(SESSION_USER)
        .await
        .ok()
        .flatten()
        .and_then(|text| text.parse::<UserId>().ok());
    let (mut parts, body) = request.into_parts();
    let client = client::of(&parts);
    parts.extensions.insert(Caller::new(user, session, client));
    next.run(Request::from_parts(parts, body)).await
}

/// Removes expired sessions, from time to time.
pub async fn sweep(hub: &Hub) -> Result<(), store::Error> {
    let mut conn = hub.store().pool.acquire().await?;
    let gone = sessions::forget_expired(&mut conn, OffsetDateTime::now_utc()).await?;
    tracing::debug!(gone, "expired sessions removed");
    Ok(())
}

impl Sessions {
    async fn conn(&self) -> session_store::Result<sqlx::pool::PoolConnection<sqlx::Postgres>> {
        self.0.pool.acquire().await.map_err(broken)
    }
}

#[async_trait]
impl SessionStore for Sessions {
    async fn create(&self, record: &mut Record) -> session_store::Result<()> {
        let mut conn = self.conn().await?;
        loop {
            let now = OffsetDateTime::now_utc();
            let (hash, data, client) = (hash(&record.id), data(record)?, current_client());
            if sessions::create(&mut conn, &row(record, &hash, &data, &client, now), now)
                .await
                .map_err(broken)?
            {
                return Ok(());
            }
            record.id = Id::default();
        }
    }

    async fn save(&self, record: &Record) -> session_store::Result<()> {
        let now = OffsetDateTime::now_utc();
        let (hash, data, client) = (hash(&record.id), data(record)?, current_client());
        let mut conn = self.conn().await?;
        // A session that was ended meanwhile stays ended.
        sessions::save(&mut conn, &row(record, &hash, &data, &client, now), now)
            .await
            .map_err(broken)?;
        Ok(())
    }

    async fn load(&self, id: &Id) -> session_store::Result<Option<Record>> {
        let (now, hash) = (OffsetDateTime::now_utc(), hash(id));
        let mut conn = self.conn().await?;
        let Some(found) = sessions::load(&mut conn, &hash, now)
            .await
            .map_err(broken)?
        else {
            return Ok(None);
        };
        if found.expires_at < now + IDLE - TOUCH_EVERY {
            sessions::touch(&mut conn, &hash, now + IDLE, now)
                .await
                .map_err(broken)?;
        }
        let data = serde_json::from_value(found.data)
            .map_err(|error| session_store::Error::Decode(error.to_string()))?;
        Ok(Some(Record {
            id: *id,
            data,
            expiry_date: found.expires_at,
        }))
    }

    async fn delete(&self, id: &Id) -> session_store::Result<()> {
        let mut conn = self.conn().await?;
        sessions::delete(&mut conn, &hash(id)).await.map_err(broken)
    }
}

fn row<'a>(
    record: &Record,
    token_hash: &'a [u8],
    data: &'a serde_json::Value,
    client: &'a Client,
    now: OffsetDateTime,
) -> sessions::Session<'a> {
    let user = record
        .data
        .get(SESSION_USER)
        .and_then(serde_json::Value::as_str)
        .and_then(|text| text.parse().ok());
    sessions::Session {
        token_hash,
        user,
        data,
        ip: &client.ip,
        user_agent: &client.user_agent,
        expires_at: now + IDLE,
    }
}

fn data(record: &Record) -> session_store::Result<serde_json::Value> {
    serde_json::to_value(&record.data)
        .map_err(|error| session_store::Error::Encode(error.to_string()))
}

fn hash(id: &Id) -> [u8; 32] {
    Sha256::digest(id.0.to_be_bytes()).into()
}

fn current_client() -> Client {
    client::CURRENT
        .try_with(Client::clone)
        .unwrap_or_else(|_outside_a_request| Client {
            ip: String::new(),
            user_agent: String::new(),
        })
}

fn broken(error: impl std::fmt::Display) -> session_store::Error {
    session_store::Error::Backend(error.to_string())
}
