//! The five calls of the integration hub under Airbyte's names: catalogue, recommendations, create, test, sample.

use std::time::Duration;

use axum::{Json, extract::State};
use hub::{
    Hub, Scope,
    connections::{Input, Target},
    samples::Reveal,
};
use model::{
    BusinessProfile, ConnectionId, IntegrationCard, Recommendation, SampleId, SampleView, TestId,
    TestView,
};
use serde::{Deserialize, Serialize};
use serde_json::Value;
use utoipa::ToSchema;
use utoipa_axum::{router::OpenApiRouter, routes};

use super::{caller::Caller, error::Problem, input::Body, path};
use crate::state::AppState;

/// How long a call waits for a connector before it answers with what is known so far.
const PATIENCE: Duration = Duration::from_secs(50);
const LOOK_EVERY: Duration = Duration::from_millis(150);

pub fn router() -> OpenApiRouter<AppState> {
    OpenApiRouter::new()
        .routes(routes!(sources))
        .routes(routes!(recommendations))
        .routes(routes!(create))
        .routes(routes!(test))
        .routes(routes!(sample))
}

/// Every source that can be connected, and where it runs.
#[utoipa::path(
    get, path = "/sources", tag = "airbyte", security(("key" = ["read"])),
    responses((status = 200, body = Vec<IntegrationCard>), (status = 401, body = Problem))
)]
async fn sources(
    State(hub): State<Hub>,
    Caller(scope): Caller,
) -> Result<Json<Vec<IntegrationCard>>, Problem> {
    Ok(Json(
        hub::integrations::list(&hub, &scope, "", None, None)
            .await?
            .hits,
    ))
}

#[derive(Debug, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
struct ProfileRequest {
    /// Without it, the tenant's own answers count.
    business_profile: Option<BusinessProfile>,
}

/// What to connect first for a business like this, each with its reason and what it unlocks.
#[utoipa::path(
    post, path = "/recommendations", tag = "airbyte", security(("key" = ["read"])), request_body = ProfileRequest,
    responses((status = 200, body = Vec<Recommendation>), (status = 401, body = Problem), (status = 422, body = Problem))
)]
async fn recommendations(
    State(hub): State<Hub>,
    Caller(scope): Caller,
    Body(request): Body<ProfileRequest>,
) -> Result<Json<Vec<Recommendation>>, Problem> {
    Ok(Json(match request.business_profile {
        Some(profile) => {
            hub::integrations::recommendations_for(&hub, &scope, Some(&profile)).await?
        }
        None => hub::integrations::recommendations(&hub, &scope).await?,
    }))
}

/// A source to create: a catalogue slug or an Airbyte source type, and the connector's settings.
#[derive(Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(example = json!({
    "tenantId": "ten_…",
    "sourceType": "postgres",
    "name": "Shop",
    "configuration": {
        "host": "db.example.com", "port": 5432, "database": "shop", "username": "reader", "password": "…"
    }
}))]
struct NewSource {
    /// Must be the tenant of the key.
    tenant_id: String,
    source_type: String,
    name: String,
    #[serde(default)]
    #[schema(value_type = Object)]
    configuration: Value,
}

/// The source that is being tested.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
struct CreatedSource {
    source_id: ConnectionId,
    test: TestView,
}

/// Create a source. The answer tells how its test went, or how far it is after 50 seconds.
#[utoipa::path(
    post, path = "/sources/create", tag = "airbyte", security(("key" = ["manage"])), request_body = NewSource,
    responses((status = 200, body = CreatedSource), (status = 401, body = Problem), (status = 404, body = Problem), (status = 422, body = Problem))
)]
async fn create(
    State(hub): State<Hub>,
    Caller(scope): Caller,
    Body(new): Body<NewSource>,
) -> Result<Json<CreatedSource>, Problem> {
    if path::id::<model::TenantId>(&new.tenant_id)? != scope.tenant() {
        return Err(Problem::not_found());
    }
    let slug = hub::integrations::slug_of(&hub, &scope, &new.source_type).await?;
    let slug = slug.ok_or_else(|| {
        Problem::field(
            "sourceType",
            "There is no such source. GET /api/airbyte/sources lists them.",
        )
    })?;
    let target = Target::New {
        slug,
        name: new.name,
    };
    let started = hub::connections::submit(&hub, &scope, target, Input::Json(&new.configuration))
        .await
        .map_err(Problem::of_settings)?;
    let test = wait_for_test(&hub, &scope, started).await?;
    Ok(Json(CreatedSource {
        source_id: test.connection,
        test,
    }))
}

#[derive(Debug, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
struct SourceRequest {
    source_id: String,
}

/// Test a source: named steps, then its streams are discovered.
#[utoipa::path(
    post, path = "/sources/test", tag = "airbyte", security(("key" = ["sync"])), request_body = SourceRequest,
    responses((status = 200, body = TestView), (status = 401, body = Problem), (status = 404, body = Problem))
)]
async fn test(
    State(hub): State<Hub>,
    Caller(scope): Caller,
    Body(request): Body<SourceRequest>,
) -> Result<Json<TestView>, Problem> {
    let started = hub::tests::start(&hub, &scope, path::id(&request.source_id)?).await?;
    Ok(Json(wait_for_test(&hub, &scope, started).await?))
}

/// Real rows of each stream, read through the connector and not stored. Personal data comes masked.
#[utoipa::path(
    post, path = "/sources/sample", tag = "airbyte", security(("key" = ["sample"])), request_body = SourceRequest,
    responses((status = 200, body = SampleView), (status = 401, body = Problem), (status = 404, body = Problem))
)]
async fn sample(
    State(hub): State<Hub>,
    Caller(scope): Caller,
    Body(request): Body<SourceRequest>,
) -> Result<Json<SampleView>, Problem> {
    let started = hub::samples::start(
        &hub,
        &scope,
        path::id(&request.source_id)?,
        Vec::new(),
        Reveal::Masked,
    )
    .await?;
    Ok(Json(wait_for_sample(&hub, &scope, started).await?))
}

async fn wait_for_test(hub: &Hub, scope: &Scope, id: TestId) -> Result<TestView, Problem> {
    let deadline = tokio::time::Instant::now() + PATIENCE;
    loop {
        let view = hub::tests::get(hub, scope, id).await?;
        if view.state.is_over() || tokio::time::Instant::now() > deadline {
            return Ok(view);
        }
        tokio::time::sleep(LOOK_EVERY).await;
    }
}

async fn wait_for_sample(hub: &Hub, scope: &Scope, id: SampleId) -> Result<SampleView, Problem> {
    let deadline = tokio::time::Instant::now() + PATIENCE;
    loop {
        let view = hub::samples::get(hub, scope, id).await?;
        if view.state.is_over() || tokio::time::Instant::now() > deadline {
            return Ok(view);
        }
        tokio::time::sleep(LOOK_EVERY).await;
    }
}
