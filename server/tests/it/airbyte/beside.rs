//! A source that only the Airbyte elsewhere reaches: the hub tries it first, and that Airbyte brings the rows.

use std::{
    io::{self, Read, Write},
    net::{Shutdown, TcpListener, TcpStream},
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
    thread,
};

use serde_json::{Value, json};

use super::{
    scene::{hub_with, shop},
    standin::Platform,
};
use crate::harness::{eventually, text};

/// A line to a server on this machine that can be cut.
struct Line {
    port: u16,
    is_up: Arc<AtomicBool>,
}

impl Line {
    fn to(port: u16) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").expect("a port");
        let line = Self {
            port: listener.local_addr().expect("an address").port(),
            is_up: Arc::new(AtomicBool::new(true)),
        };
        let is_up = Arc::clone(&line.is_up);
        thread::spawn(move || {
            for caller in listener.incoming().flatten() {
                if is_up.load(Ordering::SeqCst) {
                    thread::spawn(move || carry(caller, port));
                }
            }
        });
        line
    }

    fn cut(&self, cut: bool) {
        self.is_up.store(!cut, Ordering::SeqCst);
    }
}

fn carry(caller: TcpStream, port: u16) -> io::Result<()> {
    let server = TcpStream::connect(("127.0.0.1", port))?;
    let back = (server.try_clone()?, caller.try_clone()?);
    thread::spawn(move || pour(back.0, back.1));
    pour(caller, server);
    Ok(())
}

/// Until one of them is done.
fn pour(mut from: TcpStream, mut to: TcpStream) {
    let mut bytes = [0; 16 * 1024];
    while let Ok(count @ 1..) = from.read(&mut bytes) {
        if to.write_all(&bytes[..count]).is_err() {
            break;
        }
    }
    let _over = to.shutdown(Shutdown::Both);
}

fn rules(run: &Value) -> Vec<&str> {
    let decisions = run["decisions"].as_array().expect("decisions").iter();
    decisions.map(|decision| text(decision, "rule")).collect()
}

#[test]
fn a_source_that_the_hub_does_not_reach_is_read_by_that_airbyte() {
    let platform = Platform::start();
    let hub = hub_with(&platform);
    let shop = shop();
    let mut settings = shop.configuration();
    let port = settings["port"].as_u64().expect("a port");
    let line = Line::to(u16::try_from(port).expect("a port"));
    settings["port"] = json!(line.port);
    let anna = hub.tenant("Anna");
    let (connection, test) = anna.connect("postgresql", "Shop", &settings);
    assert_eq!(test["state"], "passed", "{test}");
    let policy =
        json!({ "first": "direct", "fallback": true, "attempts": 1, "fallback_minutes": 5 });
    anna.put(&format!("/api/v1/connections/{connection}/routes"), &policy);

    // The first run of all: the hub's own engine has never asked this source what it has.
    line.cut(true);
    let started = anna.post(
        &format!("/api/v1/connections/{connection}/runs"),
        &json!({}),
    );
    let id = text(&started, "run").to_owned();
    eventually("the hub has given up on its own way", || {
        let run = anna.get(&format!("/api/v1/runs/{id}"));
        rules(&run).contains(&"fall_back").then_some(())
    });
    line.cut(false);
    let run = anna.finished(&id);
    assert_eq!(run["row"]["state"], "succeeded", "{run}");
    assert_eq!(run["row"]["method"], "airbyte-fallback", "{run}");
    assert_eq!(rules(&run), ["direct_first", "fall_back"], "{run}");
    assert_eq!(run["decisions"][0]["class"], "network", "{run}");
    assert_eq!(run["streams"][0]["table_rows"], 30, "{run}");

    let run = anna.run(&connection);
    assert_eq!(run["row"]["method"], "direct", "{run}");
}
