//! A throw-away Redis that keeps nothing.

use std::process::Command;

use anyhow::Result;

use super::{Account, Server, listens, scratch};
use crate::{place, setup::Tools};

pub struct Redis {
    _server: Server,
    pub url: String,
}

impl Redis {
    pub fn start(tools: &Tools) -> Result<Self> {
        let dir = scratch("redis", &Account::Ours)?;
        let port = place::free_port()?;
        let mut command = Command::new(&tools.redis);
        command.args([
            "--bind",
            "127.0.0.1",
            "--port",
            &port.to_string(),
            "--appendonly",
            "no",
            "--save",
            "",
        ]);
        let mut server = Server::start("Redis", dir, &command, &Account::Ours)?;
        server.wait_until(|| listens(port))?;
        Ok(Self {
            _server: server,
            url: format!("redis://127.0.0.1:{port}"),
        })
    }
}
