//! Giving back what somebody granted for a source, by the newest token that it holds.

use reqwest::Method;
use uuid::Uuid;

use super::{Client, Server};
use crate::Error;
use crate::extension::{GiveBack, GivenBack};

impl Client {
    /// Has the engine take back at the provider what a source holds. It stays in the source, which lives by it no more. `Busy`
    /// while an operation of the source goes on, `Conflict` where the engine gives it back itself, later. A platform keeps
    /// what its sources hold to itself.
    pub async fn give_back(&self, source: Uuid, to: &GiveBack) -> Result<GivenBack, Error> {
        if self.server() == Server::Platform {
            return Err(Error::Unsupported {
                message: "Airbyte gives nothing back at a provider.".to_owned(),
            });
        }
        let call = self
            .call(
                Method::POST,
                ["x", "sources", &source.to_string(), "give_back"],
            )
            .json(to)?;
        self.ask(&call, "giving back").await
    }
}
