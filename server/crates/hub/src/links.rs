//! Links for somebody without an account: whoever has the keys of a tool connects it, and sees nothing else of the tenant.
//!
//! A link works for one integration, for a while, in the first browser that takes it, until its connection passed a test.

mod again;

use std::borrow::Cow;

use std::time::Duration;

use model::{
    ConnectionId, FieldError, Integration, LinkId, LinkLife, LinkState, LinkView, TenantId, TestId,
};
use secrecy::{ExposeSecret, SecretString};
use serde::{Deserialize, Serialize};
use sqlx::PgConnection;
use store::{
    connections,
    ids::Id,
    links::{self as rows, Link},
    rate_limits::Limit,
    times,
};
use time::OffsetDateTime;

use crate::{
    Error, Hub, Permission, Scope, accounts, acts,
    connections::{Target, check_name},
    forms::free_name,
    scope, specs,
};

pub use again::test_again;

/// Links of one integration that are listed.
const LISTED: i64 = 20;
/// Tests by one link: enough for whoever looks for the right password.
const TESTS: Limit = Limit {
    bucket: "link/tests",
    most: 30,
    window: Duration::from_hours(1),
};
/// Longest name of whom it is sent to.
const LONGEST: usize = 120;

fn life(of: LinkLife) -> Duration {
    match of {
        LinkLife::Hour => Duration::from_hours(1),
        LinkLife::Day => Duration::from_hours(24),
        LinkLife::Week => Duration::from_hours(7 * 24),
    }
}

/// Counts a test that a link asks for: each runs a connector. Before any transaction, for it takes a connection of its own.
pub(crate) async fn count_test(hub: &Hub, scope: &Scope) -> Result<(), Error> {
    match scope.link() {
        Some(link) => accounts::count(hub, TESTS, &link.to_string()).await,
        None => Ok(()),
    }
}

/// Makes a link; the second part of the answer is its address, which nobody can show again.
pub async fn create(
    hub: &Hub,
    scope: &Scope,
    target: &Target,
    sent_to: &str,
    lasts: LinkLife,
) -> Result<(LinkView, SecretString), Error> {
    scope.require(Permission::Manage)?;
    let tenant = scope.tenant();
    let mut tx = hub.store().tenant(tenant).await?;
    let to = checked(sent_to);
    let (integration, connection, name) = about(hub, &mut tx, tenant, target).await?;
    let (to, name) = match (to, name) {
        (Ok(to), Ok(name)) => (to, name),
        (to, name) => {
            let errors = [to.err(), name.err()];
            return Err(Error::Invalid(errors.into_iter().flatten().collect()));
        }
    };
    let now = hub.clock().now();
    let link = Link {
        id: LinkId::fresh(),
        tenant,
        integration: integration.slug.clone(),
        connection,
        renews: connection.is_some(),
        name,
        sent_to: to,
        created_by: acts::who(&mut tx, scope).await?,
        created_at: now,
        expires_at: now + life(lasts),
        opened_at: None,
        finished_at: None,
        revoked_at: None,
    };
    let token = seal::token::secret();
    rows::insert(&mut tx, &link, &seal::token::hash(token.expose_secret())).await?;
    let detail = format!("{} for {}", integration.name, link.sent_to);
    let id = link.id.to_string();
    acts::note(hub, &mut tx, scope, "link.create", &id, &detail).await?;
    tx.commit().await?;
    let base = hub.public_url().trim_end_matches('/');
    let address = format!("{base}/link/{}", token.expose_secret());
    Ok((view(link, now), SecretString::from(address)))
}

async fn about(
    hub: &Hub,
    conn: &mut PgConnection,
    tenant: TenantId,
    target: &Target,
) -> Result<
    (
        Cow<'static, Integration>,
        Option<ConnectionId>,
        Result<String, FieldError>,
    ),
    Error,
> {
    match target {
        Target::New { slug, name } => Ok((
            specs::integration(hub, tenant, slug).await?,
            None,
            check_name(name),
        )),
        Target::Existing(id) => {
            let connection = connections::get(conn, tenant, *id).await?;
            let integration = specs::integration(hub, tenant, &connection.integration).await?;
            Ok((integration, Some(*id), Ok(connection.name)))
        }
    }
}

fn checked(sent_to: &str) -> Result<String, FieldError> {
    let to = sent_to.trim();
    if to.is_empty() || to.chars().count() > LONGEST || to.contains(char::is_control) {
        return Err(FieldError::new(
            "sent_to",
            "Say whom you send it to, in at most 120 characters.",
        ));
    }
    Ok(to.to_owned())
}

/// The newest links of an integration, or of one connection.
pub async fn list(hub: &Hub, scope: &Scope, target: &Target) -> Result<Vec<LinkView>, Error> {
    scope.require(Permission::Manage)?;
    let tenant = scope.tenant();
    let mut tx = hub.store().tenant(tenant).await?;
    let (integration, connection, _) = about(hub, &mut tx, tenant, target).await?;
    let links = rows::list(&mut tx, tenant, &integration.slug, connection, LISTED).await?;
    let now = hub.clock().now();
    Ok(links.into_iter().map(|link| view(link, now)).collect())
}

/// Ends a link at once.
pub async fn revoke(hub: &Hub, scope: &Scope, id: LinkId) -> Result<LinkView, Error> {
    scope.require(Permission::Manage)?;
    let tenant = scope.tenant();
    let mut tx = hub.store().tenant(tenant).await?;
    let now = hub.clock().now();
    // Whoever submits holds this, too: what comes later finds the link taken back.
    store::tenants::lock(&mut tx, tenant).await?;
    rows::revoke(&mut tx, tenant, id, now).await?;
    let link = rows::get(&mut tx, tenant, id).await?;
    end_test(&mut tx, &link, now).await?;
    let target = id.to_string();
    acts::note(hub, &mut tx, scope, "link.revoke", &target, &link.sent_to).await?;
    tx.commit().await?;
    Ok(view(link, now))
}

/// What a guest has begun to test is not stored any more.
async fn end_test(conn: &mut PgConnection, link: &Link, now: OffsetDateTime) -> Result<(), Error> {
    let Some(connection) = link.connection else {
        return Ok(());
    };
    let last = store::tests::last(conn, link.tenant, connection).await?;
    let Some(test) =
        last.filter(|test| !test.state.is_over() && test.started_by == acts::by_link(link))
    else {
        return Ok(());
    };
    let why = "The link was taken back.";
    crate::tests::call_off(conn, link.tenant, test.id, why, now).await
}

/// What a link is for, told to whoever opens it before anything happens.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Offer {
    pub company: String,
    pub integration: Cow<'static, Integration>,
    pub renews: bool,
    pub state: LinkState,
}

/// Looks at a link without taking it: mail scanners do that, too. `NotFound` for any other text.
pub async fn look(hub: &Hub, token: &str) -> Result<Offer, Error> {
    let mut tx = hub.store().platform().await?;
    let link = found(&mut tx, token).await?;
    let tenant = store::tenants::get(&mut tx, link.tenant).await?;
    Ok(Offer {
        company: tenant.name,
        integration: specs::integration(hub, link.tenant, &link.integration).await?,
        renews: link.renews,
        state: state(&link, hub.clock().now()),
    })
}

async fn found(conn: &mut PgConnection, token: &str) -> Result<Link, Error> {
    rows::find(conn, &seal::token::hash(token))
        .await?
        .ok_or(Error::NotFound)
}

/// What the browser that took a link keeps in its session.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Holder {
    tenant: TenantId,
    link: LinkId,
}

/// Takes a link for this browser; whoever has it already just goes on.
pub async fn open(
    hub: &Hub,
    token: &str,
    already: Option<Holder>,
    client: &crate::Client,
) -> Result<Holder, Error> {
    let mut tx = hub.store().platform().await?;
    let link = found(&mut tx, token).await?;
    tx.commit().await?;
    let holder = Holder {
        tenant: link.tenant,
        link: link.id,
    };
    if already == Some(holder) {
        return Ok(holder);
    }
    let now = hub.clock().now();
    live(&link, now)?;
    let mut tx = hub.store().tenant(link.tenant).await?;
    if !rows::open(&mut tx, link.tenant, link.id, now).await? {
        return Err(Error::conflict(
            "This link was opened in another browser, and works only there. Ask for a new one.",
        ));
    }
    let scope = scope::for_link(&mut tx, link.tenant, link.id, client).await?;
    let id = link.id.to_string();
    acts::note(hub, &mut tx, &scope, "link.open", &id, &link.sent_to).await?;
    tx.commit().await?;
    Ok(holder)
}

/// Where a link stands for its holder.
#[derive(Debug, Clone)]
pub struct Visit {
    /// Reaches this link's connection; give it to nothing else.
    pub scope: Scope,
    pub company: String,
    pub integration: Cow<'static, Integration>,
    pub target: Target,
    pub state: LinkState,
    /// The last test of its connection since the link was opened.
    pub test: Option<TestId>,
}

/// The link of this browser, whatever has become of it.
pub async fn visit(hub: &Hub, holder: Holder, client: &crate::Client) -> Result<Visit, Error> {
    let tenant = holder.tenant;
    let mut tx = hub.store().tenant(tenant).await?;
    let link = rows::get(&mut tx, tenant, holder.link).await?;
    let company = store::tenants::get(&mut tx, tenant).await?.name;
    let scope = scope::for_link(&mut tx, tenant, holder.link, client).await?;
    let test = match (link.connection, link.opened_at) {
        (Some(connection), Some(opened)) => {
            let last = store::tests::last(&mut tx, tenant, connection).await?;
            last.filter(|test| test.created_at >= opened)
                .map(|test| test.id)
        }
        _ => None,
    };
    let names = connections::names(&mut tx, tenant).await?;
    let state = state(&link, hub.clock().now());
    let integration = specs::integration(hub, tenant, &link.integration).await?;
    Ok(Visit {
        scope,
        company,
        integration,
        target: match link.connection {
            Some(connection) => Target::Existing(connection),
            None => Target::New {
                slug: link.integration,
                // Another connection may have taken the name meanwhile; a guest could not choose another one.
                name: free_name(&link.name, &names),
            },
        },
        state: match state {
            // Somebody removed it meanwhile.
            LinkState::Opened if link.renews && link.connection.is_none() => LinkState::Revoked,
            state => state,
        },
        test,
    })
}

/// The same for whoever wants to do something: `Conflict` when the link has ended.
pub async fn enter(hub: &Hub, holder: Holder, client: &crate::Client) -> Result<Visit, Error> {
    let visit = visit(hub, holder, client).await?;
    match over(visit.state) {
        None => Ok(visit),
        Some(why) => Err(Error::conflict(why)),
    }
}

/// In the transaction that changes something: the link that the caller came by, if they did, still works.
pub(crate) async fn still_live(
    hub: &Hub,
    conn: &mut PgConnection,
    scope: &Scope,
) -> Result<(), Error> {
    match scope.link() {
        None => Ok(()),
        Some(link) => live(
            &rows::get(conn, scope.tenant(), link).await?,
            hub.clock().now(),
        ),
    }
}

/// Why nothing can be done any more; `None` while something can.
pub fn over(state: LinkState) -> Option<&'static str> {
    match state {
        LinkState::Sent | LinkState::Opened => None,
        LinkState::Finished => Some("It is connected already. Nothing is left to do here."),
        LinkState::Expired => {
            Some("The time of this link is over. Ask whoever sent it for a new one.")
        }
        LinkState::Revoked => Some("This link was taken back. Ask whoever sent it."),
    }
}

fn live(link: &Link, now: OffsetDateTime) -> Result<(), Error> {
    over(state(link, now)).map_or(Ok(()), |why| Err(Error::conflict(why)))
}

fn state(link: &Link, now: OffsetDateTime) -> LinkState {
    if link.revoked_at.is_some() {
        LinkState::Revoked
    } else if link.finished_at.is_some() {
        LinkState::Finished
    } else if link.expires_at <= now {
        LinkState::Expired
    } else if link.opened_at.is_some() {
        LinkState::Opened
    } else {
        LinkState::Sent
    }
}

fn view(link: Link, now: OffsetDateTime) -> LinkView {
    LinkView {
        state: state(&link, now),
        id: link.id,
        integration: link.integration,
        connection: link.connection,
        renews: link.renews,
        name: link.name,
        sent_to: link.sent_to,
        created_by: link.created_by,
        created_at: times::text(link.created_at),
        expires_at: times::text(link.expires_at),
        opened_at: times::maybe(link.opened_at),
        finished_at: times::maybe(link.finished_at),
    }
}
