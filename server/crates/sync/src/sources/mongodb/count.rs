//! How many documents there are, counted by the server.

use bson::{Document, RawBsonRef, RawDocument, doc};

use super::client::Error;
use super::connect::Session;
use super::errors;
use crate::fault::Fault;

/// All documents of a collection, as the server remembers their number; `None` where it does not say.
pub async fn all(
    session: &mut Session,
    database: &str,
    collection: &str,
) -> Result<Option<u64>, Fault> {
    let question = doc! {"count": collection};
    match session.client.run(database, question).await {
        Ok(answer) => Ok(number(answer, "n")),
        Err(Error::Refused(_)) => Ok(None),
        Err(error) => Err(errors::query(&error)),
    }
}

/// Those that a filter finds.
pub async fn found(
    session: &mut Session,
    database: &str,
    collection: &str,
    filter: Document,
) -> Result<u64, Fault> {
    let question = doc! {
        "aggregate": collection,
        "pipeline": [{"$match": filter}, {"$count": "n"}],
        "cursor": {},
    };
    let mut counted = 0;
    let mut cursor = session.ask(database, question);
    while let Some(batch) = cursor
        .batch()
        .await
        .map_err(|error| errors::query(&error))?
    {
        for answer in batch.into_iter().flatten() {
            if let Some(answer) = answer.as_document() {
                counted = number(answer, "n").unwrap_or_default();
            }
        }
    }
    Ok(counted)
}

fn number(answer: &RawDocument, name: &str) -> Option<u64> {
    match answer.get(name) {
        Ok(Some(RawBsonRef::Int32(number))) => u64::try_from(number).ok(),
        Ok(Some(RawBsonRef::Int64(number))) => u64::try_from(number).ok(),
        Ok(Some(RawBsonRef::Double(number))) => format!("{number:.0}").parse().ok(),
        _ => None,
    }
}
