//! A throw-away S3 server (moto): any credentials are accepted, buckets live in memory.

use std::process::Command;

use anyhow::Result;

use super::{Account, Server, listens, scratch};
use crate::{place, setup::Tools};

pub struct S3 {
    _server: Server,
    pub url: String,
}

impl S3 {
    pub fn start(tools: &Tools) -> Result<Self> {
        let dir = scratch("s3", &Account::Ours)?;
        let port = place::free_port()?;
        let mut command = Command::new(&tools.moto);
        command.args(["--host", "127.0.0.1", "--port", &port.to_string()]);
        let mut server = Server::start("the S3 test server", dir, &command, &Account::Ours)?;
        server.wait_until(|| listens(port))?;
        Ok(Self {
            _server: server,
            url: format!("http://127.0.0.1:{port}"),
        })
    }
}
