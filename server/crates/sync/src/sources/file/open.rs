//! Reaching the file: a guarded download, a bucket, or an upload of the workspace.

use std::io;

use bytes::Bytes;
use futures::TryStreamExt;
use futures::stream::BoxStream;
use object_store::{Error as StoreError, ObjectStoreExt};
use reqwest::header::RETRY_AFTER;
use reqwest::{Method, Response, StatusCode, Url};
use time::OffsetDateTime;
use tokio_util::io::{StreamReader, SyncIoBridge};

use super::config::Location;
use crate::connector::RunContext;
use crate::fault::{Fault, Kind};
use crate::outbound::{Outbound, Purpose};

const UPLOAD: &str = "upload://";

/// A file whose bytes can be read from a thread of its own.
pub struct Opened {
    pub reader: Box<dyn io::Read + Send>,
    /// As announced; not trusted.
    pub size: Option<u64>,
}

/// Opens the file; nothing but its beginning is fetched until it is read.
pub async fn open(location: &Location, cx: &RunContext) -> Result<Opened, Fault> {
    let (stream, size) = match location {
        Location::Url { url } => download(url, cx).await?,
        Location::Upload { file } => upload(file, cx).await?,
        Location::S3(object) => streamed(object.get(cx).await?),
    };
    if let Some(size) = size.filter(|size| *size > cx.limits.download_bytes) {
        return Err(too_large(size, cx.limits.download_bytes));
    }
    Ok(Opened {
        reader: Box::new(SyncIoBridge::new(StreamReader::new(stream))),
        size,
    })
}

pub fn too_large(size: u64, limit: u64) -> Fault {
    Fault::data(format!(
        "The file is larger than allowed ({}; the limit is {}). Split it, or ask the operator to allow more.",
        crate::process::plain_bytes(size),
        crate::process::plain_bytes(limit)
    ))
}

type Chunks = BoxStream<'static, io::Result<Bytes>>;

async fn download(url: &str, cx: &RunContext) -> Result<(Chunks, Option<u64>), Fault> {
    let url = Url::parse(url.trim()).map_err(|_| {
        Fault::config(
            "This is not a web address. It should look like https://example.com/prices.csv.",
        )
        .at_field("location.url")
    })?;
    let request =
        cx.outbound.request(Method::GET, url).build().map_err(|_| {
            Fault::config("This address cannot be called.").at_field("location.url")
        })?;
    let answer = cx
        .outbound
        .send(request, Purpose::Download)
        .await
        .map_err(|fault| fault.at_field("location.url"))?;
    if answer.status() != StatusCode::OK {
        return Err(refused(&answer).at_field("location.url"));
    }
    Ok(streamed(answer))
}

fn streamed(answer: Response) -> (Chunks, Option<u64>) {
    let size = answer.content_length();
    let chunks = answer.bytes_stream().map_err(io::Error::other);
    (Box::pin(chunks), size)
}

/// When the server wants to be asked again, where it says so.
pub fn until(answer: &Response) -> Option<OffsetDateTime> {
    let text = answer.headers().get(RETRY_AFTER)?.to_str().ok()?;
    Outbound::retry_after(text)
}

fn refused(answer: &Response) -> Fault {
    match answer.status() {
        StatusCode::NOT_FOUND | StatusCode::GONE => Fault::config(
            "There is no file at this address (the server says 404). Check the address.",
        ),
        StatusCode::UNAUTHORIZED | StatusCode::FORBIDDEN => Fault::forbidden(
            "The server does not give this file to everyone. Use a link that works without signing in, or upload the file.",
        ),
        StatusCode::TOO_MANY_REQUESTS => Fault::new(
            Kind::RateLimited {
                until: until(answer),
            },
            "The server asks to call it less often.",
        ),
        status if status.is_server_error() => {
            Fault::upstream(format!("The server failed (it says {}).", status.as_u16()))
        }
        status => Fault::config(format!(
            "The server did not give the file (it says {}).",
            status.as_u16()
        )),
    }
}

async fn upload(file: &str, cx: &RunContext) -> Result<(Chunks, Option<u64>), Fault> {
    let gone = || {
        Fault::config("The uploaded file is no longer there. Upload it again.")
            .at_field("location.file")
    };
    let id = file.strip_prefix(UPLOAD).filter(|id| {
        !id.is_empty()
            && id
                .bytes()
                .all(|byte| byte.is_ascii_alphanumeric() || byte == b'_' || byte == b'-')
    });
    let id = id.ok_or_else(|| Fault::config("Upload a file first.").at_field("location.file"))?;
    let uploads = cx.uploads.as_ref().ok_or_else(|| {
        Fault::unsupported("Uploaded files cannot be read here. Use a web address.")
            .at_field("location.file")
    })?;
    let found = uploads
        .store
        .get(&uploads.prefix.clone().join(id))
        .await
        .map_err(|error| match error {
            StoreError::NotFound { .. } => gone(),
            error => Fault::upstream("The storage of uploaded files does not answer.")
                .with_detail(error.to_string()),
        })?;
    let size = found.meta.size;
    Ok((
        Box::pin(found.into_stream().map_err(io::Error::other)),
        Some(size),
    ))
}
