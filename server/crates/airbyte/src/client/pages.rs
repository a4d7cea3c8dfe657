//! Whole lists, page by page, by offsets of our own: the addresses servers answer are often wrong behind proxies.

use reqwest::Method;
use serde::de::DeserializeOwned;

use super::Client;
use super::send::Call;
use crate::Error;
use crate::api::Page;

/// The largest page servers give.
const PAGE: usize = 100;
/// Items after which a list is given up: a server that answers a full page to every offset has no end.
const MOST: usize = 100_000;

impl Client {
    /// The items of a list that servers answer whole.
    pub(super) async fn listed<T: DeserializeOwned>(
        &self,
        call: &Call,
        what: &'static str,
    ) -> Result<Vec<T>, Error> {
        Ok(self.ask::<Page<T>>(call, what).await?.data)
    }

    /// Every item of a list, at a path whose segments need no escaping.
    pub(super) async fn all<T: DeserializeOwned>(
        &self,
        path: &str,
        filter: &[(&str, String)],
    ) -> Result<Vec<T>, Error> {
        let mut items = Vec::new();
        while items.len() < MOST {
            let page = self.page(path, filter, items.len(), PAGE).await?;
            let short = page.data.len() < PAGE;
            items.extend(page.data);
            if short {
                return Ok(items);
            }
        }
        Err(Error::unreadable("list", "it has no end"))
    }

    pub(super) async fn page<T: DeserializeOwned>(
        &self,
        path: &str,
        filter: &[(&str, String)],
        offset: usize,
        limit: usize,
    ) -> Result<Page<T>, Error> {
        let mut call = self
            .call(Method::GET, path.split('/'))
            .query("limit", &limit.to_string())
            .query("offset", &offset.to_string());
        for (name, value) in filter {
            call = call.query(name, value);
        }
        self.ask(&call, "list").await
    }
}
