//! Uploaded files: streamed into the tenant's storage, looked at as they pass, remembered by id.

mod forget;

use bytes::Bytes;
use futures::{Stream, StreamExt};
use model::UploadId;
use object_store::{ObjectStoreExt, WriteMultipart, path::Path};
use sha2::{Digest, Sha256};
use store::{ids::Id, uploads};

use crate::{Error, Hub, Permission, Scope, acts};

pub(crate) use forget::forget;

/// Folder of the uploads below a tenant's prefix.
const FOLDER: &str = "uploads";
/// One part on its way to the storage: what S3 takes at least, and then some.
const PART: usize = 8 * 1024 * 1024;
/// Parts on their way at once.
const PARTS: usize = 4;
/// What is looked at to tell what a file is.
const HEAD: usize = 8 * 1024;

/// Where the uploads of a workspace are, from the whole storage; an id is one object directly below. `workspace` is the
/// engine's name of it, which is the tenant's id without its prefix.
pub fn folder(workspace: &str) -> Path {
    Path::from(workspace).join(FOLDER)
}

/// Stores a file; its configuration value is `upload://` and the id.
pub async fn put<S, E>(hub: &Hub, scope: &Scope, name: &str, mut body: S) -> Result<UploadId, Error>
where
    S: Stream<Item = Result<Bytes, E>> + Unpin,
    E: Into<anyhow::Error>,
{
    scope.require(Permission::Manage)?;
    let tenant = scope.tenant();
    let id = UploadId::fresh();
    let path = Path::from(FOLDER).join(id.to_string());
    let store = hub.storage().of(tenant);
    let upload = store
        .put_multipart(&path)
        .await
        .map_err(|error| refused(&error))?;
    let mut writer = WriteMultipart::new_with_chunk_size(upload, PART);
    let copied = copy(hub, name, &mut body, &mut writer).await;
    let (bytes, sha256) = match copied {
        Ok(copied) => copied,
        Err(error) => {
            if let Err(error) = writer.abort().await {
                tracing::warn!(%error, "a broken upload could not be taken back from the storage");
            }
            return Err(error);
        }
    };
    writer.finish().await.map_err(|error| refused(&error))?;
    let row = uploads::Upload {
        id,
        name: plain(name),
        bytes: i64::try_from(bytes).unwrap_or(i64::MAX),
        sha256,
        created_at: hub.clock().now(),
    };
    let mut tx = hub.store().tenant(tenant).await?;
    uploads::insert(&mut tx, tenant, &row).await?;
    acts::note(
        hub,
        &mut tx,
        scope,
        "upload.put",
        &id.to_string(),
        &row.name,
    )
    .await?;
    tx.commit().await?;
    Ok(id)
}

async fn copy<S, E>(
    hub: &Hub,
    name: &str,
    body: &mut S,
    writer: &mut WriteMultipart,
) -> Result<(u64, Vec<u8>), Error>
where
    S: Stream<Item = Result<Bytes, E>> + Unpin,
    E: Into<anyhow::Error>,
{
    let limit = hub.upload_limit_bytes();
    let mut digest = Sha256::new();
    let mut head: Vec<u8> = Vec::new();
    let mut checked = false;
    let mut bytes = 0_u64;
    while let Some(chunk) = body.next().await {
        let chunk = chunk.map_err(|_| Error::field("file", "The upload broke off. Try again."))?;
        bytes += u64::try_from(chunk.len()).unwrap_or(u64::MAX);
        if bytes > limit {
            return Err(Error::field(
                "file",
                format!(
                    "The file is larger than {} MB. Give an address to fetch it from instead.",
                    limit / 1_000_000
                ),
            ));
        }
        if !checked {
            let room = HEAD - head.len();
            head.extend_from_slice(&chunk[..chunk.len().min(room)]);
            if head.len() == HEAD {
                check(name, &head)?;
                checked = true;
            }
        }
        digest.update(&chunk);
        writer
            .wait_for_capacity(PARTS)
            .await
            .map_err(|error| refused(&error))?;
        writer.put(chunk);
    }
    if bytes == 0 {
        return Err(Error::field("file", "The file is empty."));
    }
    if !checked {
        check(name, &head)?;
    }
    Ok((bytes, digest.finalize().to_vec()))
}

/// What a file must begin with to be what its name says.
fn check(name: &str, head: &[u8]) -> Result<(), Error> {
    const ZIP: &[u8] = b"PK\x03\x04";
    const EMPTY_ZIP: &[u8] = b"PK\x05\x06";
    const OLD_EXCEL: &[u8] = b"\xd0\xcf\x11\xe0";
    const GZIP: &[u8] = b"\x1f\x8b";
    let ending = name
        .rsplit_once('.')
        .map(|(_, ending)| ending.to_ascii_lowercase())
        .unwrap_or_default();
    let is_text =
        !head.contains(&0) || head.starts_with(b"\xff\xfe") || head.starts_with(b"\xfe\xff");
    let fits = match ending.as_str() {
        "csv" | "tsv" | "txt" | "json" | "jsonl" | "ndjson" => is_text && !head.starts_with(ZIP),
        "xlsx" | "xlsm" => head.starts_with(ZIP),
        "xls" => head.starts_with(OLD_EXCEL) || head.starts_with(ZIP),
        "gz" => head.starts_with(GZIP),
        // One without files is told by the test, with what is missing.
        "zip" => head.starts_with(ZIP) || head.starts_with(EMPTY_ZIP),
        _ => {
            return Err(Error::field(
                "file",
                "Upload a CSV, TSV, JSON, JSON Lines or Excel file, or one of these packed as .gz or .zip.",
            ));
        }
    };
    if fits {
        Ok(())
    } else {
        Err(Error::field(
            "file",
            format!(
                "The content of this file is not what its name says (.{ending}). Save it again in that form."
            ),
        ))
    }
}

/// The name without folders and control characters.
fn plain(name: &str) -> String {
    let last = name.rsplit(['/', '\\']).next().unwrap_or_default();
    last.chars()
        .filter(|letter| !letter.is_control())
        .take(200)
        .collect()
}

fn refused(error: &object_store::Error) -> Error {
    tracing::warn!(%error, "the storage did not take an upload");
    Error::Upstream("The file could not be stored. Try again in a moment.".to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn files_must_be_what_their_name_says() {
        let good: [(&str, &[u8]); 7] = [
            ("a.csv", b"id,name\n1,x\n"),
            ("a.JSONL", b"{}\n"),
            ("a.xlsx", b"PK\x03\x04rest"),
            ("a.xls", b"\xd0\xcf\x11\xe0rest"),
            ("a.csv.gz", b"\x1f\x8brest"),
            ("a.ZIP", b"PK\x03\x04rest"),
            ("a.zip", b"PK\x05\x06rest"),
        ];
        for (name, head) in good {
            assert!(check(name, head).is_ok(), "{name}");
        }
        let bad: [(&str, &[u8]); 7] = [
            ("a.csv", b"PK\x03\x04"),
            ("a.csv", b"a\0b"),
            ("a.xlsx", b"id,name"),
            ("a.exe", b"MZ"),
            ("a", b"id"),
            ("a.gz", b"id"),
            ("a.zip", b"id"),
        ];
        for (name, head) in bad {
            assert!(check(name, head).is_err(), "{name}");
        }
    }

    #[test]
    fn names_lose_their_folders() {
        assert_eq!(plain("C:\\data\\a\nb.csv"), "ab.csv");
        assert_eq!(plain("../../etc/passwd"), "passwd");
    }

    #[test]
    fn the_engine_looks_where_uploads_are_put() {
        assert_eq!(folder("01abc").to_string(), "01abc/uploads");
    }
}
