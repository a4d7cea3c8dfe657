//! MySQL 8's usual login, `caching_sha2_password`, against a server made here: no MySQL server can be installed where
//! these tests run, and MariaDB does not have the method. The proof is checked as MySQL checks it.

use std::sync::Arc;

use rcgen::{CertifiedKey, generate_simple_self_signed};
use rustls::ServerConfig;
use rustls::crypto::ring;
use rustls::pki_types::PrivateKeyDer;
use serde_json::json;
use sha2::{Digest, Sha256};
use sync::connector::{Connector, StepState};
use tokio::io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt};
use tokio::net::TcpListener;
use tokio_rustls::TlsAcceptor;

use crate::harness::{check, local};

const CHALLENGE: &[u8; 20] = b"abcdefghijklmnopqrst";
/// The server's bit for encryption, among those it needs.
const ABILITIES: [u8; 4] = 0x0008_AA09_u32.to_le_bytes();

/// What the server knows of the login when it comes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Memory {
    /// It has seen the proof before.
    Kept,
    /// It asks for the password itself.
    Empty,
}

async fn packet(stream: &mut (impl AsyncWrite + Unpin), sequence: u8, body: &[u8]) {
    let length = u32::try_from(body.len()).unwrap().to_le_bytes();
    let head = [length[0], length[1], length[2], sequence];
    stream.write_all(&[&head[..], body].concat()).await.unwrap();
}

async fn hear(stream: &mut (impl AsyncRead + Unpin)) -> Vec<u8> {
    let mut head = [0; 4];
    stream.read_exact(&mut head).await.unwrap();
    let length = u32::from_le_bytes([head[0], head[1], head[2], 0]);
    let mut body = vec![0; usize::try_from(length).unwrap()];
    stream.read_exact(&mut body).await.unwrap();
    body
}

fn greeting() -> Vec<u8> {
    let parts: [&[u8]; 10] = [
        b"\x0a8.4.9\0\x01\0\0\0",
        &CHALLENGE[..8],
        b"\0",
        &ABILITIES[..2],
        &[255, 2, 0],
        &ABILITIES[2..],
        &[21],
        &[0; 10],
        &CHALLENGE[8..],
        b"\0caching_sha2_password\0",
    ];
    parts.concat()
}

/// SHA256(password), found again in the proof by what the server keeps, must hash to what it keeps.
fn is_proof(proof: &[u8], password: &[u8]) -> bool {
    let kept = Sha256::digest(Sha256::digest(password));
    let mut hash = Sha256::new();
    hash.update(kept);
    hash.update(CHALLENGE);
    let once: Vec<u8> = proof
        .iter()
        .zip(hash.finalize())
        .map(|(a, b)| a ^ b)
        .collect();
    Sha256::digest(once) == kept
}

/// Lets a login in over TLS, then refuses its first setting. Gives what was sent before encryption.
async fn serve(listener: TcpListener, tls: TlsAcceptor, memory: Memory) -> Vec<u8> {
    let (mut stream, _) = listener.accept().await.unwrap();
    packet(&mut stream, 0, &greeting()).await;
    let clear = hear(&mut stream).await;
    let mut stream = tls.accept(stream).await.unwrap();
    let login = hear(&mut stream).await;
    let rest = login[32..]
        .strip_prefix(b"reader\0\x20")
        .expect("name and a proof of 32 bytes");
    let (proof, rest) = rest.split_at(32);
    assert!(is_proof(proof, b"very-secret"));
    assert_eq!(rest, b"shop\0caching_sha2_password\0");
    let sequence = match memory {
        Memory::Kept => {
            packet(&mut stream, 3, &[1, 3]).await;
            4
        }
        Memory::Empty => {
            packet(&mut stream, 3, &[1, 4]).await;
            assert_eq!(hear(&mut stream).await, b"very-secret\0");
            5
        }
    };
    packet(&mut stream, sequence, &[0, 0, 0, 2, 0, 0, 0]).await;
    assert_eq!(hear(&mut stream).await, b"\x03SET NAMES utf8mb4");
    packet(&mut stream, 1, b"\xff\x1d\x04#42000enough").await;
    clear
}

#[tokio::test]
async fn the_proof_is_enough_or_the_password_goes_over_encryption() {
    let CertifiedKey { cert, signing_key } =
        generate_simple_self_signed(["localhost".to_owned()]).unwrap();
    let key = PrivateKeyDer::try_from(signing_key.serialize_der()).unwrap();
    let tls = ServerConfig::builder_with_provider(Arc::new(ring::default_provider()))
        .with_safe_default_protocol_versions()
        .unwrap()
        .with_no_client_auth()
        .with_single_cert(vec![cert.der().clone()], key)
        .unwrap();
    let tls = TlsAcceptor::from(Arc::new(tls));
    for memory in [Memory::Kept, Memory::Empty] {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let config = json!({
            "host": "localhost", "port": listener.local_addr().unwrap().port(), "database": "shop", "username": "reader",
            "password": "very-secret", "ssl_mode": {"mode": "verify_identity", "ca_certificate": cert.pem()}
        });
        let served = tokio::spawn(serve(listener, tls.clone(), memory));
        let (verdict, steps) = check(&Connector::MySql, &config, &local()).await;
        let clear = served.await.unwrap();
        assert_eq!(
            clear.len(),
            32,
            "no name, no proof, no database in the clear"
        );
        let fault = verdict.unwrap_err();
        assert_eq!(
            fault.detail.as_deref(),
            Some("enough (error 1053)"),
            "{memory:?}: {fault}"
        );
        assert_eq!(steps[2], ("Encrypted".to_owned(), StepState::Passed));
    }
}
