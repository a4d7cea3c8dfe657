//! Amplitude: hours of events as an archive of packed files, and lists beside it.

use std::io::{Cursor, Write};

use flate2::Compression;
use flate2::write::GzEncoder;
use serde_json::{Value, json};
use zip::ZipWriter;
use zip::write::SimpleFileOptions;

use super::connector::Connected;
use super::every_stream::Whole;
use super::stand_in::{Answer, Limit, Request, StandIn, Store, Vendor, hour, ok, status};

struct Amplitude {
    store: Store,
    limit: Limit,
}

impl Vendor for Amplitude {
    fn answer(&mut self, request: &Request) -> Result<Answer, Answer> {
        if request.login() != "key:right" {
            return Err(status(403, Value::from("Forbidden")));
        }
        match request.parts()[..] {
            ["api", "3", "annotations"] => Ok(ok(json!({"data": self.store.list("annotations")}))),
            ["api", "2", "events", "list"] => Ok(ok(json!({"data": self.store.list("list")}))),
            ["api", "3", "cohorts"] => Ok(ok(json!({"cohorts": self.store.list("cohorts")}))),
            ["api", "2", "export"] => self.export(request),
            _ => Err(status(404, Value::from("not there"))),
        }
    }
}

impl Amplitude {
    fn export(&mut self, request: &Request) -> Result<Answer, Answer> {
        request.only(&["start", "end"])?;
        self.limit
            .once(status(429, json!({"error": "Too Many Requests"})).header("Retry-After", "1"))?;
        let bound = |name: &str| {
            let text = request
                .shaped(name, r"\d{8}T\d\d")?
                .ok_or_else(|| request.malformed(name))?;
            Ok(text.to_owned())
        };
        let (start, end) = (bound("start")?, bound("end")?);
        let mut found = self.store.list("events");
        found.retain(|event| {
            let moment = event["server_upload_time"].as_str().unwrap();
            let hour = format!("{}T{}", moment[..10].replace('-', ""), &moment[11..13]);
            start <= hour && hour <= end
        });
        if found.is_empty() {
            return Err(status(404, Value::from("Raw data files were not found")));
        }
        let mut archive = ZipWriter::new(Cursor::new(Vec::new()));
        for (number, events) in found.chunks(2).enumerate() {
            let mut packed = GzEncoder::new(Vec::new(), Compression::fast());
            for event in events {
                writeln!(packed, "{event}").unwrap();
            }
            archive
                .start_file(
                    format!("1/1_{number}.json.gz"),
                    SimpleFileOptions::default(),
                )
                .unwrap();
            archive.write_all(&packed.finish().unwrap()).unwrap();
        }
        let mut answer = ok(Value::Null);
        answer.file = Some(archive.finish().unwrap().into_inner());
        Ok(answer)
    }
}

fn event(at: i64) -> Value {
    let moment = hour(at).replace('T', " ").replace('Z', ".250000");
    json!({"uuid": format!("e{at:03}"), "event_type": "open", "server_upload_time": moment})
}

fn config(secret: &str) -> Value {
    json!({"api_key": "key", "secret_key": secret, "start_date": "2024-01-01T00:00:00Z", "request_time_range": 2000})
}

pub async fn whole() -> Whole {
    let amplitude = StandIn::open(Amplitude {
        store: Store::of(include_str!("examples/amplitude.json")),
        limit: Limit::default(),
    })
    .await;
    let address = ["https://amplitude.com"];
    let connector = Connected::new("amplitude", &address, &amplitude.base, config("right"));
    Whole::new([connector], amplitude)
}

#[tokio::test]
async fn events_are_unpacked_and_then_only_new_hours_asked_for() {
    let store = Store::default()
        .with("events", (1..=5).map(event))
        .with("cohorts", [json!({"id": "c1", "name": "Loyal", "size": 3})])
        .with(
            "annotations",
            [json!({"id": 1, "start": "2024-01-01T07:00:00+00:00", "end": null, "label": "Launch"})],
        );
    let amplitude = StandIn::open(Amplitude {
        store,
        limit: Limit::default(),
    })
    .await;
    let connector = Connected::new(
        "amplitude",
        &["https://amplitude.com"],
        &amplitude.base,
        config("right"),
    );
    assert!(
        connector
            .with(config("wrong"))
            .refusal()
            .await
            .contains("may not read the data")
    );
    connector.check().await.unwrap();
    assert_eq!(
        connector.streams().await,
        ["annotations", "cohorts", "events", "events_list"]
    );

    let first = connector.read().await;
    assert_eq!(
        first.ids("events"),
        ["e001", "e002", "e003", "e004", "e005"]
    );
    assert_eq!(
        (first.ids("cohorts"), first.ids("annotations")),
        (vec!["c1".to_owned()], vec!["1".to_owned()])
    );
    assert_eq!(amplitude.refused(), 1);

    amplitude.asked("/api/2/export");
    amplitude.then(|amplitude| amplitude.store.add("events", event(9)));
    let second = connector.read_from(&first).await;
    assert_eq!(second.ids("events"), ["e005", "e009"]);
    assert_eq!(
        amplitude.asked("/api/2/export")[0].param("start"),
        Some("20240101T05")
    );
    amplitude.is_content();
    connector.airbyte_reads_the_same().await;
}
