//! A throw-away MariaDB with one login, for the tests of the MySQL source.

use std::{fs, io::Write, path::Path, process::Command};

use anyhow::Result;

use super::{Account, Server, postgres, scratch};
use crate::{child, place, setup::Tools};

/// Nothing here must survive a crash, logins go by address alone, and an interrupt ends it, which it else would not.
const SETTINGS: [&str; 4] = [
    "--bind-address=127.0.0.1",
    "--skip-name-resolve",
    "--innodb-flush-log-at-trx-commit=0",
    "--debug-gdb",
];

pub struct MariaDb {
    _server: Server,
    pub url: String,
}

impl MariaDb {
    pub fn start(tools: &Tools) -> Result<Self> {
        let account = Account::unprivileged()?;
        let dir = scratch("mariadb", &account)?;
        let password = postgres::password()?;
        let data = format!("--datadir={}", dir.join("data").display());
        make(tools, &account, &dir, &data)?;
        let logins = dir.join("logins.sql");
        write(&logins, &account, &password)?;
        let port = place::free_port()?;
        let mut command = Command::new(&tools.mariadb.server);
        command
            .args(["--no-defaults", &data])
            .arg(format!("--port={port}"))
            .arg(format!("--socket={}", dir.join("socket").display()))
            .arg(format!("--init-file={}", logins.display()))
            .args(SETTINGS);
        let mut server = Server::start("MariaDB", dir.clone(), &command, &account)?;
        let log = dir.join("server.log");
        server.wait_until(|| says_ready(&log))?;
        Ok(Self {
            _server: server,
            url: format!("mysql://admin:{password}@127.0.0.1:{port}"),
        })
    }
}

/// The folder of a new server.
fn make(tools: &Tools, account: &Account, dir: &Path, data: &str) -> Result<()> {
    let mut command = Command::new(&tools.mariadb.install);
    command
        .args(["--no-defaults", data, "--skip-test-db"])
        .arg("--auth-root-authentication-method=normal")
        .current_dir(dir);
    account.apply(&mut command);
    child::output(&mut command).map(drop)
}

/// What the server does when it starts: logins without a password go, and one with a password comes.
fn write(file: &Path, account: &Account, password: &str) -> Result<()> {
    let sql = format!(
        "DELETE FROM mysql.global_priv WHERE User <> 'mariadb.sys';\n\
         FLUSH PRIVILEGES;\n\
         CREATE USER admin@'%' IDENTIFIED BY '{password}';\n\
         GRANT ALL ON *.* TO admin@'%' WITH GRANT OPTION;\n"
    );
    fs::File::create_new(file)?.write_all(sql.as_bytes())?;
    account.give(file)
}

/// It listens before it is ready, so the port alone says too little.
fn says_ready(log: &Path) -> bool {
    fs::read_to_string(log).is_ok_and(|text| text.contains("ready for connections"))
}
