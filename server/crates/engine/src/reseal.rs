//! Putting everything the engine has sealed under the active key, so that an older key opens nothing any more.

use secrecy::ExposeSecret;

use crate::{
    Engine, Error,
    auth::client_place,
    consent,
    secrets::Place,
    tables::{grants, oauth, sealed},
};

impl Engine {
    /// Seals anew what is under an older key, all of it or nothing; returns how many records that were. Safe to repeat.
    pub async fn reseal(&self) -> Result<usize, Error> {
        let mut tx = queue::begin(&self.config.pool).await?;
        let mut changed = 0;
        for client in sealed::clients(&mut tx).await? {
            let place = client_place(&client.id);
            if let Some(secret) = self.anew(&place, &client.sealed_secret)? {
                sealed::put_client(&mut tx, &client.id, &secret).await?;
                changed += 1;
            }
        }
        // Before the sources: whoever removes one locks in this order, too.
        for grant in grants::all(&mut tx).await? {
            let (workspace, id) = (grant.workspace_id.to_string(), grant.id.to_string());
            let place = consent::grant_place(&workspace, &id);
            if let Some(sealed) = self.anew(&place, &grant.sealed)? {
                grants::put_sealed(&mut tx, grant.id, &sealed).await?;
                changed += 1;
            }
        }
        for source in sealed::sources(&mut tx).await? {
            if let Some(config) = self.config_anew(Place::Source, &source)? {
                sealed::put_source(&mut tx, source.id, &config).await?;
                changed += 1;
            }
        }
        for destination in sealed::destinations(&mut tx).await? {
            if let Some(config) = self.config_anew(Place::Destination, &destination)? {
                sealed::put_destination(&mut tx, destination.id, &config).await?;
                changed += 1;
            }
        }
        // Trips and secrets are left: they end within the hour, and the older key is removed later than that.
        for client in oauth::clients(&mut tx).await? {
            let of = client.workspace_id.map(|id| id.to_string());
            let place =
                consent::client_place(of.as_deref().unwrap_or_default(), &client.source_type);
            if let Some(sealed) = self.anew(&place, &client.sealed)? {
                oauth::reseal_client(&mut tx, &oauth::Client { sealed, ..client }).await?;
                changed += 1;
            }
        }
        tx.commit().await?;
        Ok(changed)
    }

    fn config_anew(&self, place: Place, row: &sealed::Config) -> Result<Option<Vec<u8>>, Error> {
        let (workspace, id) = (row.workspace_id.to_string(), row.id.to_string());
        self.anew(&place.record(&workspace, &id), &row.config)
    }

    /// The record under the active key; nothing when it is already.
    fn anew(&self, place: &[&str], record: &[u8]) -> Result<Option<Vec<u8>>, Error> {
        let sealer = &self.config.sealer;
        let broken = |source| Error::Sealed {
            what: "record",
            source,
        };
        if seal::key_version(record).map_err(broken)? == sealer.active() {
            return Ok(None);
        }
        let plain = seal::open(sealer, place, record).map_err(broken)?;
        Ok(Some(seal::seal(sealer, place, plain.expose_secret())))
    }
}
