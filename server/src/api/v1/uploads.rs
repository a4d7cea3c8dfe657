//! Uploads: a file of a tenant, for connectors that read files.

use axum::{
    Json,
    body::Body,
    extract::{DefaultBodyLimit, FromRequest, Multipart, Request, State},
    http::{StatusCode, header},
};
use futures::{Stream, TryStreamExt};
use hub::Hub;
use serde::Serialize;
use utoipa::ToSchema;
use utoipa_axum::{router::OpenApiRouter, routes};

use crate::{
    api::{caller::Caller, error::Problem},
    state::AppState,
};

pub fn router() -> OpenApiRouter<AppState> {
    // Bounded by the hub's own limit of uploads, which is far above that of other bodies.
    OpenApiRouter::new()
        .routes(routes!(put))
        .layer(DefaultBodyLimit::disable())
}

/// The stored file.
#[derive(Debug, Serialize, ToSchema)]
struct Uploaded {
    upload: model::UploadId,
    /// What to put into a configuration.
    url: String,
}

/// Upload a file: as the part `file` of a form, or as the whole body with its name in `?name=`.
#[utoipa::path(
    post, path = "/uploads", tag = "connections", security(("key" = ["manage"])),
    params(("name" = Option<String>, Query, description = "Name of a file that is sent as the whole body.")),
    request_body(content = Vec<u8>, content_type = "multipart/form-data"),
    responses((status = 201, body = Uploaded), (status = 401, body = Problem), (status = 422, body = Problem))
)]
async fn put(
    State(hub): State<Hub>,
    Caller(scope): Caller,
    request: Request,
) -> Result<(StatusCode, Json<Uploaded>), Problem> {
    let upload = if is_form(&request) {
        let mut form = Multipart::from_request(request, &())
            .await
            .map_err(|error| Problem::unreadable(error.body_text()))?;
        let field = form
            .next_field()
            .await
            .map_err(|error| Problem::unreadable(error.body_text()))?;
        let field =
            field.ok_or_else(|| Problem::field("file", "Send the file as a part of the form."))?;
        let name = field.file_name().unwrap_or("upload").to_owned();
        store(&hub, &scope, &name, field).await?
    } else {
        let name = request
            .uri()
            .query()
            .and_then(|query| query.strip_prefix("name="))
            .unwrap_or("upload")
            .to_owned();
        store(
            &hub,
            &scope,
            &name,
            Body::into_data_stream(request.into_body()),
        )
        .await?
    };
    Ok((
        StatusCode::CREATED,
        Json(Uploaded {
            url: format!("upload://{upload}"),
            upload,
        }),
    ))
}

fn is_form(request: &Request) -> bool {
    request
        .headers()
        .get(header::CONTENT_TYPE)
        .and_then(|kind| kind.to_str().ok())
        .is_some_and(|kind| kind.starts_with("multipart/form-data"))
}

async fn store<E>(
    hub: &Hub,
    scope: &hub::Scope,
    name: &str,
    body: impl Stream<Item = Result<axum::body::Bytes, E>>,
) -> Result<model::UploadId, Problem>
where
    E: std::error::Error + Send + Sync + 'static,
{
    Ok(hub::uploads::put(hub, scope, name, Box::pin(body.map_err(anyhow::Error::new))).await?)
}
