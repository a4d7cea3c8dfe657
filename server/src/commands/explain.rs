//! `explain`: an integration YAML as what moves its data directly, and as what Airbyte is told.

use std::{fs, path::Path, process::ExitCode};

use anyhow::Context;
use serde_json::{Value, json};
use sync::integration::{Airbyte, Direct, Integration, Problem, Reader, Source};

use super::configured;
use crate::cli::Explain;

pub fn run(data_dir: &Path, options: &Explain) -> anyhow::Result<ExitCode> {
    let document = text(&options.file)?;
    let types = match &options.types {
        Some(types) => Some(types.clone()),
        None => configured(data_dir)?.integration_types,
    };
    let types = types.as_deref().map(text).transpose()?;
    match Integration::read(&document, types.as_deref()) {
        Ok(integrations) if options.json => {
            let all: Vec<Value> = integrations.iter().map(as_json).collect();
            let refusals = in_a_workspace(&document, types.as_deref());
            print_json(&json!({ "integrations": all, "refused_in_a_workspace": refusals }))?;
            Ok(ExitCode::SUCCESS)
        }
        Ok(integrations) => {
            let all: Vec<String> = integrations.iter().map(as_text).collect();
            print!("{}", all.join("\n"));
            for refusal in in_a_workspace(&document, types.as_deref()) {
                println!("note: a workspace refuses this document: {refusal}");
            }
            Ok(ExitCode::SUCCESS)
        }
        Err(problems) => {
            if options.json {
                print_json(&json!({ "errors": problems }))?;
            } else {
                eprintln!("{}:\n{problems}", options.file.display());
            }
            Ok(ExitCode::FAILURE)
        }
    }
}

/// What a document that is right for an Airbyte elsewhere is refused for where rows land in a workspace's tables.
fn in_a_workspace(document: &str, types: Option<&str>) -> Vec<Problem> {
    let read = Integration::read_for(Reader::Workspace, document, types);
    read.err().map(|problems| problems.0).unwrap_or_default()
}

fn text(file: &Path) -> anyhow::Result<String> {
    fs::read_to_string(file).with_context(|| format!("{} can't be read", file.display()))
}

fn print_json(value: &Value) -> anyhow::Result<()> {
    println!("{}", serde_json::to_string_pretty(value)?);
    Ok(())
}

fn as_json(integration: &Integration) -> Value {
    json!({
        "name": integration.name,
        "type": integration.type_name(),
        "description": integration.description,
        "secrets": integration.secrets,
        "sender": integration.sender(),
        "direct": integration.direct(),
        "airbyte": integration.airbyte(),
    })
}

fn as_text(integration: &Integration) -> String {
    let mut page = Page::default();
    page.line(
        0,
        &format!("{} ({})", integration.name, integration.type_name()),
    );
    if let Some(description) = &integration.description {
        page.line(1, description);
    }
    let secrets = match &integration.secrets[..] {
        [] => "none".to_owned(),
        names => names.join(", "),
    };
    page.line(1, &format!("Secrets it needs: {secrets}"));
    if let Some(sender) = integration.sender() {
        page.line(
            1,
            &format!("Events: come in by themselves, signed as {sender}"),
        );
    }
    direct(&mut page, &integration.direct());
    airbyte(&mut page, &integration.airbyte());
    page.0
}

fn direct(page: &mut Page, direct: &Direct) {
    match direct {
        Direct::Manifest {
            endpoints,
            manifest,
            configuration,
        } => {
            page.line(1, "Directly: a low-code manifest, run in this process");
            for endpoint in endpoints {
                page.line(2, endpoint);
            }
            page.value(2, "configuration", configuration);
            page.value(2, "manifest", manifest);
        }
        Direct::BuiltIn {
            source,
            configuration,
            notes,
        } => {
            page.line(1, &format!("Directly: the built-in source {source}"));
            page.value(2, "configuration", configuration);
            for note in notes {
                page.line(2, &format!("note: {note}"));
            }
        }
    }
}

fn airbyte(page: &mut Page, airbyte: &Airbyte) {
    let Source {
        connector,
        source_type,
        definition,
        authentication,
        configuration,
    } = &airbyte.source;
    let same = if connector == source_type {
        String::new()
    } else {
        format!(" (sourceType {source_type})")
    };
    page.line(1, &format!("By Airbyte: the source {connector}{same}"));
    if let Some(authentication) = authentication {
        page.line(2, &format!("authentication: {authentication}"));
    }
    if definition.is_some() {
        page.line(2, "definition: made from the manifest above");
    }
    page.value(2, "configuration", configuration);
    page.value(2, "destination", &airbyte.destination);
    page.value(2, "schedule", &airbyte.schedule);
    for note in &airbyte.notes {
        page.line(2, &format!("note: {note}"));
    }
}

/// Text for people, one thought a line, deeper ones further in.
#[derive(Default)]
struct Page(String);

impl Page {
    fn line(&mut self, depth: usize, text: &str) {
        let indent = "  ".repeat(depth);
        for line in text.lines() {
            self.0.push_str(&indent);
            self.0.push_str(line);
            self.0.push('\n');
        }
    }

    /// Short values stay on their line.
    fn value(&mut self, depth: usize, name: &str, value: &Value) {
        const SHORT: usize = 100;
        let written = match value.to_string() {
            short if short.len() <= SHORT => short,
            _ => format!("{value:#}"),
        };
        self.line(depth, &format!("{name}: {written}"));
    }
}
