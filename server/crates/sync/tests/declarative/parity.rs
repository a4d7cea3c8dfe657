//! Every case through both runtimes.

use std::sync::Arc;
use std::time::Instant;

use tokio::task::JoinHandle;

use super::case::{Case, Job, Operation};
use super::outcome::Outcome;
use super::python::Python;
use super::report::{self, Verdict};
use super::{compare, expected, ours};

/// What both did in one operation; ours may still be at it.
struct Both {
    operation: Operation,
    theirs: Outcome,
    ours: JoinHandle<Outcome>,
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn both_runtimes_do_the_same() {
    let only = chosen();
    let mut python = Python::start();
    let begun = Instant::now();
    let mut runs = Vec::new();
    for case in Case::all("cases", only.as_deref()) {
        let both = run(&case, &mut python).await;
        runs.push((case, both));
    }
    let theirs = begun.elapsed();
    let mut verdicts = Vec::new();
    for (case, both) in runs {
        verdicts.push(judge(case, both).await);
    }
    let text = report::markdown(&verdicts);
    let path = report::keep("declarative-parity.md", &text);
    println!(
        "{text}\nAirbyte's runtime took {theirs:?}, both {:?}. Kept in {}",
        begun.elapsed(),
        path.display()
    );
    let bad: Vec<&str> = verdicts
        .iter()
        .filter(|verdict| !verdict.good())
        .map(|verdict| verdict.case.name.as_str())
        .collect();
    assert!(!verdicts.is_empty(), "no case");
    assert!(bad.is_empty(), "not the same: {bad:?}");
}

/// Airbyte's runtime does one job after the other; ours starts on each as soon as its input is known.
async fn run(case: &Case, python: &mut Python) -> Vec<Both> {
    let (mut discovered, mut read) = (Outcome::default(), Outcome::default());
    let mut both = Vec::new();
    let all = [
        Operation::Spec,
        Operation::Check,
        Operation::Discover,
        Operation::Read,
        Operation::Again,
    ];
    for operation in all {
        if operation == Operation::Again && case.script.expect.again.is_none() {
            break;
        }
        let job: Arc<Job> = Arc::new(case.job(operation, &discovered, &read));
        let theirs = python.run(&job).await;
        let ours = tokio::spawn(ours::run(job));
        // Later jobs start from these.
        match operation {
            Operation::Discover => discovered.catalog.clone_from(&theirs.catalog),
            Operation::Read => read.streams.clone_from(&theirs.streams),
            _ => {}
        }
        both.push(Both {
            operation,
            theirs,
            ours,
        });
    }
    both
}

async fn judge(case: Case, both: Vec<Both>) -> Verdict {
    let (mut problems, mut differences) = (Vec::new(), Vec::new());
    for Both {
        operation,
        theirs,
        ours,
    } in both
    {
        let found = expected::problems(&case.script.expect, operation, &theirs);
        problems.extend(found.into_iter().map(|text| (operation, text)));
        let found = match ours.await {
            Ok(ours) => compare::differences(&case.script, operation, &theirs, &ours),
            Err(error) => vec![format!("ours panicked: {error}")],
        };
        differences.extend(found.into_iter().map(|text| (operation, text)));
    }
    Verdict {
        case,
        problems,
        differences,
    }
}

#[expect(
    clippy::disallowed_methods,
    reason = "a developer asks for one case this way"
)]
fn chosen() -> Option<String> {
    std::env::var("DECLARATIVE_CASES").ok()
}
