//! What is JSON, and what is marked in it.

use super::*;

fn whole(text: &str) -> Result<Span, Broken> {
    let mut scan = Scan::new(text.as_bytes(), 0);
    let value = scan.value()?;
    scan.finish()?;
    Ok(value)
}

#[test]
fn it_agrees_with_serde_json_about_what_is_json() {
    let texts = [
        "null",
        "true",
        "false",
        "nul",
        "0",
        "-0",
        "01",
        "-",
        "1.",
        "1.5",
        ".5",
        "1e",
        "1e+5",
        "1E-5",
        "+1",
        "\"\"",
        "\"a\"",
        "\"a",
        "\"\\n\"",
        "\"\\x\"",
        "\"\\u12\"",
        "\"\\u1234\"",
        "\"tab\there\"",
        "\"long enough to take the fast path\"",
        "\"long enough\tto take\"",
        "[]",
        "[1]",
        "[1,]",
        "[,1]",
        "[1 2]",
        "{}",
        "{\"a\":1}",
        "{\"a\":1,}",
        "{\"a\"}",
        "{a:1}",
        "{\"a\":{\"b\":[{}, [] ,null]}}",
        "[[[[1]]]]",
        "[[[[1]]]",
        "{\"a\":[}",
        "",
        " ",
        "1 2",
        "{\"a\":1 \"b\":2}",
        "[{]}",
        "\"é😀\"",
        "[\"\\ud83d\\ude00\"]",
    ];
    for text in texts {
        assert_eq!(
            whole(text).is_ok(),
            serde_json::from_str::<serde_json::Value>(text).is_ok(),
            "{text}"
        );
    }
}

#[test]
fn marks_tell_what_a_plain_copy_would_get_wrong() {
    assert_eq!(whole(r#""plain""#).map(|span| span.marks), Ok(Marks::NONE));
    assert!(
        whole(r#"{"a":["\n"]}"#)
            .is_ok_and(|span| span.marks.has(Marks::ESCAPED) && !span.marks.has(Marks::UNICODE))
    );
    assert!(whole(r#"{"\u0061":1}"#).is_ok_and(|span| span.marks.has(Marks::UNICODE)));
    assert!(whole("[1e99999]").is_ok_and(|span| span.marks.has(Marks::HUGE)));
    assert!(whole("[1e999]").is_ok_and(|span| !span.marks.has(Marks::HUGE)));
    let deep = format!("{}{}", "[".repeat(5000), "]".repeat(5000));
    assert!(whole(&deep).is_ok_and(|span| span.marks.has(Marks::DEEP)));
}
