//! Submitting a connection: judged, sealed for its test, and nothing more. It is stored when the test passes.

use std::borrow::Cow;

use model::{ConnectionId, FieldError, Integration, TestId};
use serde_json::Value;
use store::{
    TenantTx,
    connections::{self, Connection, Stage},
    ids::Id,
    tests,
};

use super::{
    kept::{Kept, addressed, kept, stays_there},
    sealed,
    start::{Candidate, start},
};
use crate::{
    Error, Hub, Permission, Scope, acts,
    consent::{self, Granted, Way, airbyte},
    forms::{self, Schema},
    links, own, schedules, specs,
};

/// What is submitted.
#[derive(Debug, Clone)]
pub enum Target {
    New { slug: String, name: String },
    Existing(ConnectionId),
}

/// The settings, as a form posts them or as a program sends them.
#[derive(Clone, Copy)]
pub enum Input<'a> {
    Posted(&'a [(String, String)]),
    Json(&'a Value),
}

impl<'a> Input<'a> {
    pub(super) fn token(self) -> Option<&'a str> {
        match self {
            Self::Posted(pairs) => forms::posted(pairs, forms::TOKEN),
            Self::Json(_) => None,
        }
    }

    /// Was the form without what signing in gives?
    pub(super) fn signs_in(self) -> bool {
        match self {
            Self::Posted(pairs) => forms::posted(pairs, forms::WAY) == Some("sign_in"),
            Self::Json(_) => false,
        }
    }

    fn read(
        self,
        schema: &Schema,
        signed_in: Option<&Way<'_>>,
        stored: Option<&Value>,
    ) -> Result<Value, Vec<FieldError>> {
        match (self, signed_in) {
            (Self::Posted(pairs), Some(way)) => {
                let grant = way.grant();
                let typed = schema.reduced(grant).read(pairs, stored)?;
                let Some(stored) = stored else {
                    return Err(vec![FieldError::new(forms::WAY, "Sign in first.")]);
                };
                let mut config = typed.clone();
                oauth::keep(&mut config, grant, stored);
                if config != typed && schema.leads_elsewhere(stored, &typed) {
                    return Err(vec![FieldError::new(forms::WAY, forms::SIGN_IN_AGAIN)]);
                }
                if !way.fills_settings() {
                    return Ok(config);
                }
                let errors = schema.check(&config);
                if errors.is_empty() {
                    Ok(config)
                } else {
                    Err(errors)
                }
            }
            (Self::Posted(pairs), None) => schema.read(pairs, stored),
            (Self::Json(config), _) => {
                let config = schema.keep_masked(config, stored)?;
                let errors = schema.check(&config);
                if errors.is_empty() {
                    Ok(config)
                } else {
                    Err(errors)
                }
            }
        }
    }
}

/// Judges the settings, seals them for a test and starts it. The same form sent twice is one test, and the same name
/// sent from two tabs is one connection.
pub async fn submit(
    hub: &Hub,
    scope: &Scope,
    target: Target,
    input: Input<'_>,
) -> Result<TestId, Error> {
    submit_with(hub, scope, target, input, None).await
}

/// The same with settings that hold what somebody just signed in for.
pub(crate) async fn submit_signed_in(
    hub: &Hub,
    scope: &Scope,
    target: Target,
    config: &Value,
    granted: Granted,
) -> Result<TestId, Error> {
    submit_with(hub, scope, target, Input::Json(config), Some(granted)).await
}

async fn submit_with(
    hub: &Hub,
    scope: &Scope,
    target: Target,
    input: Input<'_>,
    granted: Option<Granted>,
) -> Result<TestId, Error> {
    scope.require(Permission::Manage)?;
    let tenant = scope.tenant();
    let integration = integration(hub, scope, &target).await?;
    let schema = addressed(hub, &integration).await?;
    links::count_test(hub, scope).await?;
    let mut tx = hub.store().tenant(tenant).await?;
    // One submission of a tenant at a time, so that two tabs cannot make two connections.
    store::tenants::lock(&mut tx, tenant).await?;
    links::still_live(hub, &mut tx, scope).await?;
    if let Some(token) = input.token()
        && let Some(test) = tests::by_form(&mut tx, tenant, token).await?
        && (!scope.is_link() || is_about(&mut tx, tenant, test, &target).await?)
    {
        return Ok(test);
    }
    let keys = store::secrets::keys(&mut tx, hub.keys(), tenant).await?;
    let known = known(&mut tx, scope, &target, &integration).await?;
    let held = match &known {
        Some(connection) => airbyte::held(&mut tx, tenant, connection.id, None).await?,
        None => None,
    };
    if held.is_some() && scope.is_link() {
        // What is typed would be merged with what Airbyte keeps.
        return Err(Error::field(forms::WAY, "Sign in first."));
    }
    let kept = match &known {
        // A secret that is left blank would go wherever the other settings now point.
        Some(connection) if !scope.is_link() => {
            kept(hub, &mut tx, &keys, (&*integration, &schema), connection).await?
        }
        _ => Kept::default(),
    };
    let signed_in = if input.signs_in() {
        let id = known.as_ref().map(|connection| connection.id);
        consent::way(hub, &mut tx, tenant, &integration, &schema, id).await?
    } else {
        None
    };
    let read = input.read(&schema, signed_in.as_ref(), kept.config.as_ref());
    let (name, config) = named(&target, read)?;
    let is_anew = granted.is_some() || (signed_in.is_some() && kept.granted.is_some());
    if let Some(connection) = known.as_ref().filter(|_| held.is_some() && !is_anew) {
        stays_there(&schema, &keys, connection, &kept, &config)?;
    }
    let replaces_grant = match &known {
        Some(connection) if signed_in.is_none() && granted.is_none() => {
            let stored = sealed::open(&keys, connection)?;
            consent::is_replaced(
                hub,
                &mut tx,
                (&*integration, &schema),
                connection.id,
                (&stored, &config),
            )
            .await?
        }
        _ => false,
    };
    if forms::holds_mask(&config) {
        // An engine takes the mask for the secret that it keeps, wherever that would go now.
        return Err(Error::field("form", "Type every secret anew."));
    }
    let id = match known {
        Some(connection) => connection.id,
        None => insert(hub, &mut tx, scope, &integration, &name).await?,
    };
    let candidate = Candidate {
        config: &config,
        // The tokens of an earlier test, with what belongs to them.
        granted: granted.or(kept.granted.filter(|_| signed_in.is_some())),
        replaces_grant,
        form_token: input.token(),
    };
    start(hub, tx, scope, id, candidate).await
}

/// Starts the test of settings whose tokens Airbyte keeps, under the name of a secret that only this test hands over.
pub(crate) async fn submit_granted(
    hub: &Hub,
    scope: &Scope,
    target: Target,
    config: &Value,
    granted: Granted,
) -> Result<TestId, Error> {
    scope.require(Permission::Manage)?;
    let tenant = scope.tenant();
    let integration = integration(hub, scope, &target).await?;
    let mut tx = hub.store().tenant(tenant).await?;
    store::tenants::lock(&mut tx, tenant).await?;
    links::still_live(hub, &mut tx, scope).await?;
    let known = known(&mut tx, scope, &target, &integration).await?;
    let config = match &known {
        // Its stored secrets would follow what a guest says of its server: the settings stay, the sign-in is new.
        Some(connection) if scope.is_link() && connection.engine_source.is_some() => {
            connection.config.config.clone()
        }
        _ => config.clone(),
    };
    let (name, config) = named(&target, Ok(config))?;
    let id = match known {
        Some(connection) => connection.id,
        None => insert(hub, &mut tx, scope, &integration, &name).await?,
    };
    let candidate = Candidate {
        config: &config,
        granted: Some(granted),
        replaces_grant: false,
        form_token: None,
    };
    start(hub, tx, scope, id, candidate).await
}

/// Whether a test is of what this submission is for.
async fn is_about(
    tx: &mut TenantTx,
    tenant: model::TenantId,
    test: TestId,
    target: &Target,
) -> Result<bool, Error> {
    let of = tests::get(tx, tenant, test).await?.connection;
    Ok(matches!(target, Target::Existing(id) if *id == of))
}

async fn integration(
    hub: &Hub,
    scope: &Scope,
    target: &Target,
) -> Result<Cow<'static, Integration>, Error> {
    match target {
        Target::New { slug, .. } => specs::integration(hub, scope.tenant(), slug).await,
        Target::Existing(id) => {
            let mut tx = hub.store().tenant(scope.tenant()).await?;
            let connection = connections::get(&mut tx, scope.tenant(), *id).await?;
            specs::integration(hub, scope.tenant(), &connection.integration).await
        }
    }
}

/// The connection that this submission belongs to, if there is one. A checked one with the same name is in the way.
async fn known(
    tx: &mut TenantTx,
    scope: &Scope,
    target: &Target,
    integration: &Integration,
) -> Result<Option<Connection>, Error> {
    let tenant = tx.tenant();
    let (id, by_name) = match target {
        Target::Existing(id) => (Some(*id), false),
        Target::New { name, .. } => (
            connections::find_by_name(tx, tenant, name.trim()).await?,
            true,
        ),
    };
    let Some(id) = id else {
        return Ok(None);
    };
    let connection = connections::lock(tx, tenant, id).await?;
    let unfinished = matches!(connection.stage, Stage::Draft | Stage::Unchecked);
    let may_go_on = unfinished && connection.integration == integration.slug && !scope.is_link();
    if by_name && !may_go_on {
        return Err(Error::Invalid(vec![name_taken(&connection.name)]));
    }
    if connection.stage == Stage::Removing {
        return Err(Error::NotFound);
    }
    Ok(Some(connection))
}

/// Errors of the name and of the settings come together.
fn named(target: &Target, read: Result<Value, Vec<FieldError>>) -> Result<(String, Value), Error> {
    let name = match target {
        Target::New { name, .. } => check_name(name),
        Target::Existing(_) => Ok(String::new()),
    };
    match (name, read) {
        (Ok(name), Ok(config)) => Ok((name, config)),
        (name, read) => {
            let mut errors: Vec<FieldError> = name.err().into_iter().collect();
            errors.extend(read.err().unwrap_or_default());
            Err(Error::Invalid(errors))
        }
    }
}

/// Most letters of a connection's name.
pub(crate) const LONGEST_NAME: usize = 80;

/// One line, neither empty nor longer than a heading.
pub(crate) fn check_name(name: &str) -> Result<String, FieldError> {
    let name = name.trim();
    if name.is_empty() || name.chars().count() > LONGEST_NAME || name.contains(char::is_control) {
        return Err(FieldError::new(
            forms::NAME,
            format!("Give the connection a name of at most {LONGEST_NAME} characters."),
        ));
    }
    Ok(name.to_owned())
}

pub(super) fn name_taken(name: &str) -> FieldError {
    FieldError::new(
        forms::NAME,
        format!("You already have a connection called {name}. Choose another name."),
    )
}

pub(super) async fn insert(
    hub: &Hub,
    tx: &mut TenantTx,
    scope: &Scope,
    integration: &Integration,
    name: &str,
) -> Result<ConnectionId, Error> {
    let id = ConnectionId::fresh();
    let definition = specs::definition(integration).ok_or(Error::NotFound)?;
    let who = acts::who(tx, scope).await?;
    let new = connections::New {
        id,
        name,
        integration: &integration.slug,
        definition,
        stage: Stage::Unchecked,
        created_by: &who,
        at: hub.clock().now(),
    };
    let tenant = tx.tenant();
    connections::insert(tx, tenant, &new).await?;
    if let Some(times) = own::schedule(hub, tx, &integration.slug).await? {
        schedules::put(hub, tx, tenant, id, &times).await?;
    }
    Ok(id)
}
