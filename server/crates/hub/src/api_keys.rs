//! API keys of a tenant: made once, shown once, revoked at once.
//!
//! `hub_live_<10 letters>_<43 letters>_<6 check digits>`: the first part finds the key, the second is the secret, the
//! last lets scanners tell a real key from a random text.

use model::{ApiKeyId, ApiKeyView, Role, Scope as KeyScope, TenantId};
use seal::token;
use secrecy::SecretString;
use store::{api_keys as rows, ids::Id, times};

use crate::{
    Error, Hub, Permission, PlatformScope, Scope,
    audit::{self, Act},
};

const PREFIX: &str = "hub_live";
const ID_LETTERS: usize = 10;
const SECRET_LETTERS: usize = 43;
const CHECK_DIGITS: usize = 6;
const MOST_KEYS: usize = 100;

/// The public and the secret half of a key; `None` when the text is none.
pub(crate) fn parse(key: &str) -> Option<(&str, &str)> {
    let (body, check) = key.rsplit_once('_')?;
    let (id, secret) = body
        .strip_prefix(PREFIX)?
        .strip_prefix('_')?
        .split_once('_')?;
    let whole = id.len() == ID_LETTERS
        && secret.len() == SECRET_LETTERS
        && body
            .bytes()
            .all(|byte| byte.is_ascii_alphanumeric() || byte == b'_');
    (whole && check == check_digits(body)).then_some((id, secret))
}

fn check_digits(body: &str) -> String {
    token::hex(&token::hash(body))[..CHECK_DIGITS].to_owned()
}

/// What of these scopes a person of this role may hand out.
pub(crate) fn within(role: Role, scopes: &[KeyScope]) -> Vec<KeyScope> {
    scopes
        .iter()
        .copied()
        .filter(|scope| match role {
            Role::Owner | Role::Admin => true,
            Role::Operator => matches!(scope, KeyScope::Read | KeyScope::Sample | KeyScope::Sync),
            Role::Viewer => matches!(scope, KeyScope::Read),
        })
        .collect()
}

/// Makes a key; the second part of the answer is the key itself, which nobody can show again.
pub async fn create(
    hub: &Hub,
    scope: &Scope,
    name: &str,
    scopes: &[KeyScope],
) -> Result<(ApiKeyView, SecretString), Error> {
    scope.require(Permission::Keys)?;
    let role = scope.role().ok_or(Error::NotFound)?;
    if within(role, scopes).len() != scopes.len() {
        return Err(Error::denied(
            "A key can't be given more than you may do yourself.",
        ));
    }
    let (name, scopes) = check(name, scopes)?;
    let (row, shown) = draw(hub, scope.tenant(), scope.user(), name, scopes);
    let mut tx = hub.store().tenant(scope.tenant()).await?;
    if rows::list(&mut tx, scope.tenant()).await?.len() >= MOST_KEYS {
        return Err(Error::conflict(
            "There are 100 keys already. Revoke those you do not use.",
        ));
    }
    rows::insert(&mut tx, &row).await?;
    let act = Act {
        action: "api_key.create",
        target: &row.id.to_string(),
        detail: &summary(&row),
    };
    audit::record(hub, &mut tx, scope, act).await?;
    tx.commit().await?;
    Ok((view(&row), shown))
}

/// The same from the command line: the key belongs to no person.
pub async fn create_by_operator(
    hub: &Hub,
    scope: &PlatformScope,
    tenant: TenantId,
    name: &str,
    scopes: &[KeyScope],
) -> Result<(ApiKeyView, SecretString), Error> {
    let (name, scopes) = check(name, scopes)?;
    let (row, shown) = draw(hub, tenant, None, name, scopes);
    let mut tx = hub.store().platform().await?;
    store::tenants::get(&mut tx, tenant).await?;
    rows::insert(&mut tx, &row).await?;
    let act = Act {
        action: "api_key.create",
        target: &row.id.to_string(),
        detail: &summary(&row),
    };
    audit::record_platform(hub, &mut tx, scope, Some(tenant), act).await?;
    tx.commit().await?;
    Ok((view(&row), shown))
}

/// Newest first, revoked ones included.
pub async fn list(hub: &Hub, scope: &Scope) -> Result<Vec<ApiKeyView>, Error> {
    scope.require(Permission::Keys)?;
    let mut tx = hub.store().tenant(scope.tenant()).await?;
    Ok(rows::list(&mut tx, scope.tenant())
        .await?
        .iter()
        .map(view)
        .collect())
}

/// From the next request on, the key opens nothing.
pub async fn revoke(hub: &Hub, scope: &Scope, id: ApiKeyId) -> Result<(), Error> {
    scope.require(Permission::Keys)?;
    let mut tx = hub.store().tenant(scope.tenant()).await?;
    rows::revoke(&mut tx, scope.tenant(), id, hub.clock().now()).await?;
    let act = Act {
        action: "api_key.revoke",
        target: &id.to_string(),
        detail: "",
    };
    audit::record(hub, &mut tx, scope, act).await?;
    Ok(tx.commit().await?)
}

fn check<'a>(name: &'a str, scopes: &[KeyScope]) -> Result<(&'a str, Vec<KeyScope>), Error> {
    let name = name.trim();
    if name.is_empty() || name.chars().count() > 80 || name.contains(char::is_control) {
        return Err(Error::field(
            "name",
            "Give the key a name of at most 80 characters, so that you know it again.",
        ));
    }
    let mut scopes = scopes.to_vec();
    scopes.sort();
    scopes.dedup();
    if scopes.is_empty() {
        return Err(Error::field(
            "scopes",
            "Choose at least one thing the key may do.",
        ));
    }
    Ok((name, scopes))
}

fn draw(
    hub: &Hub,
    tenant: TenantId,
    created_by: Option<model::UserId>,
    name: &str,
    scopes: Vec<KeyScope>,
) -> (rows::ApiKey, SecretString) {
    let (key_id, secret) = (token::letters(ID_LETTERS), token::letters(SECRET_LETTERS));
    let body = format!("{PREFIX}_{key_id}_{secret}");
    let shown = SecretString::from(format!("{body}_{}", check_digits(&body)));
    let row = rows::ApiKey {
        id: ApiKeyId::fresh(),
        tenant,
        secret_hash: token::hash(&secret).to_vec(),
        key_id,
        name: name.to_owned(),
        scopes,
        created_by,
        created_at: hub.clock().now(),
        expires_at: None,
        last_used_at: None,
        revoked_at: None,
    };
    (row, shown)
}

fn summary(row: &rows::ApiKey) -> String {
    let scopes: Vec<&str> = row.scopes.iter().map(|scope| scope.name()).collect();
    format!("{} may {}", row.name, scopes.join(", "))
}

fn view(row: &rows::ApiKey) -> ApiKeyView {
    ApiKeyView {
        id: row.id,
        name: row.name.clone(),
        hint: format!("{PREFIX}_{}_…", row.key_id),
        scopes: row.scopes.clone(),
        created_at: times::text(row.created_at),
        last_used_at: times::maybe(row.last_used_at),
        revoked: row.revoked_at.is_some(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_key_reads_back_and_typing_errors_are_noticed() {
        let body = format!(
            "{PREFIX}_{}_{}",
            token::letters(ID_LETTERS),
            token::letters(SECRET_LETTERS)
        );
        let key = format!("{body}_{}", check_digits(&body));
        let (id, secret) = parse(&key).unwrap();
        assert_eq!((id.len(), secret.len()), (ID_LETTERS, SECRET_LETTERS));
        assert_eq!(parse(&key.replace("hub_live", "hub_test")), None);
        assert_eq!(parse(&key[..key.len() - 1]), None);
        let wrong = if key.contains('a') {
            key.replacen('a', "b", 1)
        } else {
            key.replacen('b', "a", 1)
        };
        assert_eq!(parse(&wrong), None);
        for garbage in ["", "_", "hub_live", "hub_live___", "Bearer x"] {
            assert_eq!(parse(garbage), None, "{garbage}");
        }
    }
}
