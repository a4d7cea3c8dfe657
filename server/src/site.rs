//! The built site: scripts, wasm, styles, fonts and pictures, from inside the binary or, in debug builds, from disk.

use std::path::Path;

use axum::{
    Router,
    extract::Request,
    http::{HeaderMap, HeaderValue, StatusCode, header},
    response::{IntoResponse, Response},
    routing::get,
};
use leptos::{WasmSplitManifest, prelude::ArcStoredValue};
use rust_embed::{EmbeddedFile, RustEmbed};
use tower_http::services::{ServeDir, ServeFile};

/// The site as it was when this binary was built; empty in debug builds.
#[derive(RustEmbed)]
#[folder = "$TRIBUTARY_EMBED_SITE"]
struct Embedded;

/// Folders and files of the site's root that browsers ask for.
const FOLDERS: [&str; 3] = ["pkg", "fonts", "brands"];
const FILES: [&str; 5] = [
    "icons.svg",
    "mark.svg",
    "favicon.svg",
    "favicon.ico",
    "screenshot.png",
];

/// Which files of the browser's program each group of pages needs: a page names them, so that they come while the program
/// itself still loads. Only release builds have such groups; a site on disk is read by leptos itself.
pub fn split_manifest() -> Option<WasmSplitManifest> {
    let file = Embedded::get("pkg/__wasm_split_manifest.json")?;
    let groups = serde_json::from_slice(&file.data).ok()?;
    let linker = Embedded::iter().find_map(|path| linker(&path))?;
    Some(WasmSplitManifest(ArcStoredValue::new((
        "/pkg".to_owned(),
        groups,
        linker,
    ))))
}

/// The name of the script that joins fetched parts to the program, if this is its path.
fn linker(path: &str) -> Option<String> {
    let name = path.strip_prefix("pkg/")?;
    let is_script = Path::new(name).extension().is_some_and(|kind| kind == "js");
    (is_script && name.starts_with("__wasm_split.")).then(|| name.to_owned())
}

/// Answers everything that is a file of the site.
pub fn router<S: Clone + Send + Sync + 'static>(root: &Path) -> Router<S> {
    if Embedded::iter().next().is_none() {
        return from_disk(root);
    }
    let mut router = Router::new();
    for folder in FOLDERS {
        router = router.route(&format!("/{folder}/{{*path}}"), get(embedded));
    }
    for file in FILES {
        router = router.route(&format!("/{file}"), get(embedded));
    }
    router
}

fn from_disk<S: Clone + Send + Sync + 'static>(root: &Path) -> Router<S> {
    let mut router = Router::new();
    for folder in FOLDERS {
        let files = ServeDir::new(root.join(folder))
            .precompressed_br()
            .precompressed_gzip();
        router = router.nest_service(&format!("/{folder}"), files);
    }
    for file in FILES {
        router = router.route_service(&format!("/{file}"), ServeFile::new(root.join(file)));
    }
    router
}

async fn embedded(request: Request) -> Response {
    let path = request.uri().path().trim_start_matches('/');
    let Some((file, encoding)) = best_encoding(path, request.headers()) else {
        return StatusCode::NOT_FOUND.into_response();
    };
    let tag = entity_tag(&file);
    if request
        .headers()
        .get(header::IF_NONE_MATCH)
        .is_some_and(|known| known.as_bytes() == tag.as_bytes())
    {
        return StatusCode::NOT_MODIFIED.into_response();
    }
    let kind = content_type(path);
    let mut response = file.data.into_response();
    let headers = response.headers_mut();
    headers.insert(header::CONTENT_TYPE, HeaderValue::from_static(kind));
    // Names carry no hash: browsers ask again, and get "not modified" for a few bytes.
    headers.insert(
        header::CACHE_CONTROL,
        HeaderValue::from_static("public, no-cache"),
    );
    headers.insert(header::VARY, HeaderValue::from_static("accept-encoding"));
    if let Ok(tag) = HeaderValue::from_str(&tag) {
        headers.insert(header::ETAG, tag);
    }
    if let Some(encoding) = encoding {
        headers.insert(header::CONTENT_ENCODING, HeaderValue::from_static(encoding));
    }
    response
}

fn best_encoding(path: &str, headers: &HeaderMap) -> Option<(EmbeddedFile, Option<&'static str>)> {
    let accepted = headers
        .get(header::ACCEPT_ENCODING)
        .and_then(|value| value.to_str().ok())
        .unwrap_or_default();
    for (encoding, ending) in [("br", "br"), ("gzip", "gz")] {
        if accepted.split(',').any(|name| {
            name.split(';')
                .next()
                .is_some_and(|name| name.trim() == encoding)
        }) && let Some(file) = Embedded::get(&format!("{path}.{ending}"))
        {
            return Some((file, Some(encoding)));
        }
    }
    Embedded::get(path).map(|file| (file, None))
}

fn entity_tag(file: &EmbeddedFile) -> String {
    let hash = seal::token::hex(&file.metadata.sha256_hash()[..12]);
    format!("\"{hash}\"")
}

fn content_type(path: &str) -> &'static str {
    match path.rsplit('.').next().unwrap_or_default() {
        "js" => "text/javascript",
        "wasm" => "application/wasm",
        "css" => "text/css",
        "svg" => "image/svg+xml",
        "png" => "image/png",
        "ico" => "image/x-icon",
        "woff2" => "font/woff2",
        _ => "application/octet-stream",
    }
}
