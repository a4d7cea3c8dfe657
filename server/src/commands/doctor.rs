//! `doctor`: what is configured, what answers, what is wrong. Secrets stay hidden.

use std::{path::Path, process::ExitCode};

use model::Health;

use super::local::Local;
use crate::config::Settings;

/// Prints everything; exits 1 when a part is down.
pub async fn run(data_dir: &Path) -> anyhow::Result<ExitCode> {
    println!("tributary {}", env!("CARGO_PKG_VERSION"));
    println!(
        "data folder: {}\n",
        std::path::absolute(data_dir)?.display()
    );
    println!("Settings");
    let settings = Settings::read(data_dir)?.redacted();
    if settings.is_empty() {
        println!("  none; everything is at its default");
    }
    for (name, value, source) in settings {
        println!("  {name} = {value}  ({source})");
    }
    println!("\nParts");
    let local = Local::open(data_dir).await?;
    let parts = hub::health::all(local.hub()).await;
    local.close().await?;
    for part in &parts {
        println!(
            "  {:18} {:15} {}",
            part.name,
            part.health.label(),
            part.reason
        );
    }
    let down = parts.iter().any(|part| part.health == Health::Down);
    Ok(if down {
        ExitCode::FAILURE
    } else {
        ExitCode::SUCCESS
    })
}
