use model::SyncMode;
use store::streams::{Offer, StoredField};

use super::*;

fn field(name: &str) -> StoredField {
    StoredField {
        name: name.to_owned(),
        kind: "text".to_owned(),
        personal: false,
        hidden: false,
    }
}

fn stream(namespace: &str, name: &str) -> Stream {
    Stream {
        offer: Offer {
            namespace: namespace.to_owned(),
            name: name.to_owned(),
            fields: ["id", "at", "total"].map(field).into(),
            modes: SyncMode::ALL.into(),
            source_key: None,
            source_cursor: false,
            default_cursor: None,
        },
        table: name.to_owned(),
        choice: Choice {
            selected: false,
            mode: SyncMode::FullRefreshOverwrite,
            primary_key: Vec::new(),
            cursor: None,
            fields: None,
        },
    }
}

fn choice(name: &str, mode: SyncMode) -> StreamChoice {
    StreamChoice {
        namespace: None,
        name: name.to_owned(),
        selected: true,
        mode,
        primary_key: vec!["id".to_owned()],
        cursor: Some("at".to_owned()),
        fields: Vec::new(),
    }
}

#[test]
fn each_mistake_is_told_at_its_part() {
    let dedup = choice("orders", SyncMode::IncrementalDedupedHistory);
    let texts = |names: &[&str]| {
        names
            .iter()
            .map(|name| (*name).to_owned())
            .collect::<Vec<_>>()
    };
    let cases = [
        (
            StreamChoice {
                primary_key: vec![],
                ..dedup.clone()
            },
            "orders.primary_key",
        ),
        (
            StreamChoice {
                primary_key: texts(&["nope"]),
                ..dedup.clone()
            },
            "orders.primary_key",
        ),
        (
            StreamChoice {
                cursor: None,
                ..dedup.clone()
            },
            "orders.cursor",
        ),
        (
            StreamChoice {
                cursor: Some("nope".to_owned()),
                ..dedup.clone()
            },
            "orders.cursor",
        ),
        (
            StreamChoice {
                fields: texts(&["id", "total"]),
                ..dedup.clone()
            },
            "orders.fields",
        ),
        (
            StreamChoice {
                fields: texts(&["id", "at", "nope"]),
                ..dedup.clone()
            },
            "orders.fields",
        ),
        (
            StreamChoice {
                selected: false,
                ..dedup.clone()
            },
            "streams",
        ),
        (
            StreamChoice {
                name: "gone".to_owned(),
                ..dedup.clone()
            },
            "gone",
        ),
    ];
    for (asked, field) in cases {
        let errors =
            judge(&[stream("", "orders")], std::slice::from_ref(&asked)).expect_err("refused");
        assert!(
            errors.iter().any(|error| error.field == field),
            "{asked:?}: {errors:?}"
        );
    }
    let mut full_only = stream("", "orders");
    full_only.offer.modes = vec![SyncMode::FullRefreshOverwrite];
    assert_eq!(
        judge(&[full_only], &[dedup]).expect_err("refused")[0].field,
        "orders.mode"
    );
}

#[test]
fn good_choices_pass_and_untouched_streams_stay() {
    let streams = [stream("", "orders"), stream("", "lines")];
    let asked = StreamChoice {
        fields: ["id", "at"].map(str::to_owned).into(),
        ..choice("orders", SyncMode::IncrementalDedupedHistory)
    };
    let chosen = judge(&streams, &[asked]).expect("accepted");
    assert_eq!(
        chosen[0].fields.as_deref(),
        Some(&["id".to_owned(), "at".to_owned()][..])
    );
    assert_eq!(chosen[1], streams[1].choice);
}

#[test]
fn what_the_source_fixes_stays_fixed() {
    let mut fixed = stream("", "orders");
    fixed.offer.source_key = Some(vec!["id".to_owned()]);
    fixed.offer.source_cursor = true;
    fixed.offer.default_cursor = Some("at".to_owned());
    let asked = StreamChoice {
        primary_key: vec!["total".to_owned()],
        cursor: None,
        ..choice("orders", SyncMode::IncrementalDedupedHistory)
    };
    let chosen = judge(&[fixed], &[asked]).expect("accepted");
    assert_eq!(
        (
            chosen[0].primary_key.as_slice(),
            chosen[0].cursor.as_deref()
        ),
        (&["id".to_owned()][..], Some("at"))
    );
}

#[test]
fn two_streams_never_share_a_table() {
    let streams = [stream("a", "orders"), stream("b", "orders")];
    let asked = ["a", "b"].map(|namespace| StreamChoice {
        namespace: Some(namespace.to_owned()),
        ..choice("orders", SyncMode::FullRefreshOverwrite)
    });
    let errors = judge(&streams, &asked).expect_err("refused");
    assert!(
        errors[0].detail.contains("a.orders and b.orders"),
        "{errors:?}"
    );
}

#[test]
fn presets_take_the_best_mode_each_stream_allows() {
    let mut keyed = stream("", "orders");
    keyed.offer.source_key = Some(vec!["id".to_owned()]);
    keyed.choice.primary_key = vec!["id".to_owned()];
    keyed.offer.source_cursor = true;
    let plain = stream("", "lines");
    let modes = |wanted: Preset| -> Vec<SyncMode> {
        let labels = ["orders".to_owned()];
        preset(&[keyed.clone(), plain.clone()], wanted, Some(&labels))
            .into_iter()
            .map(|choice| choice.mode)
            .collect()
    };
    assert_eq!(
        modes(Preset::ExactCopy),
        [
            SyncMode::IncrementalDedupedHistory,
            SyncMode::FullRefreshOverwrite
        ]
    );
    assert_eq!(
        modes(Preset::KeepHistory),
        [SyncMode::IncrementalAppend, SyncMode::FullRefreshAppend]
    );
}
