//! Servers that cannot be called securely, each in its own way, and what a person reads of it.

use std::sync::Arc;

use rcgen::{CertificateParams, KeyPair, date_time_ymd};
use reqwest::{Method, Url};
use rustls::ServerConfig;
use rustls::pki_types::PrivateKeyDer;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpListener;
use tokio_rustls::TlsAcceptor;

use crate::fault::{Fault, Kind};
use crate::outbound::{Outbound, Policy, Purpose};

const NOT_MADE: &str =
    "A secure connection to “127.0.0.1” could not be made, so nothing was sent: ";
const NOT_VERIFIED: &str =
    "The certificate of “127.0.0.1” could not be verified, so nothing was sent: ";

async fn listener() -> (TcpListener, String) {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let port = listener.local_addr().unwrap().port();
    (listener, format!("https://127.0.0.1:{port}/ships"))
}

/// Answers whatever comes with these bytes, and hangs up.
async fn saying(answer: &'static str) -> String {
    let (listener, address) = listener().await;
    tokio::spawn(async move {
        while let Ok((mut stream, _)) = listener.accept().await {
            let mut hello = vec![0; 8192];
            let _part = stream.read(&mut hello).await.unwrap();
            stream.write_all(answer.as_bytes()).await.unwrap();
            stream.shutdown().await.unwrap();
        }
    });
    address
}

/// Shows this certificate, signed by itself; answers it as PEM, too.
async fn showing(certificate: &CertificateParams) -> (String, String) {
    let key = KeyPair::generate().unwrap();
    let certificate = certificate.self_signed(&key).unwrap();
    let pem = certificate.pem();
    let key = PrivateKeyDer::try_from(key.serialize_der()).unwrap();
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let tls = ServerConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .unwrap()
        .with_no_client_auth()
        .with_single_cert(vec![certificate.der().clone()], key)
        .unwrap();
    let acceptor = TlsAcceptor::from(Arc::new(tls));
    let (listener, address) = listener().await;
    tokio::spawn(async move {
        while let Ok((stream, _)) = listener.accept().await {
            // Whoever calls refuses.
            drop(acceptor.accept(stream).await);
        }
    });
    (address, pem)
}

fn named(name: &str) -> CertificateParams {
    CertificateParams::new([name.to_owned()]).unwrap()
}

/// What is said of a call there, by one who trusts these certificates besides the system's.
async fn told(address: &str, trusted: &[String]) -> Fault {
    let outbound = Outbound::new(Policy {
        allow_private: vec!["127.0.0.0/8".parse().unwrap()],
        extra_roots: trusted.to_vec(),
        ..Policy::default()
    });
    let outbound = outbound.unwrap();
    let url = Url::parse(address).unwrap();
    let request = outbound.request(Method::GET, url).build().unwrap();
    let fault = outbound.send(request, Purpose::Api).await.unwrap_err();
    // What it always was: the other way may be taken, and tries repeated.
    assert_eq!(fault.kind, Kind::Unreachable, "{fault}");
    assert!(fault.detail.is_some(), "{fault}");
    fault
}

fn says(fault: &Fault, begins: &str, why: &str) {
    let expected = format!("{begins}{why}");
    assert!(fault.message.starts_with(&expected), "{fault}");
}

#[tokio::test]
async fn a_server_that_speaks_plain_http_is_not_one_that_cannot_be_reached() {
    let plain = saying("HTTP/1.1 400 Bad Request\r\ncontent-length: 0\r\n\r\n").await;
    let fault = told(&plain, &[]).await;
    says(&fault, NOT_MADE, "what answers there does not speak TLS.");
    assert!(fault.message.contains("https://"), "{fault}");

    let silent = saying("").await;
    let fault = told(&silent, &[]).await;
    says(&fault, NOT_MADE, "it ended the connection in the middle");
}

#[tokio::test]
async fn a_certificate_is_refused_with_its_reason() {
    let (address, _) = showing(&named("127.0.0.1")).await;
    let fault = told(&address, &[]).await;
    says(&fault, NOT_VERIFIED, "it is signed by itself or by");

    let (address, own) = showing(&named("harbour.example.com")).await;
    let fault = told(&address, &[own]).await;
    says(&fault, NOT_VERIFIED, "it is for another name.");

    let mut old = named("127.0.0.1");
    old.not_after = date_time_ymd(2020, 1, 1);
    let (address, own) = showing(&old).await;
    let fault = told(&address, &[own]).await;
    says(&fault, NOT_VERIFIED, "it has expired.");
}

#[tokio::test]
async fn nobody_who_listens_is_still_told_as_before() {
    let (listener, address) = listener().await;
    drop(listener);
    let fault = told(&address, &[]).await;
    assert_eq!(fault.message, "“127.0.0.1” could not be reached.");
}
