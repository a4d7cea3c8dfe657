//! Sources of a workspace's own: manifests it brought through the API, as definitions beside those of the server.

use airbyte::protocol::ConnectorSpecification;
use serde_json::Value;
use sync::declarative::{self, Manifest};
use sync::fault::Fault;
use uuid::Uuid;

use crate::definitions::{Definition, Runtime};
use crate::error::Failure;
use crate::tables::{manifests, sources};
use crate::{Engine, Error};

/// What the source types of such manifests begin with.
pub(crate) const OWN: &str = "manifest-";

impl From<manifests::Row> for Definition {
    fn from(row: manifests::Row) -> Self {
        Self {
            id: row.id,
            name: row.name,
            // Nobody can choose it: a client or a sign-in that was meant for another connector never gets here.
            source_type: format!("{OWN}{}", row.id.simple()),
            docs_url: None,
            allowed: true,
            runtime: Runtime::Own {
                manifest: row.manifest,
                version: format!("own-{}", row.version),
            },
        }
    }
}

/// A manifest that is only tried out, and kept nowhere.
pub fn tried(manifest: Value) -> Result<Definition, Fault> {
    accept(&manifest)?;
    Ok(Definition::from(manifests::Row {
        id: Uuid::nil(),
        name: String::new(),
        manifest,
        version: 0,
    }))
}

impl Engine {
    /// What may be used in a workspace: the server's, or the workspace's own. `None` as the scope reaches all workspaces.
    pub(crate) async fn find_definition(
        &self,
        scope: Option<Uuid>,
        id: Uuid,
    ) -> Result<Option<Definition>, Error> {
        if let Some(shipped) = self.definitions.find(id) {
            return Ok(Some(shipped.clone()));
        }
        let own = manifests::find(&self.config.pool, scope, id).await?;
        Ok(own.map(Definition::from))
    }

    /// The definition of a saved source, also one that may not be used for new sources any more.
    pub(crate) async fn known_definition(
        &self,
        source: &sources::Row,
    ) -> Result<Option<Definition>, Error> {
        if let Some(known) = self.definitions.known(source.definition_id) {
            return Ok(Some(known.clone()));
        }
        let scope = Some(source.workspace_id);
        let own = manifests::find(&self.config.pool, scope, source.definition_id).await?;
        Ok(own.map(Definition::from))
    }

    /// The same where it is needed.
    pub(crate) async fn definition_of(&self, source: &sources::Row) -> Result<Definition, Failure> {
        let known = self.known_definition(source).await?;
        known.ok_or_else(|| {
            Fault::unsupported("This server no longer has the connector of this source.").into()
        })
    }
}

/// Whether this server can take a manifest from outside: it must say what it asks for, and be run without any code.
pub fn accept(manifest: &Value) -> Result<(), Fault> {
    Manifest::from_value(manifest)?.ensure_native()?;
    if manifest["spec"]["connection_specification"].is_null() {
        return Err(Fault::config(
            "The manifest has no spec.connection_specification: without it nobody can be asked for settings.",
        ));
    }
    let schema = spec(manifest)?.connection_specification;
    jsonschema::meta::validate(&schema).map_err(|error| {
        Fault::config("The manifest's spec.connection_specification is no JSON Schema.")
            .with_detail(error.to_string())
    })
}

/// What a manifest asks for.
pub fn spec(manifest: &Value) -> Result<ConnectorSpecification, Fault> {
    declarative::spec(&Manifest::from_value(manifest)?)
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn manifest() -> Value {
        json!({
            "version": "6.0.0", "type": "DeclarativeSource",
            "check": {"type": "CheckStream", "stream_names": ["ships"]},
            "streams": [{"type": "DeclarativeStream", "name": "ships", "retriever": {"type": "SimpleRetriever"}}],
            "spec": {"type": "Spec", "connection_specification": {"type": "object", "properties": {}}},
        })
    }

    fn refused(change: impl FnOnce(&mut Value)) -> String {
        let mut manifest = manifest();
        change(&mut manifest);
        accept(&manifest).unwrap_err().to_string()
    }

    #[test]
    fn a_manifest_without_code_and_with_a_form_is_taken() {
        accept(&manifest()).unwrap();
    }

    #[test]
    fn what_could_not_be_used_is_refused_at_once() {
        let said = refused(|manifest| {
            manifest["streams"][0]["retriever"] =
                json!({"type": "CustomRetriever", "class_name": "source.components.Ships"});
        });
        assert!(said.contains("Python"), "{said}");
        let said = refused(|manifest| manifest["spec"] = Value::Null);
        assert!(said.contains("connection_specification"), "{said}");
        let said = refused(|manifest| {
            manifest["spec"]["connection_specification"] = json!({"type": "no type"});
        });
        assert!(said.contains("JSON Schema"), "{said}");
        assert!(accept(&json!("text")).is_err());
    }
}
