//! Connections as lists and pages show them.

use model::{
    ConnectionId, ConnectionPage, ConnectionRow, ConnectionState, ConnectionView, Page, StreamView,
};
use store::{
    TenantTx, apps,
    connections::{self, Summary},
    runs,
    streams::{self, Stream},
    tests, times,
};

use super::state::{Facts, state};
use crate::{
    Error, Hub, Permission, Scope, catalogue,
    flags::{Connected, Live},
    schedules, webhooks,
};

/// Rows of one page.
const PAGE: usize = 50;
/// Rows read at once while looking for a page's worth in the wanted state.
const BATCH: i64 = 200;

/// Which connections are wanted; everything is optional.
#[derive(Debug, Clone, Default)]
pub struct Filter {
    /// Part of the name.
    pub q: Option<String>,
    /// Slug of the catalogue.
    pub integration: Option<String>,
    pub state: Option<ConnectionState>,
}

/// The newest first.
pub async fn list(
    hub: &Hub,
    scope: &Scope,
    filter: &Filter,
    after: Option<ConnectionId>,
) -> Result<ConnectionPage, Error> {
    scope.require(Permission::Read)?;
    let tenant = scope.tenant();
    let mut tx = hub.store().tenant(tenant).await?;
    let mut wanted = connections::Filter {
        text: filter.q.clone().filter(|text| !text.trim().is_empty()),
        integration: filter.integration.clone(),
        after,
        limit: BATCH,
    };
    let mut page = Page::default();
    loop {
        let batch = connections::list(&mut tx, tenant, &wanted).await?;
        let is_last = i64::try_from(batch.len()).is_ok_and(|count| count < BATCH);
        for row in batch.into_iter().map(row) {
            if page.items.len() == PAGE {
                page.next = page
                    .items
                    .last()
                    .map(|row: &ConnectionRow| row.id.to_string());
                return Ok(page);
            }
            wanted.after = Some(row.id);
            if filter.state.is_none_or(|state| state == row.state) {
                page.items.push(row);
            }
        }
        if is_last {
            return Ok(page);
        }
    }
}

/// The connection with this name, whatever the case of its letters.
pub async fn find(hub: &Hub, scope: &Scope, name: &str) -> Result<ConnectionId, Error> {
    scope.require(Permission::Read)?;
    let mut tx = hub.store().tenant(scope.tenant()).await?;
    connections::find_by_name(&mut tx, scope.tenant(), name.trim())
        .await?
        .ok_or(Error::NotFound)
}

/// Everything its page shows.
pub async fn get(hub: &Hub, scope: &Scope, id: ConnectionId) -> Result<ConnectionView, Error> {
    scope.require(Permission::Read)?;
    let tenant = scope.tenant();
    let mut tx = hub.store().tenant(tenant).await?;
    let summary = connections::summary(&mut tx, tenant, id).await?;
    let connection = connections::get(&mut tx, tenant, id).await?;
    let streams = streams::list(&mut tx, tenant, id).await?;
    let last_test = match tests::last(&mut tx, tenant, id).await? {
        Some(test) => Some(tests::view(&mut tx, tenant, test.id).await?),
        None => None,
    };
    let last_run = runs::last(&mut tx, tenant, id).await?;
    let active_run = runs::active(&mut tx, tenant, id).await?;
    let feeds = feeds(&mut tx, &streams).await?;
    let schedule = schedules::view(&mut tx, tenant, id).await?;
    let awaits_events = webhooks::are_awaited(hub, &mut tx, &connection).await?;
    tx.commit().await?;
    let set_on = times::maybe(connection.secrets_set_at).unwrap_or_default();
    let secrets = connection.config.secret_titles.into_iter();
    Ok(ConnectionView {
        row: row(summary),
        streams: streams.iter().map(stream_view).collect(),
        last_test,
        last_run,
        active_run,
        settings: connection.config.settings,
        secrets_set: secrets.map(|title| (title, set_on.clone())).collect(),
        feeds,
        schedule,
        awaits_events,
    })
}

/// Apps that read its tables.
async fn feeds(tx: &mut TenantTx, streams: &[Stream]) -> Result<Vec<String>, Error> {
    let tenant = tx.tenant();
    let tables: Vec<String> = streams
        .iter()
        .filter(|stream| stream.choice.selected)
        .map(|stream| stream.table.clone())
        .collect();
    let apps = apps::readers(tx, tenant, &tables).await?;
    Ok(apps.into_iter().map(|(_, name)| name).collect())
}

/// One stored stream as its form shows it; fields of the connector's own are left out.
fn stream_view(stream: &Stream) -> StreamView {
    let Stream {
        offer,
        table,
        choice,
    } = stream;
    let fields = offer.fields.iter().filter(|field| !field.hidden);
    StreamView {
        namespace: Some(offer.namespace.clone()).filter(|namespace| !namespace.is_empty()),
        name: offer.name.clone(),
        table: table.clone(),
        selected: choice.selected,
        mode: choice.mode,
        modes: offer.modes.clone(),
        primary_key: choice.primary_key.clone(),
        key_fixed_by_source: offer.source_key.is_some(),
        cursor: choice.cursor.clone(),
        cursor_fixed_by_source: offer.source_cursor,
        fields: fields
            .map(|field| model::FieldView {
                name: field.name.clone(),
                kind: field.kind.clone(),
                selected: choice
                    .fields
                    .as_ref()
                    .is_none_or(|chosen| chosen.contains(&field.name)),
                personal: field.personal,
            })
            .collect(),
    }
}

/// A summary with its state word.
pub(crate) fn row(summary: Summary) -> ConnectionRow {
    let state = word(&summary);
    let integration_name = catalogue::find(&summary.integration)
        .map(|entry| entry.name.clone())
        .or(summary.offered_as);
    ConnectionRow {
        id: summary.id,
        name: summary.name,
        integration_name: integration_name.unwrap_or_else(|| summary.integration.clone()),
        integration: summary.integration,
        state,
        reason: summary.problem,
        tables: summary.tables,
        rows: summary.rows,
        last_rows_at: times::maybe(summary.landed_at),
        created_at: times::text(summary.created_at),
    }
}

fn word(summary: &Summary) -> ConnectionState {
    state(Facts {
        stage: summary.stage,
        testing: summary.testing,
        run: summary.run,
        landed: summary.landed_at.is_some(),
        problem_kind: summary.problem_kind.as_deref(),
    })
}

/// The connections as the flags of apps see them.
pub(crate) async fn connected(tx: &mut TenantTx) -> Result<Vec<Connected>, Error> {
    let tenant = tx.tenant();
    let all = connections::Filter {
        limit: i64::MAX,
        ..connections::Filter::default()
    };
    let summaries = connections::list(tx, tenant, &all).await?;
    Ok(summaries
        .into_iter()
        .map(|summary| Connected {
            live: live(&summary),
            integration: summary.integration,
        })
        .collect())
}

/// Live: rows have arrived, and nothing keeps new ones from coming.
fn live(summary: &Summary) -> Live {
    use ConnectionState::{Failing, FirstLoad, Queued, Running, UpToDate};
    let works = matches!(
        word(summary),
        UpToDate | Running | Queued | Failing | FirstLoad
    );
    if summary.landed_at.is_some() && works {
        Live::Yes
    } else {
        Live::No
    }
}
