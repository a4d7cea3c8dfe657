//! `apply`: what an integration YAML describes becomes a tenant's.

use std::{fs, path::Path, process::ExitCode};

use anyhow::Context;
use hub::{Error, scope};
use model::{Applied, Outcome, TenantId};

use super::local::Local;
use crate::cli::Apply;

pub async fn run(data_dir: &Path, options: &Apply) -> anyhow::Result<ExitCode> {
    let file = options.file.display();
    let document =
        fs::read_to_string(&options.file).with_context(|| format!("{file} can't be read"))?;
    let tenant: TenantId = options.tenant.parse().context("--tenant")?;
    let local = Local::open(data_dir).await?;
    let applied = apply(&local, tenant, &document).await;
    local.close().await?;
    let applied = match applied {
        Ok(applied) => applied,
        Err(Error::Invalid(mistakes)) => {
            eprintln!("{file}:");
            for mistake in mistakes {
                eprintln!("{}", mistake.detail);
            }
            return Ok(ExitCode::FAILURE);
        }
        Err(error) => return Err(super::operate::plain(error)),
    };
    for one in &applied {
        println!("{}", serde_json::to_string(one)?);
    }
    Ok(if applied.iter().any(was_refused) {
        ExitCode::FAILURE
    } else {
        ExitCode::SUCCESS
    })
}

async fn apply(local: &Local, tenant: TenantId, document: &str) -> Result<Vec<Applied>, Error> {
    let scope = scope::for_operator(local.hub(), tenant).await?;
    hub::own::apply(local.hub(), &scope, document).await
}

fn was_refused(one: &Applied) -> bool {
    matches!(one.outcome, Outcome::Refused { .. })
}
