//! Applications of the user whose credentials these are.

use reqwest::Method;

use super::Client;
use crate::Error;
use crate::api::{ApplicationCreate, ApplicationResponse, Applications};

impl Client {
    pub async fn applications(&self) -> Result<Vec<ApplicationResponse>, Error> {
        let call = self.call(Method::GET, ["applications"]);
        let found: Applications = self.ask(&call, "applications").await?;
        Ok(found.applications)
    }

    pub async fn application(&self, id: &str) -> Result<ApplicationResponse, Error> {
        let call = self.call(Method::GET, ["applications", id]);
        self.ask(&call, "application").await
    }

    pub async fn create_application(&self, name: &str) -> Result<ApplicationResponse, Error> {
        let body = ApplicationCreate {
            name: name.to_owned(),
        };
        let call = self.call(Method::POST, ["applications"]).json(&body)?;
        self.ask(&call, "application").await
    }

    /// Deletes the Application; tokens made from it end with their time.
    pub async fn delete_application(&self, id: &str) -> Result<(), Error> {
        self.tell(&self.call(Method::DELETE, ["applications", id]))
            .await
    }
}
