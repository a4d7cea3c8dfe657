//! The first page of an API before anything of it is kept.

mod failure;
mod once;
mod table;

use std::{collections::BTreeMap, time::Duration};

use airbyte::{
    extension::{SampleLine, SampleRequest, StreamSample as Sampled},
    protocol::StreamDescriptor,
};
use model::FieldError;
use serde_json::{Map, Value};
use sync::integration::Direct;

use super::explain::{read, refused};
use crate::{Engine, Error, Hub, Permission, Scope, engine, tenants};
use failure::Failure;

pub use table::Table;

/// Rows of each endpoint.
const ROWS: usize = 20;
/// The longest a try may take: somebody waits at the page for it.
const LONGEST: Duration = Duration::from_secs(10);

/// Reads the first rows of every endpoint of one integration with these secrets. Nothing is kept, nothing is asked twice, and
/// personal data is masked.
pub async fn try_out(
    hub: &Hub,
    scope: &Scope,
    document: &str,
    name: &str,
    secrets: &BTreeMap<String, String>,
) -> Result<Vec<Table>, Error> {
    scope.require(Permission::Manage)?;
    let all = read(hub, document)?.map_err(refused)?;
    let one = all.into_iter().find(|one| one.name == name);
    let one = one.ok_or(Error::NotFound)?;
    let Direct::Manifest { mut manifest, .. } = one.direct() else {
        return Err(Error::conflict(
            "Only an HTTP API can be tried here. Databases and files are tested once they are added.",
        ));
    };
    let configuration = given(&manifest, &one.secrets, secrets)?;
    // An Airbyte elsewhere reads no rows without a sync; this hub's own engine does.
    let workspace = match hub.engine() {
        Engine::Embedded => tenants::workspace(hub, scope.tenant()).await?,
        Engine::Remote => engine::direct_workspace(hub.direct(), scope.tenant()).await?,
    };
    once::once(&mut manifest);
    let request = SampleRequest {
        workspace_id: Some(workspace),
        manifest: Some(manifest.clone()),
        configuration: Some(configuration),
        limit: Some(ROWS),
        ..SampleRequest::default()
    };
    let lines = in_time(hub, &request, &manifest).await?;
    if let Some(why) = all_failed(&lines, &one.secrets) {
        return Err(why);
    }
    let mut tables: Vec<Table> = lines
        .into_iter()
        .map(|line| table::table(stream(&manifest, &line.stream.name), line))
        .collect();
    tables.sort_by(|one, other| one.sample.name.cmp(&other.sample.name));
    Ok(tables)
}

/// The secrets as the manifest's form takes them, or which of them are missing.
fn given(
    manifest: &Value,
    names: &[String],
    typed: &BTreeMap<String, String>,
) -> Result<Value, Error> {
    let mut configuration = Map::new();
    let mut missing = Vec::new();
    for name in names {
        match typed.get(name).filter(|secret| !secret.is_empty()) {
            Some(secret) => {
                configuration.insert(name.clone(), Value::from(secret.as_str()));
            }
            None => {
                let detail = format!("{} is missing: type it here.", title(manifest, name));
                missing.push(FieldError::new(name, detail));
            }
        }
    }
    if missing.is_empty() {
        Ok(Value::Object(configuration))
    } else {
        Err(Error::Invalid(missing))
    }
}

/// A secret as its form calls it.
fn title<'m>(manifest: &'m Value, secret: &'m str) -> &'m str {
    let properties = &manifest["spec"]["connection_specification"]["properties"];
    properties[secret]["title"].as_str().unwrap_or(secret)
}

/// What came in time, and of every other table that nothing did.
async fn in_time(
    hub: &Hub,
    request: &SampleRequest,
    manifest: &Value,
) -> Result<Vec<Sampled>, Error> {
    let mut lines = Vec::new();
    let reading = read_lines(hub, request, &mut lines);
    match tokio::time::timeout(LONGEST, reading).await {
        Ok(done) => done?,
        Err(_) => add_late(manifest, &mut lines),
    }
    Ok(lines)
}

async fn read_lines(
    hub: &Hub,
    request: &SampleRequest,
    lines: &mut Vec<Sampled>,
) -> Result<(), airbyte::Error> {
    let mut answer = hub.direct().sample(request).await?;
    while let Some(SampleLine::Stream(line)) = answer.next().await? {
        lines.push(line);
    }
    Ok(())
}

fn add_late(manifest: &Value, lines: &mut Vec<Sampled>) {
    let words = format!(
        "The API gave no answer within {} seconds.",
        LONGEST.as_secs()
    );
    for name in streams(manifest).filter_map(|stream| stream["name"].as_str()) {
        if !lines.iter().any(|line| line.stream.name == name) {
            lines.push(Sampled {
                stream: StreamDescriptor::new(name, None),
                records: Vec::new(),
                problem: Some(words.clone()),
            });
        }
    }
}

fn streams(manifest: &Value) -> impl Iterator<Item = &Value> {
    manifest["streams"].as_array().into_iter().flatten()
}

/// What the manifest says of a stream.
fn stream<'m>(manifest: &'m Value, name: &str) -> &'m Value {
    static NOTHING: Value = Value::Null;
    let found = streams(manifest).find(|stream| stream["name"] == *name);
    found.unwrap_or(&NOTHING)
}

/// Why nothing was read at all, where that is the same for every table.
fn all_failed(lines: &[Sampled], secrets: &[String]) -> Option<Error> {
    let failure = |line: &Sampled| {
        let problem = line.problem.as_deref().filter(|_| line.records.is_empty());
        problem.map(Failure::of)
    };
    let failures: Vec<Failure> = lines.iter().map(failure).collect::<Option<_>>()?;
    let (first, others) = failures.split_first()?;
    if others.iter().any(|other| other != first) {
        return None;
    }
    Some(match first {
        Failure::Refused(answer) => turned_away(answer, secrets),
        Failure::Other(words) => Error::Upstream(words.clone()),
    })
}

/// Whoever asked was refused: what was typed is wrong, or nobody said who asks.
fn turned_away(answer: &str, secrets: &[String]) -> Error {
    if secrets.is_empty() {
        return Error::Upstream(format!(
            "The API wants to know who asks: {answer}. Say under authentication how that is shown."
        ));
    }
    let at = |name: &String| {
        let kind = kind(name);
        let detail = format!(
            "The API refused this {kind}: {answer}. Check that it is whole, still valid, and may read this."
        );
        FieldError::new(name, detail)
    };
    Error::Invalid(secrets.iter().map(at).collect())
}

/// What people call such a secret.
fn kind(secret: &str) -> &'static str {
    let name = secret.to_ascii_lowercase();
    let mut known = ["token", "password", "key"].into_iter();
    known.find(|kind| name.contains(*kind)).unwrap_or("secret")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn line(name: &str, problem: &str) -> Sampled {
        Sampled {
            stream: StreamDescriptor::new(name, None),
            records: Vec::new(),
            problem: Some(problem.to_owned()),
        }
    }

    #[test]
    fn what_is_refused_to_all_tables_is_told_at_the_secret_and_else_at_the_table() {
        let (refused, missing) = (
            "HTTP Status Code: 401. Error: Unauthorized.",
            "HTTP Status Code: 404. Error: Not found.",
        );
        let secrets = ["harbour_token".to_owned()];
        let both = [line("ships", refused), line("quays", refused)];
        let Some(Error::Invalid(fields)) = all_failed(&both, &secrets) else {
            panic!("the token is wrong")
        };
        assert_eq!(fields[0].field, "harbour_token");
        assert!(
            fields[0]
                .detail
                .starts_with("The API refused this token: it answered 401."),
            "{fields:?}"
        );
        assert!(matches!(all_failed(&both, &[]), Some(Error::Upstream(_))));
        let mixed = [line("ships", refused), line("quays", missing)];
        assert!(all_failed(&mixed, &secrets).is_none());
        let mut some = both;
        some[1].problem = None;
        assert!(all_failed(&some, &secrets).is_none());
    }
}
