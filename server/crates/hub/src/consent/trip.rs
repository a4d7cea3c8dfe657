//! One trip to a provider and back, as it is kept meanwhile.

use model::{ConnectionId, ConsentOutcome, ConsentView, FlowId, Integration};
use oauth::Words;
use secrecy::{ExposeSecret, SecretString};
use serde::{Deserialize, Serialize};
use serde_json::Value;
use sqlx::PgConnection;
use store::{
    ids::Id,
    oauth::flows::{self, Flow},
    secrets::{Place, TenantKeys},
};

use crate::{Actor, Error, Hub, Permission, Scope, specs};

/// Where the provider's pages are shown.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Window {
    /// In a window beside the form, which waits.
    Own,
    /// In place of the form.
    Same,
}

/// What is sealed: lives in memory and inside the seal only, so no `Debug`.
#[derive(Serialize, Deserialize)]
pub(crate) struct Trip {
    /// What the form said, without what signing in gives.
    pub config: Value,
    /// The provider's page, with our `state` in it.
    pub url: String,
    pub by: By,
}

/// Who takes the code.
#[derive(Serialize, Deserialize)]
pub(crate) enum By {
    Us(Request),
    Airbyte,
}

/// What the code has to be exchanged with.
#[derive(Serialize, Deserialize)]
pub(crate) struct Request {
    pub verifier: Option<String>,
    pub words: Words,
    pub own_client: bool,
    pub client_id: String,
}

impl By {
    /// Where the person signs in. Airbyte does not tell the provider's name: the integration's is the nearest.
    pub fn name(&self, hub: &Hub, integration: &Integration) -> String {
        match (self, super::ours(hub, integration)) {
            (Self::Us(_), Some((provider, _))) => provider.name.clone(),
            _ => integration.name.clone(),
        }
    }
}

impl Request {
    pub fn verifier(&self) -> Option<SecretString> {
        self.verifier.clone().map(SecretString::from)
    }
}

fn place(id: FlowId) -> Place<'static> {
    Place {
        table: "oauth_flows",
        column: "sealed",
        row: id.uuid(),
    }
}

impl Trip {
    pub fn seal(&self, keys: &TenantKeys, id: FlowId) -> Vec<u8> {
        let text = serde_json::to_vec(self).expect("a trip is plain data");
        keys.seal(place(id), &text)
    }

    pub fn open(keys: &TenantKeys, flow: &Flow) -> Result<Self, Error> {
        let bytes = keys.open(place(flow.id), &flow.sealed)?;
        serde_json::from_slice(bytes.expose_secret())
            .map_err(|_| Error::Internal(anyhow::anyhow!("a sealed trip is no JSON")))
    }
}

/// Where every provider sends people back to: one address for all, registered there letter by letter.
pub(crate) fn redirect_uri(hub: &Hub) -> String {
    format!("{}/oauth/callback", hub.public_url().trim_end_matches('/'))
}

/// A trip of this person's tenant.
pub async fn view(hub: &Hub, scope: &Scope, id: FlowId) -> Result<ConsentView, Error> {
    scope.require(Permission::Manage)?;
    let mut tx = hub.store().tenant(scope.tenant()).await?;
    let flow = seen_by(scope, flows::get(&mut tx, scope.tenant(), id).await?)?;
    let integration = specs::integration(hub, scope.tenant(), &flow.integration).await?;
    let keys = store::secrets::keys(&mut tx, hub.keys(), scope.tenant()).await?;
    let trip = Trip::open(&keys, &flow)?;
    let over = flow.outcome.is_none() && flow.expires_at <= hub.clock().now();
    let outcome = flow.outcome.map(serde_json::from_value).transpose();
    Ok(ConsentView {
        id,
        provider: trip.by.name(hub, &integration),
        integration: flow.integration,
        connection: flow.connection,
        outcome: outcome
            .map_err(Error::internal)?
            .or_else(|| over.then_some(ConsentOutcome::Expired)),
    })
}

/// The trip that somebody left this very browser's form for and has not come back from: going back leads to that form.
pub async fn unfinished(
    hub: &Hub,
    scope: &Scope,
    session_hash: &[u8],
    slug: &str,
) -> Result<Option<FlowId>, Error> {
    scope.require(Permission::Manage)?;
    let Actor::User(user) = scope.actor() else {
        return Ok(None);
    };
    let whose = flows::Traveller {
        session_hash,
        user: Some(user),
        link: None,
    };
    let (tenant, now) = (scope.tenant(), hub.clock().now());
    let mut tx = hub.store().tenant(tenant).await?;
    Ok(flows::unfinished(&mut tx, tenant, whose, slug, now).await?)
}

/// Somebody with a link sees the trips of that link, and nobody else does.
pub(super) fn seen_by(scope: &Scope, flow: Flow) -> Result<Flow, Error> {
    if flow.link == scope.link() {
        Ok(flow)
    } else {
        Err(Error::NotFound)
    }
}

/// The form that what was typed before a trip is wanted for.
#[derive(Debug, Clone, Copy)]
pub(crate) struct FormOf<'a> {
    /// Slug of its integration.
    pub integration: &'a str,
    /// `None` for a new connection.
    pub connection: Option<ConnectionId>,
}

impl FormOf<'_> {
    /// Was it left for this trip? One that began for a new connection may have made it, and one by a link is for whatever the
    /// link is for.
    fn began(self, flow: &Flow) -> bool {
        let is_its = flow.connection == self.connection;
        let made_it = || flow.link.is_some() || made_by(flow) == self.connection;
        flow.integration == self.integration && (is_its || (flow.connection.is_none() && made_it()))
    }
}

/// The connection whose test a trip ended with.
fn made_by(flow: &Flow) -> Option<ConnectionId> {
    let outcome: ConsentOutcome = serde_json::from_value(flow.outcome.clone()?).ok()?;
    match outcome {
        ConsentOutcome::Tested { connection, .. } => Some(connection),
        _ => None,
    }
}

/// What the form said before a trip: nothing that was typed is lost when it does not end well. `NotFound` in another form than
/// the one that was left.
pub(crate) async fn kept(
    hub: &Hub,
    conn: &mut PgConnection,
    scope: &Scope,
    id: Option<FlowId>,
    form: FormOf<'_>,
) -> Result<Option<(Flow, Value)>, Error> {
    let Some(id) = id else {
        return Ok(None);
    };
    let tenant = scope.tenant();
    let flow = seen_by(scope, flows::get(conn, tenant, id).await?)?;
    if !form.began(&flow) {
        return Err(Error::NotFound);
    }
    let keys = store::secrets::keys(conn, hub.keys(), tenant).await?;
    let trip = Trip::open(&keys, &flow)?;
    Ok(Some((flow, trip.config)))
}
