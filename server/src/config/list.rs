//! Every setting there is, and what it is for.

/// May the value be printed?
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Visibility {
    Public,
    Secret,
}

/// One setting and what it is for. `tributary doctor` shows the list; a test keeps the README table complete.
#[derive(Debug)]
pub struct Setting {
    pub name: &'static str,
    pub visibility: Visibility,
    pub help: &'static str,
}

const fn public(name: &'static str, help: &'static str) -> Setting {
    Setting {
        name,
        visibility: Visibility::Public,
        help,
    }
}

const fn secret(name: &'static str, help: &'static str) -> Setting {
    Setting {
        name,
        visibility: Visibility::Secret,
        help,
    }
}

/// Every setting there is.
pub const SETTINGS: &[Setting] = &[
    public(
        "PUBLIC_URL",
        "Address people and apps use; default: the listening address",
    ),
    secret(
        "DATABASE_URL",
        "Control database; default: an embedded PostgreSQL in the data folder",
    ),
    secret(
        "DATABASE_OWNER_URL",
        "Login that owns the control tables and migrates them; default: DATABASE_URL",
    ),
    secret(
        "TENANT_DATABASE_URL",
        "Tenant data database; required together with DATABASE_URL",
    ),
    secret(
        "TENANT_DATABASE_OWNER_URL",
        "Superuser that prepares the tenant database once; default: TENANT_DATABASE_URL",
    ),
    public(
        "TENANT_DATABASE_EXTERNAL_URL",
        "How bundles and a remote Airbyte reach the tenant database (host and port); default: the same address",
    ),
    public(
        "AIRBYTE_BASE_URL",
        "Airbyte to use, such as https://api.airbyte.com or http://airbyte.example.com; default: the embedded engine",
    ),
    public(
        "AIRBYTE_CONFIG_URL",
        "Config API of that Airbyte; default: where it is beside such a public API",
    ),
    public(
        "AIRBYTE_CLIENT_ID",
        "Application of that Airbyte, together with AIRBYTE_CLIENT_SECRET",
    ),
    secret("AIRBYTE_CLIENT_SECRET", "Secret of that application"),
    secret(
        "AIRBYTE_API_KEY",
        "Fixed bearer token, instead of an application",
    ),
    public(
        "AIRBYTE_USERNAME",
        "Login of an old self-hosted Airbyte, together with AIRBYTE_PASSWORD",
    ),
    secret("AIRBYTE_PASSWORD", "Password of that login"),
    public(
        "AIRBYTE_WORKSPACE_ID",
        "The only workspace of an Airbyte that allows no others: then there is one tenant; default: a workspace for each tenant",
    ),
    public(
        "AIRBYTE_DESTINATION_ID",
        "A destination in that workspace to use as it is: PostgreSQL, at the address and in the schema where the hub reads the tenant's rows, with a login that works as the tenant's loader; default: one is made",
    ),
    public(
        "AIRBYTE_REGISTRY_URL",
        "Airbyte's public list of connectors, read where the account may not read specifications; off: never; default: Airbyte's own",
    ),
    public(
        "STORAGE_URL",
        "Tenant storage: file:///path or s3://bucket; default: a folder in the data folder",
    ),
    secret(
        "REDIS_URL",
        "Redis for tenants' caches; default: not configured",
    ),
    secret(
        "SMTP_URL",
        "Mail server, smtps://user:password@host; default: mails are files in <data-dir>/mail",
    ),
    public(
        "MAIL_FROM",
        "Sender of mails; default: Tributary <no-reply@localhost>",
    ),
    public(
        "SECRET_KEY_FILE",
        "File with the key ring; default: <data-dir>/keys.toml, made at first start",
    ),
    public(
        "TRIBUTARY_ALLOW_OLD_POSTGRES",
        "1 accepts PostgreSQL below the safe versions",
    ),
    public(
        "TRIBUTARY_ALLOW_PRIVATE_NETWORKS",
        "Ranges that sources may reach although private, such as 10.0.0.0/8,127.0.0.0/8",
    ),
    public("TRIBUTARY_ALLOW_HTTP", "1 lets sources use plain http"),
    public(
        "TRIBUTARY_TRUST_CERTIFICATES",
        "PEM file of extra certificate authorities for outgoing calls",
    ),
    public(
        "OIDC_ISSUER",
        "OpenID provider that people may sign in with, with OIDC_CLIENT_ID and OIDC_CLIENT_SECRET",
    ),
    public("OIDC_NAME", "What its button says; default: single sign-on"),
    public("OIDC_CLIENT_ID", "Client registered at that provider"),
    secret("OIDC_CLIENT_SECRET", "Secret of that client"),
    public(
        "OIDC_GOOGLE_CLIENT_ID",
        "Client for signing in with Google, with OIDC_GOOGLE_CLIENT_SECRET",
    ),
    secret("OIDC_GOOGLE_CLIENT_SECRET", "Secret of that client"),
    public(
        "OIDC_GITHUB_CLIENT_ID",
        "Client for signing in with GitHub, with OIDC_GITHUB_CLIENT_SECRET",
    ),
    secret("OIDC_GITHUB_CLIENT_SECRET", "Secret of that client"),
    public(
        "OIDC_GITHUB_URL",
        "GitHub Enterprise Server that people sign in with; default: https://github.com",
    ),
    public(
        "OAUTH_PROVIDERS_FILE",
        "a TOML file that adds OAuth providers or replaces shipped ones",
    ),
    public(
        "TRIBUTARY_EXECUTABLES",
        "Connector programs an operator allows: name=/path, comma-separated",
    ),
    public(
        "TRIBUTARY_MANIFESTS",
        "Low-code manifests an operator adds: name=/path/to/manifest.yaml, comma-separated",
    ),
    public(
        "TRIBUTARY_INTEGRATIONS",
        "An integration YAML whose HTTP APIs an operator adds: /path/to/integrations.yaml",
    ),
    public(
        "TRIBUTARY_INTEGRATION_TYPES",
        "A YAML file of custom types for integration YAML: /path/to/types.yaml",
    ),
    public(
        "TRIBUTARY_TRUSTED_PROXIES",
        "Addresses of reverse proxies whose X-Forwarded-For is believed, comma-separated",
    ),
    public(
        "TRIBUTARY_RATE_LIMIT",
        "Requests a second from one address and with one API key, four times as many at once; 0 leaves it to a proxy; default: 50",
    ),
    public(
        "TRIBUTARY_SANDBOX",
        "strict refuses third-party connectors when a containment layer is missing; default: best_effort",
    ),
    public(
        "TRIBUTARY_UPLOAD_LIMIT_MB",
        "Largest upload in megabytes; default: 200",
    ),
    public(
        "TRIBUTARY_WORKERS",
        "Jobs at once in one worker process; default: 50",
    ),
    public(
        "TRIBUTARY_PROGRAMS",
        "Of these, syncs by connector programs (Python, executables), which need memory of their own; default: 8",
    ),
    public(
        "TRIBUTARY_LOG",
        "Log filter such as info,hub=debug; default: info",
    ),
    public("TRIBUTARY_LOG_FORMAT", "text or json; default: text"),
];

#[cfg(test)]
mod tests {
    use std::{fs, path::Path};

    use super::*;

    #[test]
    fn the_readme_explains_every_setting() {
        let readme = Path::new(env!("CARGO_MANIFEST_DIR")).join("../README.md");
        let readme = fs::read_to_string(readme).expect("the README is beside the packages");
        let table: Vec<&str> = readme
            .lines()
            .filter(|line| line.starts_with("| `"))
            .collect();
        let missing: Vec<&str> = SETTINGS
            .iter()
            .map(|setting| setting.name)
            .filter(|name| !table.iter().any(|line| line.contains(&format!("`{name}`"))))
            .collect();
        assert!(
            missing.is_empty(),
            "not in the table of settings: {missing:?}"
        );
    }

    #[test]
    fn every_setting_is_named_once_and_explained() {
        for (index, setting) in SETTINGS.iter().enumerate() {
            assert!(!setting.help.is_empty(), "{}", setting.name);
            assert!(
                SETTINGS[index + 1..]
                    .iter()
                    .all(|other| other.name != setting.name),
                "{} is listed twice",
                setting.name
            );
        }
    }
}
