//! A server that means harm: answers that are no answers end the read, and what is announced takes no memory.

use bson::{Document, doc};
use serde_json::json;
use sync::fault::Kind;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpListener;

use super::SOURCE;
use crate::harness::{check, local};

/// An answer with these words in its header, flags and the rest.
fn message(length: i32, answer_to: i32, kind: i32, flags: u32, rest: &[u8]) -> Vec<u8> {
    let words = [length, 9, answer_to, kind].map(i32::to_le_bytes).concat();
    [&words[..], &flags.to_le_bytes(), rest].concat()
}

fn body(document: &Document) -> Vec<u8> {
    let mut body = vec![0];
    document.to_writer(&mut body).unwrap();
    body
}

async fn verdict(answer: Vec<u8>) -> Kind {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let port = listener.local_addr().unwrap().port();
    let server = tokio::spawn(async move {
        loop {
            let (mut stream, _) = listener.accept().await.unwrap();
            let mut asked = [0; 16];
            stream.read_exact(&mut asked).await.unwrap();
            stream.write_all(&answer).await.unwrap();
            let _ = stream.shutdown().await;
        }
    });
    let config = json!({"database_config": {"connection_string": format!("mongodb://127.0.0.1:{port}"), "databases": ["d"]}});
    let fault = check(&SOURCE, &config, &local()).await.0.unwrap_err();
    server.abort();
    fault.kind
}

#[tokio::test]
async fn answers_that_are_none_are_refused() {
    let hello = body(&doc! {"ok": 1.0, "isWritablePrimary": true});
    let length = i32::try_from(20 + hello.len()).unwrap();
    for (answer, what) in [
        (
            message(i32::MAX, 1, 2013, 0, &hello),
            "a length that takes all memory",
        ),
        (message(-1, 1, 2013, 0, &hello), "no length"),
        (message(15, 1, 2013, 0, &hello), "shorter than its header"),
        (message(60_000, 1, 2013, 0, &hello), "cut"),
        (
            message(length, 2, 2013, 0, &hello),
            "an answer to something else",
        ),
        (
            message(length, 1, 2012, 0, &hello),
            "compressed, which was not asked for",
        ),
        (message(length, 1, 2013, 2, &hello), "more to come"),
        (
            message(length, 1, 2013, 1 << 10, &hello),
            "flags of no meaning",
        ),
        (
            message(length, 1, 2013, 0, &vec![0xff; hello.len()]),
            "no document",
        ),
        (
            b"HTTP/1.1 400 Bad Request\r\n\r\n".to_vec(),
            "another protocol",
        ),
        (Vec::new(), "nothing"),
    ] {
        assert_eq!(verdict(answer).await, Kind::Unreachable, "{what}");
    }
    let refused = body(&doc! {"ok": 0.0, "errmsg": "go\naway", "code": 8000});
    let length = i32::try_from(20 + refused.len()).unwrap();
    assert_eq!(
        verdict(message(length, 1, 2013, 0, &refused)).await,
        Kind::Credentials
    );
}
