//! What the pages of connections ask for and change.

use leptos::prelude::*;
use model::{ConsentView, Page};

use super::given::{Connection, EditForm, Listed, NewForm, PostedStream, Removal, Sample, Test};
#[cfg(feature = "ssr")]
use super::{
    choices::choose,
    forms::{asked, trip},
    given::{ConnectForm, Same},
};
use crate::error::Error;
#[cfg(feature = "ssr")]
use crate::{
    paths,
    server::{self, finish, id},
};
#[cfg(feature = "ssr")]
use model::{ConnectionId, ConnectionState, FieldError};

#[server]
pub async fn load_connect_form(
    slug: String,
    #[server(default)] how: String,
    #[server(default)] flow: String,
) -> Result<NewForm, Error> {
    let (hub, scope) = server::scope().await?;
    let (_, card) = hub::integrations::get(&hub, &scope, &slug).await?;
    let filter = hub::connections::Filter {
        integration: Some(slug.clone()),
        ..Default::default()
    };
    let same = hub::connections::list(&hub, &scope, &filter, None).await?;
    let posted = super::post::posted();
    let mut asked = asked(&posted, &how, &flow);
    if flow.is_empty() && posted.pairs.is_empty() {
        // Whoever goes back from a provider's page finds what was typed.
        let session = server::session_hash()?;
        asked.flow = hub::consent::unfinished(&hub, &scope, &session, &slug).await?;
    }
    let trip = trip(&hub, &scope, asked.flow).await?;
    let state = hub::forms::form(&hub, &scope, &slug, asked).await?;
    Ok(NewForm {
        form: ConnectForm {
            card,
            state,
            error: posted.error,
            trip,
        },
        workspace: scope.tenant().to_string(),
        same: same.items.into_iter().map(Same::from).collect(),
    })
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
    let chosen = choose(&hub, &scope, connection, &preset, streams).await;
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
