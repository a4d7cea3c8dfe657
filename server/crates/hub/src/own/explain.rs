//! What a document says: every mistake with its place, or each integration with what it becomes.

use model::{Described, FieldError, Mistake, Reading};
use serde::Serialize;
use sync::integration::{Direct, Integration, Problem, Problems, Reader};

use super::DOCUMENT;
use crate::{Error, Hub, Permission, Scope};

/// Far more than anybody writes by hand.
const LARGEST: usize = 256 * 1024;

/// Reads a document and changes nothing.
pub async fn explain(hub: &Hub, scope: &Scope, document: &str) -> Result<Reading, Error> {
    scope.require(Permission::Manage)?;
    Ok(match read_guarded(hub, document).await? {
        Ok(all) => Reading::Integrations(all.iter().map(described).collect()),
        Err(problems) => Reading::Mistakes(problems.0.into_iter().map(mistake).collect()),
    })
}

/// What is written now: rows land in the workspace's tables, so it may not send them elsewhere. The outer error is ours or the
/// operator's, the inner one the writer's.
pub(super) fn read(hub: &Hub, document: &str) -> Result<Result<Vec<Integration>, Problems>, Error> {
    read_for(hub, Reader::Postgres, document)
}

/// The same, where an address written as a number that this server does not call is a mistake already, with its place.
pub(super) async fn read_guarded(
    hub: &Hub,
    document: &str,
) -> Result<Result<Vec<Integration>, Problems>, Error> {
    let problems = match read_for(hub, Reader::Workspace, document)? {
        Ok(all) => return Ok(Ok(all)),
        Err(Problems(problems)) => problems,
    };
    let mut wrong = Vec::new();
    for problem in problems {
        if !is_opened(hub, &problem).await {
            wrong.push(problem);
        }
    }
    if wrong.is_empty() {
        return read(hub, document);
    }
    Ok(Err(Problems(wrong)))
}

/// Whether a problem is only about an address whose network the operator opened.
async fn is_opened(hub: &Hub, problem: &Problem) -> bool {
    let Some(ip) = problem.address else {
        return false;
    };
    let guard = hub.outbound();
    guard
        .resolve_database_host(&ip.to_string(), 0)
        .await
        .is_ok()
}

/// What was kept: it was right when it was written.
pub(super) fn read_kept(
    hub: &Hub,
    document: &str,
) -> Result<Result<Vec<Integration>, Problems>, Error> {
    read_for(hub, Reader::Keeper, document)
}

fn read_for(
    hub: &Hub,
    reader: Reader,
    document: &str,
) -> Result<Result<Vec<Integration>, Problems>, Error> {
    if document.len() > LARGEST {
        let most = LARGEST / 1024;
        let words = format!("The text is too long. At most {most} KB are read.");
        return Err(Error::field(DOCUMENT, words));
    }
    let types = match hub.integration_types() {
        Some(file) => Some(std::fs::read_to_string(file).map_err(Error::internal)?),
        None => None,
    };
    Ok(Integration::read_for(reader, document, types.as_deref()))
}

/// The mistakes as a refusal.
pub(super) fn refused(problems: Problems) -> Error {
    let error = |problem: Problem| FieldError::new(DOCUMENT, problem.to_string());
    Error::Invalid(problems.0.into_iter().map(error).collect())
}

fn mistake(problem: Problem) -> Mistake {
    Mistake {
        place: (!problem.in_types).then_some((problem.line, problem.column)),
        message: problem.message,
    }
}

fn described(one: &Integration) -> Described {
    let (direct, airbyte) = (one.direct(), one.airbyte());
    Described {
        name: one.name.clone(),
        kind: one.type_name().to_owned(),
        description: one.description.clone(),
        secrets: one.secrets.clone(),
        endpoints: match &direct {
            Direct::Manifest { endpoints, .. } => endpoints.clone(),
            Direct::BuiltIn { .. } => Vec::new(),
        },
        sender: one.sender().map(str::to_owned),
        direct: indented(&direct),
        airbyte: indented(&airbyte),
    }
}

fn indented(value: &impl Serialize) -> String {
    serde_json::to_string_pretty(value).unwrap_or_default()
}
