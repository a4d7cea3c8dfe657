//! What the page of a workspace's own integration asks for and changes.

use leptos::prelude::*;

use super::given::OwnPage;
use crate::error::Error;
#[cfg(feature = "ssr")]
use crate::{
    paths,
    server::{self, finish},
};

/// What a new text begins as.
#[cfg(feature = "ssr")]
pub(super) const EXAMPLE: &str = "apis:
  integrations:
    - name: Harbour office
      type: rest
      base_url: https://api.example.com/v1
      authentication: { type: bearer, secret_name: harbour_token }
      endpoints:
        - name: ships
          path: /ships
          records: data
          primary_key: id
          paging: { type: page, size: 100 }
          fields: { id: integer, name: string, updated_at: timestamp }
";

/// The page as it is opened, or as the answer to what was posted to it.
#[server]
pub async fn load_own(#[server(default)] of: String) -> Result<OwnPage, Error> {
    let (hub, scope) = server::scope().await?;
    if let Some(shown) = super::post::shown() {
        return Ok(shown);
    }
    scope.require(hub::Permission::Manage)?;
    let document = match of.as_str() {
        "" => EXAMPLE.to_owned(),
        slug => hub::own::document(&hub, &scope, slug).await?,
    };
    Ok(OwnPage {
        document,
        of: Some(of).filter(|slug| !slug.is_empty()),
        reading: None,
        checked: String::new(),
        replaced: Vec::new(),
        tried: None,
        has_changed: false,
        applied: Vec::new(),
        error: None,
        form: None,
    })
}

/// Takes one out of the catalogue.
#[server]
pub async fn remove_own(slug: String) -> Result<(), Error> {
    let (hub, scope) = server::scope().await?;
    let removed = hub::own::remove(&hub, &scope, &slug).await;
    finish(&[], removed, |()| {
        paths::with_query(paths::INTEGRATIONS, &[("view", "all")])
    })
}
