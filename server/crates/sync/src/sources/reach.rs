//! Reaching a database's server, with plain words where that fails.

use std::io;
use std::net::SocketAddr;
use std::time::Duration;

use tokio::net::TcpStream;
use tokio::time::timeout;

use crate::fault::Fault;
use crate::outbound::Pinned;

const PATIENCE: Duration = Duration::from_secs(10);

/// Connects to one of the addresses that were checked, and to no other.
pub async fn open(pinned: &Pinned) -> Result<TcpStream, Fault> {
    let mut last =
        Fault::unreachable(format!("“{}” has no address.", pinned.host)).at_field("host");
    for ip in &pinned.addresses {
        let address = SocketAddr::new(*ip, pinned.port);
        match timeout(PATIENCE, TcpStream::connect(address)).await {
            Ok(Ok(stream)) => {
                // Small questions should not wait for more to say; if it cannot be set, they do.
                let _ = stream.set_nodelay(true);
                return Ok(stream);
            }
            Ok(Err(error)) => last = not_reached(pinned, &error),
            Err(_) => last = no_answer(pinned),
        }
    }
    Err(last)
}

fn not_reached(pinned: &Pinned, error: &io::Error) -> Fault {
    let Pinned { host, port, .. } = pinned;
    let fault = if error.kind() == io::ErrorKind::ConnectionRefused {
        Fault::unreachable(format!("“{host}” answers, but nothing listens on port {port}. Check the port, and that the database is running.")).at_field("port")
    } else {
        Fault::unreachable(format!("“{host}” could not be reached. Check the host name, and that its network lets this server in.")).at_field("host")
    };
    fault.with_detail(error.to_string())
}

fn no_answer(pinned: &Pinned) -> Fault {
    Fault::unreachable(format!(
        "“{}” did not answer on port {} within 10 seconds. A firewall may be in between: allow this server's address there.",
        pinned.host, pinned.port
    ))
    .at_field("host")
}

pub fn no_tls_name(error: &impl std::fmt::Display) -> Fault {
    Fault::config("Encryption needs a host name that certificates can carry.")
        .with_detail(error.to_string())
        .at_field("host")
}
