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
    let settings = Settings::read(data_dir)?;
    for (name, value, source) in settings.redacted() {
        println!("  {name} = {value}  ({source})");
    }
    println!("\nNot set");
    for setting in settings.unset() {
        println!("  {:33} {}", setting.name, setting.help);
    }
    println!("\nParts");
    let local = Local::open(data_dir).await?;
    let parts = Box::pin(hub::health::all(local.hub())).await;
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
