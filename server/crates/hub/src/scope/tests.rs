//! What roles and keys may do.

use super::*;

const ALL: [Permission; 7] = [
    Permission::Read,
    Permission::Sample,
    Permission::Manage,
    Permission::Sync,
    Permission::Apps,
    Permission::Keys,
    Permission::Audit,
];

fn scope(access: Access, tenant_state: TenantState) -> Scope {
    Scope {
        actor: Actor::System,
        tenant: TenantId::from_u128(1),
        tenant_state,
        access,
        client: Client::local(),
    }
}

fn allowed(access: Access) -> Vec<Permission> {
    let scope = scope(access, TenantState::Active);
    ALL.into_iter()
        .filter(|permission| scope.may(*permission))
        .collect()
}

#[test]
fn roles_may_what_the_matrix_says() {
    assert_eq!(allowed(Access::Role(Role::Owner)), ALL);
    assert_eq!(allowed(Access::Role(Role::Admin)), ALL);
    assert_eq!(
        allowed(Access::Role(Role::Operator)),
        [Permission::Read, Permission::Sample, Permission::Sync]
    );
    assert_eq!(allowed(Access::Role(Role::Viewer)), [Permission::Read]);
}

#[test]
fn a_key_may_what_its_scopes_say_and_never_makes_keys() {
    assert_eq!(allowed(Access::Scopes(vec![])), []);
    assert_eq!(
        allowed(Access::Scopes(vec![model::Scope::Sync])),
        [Permission::Sync]
    );
    assert!(!allowed(Access::Scopes(vec![model::Scope::Admin])).contains(&Permission::Keys));
}

#[test]
fn a_call_is_open_to_a_key_with_one_of_its_scopes() {
    let key = |scopes| scope(Access::Scopes(scopes), TenantState::Suspended);
    let call = [model::Scope::Sync, model::Scope::Manage];
    for has in [
        model::Scope::Sync,
        model::Scope::Manage,
        model::Scope::Admin,
    ] {
        assert!(key(vec![has]).require_scope(&call).is_ok(), "{has:?}");
    }
    assert!(matches!(
        key(vec![model::Scope::Read]).require_scope(&call),
        Err(Error::Denied { why }) if why.contains("“sync” or “manage”")
    ));
    assert!(key(vec![]).require_scope(&[]).is_err());
    let person = scope(Access::Role(Role::Viewer), TenantState::Active);
    assert!(
        person.require_scope(&call).is_ok(),
        "roles are asked by permission"
    );
}

#[test]
fn a_suspended_tenant_can_look_but_not_act() {
    let scope = scope(Access::Role(Role::Owner), TenantState::Suspended);
    assert!(scope.require(Permission::Read).is_ok());
    assert!(matches!(
        scope.require(Permission::Sync),
        Err(Error::Conflict(why)) if why.contains("suspended")
    ));
}
