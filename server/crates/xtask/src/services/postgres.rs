//! A throw-away PostgreSQL, tuned to forget: nothing is synced to disk.

use std::{
    env, fs,
    io::{Read, Write},
    path::Path,
    process::Command,
};

use anyhow::{Context, Result};

use super::{Account, Server, memory::Memory, scratch_in};
use crate::{child, place, setup::Tools};

/// Settings of a server whose data nobody needs tomorrow.
const SETTINGS: &[&str] = &[
    "listen_addresses=127.0.0.1",
    "fsync=off",
    "synchronous_commit=off",
    "full_page_writes=off",
    "max_connections=400",
    "shared_buffers=256MB",
    "max_wal_size=1GB",
    "logging_collector=off",
];

/// Settings of a server whose speed is to be measured: as careful with data as one in production.
const DURABLE: &[&str] = &[
    "listen_addresses=127.0.0.1",
    "fsync=on",
    "max_connections=50",
    "shared_buffers=512MB",
    "max_wal_size=4GB",
    "logging_collector=off",
];

/// A running server and the address of its superuser.
pub struct Postgres {
    _server: Server,
    port: u16,
    password: String,
    /// Of the superuser, in the database `postgres`.
    pub url: String,
}

impl Postgres {
    /// Its files are in that folder, if one is given.
    pub fn start(tools: &Tools, memory: Option<&Memory>) -> Result<Self> {
        let on_disk = env::temp_dir();
        let place = memory.map_or(on_disk.as_path(), Memory::path);
        Self::start_with(tools, place, SETTINGS)
    }

    /// One that syncs to disk.
    pub fn start_durable(tools: &Tools) -> Result<Self> {
        Self::start_with(tools, &env::temp_dir(), DURABLE)
    }

    fn start_with(tools: &Tools, place: &Path, settings: &[&str]) -> Result<Self> {
        let account = Account::unprivileged()?;
        let dir = scratch_in(place, "postgres", &account)?;
        let password = password()?;
        let data = dir.join("data");
        init(tools, &account, &dir, &password)?;
        let port = place::free_port()?;
        let mut command = Command::new(tools.postgres.join("postgres"));
        command
            .arg("-D")
            .arg(&data)
            .arg("-k")
            .arg(&dir)
            .args(["-p", &port.to_string()]);
        for setting in settings {
            command.args(["-c", setting]);
        }
        let mut server = Server::start("PostgreSQL", dir.clone(), &command, &account)?;
        let log = dir.join("server.log");
        server.wait_until(|| says_ready(&log))?;
        let url = format!("postgres://postgres:{password}@127.0.0.1:{port}/postgres");
        Ok(Self {
            _server: server,
            port,
            password,
            url,
        })
    }

    /// The address of another database of this server.
    pub fn database(&self, name: &str) -> String {
        let (server, _) = self
            .url
            .rsplit_once('/')
            .expect("the address ends in a database");
        format!("{server}/{name}")
    }

    /// Runs a file or a statement with psql; the login goes by the environment, where other accounts cannot see it.
    pub fn psql(&self, tools: &Tools, database: &str, arguments: &[&str]) -> Result<()> {
        let mut psql = tools.command("psql");
        psql.env("PGHOST", "127.0.0.1")
            .env("PGPORT", self.port.to_string())
            .env("PGUSER", "postgres")
            .env("PGPASSWORD", &self.password)
            .env("PGDATABASE", database)
            .args(["-X", "-q", "-v", "ON_ERROR_STOP=1"])
            .args(arguments);
        child::output(psql.env("PGOPTIONS", "-c client_min_messages=warning")).map(drop)
    }
}

fn init(tools: &Tools, account: &Account, dir: &Path, password: &str) -> Result<()> {
    let file = dir.join("password");
    fs::File::create_new(&file)?.write_all(password.as_bytes())?;
    account.give(&file)?;
    let mut initdb = Command::new(tools.postgres.join("initdb"));
    initdb.args([
        "--username=postgres",
        "--auth=scram-sha-256",
        "--encoding=UTF8",
        "--locale=C.UTF-8",
        "--no-sync",
    ]);
    initdb
        .arg("--pgdata")
        .arg(dir.join("data"))
        .arg("--pwfile")
        .arg(&file)
        .current_dir(dir);
    account.apply(&mut initdb);
    child::output(&mut initdb).context("cannot make a database folder")?;
    Ok(fs::remove_file(file)?)
}

fn says_ready(log: &Path) -> bool {
    fs::read_to_string(log)
        .is_ok_and(|text| text.contains("database system is ready to accept connections"))
}

/// Other accounts of this machine can reach the port, so even a throw-away server has a password.
pub fn password() -> Result<String> {
    let mut bytes = [0_u8; 16];
    fs::File::open("/dev/urandom")?.read_exact(&mut bytes)?;
    Ok(format!("{:032x}", u128::from_ne_bytes(bytes)))
}
