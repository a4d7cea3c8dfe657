//! Going: the form is judged as far as it can be, what it said is kept, and the person is sent to the provider.

use std::borrow::Cow;

use std::time::Duration;

use model::{FieldError, FlowId, Integration};
use oauth::{Grant, Provider, Words};
use secrecy::{ExposeSecret, SecretString};
use serde_json::Value;
use sqlx::PgConnection;
use store::{
    connections,
    ids::Id,
    oauth::flows::{self, Flow},
};
use url::Url;

use super::{
    clients::{self, Found},
    trip::{By, FormOf, Request, Trip, Window, redirect_uri, seen_by},
};
use crate::{
    Actor, Error, Hub, Permission, Scope, acts,
    connections::{Target, check_name, sealed},
    consent::{self, Way},
    engine, forms, links, specs,
};

/// Longest trip.
const TIME: Duration = Duration::from_mins(10);

/// Where to go, and what is about to be allowed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Departure {
    pub url: String,
    pub provider: String,
    pub permissions: Vec<String>,
}

/// Begins a trip for what a form says. Everything but what signing in gives must be right already.
pub async fn begin(
    hub: &Hub,
    scope: &Scope,
    session_hash: &[u8],
    target: &Target,
    posted: &[(String, String)],
    window: Window,
) -> Result<FlowId, Error> {
    scope.require(Permission::Manage)?;
    let user = match scope.actor() {
        Actor::User(user) => Some(user),
        Actor::Link(_) => None,
        _ => return Err(Error::denied("Only a person can sign in at a provider.")),
    };
    let (integration, connection) = about(hub, scope, target).await?;
    let schema = specs::schema(hub, &integration).await?;
    let tenant = scope.tenant();
    let mut tx = hub.store().tenant(tenant).await?;
    let way = consent::way(hub, &mut tx, tenant, &integration, &schema, connection)
        .await?
        .ok_or_else(not_offered)?;
    let reduced = schema.reduced(way.grant());
    let form = FormOf {
        integration: &integration.slug,
        connection,
    };
    let (name, mut config) = read(hub, &mut tx, scope, (target, form), posted, &reduced).await?;
    let state = way.state();
    let (url, by) = match &way {
        Way::Provider(known) => {
            let (provider, grant) = (&*known.provider, &*known.grant);
            let words =
                oauth::words(grant, &config).map_err(|error| at_field(error, &schema, &config))?;
            let client = clients::find(hub, &mut tx, tenant, &provider.id)
                .await?
                .ok_or_else(not_offered)?;
            tx.commit().await?;
            leave(hub, provider, grant, words, &client, &state)?
        }
        Way::Airbyte(grant) => {
            let workspace = engine::place(&mut tx, tenant).await?.workspace;
            // Nothing is held in the database while somebody else is asked.
            tx.commit().await?;
            let state = state.expose_secret();
            let url = consent::airbyte::leave(hub, workspace, grant, &config, state).await?;
            grant.choose(&mut config);
            (url, By::Airbyte)
        }
    };
    let trip = Trip { config, url, by };
    let (id, now) = (FlowId::fresh(), hub.clock().now());
    let mut tx = hub.store().tenant(tenant).await?;
    let keys = store::secrets::keys(&mut tx, hub.keys(), tenant).await?;
    let flow = Flow {
        id,
        state_hash: seal::token::hash(state.expose_secret()).to_vec(),
        session_hash: session_hash.to_vec(),
        user,
        link: scope.link(),
        integration: integration.slug.clone(),
        connection,
        name,
        own_window: window == Window::Own,
        sealed: trip.seal(&keys, id),
        outcome: None,
        created_at: now,
        expires_at: now + TIME,
        used_at: None,
    };
    flows::insert(&mut tx, tenant, &flow).await?;
    acts::note(
        hub,
        &mut tx,
        scope,
        "connection.consent",
        &integration.slug,
        way.name(&integration),
    )
    .await?;
    tx.commit().await?;
    Ok(id)
}

/// To a provider, with a client registered there.
fn leave(
    hub: &Hub,
    provider: &Provider,
    grant: &Grant,
    words: Words,
    found: &Found,
    state: &SecretString,
) -> Result<(String, By), Error> {
    let redirect = Url::parse(&redirect_uri(hub)).map_err(Error::internal)?;
    let consent = oauth::consent(
        provider,
        grant,
        &words,
        &found.client.id,
        &redirect,
        state.expose_secret(),
    )
    .map_err(cannot_leave)?;
    let request = Request {
        verifier: consent
            .verifier
            .map(|verifier| verifier.expose_secret().to_owned()),
        words,
        own_client: found.own,
        client_id: found.client.id.clone(),
    };
    Ok((consent.url.into(), By::Us(request)))
}

async fn about(
    hub: &Hub,
    scope: &Scope,
    target: &Target,
) -> Result<(Cow<'static, Integration>, Option<model::ConnectionId>), Error> {
    match target {
        Target::New { slug, .. } => {
            Ok((specs::integration(hub, scope.tenant(), slug).await?, None))
        }
        Target::Existing(id) => {
            let mut tx = hub.store().tenant(scope.tenant()).await?;
            let connection = connections::get(&mut tx, scope.tenant(), *id).await?;
            let integration =
                specs::integration(hub, scope.tenant(), &connection.integration).await?;
            Ok((integration, Some(*id)))
        }
    }
}

async fn read(
    hub: &Hub,
    conn: &mut PgConnection,
    scope: &Scope,
    (target, form): (&Target, FormOf<'_>),
    posted: &[(String, String)],
    schema: &forms::Schema,
) -> Result<(String, Value), Error> {
    let tenant = scope.tenant();
    let earlier = forms::posted(posted, forms::FLOW).and_then(|id| id.parse().ok());
    let kept = consent::kept(hub, conn, scope, earlier, form).await?;
    let stored = match (kept, target) {
        (Some((_, config)), _) => Some(config),
        (None, Target::Existing(id)) if !scope.is_link() => {
            let connection = connections::get(conn, tenant, *id).await?;
            let keys = store::secrets::keys(conn, hub.keys(), tenant).await?;
            Some(sealed::open(&keys, &connection)?)
        }
        (None, _) => None,
    };
    let name = match target {
        Target::New { name, .. } => check_name(name),
        Target::Existing(_) => Ok(String::new()),
    };
    match (name, schema.read(posted, stored.as_ref())) {
        (Ok(name), Ok(config)) => Ok((name, config)),
        (name, config) => {
            let mut errors: Vec<FieldError> = name.err().into_iter().collect();
            errors.extend(config.err().unwrap_or_default());
            Err(Error::Invalid(errors))
        }
    }
}

/// A word of the provider's address that is missing belongs to its field.
fn at_field(error: oauth::Error, schema: &forms::Schema, config: &Value) -> Error {
    match error {
        oauth::Error::Word { path, message } => {
            let field = schema.field_name(config, &path).unwrap_or(path);
            Error::field(&field, message)
        }
        other => Error::internal(other),
    }
}

/// What a connector's own description says may be wrong for these very answers.
fn cannot_leave(error: oauth::Error) -> Error {
    match error {
        oauth::Error::Data(why) => Error::Conflict(format!(
            "Signing in does not work with these settings, because the connector's description of it {why}. Fill in its keys by hand, or ask the operator of this hub."
        )),
        other => Error::internal(other),
    }
}

pub(super) fn not_offered() -> Error {
    Error::Conflict(
        "Signing in is not set up for this integration here. Fill in its keys by hand, or ask the operator of this hub."
            .to_owned(),
    )
}

/// The provider's page of a trip that goes on, for the session that began it. `Conflict`: the link it was begun by has ended.
pub async fn departure(
    hub: &Hub,
    scope: &Scope,
    session_hash: &[u8],
    id: FlowId,
) -> Result<Departure, Error> {
    scope.require(Permission::Manage)?;
    let tenant = scope.tenant();
    let mut tx = hub.store().tenant(tenant).await?;
    let flow = seen_by(scope, flows::get(&mut tx, tenant, id).await?)?;
    let goes_on = flow.used_at.is_none() && flow.expires_at > hub.clock().now();
    if !goes_on || !seal::token::same(&flow.session_hash, session_hash) {
        return Err(Error::NotFound);
    }
    links::still_live(hub, &mut tx, scope).await?;
    let keys = store::secrets::keys(&mut tx, hub.keys(), tenant).await?;
    let trip = Trip::open(&keys, &flow)?;
    let integration = specs::integration(hub, tenant, &flow.integration).await?;
    tx.commit().await?;
    let known = match &trip.by {
        By::Us(_) => consent::known(hub, &integration).await?,
        By::Airbyte => None,
    };
    let permissions = known.map(|known| known.grant.permissions.clone());
    Ok(Departure {
        provider: trip.by.name(hub, &integration),
        url: trip.url,
        permissions: permissions.unwrap_or_default(),
    })
}
