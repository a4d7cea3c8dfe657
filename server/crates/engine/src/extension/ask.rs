//! What a question is about: a saved source, a configuration that is not saved, or a saved one with changes.

use serde_json::Value;
use uuid::Uuid;

use crate::Engine;
use crate::api::first_error;
use crate::auth::Caller;
use crate::definitions::Definition;
use crate::own;
use crate::problem::{ApiError, ApiResult};
use crate::rotation::Rotation;
use crate::secrets::{Place, unmasked};
use crate::tables::{sources, workspaces};
use airbyte::api::MASK;
use sync::fault::Fault;

/// A question's subject, checked against what the caller may see.
pub struct Subject {
    pub definition: Definition,
    pub workspace: Uuid,
    pub source: Option<sources::Row>,
    /// `None`: the configuration of the source as it stands when the question is asked. Masks stand for what it has then.
    config: Option<Value>,
}

/// The parts a request may name.
pub struct Named {
    pub source: Option<Uuid>,
    pub definition: Option<Uuid>,
    /// A manifest that is no definition yet, and is only tried out.
    pub manifest: Option<Value>,
    pub workspace: Option<Uuid>,
    pub configuration: Option<Value>,
}

impl Subject {
    pub async fn find(engine: &Engine, caller: Caller, named: Named) -> ApiResult<Self> {
        let source = match named.source {
            Some(id) => Some(find_source(engine, caller, id).await?),
            None => None,
        };
        let workspace = match (&source, named.workspace) {
            (Some(source), _) => source.workspace_id,
            (None, Some(workspace)) => enter(engine, caller, workspace).await?,
            (None, None) => {
                return Err(ApiError::bad_request(
                    "Name a sourceId, or a definitionId with a workspaceId.",
                ));
            }
        };
        let definition = match (named.manifest, named.definition, &source) {
            (Some(manifest), _, None) => own::tried(manifest)?,
            (Some(_), _, Some(_)) => {
                return Err(ApiError::bad_request("A saved source has its definition."));
            }
            (None, Some(id), _) => engine
                .find_definition(Some(workspace), id)
                .await?
                .ok_or_else(|| ApiError::value_not_found(&id.to_string()))?,
            (None, None, Some(source)) => engine.definition_of(source).await?,
            (None, None, None) => return Err(ApiError::bad_request("Name a definitionId.")),
        };
        if source.is_none() && named.configuration.is_none() {
            return Err(ApiError::bad_request(
                "Without a sourceId a configuration is needed.",
            ));
        }
        let config = match (named.configuration, &source) {
            (Some(new), Some(source)) => {
                let stored = engine.open_config(
                    Place::Source,
                    source.workspace_id,
                    source.id,
                    &source.config,
                )?;
                Some(new).filter(|new| unmasked(new, &stored) != stored)
            }
            (config, _) => config,
        };
        Ok(Self {
            definition,
            workspace,
            source,
            config,
        })
    }

    /// The saved source when the question is about it as it is saved.
    pub fn saved(&self) -> Option<&sources::Row> {
        self.source.as_ref().filter(|_| self.config.is_none())
    }

    /// Keeps what the connector renews meanwhile. New tokens belong to the saved source, whatever else of its settings is
    /// being tried and however that ends: the old ones may be worth nothing any more. Only where there is no source does the
    /// caller get them back, who gave all the secrets and has to save the new ones. Of a source masks were filled with what
    /// is stored, which nobody may read here.
    pub async fn renewed(
        &self,
        engine: &Engine,
        rotation: &Rotation,
        told: Value,
    ) -> Result<Option<Value>, crate::error::Failure> {
        rotation.keep(engine, self.source.as_ref(), &told).await?;
        Ok(self.source.is_none().then_some(told))
    }

    /// The configuration to ask with. Of a saved source it is read now, behind its hold.
    pub async fn current(&self, engine: &Engine) -> Result<Value, crate::error::Failure> {
        match (&self.config, &self.source) {
            (Some(new), Some(source)) => self.filled(engine, new, source).await,
            (Some(config), None) => Ok(config.clone()),
            (None, Some(source)) => engine.current_config(source).await,
            (None, None) => Ok(Value::Null),
        }
    }

    /// Masks stand for what is stored. Only settings that still live by what was granted are asked about with its newest
    /// token: new credentials need none, whatever became of the old ones.
    async fn filled(
        &self,
        engine: &Engine,
        new: &Value,
        source: &sources::Row,
    ) -> Result<Value, crate::error::Failure> {
        let (place, sealed) = (Place::Source, &source.config);
        let stored = engine.open_config(place, source.workspace_id, source.id, sealed)?;
        let filled = unmasked(new, &stored);
        let source_type = &self.definition.source_type;
        let granted = engine.still_granted(source, source_type, &stored, &filled);
        if granted.is_none() && source.grant_id.is_some() {
            return Ok(filled);
        }
        Ok(unmasked(new, &engine.current_config(source).await?))
    }
}

/// A source that the caller may see.
pub async fn find_source(engine: &Engine, caller: Caller, id: Uuid) -> ApiResult<sources::Row> {
    let row = sources::find(&engine.config.pool, caller.scope(), id).await?;
    row.ok_or_else(|| ApiError::not_found("source", id))
}

async fn enter(engine: &Engine, caller: Caller, workspace: Uuid) -> ApiResult<Uuid> {
    caller.enter(workspace)?;
    let row = workspaces::find(&engine.config.pool, caller.scope(), workspace).await?;
    row.map(|row| row.id)
        .ok_or_else(|| ApiError::not_found("workspace", workspace))
}

/// A configuration that does not fit the schema, as a fault at its field; a mask that stands for nothing is one too.
pub fn misfit(schema: &Value, config: &Value) -> Option<Fault> {
    if let Some(field) = stray_mask(config, "") {
        return Some(
            Fault::config("This secret has to be entered: none is stored for it.").at_field(field),
        );
    }
    let wrong = first_error(schema, config)?;
    let fault =
        Fault::config("A setting is missing or has the wrong form.").with_detail(wrong.message);
    Some(if wrong.field.is_empty() {
        fault
    } else {
        fault.at_field(wrong.field)
    })
}

fn stray_mask(value: &Value, path: &str) -> Option<String> {
    let below = |name: &str| {
        if path.is_empty() {
            name.to_owned()
        } else {
            format!("{path}.{name}")
        }
    };
    match value {
        Value::String(text) if text == MASK => Some(path.to_owned()),
        Value::Object(fields) => fields
            .iter()
            .find_map(|(name, item)| stray_mask(item, &below(name))),
        Value::Array(items) => items
            .iter()
            .enumerate()
            .find_map(|(at, item)| stray_mask(item, &below(&at.to_string()))),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn a_mask_without_a_secret_behind_it_is_told_at_its_field() {
        let fault = misfit(&json!({}), &json!({"a": [{"token": MASK}]})).unwrap();
        assert_eq!(fault.field.as_deref(), Some("a.0.token"));
        assert!(misfit(&json!({}), &json!({"a": "b"})).is_none());
    }

    #[test]
    fn the_field_that_does_not_fit_is_named() {
        let schema = json!({"properties": {"port": {"type": "integer"}}});
        assert_eq!(
            misfit(&schema, &json!({"port": "x"}))
                .unwrap()
                .field
                .as_deref(),
            Some("port")
        );
    }
}
