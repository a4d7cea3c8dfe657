//! Google Drive: folders are walked level by level, files are listed as they change, and CSV and JSONL files are read.

use std::collections::BTreeMap;

use regex::Regex;
use serde_json::{Value, json};

use super::connector::Connected;
use super::every_stream::Whole;
use super::stand_in::{Answer, Limit, Request, StandIn, Vendor, ok, page, status};

const FOLDER: &str = "application/vnd.google-apps.folder";
const PUBLIC: [&str; 2] = [
    "https://www.googleapis.com/drive",
    "https://oauth2.googleapis.com",
];

/// What lies in the Drive, and what its files hold.
struct Drive {
    items: Vec<Value>,
    texts: BTreeMap<&'static str, &'static str>,
    lists: Limit,
    downloads: Limit,
}

fn said(code: u16, reason: &str, text: &str) -> Answer {
    let error = json!({"domain": "global", "reason": reason, "message": text});
    status(
        code,
        json!({"error": {"errors": [error], "code": code, "message": text}}),
    )
}

impl Drive {
    /// Everything the question asks for, in the words of Google's search.
    fn search(&self, request: &Request) -> Result<Vec<&Value>, Answer> {
        let wanted = request.param("q").unwrap_or_default();
        let shape = Regex::new(
            r"^'([^']+)' in parents and trashed = false and mimeType (=|!=) 'application/vnd.google-apps.folder'(?:\s+and \(modifiedTime > '([^']+)' or createdTime > '([^']+)'\))?(?: and modifiedTime >= '([^']+)')?$",
        );
        let shape = shape.unwrap();
        let parts = shape
            .captures(wanted)
            .ok_or_else(|| request.malformed("q"))?;
        let folder = &parts[1];
        if folder != "ROOT" && !self.items.iter().any(|item| item["id"] == folder) {
            return Err(said(404, "notFound", "File not found: ."));
        }
        let text = |at: usize| parts.get(at).map(|part| part.as_str());
        let is_after = |item: &Value, field: &str, least: Option<&str>| {
            least.is_none_or(|least| item[field].as_str().unwrap() > least)
        };
        let found = self.items.iter().filter(|item| {
            item["parents"][0] == folder
                && item["trashed"] == false
                && (item["mimeType"] == FOLDER) == (&parts[2] == "=")
                && (is_after(item, "modifiedTime", text(3))
                    || is_after(item, "createdTime", text(4)))
                && text(5).is_none_or(|least| item["modifiedTime"].as_str().unwrap() >= least)
        });
        Ok(found.collect())
    }

    /// Two at a time, whatever is asked for: pages may be shorter before the last one.
    fn list(&mut self, request: &Request) -> Result<Answer, Answer> {
        request.only(&[
            "q",
            "fields",
            "pageSize",
            "pageToken",
            "supportsAllDrives",
            "includeItemsFromAllDrives",
        ])?;
        request.size("pageSize", 1000)?;
        self.lists.once(said(
            403,
            "userRateLimitExceeded",
            "User Rate Limit Exceeded",
        ))?;
        let from = request.number("pageToken")?.unwrap_or(0);
        let found = self.search(request)?;
        let (files, next) = page(&found, from, 2);
        let mut answer = json!({"files": files});
        if let Some(next) = next {
            answer["nextPageToken"] = json!(next.to_string());
        }
        Ok(ok(answer))
    }

    fn download(&mut self, request: &Request, file: &str) -> Result<Answer, Answer> {
        request.only(&["alt", "supportsAllDrives"])?;
        if request.param("alt") != Some("media") {
            return Err(request.malformed("alt"));
        }
        self.downloads
            .once(said(429, "rateLimitExceeded", "Rate Limit Exceeded"))?;
        let text = self.texts.get(file);
        let text = text.ok_or_else(|| said(404, "notFound", "File not found."))?;
        let mut answer = ok(Value::Null);
        answer.file = Some(text.as_bytes().to_vec());
        Ok(answer)
    }
}

impl Vendor for Drive {
    fn answer(&mut self, request: &Request) -> Result<Answer, Answer> {
        if request.path == "/token" {
            if request.body["refresh_token"] != "renew" {
                return Err(status(
                    400,
                    json!({"error": "invalid_grant", "error_description": "Token has been expired or revoked."}),
                ));
            }
            return Ok(ok(
                json!({"access_token": "fresh", "expires_in": 3599, "token_type": "Bearer"}),
            ));
        }
        if request.bearer() != "fresh" {
            return Err(said(401, "authError", "Invalid Credentials"));
        }
        match request.parts()[..] {
            ["v3", "files"] => self.list(request),
            ["v3", "files", file] => self.download(request, file),
            _ => Err(said(404, "notFound", "Not Found")),
        }
    }
}

fn day(day: u32) -> String {
    format!("2024-01-{day:02}T00:00:00.000Z")
}

fn item(id: &str, name: &str, folder: &str, kind: &str, changed: u32) -> Value {
    json!({
        "id": id, "name": name, "parents": [folder], "mimeType": kind, "trashed": false, "createdTime": day(changed),
        "modifiedTime": day(changed), "size": "12", "version": "3", "md5Checksum": "6f5902ac237024bdd0c176cb93063dc4",
        "webViewLink": format!("https://drive.google.com/file/d/{id}/view"), "shared": true, "starred": false,
        "owners": [{"displayName": "Ada", "emailAddress": "ada@example.com"}], "lastModifyingUser": {"displayName": "Ada"},
    })
}

/// A few files on top, and folders in folders down to the ninth level, each with a file.
fn office() -> Drive {
    let mut items = vec![
        item("people1", "people1.csv", "ROOT", "text/csv", 2),
        item("people2", "people2.csv", "level1", "text/csv", 3),
        item("notes", "notes.jsonl", "level1", "application/json", 4),
        item(
            "doc",
            "People.csv",
            "ROOT",
            "application/vnd.google-apps.document",
            5,
        ),
        item(
            "sheet",
            "figures (1).xlsx",
            "ROOT",
            "application/octet-stream",
            5,
        ),
    ];
    let mut above = "ROOT".to_owned();
    for level in 1..=9 {
        let folder = format!("level{level}");
        items.push(item(&folder, &folder, &above, FOLDER, 1));
        let file = format!("deep{level}");
        items.push(item(&file, "deep.txt", &folder, "text/plain", 1));
        above = folder;
    }
    let mut gone = item("gone", "people3.csv", "ROOT", "text/csv", 6);
    gone["trashed"] = json!(true);
    items.push(gone);
    Drive {
        items,
        texts: BTreeMap::from([
            ("people1", "id,name\n1,one\n2,NA\n"),
            ("people2", "id,name\n3,\"t,hree\"\n"),
            (
                "notes",
                "{\"a\":1,\"b\":{\"c\":[true,\"{{ 1 + 1 }}\"]}}\n{\"a\":2.5}\n",
            ),
        ]),
        lists: Limit::default(),
        downloads: Limit::default(),
    }
}

fn config(folder: &str, token: &str) -> Value {
    json!({
        "folder_url": format!("https://drive.google.com/drive/u/0/folders/{folder}?usp=sharing"),
        "credentials": {"auth_type": "Client", "client_id": "id", "client_secret": "secret", "refresh_token": token},
        "streams": [
            {"name": "people", "globs": ["**/people?.csv"], "format": {"filetype": "csv", "null_values": ["NA"]},
             "input_schema": "{\"id\": \"integer\", \"name\": \"string\"}"},
            {"name": "notes", "globs": ["nothing|level1/*.jsonl"], "format": {"filetype": "jsonl"}},
        ],
    })
}

pub async fn whole() -> Whole {
    let drive = StandIn::open(office()).await;
    let config = config("ROOT", "renew");
    let connector = Connected::new("google-drive", &PUBLIC, &drive.base, config);
    Whole::new([connector], drive)
}

#[tokio::test]
async fn what_cannot_be_reached_or_read_is_refused() {
    let drive = StandIn::open(office()).await;
    let connector = Connected::new(
        "google-drive",
        &PUBLIC,
        &drive.base,
        config("ROOT", "renew"),
    );
    connector.check().await.unwrap();
    let refusal = connector.with(config("ROOT", "spent")).refusal().await;
    assert!(refusal.contains("refresh token was refused"), "{refusal}");
    let refusal = connector.with(config("LOST", "renew")).refusal().await;
    assert!(refusal.contains("knows no such folder"), "{refusal}");

    // what would be left out or read wrongly is not begun
    let changes = [
        ("/streams/0/format", json!({"filetype": "excel"})),
        (
            "/streams/0/format",
            json!({"filetype": "csv", "quote_char": "'"}),
        ),
        ("/streams/0/name", json!("file_metadata")),
        ("/streams/0/input_schema", json!("{\"id\": \"uuid\"}")),
        (
            "/delivery_method",
            json!({"delivery_type": "use_file_transfer"}),
        ),
    ];
    for (place, value) in changes {
        let mut config = config("ROOT", "renew");
        config["delivery_method"] = json!({"delivery_type": "use_records_transfer"});
        *config.pointer_mut(place).unwrap() = value;
        let refusal = connector.with(config).refusal().await;
        assert!(
            refusal.starts_with("The configuration "),
            "{place}: {refusal}"
        );
    }
    drive.is_content();
}

/// What a row of a file says besides its cells.
fn row(mut cells: Value, path: &str, changed: u32) -> Value {
    cells["_ab_source_file_url"] = json!(path);
    cells["_ab_source_file_last_modified"] = json!(day(changed).replace(".000Z", ".000000Z"));
    cells
}

#[tokio::test]
async fn files_and_their_rows_are_read_once_and_again_when_they_change() {
    let drive = StandIn::open(office()).await;
    let connector = Connected::new(
        "google-drive",
        &PUBLIC,
        &drive.base,
        config("ROOT", "renew"),
    );
    let streams = ["file_metadata", "people", "notes"];
    assert_eq!(connector.streams().await, streams);
    let fields = connector.fields("people").await;
    assert_eq!(fields["id"], json!({"type": ["integer", "null"]}));
    assert_eq!(
        connector.fields("notes").await["data"]["type"],
        json!(["object", "null"])
    );

    let first = connector.read().await;
    let files = [
        "deep1", "deep2", "deep3", "deep4", "deep5", "deep6", "deep7", "deep8", "doc", "notes",
        "people1", "people2", "sheet",
    ];
    assert_eq!(first.ids("file_metadata"), files);
    let listed = first.records("file_metadata");
    let deepest = listed.iter().find(|file| file["id"] == "deep8").unwrap();
    assert_eq!(
        deepest["path"],
        "level1/level2/level3/level4/level5/level6/level7/level8/deep.txt"
    );
    assert_eq!(deepest["size"], 12);
    let mut people = first.records("people").to_vec();
    people.sort_by_key(|person| person["id"].as_i64());
    let expected = [
        row(json!({"id": 1, "name": "one"}), "people1.csv", 2),
        row(json!({"id": 2}), "people1.csv", 2),
        row(json!({"id": 3, "name": "t,hree"}), "level1/people2.csv", 3),
    ];
    assert_eq!(people, expected);
    let notes = [
        json!({"data": {"a": 1, "b": {"c": [true, "{{ 1 + 1 }}"]}}}),
        json!({"data": {"a": 2.5}}),
    ];
    let notes = notes.map(|note| row(note, "level1/notes.jsonl", 4));
    assert_eq!(first.records("notes"), notes);
    assert_eq!(drive.refused(), 1, "a download was put off");
    drive.then(|drive| assert!(drive.lists.is_spent(), "a list was put off"));

    drive.asked("/v3/files/people1");
    drive.asked("/v3/files/notes");
    drive.then(|drive| {
        let changed = drive.items.iter_mut().find(|item| item["id"] == "people2");
        changed.unwrap()["modifiedTime"] = json!(day(20));
        drive.texts.insert("people2", "id,name\n4,four\n");
        // a copy keeps the moment of the change elsewhere
        let mut copied = item("people4", "people4.csv", "ROOT", "text/csv", 1);
        copied["createdTime"] = json!(day(21));
        drive.items.push(copied);
        drive.texts.insert("people4", "id,name\n5,five\n");
    });
    let second = connector.read_from(&first).await;
    assert_eq!(second.ids("file_metadata"), ["people2", "people4"]);
    let mut people = second.records("people").to_vec();
    people.sort_by_key(|person| person["id"].as_i64());
    let expected = [
        row(json!({"id": 4, "name": "four"}), "level1/people2.csv", 20),
        row(json!({"id": 5, "name": "five"}), "people4.csv", 1),
    ];
    assert_eq!(people, expected);
    assert!(second.records("notes").is_empty());
    assert!(drive.asked("/v3/files/people1").is_empty());
    assert!(drive.asked("/v3/files/notes").is_empty());
    drive.is_content();
    connector.airbyte_reads_the_same().await;
}

#[tokio::test]
async fn nothing_older_than_the_start_is_read() {
    let drive = StandIn::open(office()).await;
    let mut config = config("ROOT", "renew");
    config["start_date"] = json!("2024-01-04T00:00:00.000000Z");
    let connector = Connected::new("google-drive", &PUBLIC, &drive.base, config);
    let read = connector.read().await;
    assert_eq!(read.ids("file_metadata"), ["doc", "notes", "sheet"]);
    assert_eq!(read.records("notes").len(), 2);
    assert!(read.records("people").is_empty());
    drive.is_content();
}
