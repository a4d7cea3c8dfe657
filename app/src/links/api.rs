//! What the pages of links ask for and change.

use leptos::prelude::*;

use super::given::{Sending, Visit};
use crate::error::Error;
#[cfg(feature = "ssr")]
use crate::{
    connections::{ConnectForm, forms, post},
    links::{
        given::{MadeLink, Stage},
        post::held,
    },
    paths,
    server::{self, finish, id},
};
#[cfg(feature = "ssr")]
use hub::connections::Target;
#[cfg(feature = "ssr")]
use leptos::prelude::use_context;

#[server]
pub async fn load_send_new(slug: String) -> Result<Sending, Error> {
    let (hub, scope) = server::scope().await?;
    let (_, card) = hub::integrations::get(&hub, &scope, &slug).await?;
    let suggested = hub::forms::suggested_name(&hub, &scope, &slug).await?;
    let target = Target::New {
        slug,
        name: String::new(),
    };
    Ok(Sending {
        card,
        connection: None,
        suggested,
        links: hub::links::list(&hub, &scope, &target).await?,
        made: use_context::<MadeLink>(),
    })
}

#[server]
pub async fn load_send_existing(connection: String) -> Result<Sending, Error> {
    let (hub, scope) = server::scope().await?;
    let connection = id(&connection)?;
    let row = hub::connections::get(&hub, &scope, connection).await?.row;
    let (_, card) = hub::integrations::get(&hub, &scope, &row.integration).await?;
    let target = Target::Existing(connection);
    Ok(Sending {
        card,
        connection: Some(row.name),
        suggested: String::new(),
        links: hub::links::list(&hub, &scope, &target).await?,
        made: use_context::<MadeLink>(),
    })
}

/// Takes a link back; the page it stood on is shown again.
#[server]
pub async fn revoke_link(link: String) -> Result<(), Error> {
    let (hub, scope) = server::scope().await?;
    let revoked = hub::links::revoke(&hub, &scope, id(&link)?).await;
    finish(&[], revoked, |link| match link.connection {
        Some(connection) if link.renews => paths::send_existing(connection),
        _ => paths::send_new(&link.integration),
    })
}

/// The link that this browser took.
#[server]
pub async fn load_link(
    #[server(default)] how: String,
    #[server(default)] flow: String,
    #[server(default)] again: String,
) -> Result<Visit, Error> {
    let (hub, visit) = held().await?;
    let scope = &visit.scope;
    let slug = &visit.integration.slug;
    let (_, card) = hub::integrations::get(&hub, scope, slug).await?;
    let name = match &visit.target {
        Target::New { name, .. } => name.clone(),
        Target::Existing(id) => hub::connections::get(&hub, scope, *id).await?.row.name,
    };
    let posted = post::posted();
    let shows_form = posted.error.is_some() || !posted.pairs.is_empty() || !again.is_empty();
    let stage = match (hub::links::over(visit.state), visit.test) {
        (Some(why), _) => Stage::Over {
            is_connected: visit.state == model::LinkState::Finished,
            why: why.to_owned(),
            in_vain_from: in_vain(&hub, scope, &flow).await,
        },
        (None, Some(test)) if !shows_form && flow.is_empty() => {
            Stage::Test(hub::tests::get(&hub, scope, test).await?)
        }
        (None, _) => {
            let asked = forms::asked(&posted, &how, &flow);
            let trip = forms::trip(&hub, scope, asked.flow).await?;
            let state = match &visit.target {
                Target::New { slug, .. } => hub::forms::form(&hub, scope, slug, asked).await?,
                Target::Existing(id) => hub::forms::edit_form(&hub, scope, *id, asked).await?,
            };
            Stage::Form(Box::new(ConnectForm {
                card: card.clone(),
                state,
                error: posted.error,
                trip,
            }))
        }
    };
    Ok(Visit {
        company: visit.company,
        name,
        card,
        stage,
    })
}

/// Tests once more what was sent by the link that this browser took.
#[server]
pub async fn test_link_again() -> Result<(), Error> {
    let (hub, visit) = held().await?;
    let started = hub::links::test_again(&hub, &visit.scope).await;
    finish(&[], started, |_| paths::LINK.to_owned())
}

/// The provider of a trip that this page is the end of, where it brought nothing.
#[cfg(feature = "ssr")]
async fn in_vain(hub: &hub::Hub, scope: &hub::Scope, flow: &str) -> Option<String> {
    let trip = forms::trip(hub, scope, flow.parse().ok()).await.ok()??;
    let tested = matches!(trip.outcome?, model::ConsentOutcome::Tested { .. });
    (!tested).then_some(trip.provider)
}
