//! What goes along when a server sends a call elsewhere: to its own pages everything, to anybody else's no credential.

use std::sync::{Arc, Mutex};

use reqwest::{Method, Response, Url};
use sync::fault::{Fault, Kind};
use sync::outbound::{Outbound, Policy, Purpose, Scheme};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpListener;

/// Every secret of the calls below.
const SECRETS: [&str; 4] = ["tok-1", "key-2", "id-3", "word-4"];

/// A server that sends `/away` elsewhere, and the requests it got.
#[derive(Clone)]
struct Server {
    at: String,
    heard: Arc<Mutex<Vec<String>>>,
}

impl Server {
    async fn start(status: u16, away: impl Fn(&str) -> String + Send + 'static) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let at = format!("http://{}", listener.local_addr().unwrap());
        let (heard, own) = (Arc::default(), at.clone());
        let server = Self { at, heard };
        let kept = Arc::clone(&server.heard);
        tokio::spawn(async move {
            while let Ok((mut stream, _)) = listener.accept().await {
                let mut request = vec![0; 8192];
                let count = stream.read(&mut request).await.unwrap();
                let request = String::from_utf8_lossy(&request[..count]).into_owned();
                let is_away = request.contains(" /away ");
                kept.lock().unwrap().push(request);
                let head = if is_away {
                    format!("{status} x\r\nlocation: {}", away(&own))
                } else {
                    "200 x".to_owned()
                };
                let answer =
                    format!("HTTP/1.1 {head}\r\ncontent-length: 0\r\nconnection: close\r\n\r\n");
                stream.write_all(answer.as_bytes()).await.unwrap();
            }
        });
        server
    }

    fn heard(&self) -> Vec<String> {
        self.heard.lock().unwrap().clone()
    }
}

/// Calls `/away` there with every kind of credential; whether an answer came.
async fn call(server: &Server, method: Method, body: Option<&'static str>) -> bool {
    told(server, method, body).await.is_ok()
}

async fn told(
    server: &Server,
    method: Method,
    body: Option<&'static str>,
) -> Result<Response, Fault> {
    let outbound = Outbound::new(Policy {
        allow_private: vec!["127.0.0.0/8".parse().unwrap()],
        scheme: Scheme::HttpToo,
        ..Policy::default()
    })
    .unwrap();
    let url = Url::parse(&format!("{}/away", server.at)).unwrap();
    let mut request = outbound
        .request(method, url)
        .bearer_auth("tok-1")
        .header("x-api-key", "key-2")
        .header("cookie", "session=id-3")
        .header("accept", "application/json");
    if let Some(body) = body {
        request = request.body(body);
    }
    let request = request.build().unwrap();
    outbound.send(request, Purpose::Api).await
}

fn secrets_in(request: &str) -> Vec<&str> {
    let found = SECRETS.iter().filter(|secret| request.contains(**secret));
    found.copied().collect()
}

#[tokio::test]
async fn another_server_gets_none_of_the_credentials() {
    for status in [301, 302, 303, 307, 308] {
        let other = Server::start(200, |_| String::new()).await;
        let there = format!("{}/there", other.at);
        let first = Server::start(status, move |_| there.clone()).await;
        assert!(call(&first, Method::GET, None).await, "{status}");
        let [asked] = &first.heard()[..] else {
            panic!("one call")
        };
        assert_eq!(secrets_in(asked), &SECRETS[..3], "{asked}");
        let heard = other.heard();
        let [request] = &heard[..] else {
            panic!("{status}: {heard:?}")
        };
        assert!(request.starts_with("GET /there "), "{request}");
        assert!(request.contains("application/json"), "{request}");
        assert_eq!(secrets_in(request), Vec::<&str>::new(), "{request}");
    }
}

#[tokio::test]
async fn a_body_with_a_secret_is_never_sent_on_to_another_server() {
    for status in [301, 302, 303, 307, 308] {
        let other = Server::start(200, |_| String::new()).await;
        let there = format!("{}/there", other.at);
        let first = Server::start(status, move |_| there.clone()).await;
        let keeps = [307, 308].contains(&status);
        let answered = call(&first, Method::POST, Some("secret=word-4")).await;
        assert_eq!(answered, !keeps, "{status}");
        let heard = other.heard();
        assert_eq!(heard.len(), usize::from(!keeps), "{status}: {heard:?}");
        for request in heard {
            assert!(request.starts_with("GET /there "), "{request}");
            assert_eq!(secrets_in(&request), Vec::<&str>::new(), "{request}");
        }
    }
}

#[tokio::test]
async fn the_same_server_keeps_them() {
    let server = Server::start(307, |own| format!("{own}/there")).await;
    assert!(call(&server, Method::POST, Some("secret=word-4")).await);
    let heard = server.heard();
    let [_, request] = &heard[..] else {
        panic!("{heard:?}")
    };
    assert!(request.starts_with("POST /there "), "{request}");
    assert_eq!(secrets_in(request), SECRETS, "{request}");
}

#[tokio::test]
async fn who_named_an_address_that_is_not_called_is_told() {
    let server = Server::start(302, |_| "http://10.1.2.3/there".to_owned()).await;
    let fault = told(&server, Method::GET, None).await.unwrap_err();
    assert_eq!(fault.kind, Kind::Forbidden, "{fault}");
    let words = "“127.0.0.1” redirects to an address that is not called: “10.1.2.3” is an address in a private";
    assert!(fault.message.starts_with(words), "{fault}");
    assert!(fault.message.contains("10.1.2.3/32"), "{fault}");
    assert_eq!(server.heard().len(), 1, "nothing else was called");
}
