//! What the engine can run, and what each connector asks for.

use airbyte::extension::{Definition as Listed, Preparing, Spec};
use axum::Json;
use axum::extract::{Path, State};
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use uuid::Uuid;

use crate::Engine;
use crate::auth::Caller;
use crate::problem::{ApiError, ApiResult};
use crate::runtime::Readiness;

pub async fn list(State(engine): State<Engine>, _: Caller) -> ApiResult<Json<Vec<Listed>>> {
    let describing = engine.describing().await?;
    let mut listed = Vec::new();
    for definition in engine.definitions.allowed() {
        listed.push(Listed {
            definition_id: definition.id,
            name: definition.name.clone(),
            source_type: definition.source_type.clone(),
            runtime: definition.runtime_name(),
            ready: engine.is_ready(definition),
            components: definition.components().to_vec(),
            second_runtime: definition.has_second_runtime(),
            lacks_airbytes_part: engine.lacks_airbytes_part(definition).await,
            describes_provider: describing.contains(&definition.id),
        });
    }
    Ok(Json(listed))
}

/// Asking for the specification of a connector that is not installed starts its installation.
pub async fn spec(
    State(engine): State<Engine>,
    caller: Caller,
    Path(id): Path<Uuid>,
) -> ApiResult<Response> {
    let definition = engine
        .find_definition(caller.scope(), id)
        .await?
        .ok_or_else(|| ApiError::not_found("definition", id))?;
    match engine.teller(&definition) {
        Readiness::Failed(fault) => Err(fault.into()),
        Readiness::Preparing(detail) => {
            let preparing = Preparing {
                state: "preparing".to_owned(),
                detail,
            };
            Ok((StatusCode::ACCEPTED, Json(preparing)).into_response())
        }
        Readiness::Ready(connector) => {
            let spec = engine.specification(&definition, &connector).await?;
            let answer = Spec {
                connection_specification: spec.connection_specification,
                documentation_url: definition.docs_url.or(spec.documentation_url),
                advanced_auth: spec.advanced_auth,
                advanced_auth_global_credentials_available: None,
            };
            Ok(Json(answer).into_response())
        }
    }
}
