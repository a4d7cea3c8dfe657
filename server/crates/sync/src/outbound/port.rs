//! At which ports the web is served: a request sent to any other might be taken for mail, or for a command to a printer.

use std::net::IpAddr;

use super::Policy;
use crate::fault::Fault;

/// Ports from 1024 on that belong to other services: the "bad ports" of the Fetch standard, which browsers refuse, too.
const OF_OTHERS: [u16; 19] = [
    1719, 1720, 1723, 2049, 3659, 4045, 4190, 5060, 5061, 6000, 6566, 6665, 6666, 6667, 6668, 6669,
    6679, 6697, 10080,
];

/// Below 1024 every port has an owner, and two of them are the web's.
pub fn serves_web(port: u16) -> bool {
    matches!(port, 80 | 443) || (port >= 1024 && !OF_OTHERS.contains(&port))
}

impl Policy {
    /// Refuses a port of another service, wherever one of these addresses is in no network that the operator opened.
    pub(super) fn check_port(&self, port: u16, addresses: &[IpAddr]) -> Result<(), Fault> {
        if serves_web(port) || addresses.iter().all(|ip| self.opens(*ip)) {
            return Ok(());
        }
        Err(Fault::forbidden(format!(
            "Port {port} belongs to another service than the web, so this server sends no request there. \
             Let the web server answer at port 443, or at a port from 1024 on that browsers open, too."
        )))
    }
}

#[cfg(test)]
mod tests {
    use reqwest::{Method, Url};
    use tokio::io::{AsyncReadExt, AsyncWriteExt};

    use super::*;
    use crate::fault::Kind;
    use crate::outbound::{Outbound, Purpose, Scheme};

    /// A public address: nothing below gets as far as calling it.
    const ELSEWHERE: &str = "93.184.216.34";

    fn outbound(allowed: &[&str]) -> Outbound {
        Outbound::new(Policy {
            allow_private: allowed.iter().map(|net| net.parse().unwrap()).collect(),
            scheme: Scheme::HttpToo,
            ..Policy::default()
        })
        .unwrap()
    }

    async fn fault(outbound: &Outbound, url: &str) -> Fault {
        let request = outbound.request(Method::GET, Url::parse(url).unwrap());
        let request = request.build().unwrap();
        let answer = outbound.send(request, Purpose::Api).await;
        answer.expect_err(url)
    }

    /// Sends everybody who asks to this address; its own.
    async fn sends_to(target: String) -> String {
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
        let at = format!("http://{}/", listener.local_addr().unwrap());
        tokio::spawn(async move {
            let (mut stream, _) = listener.accept().await.unwrap();
            let _asked = stream.read(&mut [0; 4096]).await.unwrap();
            let answer = format!(
                "HTTP/1.1 302 x\r\nlocation: {target}\r\ncontent-length: 0\r\nconnection: close\r\n\r\n"
            );
            stream.write_all(answer.as_bytes()).await.unwrap();
        });
        at
    }

    #[test]
    fn the_web_has_two_low_ports_and_most_of_the_high_ones() {
        for port in [80, 443, 1024, 3000, 5432, 8080, 8443, 9000, 49_152, 65_535] {
            assert!(serves_web(port), "{port}");
        }
        for port in [0, 1, 21, 22, 25, 53, 81, 444, 587, 636, 993, 1023] {
            assert!(!serves_web(port), "{port}");
        }
        for port in OF_OTHERS {
            assert!(!serves_web(port), "{port}");
        }
    }

    #[tokio::test]
    async fn ports_of_other_services_are_not_called() {
        let outbound = outbound(&[]);
        for (scheme, port) in [("https", 25), ("http", 22), ("https", 6667), ("http", 2049)] {
            let fault = fault(&outbound, &format!("{scheme}://{ELSEWHERE}:{port}/")).await;
            assert_eq!(
                (fault.kind, fault.field.as_deref()),
                (Kind::Forbidden, Some("url"))
            );
            let named = format!("Port {port} ");
            assert!(fault.message.contains(&named), "{}", fault.message);
        }
    }

    #[tokio::test]
    async fn nobody_is_sent_on_to_such_a_port() {
        let outbound = outbound(&["127.0.0.0/8"]);
        let there = format!("http://{ELSEWHERE}:25/");
        let fault = fault(&outbound, &sends_to(there).await).await;
        assert_eq!(fault.kind, Kind::Forbidden);
        assert!(fault.message.contains("Port 25 "), "{}", fault.message);
    }

    #[tokio::test]
    async fn in_a_network_that_the_operator_opened_every_port_may_be_called() {
        let opened = outbound(&["127.0.0.0/8"]);
        for host in ["127.0.0.1", "localhost"] {
            let fault = fault(&opened, &format!("http://{host}:1/")).await;
            assert_eq!(fault.kind, Kind::Unreachable, "nobody listens there");
        }
        let other = outbound(&["10.0.0.0/8"]);
        let fault = fault(&other, "http://127.0.0.1:1/").await;
        assert!(fault.message.contains("private"), "{}", fault.message);
    }
}
