//! An answer of many documents, batch by batch.

use bson::{Document, RawArray, RawBsonRef, RawDocument, doc};

use super::client::{Client, Error};

const NOT_READ: Error = Error::Nonsense("an answer has no documents");
/// Documents in a batch; the server ends one earlier at 16 MB.
pub const BATCH: i32 = 1000;

#[derive(Debug)]
pub struct Cursor<'a> {
    client: &'a mut Client,
    database: &'a str,
    /// The question for the next batch.
    next: Option<Document>,
}

impl<'a> Cursor<'a> {
    pub fn new(client: &'a mut Client, database: &'a str, question: Document) -> Self {
        Self {
            client,
            database,
            next: Some(question),
        }
    }

    /// The next batch, which may be empty; `None` when there is none left.
    pub async fn batch(&mut self) -> Result<Option<&RawArray>, Error> {
        let Self {
            client,
            database,
            next,
        } = self;
        let Some(question) = next.take() else {
            return Ok(None);
        };
        let answer = client.run(database, question).await?;
        let cursor = answer.get_document("cursor").map_err(|_| NOT_READ)?;
        let id = match cursor.get("id") {
            Ok(Some(RawBsonRef::Int64(id))) => id,
            Ok(Some(RawBsonRef::Int32(id))) => i64::from(id),
            _ => return Err(NOT_READ),
        };
        if id != 0 {
            *next =
                Some(doc! {"getMore": id, "collection": collection(cursor)?, "batchSize": BATCH});
        }
        let batch = cursor
            .get_array("firstBatch")
            .or_else(|_| cursor.get_array("nextBatch"))
            .map_err(|_| NOT_READ)?;
        Ok(Some(batch))
    }

    /// Lets the server forget what was not fetched.
    pub async fn close(self) {
        let Some(Ok(id)) = self.next.as_ref().map(|next| next.get_i64("getMore")) else {
            return;
        };
        let collection = self
            .next
            .and_then(|next| next.get_str("collection").map(str::to_owned).ok())
            .unwrap_or_default();
        let forget = doc! {"killCursors": collection, "cursors": [id]};
        // If it does not, it forgets after ten minutes.
        let _ = self.client.run(self.database, forget).await;
    }
}

/// The name after the database's.
fn collection(cursor: &RawDocument) -> Result<&str, Error> {
    let name = cursor.get_str("ns").map_err(|_| NOT_READ)?;
    name.split_once('.')
        .map(|(_, collection)| collection)
        .ok_or(NOT_READ)
}
