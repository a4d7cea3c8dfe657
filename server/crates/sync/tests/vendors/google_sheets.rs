//! Google Sheets: each sheet is a stream, its first row names the fields, and its rows are asked for in spans.

use serde_json::{Value, json};

use super::connector::Connected;
use super::every_stream::Whole;
use super::stand_in::{Answer, Limit, Request, StandIn, Vendor, ok, status};

/// A sheet as Google keeps it: a grid that is larger than what was written into it.
struct Sheet {
    title: &'static str,
    kind: &'static str,
    rows: usize,
    cells: Vec<Vec<String>>,
}

struct Sheets {
    sheets: Vec<Sheet>,
    limit: Limit,
}

fn said(code: u16, name: &str, text: &str) -> Answer {
    status(
        code,
        json!({"error": {"code": code, "message": text, "status": name}}),
    )
}

/// Without trailing empty ones.
fn trimmed<T>(mut items: Vec<T>, is_empty: impl Fn(&T) -> bool) -> Vec<T> {
    while items.last().is_some_and(&is_empty) {
        items.pop();
    }
    items
}

impl Sheet {
    /// The rows from one number to another, both counted from 1.
    fn span(&self, first: usize, last: usize) -> Result<Value, Answer> {
        if first > self.rows {
            let text = format!(
                "Range ({}!{first}:{last}) exceeds grid limits. Max rows: {}, max columns: 26",
                self.title, self.rows
            );
            return Err(said(400, "INVALID_ARGUMENT", &text));
        }
        let last = last.min(self.rows);
        let row = |number: usize| self.cells.get(number - 1).cloned().unwrap_or_default();
        let rows = (first..=last).map(|number| trimmed(row(number), String::is_empty));
        let rows = trimmed(rows.collect(), Vec::is_empty);
        let mut answer = json!({"range": format!("'{}'!A{first}:Z{last}", self.title.replace('\'', "''")), "majorDimension": "ROWS"});
        if !rows.is_empty() {
            answer["values"] = json!(rows);
        }
        Ok(answer)
    }
}

impl Sheets {
    fn properties(&self) -> Value {
        let properties = self.sheets.iter().enumerate().map(|(at, sheet)| {
            let mut properties =
                json!({"sheetId": at, "title": sheet.title, "index": at, "sheetType": sheet.kind});
            if sheet.kind == "GRID" {
                properties["gridProperties"] = json!({"rowCount": sheet.rows, "columnCount": 26});
            }
            json!({"properties": properties})
        });
        json!({"sheets": properties.collect::<Vec<_>>()})
    }

    fn values(&mut self, request: &Request) -> Result<Answer, Answer> {
        request.only(&["ranges"])?;
        let range = request.param("ranges").unwrap_or_default();
        let unreadable = || said(400, "INVALID_ARGUMENT", "Unable to parse range");
        let (title, rows) = range.rsplit_once("'!").ok_or_else(unreadable)?;
        let title = title.trim_start_matches('\'').replace("''", "'");
        let (first, last) = rows.split_once(':').ok_or_else(unreadable)?;
        let number = |text: &str| {
            text.parse::<usize>()
                .map_err(|_| request.malformed("ranges"))
        };
        let (first, last) = (number(first)?, number(last)?);
        if first > 1 {
            self.limit.once(said(
                429,
                "RESOURCE_EXHAUSTED",
                "Quota exceeded for quota metric 'Read requests' and limit 'Read requests per minute per user'",
            ))?;
        }
        let sheet = self.sheets.iter().find(|sheet| sheet.title == title);
        let span = sheet.ok_or_else(unreadable)?.span(first, last)?;
        Ok(ok(json!({"spreadsheetId": ID, "valueRanges": [span]})))
    }
}

impl Vendor for Sheets {
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
            return Err(said(
                401,
                "UNAUTHENTICATED",
                "Request had invalid authentication credentials.",
            ));
        }
        match request.parts()[..] {
            ["v4", "spreadsheets", ID] => {
                request.only(&["fields"])?;
                Ok(ok(self.properties()))
            }
            ["v4", "spreadsheets", ID, "values:batchGet"] => self.values(request),
            ["v4", "spreadsheets", "private"] => Err(said(
                403,
                "PERMISSION_DENIED",
                "The caller does not have permission",
            )),
            ["v4", "spreadsheets", "office"] => Err(said(
                400,
                "FAILED_PRECONDITION",
                "This operation is not supported for this document",
            )),
            _ => Err(said(404, "NOT_FOUND", "Requested entity was not found.")),
        }
    }
}

const ID: &str = "1AbC-d_EfGhIjKlMnOpQrStUvWxYz";
const PUBLIC: [&str; 2] = [
    "https://sheets.googleapis.com",
    "https://oauth2.googleapis.com",
];

fn row(cells: &[&str]) -> Vec<String> {
    cells.iter().map(|cell| (*cell).to_owned()).collect()
}

/// Orders in the rows 2 to 2,501, of which those around the end of the first span are empty.
fn orders() -> Vec<Vec<String>> {
    let order = |number: usize| match number {
        990..=1010 => Vec::new(),
        _ => vec![
            number.to_string(),
            format!("{{{{ 'It’s \"{number}\"' }}}}"),
            "beside".to_owned(),
        ],
    };
    let header = row(&["No", "{{ config['credentials'] }}", "", "Note"]);
    std::iter::once(header)
        .chain((2..=2501).map(order))
        .collect()
}

fn office() -> Sheets {
    let sheet = |title, kind, rows, cells| Sheet {
        title,
        kind,
        rows,
        cells,
    };
    let stats = vec![
        row(&["Name", "stats", "type", "stats"]),
        row(&["a", "1", "x", "2"]),
        row(&["", " ", "", "", "beside"]),
        row(&["", "3"]),
    ];
    Sheets {
        sheets: vec![
            sheet("Orders", "GRID", 2600, orders()),
            sheet("Jo's 2024!", "GRID", 1000, stats),
            sheet("Chart", "OBJECT", 0, Vec::new()),
            sheet("Empty", "GRID", 1000, Vec::new()),
            sheet("2025", "GRID", 1, vec![row(&["Only"])]),
        ],
        limit: Limit::default(),
    }
}

fn config(spreadsheet: &str, token: &str) -> Value {
    json!({
        "spreadsheet_id": spreadsheet, "batch_size": 200,
        "stream_name_overrides": [{"source_stream_name": "Jo's 2024!", "custom_stream_name": "stats"}],
        "credentials": {"auth_type": "Client", "client_id": "id", "client_secret": "secret", "refresh_token": token},
    })
}

fn link() -> String {
    format!("https://docs.google.com/spreadsheets/d/{ID}/edit?gid=0#gid=0")
}

pub async fn whole() -> Whole {
    let mut office = office();
    office.sheets.retain(|sheet| sheet.cells.len() > 1);
    let google = StandIn::open(office).await;
    let connector = Connected::new("google-sheets", &PUBLIC, &google.base, config(ID, "renew"));
    Whole::new([connector], google)
}

#[tokio::test]
async fn a_login_or_a_link_that_cannot_be_used_is_refused_in_words() {
    let google = StandIn::open(office()).await;
    let connector = Connected::new("google-sheets", &PUBLIC, &google.base, config(ID, "renew"));
    connector.check().await.unwrap();
    connector
        .with(config(&link(), "renew"))
        .check()
        .await
        .unwrap();
    let told = [
        (config(ID, "spent"), "refresh token was refused"),
        (config("private", "renew"), "Share the spreadsheet with it"),
        (config("office", "renew"), "Save as Google Sheets"),
        (config("gone", "renew"), "knows no such spreadsheet"),
    ];
    for (config, words) in told {
        let refusal = connector.with(config).refusal().await;
        assert!(refusal.contains(words), "{words}: {refusal}");
    }
    google.is_content();
}

#[tokio::test]
async fn every_sheet_with_a_first_row_is_a_stream_and_read_in_spans() {
    let google = StandIn::open(office()).await;
    let connector = Connected::new(
        "google-sheets",
        &PUBLIC,
        &google.base,
        config(&link(), "renew"),
    );
    assert_eq!(connector.streams().await, ["Orders", "stats", "2025"]);
    let asked = google.asked(&format!("/v4/spreadsheets/{ID}"));
    assert_eq!(asked.len(), 1, "the spreadsheet is asked for once");
    let text = json!({"type": ["string", "null"]});
    assert_eq!(
        connector.fields("stats").await,
        json!({"Name": text, "stats_B1": text, "type": text, "stats_D1": text})
    );

    google.asked(&format!("/v4/spreadsheets/{ID}/values:batchGet"));
    let first = connector.read().await;
    let orders = first.records("Orders");
    assert_eq!(orders.len(), 2500 - 21);
    // what stands in a cell or in the first row is never taken for a template
    assert!(
        orders.contains(&json!({"No": "2", "{{ config['credentials'] }}": "{{ 'It’s \"2\"' }}"}))
    );
    let after_the_gap: Vec<&Value> = orders
        .iter()
        .filter(|order| order["No"] == "1011")
        .collect();
    assert_eq!(after_the_gap.len(), 1);
    let stats = [
        json!({"Name": "a", "stats_B1": "1", "type": "x", "stats_D1": "2"}),
        json!({"Name": "", "stats_B1": "3"}),
    ];
    assert_eq!(first.records("stats"), stats);
    assert!(first.records("2025").is_empty());
    assert_eq!(google.refused(), 1);
    let asked = google.asked(&format!("/v4/spreadsheets/{ID}/values:batchGet"));
    let spans = asked.iter().filter_map(|request| request.param("ranges"));
    let spans: Vec<&str> = spans
        .filter(|range| range.starts_with("'Orders'!") && !range.ends_with("!1:1"))
        .collect();
    for span in [
        "'Orders'!2:1001",
        "'Orders'!1002:2001",
        "'Orders'!2002:2600",
    ] {
        assert!(spans.contains(&span), "{span} of {spans:?}");
    }

    // nothing tells what changed, so all of it comes again
    google.then(|google| google.sheets[1].cells[1] = row(&["b", "9"]));
    let second = connector.read_from(&first).await;
    assert_eq!(second.records("Orders").len(), 2500 - 21);
    assert_eq!(
        second.records("stats")[0],
        json!({"Name": "b", "stats_B1": "9"})
    );
    google.is_content();
    connector.airbyte_reads_the_same().await;
}

#[tokio::test]
async fn names_of_columns_are_made_plain_as_asked() {
    let mut office = office();
    let header = row(&[
        "Example ID*",
        "50th Percentile? ",
        "Q3 2023",
        "MyName",
        "Größe",
        "MyName",
    ]);
    office.sheets = vec![Sheet {
        title: "Names",
        kind: "GRID",
        rows: 10,
        cells: vec![header],
    }];
    let google = StandIn::open(office).await;
    let connector = Connected::new("google-sheets", &PUBLIC, &google.base, config(ID, "renew"));
    let ends = "remove_leading_trailing_underscores";
    let cases: [(&[&str], [&str; 3]); 6] = [
        (&[], ["example_id_", "_50_th_percentile_", "q_3_2023"]),
        (&[ends], ["example_id", "_50_th_percentile", "q_3_2023"]),
        (
            &["combine_number_word_pairs"],
            ["example_id_", "_50th_percentile_", "q_3_2023"],
        ),
        (
            &["combine_letter_number_pairs"],
            ["example_id_", "_50_th_percentile_", "q3_2023"],
        ),
        (
            &["remove_special_characters", ends],
            ["example_id", "_50_th_percentile", "q_3_2023"],
        ),
        (
            &["allow_leading_numbers", ends],
            ["example_id", "50_th_percentile", "q_3_2023"],
        ),
    ];
    for (options, names) in cases {
        let mut config = config(ID, "renew");
        config["names_conversion"] = json!(true);
        for option in options {
            config[*option] = json!(true);
        }
        let fields = connector.with(config).fields("Names").await;
        let mut names = names.to_vec();
        names.extend(["my_name_D1", "größe", "my_name_F1"]);
        let found: Vec<&String> = fields.as_object().unwrap().keys().collect();
        assert_eq!(found, names, "{options:?}");
    }
}
