//! Every kind of wrong file, and addresses and uploads that lead to none: each is told for what it is.

use std::io::Write;

use flate2::Compression;
use flate2::write::GzEncoder;
use serde_json::json;
use sync::connector::Connector;
use sync::fault::{Fault, Kind};
use tokio::sync::mpsc;

use crate::file::{WEATHER, WORKBOOK, uploaded};
use crate::harness::{check, context, local, read, whole};
use crate::web::{Page, Web};

const SOURCE: Connector = Connector::File;

async fn refused(bytes: &[u8]) -> Fault {
    let (cx, config) = uploaded(bytes).await;
    check(&SOURCE, &config, &cx).await.0.unwrap_err()
}

#[tokio::test]
async fn wrong_files_are_told_for_what_they_are() {
    let wide = format!("{}\n", vec!["x"; 2000].join(","));
    let cases: [(&[u8], &str); 9] = [
        (b"", "empty"),
        (
            b"<!DOCTYPE html><html><body>Sign in</body></html>",
            "web page",
        ),
        (b"%PDF-1.4 ...", "PDF"),
        (b"[]", "no rows"),
        (b"[{\"a\": 1}, {\"a\": }]", "line 1, column 18"),
        (b"{\"a\": 1}\n{broken}\n", "line 2"),
        (b"PK\x03\x04 xl/ not really", "workbook could not be read"),
        (&WORKBOOK[..4000], "workbook could not be read"),
        (wide.as_bytes(), "more than 1590 columns"),
    ];
    for (bytes, word) in cases {
        let fault = refused(bytes).await;
        assert_eq!(fault.kind, Kind::Data, "{fault}");
        assert!(fault.message.contains(word), "{word}: {fault}");
    }
    let mut gzip = GzEncoder::new(Vec::new(), Compression::default());
    gzip.write_all(WEATHER).unwrap();
    let packed = gzip.finish().unwrap();
    assert!(
        refused(&packed[..packed.len() / 2])
            .await
            .message
            .contains("damaged")
    );
}

#[tokio::test]
async fn what_is_odd_in_a_csv_is_said_when_it_is_checked() {
    let cases: [(&[u8], &str); 9] = [
        (b"a\n1\n", "1 column"),
        (b"a,b\n1,2\n", "2 columns"),
        (
            b"a,b,a\n1,2,3\n",
            "3 columns. One name in the header is empty or there twice: that column is called a_2.",
        ),
        (
            b"a,b\n1,2\n3\n",
            "2 columns. The row at line 3 has fewer values than the header: what is missing stays empty.",
        ),
        (
            b"1,anna,2.50\n2,bob,3\n",
            "3 columns. The first row looks like data, and is taken for the names of the columns. If the file has no names of columns, \
             choose the format CSV and switch off “First row holds the column names”.",
        ),
        (b"region,2022,2023\nnorth,1,2\n", "3 columns"),
        (
            b"Name,name \nx,y\n",
            "2 columns. One name in the header is empty or there twice: that column is called name_2.",
        ),
        (
            b"Price list 2026,,\nsku,price,since\nA-1,12.50,2026-01-01\n",
            "3 columns. 2 names in the header are empty or there twice: those columns are called column_2, column_3. \
             If the first row is a title, skip it in the format’s settings.",
        ),
        (
            b"Price list 2026\nsku;price\nA-1;12.50\n",
            "2 columns. 2 rows, the first at line 2, have more values than the header: they go to columns with a number. \
             If the first row is a title, skip it in the format’s settings.",
        ),
    ];
    for (bytes, said) in cases {
        let (cx, mut config) = uploaded(bytes).await;
        let delimiter = if bytes.contains(&b';') { ";" } else { "," };
        config["format"] = json!({"type": "csv", "delimiter": delimiter});
        let (sender, mut receiver) = mpsc::channel(32);
        SOURCE.check(&config, &cx, sender).await.unwrap();
        let mut details = Vec::new();
        while let Some(step) = receiver.recv().await {
            details.extend(step.detail.filter(|_| step.name == "Rows readable"));
        }
        assert_eq!(details, [said]);
    }
}

#[tokio::test]
async fn a_file_without_a_row_is_told_with_what_to_do() {
    let cases: [(&[u8], u8, Option<&str>, &str); 2] = [
        (b"", 0, None, "Export it again, or choose another file."),
        (
            b"a\n1\n",
            9,
            Some("format.skip_rows"),
            "Skip fewer of them.",
        ),
    ];
    for (bytes, skip_rows, field, words) in cases {
        for header in [true, false] {
            let (cx, mut config) = uploaded(bytes).await;
            config["format"] = json!({"type": "csv", "header": header, "skip_rows": skip_rows});
            let fault = check(&SOURCE, &config, &cx).await.0.unwrap_err();
            assert_eq!(fault.kind, Kind::Data, "{fault}");
            assert!(fault.message.contains(words), "{fault}");
            assert_eq!(fault.field.as_deref(), field, "{fault}");
        }
    }
}

#[tokio::test]
async fn a_quote_that_never_closes_does_not_swallow_the_memory() {
    let mut csv = b"a,b\n1,\"open\n".to_vec();
    csv.extend(std::iter::repeat_n(b"2,3\n", 300_000).flatten());
    let (cx, config) = uploaded(b"a,b\n1,2\n").await;
    let catalog = whole(SOURCE.discover(&config, &cx).await.unwrap());
    let (mut cx, config) = uploaded(&csv).await;
    cx.limits.line_bytes = 100_000;
    let fault = read(&SOURCE, &config, &catalog, &[], &cx)
        .await
        .result
        .unwrap_err();
    assert!(fault.message.contains("quotation mark"), "{fault}");
}

#[tokio::test]
async fn addresses_that_do_not_lead_to_a_file() {
    let pages = [
        ("/cut.csv", Page::CutOff(WEATHER.to_vec())),
        ("/private", Page::Status(403)),
        ("/down", Page::Status(503)),
        (
            "/inside",
            Page::Redirect("https://169.254.169.254/latest/meta-data/".to_owned()),
        ),
        ("/plain", Page::Redirect("http://127.0.0.1/".to_owned())),
        ("/loop", Page::Redirect("/loop".to_owned())),
    ];
    let web = Web::start(pages).await;
    let cases = [
        ("/none.csv", Kind::Config, "no file"),
        ("/private", Kind::Forbidden, "signing in"),
        ("/down", Kind::Upstream, "503"),
        ("/inside", Kind::Forbidden, "169.254.169.254"),
        ("/plain", Kind::Forbidden, "https://"),
        ("/loop", Kind::Upstream, "more than 3 times"),
        ("/cut.csv", Kind::Upstream, "not be read to its end"),
    ];
    for (path, kind, word) in cases {
        let config = json!({"dataset_name": "d", "location": {"from": "url", "url": format!("{}{path}", web.address)}});
        let fault = check(&SOURCE, &config, &web.context()).await.0.unwrap_err();
        assert_eq!(fault.kind, kind, "{path}: {fault}");
        assert!(fault.message.contains(word), "{path}: {fault}");
    }
    let config = json!({"dataset_name": "d", "location": {"from": "url", "url": format!("{}/cut.csv", web.address)}});
    let untrusted = check(&SOURCE, &config, &local()).await.0.unwrap_err();
    assert!(untrusted.message.contains("certificate"), "{untrusted}");
    let private = check(
        &SOURCE,
        &config,
        &context(sync::outbound::Policy::default()),
    )
    .await
    .0
    .unwrap_err();
    assert_eq!(
        (private.kind, private.field.as_deref()),
        (Kind::Forbidden, Some("location.url"))
    );
}

#[tokio::test]
async fn an_upload_of_another_folder_is_out_of_reach() {
    let (cx, _) = uploaded(b"a\n1\n").await;
    for id in [
        "upload://../uploads/upl_1",
        "upload://upl_1/../upl_1",
        "upload://",
        "upload://gone",
        "file:///etc/passwd",
    ] {
        let config =
            json!({"dataset_name": "d", "url": id, "location": {"from": "upload", "file": id}});
        let fault = check(&SOURCE, &config, &cx).await.0.unwrap_err();
        assert_eq!(
            (fault.kind, fault.field.as_deref()),
            (Kind::Config, Some("location.file")),
            "{id}"
        );
    }
}
