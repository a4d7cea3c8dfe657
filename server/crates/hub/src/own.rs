//! Integrations that a tenant describes itself, as integration YAML: into its catalogue, or as a draft of a connection, and
//! out of the catalogue again.

mod addresses;
mod compose;
mod definitions;
mod draft;
mod explain;
mod mark;
mod replaced;
mod times;
mod tried;

use model::{
    Applied, AuthMethod, Category, Effort, Gives, Integration, Outcome, Runs, TenantId,
    WebhookScheme,
};
use serde_json::Value;
use store::{
    TenantTx,
    own::{self, Own},
};
use sync::integration::{self, Direct};
use uuid::Uuid;

use crate::{Engine, Error, Hub, Permission, Scope, acts, engine, tenants};
use definitions::Definitions;
use draft::draft;

pub use compose::compose;
pub use explain::explain;
pub use mark::text_mark;
pub use replaced::{Replaced, apply_seen, replaced};
pub use tried::{Table, try_out};

/// Name of the form's field, and of the field in a program's request.
pub const DOCUMENT: &str = "document";
/// What the slugs of such integrations begin with.
const MARK: &str = "mine-";
/// Letters of a name that a slug takes over.
const LONGEST: usize = 40;

/// Does a slug mean one of a tenant's own?
pub fn is_own(slug: &str) -> bool {
    slug.starts_with(MARK)
}

/// Made from tenant and name: the same name is the same integration again, whatever broke in between.
fn slug(tenant: TenantId, name: &str) -> String {
    let plain = |letter: char| match letter.to_ascii_lowercase() {
        letter @ ('a'..='z' | '0'..='9') => letter,
        _ => '-',
    };
    let words: String = name.chars().map(plain).take(LONGEST).collect();
    let hash = seal::token::hash(&format!("{tenant}/{name}"));
    let [a, b, c, d] = [hash[0], hash[1], hash[2], hash[3]];
    let words = words.trim_matches('-');
    format!("{MARK}{words}-{a:02x}{b:02x}{c:02x}{d:02x}").replace("--", "-")
}

/// One of the tenant's own, as an entry of its catalogue.
pub(crate) async fn entry(hub: &Hub, tenant: TenantId, slug: &str) -> Result<Integration, Error> {
    let mut tx = hub.store().tenant(tenant).await?;
    let found = own::find(&mut tx, tenant, slug).await?;
    found.map(as_entry).ok_or(Error::NotFound)
}

/// All of them, by name.
pub(crate) async fn entries(tx: &mut TenantTx) -> Result<Vec<Integration>, Error> {
    let tenant = tx.tenant();
    let all = own::list(tx, tenant).await?;
    Ok(all.into_iter().map(as_entry).collect())
}

fn as_entry(own: Own) -> Integration {
    let summary = match own.description.as_str() {
        "" => format!("{}, as your workspace described it.", own.name),
        said => said.to_owned(),
    };
    Integration {
        slug: own.slug,
        name: own.name,
        category: Category::Others,
        summary,
        auth: Vec::<AuthMethod>::new(),
        effort: Effort {
            seconds: 0,
            needs: String::new(),
        },
        gives: Gives {
            tables: own.tables,
            features: Vec::new(),
        },
        runs: Runs::Directly,
        note: None,
        source_type: None,
        definition_id: Some(own.definition.to_string()),
        logo: None,
        keywords: Vec::new(),
    }
}

/// The text that one of the tenant's own was read from.
pub async fn document(hub: &Hub, scope: &Scope, slug: &str) -> Result<String, Error> {
    scope.require(Permission::Manage)?;
    let mut tx = hub.store().tenant(scope.tenant()).await?;
    let found = own::find(&mut tx, scope.tenant(), slug).await?;
    found.map(|own| own.document).ok_or(Error::NotFound)
}

/// When the connections of one of the tenant's own start by themselves, where its document says so.
pub(crate) async fn schedule(
    hub: &Hub,
    tx: &mut TenantTx,
    slug: &str,
) -> Result<Option<String>, Error> {
    let one = described(hub, tx, slug).await?;
    Ok(one.map(|one| one.schedule.text()))
}

/// How one of the tenant's own signs the events it sends; nothing where its document knows of none.
pub(crate) async fn sender(
    hub: &Hub,
    tx: &mut TenantTx,
    slug: &str,
) -> Result<Option<WebhookScheme>, Error> {
    let one = described(hub, tx, slug).await?;
    Ok(one.and_then(|one| WebhookScheme::parse(one.sender()?)))
}

/// Beside an Airbyte elsewhere: the definition of one of the tenant's own in a workspace of this hub's engine, as its
/// document is now.
pub(crate) async fn beside(
    hub: &Hub,
    tenant: TenantId,
    workspace: Uuid,
    slug: &str,
) -> Result<Uuid, Error> {
    let mut tx = hub.store().tenant(tenant).await?;
    let one = described(hub, &mut tx, slug).await?;
    tx.commit().await?;
    let unreadable =
        || Error::conflict("Its description cannot be read any more. Check it under Integrations.");
    let one = one.ok_or_else(unreadable)?;
    let Direct::Manifest { manifest, .. } = one.direct() else {
        return Err(unreadable());
    };
    let at = Definitions {
        client: hub.direct(),
        workspace,
    };
    Ok(at.give(None, slug, &one.name, &manifest).await?.definition)
}

/// One of the tenant's own, as its document has it.
async fn described(
    hub: &Hub,
    tx: &mut TenantTx,
    slug: &str,
) -> Result<Option<integration::Integration>, Error> {
    if !is_own(slug) {
        return Ok(None);
    }
    let tenant = tx.tenant();
    match own::find(tx, tenant, slug).await? {
        Some(own) => as_kept(hub, &own),
        None => Ok(None),
    }
}

/// One of the tenant's own, as its kept document has it now: what was right when it was described may use a custom type that an
/// operator has changed since.
fn as_kept(hub: &Hub, own: &Own) -> Result<Option<integration::Integration>, Error> {
    let all = explain::read_kept(hub, &own.document)?.unwrap_or_default();
    Ok(all.into_iter().find(|one| one.name == own.name))
}

/// Puts every integration of a document where it belongs: an HTTP API into the tenant's catalogue, a database or a file
/// among its connections, as a draft that waits for its secrets. A document with mistakes changes nothing.
pub async fn apply(hub: &Hub, scope: &Scope, document: &str) -> Result<Vec<Applied>, Error> {
    scope.require(Permission::Manage)?;
    let described = match hub.engine() {
        Engine::Embedded => explain::read_guarded(hub, document).await?,
        // Where each would lead an Airbyte elsewhere is told of each.
        Engine::Remote => explain::read(hub, document)?,
    };
    let described = described.map_err(explain::refused)?;
    let workspace = tenants::workspace(hub, scope.tenant()).await?;
    let mut all = Vec::new();
    for one in described {
        let outcome = match place(hub, scope, workspace, &one, document).await {
            Err(Error::Conflict(why)) => Outcome::Refused { why },
            Err(Error::Invalid(errors)) => Outcome::Refused {
                why: errors
                    .into_iter()
                    .map(|error| error.detail)
                    .collect::<Vec<_>>()
                    .join(" "),
            },
            other => other?,
        };
        all.push(Applied {
            name: one.name,
            outcome,
        });
    }
    Ok(all)
}

async fn place(
    hub: &Hub,
    scope: &Scope,
    workspace: Uuid,
    one: &integration::Integration,
    document: &str,
) -> Result<Outcome, Error> {
    match (one.direct(), hub.engine()) {
        (Direct::Manifest { manifest, .. }, engine) => {
            let airbyte = one.airbyte().source;
            let manifest = match engine {
                Engine::Embedded => &manifest,
                // It may be older than what runs here, and would refuse what it does not know.
                Engine::Remote => airbyte.manifest().unwrap_or(&manifest),
            };
            define(hub, scope, workspace, one, manifest, document).await
        }
        (Direct::BuiltIn { .. }, Engine::Remote) => {
            let source = one.airbyte().source;
            draft(hub, scope, one, source.source_type, &source.configuration).await
        }
        (
            Direct::BuiltIn {
                source,
                configuration,
                ..
            },
            Engine::Embedded,
        ) => draft(hub, scope, one, source, &configuration).await,
    }
}

async fn define(
    hub: &Hub,
    scope: &Scope,
    workspace: Uuid,
    one: &integration::Integration,
    manifest: &Value,
    document: &str,
) -> Result<Outcome, Error> {
    // What is tried here goes out guarded; an Airbyte elsewhere would go wherever the description leads.
    if let Some(fault) = engine::out_of_bounds(hub, &addresses::of(manifest)).await {
        let field = fault.field.unwrap_or_default();
        let why = format!("{field}: {}", fault.message);
        return Err(Error::field(DOCUMENT, why));
    }
    let tenant = scope.tenant();
    let slug = slug(tenant, &one.name);
    let mut tx = hub.store().tenant(tenant).await?;
    let known = own::find(&mut tx, tenant, &slug).await?;
    let is_used = own::is_used(&mut tx, tenant, &slug).await?;
    tx.commit().await?;
    let before = match &known {
        Some(known) => as_kept(hub, known)?,
        None => None,
    };
    if let Some(before) = before.as_ref().filter(|_| is_used) {
        addresses::stay(before, manifest)?;
    }
    let at = Definitions {
        client: hub.airbyte(),
        workspace,
    };
    let given = at.give(known.as_ref(), &slug, &one.name, manifest).await?;
    let own = Own {
        slug: slug.clone(),
        name: one.name.clone(),
        description: one.description.clone().unwrap_or_default(),
        tables: streams(manifest),
        document: document.to_owned(),
        definition: given.definition,
    };
    if known.as_ref() == Some(&own) && !given.is_new {
        return Ok(Outcome::Unchanged { slug });
    }
    keep(hub, scope, &own, before.as_ref(), one).await?;
    Ok(match known {
        None => Outcome::Added { slug },
        // The text differs, what it says of this one does not.
        Some(_) if !given.is_new && before.as_ref() == Some(one) => Outcome::Unchanged { slug },
        Some(_) => Outcome::Changed { slug },
    })
}

/// Keeps one as it is described now. Its connections follow where it says other times than before.
async fn keep(
    hub: &Hub,
    scope: &Scope,
    own: &Own,
    before: Option<&integration::Integration>,
    now: &integration::Integration,
) -> Result<(), Error> {
    let tenant = scope.tenant();
    let mut tx = hub.store().tenant(tenant).await?;
    // No connection is made meanwhile, with the times of before.
    store::tenants::lock(&mut tx, tenant).await?;
    let who = acts::who(&mut tx, scope).await?;
    own::put(&mut tx, tenant, own, &who, hub.clock().now()).await?;
    let moved = match before {
        Some(before) => {
            let (before, now) = (before.schedule.text(), now.schedule.text());
            times::follow(hub, &mut tx, &own.slug, &before, &now).await?
        }
        None => Vec::new(),
    };
    let said = format!("Described {} by integration YAML.", own.name);
    acts::note(
        hub,
        &mut tx,
        scope,
        "integration.describe",
        &own.slug,
        &said,
    )
    .await?;
    for (connection, words) in moved {
        let subject = connection.to_string();
        acts::note(hub, &mut tx, scope, "connection.schedule", &subject, &words).await?;
    }
    Ok(tx.commit().await?)
}

fn streams(manifest: &Value) -> Vec<String> {
    let streams = manifest["streams"].as_array().into_iter().flatten();
    streams
        .filter_map(|stream| stream["name"].as_str().map(str::to_owned))
        .collect()
}

/// Takes one out of the catalogue, once no connection uses it.
pub async fn remove(hub: &Hub, scope: &Scope, slug: &str) -> Result<(), Error> {
    scope.require(Permission::Manage)?;
    let tenant = scope.tenant();
    let workspace = tenants::workspace(hub, tenant).await?;
    let mut tx = hub.store().tenant(tenant).await?;
    // No connection is made of it meanwhile.
    store::tenants::lock(&mut tx, tenant).await?;
    let own = own::find(&mut tx, tenant, slug)
        .await?
        .ok_or(Error::NotFound)?;
    if own::is_used(&mut tx, tenant, slug).await? {
        return Err(Error::Conflict(format!(
            "Connections use {}. Remove them first.",
            own.name
        )));
    }
    own::remove(&mut tx, tenant, slug).await?;
    let said = format!("Took {} out of the catalogue.", own.name);
    acts::note(hub, &mut tx, scope, "integration.remove", slug, &said).await?;
    tx.commit().await?;
    let gone = hub
        .airbyte()
        .delete_declarative_definition(workspace, own.definition)
        .await;
    match gone {
        Ok(()) | Err(airbyte::Error::NotFound { .. }) => {}
        // Nobody sees it any more, and the same name finds it again.
        Err(error) => tracing::warn!(%error, slug, "a definition was left behind"),
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use store::ids::Id;

    use super::*;

    #[test]
    fn a_slug_is_the_same_for_the_same_name_and_tenant_only() {
        let (ana, ben) = (TenantId::fresh(), TenantId::fresh());
        let harbour = slug(ana, "The Harbour (Elbe)");
        assert!(harbour.starts_with("mine-the-harbour-elbe-"), "{harbour}");
        assert_eq!(harbour, slug(ana, "The Harbour (Elbe)"));
        assert_ne!(harbour, slug(ben, "The Harbour (Elbe)"));
        assert_ne!(harbour, slug(ana, "The Harbour [Elbe]"));
        assert!(is_own(&slug(ana, "港")));
    }
}
