//! What describes the hub: its database schema, its REST document, its routes.

use std::{collections::BTreeSet, path::Path, process::ExitCode};

use serde_json::json;

use super::config;
use crate::{
    api,
    cli::Routes,
    databases::{self, Purpose},
};

/// Brings both databases to this version.
pub async fn migrate(data_dir: &Path) -> anyhow::Result<ExitCode> {
    let opened = databases::open(&config(data_dir)?, Purpose::Command).await?;
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

/// Lists pages, REST calls and probes, each with its method.
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

fn all_routes() -> BTreeSet<(String, String, &'static str)> {
    let pages = leptos_axum::generate_route_list(app::App)
        .into_iter()
        .map(|page| (page.path().to_owned(), "GET".to_owned(), "page"));
    let probes = ["/healthz", "/readyz", "/metrics", "/api/v1/openapi.json"]
        .map(|path| (path.to_owned(), "GET".to_owned(), "probe"));
    let document = serde_json::to_value(api::document()).unwrap_or_default();
    let calls = document["paths"]
        .as_object()
        .cloned()
        .unwrap_or_default()
        .into_iter()
        .flat_map(|(path, item)| {
            let methods: Vec<String> = item
                .as_object()
                .map(|methods| methods.keys().map(|name| name.to_uppercase()).collect())
                .unwrap_or_default();
            methods
                .into_iter()
                .map(move |method| (path.clone(), method, "rest"))
        });
    pages.chain(probes).chain(calls).collect()
}
