//! The database everybody loads into, by way of psql.

use std::path::{Path, PathBuf};

use anyhow::{Context, Result};

use crate::{child, place, services::postgres::Postgres, setup::Tools};

use super::data::Stream;

pub const DATABASE: &str = "bench";

pub struct Destination<'a> {
    tools: &'a Tools,
    server: &'a Postgres,
}

impl<'a> Destination<'a> {
    pub fn new(tools: &'a Tools, server: &'a Postgres) -> Result<Self> {
        server.psql(
            tools,
            "postgres",
            &["-c", &format!("CREATE DATABASE {DATABASE}")],
        )?;
        Ok(Self { tools, server })
    }

    /// A command that finds the tools.
    pub fn command(&self, program: &str) -> std::process::Command {
        self.tools.command(program)
    }

    pub fn url(&self) -> String {
        self.server.database(DATABASE)
    }

    /// User, password, host and port out of the address.
    pub fn login(&self) -> Result<[String; 4]> {
        let url = self.server.url.clone();
        let parts = || {
            let (login, place) = url.strip_prefix("postgres://")?.split_once('@')?;
            let (user, password) = login.split_once(':')?;
            let (host, port) = place.split_once('/')?.0.split_once(':')?;
            Some([user, password, host, port].map(str::to_owned))
        };
        parts().context("the server's address has all its parts")
    }

    /// An empty schema, and a checkpoint.
    pub fn fresh(&self, schema: &str) -> Result<()> {
        self.sql(&format!(
            "DROP SCHEMA IF EXISTS {schema} CASCADE; CREATE SCHEMA {schema}"
        ))?;
        self.settle()
    }

    /// Writes to disk what is pending, so that nobody pays for who came before.
    pub fn settle(&self) -> Result<()> {
        self.sql("CHECKPOINT")
    }

    pub fn sql(&self, statements: &str) -> Result<()> {
        self.server.psql(self.tools, DATABASE, &["-c", statements])
    }

    /// Runs a script with one session: `\copy` included.
    pub fn script(&self, name: &str, lines: &[String]) -> Result<()> {
        let file = work_dir()?.join(format!("{name}.sql"));
        std::fs::write(&file, lines.join("\n"))?;
        self.server
            .psql(self.tools, DATABASE, &["-f", path(&file)?])
    }

    /// What the three tables of a schema hold, in a form two contenders can be compared by.
    pub fn contents(&self, schema: &str, streams: &[Stream], depth: Depth) -> Result<String> {
        let queries: Vec<_> = streams
            .iter()
            .map(|stream| {
                format!(
                    "SELECT '{}', {} FROM {schema}.{}",
                    stream.name,
                    sums(stream, depth),
                    stream.name
                )
            })
            .collect();
        let [user, password, host, port] = self.login()?;
        let mut psql = self.tools.command("psql");
        psql.env("PGHOST", host)
            .env("PGPORT", port)
            .env("PGUSER", user)
            .env("PGPASSWORD", password)
            .env("PGDATABASE", DATABASE)
            .args(["-X", "-q", "-A", "-t", "-c", "SET TimeZone = 'UTC'"]);
        for query in &queries {
            psql.args(["-c", query]);
        }
        child::output(&mut psql)
    }
}

/// How closely contents are compared.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Depth {
    /// Every column of every row goes into a sum.
    Columns,
    /// Rows, keys, and how new they are: peers choose types of their own.
    Keys,
}

fn sums(stream: &Stream, depth: Depth) -> String {
    let mut sums = vec![
        "count(*)".to_owned(),
        "sum(id)".to_owned(),
        "sum(extract(epoch FROM updated_at::timestamptz))".to_owned(),
    ];
    if depth == Depth::Columns {
        sums.extend(
            stream
                .columns
                .iter()
                .map(|(name, sql_type, _)| match *sql_type {
                    "BIGINT" | "NUMERIC" => format!("sum({name})"),
                    "VARCHAR" => format!("sum(hashtext({name}))"),
                    "BOOLEAN" => format!("count(*) FILTER (WHERE {name})"),
                    "JSONB" => format!("sum(hashtext({name}::text))"),
                    "DATE" => format!("sum({name} - DATE '2000-01-01')"),
                    _ => format!("sum(extract(epoch FROM {name}))"),
                }),
        );
    }
    sums.join(", ")
}

/// The statements that make a stream's plain table.
pub fn create(schema: &str, table: &str, stream: &Stream) -> String {
    let columns: Vec<_> = stream
        .columns
        .iter()
        .map(|(name, sql_type, _)| format!("{name} {sql_type}"))
        .collect();
    format!("CREATE TABLE {schema}.{table} ({});", columns.join(", "))
}

/// The column names of a stream.
pub fn columns(stream: &Stream) -> Vec<&'static str> {
    stream.columns.iter().map(|(name, _, _)| *name).collect()
}

/// Files of the bench itself.
pub fn work_dir() -> Result<PathBuf> {
    let dir = place::target().join("bench/work");
    std::fs::create_dir_all(&dir).with_context(|| format!("cannot make {}", dir.display()))?;
    Ok(dir)
}

pub fn path(file: &Path) -> Result<&str> {
    file.to_str()
        .with_context(|| format!("{} is not UTF-8", file.display()))
}
