//! A throw-away server that speaks MongoDB's protocol (NX-27017): no login, its databases live in memory.

use std::process::Command;

use anyhow::Result;

use super::{Account, Server, listens, scratch};
use crate::{place, setup::Tools};

pub struct MongoDb {
    _server: Server,
    pub url: String,
}

impl MongoDb {
    pub fn start(tools: &Tools) -> Result<Self> {
        let dir = scratch("mongodb", &Account::Ours)?;
        let port = place::free_port()?;
        let mut command = Command::new(&tools.mongodb);
        command
            .args(["--host", "127.0.0.1", "--port", &port.to_string()])
            .args(["--data-dir", "memory"])
            .arg("--log-file")
            .arg(dir.join("nx.log"))
            .arg("--pid-file")
            .arg(dir.join("nx.pid"));
        let name = "the MongoDB test server";
        let mut server = Server::start(name, dir, &command, &Account::Ours)?;
        server.wait_until(|| listens(port))?;
        Ok(Self {
            _server: server,
            url: format!("mongodb://127.0.0.1:{port}"),
        })
    }
}
