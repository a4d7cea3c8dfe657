//! The MySQL source behind a pooler that hands on its connection as it is: who gets it next can write.

use sync::connector::Connector;
use tokio::io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt, copy};
use tokio::net::{TcpListener, TcpStream};
use tokio::task::JoinHandle;

use super::database::Database;
use crate::harness::{check, local, read, whole};

const SOURCE: Connector = Connector::MySql;
const GOODBYE: &[u8] = &[1];

async fn packet(from: &mut (impl AsyncRead + Unpin)) -> Option<Vec<u8>> {
    let mut head = [0; 4];
    from.read_exact(&mut head).await.ok()?;
    let length = u32::from_le_bytes([head[0], head[1], head[2], 0]);
    let mut body = vec![0; usize::try_from(length).unwrap()];
    from.read_exact(&mut body).await.ok()?;
    Some([&head[..], &body].concat())
}

/// Passes on what the client says, all but its goodbye.
async fn questions(from: &mut (impl AsyncRead + Unpin), to: &mut (impl AsyncWrite + Unpin)) {
    while let Some(packet) = packet(from).await
        && packet[4..] != *GOODBYE
    {
        to.write_all(&packet).await.unwrap();
    }
}

/// A way to the server for one client. Gives the server's answer to an application that writes when that one has left.
async fn way(db: &Database) -> (u16, JoinHandle<Vec<u8>>) {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let port = listener.local_addr().unwrap().port();
    let host = db.config["host"].as_str().unwrap();
    let server = u16::try_from(db.config["port"].as_u64().unwrap()).unwrap();
    let mut server = TcpStream::connect((host, server)).await.unwrap();
    let served = tokio::spawn(async move {
        let (mut client, _) = listener.accept().await.unwrap();
        let (mut from_client, mut to_client) = client.split();
        let (mut from_server, mut to_server) = server.split();
        tokio::select! {
            _ = copy(&mut from_server, &mut to_client) => {}
            () = questions(&mut from_client, &mut to_server) => {}
        }
        let write = b"\x03UPDATE t SET n = n + 1";
        let head = [u8::try_from(write.len()).unwrap(), 0, 0, 0];
        let question = [&head[..], write].concat();
        to_server.write_all(&question).await.unwrap();
        packet(&mut from_server).await.unwrap()
    });
    (port, served)
}

#[tokio::test]
async fn an_application_behind_the_same_pooler_can_write() {
    let db = Database::create("pooled");
    db.run("CREATE TABLE t (id INT PRIMARY KEY, n INT); INSERT INTO t VALUES (1, 0)");
    let catalog = whole(SOURCE.discover(&db.config, &local()).await.unwrap());
    for act in ["check", "discover", "read"] {
        let (port, served) = way(&db).await;
        let config = db.with("port", port.into());
        match act {
            "check" => assert_eq!(check(&SOURCE, &config, &local()).await.0, Ok(())),
            "discover" => assert!(SOURCE.discover(&config, &local()).await.is_ok()),
            _ => {
                let outcome = read(&SOURCE, &config, &catalog, &[], &local()).await;
                assert_eq!(outcome.result, Ok(()));
                assert_eq!(outcome.column("n"), [2], "what the others wrote is there");
            }
        }
        let answer = served.await.unwrap();
        let words = String::from_utf8_lossy(&answer);
        assert_eq!(answer[4], 0, "after {act}: {words}");
    }
}
