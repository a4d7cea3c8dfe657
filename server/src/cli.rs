//! The command line: what can be asked of `tributary`, and nothing of how it is done.

use std::{net::SocketAddr, path::PathBuf};

use clap::{Args, Parser, Subcommand, ValueEnum};

/// The multi-tenant integration hub.
#[derive(Debug, Parser)]
#[command(name = "tributary", version, propagate_version = true)]
pub struct Cli {
    #[command(subcommand)]
    pub command: Command,

    /// Folder of everything this hub keeps: keys, embedded database, storage, mails. Default: $TRIBUTARY_DATA_DIR, else
    /// `data`.
    #[arg(long, global = true)]
    pub data_dir: Option<PathBuf>,
}

impl Cli {
    /// Whether this process is one connector, of which there may be many at once.
    pub const fn is_connector(&self) -> bool {
        matches!(self.command, Command::Source(_) | Command::Destination(_))
    }
}

#[derive(Debug, Subcommand)]
pub enum Command {
    /// Run the hub: web, worker and engine.
    Serve(Serve),
    /// Bring the databases to this version's schema.
    Migrate,
    /// Print the OpenAPI document of the REST API.
    Openapi,
    /// List every route the server answers.
    Routes(Routes),
    /// Platform administrators.
    #[command(subcommand)]
    Admin(Admin),
    /// Tenants.
    #[command(subcommand)]
    Tenant(Tenant),
    /// API keys.
    #[command(subcommand)]
    ApiKey(ApiKey),
    /// List connections by name or pattern, one JSON line each.
    Connections(Connections),
    /// Sync one connection.
    Sync(Sync),
    /// Run a built-in source as a plain Airbyte source: messages on stdout, nothing else.
    Source(sync::connector::command::Arguments),
    /// Run the loader as a plain Airbyte destination: messages on stdin, committed states on stdout.
    #[command(subcommand)]
    Destination(Destination),
    /// Show what an integration YAML becomes: the direct configuration and the Airbyte one; exit 1 with every mistake
    /// and its place.
    Explain(Explain),
    /// Add what an integration YAML describes to a tenant: HTTP APIs to its catalogue, databases and files as connections
    /// that wait for their secrets; prints a JSON line each, and exits 1 when one was refused.
    Apply(Apply),
    /// The embedded Airbyte API.
    #[command(subcommand)]
    Engine(Engine),
    /// The keys that protect stored secrets.
    #[command(subcommand)]
    Keys(Keys),
    /// The audit log.
    #[command(subcommand)]
    Audit(Audit),
    /// Show what is configured, what is reachable and what is wrong; secrets stay hidden.
    Doctor,
}

#[derive(Debug, Args)]
pub struct Serve {
    /// Address to listen on; port 0 picks a free one.
    #[arg(long, default_value = "127.0.0.1:3000")]
    pub addr: SocketAddr,
    /// Which parts this process runs.
    #[arg(long, value_enum, default_value = "all")]
    pub role: Role,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum Role {
    All,
    Web,
    Worker,
}

#[derive(Debug, Args)]
pub struct Routes {
    /// Print JSON.
    #[arg(long)]
    pub json: bool,
}

#[derive(Debug, Subcommand)]
pub enum Admin {
    /// Make a platform administrator; the password is read from stdin.
    Create {
        #[arg(long)]
        email: String,
    },
}

#[derive(Debug, Subcommand)]
pub enum Tenant {
    /// Make a tenant and prepare everything it owns; prints JSON.
    Create {
        #[arg(long)]
        name: String,
        #[arg(long)]
        owner_email: String,
        /// Return when it is ready, or exit 1 when it failed.
        #[arg(long)]
        wait: bool,
    },
}

#[derive(Debug, Subcommand)]
pub enum ApiKey {
    /// Make an API key and print it once.
    Create {
        /// Tenant id (`ten_…`).
        #[arg(long)]
        tenant: String,
        /// One or more of read, sample, sync, manage, audit, admin.
        #[arg(long = "scope", required = true, num_args = 1..)]
        scopes: Vec<String>,
        #[arg(long, default_value = "command line")]
        name: String,
    },
}

#[derive(Debug, Args)]
pub struct Connections {
    /// Name, or pattern: `*` stands for anything, `?` for one character.
    #[arg(default_value = "*")]
    pub pattern: String,
    /// Only of this tenant (`ten_…`).
    #[arg(long)]
    pub tenant: Option<String>,
}

#[derive(Debug, Args)]
pub struct Sync {
    /// Tenant id (`ten_…`); without it the name is looked for in all of them.
    #[arg(long)]
    pub tenant: Option<String>,
    /// Name of the connection, or a pattern that fits one: `mysql (PROD)*`.
    #[arg(long)]
    pub connection: String,
    /// Leave the direct way out, to see the fallback work.
    #[arg(long)]
    pub force_fallback: bool,
    /// Tell each request and each question to a database in the run's log, as far as this hub's own readers ask them.
    #[arg(long)]
    pub debug: bool,
    /// Return when the run is over, with its result; exit 1 when it failed.
    #[arg(long)]
    pub wait: bool,
}

#[derive(Debug, Subcommand)]
pub enum Destination {
    /// The PostgreSQL loader: spec, check or write.
    #[command(subcommand)]
    Postgres(Loader),
}

#[derive(Debug, Subcommand)]
pub enum Loader {
    /// Print what the configuration looks like.
    Spec,
    /// Try a configuration.
    Check {
        #[arg(long)]
        config: PathBuf,
    },
    /// Load the messages on stdin.
    Write {
        #[arg(long)]
        config: PathBuf,
        #[arg(long)]
        catalog: PathBuf,
    },
}

#[derive(Debug, Args)]
pub struct Explain {
    /// The integration YAML.
    #[arg(short, long)]
    pub file: PathBuf,
    /// A YAML file of custom types that it may use. Default: $TRIBUTARY_INTEGRATION_TYPES.
    #[arg(long)]
    pub types: Option<PathBuf>,
    /// Print JSON.
    #[arg(long)]
    pub json: bool,
}

#[derive(Debug, Args)]
pub struct Apply {
    /// The integration YAML.
    #[arg(short, long)]
    pub file: PathBuf,
    /// Tenant id (`ten_…`).
    #[arg(long)]
    pub tenant: String,
}

#[derive(Debug, Subcommand)]
pub enum Engine {
    /// Print base URL, client id and secret, and workspace id as JSON.
    Credentials {
        /// Tenant id; without it, credentials that see every workspace.
        #[arg(long)]
        tenant: Option<String>,
    },
}

#[derive(Debug, Subcommand)]
pub enum Keys {
    /// Make a new key, put everything that is sealed under it, and say how much that was. Stop every hub first. When it is
    /// interrupted, run it again.
    Rotate,
}

#[derive(Debug, Subcommand)]
pub enum Audit {
    /// Recompute the chain of every audit log and name the first line that does not fit.
    Verify,
}
