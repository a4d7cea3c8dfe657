//! One discovery at a time by an Airbyte elsewhere's public API: the place is given out by the control database, to all
//! processes of this hub.

use std::time::Duration;

use airbyte::{Held, Places, Taking};
use store::{Store, discoveries};

/// While the database does not answer, nothing else of the hub gets on either.
const ASK_AGAIN: Duration = Duration::from_secs(5);
/// It answers others, and has no place for this: a discovery that comes at the same time as another is better than none.
const TRIES: u32 = 12;

/// The place at one Airbyte.
#[derive(Debug)]
pub struct OnePlace {
    store: Store,
    airbyte: String,
}

impl OnePlace {
    /// `airbyte` is where its public API is.
    pub fn new(store: Store, airbyte: &str) -> Self {
        Self {
            store,
            airbyte: airbyte.to_owned(),
        }
    }

    async fn wait(&self) -> Held {
        for _ in 0..TRIES {
            match discoveries::take_turn(&self.store, &self.airbyte).await {
                Ok(turn) => return Box::new(turn),
                Err(error) => {
                    tracing::warn!(%error, "the place to discover cannot be had; asking again");
                    tokio::time::sleep(ASK_AGAIN).await;
                }
            }
        }
        Box::new(())
    }
}

impl Places for OnePlace {
    fn take(&self) -> Taking<'_> {
        Box::pin(self.wait())
    }
}
