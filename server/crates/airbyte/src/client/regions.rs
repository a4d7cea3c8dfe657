//! Regions and dataplanes of a self-managed Airbyte. `Forbidden` where the licence leaves them out.

use reqwest::Method;
use uuid::Uuid;

use super::Client;
use crate::Error;
use crate::api::{
    DataplaneCreate, DataplaneCredentials, DataplanePatch, DataplaneResponse, RegionCreate,
    RegionPatch, RegionResponse,
};

impl Client {
    pub async fn regions(&self, organization: Uuid) -> Result<Vec<RegionResponse>, Error> {
        let call = self
            .call(Method::GET, ["regions"])
            .query("organizationId", &organization.to_string());
        self.listed(&call, "regions").await
    }

    pub async fn region(&self, id: Uuid) -> Result<RegionResponse, Error> {
        let call = self.call(Method::GET, ["regions", &id.to_string()]);
        self.ask(&call, "region").await
    }

    pub async fn create_region(&self, new: &RegionCreate) -> Result<RegionResponse, Error> {
        let call = self.call(Method::POST, ["regions"]).json(new)?;
        self.ask(&call, "region").await
    }

    pub async fn update_region(
        &self,
        id: Uuid,
        patch: &RegionPatch,
    ) -> Result<RegionResponse, Error> {
        let call = self
            .call(Method::PATCH, ["regions", &id.to_string()])
            .json(patch)?;
        self.ask(&call, "region").await
    }

    pub async fn delete_region(&self, id: Uuid) -> Result<(), Error> {
        self.tell(&self.call(Method::DELETE, ["regions", &id.to_string()]))
            .await
    }

    /// The dataplanes of these regions; of all that the credentials see when none is named.
    pub async fn dataplanes(&self, regions: &[Uuid]) -> Result<Vec<DataplaneResponse>, Error> {
        let mut call = self.call(Method::GET, ["dataplanes"]);
        for region in regions {
            call = call.query("regionIds", &region.to_string());
        }
        self.listed(&call, "dataplanes").await
    }

    pub async fn dataplane(&self, id: Uuid) -> Result<DataplaneResponse, Error> {
        let call = self.call(Method::GET, ["dataplanes", &id.to_string()]);
        self.ask(&call, "dataplane").await
    }

    /// Makes a dataplane. Its secret is answered this once: after an `Interrupted`, delete the dataplane and make another.
    pub async fn create_dataplane(
        &self,
        new: &DataplaneCreate,
    ) -> Result<DataplaneCredentials, Error> {
        let call = self.call(Method::POST, ["dataplanes"]).json(new)?;
        self.ask(&call, "dataplane").await
    }

    pub async fn update_dataplane(
        &self,
        id: Uuid,
        patch: &DataplanePatch,
    ) -> Result<DataplaneResponse, Error> {
        let call = self
            .call(Method::PATCH, ["dataplanes", &id.to_string()])
            .json(patch)?;
        self.ask(&call, "dataplane").await
    }

    pub async fn delete_dataplane(&self, id: Uuid) -> Result<(), Error> {
        self.tell(&self.call(Method::DELETE, ["dataplanes", &id.to_string()]))
            .await
    }
}
