//! What describes the hub: its database schema, its REST document, its routes.

use std::{collections::BTreeSet, path::Path, process::ExitCode};

use serde_json::json;

use super::configured;
use crate::{
    api,
    cli::Routes,
    databases::{self, Purpose},
};

/// Brings both databases to this version.
pub async fn migrate(data_dir: &Path) -> anyhow::Result<ExitCode> {
    let opened = databases::open(&configured(data_dir)?, Purpose::Command).await?;
    let migrated = opened.migrate().await;
    opened.close()?;
    migrated?;
    println!("Both databases are up to date");
    Ok(ExitCode::SUCCESS)
}

/// Prints the OpenAPI document.
pub fn openapi() -> anyhow::Result<ExitCode> {
    println!("{}", api::document().to_pretty_json()?);
    Ok(ExitCode::SUCCESS)
}

/// Lists pages, server functions, other forms, REST calls, documents and probes, each with its method.
pub fn routes(options: &Routes) -> anyhow::Result<ExitCode> {
    let routes = all_routes();
    if options.json {
        let listed: Vec<_> = routes
            .iter()
            .map(|(path, method, kind)| json!({ "method": method, "path": path, "kind": kind }))
            .collect();
        println!("{}", serde_json::to_string_pretty(&listed)?);
    } else {
        for (path, method, kind) in &routes {
            println!("{method:7} {path}  ({kind})");
        }
    }
    Ok(ExitCode::SUCCESS)
}

/// Path, method and kind.
type Route = (String, String, &'static str);

fn all_routes() -> BTreeSet<Route> {
    let pages = leptos_axum::generate_route_list(app::App)
        .into_iter()
        .map(|page| (page.path().to_owned(), "GET".to_owned(), "page"));
    let functions = leptos::server_fn::axum::server_fn_paths()
        .map(|(path, method)| (path.to_owned(), method.to_string(), "function"));
    let forms = app::server::FORMS.map(|path| (path.to_owned(), "POST".to_owned(), "form"));
    let probes = ["/healthz", "/readyz", "/metrics"];
    let documents = ["/api/v1/openapi.json", "/api/docs"];
    let fixed = probes
        .map(|path| (path, "probe"))
        .into_iter()
        .chain(documents.map(|path| (path, "document")))
        .map(|(path, kind)| (path.to_owned(), "GET".to_owned(), kind));
    pages
        .chain(functions)
        .chain(forms)
        .chain(fixed)
        .chain(calls())
        .collect()
}

/// The calls of the REST API, as its own document lists them.
fn calls() -> Vec<Route> {
    let document = serde_json::to_value(api::document()).unwrap_or_default();
    let paths = document["paths"].as_object().cloned().unwrap_or_default();
    paths
        .into_iter()
        .flat_map(|(path, item)| {
            let methods = item.as_object().cloned().unwrap_or_default();
            methods
                .into_iter()
                .map(move |(method, _)| (path.clone(), method.to_uppercase(), "rest"))
        })
        .collect()
}
