//! `sync`: one run of one connection, with the result that programs read.

use std::{path::Path, process::ExitCode, time::Duration};

use anyhow::Context;
use hub::{
    Hub, Scope,
    runs::{How, Log, Way},
    scope,
};
use model::{Route, RunState, RunView};
use serde_json::{Value, json};

use super::{local::Local, operate::plain};
use crate::cli::Sync;

/// How often a waiting command looks again.
const LOOK_EVERY: Duration = Duration::from_millis(250);

/// Starts the run (or joins the one on its way); with `--wait` exits 1 unless it succeeded.
pub async fn run(data_dir: &Path, options: &Sync) -> anyhow::Result<ExitCode> {
    let tenant = options
        .tenant
        .as_deref()
        .map(str::parse)
        .transpose()
        .context("--tenant")?;
    let local = Local::open(data_dir).await?;
    let outcome = sync(local.hub(), tenant, options).await;
    local.close().await?;
    let run = outcome?;
    println!("{}", result(&run));
    Ok(if options.wait && run.row.state != RunState::Succeeded {
        ExitCode::FAILURE
    } else {
        ExitCode::SUCCESS
    })
}

async fn sync(
    hub: &Hub,
    tenant: Option<model::TenantId>,
    options: &Sync,
) -> anyhow::Result<RunView> {
    let meant = hub::names::find(hub, &scope::operator(), &options.connection, tenant)
        .await
        .map_err(plain)?;
    let scope = scope::for_operator(hub, meant.tenant)
        .await
        .map_err(plain)?;
    let run = hub::runs::start(hub, &scope, meant.connection, how(options))
        .await
        .map_err(plain)?;
    wait(hub, &scope, run, options).await
}

fn how(options: &Sync) -> How {
    How {
        way: if options.force_fallback {
            Way::Fallback
        } else {
            Way::AsSet
        },
        log: if options.debug {
            Log::Detailed
        } else {
            Log::Usual
        },
    }
}

async fn wait(
    hub: &Hub,
    scope: &Scope,
    run: model::RunId,
    options: &Sync,
) -> anyhow::Result<RunView> {
    loop {
        let view = hub::runs::get(hub, scope, run).await.map_err(plain)?;
        if !options.wait || view.row.state.is_over() {
            return Ok(view);
        }
        tokio::time::sleep(LOOK_EVERY).await;
    }
}

/// The result document of a run.
fn result(run: &RunView) -> Value {
    json!({
        "run": run.row.id,
        "state": run.row.state,
        "records": run.row.rows_written,
        "bytes": run.row.bytes,
        "duration_ms": run.row.millis,
        "method": run.row.method,
        "fallbackUsed": run.fallback_used,
        "airbyteJobId": run.engine_job,
        "airbyteConnectionId": run.engine_connection,
        "directErrors": direct_errors(run),
        "error": run.row.problem,
    })
}

/// What the direct tries came to, where they failed.
fn direct_errors(run: &RunView) -> Vec<Value> {
    let failed = run
        .decisions
        .iter()
        .filter(|decision| decision.route == Some(Route::Direct) && decision.class.is_some());
    failed
        .map(|decision| json!({ "class": decision.class, "message": decision.problem }))
        .collect()
}
