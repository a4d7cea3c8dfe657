//! What the pages of connections ask for and change.

use leptos::prelude::*;
use model::{ConsentView, Page};

use super::given::{
    ConnectForm, Connection, EditForm, Listed, PostedStream, Removal, Sample, Test,
};
use crate::error::Error;
#[cfg(feature = "ssr")]
use crate::{
    paths,
    server::{self, finish, id},
};
#[cfg(feature = "ssr")]
use model::{ConnectionId, ConnectionState, FieldError, Preset, StreamChoice, SyncMode};

#[server]
pub async fn load_connect_form(
    slug: String,
    #[server(default)] how: String,
    #[server(default)] flow: String,
) -> Result<ConnectForm, Error> {
    let (hub, scope) = server::scope().await?;
    let (_, card) = hub::integrations::get(&hub, &scope, &slug).await?;
    let posted = super::post::posted();
    let mut asked = asked(&posted, &how, &flow);
    if flow.is_empty() && posted.pairs.is_empty() {
        // Whoever goes back from a provider's page finds what was typed.
        let session = server::session_hash()?;
        asked.flow = hub::consent::unfinished(&hub, &scope, &session, &slug).await?;
    }
    let trip = trip(&hub, &scope, asked.flow).await?;
    let state = hub::forms::form(&hub, &scope, &slug, asked).await?;
    Ok(ConnectForm {
        card,
        state,
        error: posted.error,
        trip,
    })
}

/// What the address and the post ask of a form. `how` is `by_hand` or `sign_in`.
#[cfg(feature = "ssr")]
pub fn asked<'a>(posted: &'a super::post::Posted, how: &str, flow: &str) -> hub::forms::Asked<'a> {
    let said = |name: &str| hub::forms::posted(&posted.pairs, name);
    hub::forms::Asked {
        posted: &posted.pairs,
        way: hub::forms::Way::parse(said(hub::forms::WAY).unwrap_or(how)),
        flow: said(hub::forms::FLOW)
            .or(Some(flow).filter(|flow| !flow.is_empty()))
            .and_then(|flow| flow.parse().ok()),
    }
}

#[cfg(feature = "ssr")]
pub async fn trip(
    hub: &hub::Hub,
    scope: &hub::Scope,
    flow: Option<model::FlowId>,
) -> Result<Option<ConsentView>, Error> {
    match flow {
        Some(flow) => Ok(Some(hub::consent::view(hub, scope, flow).await?)),
        None => Ok(None),
    }
}

/// Whether somebody who left for a provider is back.
#[server]
pub async fn consent(flow: String) -> Result<ConsentView, Error> {
    let (hub, scope) = server::scope().await?;
    Ok(hub::consent::view(&hub, &scope, id(&flow)?).await?)
}

#[server]
pub async fn load_edit_form(
    connection: String,
    #[server(default)] how: String,
    #[server(default)] flow: String,
) -> Result<EditForm, Error> {
    let (hub, scope) = server::scope().await?;
    let connection: ConnectionId = id(&connection)?;
    let view = hub::connections::get(&hub, &scope, connection).await?;
    let (_, card) = hub::integrations::get(&hub, &scope, &view.row.integration).await?;
    let posted = super::post::posted();
    let asked = asked(&posted, &how, &flow);
    let trip = trip(&hub, &scope, asked.flow).await?;
    let state = hub::forms::edit_form(&hub, &scope, connection, asked).await?;
    Ok(EditForm {
        form: ConnectForm {
            card,
            state,
            error: posted.error,
            trip,
        },
        name: view.row.name,
        connection_state: view.row.state,
    })
}

#[server]
pub async fn load_connections(
    #[server(default)] q: String,
    #[server(default)] state: String,
    #[server(default)] after: String,
) -> Result<Page<Listed>, Error> {
    let (hub, scope) = server::scope().await?;
    let filter = hub::connections::Filter {
        q: Some(q),
        state: ConnectionState::parse(&state),
        integration: None,
    };
    let after = if after.is_empty() {
        None
    } else {
        Some(id(&after)?)
    };
    let page = hub::connections::list(&hub, &scope, &filter, after).await?;
    let logo =
        |slug: &str| hub::catalogue::find(slug).and_then(|integration| integration.logo.clone());
    let items = page
        .items
        .into_iter()
        .map(|row| Listed {
            logo: logo(&row.integration),
            row,
        })
        .collect();
    Ok(Page {
        items,
        next: page.next,
    })
}

#[server]
pub async fn load_connection(connection: String, tab: String) -> Result<Connection, Error> {
    let (hub, scope) = server::scope().await?;
    let connection = id(&connection)?;
    let view = hub::connections::get(&hub, &scope, connection).await?;
    let (_, card) = hub::integrations::get(&hub, &scope, &view.row.integration).await?;
    let runs = match tab.as_str() {
        "runs" => Some(
            hub::runs::list(
                &hub,
                &scope,
                &hub::runs::Filter {
                    connection: Some(connection),
                    ..Default::default()
                },
                None,
            )
            .await?,
        ),
        _ => None,
    };
    let routes = match tab.as_str() {
        "route" => Some(hub::routes::get(&hub, &scope, connection).await?),
        _ => None,
    };
    let events = match tab.as_str() {
        "events" => Some(hub::webhooks::status(&hub, &scope, connection).await?),
        _ => None,
    };
    Ok(Connection {
        view,
        card,
        runs,
        routes,
        events,
    })
}

#[server]
pub async fn load_test(test: String) -> Result<Test, Error> {
    let (hub, scope) = server::scope().await?;
    let view = hub::tests::get(&hub, &scope, id(&test)?).await?;
    let row = hub::connections::get(&hub, &scope, view.connection)
        .await?
        .row;
    let (_, card) = hub::integrations::get(&hub, &scope, &row.integration).await?;
    Ok(Test {
        view,
        name: row.name,
        state: row.state,
        card,
    })
}

#[server]
pub async fn load_sample(sample: String) -> Result<Sample, Error> {
    let (hub, scope) = server::scope().await?;
    let view = hub::samples::get(&hub, &scope, id(&sample)?).await?;
    let name = hub::connections::get(&hub, &scope, view.connection)
        .await?
        .row
        .name;
    Ok(Sample { view, name })
}

#[server]
pub async fn load_removal(connection: String) -> Result<Removal, Error> {
    let (hub, scope) = server::scope().await?;
    let plan = hub::connections::removal_plan(&hub, &scope, id(&connection)?).await?;
    Ok(Removal {
        name: plan.name,
        tables: plan.tables,
        rows: plan.rows,
        apps: plan.apps,
    })
}

#[server]
pub async fn start_test(connection: String) -> Result<(), Error> {
    let (hub, scope) = server::scope().await?;
    let connection = id(&connection)?;
    finish(
        &[],
        hub::tests::start(&hub, &scope, connection).await,
        |test| paths::test(connection, test),
    )
}

/// "Save and finish later" on the page of a test that did not pass.
#[server]
pub async fn keep_tried(connection: String) -> Result<(), Error> {
    let (hub, scope) = server::scope().await?;
    let connection = id(&connection)?;
    finish(
        &[],
        hub::connections::keep_tried(&hub, &scope, connection).await,
        |()| paths::connection(connection),
    )
}

#[server]
pub async fn start_sample(
    connection: String,
    #[server(default)] personal: String,
) -> Result<(), Error> {
    use hub::samples::Reveal;
    let (hub, scope) = server::scope().await?;
    let connection = id(&connection)?;
    let reveal = if personal == "show" {
        Reveal::Personal
    } else {
        Reveal::Masked
    };
    finish(
        &[],
        hub::samples::start(&hub, &scope, connection, Vec::new(), reveal).await,
        |sample| paths::rows(connection, sample),
    )
}

#[server]
pub async fn start_run(connection: String) -> Result<(), Error> {
    let (hub, scope) = server::scope().await?;
    finish(
        &[],
        hub::runs::start(&hub, &scope, id(&connection)?, hub::runs::Way::AsSet).await,
        paths::run,
    )
}

/// Stores which tables to keep and how; `then` says whether to start at once.
#[server]
pub async fn choose_tables(
    connection: String,
    preset: String,
    #[server(default)] streams: Vec<PostedStream>,
    #[server(default)] then: String,
) -> Result<(), Error> {
    let (hub, scope) = server::scope().await?;
    let connection = id(&connection)?;
    let chosen = chosen(&hub, &scope, connection, &preset, streams).await;
    match chosen {
        Ok(()) if then == "start" => finish(
            &[],
            hub::runs::start(&hub, &scope, connection, hub::runs::Way::AsSet).await,
            paths::run,
        ),
        chosen => finish(&[], chosen, |()| {
            paths::connection_saved(connection, "tables", "tables")
        }),
    }
}

#[cfg(feature = "ssr")]
async fn chosen(
    hub: &hub::Hub,
    scope: &hub::Scope,
    connection: ConnectionId,
    preset: &str,
    streams: Vec<PostedStream>,
) -> Result<(), hub::Error> {
    let preset = match preset {
        "exact_copy" => Preset::ExactCopy,
        "keep_history" => Preset::KeepHistory,
        _ => {
            let choices = streams.into_iter().filter_map(choice).collect();
            return hub::streams::choose(hub, scope, connection, choices).await;
        }
    };
    let labels: Vec<String> = streams
        .into_iter()
        .filter(|stream| stream.selected.is_some())
        .map(|stream| {
            if stream.namespace.is_empty() {
                stream.name
            } else {
                format!("{}.{}", stream.namespace, stream.name)
            }
        })
        .collect();
    hub::streams::preset(hub, scope, connection, preset, Some(&labels)).await
}

#[cfg(feature = "ssr")]
fn choice(posted: PostedStream) -> Option<StreamChoice> {
    let full = |text: String| Some(text).filter(|text| !text.is_empty());
    Some(StreamChoice {
        namespace: full(posted.namespace),
        name: posted.name,
        selected: posted.selected.is_some(),
        mode: SyncMode::parse(&posted.mode)?,
        primary_key: posted.primary_key.into_iter().filter_map(full).collect(),
        cursor: full(posted.cursor),
        fields: posted.fields,
    })
}

#[server]
pub async fn rename_connection(connection: String, name: String) -> Result<(), Error> {
    let (hub, scope) = server::scope().await?;
    let connection = id(&connection)?;
    finish(
        &[("name", &name)],
        hub::connections::rename(&hub, &scope, connection, &name).await,
        |()| paths::connection_tab(connection, "settings"),
    )
}

/// `own`, where it says something, comes before what was picked.
#[server]
pub async fn set_schedule(
    connection: String,
    schedule: String,
    #[server(default)] own: String,
) -> Result<(), Error> {
    let (hub, scope) = server::scope().await?;
    let connection = id(&connection)?;
    let text = if own.trim().is_empty() {
        &schedule
    } else {
        &own
    };
    finish(
        &[("schedule", &schedule), ("own", &own)],
        hub::schedules::set(&hub, &scope, connection, text)
            .await
            .map_err(|error| at_own(error, &own)),
        |()| paths::connection_saved(connection, "settings", "schedule"),
    )
}

/// What is wrong with times of one's own is told at their field.
#[cfg(feature = "ssr")]
fn at_own(error: hub::Error, own: &str) -> hub::Error {
    match error {
        hub::Error::Invalid(errors) if !own.trim().is_empty() => {
            let here = |error: FieldError| FieldError::new("own", error.detail);
            hub::Error::Invalid(errors.into_iter().map(here).collect())
        }
        other => other,
    }
}

#[server]
pub async fn pause_connection(connection: String) -> Result<(), Error> {
    let (hub, scope) = server::scope().await?;
    let connection = id(&connection)?;
    finish(
        &[],
        hub::connections::pause(&hub, &scope, connection).await,
        |()| paths::connection(connection),
    )
}

#[server]
pub async fn resume_connection(connection: String) -> Result<(), Error> {
    let (hub, scope) = server::scope().await?;
    let connection = id(&connection)?;
    finish(
        &[],
        hub::connections::resume(&hub, &scope, connection).await,
        |()| paths::connection(connection),
    )
}

#[server]
pub async fn remove_connection(connection: String, name: String) -> Result<(), Error> {
    let (hub, scope) = server::scope().await?;
    let removed = hub::connections::remove(&hub, &scope, id(&connection)?, &name).await;
    finish(&[("name", &name)], removed, |()| {
        paths::CONNECTIONS.to_owned()
    })
}
