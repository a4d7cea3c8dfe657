//! Tenants' storage: one prefix each, in a folder or in an S3 bucket.

use std::{fs::DirBuilder, os::unix::fs::DirBuilderExt, path::Path as FilePath, sync::Arc};

use futures::TryStreamExt;
use model::TenantId;
use object_store::{
    ObjectStore, ObjectStoreExt, aws::AmazonS3Builder, local::LocalFileSystem, path::Path,
    prefix::PrefixStore,
};

use crate::Error;

/// The whole storage. Cheap to clone.
#[derive(Debug, Clone)]
pub struct Storage {
    objects: Arc<dyn ObjectStore>,
    /// `file:///…` or `s3://bucket`, without a slash at the end.
    base: String,
}

/// The configured storage can't be used.
#[derive(Debug, thiserror::Error)]
pub enum StorageError {
    #[error("STORAGE_URL must be file:///folder or s3://bucket, not “{0}”")]
    Url(String),
    #[error("the storage folder {0} can't be made")]
    Folder(String, #[source] std::io::Error),
    #[error("the storage can't be opened")]
    Open(#[from] object_store::Error),
}

/// How much lies under a prefix.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Usage {
    pub objects: i64,
    pub bytes: i64,
}

impl Storage {
    /// `file:///folder` (made when missing) or `s3://bucket`, whose credentials come from the usual AWS variables.
    pub fn open(url: &str) -> Result<Self, StorageError> {
        let base = url.trim_end_matches('/').to_owned();
        let objects: Arc<dyn ObjectStore> = if let Some(folder) = url.strip_prefix("file://") {
            if !FilePath::new(folder).is_absolute() {
                return Err(StorageError::Url(base));
            }
            // Customers' files: other accounts of the machine read none.
            DirBuilder::new()
                .recursive(true)
                .mode(0o700)
                .create(folder)
                .map_err(|error| StorageError::Folder(folder.to_owned(), error))?;
            Arc::new(LocalFileSystem::new_with_prefix(folder)?.with_automatic_cleanup(true))
        } else if url.starts_with("s3://") {
            Arc::new(AmazonS3Builder::from_env().with_url(url).build()?)
        } else {
            return Err(StorageError::Url(base));
        };
        Ok(Self { objects, base })
    }

    /// Where a tenant's objects are, for people and bundles: `s3://bucket/<suffix>`.
    pub fn location(&self, tenant: TenantId) -> String {
        format!("{}/{}", self.base, tenant.suffix())
    }

    /// The storage as one tenant sees it: nothing outside its prefix exists.
    pub fn of(&self, tenant: TenantId) -> PrefixStore<Arc<dyn ObjectStore>> {
        PrefixStore::new(self.objects.clone(), prefix(tenant))
    }

    /// All of it, for the engine, which puts the prefixes itself.
    pub fn objects(&self) -> Arc<dyn ObjectStore> {
        self.objects.clone()
    }

    /// Writes, reads and removes an object of the tenant.
    pub async fn probe(&self, tenant: TenantId) -> Result<(), Error> {
        self.probe_at(&prefix(tenant).join(".probe")).await
    }

    /// The same outside every tenant, for the health page.
    pub async fn check(&self) -> Result<String, String> {
        self.probe_at(&Path::from("hub.probe"))
            .await
            .map(|()| format!("{} takes, returns and removes a file.", self.base))
            .map_err(|error| match error {
                Error::Upstream(why) => why,
                other => other.to_string(),
            })
    }

    async fn probe_at(&self, path: &Path) -> Result<(), Error> {
        let said = seal::token::letters(16);
        self.objects
            .put(path, said.clone().into())
            .await
            .map_err(|error| self.refused("write to", &error))?;
        let read = async { self.objects.get(path).await?.bytes().await };
        let heard = read
            .await
            .map_err(|error| self.refused("read from", &error))?;
        self.objects
            .delete(path)
            .await
            .map_err(|error| self.refused("remove from", &error))?;
        if heard == said.as_bytes() {
            Ok(())
        } else {
            Err(Error::Upstream(format!(
                "The storage {} returned something else than was written.",
                self.base
            )))
        }
    }

    pub async fn usage(&self, tenant: TenantId) -> Result<Usage, Error> {
        self.objects
            .list(Some(&prefix(tenant)))
            .try_fold(Usage::default(), |usage, object| async move {
                Ok(Usage {
                    objects: usage.objects + 1,
                    bytes: usage.bytes + i64::try_from(object.size).unwrap_or(i64::MAX),
                })
            })
            .await
            .map_err(|error| self.refused("list", &error))
    }

    /// Removes everything of the tenant. Safe to repeat. Returns how many objects went.
    pub async fn clear(&self, tenant: TenantId) -> Result<usize, Error> {
        let found: Vec<_> = self
            .objects
            .list(Some(&prefix(tenant)))
            .map_ok(|object| object.location)
            .try_collect()
            .await
            .map_err(|error| self.refused("list", &error))?;
        for path in &found {
            match self.objects.delete(path).await {
                Ok(()) | Err(object_store::Error::NotFound { .. }) => {}
                Err(error) => return Err(self.refused("remove from", &error)),
            }
        }
        Ok(found.len())
    }

    fn refused(&self, verb: &str, error: &object_store::Error) -> Error {
        Error::Upstream(format!(
            "We can't {verb} the storage {}: {error}",
            self.base
        ))
    }
}

fn prefix(tenant: TenantId) -> Path {
    Path::from(tenant.suffix())
}

#[cfg(test)]
mod tests {
    use std::os::unix::fs::PermissionsExt;

    use super::*;

    #[test]
    fn other_accounts_of_the_machine_get_into_no_folder_that_is_made_here() {
        let folder = tempfile::tempdir().expect("a folder");
        let files = folder.path().join("files");
        Storage::open(&format!("file://{}", files.display())).expect("a storage");
        let found = std::fs::metadata(files).expect("it is there");
        assert_eq!(found.permissions().mode() & 0o777, 0o700);
    }
}
