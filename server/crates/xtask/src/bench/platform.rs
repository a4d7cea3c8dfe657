//! An Airbyte elsewhere that answers at once: one workspace after the other, a source whose check passes and whose schema is
//! always the same. It counts what it is asked, and for how long it was busy with that.

use std::{
    io::{BufRead, BufReader, Write},
    net::{Ipv4Addr, SocketAddr, TcpListener, TcpStream},
    sync::{Arc, Mutex, PoisonError},
    thread,
    time::{Duration, Instant},
};

use anyhow::{Context, Result};
use serde_json::{Value, json};

/// Airbyte's PostgreSQL source, the same id everywhere.
const POSTGRES: &str = "decd338e-5647-4c0b-adf4-da0e75f5a750";

pub struct Platform {
    pub address: SocketAddr,
    told: Arc<Mutex<Told>>,
}

/// What it was asked since somebody last looked.
#[derive(Debug, Clone, Copy, Default)]
pub struct Told {
    pub calls: u32,
    pub busy: Duration,
    /// Things made so far; their numbers are their ids.
    made: u32,
}

impl Platform {
    pub fn start() -> Result<Self> {
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).context("no free port")?;
        let platform = Self {
            address: listener.local_addr()?,
            told: Arc::default(),
        };
        let told = Arc::clone(&platform.told);
        thread::spawn(move || {
            for stream in listener.incoming().flatten() {
                let told = Arc::clone(&told);
                // Whoever hangs up is done.
                thread::spawn(move || drop(serve(stream, &told)));
            }
        });
        Ok(platform)
    }

    /// What it was asked since the last look.
    pub fn look(&self) -> Told {
        let mut told = self.told.lock().unwrap_or_else(PoisonError::into_inner);
        let seen = *told;
        *told = Told {
            made: seen.made,
            ..Told::default()
        };
        seen
    }
}

fn serve(mut stream: TcpStream, told: &Mutex<Told>) -> Result<()> {
    stream.set_nodelay(true)?;
    let mut lines = BufReader::new(stream.try_clone()?);
    while let Some((method, path, body)) = request(&mut lines)? {
        let begun = Instant::now();
        let mut told = told.lock().unwrap_or_else(PoisonError::into_inner);
        told.made += 1;
        let (status, answer) = answer(&method, &path, &body, told.made);
        let text = answer.to_string();
        write!(
            stream,
            "HTTP/1.1 {status}\r\ncontent-type: application/json\r\ncontent-length: {}\r\n\r\n{text}",
            text.len()
        )?;
        told.calls += 1;
        told.busy += begun.elapsed();
    }
    Ok(())
}

/// Method, path without its query, and body.
fn request(lines: &mut impl BufRead) -> Result<Option<(String, String, Value)>> {
    let mut first = String::new();
    if lines.read_line(&mut first)? == 0 {
        return Ok(None);
    }
    let (mut line, mut length) = (String::new(), 0);
    while lines.read_line(&mut line)? > 0 && !line.trim().is_empty() {
        if let Some(value) = line.to_ascii_lowercase().strip_prefix("content-length:") {
            length = value.trim().parse()?;
        }
        line.clear();
    }
    let mut body = vec![0; length];
    lines.read_exact(&mut body)?;
    let mut words = first.split_whitespace();
    let (method, target) = (words.next(), words.next().unwrap_or_default());
    let path = target.split('?').next().unwrap_or_default();
    let body = serde_json::from_slice(&body).unwrap_or(Value::Null);
    Ok(Some((
        method.unwrap_or_default().to_owned(),
        path.to_owned(),
        body,
    )))
}

/// As Airbyte answers, as far as the hub asks.
fn answer(method: &str, path: &str, body: &Value, number: u32) -> (&'static str, Value) {
    const OK: &str = "200 OK";
    let id = format!("00000000-0000-4000-8000-{number:012}");
    let public = path.strip_prefix("/api/public/v1/");
    let found = match (method, public.unwrap_or(path)) {
        ("POST", "applications/token") => {
            json!({ "access_token": "t", "token_type": "Bearer", "expires_in": 900 })
        }
        // One that is there already, and nobody's of this hub.
        ("GET", "workspaces") => json!({
            "data": [{ "workspaceId": id, "name": "Somebody's", "notifications": {} }], "next": "", "previous": "",
        }),
        ("GET", "sources" | "destinations" | "connections" | "jobs") => {
            json!({ "data": [], "next": "", "previous": "" })
        }
        ("POST", "workspaces") => {
            json!({ "workspaceId": id, "name": body["name"], "notifications": {} })
        }
        ("POST", "destinations") => json!({
            "destinationId": id, "name": body["name"], "destinationType": "postgres", "workspaceId": body["workspaceId"],
            "definitionId": body["definitionId"], "configuration": {}, "createdAt": 0,
        }),
        ("POST", "sources") => json!({
            "sourceId": id, "name": body["name"], "sourceType": "postgres", "workspaceId": body["workspaceId"],
            "definitionId": POSTGRES, "configuration": {}, "createdAt": 0,
        }),
        ("DELETE", _) => return ("204 No Content", Value::Null),
        (_, "/api/v1/source_definitions/list_for_workspace") => {
            json!({ "sourceDefinitions": [{ "sourceDefinitionId": POSTGRES, "name": "Postgres" }] })
        }
        (_, "/api/v1/source_definition_specifications/get") => json!({
            "sourceDefinitionId": POSTGRES,
            "connectionSpecification": { "type": "object", "properties": { "host": { "type": "string" } } },
        }),
        (_, "/api/v1/scheduler/sources/check_connection") => {
            json!({ "status": "succeeded", "jobInfo": { "succeeded": true } })
        }
        (_, "/api/v1/sources/discover_schema") => json!({
            "catalog": { "streams": [{ "config": {}, "stream": {
                "name": "orders", "jsonSchema": { "type": "object", "properties": { "id": { "type": "integer" } } },
                "supportedSyncModes": ["full_refresh"],
            } }] },
            "jobInfo": { "succeeded": true },
        }),
        (_, "/registry.json") => json!({ "sources": [] }),
        _ => {
            return (
                "404 Not Found",
                json!({ "message": format!("{method} {path}") }),
            );
        }
    };
    (OK, found)
}
