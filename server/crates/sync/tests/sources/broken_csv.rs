//! CSV that is broken in ways that would pass for data: a quotation mark that swallows rows, and a row of endless columns.

use serde_json::{Value, json};
use sync::connector::Connector;
use sync::fault::{Fault, Kind};

use crate::file::uploaded;
use crate::harness::{check, read, whole};

const SOURCE: Connector = Connector::File;

async fn refused(bytes: &[u8]) -> Fault {
    let (cx, config) = uploaded(bytes).await;
    check(&SOURCE, &config, &cx).await.0.unwrap_err()
}

#[tokio::test]
async fn a_quote_that_never_closes_is_told_with_its_line() {
    let closed = b"a,b\n1,\"two\nlines, \"\"quoted\"\"\"\n2,\"\"\n";
    let (cx, config) = uploaded(closed).await;
    let catalog = whole(SOURCE.discover(&config, &cx).await.unwrap());
    let outcome = read(&SOURCE, &config, &catalog, &[], &cx).await;
    assert_eq!(
        (outcome.result.clone(), outcome.column("b")),
        (Ok(()), vec![json!("two\nlines, \"quoted\""), Value::Null])
    );
    let open = b"a,b\n1,\"open\n2,3\n";
    let fault = refused(open).await;
    assert_eq!(fault.kind, Kind::Data);
    assert!(fault.message.contains("opens at line 2 "), "{fault}");
    let (cx, config) = uploaded(open).await;
    let outcome = read(&SOURCE, &config, &catalog, &[], &cx).await;
    let fault = outcome.result.clone().unwrap_err();
    assert!(fault.message.contains("opens at line 2 "), "{fault}");
    assert!(outcome.states().is_empty(), "it is not complete");
}

#[tokio::test]
async fn a_row_of_endless_columns_is_refused_at_once() {
    let (cx, config) = uploaded(b"a\n1\n").await;
    let catalog = whole(SOURCE.discover(&config, &cx).await.unwrap());
    let wide = format!("{}\n1\n", "a,".repeat(500_000)).into_bytes();
    let looked = refused(&wide).await;
    let (cx, config) = uploaded(&wide).await;
    let read = read(&SOURCE, &config, &catalog, &[], &cx).await.result;
    for fault in [looked, read.unwrap_err()] {
        assert_eq!(fault.kind, Kind::Data);
        assert!(fault.message.contains("more than 1590 columns"), "{fault}");
    }
}
