//! Services and manifests that mean harm or are broken in ways Airbyte's runtime has no answer to: only ours is asked, and
//! must say what is wrong, keep what was read, and end.

use std::sync::Arc;

use futures::future::join_all;

use super::case::{Case, Operation};
use super::outcome::Outcome;
use super::{expected, ours};

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn harm_is_told_and_ends() {
    let cases = Case::all("hostile", None);
    assert!(!cases.is_empty(), "no case");
    let found: Vec<String> = join_all(cases.iter().map(told))
        .await
        .into_iter()
        .flatten()
        .collect();
    assert!(found.is_empty(), "{}", found.join("\n"));
}

async fn told(case: &Case) -> Vec<String> {
    let nothing = Outcome::default();
    let job = |operation, discovered: &Outcome| Arc::new(case.job(operation, discovered, &nothing));
    let discovered = Box::pin(ours::run(job(Operation::Discover, &nothing))).await;
    let read = Box::pin(ours::run(job(Operation::Read, &discovered))).await;
    let deviation = case
        .script
        .deviates
        .as_ref()
        .unwrap_or_else(|| panic!("{}: no “deviates”", case.name));
    let found = expected::stray(deviation, &read).into_iter();
    found.map(|text| format!("{}: {text}", case.name)).collect()
}
