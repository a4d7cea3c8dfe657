//! The server process: starting it, its port, and what its pid file tells.

use std::{
    fs,
    net::TcpListener,
    os::unix::process::CommandExt,
    path::Path,
    process::{Child, Command, Stdio},
};

use anyhow::Context;

use crate::embedded::account::Account;

/// Starts the server; it is not ready yet.
pub fn spawn(
    folder: &Path,
    programs: &Path,
    account: Account,
    port: u16,
    log: &Path,
) -> anyhow::Result<Child> {
    let log = fs::OpenOptions::new().create(true).append(true).open(log)?;
    let mut command = Command::new(programs.join("postgres"));
    command
        .arg("-D")
        .arg(folder)
        .args(["-p", &port.to_string()]);
    for setting in [
        "listen_addresses=127.0.0.1",
        "unix_socket_directories=",
        "max_connections=200",
        "password_encryption=scram-sha-256",
    ] {
        command.args(["-c", setting]);
    }
    // A group of its own: Ctrl-C in the terminal must reach us first, so that we drain before the database goes.
    account
        .run(&mut command)
        .process_group(0)
        .env_clear()
        .env("LANG", "C.UTF-8")
        .stdin(Stdio::null())
        .stdout(log.try_clone()?)
        .stderr(log)
        .spawn()
        .context("postgres can't be run")
}

/// Does a server of this folder run, ready or not?
pub fn is_alive(folder: &Path) -> bool {
    pid_file(folder).is_some()
}

/// The port of a server of this folder that takes connections.
pub fn ready_port(folder: &Path) -> Option<u16> {
    let lines = pid_file(folder)?;
    if !lines.iter().any(|line| line.trim() == "ready") {
        return None;
    }
    lines.get(3)?.trim().parse().ok()
}

/// The lines of the pid file, when its process is alive. A server that was killed leaves the file behind.
fn pid_file(folder: &Path) -> Option<Vec<String>> {
    let text = fs::read_to_string(folder.join("postmaster.pid")).ok()?;
    let lines: Vec<String> = text.lines().map(str::to_owned).collect();
    let program = fs::read_link(format!("/proc/{}/exe", lines.first()?.trim())).ok()?;
    (program.file_name()? == "postgres").then_some(lines)
}

/// The port of the last start when it is free, else a new one: whoever noted the address must find the cluster again.
pub fn steady_port(folder: &Path) -> anyhow::Result<u16> {
    let noted = folder.with_extension("port");
    let known = fs::read_to_string(&noted)
        .ok()
        .and_then(|text| text.trim().parse().ok())
        .unwrap_or(0);
    let listener =
        TcpListener::bind(("127.0.0.1", known)).or_else(|_| TcpListener::bind(("127.0.0.1", 0)))?;
    let port = listener.local_addr()?.port();
    fs::write(noted, port.to_string())?;
    Ok(port)
}

/// The end of the log, for the error that says why it did not start.
pub fn last_lines(log: &Path) -> String {
    let text = fs::read_to_string(log).unwrap_or_default();
    let lines: Vec<&str> = text.lines().collect();
    lines[lines.len().saturating_sub(8)..].join("\n")
}
