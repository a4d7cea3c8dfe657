//! The home page: the checklist of a new tenant and what needs a person. Every tick is read from data.

use model::{
    Attention, ChecklistItem, ChecklistStep, ConnectionRow, ConnectionState, HomeView,
    ProfileAnswer,
};
use store::{apps, connections, samples};

use crate::{Error, Hub, Permission, Scope, connections::row, tenants};

/// Problems shown at once.
const ATTENTION: usize = 5;

pub async fn view(hub: &Hub, scope: &Scope) -> Result<HomeView, Error> {
    scope.require(Permission::Read)?;
    let tenant = tenants::view(hub, scope).await?;
    let mut tx = hub.store().tenant(scope.tenant()).await?;
    let all = connections::Filter {
        limit: i64::MAX,
        ..connections::Filter::default()
    };
    let rows: Vec<ConnectionRow> = connections::list(&mut tx, scope.tenant(), &all)
        .await?
        .into_iter()
        .map(row)
        .collect();
    let saw_rows = samples::any_passed(&mut tx, scope.tenant()).await?;
    let bundle = apps::list(&mut tx, scope.tenant())
        .await?
        .iter()
        .any(|app| app.downloaded_at.is_some());
    tx.commit().await?;
    let need = in_need(&rows);
    let landed = rows.iter().any(|row| row.last_rows_at.is_some());
    let done = |step: ChecklistStep| match step {
        ChecklistStep::Profile => tenant.profile != ProfileAnswer::NotAsked,
        ChecklistStep::Connect => rows.iter().any(ConnectionRow::is_known),
        ChecklistStep::SeeRows => saw_rows || landed,
        ChecklistStep::Sync => landed,
        ChecklistStep::Bundle => bundle,
    };
    let steps = [
        ChecklistStep::Profile,
        ChecklistStep::Connect,
        ChecklistStep::SeeRows,
        ChecklistStep::Sync,
        ChecklistStep::Bundle,
    ];
    Ok(HomeView {
        checklist: steps
            .map(|step| ChecklistItem {
                step,
                done: done(step),
            })
            .into(),
        attention: need
            .iter()
            .copied()
            .take(ATTENTION)
            .map(attention)
            .collect(),
        need_you: number(need.len()),
        connections: number(rows.iter().filter(|row| row.is_known()).count()),
        rows: rows.iter().map(|row| row.rows).sum(),
        last_rows_at: rows.iter().filter_map(|row| row.last_rows_at.clone()).max(),
        tenant,
    })
}

fn number(count: usize) -> i64 {
    i64::try_from(count).unwrap_or(i64::MAX)
}

/// Those only a person can mend first, then those that fail.
fn in_need(rows: &[ConnectionRow]) -> Vec<&ConnectionRow> {
    let in_state = |state: ConnectionState| rows.iter().filter(move |row| row.state == state);
    in_state(ConnectionState::NeedsYou)
        .chain(in_state(ConnectionState::Failing))
        .collect()
}

fn attention(row: &ConnectionRow) -> Attention {
    Attention {
        connection: row.id,
        name: row.name.clone(),
        reason: row.reason.clone().unwrap_or_default(),
    }
}
