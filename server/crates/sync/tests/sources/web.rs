//! A small HTTPS server with a certificate of its own, for files that are fetched.

use std::collections::HashMap;
use std::sync::Arc;

use rcgen::{CertifiedKey, generate_simple_self_signed};
use rustls::ServerConfig;
use rustls::pki_types::PrivateKeyDer;
use sync::connector::RunContext;
use sync::outbound::Policy;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpListener;
use tokio_rustls::TlsAcceptor;

/// What the server says to one path.
#[derive(Clone)]
pub enum Page {
    File(Vec<u8>),
    /// Announces more than it sends.
    CutOff(Vec<u8>),
    Redirect(String),
    Status(u16),
}

pub struct Web {
    pub address: String,
    pub certificate: String,
}

impl Web {
    pub async fn start(pages: impl IntoIterator<Item = (&'static str, Page)>) -> Self {
        let CertifiedKey { cert, signing_key } =
            generate_simple_self_signed(["localhost".to_owned(), "127.0.0.1".to_owned()]).unwrap();
        let key = PrivateKeyDer::try_from(signing_key.serialize_der()).unwrap();
        let tls =
            ServerConfig::builder_with_provider(Arc::new(rustls::crypto::ring::default_provider()))
                .with_safe_default_protocol_versions()
                .unwrap()
                .with_no_client_auth()
                .with_single_cert(vec![cert.der().clone()], key)
                .unwrap();
        let acceptor = TlsAcceptor::from(Arc::new(tls));
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = format!(
            "https://127.0.0.1:{}",
            listener.local_addr().unwrap().port()
        );
        let pages: Arc<HashMap<String, Page>> = Arc::new(
            pages
                .into_iter()
                .map(|(path, page)| (path.to_owned(), page))
                .collect(),
        );
        tokio::spawn(async move {
            while let Ok((stream, _)) = listener.accept().await {
                let (acceptor, pages) = (acceptor.clone(), Arc::clone(&pages));
                tokio::spawn(async move {
                    let Ok(mut stream) = acceptor.accept(stream).await else {
                        return;
                    };
                    let mut request = vec![0; 8192];
                    let count = stream.read(&mut request).await.unwrap_or(0);
                    let request = String::from_utf8_lossy(&request[..count]).into_owned();
                    let path = request.split(' ').nth(1).unwrap_or_default().to_owned();
                    let answer = answer(pages.get(&path));
                    let _ = stream.write_all(&answer).await;
                    let _ = stream.shutdown().await;
                });
            }
        });
        Self {
            address,
            certificate: cert.pem(),
        }
    }

    /// A context that trusts this server and may call this machine.
    pub fn context(&self) -> RunContext {
        let allow_private = vec!["127.0.0.0/8".parse().unwrap()];
        crate::harness::context(Policy {
            allow_private,
            extra_roots: vec![self.certificate.clone()],
            ..Policy::default()
        })
    }
}

fn answer(page: Option<&Page>) -> Vec<u8> {
    let head = |status: u16, length: usize, more: &str| {
        format!("HTTP/1.1 {status} x\r\ncontent-length: {length}\r\ncontent-type: application/octet-stream\r\nconnection: close\r\n{more}\r\n").into_bytes()
    };
    match page {
        Some(Page::File(bytes)) => [head(200, bytes.len(), ""), bytes.clone()].concat(),
        Some(Page::CutOff(bytes)) => [head(200, bytes.len() + 1000, ""), bytes.clone()].concat(),
        Some(Page::Redirect(target)) => head(302, 0, &format!("location: {target}\r\n")),
        Some(Page::Status(status)) => head(*status, 0, ""),
        None => head(404, 0, ""),
    }
}
