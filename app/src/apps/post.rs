//! Downloads of bundles: plain form posts whose answer is a file, or the page again with what was wrong.

use axum::{
    Extension, Form,
    extract::{Path, State},
    http::{HeaderValue, header},
    response::{IntoResponse, Response},
};
use hub::{Hub, apps::Download};
use model::AppId;
use secrecy::ExposeSecret;
use serde::Deserialize;

use crate::{
    error::Error,
    paths,
    server::{self, Caller},
};

/// What both forms send. The password is checked and forgotten.
#[derive(Deserialize)]
pub struct Confirmed {
    password: String,
}

/// The file as it is; with the database password the first time.
pub async fn bundle(
    State(hub): State<Hub>,
    Extension(caller): Extension<Caller>,
    Path(id): Path<String>,
    Form(form): Form<Confirmed>,
) -> Response {
    let made = async {
        let (scope, id) = who(&hub, &caller, &id).await?;
        Ok(hub::apps::download(&hub, &scope, id, &form.password).await?)
    };
    answer(
        made.await,
        &format!("{}/{id}/bundle", paths::APPS),
        &format!("{}/{id}", paths::APPS),
    )
}

/// A new database password, and the file that holds it.
pub async fn rotate(
    State(hub): State<Hub>,
    Extension(caller): Extension<Caller>,
    Path(id): Path<String>,
    Form(form): Form<Confirmed>,
) -> Response {
    let made = async {
        let (scope, id) = who(&hub, &caller, &id).await?;
        Ok(hub::apps::rotate(&hub, &scope, id, &form.password).await?)
    };
    let path = format!("{}/{id}/rotate", paths::APPS);
    answer(made.await, &path, &path)
}

async fn who(hub: &Hub, caller: &Caller, id: &str) -> Result<(hub::Scope, AppId), Error> {
    let scope = caller.scope(hub).await?;
    Ok((scope, server::id(id)?))
}

fn answer(made: Result<Download, Error>, form: &str, page: &str) -> Response {
    match made {
        Ok(download) => file(&download),
        Err(error) => server::back_to_form(form, page, Vec::new(), error),
    }
}

fn file(download: &Download) -> Response {
    let disposition = format!("attachment; filename=\"{}\"", download.file_name);
    let mut response = download.text.expose_secret().to_owned().into_response();
    let headers = response.headers_mut();
    headers.insert(
        header::CONTENT_TYPE,
        HeaderValue::from_static("text/plain; charset=utf-8"),
    );
    headers.insert(header::CACHE_CONTROL, HeaderValue::from_static("no-store"));
    if let Ok(disposition) = HeaderValue::from_str(&disposition) {
        headers.insert(header::CONTENT_DISPOSITION, disposition);
    }
    response
}
