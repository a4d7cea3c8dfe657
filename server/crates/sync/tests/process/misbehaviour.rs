//! Every misbehaviour ends in a clear error or in no harm, with nothing lost and nothing left running.

use std::time::{Duration, Instant};

use sync::connector::Limits;
use sync::fault::Kind;

use crate::harness::Scene;

#[tokio::test]
async fn a_good_connector_passes_everything_on() {
    let outcome = Scene::new().read("well").await;
    assert_eq!(outcome.result, Ok(()));
    assert_eq!(
        (outcome.records(), outcome.states(), outcome.messages.len()),
        (vec![0, 1, 2], 1, 6)
    );
}

#[tokio::test]
async fn garbage_lines_are_logged_without_secrets() {
    let outcome = Scene::new().read("garbage").await;
    assert_eq!(outcome.result, Ok(()));
    assert_eq!((outcome.records(), outcome.states()), (vec![1, 2], 1));
    let log = outcome.log_text();
    for expected in [
        "INFO Traceback",
        "INFO {not json",
        "INFO {\"some\": \"json\"}",
        "not text",
        "WARN careful with **********",
        "the token is **********",
    ] {
        assert!(log.contains(expected), "{expected} in {log}");
    }
    assert!(!log.contains("tok/en"), "{log}");
}

#[tokio::test]
async fn a_line_of_20_megabytes_is_refused_with_its_length() {
    let outcome = Scene::new().read("long_line").await;
    assert_eq!(outcome.records(), [1]);
    assert_eq!(outcome.fault().kind, Kind::Data);
    assert!(
        outcome
            .fault()
            .message
            .contains("one line of 19.0 MiB; the longest allowed is 8.0 MiB"),
        "{}",
        outcome.fault()
    );
}

#[tokio::test]
async fn invalid_text_is_an_error_in_a_record_only() {
    let outcome = Scene::new().read("bad_text_in_record").await;
    assert_eq!(
        (outcome.records(), outcome.fault().kind.clone()),
        (vec![1], Kind::Data)
    );
    assert!(
        outcome.fault().message.contains("UTF-8"),
        "{}",
        outcome.fault()
    );
    let outcome = Scene::new().read("bad_text_in_log").await;
    assert_eq!(
        (outcome.result.clone(), outcome.records()),
        (Ok(()), vec![1])
    );
}

#[tokio::test]
async fn records_without_a_state_still_arrive() {
    let outcome = Scene::new().read("no_state").await;
    assert_eq!(
        (outcome.result.clone(), outcome.records(), outcome.states()),
        (Ok(()), vec![1, 2], 0)
    );
}

#[tokio::test]
async fn exit_1_after_half_tells_the_last_words() {
    let outcome = Scene::new().read("half").await;
    assert_eq!((outcome.records(), outcome.states()), (vec![1], 1));
    let fault = outcome.fault();
    assert_eq!(fault.kind, Kind::Upstream);
    assert!(fault.message.contains("exit code 1"), "{fault}");
    assert_eq!(
        fault.detail.as_deref(),
        Some("ValueError: the page has gone, password was **********")
    );
}

#[tokio::test]
async fn a_last_line_without_end_counts_when_it_is_whole() {
    let outcome = Scene::new().read("no_line_end").await;
    assert_eq!(
        (outcome.result.clone(), outcome.records()),
        (Ok(()), vec![1, 2])
    );
}

#[tokio::test]
async fn a_connector_that_never_exits_is_stopped() {
    let limits = Limits {
        exit: Duration::from_secs(1),
        ..Limits::default()
    };
    let outcome = Scene::with(limits).read("never_exits").await;
    assert_eq!(outcome.records(), [1]);
    assert!(
        outcome.fault().message.contains("never exited"),
        "{}",
        outcome.fault()
    );
}

#[tokio::test]
async fn a_silent_connector_is_stopped() {
    let limits = Limits {
        silence: Duration::from_secs(1),
        ..Limits::default()
    };
    let outcome = Scene::with(limits).read("silent").await;
    assert_eq!(
        (outcome.records(), outcome.fault().kind.clone()),
        (vec![1], Kind::Timeout)
    );
}

#[tokio::test]
async fn an_endless_connector_is_stopped_in_time() {
    let limits = Limits {
        read: Duration::from_secs(2),
        ..Limits::default()
    };
    let started = Instant::now();
    let outcome = Scene::with(limits).read("endless").await;
    assert_eq!(outcome.fault().kind, Kind::Timeout);
    assert!(started.elapsed() < Duration::from_secs(10));
}

#[tokio::test]
async fn too_much_output_is_stopped() {
    let limits = Limits {
        total_bytes: 1_000_000,
        ..Limits::default()
    };
    let outcome = Scene::with(limits).read("endless").await;
    assert_eq!(outcome.fault().kind, Kind::Data);
}

#[tokio::test]
async fn forked_and_detached_children_end_with_the_run() {
    let outcome = Scene::new().read("forks").await;
    assert_eq!(
        (outcome.result.clone(), outcome.records()),
        (Ok(()), vec![1])
    );
}

#[tokio::test]
async fn dropping_the_read_ends_everything() {
    let mut scene = Scene::new();
    let read = scene.read_with(serde_json::json!({"behaviour": "forks_and_stays"}));
    assert!(
        tokio::time::timeout(Duration::from_secs(3), read)
            .await
            .is_err()
    );
    assert_eq!(scene.survivors(), Vec::<String>::new());
}

#[tokio::test]
async fn cancelling_ends_everything_quickly() {
    let mut scene = Scene::new();
    let cancel = scene.cx.cancel.clone();
    let later = async {
        tokio::time::sleep(Duration::from_secs(2)).await;
        cancel.cancel();
        Instant::now()
    };
    let (outcome, cancelled) = tokio::join!(
        scene.read_with(serde_json::json!({"behaviour": "forks_and_stays"})),
        later
    );
    assert!(cancelled.elapsed() < Duration::from_secs(2));
    assert_eq!(outcome.fault().kind, Kind::Cancelled);
    assert_eq!(scene.survivors(), Vec::<String>::new());
}

#[tokio::test]
async fn a_fork_bomb_is_stopped() {
    let limits = Limits {
        processes: 64,
        ..Limits::default()
    };
    let outcome = Scene::with(limits).read("fork_bomb").await;
    // Where the kernel counts, it refuses the next fork and the silence ends the run; as root only the watchdog counts.
    assert!(
        outcome.fault().message.contains("more processes") || outcome.fault().kind == Kind::Timeout,
        "{}",
        outcome.fault()
    );
}

#[tokio::test]
async fn a_flood_of_errors_neither_blocks_nor_fills_the_memory() {
    let outcome = Scene::new().read("floods_errors").await;
    assert_eq!(
        (outcome.result.clone(), outcome.records()),
        (Ok(()), vec![1])
    );
    assert!(outcome.logs.len() <= 50_001, "{}", outcome.logs.len());
}

#[tokio::test]
async fn a_memory_hog_is_stopped() {
    let scene = Scene::with(Limits {
        memory_bytes: 300 << 20,
        ..Limits::default()
    });
    let usage = scene.cx.usage.clone();
    let outcome = scene.read("memory_hog").await;
    assert!(
        outcome.fault().message.contains("more memory"),
        "{}",
        outcome.fault()
    );
    assert!(usage.peak_memory() > 300 << 20);
}

#[tokio::test]
async fn the_connectors_own_error_is_told() {
    let outcome = Scene::new().read("credentials_error").await;
    let fault = outcome.fault();
    assert_eq!(
        (fault.kind.clone(), fault.message.as_str()),
        (Kind::Credentials, "Invalid API key **********")
    );
    assert_eq!(
        (fault.detail.as_deref(), fault.stream.as_deref()),
        (Some("HTTP 401"), Some("things"))
    );
    assert_eq!(
        Scene::new().read("rate_limited").await.fault().kind,
        Kind::RateLimited { until: None }
    );
    assert_eq!(
        Scene::new().read("error_but_exit_0").await.fault().kind,
        Kind::Bug
    );
}

#[tokio::test]
async fn a_new_configuration_is_passed_on() {
    let outcome = Scene::new().read("new_config").await;
    assert!(matches!(
        outcome.messages.first(),
        Some(airbyte::protocol::AirbyteMessage::Control { .. })
    ));
}
