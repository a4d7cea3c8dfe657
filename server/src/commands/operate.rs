//! What an operator does without a browser: administrators, tenants, keys, engine credentials, the audit log.

use std::{io::BufRead, path::Path, process::ExitCode, time::Duration};

use anyhow::Context;
use hub::{Hub, scope};
use model::{TenantId, TenantState};
use secrecy::{ExposeSecret, SecretString};
use serde_json::json;

use super::local::{Local, address_of_running};
use crate::cli::{Admin, ApiKey, Audit, Connections, Engine, Tenant};

/// How often a waiting command looks again.
const LOOK_EVERY: Duration = Duration::from_millis(100);

pub async fn admin(data_dir: &Path, command: Admin) -> anyhow::Result<ExitCode> {
    let Admin::Create { email } = command;
    let mut line = String::new();
    std::io::stdin()
        .lock()
        .read_line(&mut line)
        .context("the password is read from stdin")?;
    let password = SecretString::from(line.trim_end_matches(['\r', '\n']).to_owned());
    let local = Local::open(data_dir).await?;
    let made = hub::accounts::create_admin(local.hub(), &email, &password).await;
    local.close().await?;
    made.map_err(plain)?;
    println!("{email} is an operator now; sign in and open /admin");
    Ok(ExitCode::SUCCESS)
}

pub async fn tenant(data_dir: &Path, command: Tenant) -> anyhow::Result<ExitCode> {
    let Tenant::Create {
        name,
        owner_email,
        wait,
    } = command;
    let local = Local::open(data_dir).await?;
    let made = make_tenant(local.hub(), &name, &owner_email, wait).await;
    local.close().await?;
    let (tenant, state) = made?;
    println!(
        "{}",
        json!({ "tenant_id": tenant, "name": name, "state": state })
    );
    Ok(if state == TenantState::Failed {
        ExitCode::FAILURE
    } else {
        ExitCode::SUCCESS
    })
}

async fn make_tenant(
    hub: &Hub,
    name: &str,
    owner_email: &str,
    wait: bool,
) -> anyhow::Result<(TenantId, TenantState)> {
    let tenant = hub::tenants::create(hub, &scope::operator(), name, owner_email)
        .await
        .map_err(plain)?;
    loop {
        let scope = scope::for_operator(hub, tenant).await.map_err(plain)?;
        let state = scope.tenant_state();
        if !wait || state != TenantState::Provisioning {
            return Ok((tenant, state));
        }
        tokio::time::sleep(LOOK_EVERY).await;
    }
}

/// Connections of all tenants, or of one, by name or pattern.
pub async fn connections(data_dir: &Path, options: &Connections) -> anyhow::Result<ExitCode> {
    let tenant: Option<TenantId> = options
        .tenant
        .as_deref()
        .map(str::parse)
        .transpose()
        .context("--tenant")?;
    let local = Local::open(data_dir).await?;
    let found = hub::names::list(local.hub(), &scope::operator(), &options.pattern, tenant).await;
    local.close().await?;
    for named in &*found.map_err(plain)? {
        println!(
            "{}",
            json!({"tenant": named.tenant, "tenant_name": named.tenant_name, "connection": named.connection,
                "name": named.name, "integration": named.integration})
        );
    }
    Ok(ExitCode::SUCCESS)
}

pub async fn api_key(data_dir: &Path, command: ApiKey) -> anyhow::Result<ExitCode> {
    let ApiKey::Create {
        tenant,
        scopes,
        name,
    } = command;
    let tenant: TenantId = tenant.parse().context("--tenant")?;
    let scopes = scopes
        .iter()
        .map(|text| {
            model::Scope::parse(text).with_context(|| {
                format!("“{text}” is not one of read, sample, sync, manage, audit, admin")
            })
        })
        .collect::<anyhow::Result<Vec<_>>>()?;
    let local = Local::open(data_dir).await?;
    let made =
        hub::api_keys::create_by_operator(local.hub(), &scope::operator(), tenant, &name, &scopes)
            .await;
    local.close().await?;
    let (_, key) = made.map_err(plain)?;
    println!("{}", key.expose_secret());
    Ok(ExitCode::SUCCESS)
}

pub async fn engine(data_dir: &Path, command: Engine) -> anyhow::Result<ExitCode> {
    let Engine::Credentials { tenant } = command;
    let local = Local::open(data_dir).await?;
    let base = address_of_running(data_dir)
        .or_else(|| local.config.public_url.clone())
        .unwrap_or_else(|| "http://127.0.0.1:3000".to_owned());
    let found = credentials(&local, tenant).await;
    local.close().await?;
    let (credentials, workspace) = found?;
    println!(
        "{}",
        json!({
            "base_url": format!("{base}/api/public/v1"),
            "client_id": credentials.client_id,
            "client_secret": credentials.client_secret.expose_secret(),
            "workspace_id": workspace,
        })
    );
    Ok(ExitCode::SUCCESS)
}

async fn credentials(
    local: &Local,
    tenant: Option<String>,
) -> anyhow::Result<(engine::Credentials, Option<uuid::Uuid>)> {
    let workspace = match tenant {
        None => None,
        Some(text) => Some(
            hub::tenants::workspace(local.hub(), text.parse().context("--tenant")?)
                .await
                .map_err(plain)?,
        ),
    };
    Ok((local.built.engine.credentials(workspace).await?, workspace))
}

pub async fn audit(data_dir: &Path, command: Audit) -> anyhow::Result<ExitCode> {
    let Audit::Verify = command;
    let local = Local::open(data_dir).await?;
    let verdicts = hub::audit::verify(local.hub()).await;
    local.close().await?;
    let mut sound = true;
    for (chain, verdict) in verdicts.map_err(plain)? {
        println!("{chain}: {verdict}");
        sound &= verdict.is_sound();
    }
    Ok(if sound {
        ExitCode::SUCCESS
    } else {
        ExitCode::FAILURE
    })
}

/// A refused field by its sentence, everything else as it is.
pub fn plain(error: hub::Error) -> anyhow::Error {
    match error {
        hub::Error::Invalid(fields) => anyhow::anyhow!(
            "{}",
            fields
                .iter()
                .map(|field| field.detail.as_str())
                .collect::<Vec<_>>()
                .join(" ")
        ),
        hub::Error::Internal(cause) => cause,
        other => anyhow::anyhow!("{other}"),
    }
}
