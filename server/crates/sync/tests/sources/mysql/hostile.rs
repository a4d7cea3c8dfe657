//! Servers that mean harm, or are none: each is told off in plain words, and gets nothing of this machine.

use std::time::Duration;

use serde_json::{Value, json};
use sync::connector::{Connector, StepState};
use sync::fault::{Fault, Kind};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};

use crate::harness::{check, local};

const SOURCE: Connector = Connector::MySql;
const OK: &[u8] = &[0, 0, 0, 2, 0, 0, 0];

/// What the server does with a connection; it gives what it was told.
type Act = fn(TcpStream) -> futures::future::BoxFuture<'static, Vec<u8>>;

async fn packet(stream: &mut TcpStream, sequence: u8, body: &[u8]) {
    let length = u32::try_from(body.len()).unwrap().to_le_bytes();
    let head = [length[0], length[1], length[2], sequence];
    // The other side may have hung up already.
    let _ = stream.write_all(&[&head[..], body].concat()).await;
}

async fn hear(stream: &mut TcpStream) -> Vec<u8> {
    let mut head = [0; 4];
    if stream.read_exact(&mut head).await.is_err() {
        return Vec::new();
    }
    let length = u32::from_le_bytes([head[0], head[1], head[2], 0]);
    let mut body = vec![0; usize::try_from(length).unwrap()];
    let _ = stream.read_exact(&mut body).await;
    body
}

/// A greeting without encryption.
fn greeting(method: &str) -> Vec<u8> {
    let mut greeting = b"\x0a8.0.99\0\x01\0\0\0abcdefgh\0".to_vec();
    let abilities = 0x0008_A209_u32.to_le_bytes();
    greeting.extend_from_slice(&abilities[..2]);
    greeting.extend_from_slice(&[45, 2, 0]);
    greeting.extend_from_slice(&abilities[2..]);
    greeting.push(21);
    greeting.extend_from_slice(&[0; 10]);
    greeting.extend_from_slice(b"ijklmnopqrst\0");
    greeting.extend_from_slice(method.as_bytes());
    greeting.push(0);
    greeting
}

/// Greets, lets everybody in, and answers settings; gives the first question that is none.
async fn let_in(stream: &mut TcpStream) -> Vec<u8> {
    packet(stream, 0, &greeting("mysql_native_password")).await;
    hear(stream).await;
    packet(stream, 2, OK).await;
    loop {
        let question = hear(stream).await;
        if !question.starts_with(b"\x03SET ") {
            return question;
        }
        packet(stream, 1, OK).await;
    }
}

/// Runs a check against such a server. Gives the fault, the steps, and what the server was told.
async fn tried(act: Act) -> (Fault, Vec<(String, StepState)>, Vec<u8>) {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let config = config(listener.local_addr().unwrap().port());
    let served = tokio::spawn(async move { act(listener.accept().await.unwrap().0).await });
    let (verdict, steps) = check(&SOURCE, &config, &local()).await;
    let told = tokio::time::timeout(Duration::from_secs(5), served);
    let told = told.await.map(Result::unwrap).unwrap_or_default();
    (verdict.unwrap_err(), steps, told)
}

fn config(port: u16) -> Value {
    json!({
        "host": "127.0.0.1", "port": port, "database": "d", "username": "u", "password": "very-secret",
        "ssl_mode": {"mode": "preferred"}
    })
}

#[tokio::test]
async fn garbage_is_no_database() {
    for garbage in [
        "HTTP/1.1 400 Bad Request\r\n\r\n",
        "SSH-2.0-OpenSSH_9.2\r\n",
        "\u{1}\0\0\0x",
    ] {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let port = listener.local_addr().unwrap().port();
        tokio::spawn(async move {
            let (mut stream, _) = listener.accept().await.unwrap();
            let _ = stream.write_all(garbage.as_bytes()).await;
        });
        let (verdict, steps) = check(&SOURCE, &config(port), &local()).await;
        let fault = verdict.unwrap_err();
        assert_eq!(
            (fault.kind.clone(), fault.field.as_deref()),
            (Kind::Unreachable, Some("host")),
            "{fault}"
        );
        assert_eq!(
            steps.last().unwrap(),
            &("Port open".to_owned(), StepState::Failed)
        );
    }
}

#[tokio::test]
async fn who_never_answers_is_waited_for_only_so_long() {
    let (fault, _, _) = tried(|mut stream| {
        Box::pin(async move {
            let mut all = Vec::new();
            let _ = stream.read_to_end(&mut all).await;
            all
        })
    })
    .await;
    assert_eq!(
        (fault.kind.clone(), fault.field.as_deref()),
        (Kind::Timeout, Some("host")),
        "{fault}"
    );
}

#[tokio::test]
async fn a_server_that_asks_for_a_file_gets_none() {
    let (fault, _, told) = tried(|mut stream| {
        Box::pin(async move {
            let_in(&mut stream).await;
            packet(&mut stream, 1, b"\xfb/etc/passwd").await;
            let mut rest = Vec::new();
            let _ = stream.read_to_end(&mut rest).await;
            rest
        })
    })
    .await;
    assert_eq!(fault.kind, Kind::Upstream, "{fault}");
    assert!(fault.message.contains("a file of this machine"), "{fault}");
    assert_eq!(told, b"", "not a byte was sent after the request");
}

#[tokio::test]
async fn the_password_itself_is_not_given_away_in_the_clear() {
    for ask in [
        &b"\xfemysql_clear_password\0"[..],
        b"\xfecaching_sha2_password\0aaaaaaaaaaaaaaaaaaaa\0",
    ] {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let port = listener.local_addr().unwrap().port();
        let server = tokio::spawn(async move {
            let (mut stream, _) = listener.accept().await.unwrap();
            packet(&mut stream, 0, &greeting("mysql_native_password")).await;
            let mut told = hear(&mut stream).await;
            packet(&mut stream, 2, ask).await;
            told.extend(hear(&mut stream).await);
            // "Prove it in full": over encryption the password itself, without it nothing.
            packet(&mut stream, 4, &[1, 4]).await;
            let _ = stream.read_to_end(&mut told).await;
            told
        });
        let fault = check(&SOURCE, &config(port), &local()).await.0.unwrap_err();
        assert_eq!(
            (fault.kind.clone(), fault.field.as_deref()),
            (Kind::Config, Some("ssl_mode")),
            "{fault}"
        );
        let told = server.await.unwrap();
        assert!(memchr::memmem::find(&told, b"very-secret").is_none());
    }
}

#[tokio::test]
async fn a_method_that_is_not_spoken_is_named() {
    let (fault, steps, _) = tried(|mut stream| {
        Box::pin(async move {
            packet(&mut stream, 0, &greeting("auth_gssapi_client")).await;
            let told = hear(&mut stream).await;
            packet(&mut stream, 2, b"\xfeauth_gssapi_client\0x\0").await;
            told
        })
    })
    .await;
    assert_eq!(
        (fault.kind.clone(), fault.field.as_deref()),
        (Kind::Unsupported, Some("username")),
        "{fault}"
    );
    assert!(fault.detail.unwrap().contains("auth_gssapi_client"));
    assert_eq!(
        steps.last().unwrap(),
        &("Login accepted".to_owned(), StepState::Failed)
    );
}

/// Numbers from the server are not amounts of memory: eight bytes that say "2⁶³ columns" must not bring the process down.
#[tokio::test]
async fn boasts_of_a_server_cost_no_memory() {
    let boasts: [Act; 4] = [
        |mut stream| {
            Box::pin(async move {
                let_in(&mut stream).await;
                packet(&mut stream, 1, b"\xfe\0\0\0\0\0\0\0\x80").await;
                hear(&mut stream).await
            })
        },
        |mut stream| {
            Box::pin(async move {
                // Before the login, nothing large is taken at all.
                let _ = stream.write_all(b"\xff\xff\xff\0").await;
                hear(&mut stream).await
            })
        },
        |mut stream| {
            Box::pin(async move {
                let_in(&mut stream).await;
                packet(&mut stream, 1, &[2]).await;
                // Definitions of two columns, the end, and a row whose value is said to have 2⁶⁰ bytes.
                for (sequence, body) in [
                    (2, &b"x"[..]),
                    (3, b"x"),
                    (4, b"\xfe\0\0\0\0"),
                    (5, b"\xfe\0\0\0\0\0\0\0\x10more"),
                ] {
                    packet(&mut stream, sequence, body).await;
                }
                hear(&mut stream).await
            })
        },
        |mut stream| {
            Box::pin(async move {
                let_in(&mut stream).await;
                packet(&mut stream, 1, &[2]).await;
                // A packet that takes no end.
                let mut sequence = 2_u8;
                let full = vec![b'x'; 0x00FF_FFFF];
                for _ in 0..8 {
                    packet(&mut stream, sequence, &full).await;
                    sequence = sequence.wrapping_add(1);
                }
                Vec::new()
            })
        },
    ];
    for boast in boasts {
        let (fault, _, _) = tried(boast).await;
        assert!(
            matches!(fault.kind, Kind::Upstream | Kind::Unreachable | Kind::Data),
            "{fault}"
        );
    }
}
