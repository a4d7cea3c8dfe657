//! Rows of streams that an Airbyte has synced, read back from the tenant's own tables: it reads no rows without a sync.

use std::collections::BTreeMap;

use model::TenantId;
use serde_json::{Map, Value};
use store::{samples::Sample, streams, tenant_rows::Reader};

use super::Rows;
use crate::{Error, Hub, tenants};

const NOT_YET: &str = "Rows can be seen here after the first sync: the Airbyte of this installation reads none without one.";
/// Columns that the destination adds for itself.
const OWN_COLUMNS: &str = "_airbyte_";

/// The wanted streams, one after the other.
pub(super) struct ReadBack {
    reader: Reader,
    /// Namespace and name of a stream → its table.
    tables: BTreeMap<(String, String), String>,
}

impl ReadBack {
    pub(super) async fn open(hub: &Hub, tenant: TenantId, sample: &Sample) -> Result<Self, Error> {
        let mut tx = hub.store().tenant(tenant).await?;
        let streams = streams::list(&mut tx, tenant, sample.connection).await?;
        tx.commit().await?;
        Ok(Self {
            reader: tenants::reader(hub, tenant).await?,
            tables: streams
                .into_iter()
                .map(|stream| ((stream.offer.namespace, stream.offer.name), stream.table))
                .collect(),
        })
    }

    pub(super) async fn rows(
        &mut self,
        namespace: Option<&str>,
        name: &str,
        limit: i64,
    ) -> Result<Rows, Error> {
        let key = (namespace.unwrap_or_default().to_owned(), name.to_owned());
        let found = match self.tables.get(&key) {
            None => None,
            Some(table) => self.reader.first(table, limit).await?,
        };
        Ok(Rows {
            namespace: namespace.map(str::to_owned),
            name: name.to_owned(),
            problem: found.is_none().then(|| NOT_YET.to_owned()),
            records: found
                .unwrap_or_default()
                .into_iter()
                .map(without_own)
                .collect(),
        })
    }
}

fn without_own(record: Value) -> Value {
    match record {
        Value::Object(fields) => fields
            .into_iter()
            .filter(|(name, _)| !name.starts_with(OWN_COLUMNS))
            .collect::<Map<_, _>>()
            .into(),
        other => other,
    }
}
