//! The tenant data database: how the hub, the engine and apps reach it, and the provisioner's functions.

use model::TenantId;
use secrecy::{ExposeSecret, SecretString};
use sqlx::postgres::{PgConnectOptions, PgSslMode};
use store::tenant_db::TenantDb as Functions;
use sync::load::{Target, TlsMode};

pub use store::tenant_db::{app_login_name, load_login_name, schema_name};

/// Where the database listens.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Address {
    pub host: String,
    pub port: u16,
    pub database: String,
    /// As PostgreSQL clients spell it: `disable`, `prefer`, `require`, `verify-full` …
    pub ssl_mode: String,
}

/// The database with the ways to reach it.
#[derive(Debug, Clone)]
pub struct TenantDb {
    functions: Functions,
    provisioner: PgConnectOptions,
    internal: Address,
    external: Address,
}

impl TenantDb {
    /// `external`: how bundles and a remote engine reach it, when that differs.
    pub fn new(provisioner: PgConnectOptions, external: Option<Address>) -> Self {
        let internal = Address {
            host: provisioner.get_host().to_owned(),
            port: provisioner.get_port(),
            database: provisioner
                .get_database()
                .unwrap_or("tributary_data")
                .to_owned(),
            ssl_mode: ssl_mode(provisioner.get_ssl_mode()).to_owned(),
        };
        Self {
            functions: Functions::new(provisioner.clone()),
            external: external.unwrap_or_else(|| internal.clone()),
            internal,
            provisioner,
        }
    }

    /// What the provisioner may do.
    pub fn functions(&self) -> &Functions {
        &self.functions
    }

    /// How the hub itself reaches it.
    pub fn internal(&self) -> &Address {
        &self.internal
    }

    /// How everybody else does.
    pub fn external(&self) -> &Address {
        &self.external
    }

    /// Connection options for a login of a tenant, on the hub's way.
    pub fn options(&self, login: &str, password: &SecretString) -> PgConnectOptions {
        self.provisioner
            .clone()
            .username(login)
            .password(password.expose_secret())
    }

    /// The same for the loader.
    pub fn target(&self, tenant: TenantId, login: String, password: SecretString) -> Target {
        Target {
            host: self.internal.host.clone(),
            port: self.internal.port,
            database: self.internal.database.clone(),
            user: login,
            password,
            schema: schema_name(tenant),
            tls: match self.internal.ssl_mode.as_str() {
                "disable" => TlsMode::Disable,
                "require" | "verify-ca" | "verify-full" => TlsMode::Require,
                _ => TlsMode::Prefer,
            },
        }
    }
}

const fn ssl_mode(mode: PgSslMode) -> &'static str {
    match mode {
        PgSslMode::Disable => "disable",
        PgSslMode::Allow => "allow",
        PgSslMode::Prefer => "prefer",
        PgSslMode::Require => "require",
        PgSslMode::VerifyCa => "verify-ca",
        PgSslMode::VerifyFull => "verify-full",
    }
}
