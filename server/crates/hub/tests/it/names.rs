//! Connections found by name or pattern, over tenants.

use hub::{
    Error,
    connections::{self, Target},
    names, scope,
};

use crate::world::{Tenant, World};

async fn draft(world: &World, of: &Tenant, name: &str) {
    let target = Target::New {
        slug: "postgresql".to_owned(),
        name: name.to_owned(),
    };
    connections::save_draft(&world.hub, &of.scope, target, &[])
        .await
        .unwrap();
}

#[tokio::test]
async fn a_name_or_pattern_finds_one_and_several_are_listed() {
    let world = World::new().await;
    let ben = world.another_tenant().await;
    for name in ["mysql (PROD)", "mysql (PROD) 2", "100% of_it"] {
        draft(&world, &world.anna, name).await;
    }
    draft(&world, &ben, "MySQL (prod)").await;
    let (hub, operator) = (&world.hub, scope::operator());

    let names = |found: Vec<store::admin::names::Named>| -> Vec<String> {
        found.into_iter().map(|named| named.name).collect()
    };
    let all = names::list(hub, &operator, "mysql*", None).await.unwrap();
    assert_eq!(
        names(all),
        ["mysql (PROD)", "mysql (PROD) 2", "MySQL (prod)"]
    );
    let found = names::find(hub, &operator, "mysql (prod)", Some(ben.id))
        .await
        .unwrap();
    assert_eq!(
        (found.tenant, found.name.as_str()),
        (ben.id, "MySQL (prod)")
    );
    // Exactly this name comes before names that only begin so.
    let found = names::find(hub, &operator, "mysql (PROD)", Some(world.anna.id))
        .await
        .unwrap();
    assert_eq!(found.name, "mysql (PROD)");
    let found = names::find(hub, &operator, "100%*", None).await.unwrap();
    assert_eq!(found.name, "100% of_it", "a percent sign is only itself");

    let Err(Error::Conflict(words)) = names::find(hub, &operator, "mysql (prod)", None).await
    else {
        panic!("two tenants have it")
    };
    assert!(words.contains("fits 2 connections"), "{words}");
    assert!(
        words.contains("Anna's Shop") && words.contains("Ben & Sons"),
        "{words}"
    );
    let Err(Error::Conflict(words)) = names::find(hub, &operator, "oracle", None).await else {
        panic!("nobody has it")
    };
    assert!(words.contains("No connection is called"), "{words}");
    world.end().await;
}
