//! Forms as pages open them: for a new connection, for one that is changed, and again after mistakes.

use model::{ConnectionId, FlowId, FormState, Integration, SignIn, SignInState, TenantId};
use rand::{TryRng, rngs::SysRng};
use serde_json::Value;
use sqlx::PgConnection;
use store::{
    connections::{self, Stage},
    secrets::TenantKeys,
    times,
};

use super::{Filling, Schema};
use crate::{
    Error, Hub, Permission, Scope,
    connections::{LONGEST_NAME, sealed},
    consent::{self, FormOf},
    specs::{self, Spec},
};

/// What a page asks of a form.
#[derive(Debug, Clone, Copy, Default)]
pub struct Asked<'a> {
    /// What was just posted, mistakes included; secrets must be typed again.
    pub posted: &'a [(String, String)],
    /// How the person wants to fill it in; without a wish, what suits the connection.
    pub way: Option<Way>,
    /// A trip to a provider that did not end well: what was typed before it is shown again.
    pub flow: Option<FlowId>,
}

/// How a form is filled in where a person can sign in at the provider.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Way {
    SignIn,
    ByHand,
}

impl Way {
    pub fn parse(name: &str) -> Option<Self> {
        match name {
            "sign_in" => Some(Self::SignIn),
            "by_hand" => Some(Self::ByHand),
            _ => None,
        }
    }
}

/// The form for a new connection.
pub async fn form(
    hub: &Hub,
    scope: &Scope,
    slug: &str,
    asked: Asked<'_>,
) -> Result<FormState, Error> {
    scope.require(Permission::Manage)?;
    let tenant = scope.tenant();
    let integration = specs::integration(hub, tenant, slug).await?;
    let integration = integration.as_ref();
    let schema = match specs::of(hub, integration).await? {
        Spec::Ready(schema) => schema,
        Spec::Preparing { detail } => return Ok(FormState::Preparing { detail }),
        Spec::Unavailable { why } => return Ok(FormState::Unavailable { why }),
    };
    let mut tx = hub.store().tenant(tenant).await?;
    let taken = connections::names(&mut tx, tenant).await?;
    let this = FormOf {
        integration: &integration.slug,
        connection: None,
    };
    let kept = consent::kept(hub, &mut tx, scope, asked.flow, this).await?;
    let way = consent::way(hub, &mut tx, tenant, integration, &schema, None).await?;
    let sign_in = match &way {
        Some(way) => Some(sign_in(hub, &mut tx, tenant, integration, way, None, asked).await?),
        None => None,
    };
    tx.commit().await?;
    let schema = left_to_ask(*schema, way.as_ref(), sign_in.as_ref());
    let name = match &kept {
        Some((flow, _)) => flow.name.clone(),
        None => free_name(&integration.name, &taken),
    };
    let masked = kept.map(|(_, config)| schema.split(&config).0);
    let filling = match (&masked, asked.posted) {
        (Some(config), []) => Filling::Stored { config, set_on: "" },
        (None, []) => Filling::Fresh,
        (_, pairs) => Filling::Posted {
            pairs,
            stored: None,
        },
    };
    Ok(finish(&schema, filling, asked.posted, name, sign_in))
}

/// A name for a new connection that no other has.
pub async fn suggested_name(hub: &Hub, scope: &Scope, slug: &str) -> Result<String, Error> {
    scope.require(Permission::Manage)?;
    let tenant = scope.tenant();
    let mut tx = hub.store().tenant(tenant).await?;
    let taken = connections::names(&mut tx, tenant).await?;
    drop(tx);
    let integration = specs::integration(hub, tenant, slug).await?;
    Ok(free_name(&integration.name, &taken))
}

/// The form of a connection that exists: what is stored, or what was tried last and did not pass.
pub async fn edit_form(
    hub: &Hub,
    scope: &Scope,
    id: ConnectionId,
    asked: Asked<'_>,
) -> Result<FormState, Error> {
    scope.require(Permission::Manage)?;
    let tenant = scope.tenant();
    let mut tx = hub.store().tenant(tenant).await?;
    let connection = connections::get(&mut tx, tenant, id).await?;
    let last = store::tests::last(&mut tx, tenant, id).await?;
    let keys = store::secrets::keys(&mut tx, hub.keys(), tenant).await?;
    let integration = specs::integration(hub, tenant, &connection.integration).await?;
    let this = FormOf {
        integration: &integration.slug,
        connection: Some(id),
    };
    let kept = consent::kept(hub, &mut tx, scope, asked.flow, this).await?;
    tx.commit().await?;
    let schema = match specs::by_definition(hub, connection.definition, &integration).await? {
        Spec::Ready(schema) => *schema,
        Spec::Preparing { detail } => return Ok(FormState::Preparing { detail }),
        Spec::Unavailable { why } => return Ok(FormState::Unavailable { why }),
    };
    let mut tx = hub.store().tenant(tenant).await?;
    let way = consent::way(hub, &mut tx, tenant, &integration, &schema, Some(id)).await?;
    let sign_in = match &way {
        Some(way) => Some(
            sign_in(
                hub,
                &mut tx,
                tenant,
                &integration,
                way,
                Some(&connection),
                asked,
            )
            .await?,
        ),
        None => None,
    };
    tx.commit().await?;
    let sign_in = sign_in.map(|sign_in| of_guest(scope, sign_in));
    let schema = left_to_ask(schema, way.as_ref(), sign_in.as_ref());
    let mut config = match kept {
        Some((_, config)) => schema.split(&config).0,
        None => tried(&keys, last.as_ref(), &schema)?
            .unwrap_or_else(|| connection.config.config.clone()),
    };
    if scope.is_link() {
        super::secrets::remove_masks(&mut config);
    }
    let set_on = times::maybe(connection.secrets_set_at).unwrap_or_default();
    let filling = match asked.posted {
        [] => Filling::Stored {
            config: &config,
            set_on: &set_on,
        },
        pairs => Filling::Posted {
            pairs,
            stored: Some((&config, &set_on)),
        },
    };
    let name = connection.name.clone();
    Ok(finish(&schema, filling, asked.posted, name, sign_in))
}

/// Where signing in stands for a connection, or for a new one.
async fn sign_in(
    hub: &Hub,
    conn: &mut PgConnection,
    tenant: TenantId,
    integration: &Integration,
    way: &consent::Way<'_>,
    connection: Option<&connections::Connection>,
    asked: Asked<'_>,
) -> Result<SignIn, Error> {
    let granted = match connection {
        Some(connection) => {
            let keys = store::secrets::keys(conn, hub.keys(), tenant).await?;
            consent::newest(conn, tenant, &keys, connection.id).await?
        }
        None => None,
    };
    // What was pasted before stays to be pasted, until the person wishes otherwise.
    let pasted = granted.is_none()
        && asked.way.is_none()
        && connection
            .is_some_and(|connection| matches!(connection.stage, Stage::Active | Stage::Paused));
    let state = match granted {
        _ if asked.way == Some(Way::ByHand) => SignInState::ByHand,
        Some(granted) if granted.must_renew => SignInState::Expired {
            account: granted.account_name,
        },
        Some(granted) => SignInState::Done {
            account: granted.account_name,
            at: times::text(granted.granted_at),
        },
        None if pasted => SignInState::ByHand,
        None => SignInState::Needed,
    };
    let ours = matches!(way, consent::Way::Provider(_));
    Ok(SignIn {
        provider: way.name(integration).to_owned(),
        permissions: way.grant().permissions.clone(),
        state,
        redirect_uri: ours.then(|| consent::redirect_uri(hub)),
    })
}

/// Whoever came by a link signs in anew: an earlier sign-in is not theirs to use or to see.
fn of_guest(scope: &Scope, sign_in: SignIn) -> SignIn {
    match sign_in.state {
        SignInState::Done { .. } | SignInState::Expired { .. } if scope.is_link() => SignIn {
            state: SignInState::Needed,
            ..sign_in
        },
        _ => sign_in,
    }
}

/// The schema without what signing in gives, where a person signs in.
fn left_to_ask(schema: Schema, way: Option<&consent::Way<'_>>, sign_in: Option<&SignIn>) -> Schema {
    match (way, sign_in) {
        (Some(way), Some(sign_in)) if sign_in.state != SignInState::ByHand => {
            schema.reduced(way.grant())
        }
        _ => schema,
    }
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
    sign_in: Option<SignIn>,
) -> FormState {
    let mut form = schema.form(filling);
    form.token = super::posted(posted, super::TOKEN).map_or_else(token, str::to_owned);
    form.suggested_name = super::posted(posted, super::NAME).map_or(name, str::to_owned);
    form.sign_in = sign_in;
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

/// "Stripe", or "Stripe 2" when that is taken. A name too long for a connection ends with a whole word.
pub(crate) fn free_name(name: &str, taken: &[String]) -> String {
    // Those that are taken are in lower case as the database's locale has it, which may leave letters beyond ASCII as they are.
    let is_free = |name: &String| {
        let name = name.to_lowercase();
        taken.iter().all(|taken| taken.to_lowercase() != name)
    };
    let numbered = |number: u32| {
        let behind = format!(" {number}");
        format!("{}{behind}", cut(name, LONGEST_NAME - behind.len()))
    };
    std::iter::once(cut(name, LONGEST_NAME).to_owned())
        .chain((2..=u32::MAX).map(numbered))
        .find(is_free)
        .unwrap_or_default()
}

/// At most so many letters, without a word that would be cut itself, unless there is only one.
fn cut(name: &str, most: usize) -> &str {
    let name = name.trim();
    let Some((end, next)) = name.char_indices().nth(most) else {
        return name;
    };
    let part = &name[..end];
    let whole = match part.rfind(char::is_whitespace) {
        Some(at) if !next.is_whitespace() => &part[..at],
        _ => part,
    };
    whole.trim_end()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_taken_name_gets_a_number() {
        let taken = ["stripe", "stripe 2"].map(str::to_owned);
        assert_eq!(free_name("Stripe", &taken), "Stripe 3");
        assert_eq!(free_name("Slack", &taken), "Slack");
        assert_eq!(free_name("ÉCOLE", &["École".to_owned()]), "ÉCOLE 2");
    }

    #[test]
    fn a_long_name_is_cut_between_words() {
        let long = "Warehouse of the northern harbour, ships and their papers, by the office of customs in Größenwörth";
        let name = free_name(long, &[]);
        assert_eq!(
            name,
            "Warehouse of the northern harbour, ships and their papers, by the office of"
        );
        assert!(crate::connections::check_name(&name).is_ok());
        let second = free_name(long, &[name.to_lowercase()]);
        assert_eq!(second, format!("{name} 2"));
        // Letters count, not bytes; a single word is cut where it must be.
        let word = "ö".repeat(96);
        assert_eq!(free_name(&word, &[]), "ö".repeat(80));
        assert_eq!(
            free_name(&word, &["ö".repeat(80)]),
            format!("{} 2", "ö".repeat(78))
        );
        let exact = format!("{} end", "x".repeat(76));
        assert_eq!(free_name(&exact, &[]), exact);
    }
}
