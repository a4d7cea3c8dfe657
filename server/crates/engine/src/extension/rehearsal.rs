//! `POST /x/rehearsal`: one try against an API that fails as it is told to.

use airbyte::extension::{RehearsalTried, RehearsalTry};
use axum::Json;
use axum::extract::State;

use crate::Engine;
use crate::api::Body;
use crate::auth::Caller;
use crate::problem::ApiResult;
use crate::rehearsal;

pub async fn attempt(
    State(engine): State<Engine>,
    caller: Caller,
    Body(wanted): Body<RehearsalTry>,
) -> ApiResult<Json<RehearsalTried>> {
    caller.require_all()?;
    let _place = engine.operation_permit().await?;
    Ok(Json(Box::pin(rehearsal::attempt(&engine, wanted)).await?))
}
