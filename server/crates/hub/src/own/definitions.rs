//! The definitions that stand behind a tenant's own integrations, at an Airbyte.

use airbyte::{
    Client,
    api::{DeclarativeDefinitionCreate, DeclarativeDefinitionPut, DeclarativeDefinitionResponse},
};
use serde_json::Value;
use store::own::Own;
use uuid::Uuid;

use crate::Error;

/// The tenant's definitions there.
pub(super) struct Definitions<'a> {
    pub client: &'a Client,
    pub workspace: Uuid,
}

pub(super) struct Given {
    pub definition: Uuid,
    /// It says something else than before.
    pub is_new: bool,
}

impl Definitions<'_> {
    /// Found before it is made, by a name that carries the slug: a crash in between leaves nothing double.
    pub async fn give(
        &self,
        known: Option<&Own>,
        slug: &str,
        name: &str,
        manifest: &Value,
    ) -> Result<Given, Error> {
        let airbyte = self.client;
        let all = airbyte.declarative_definitions(self.workspace).await?;
        let tail = format!("[{slug}]");
        let is_it = |one: &DeclarativeDefinitionResponse| match known {
            Some(known) => one.id == known.definition,
            None => one.name.ends_with(&tail),
        };
        let found = all.into_iter().find(is_it);
        if let Some(found) = found {
            let is_new = found.manifest != *manifest;
            if is_new {
                let put = DeclarativeDefinitionPut {
                    manifest: manifest.clone(),
                };
                airbyte
                    .replace_declarative_definition(self.workspace, found.id, &put)
                    .await?;
            }
            return Ok(Given {
                definition: found.id,
                is_new,
            });
        }
        let new = DeclarativeDefinitionCreate {
            workspace_id: Some(self.workspace),
            name: format!("{name} {tail}"),
            manifest: manifest.clone(),
        };
        let made = airbyte
            .create_declarative_definition(self.workspace, &new)
            .await?;
        Ok(Given {
            definition: made.id,
            is_new: true,
        })
    }
}
