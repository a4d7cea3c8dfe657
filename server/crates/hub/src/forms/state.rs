//! Forms as pages open them: for a new connection, for one that is changed, and again after mistakes.

use model::{ConnectionId, FormState};
use rand::{TryRng, rngs::SysRng};
use serde_json::Value;
use store::{connections, secrets::TenantKeys, times};

use super::{Filling, Schema};
use crate::{
    Error, Hub, Permission, Scope,
    connections::sealed,
    specs::{self, Spec},
};

/// The form for a new connection.
pub async fn form(hub: &Hub, scope: &Scope, slug: &str) -> Result<FormState, Error> {
    open(hub, scope, slug, &[]).await
}

/// The same form with what a person just posted, mistakes included; secrets must be typed again.
pub async fn form_again(
    hub: &Hub,
    scope: &Scope,
    slug: &str,
    posted: &[(String, String)],
) -> Result<FormState, Error> {
    open(hub, scope, slug, posted).await
}

async fn open(
    hub: &Hub,
    scope: &Scope,
    slug: &str,
    posted: &[(String, String)],
) -> Result<FormState, Error> {
    scope.require(Permission::Manage)?;
    let integration = specs::integration(slug)?;
    let schema = match specs::of(hub, integration).await? {
        Spec::Ready(schema) => schema,
        Spec::Preparing { detail } => return Ok(FormState::Preparing { detail }),
        Spec::Unavailable { why } => return Ok(FormState::Unavailable { why }),
    };
    let mut tx = hub.store().tenant(scope.tenant()).await?;
    let taken = connections::names(&mut tx, scope.tenant()).await?;
    tx.commit().await?;
    let filling = match posted {
        [] => Filling::Fresh,
        pairs => Filling::Posted {
            pairs,
            stored: None,
        },
    };
    Ok(finish(
        &schema,
        filling,
        posted,
        free_name(&integration.name, &taken),
    ))
}

/// The form of a connection that exists: what is stored, or what was tried last and did not pass.
pub async fn edit_form(
    hub: &Hub,
    scope: &Scope,
    id: ConnectionId,
    posted: &[(String, String)],
) -> Result<FormState, Error> {
    scope.require(Permission::Manage)?;
    let tenant = scope.tenant();
    let mut tx = hub.store().tenant(tenant).await?;
    let connection = connections::get(&mut tx, tenant, id).await?;
    let last = store::tests::last(&mut tx, tenant, id).await?;
    let keys = store::secrets::keys(&mut tx, hub.keys(), tenant).await?;
    tx.commit().await?;
    let integration = specs::integration(&connection.integration)?;
    let schema = match specs::by_definition(hub, connection.definition, integration).await? {
        Spec::Ready(schema) => schema,
        Spec::Preparing { detail } => return Ok(FormState::Preparing { detail }),
        Spec::Unavailable { why } => return Ok(FormState::Unavailable { why }),
    };
    let config =
        tried(&keys, last.as_ref(), &schema)?.unwrap_or_else(|| connection.config.config.clone());
    let set_on = times::maybe(connection.secrets_set_at).unwrap_or_default();
    let filling = match posted {
        [] => Filling::Stored {
            config: &config,
            set_on: &set_on,
        },
        pairs => Filling::Posted {
            pairs,
            stored: Some((&config, &set_on)),
        },
    };
    Ok(finish(&schema, filling, posted, connection.name.clone()))
}

/// The masked configuration of a test that did not pass, while it is kept.
fn tried(
    keys: &TenantKeys,
    test: Option<&store::tests::Test>,
    schema: &Schema,
) -> Result<Option<Value>, Error> {
    let Some(test) = test.filter(|test| test.candidate.is_some()) else {
        return Ok(None);
    };
    let config = sealed::open_candidate(keys, test)?;
    Ok(config.map(|config| schema.split(&config).0))
}

fn finish(
    schema: &Schema,
    filling: Filling<'_>,
    posted: &[(String, String)],
    name: String,
) -> FormState {
    let mut form = schema.form(filling);
    form.token = super::posted(posted, super::TOKEN).map_or_else(token, str::to_owned);
    form.suggested_name = super::posted(posted, super::NAME).map_or(name, str::to_owned);
    FormState::Ready(form)
}

/// Names one rendering of a form. Not a secret: it only tells a second click from a second form.
fn token() -> String {
    let mut bytes = [0; 12];
    SysRng
        .try_fill_bytes(&mut bytes)
        .expect("the operating system gives randomness");
    format!(
        "{:024x}",
        bytes
            .iter()
            .fold(0_u128, |all, byte| all << 8 | u128::from(*byte))
    )
}

/// "Stripe", or "Stripe 2" when that is taken.
fn free_name(name: &str, taken: &[String]) -> String {
    let is_free = |name: &String| !taken.contains(&name.to_lowercase());
    std::iter::once(name.to_owned())
        .chain((2..=u32::MAX).map(|number| format!("{name} {number}")))
        .find(is_free)
        .unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_taken_name_gets_a_number() {
        let taken = ["stripe", "stripe 2"].map(str::to_owned);
        assert_eq!(free_name("Stripe", &taken), "Stripe 3");
        assert_eq!(free_name("Slack", &taken), "Slack");
    }
}
