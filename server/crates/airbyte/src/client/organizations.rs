//! Organizations, and the people in them.

use reqwest::Method;
use uuid::Uuid;

use super::Client;
use crate::Error;
use crate::api::{OrganizationResponse, UserFilter, UserResponse};

impl Client {
    /// The organizations that the credentials see.
    pub async fn organizations(&self) -> Result<Vec<OrganizationResponse>, Error> {
        let call = self.call(Method::GET, ["organizations"]);
        self.listed(&call, "organizations").await
    }

    /// People of an organization; `Forbidden` to all but its administrators.
    pub async fn users(
        &self,
        organization: Uuid,
        filter: &UserFilter,
    ) -> Result<Vec<UserResponse>, Error> {
        let mut call = self
            .call(Method::GET, ["users"])
            .query("organizationId", &organization.to_string());
        for id in &filter.ids {
            call = call.query("ids", &id.to_string());
        }
        for email in &filter.emails {
            call = call.query("emails", email);
        }
        self.listed(&call, "users").await
    }
}
