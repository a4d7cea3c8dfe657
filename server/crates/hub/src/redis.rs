//! A namespace of each tenant on Redis: a user that can touch keys of its own prefix only.

use std::{fmt, time::Duration};

use model::TenantId;
use redis::{AsyncCommands, AsyncConnectionConfig, aio::MultiplexedConnection};
use seal::token;
use secrecy::{ExposeSecret, SecretString};

use crate::{Error, tenant_db::schema_name};

const TIMEOUT: Duration = Duration::from_secs(5);
/// Keys looked at in one round when a namespace is emptied.
const SCAN: usize = 500;

/// Commands that no pattern of keys holds back: they tell or change what belongs to everybody on the server.
const BEYOND_KEYS: &[&str] = &[
    "-scan",
    "-randomkey",
    "-dbsize",
    "-pubsub",
    "-script",
    "-function",
    "-fcall",
    "-fcall_ro",
];

/// The Redis server with the hub's own login, which may manage users.
#[derive(Clone)]
pub struct Redis {
    client: redis::Client,
}

impl fmt::Debug for Redis {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Redis({})", self.address())
    }
}

impl Redis {
    /// `redis://user:password@host:6379` or `rediss://…`. The error never repeats the address, which holds a password.
    pub fn open(url: &SecretString) -> Result<Self, Error> {
        redis::Client::open(url.expose_secret())
            .map(|client| Self { client })
            .map_err(|_| {
                Error::Upstream(
                    "REDIS_URL is not an address such as redis://user:password@host:6379."
                        .to_owned(),
                )
            })
    }

    /// Host and port.
    pub fn address(&self) -> String {
        self.client.get_connection_info().addr().to_string()
    }

    /// `redis`, or `rediss` where the connection is encrypted.
    pub fn scheme(&self) -> &'static str {
        match self.client.get_connection_info().addr() {
            redis::ConnectionAddr::TcpTls { .. } => "rediss",
            _ => "redis",
        }
    }

    /// The user's name and the start of every key and channel it may use.
    pub fn user(tenant: TenantId) -> String {
        schema_name(tenant)
    }

    pub fn prefix(tenant: TenantId) -> String {
        format!("{}:", schema_name(tenant))
    }

    /// Makes the user or gives it another password. Safe to repeat.
    pub async fn create(&self, tenant: TenantId, password: &SecretString) -> Result<(), Error> {
        let mut conn = self.connect().await?;
        let prefix = Self::prefix(tenant);
        redis::cmd("ACL")
            .arg("SETUSER")
            .arg(Self::user(tenant))
            .arg("reset")
            .arg("on")
            // The hash, so that no monitor of the server sees the password.
            .arg(format!(
                "#{}",
                token::hex(&token::hash(password.expose_secret()))
            ))
            .arg(format!("~{prefix}*"))
            .arg(format!("&{prefix}*"))
            .arg("+@all")
            .arg("-@admin")
            .arg("-@dangerous")
            .arg(BEYOND_KEYS)
            .exec_async(&mut conn)
            .await
            .map_err(|error| self.refused(&error))
    }

    /// Shuts the user out and ends its connections; its keys stay.
    pub async fn suspend(&self, tenant: TenantId) -> Result<(), Error> {
        self.switch(tenant, "off").await?;
        let mut conn = self.connect().await?;
        let _ended: i64 = redis::cmd("CLIENT")
            .arg("KILL")
            .arg("USER")
            .arg(Self::user(tenant))
            .query_async(&mut conn)
            .await
            .map_err(|error| self.refused(&error))?;
        Ok(())
    }

    pub async fn resume(&self, tenant: TenantId) -> Result<(), Error> {
        self.switch(tenant, "on").await
    }

    async fn switch(&self, tenant: TenantId, to: &str) -> Result<(), Error> {
        let mut conn = self.connect().await?;
        redis::cmd("ACL")
            .arg("SETUSER")
            .arg(Self::user(tenant))
            .arg(to)
            .exec_async(&mut conn)
            .await
            .map_err(|error| self.refused(&error))
    }

    /// How many keys the tenant has.
    pub async fn count(&self, tenant: TenantId) -> Result<usize, Error> {
        Ok(self.keys(tenant).await?.len())
    }

    /// Removes the tenant's user, which ends its connections, and then its keys: nobody is left who makes new ones. Safe
    /// to repeat.
    pub async fn drop_tenant(&self, tenant: TenantId) -> Result<(), Error> {
        let mut conn = self.connect().await?;
        let _gone: i64 = redis::cmd("ACL")
            .arg("DELUSER")
            .arg(Self::user(tenant))
            .query_async(&mut conn)
            .await
            .map_err(|error| self.refused(&error))?;
        let keys = self.keys(tenant).await?;
        for some in keys.chunks(SCAN) {
            let _gone: i64 = conn
                .unlink(some)
                .await
                .map_err(|error| self.refused(&error))?;
        }
        Ok(())
    }

    /// Answers when the server does.
    pub async fn check(&self) -> Result<String, String> {
        let answer = async {
            let mut conn = self.connect().await?;
            redis::cmd("PING")
                .exec_async(&mut conn)
                .await
                .map_err(|error| self.refused(&error))
        };
        match answer.await {
            Ok(()) => Ok(format!("{} answers.", self.address())),
            Err(Error::Upstream(why)) => Err(why),
            Err(other) => Err(other.to_string()),
        }
    }

    async fn keys(&self, tenant: TenantId) -> Result<Vec<String>, Error> {
        let mut conn = self.connect().await?;
        let pattern = format!("{}*", Self::prefix(tenant));
        let mut keys = Vec::new();
        let mut cursor: u64 = 0;
        loop {
            let (next, mut some): (u64, Vec<String>) = redis::cmd("SCAN")
                .arg(cursor)
                .arg("MATCH")
                .arg(&pattern)
                .arg("COUNT")
                .arg(SCAN)
                .query_async(&mut conn)
                .await
                .map_err(|error| self.refused(&error))?;
            keys.append(&mut some);
            if next == 0 {
                return Ok(keys);
            }
            cursor = next;
        }
    }

    async fn connect(&self) -> Result<MultiplexedConnection, Error> {
        let config = AsyncConnectionConfig::new()
            .set_connection_timeout(Some(TIMEOUT))
            .set_response_timeout(Some(TIMEOUT));
        self.client
            .get_multiplexed_async_connection_with_config(&config)
            .await
            .map_err(|error| self.refused(&error))
    }

    fn refused(&self, error: &redis::RedisError) -> Error {
        Error::Upstream(format!("Redis at {}: {error}.", self.address()))
    }
}
