//! Coming back: the callback is matched to its trip, the code becomes tokens, and the connection is tested with them.

use std::borrow::Cow;

use model::{ConnectionId, ConsentOutcome, FlowId, Integration, TenantId, TestId};
use oauth::{Account, Callback, Endpoint, Grant, Provider, Renewal, Tokens};
use secrecy::ExposeSecret;
use serde_json::Value;
use store::{
    ids::Id,
    oauth::{
        flows::{self, Flow},
        grants,
    },
    secrets::Place,
};
use url::Url;

use super::{
    airbyte::{self, Answer},
    clients::{self, Found},
    go::not_offered,
    granted::Granted,
    outcome::{elsewhere, failed, not_kept, refused, why},
    trip::{By, Request, Trip, redirect_uri},
    unused::Unused,
};
use crate::{
    Error, Hub, Permission, Scope,
    connections::{self, Target},
    specs, tests,
};

/// A trip that ended.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Landing {
    pub flow: FlowId,
    pub provider: String,
    pub integration: String,
    pub connection: Option<ConnectionId>,
    /// The form waits beside this window.
    pub own_window: bool,
    pub outcome: ConsentOutcome,
}

/// The callback belongs to no trip of this session: it was used, comes from elsewhere, or was begun in another browser.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Unknown;

/// Ends the trip that the callback's `state` names. Once: a second callback finds nothing.
pub async fn land(
    hub: &Hub,
    scope: &Scope,
    session_hash: &[u8],
    pairs: &[(String, String)],
) -> Result<Result<Landing, Unknown>, Error> {
    scope.require(Permission::Manage)?;
    let tenant = scope.tenant();
    let state = pairs.iter().find(|(name, _)| name == "state");
    let Some((_, state)) = state else {
        return Ok(Err(Unknown));
    };
    let hash = seal::token::hash(state);
    let mut tx = hub.store().tenant(tenant).await?;
    let now = hub.clock().now();
    let taken = flows::take(&mut tx, tenant, &hash, session_hash, scope.link(), now).await?;
    tx.commit().await?;
    let Some(flow) = taken else {
        return Ok(Err(Unknown));
    };
    // The trip is over for the provider: whatever fails from here on, whoever came back must be able to go on here.
    let (provider, ended) = came_back(hub, scope, &flow, pairs).await;
    let outcome = match ended {
        Ok(outcome) | Err(End::Because(outcome)) => outcome,
        Err(End::Broken(error @ (Error::Denied { .. } | Error::NotFound))) => return Err(error),
        Err(End::Broken(error)) => not_kept(error),
    };
    match note(hub, tenant, flow.id, &outcome).await {
        Ok(()) => {}
        // Its connection was removed meanwhile.
        Err(Error::NotFound) => return Err(Error::NotFound),
        // The form opens with what was typed, as if nobody had come back yet.
        Err(error) => tracing::error!(flow = %flow.id, %error, "how a sign-in ended is not noted"),
    }
    Ok(Ok(Landing {
        flow: flow.id,
        provider,
        integration: flow.integration,
        connection: flow.connection,
        own_window: flow.own_window,
        outcome,
    }))
}

async fn note(
    hub: &Hub,
    tenant: TenantId,
    id: FlowId,
    outcome: &ConsentOutcome,
) -> Result<(), Error> {
    let said = serde_json::to_value(outcome).map_err(Error::internal)?;
    let mut tx = hub.store().tenant(tenant).await?;
    flows::end(&mut tx, tenant, id, &said).await?;
    Ok(tx.commit().await?)
}

/// Where the person signed in, and how it ended.
async fn came_back(
    hub: &Hub,
    scope: &Scope,
    flow: &Flow,
    pairs: &[(String, String)],
) -> (String, Result<ConsentOutcome, End>) {
    let (integration, trip) = match begun(hub, scope.tenant(), flow).await {
        Ok(begun) => begun,
        // Nothing better is known of it.
        Err(error) => return (flow.integration.clone(), Err(error)),
    };
    let provider = trip.by.name(hub, &integration);
    let ended = match trip.by {
        _ if flow.expires_at <= hub.clock().now() => Ok(ConsentOutcome::Expired),
        By::Airbyte => by_airbyte(hub, scope, flow, &trip.config, pairs).await,
        By::Us(request) => match super::known(hub, &integration).await {
            Ok(Some(known)) => {
                let back = Back {
                    hub,
                    scope,
                    flow,
                    provider: &known.provider,
                    grant: &known.grant,
                    pairs,
                };
                back.outcome(&request, trip.config).await
            }
            // Somebody took its description away meanwhile.
            Ok(None) => Err(End::Because(not_kept(not_offered()))),
            Err(error) => Err(error.into()),
        },
    };
    (provider, ended)
}

/// What the trip was for, and with what it was begun.
async fn begun(
    hub: &Hub,
    tenant: TenantId,
    flow: &Flow,
) -> Result<(Cow<'static, Integration>, Trip), End> {
    let integration = match specs::integration(hub, tenant, &flow.integration).await {
        Err(Error::NotFound) => return Err(End::Because(not_kept(not_offered()))),
        found => found?,
    };
    let mut tx = hub.store().tenant(tenant).await?;
    let keys = store::secrets::keys(&mut tx, hub.keys(), tenant).await?;
    tx.commit().await?;
    let trip = Trip::open(&keys, flow)?;
    Ok((integration, trip))
}

/// Why there are no tokens, or why they are of no use.
enum End {
    Because(ConsentOutcome),
    Broken(Error),
}

impl<E: Into<Error>> From<E> for End {
    fn from(error: E) -> Self {
        Self::Broken(error.into())
    }
}

/// Airbyte took the code; we take the name of its secret.
async fn by_airbyte(
    hub: &Hub,
    scope: &Scope,
    flow: &Flow,
    config: &Value,
    pairs: &[(String, String)],
) -> Result<ConsentOutcome, End> {
    match airbyte::read(pairs) {
        Answer::Ended(outcome) => Ok(outcome),
        Answer::Secret(secret) => Ok(airbyte::tested(hub, scope, flow, config, &secret).await?),
    }
}

struct Back<'a> {
    hub: &'a Hub,
    scope: &'a Scope,
    flow: &'a Flow,
    provider: &'a Provider,
    grant: &'a Grant,
    pairs: &'a [(String, String)],
}

impl Back<'_> {
    async fn outcome(&self, request: &Request, config: Value) -> Result<ConsentOutcome, End> {
        let code = match oauth::read_callback(self.provider, self.pairs) {
            Callback::Code(code) => code,
            Callback::Refused(refusal) => return Ok(refused(self.hub, refusal)),
        };
        let tenant = self.scope.tenant();
        let mut tx = self.hub.store().tenant(tenant).await?;
        let client = clients::of(
            self.hub,
            &mut tx,
            tenant,
            &self.provider.id,
            request.own_client,
        )
        .await?
        .filter(|found| found.client.id == request.client_id)
        .ok_or(End::Because(ConsentOutcome::WrongClient))?;
        tx.commit().await?;
        let at = Endpoint {
            outbound: self.hub.outbound(),
            provider: self.provider,
            words: &request.words,
            client: &client.client,
        };
        oauth::proven(at, self.pairs).map_err(|unproven| End::Because(why(unproven)))?;
        let tokens = self.exchange(at, request, code).await?;
        let used = self.used(at, config, &client, &tokens).await;
        // After anything unforeseen a test may have them all the same.
        let unused = match &used {
            Ok(outcome) => !matches!(outcome, ConsentOutcome::Tested { .. }),
            Err(End::Because(_)) => true,
            Err(End::Broken(_)) => false,
        };
        if unused {
            self.give_back(at, &client, &tokens).await;
        }
        used
    }

    /// The test that the tokens are for, or why they are of no use.
    async fn used(
        &self,
        at: Endpoint<'_>,
        config: Value,
        client: &Found,
        tokens: &Tokens,
    ) -> Result<ConsentOutcome, End> {
        self.all_scopes(tokens)?;
        let account = self.account(at, tokens).await?;
        self.same_account(account.as_ref()).await?;
        self.tested(config, client, tokens, account).await
    }

    /// Nobody should have granted what nobody uses.
    async fn give_back(&self, at: Endpoint<'_>, client: &Found, tokens: &Tokens) {
        let account = oauth::account(at, tokens, self.pairs).await.ok().flatten();
        let unused = Unused {
            tenant: self.scope.tenant(),
            how: self.grant,
            client,
            tokens,
            account,
        };
        unused.give_back(self.hub, at).await;
    }

    async fn exchange(
        &self,
        at: Endpoint<'_>,
        request: &Request,
        code: String,
    ) -> Result<Tokens, End> {
        let redirect = Url::parse(&redirect_uri(self.hub)).map_err(Error::internal)?;
        let verifier = request.verifier();
        oauth::exchange(
            at,
            &redirect,
            code,
            verifier.as_ref(),
            self.hub.clock().now(),
        )
        .await
        .map_err(|error| End::Because(failed(self.hub, error)))
    }

    fn all_scopes(&self, tokens: &Tokens) -> Result<(), End> {
        let missing = tokens.missing(&self.grant.scopes);
        if missing.is_empty() {
            return Ok(());
        }
        Err(End::Because(ConsentOutcome::MissingScopes {
            scopes: missing.into_iter().map(str::to_owned).collect(),
        }))
    }

    /// Who signed in. That it is unknown keeps nobody from it whose connector need not be told.
    async fn account(&self, at: Endpoint<'_>, tokens: &Tokens) -> Result<Option<Account>, End> {
        match oauth::account(at, tokens, self.pairs).await {
            Ok(None) if self.grant.takes_account() => {
                Err(End::Because(ConsentOutcome::Unreachable))
            }
            Ok(account) => Ok(account),
            Err(other) => Err(End::Because(elsewhere(other))),
        }
    }

    /// A connection keeps the account whose rows it holds. A test that began before accounts were told as now may have left it
    /// under an older id.
    async fn same_account(&self, account: Option<&Account>) -> Result<(), End> {
        let Some(connection) = self.flow.connection else {
            return Ok(());
        };
        let tenant = self.scope.tenant();
        let mut tx = self.hub.store().tenant(tenant).await?;
        let Some(before) = grants::find(&mut tx, tenant, connection).await? else {
            return Ok(());
        };
        let known = before.account_id;
        let known = known.and_then(|id| self.provider.account_id(&id));
        match (known, account) {
            (Some(id), Some(account)) if id != account.id => {
                Err(End::Because(ConsentOutcome::WrongAccount {
                    signed_in: account.name.clone(),
                    expected: before.account_name.unwrap_or(id),
                }))
            }
            // Usually it is told: now it may be anybody's.
            (Some(_), None) if before.provider == self.provider.id => {
                Err(End::Because(ConsentOutcome::Unreachable))
            }
            _ => Ok(()),
        }
    }

    async fn tested(
        &self,
        mut config: Value,
        found: &Found,
        tokens: &Tokens,
        account: Option<Account>,
    ) -> Result<ConsentOutcome, End> {
        oauth::fill(
            &mut config,
            self.grant,
            &found.client,
            tokens,
            account.as_ref(),
        );
        let target = match self.flow.connection {
            Some(id) => Target::Existing(id),
            None => Target::New {
                slug: self.flow.integration.clone(),
                name: self.flow.name.clone(),
            },
        };
        let granted = self.granted(found.own, tokens, account);
        let submitted =
            connections::submit_signed_in(self.hub, self.scope, target, &config, granted);
        let test: TestId = match submitted.await {
            Ok(test) => test,
            Err(Error::Invalid(fields)) => return Ok(ConsentOutcome::Form { fields }),
            Err(error @ Error::Conflict(_)) => return Ok(not_kept(error)),
            Err(error) => return Err(error.into()),
        };
        let connection = tests::get(self.hub, self.scope, test).await?.connection;
        Ok(ConsentOutcome::Tested { connection, test })
    }

    fn granted(&self, own_client: bool, tokens: &Tokens, account: Option<Account>) -> Granted {
        let renewed_by_us = self.grant.renewal == Renewal::Hub;
        let refresh = tokens.refresh.as_ref().filter(|_| renewed_by_us);
        Granted {
            provider: self.provider.id.clone(),
            own_client,
            account,
            scopes: tokens.scopes.clone().unwrap_or_default(),
            token: refresh.map(|token| token.expose_secret().to_owned()),
            expires_at: tokens.expires_at,
            at: self.hub.clock().now(),
        }
    }
}

/// Where what is kept of a grant belongs: a refresh token that we renew, or the name of Airbyte's secret.
pub(super) fn tokens_of(connection: ConnectionId) -> Place<'static> {
    Place {
        table: "oauth_grants",
        column: "tokens",
        row: connection.uuid(),
    }
}
