//! The gate as a program meets it: what may be called, what is refused and why, and that it closes.

use super::*;
use crate::outbound::Policy;

/// A server that answers one line to everybody, and its port.
async fn server() -> u16 {
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await.unwrap();
    let port = listener.local_addr().unwrap().port();
    tokio::spawn(async move {
        while let Ok((mut stream, _)) = listener.accept().await {
            tokio::spawn(async move {
                let mut asked = vec![0; 4096];
                let length = stream.read(&mut asked).await.unwrap();
                let first = String::from_utf8_lossy(&asked[..length]);
                let told = first.contains("Proxy-Authorization");
                let first = first.lines().next().unwrap_or_default();
                let body = format!("{first} {told}");
                let length = body.len();
                let answer = format!(
                    "HTTP/1.1 200 OK\r\nConnection: keep-alive\r\nContent-Length: {length}\r\n\r\n{body}"
                );
                stream.write_all(answer.as_bytes()).await.unwrap();
                // It would take another request, and waits for one until its client ends.
                stream.read_to_end(&mut Vec::new()).await.unwrap();
            });
        }
    });
    port
}

fn outbound(scheme: Scheme, allowed: &str) -> Outbound {
    let allow_private = allowed.split_whitespace().map(|net| net.parse().unwrap());
    Outbound::new(Policy {
        allow_private: allow_private.collect(),
        scheme,
        ..Policy::default()
    })
    .unwrap()
}

/// Says this to the gate; all that comes back.
async fn say(outbound: &Outbound, words: &str) -> String {
    let gate = Gate::open(outbound).unwrap();
    let mut stream = TcpStream::connect((Ipv4Addr::LOCALHOST, gate.port))
        .await
        .unwrap();
    stream.write_all(words.as_bytes()).await.unwrap();
    stream.shutdown().await.unwrap();
    let mut answer = String::new();
    stream.read_to_string(&mut answer).await.unwrap();
    answer
}

#[tokio::test]
async fn what_may_be_called_is_reached() {
    let port = server().await;
    let here = outbound(Scheme::HttpToo, "127.0.0.0/8");
    let asked = format!(
        "GET http://127.0.0.1:{port}/ships?page=2 HTTP/1.1\r\nHost: x\r\nProxy-Authorization: Basic eA==\r\n\r\n"
    );
    let answer = say(&here, &asked).await;
    assert!(
        answer.ends_with("GET /ships?page=2 HTTP/1.1 false"),
        "{answer}"
    );
    assert!(answer.contains("Connection: close"), "{answer}");
    assert!(!answer.contains("keep-alive"), "{answer}");

    let tunnel = format!(
        "CONNECT 127.0.0.1:{port} HTTP/1.1\r\nHost: x\r\n\r\nGET /through HTTP/1.1\r\n\r\n"
    );
    let answer = say(&here, &tunnel).await;
    assert!(answer.starts_with("HTTP/1.1 200 Connection"), "{answer}");
    assert!(answer.ends_with("GET /through HTTP/1.1 false"), "{answer}");
}

#[tokio::test]
async fn everything_else_is_refused_with_its_reason() {
    let port = server().await;
    let (public, plain) = (
        outbound(Scheme::HttpsOnly, ""),
        outbound(Scheme::HttpToo, ""),
    );
    for (way, asked, reason) in [
        (
            &public,
            format!("CONNECT 127.0.0.1:{port} HTTP/1.1\r\n\r\n"),
            "private",
        ),
        (
            &public,
            format!("CONNECT 0x7f000001:{port} HTTP/1.1\r\n\r\n"),
            "private",
        ),
        (
            &public,
            format!("CONNECT localhost:{port} HTTP/1.1\r\n\r\n"),
            "private",
        ),
        (
            &public,
            format!("CONNECT [::1]:{port} HTTP/1.1\r\n\r\n"),
            "private",
        ),
        (
            &public,
            "CONNECT 169.254.169.254:80 HTTP/1.1\r\n\r\n".to_owned(),
            "private",
        ),
        (
            &public,
            "GET http://example.com/ HTTP/1.1\r\n\r\n".to_owned(),
            "use https",
        ),
        (
            &plain,
            format!("GET http://127.0.0.1:{port}/ HTTP/1.1\r\n\r\n"),
            "private",
        ),
        (&plain, "GET /ships HTTP/1.1\r\n\r\n".to_owned(), "where to"),
        (
            &public,
            "CONNECT 93.184.216.34:25 HTTP/1.1\r\n\r\n".to_owned(),
            "Port 25 ",
        ),
        (
            &plain,
            "GET http://93.184.216.34:6667/ HTTP/1.1\r\n\r\n".to_owned(),
            "Port 6667 ",
        ),
        (
            &plain,
            "GET file:///etc/passwd HTTP/1.1\r\n\r\n".to_owned(),
            "not allowed",
        ),
        (&plain, "\u{1}\u{2}\u{3}\r\n\r\n".to_owned(), "no request"),
        (
            &plain,
            format!("GET http://a/{} HTTP/1.1\r\n", "a".repeat(HEAD)),
            "no request",
        ),
    ] {
        let answer = say(way, &asked).await;
        assert!(answer.starts_with("HTTP/1.1 403 "), "{asked}: {answer}");
        assert!(answer.contains(reason), "{asked}: {answer}");
    }
}

#[tokio::test]
async fn a_gate_that_is_dropped_lets_nobody_through() {
    let gate = Gate::open(&outbound(Scheme::HttpToo, "127.0.0.0/8")).unwrap();
    let port = gate.port;
    drop(gate);
    tokio::task::yield_now().await;
    let closed = async {
        while TcpStream::connect((Ipv4Addr::LOCALHOST, port))
            .await
            .is_ok()
        {
            tokio::time::sleep(Duration::from_millis(10)).await;
        }
    };
    timeout(Duration::from_secs(5), closed).await.unwrap();
}
