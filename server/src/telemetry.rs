//! Logs: one line an event, fields instead of sentences, JSON when asked for. Always on stderr: stdout belongs to
//! commands.

use tracing_subscriber::{EnvFilter, fmt};

use crate::config::{Config, LogFormat};

/// Starts logging; the second call of a process changes nothing.
pub fn start(config: &Config) {
    start_with(config, &config.log_filter);
}

/// For commands: their output is the answer, so only what goes wrong is logged.
pub fn start_quietly(config: &Config) {
    start_with(config, "warn");
}

fn start_with(config: &Config, filter: &str) {
    let filter = EnvFilter::try_new(filter).unwrap_or_else(|_| EnvFilter::new("info"));
    let base = fmt()
        .with_env_filter(filter)
        .with_writer(std::io::stderr)
        // A log that nobody takes any more must not end what logs: the complaint about it would panic.
        .log_internal_errors(false)
        .with_target(true);
    let _already_started = match config.log_format {
        LogFormat::Text => base.compact().try_init(),
        LogFormat::Json => base.json().flatten_event(true).try_init(),
    };
}
