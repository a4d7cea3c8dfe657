use super::*;

const APPEND: Route = Route {
    tie: Tie::ToStates,
    first: Place::Landing,
    later: Place::Landing,
};
const DEDUP: Route = Route {
    tie: Tie::ToStates,
    first: Place::Landing,
    later: Place::Stage,
};
const NEW_TABLE: Route = Route {
    tie: Tie::Free,
    first: Place::Landing,
    later: Place::Landing,
};

/// Ops as short words: what would happen, in order.
struct Story {
    lanes: Lanes,
    start: Instant,
    seconds: u64,
}

impl Story {
    fn new(routes: &[Route]) -> Self {
        let start = Instant::now();
        Self {
            lanes: Lanes::new(routes, Duration::from_secs(10), start),
            start,
            seconds: 0,
        }
    }

    fn now(&self) -> Instant {
        self.start + Duration::from_secs(self.seconds)
    }

    /// Rows of about a kilobyte.
    fn rows(&mut self, stream: usize, count: usize) -> &mut Self {
        for _ in 0..count {
            self.lanes.record(
                stream,
                1000,
                self.start + Duration::from_secs(self.seconds),
                |out| {
                    out.extend_from_slice(&[0; 1024]);
                    0
                },
            );
        }
        self
    }

    fn state(&mut self, stream: usize) -> &mut Self {
        let now = self.now();
        self.lanes
            .state(Scope::Stream(stream), format!("s{stream}"), None, now);
        self
    }

    fn later(&mut self, seconds: u64) -> &mut Self {
        self.seconds += seconds;
        self
    }

    fn end(&mut self, outcomes: &[Outcome]) -> &mut Self {
        let now = self.now();
        self.lanes.end(|stream| outcomes[stream], now);
        self
    }

    fn told(&mut self) -> Vec<String> {
        self.lanes
            .take_ops()
            .into_iter()
            .filter_map(|op| match op {
                Op::Rows {
                    stream,
                    place,
                    rows,
                    data,
                } => {
                    assert_eq!(u64::try_from(data.len()).unwrap(), rows * 1024);
                    Some(format!("{rows} rows of {stream} to {place:?}"))
                }
                Op::Commit { states, ready } => {
                    let states: Vec<_> = states
                        .iter()
                        .map(|waiting| format!("{}×{}", waiting.state, waiting.records))
                        .collect();
                    let ready: Vec<_> = ready
                        .iter()
                        .map(|ready| format!("{}≤{} {:?}", ready.stream, ready.upto, ready.rest))
                        .collect();
                    Some(format!(
                        "commit [{}] [{}]",
                        states.join(" "),
                        ready.join(" ")
                    ))
                }
                Op::Anew { stream } => Some(format!("{stream} anew")),
                Op::Rollback => Some("rollback".to_owned()),
                Op::Progress { .. } => None,
                Op::End(ends) => Some(format!(
                    "end {:?}",
                    ends.iter().map(|end| end.outcome).collect::<Vec<_>>()
                )),
            })
            .collect()
    }
}

#[test]
fn rows_flow_early_and_are_committed_with_the_state_that_covers_them() {
    let mut story = Story::new(&[APPEND]);
    story.rows(0, 300).later(11).rows(0, 10).state(0);
    assert_eq!(
        story.told(),
        [
            "256 rows of 0 to Landing",
            "54 rows of 0 to Landing",
            "commit [s0×310] []"
        ]
    );
}

#[test]
fn a_transaction_waits_for_the_stream_that_runs_ahead() {
    let mut story = Story::new(&[APPEND, APPEND]);
    story.rows(0, 300).later(11).rows(1, 5).state(1);
    assert_eq!(
        story.told(),
        ["256 rows of 0 to Landing"],
        "stream 0 has rows in the transaction without a state"
    );
    story.state(0);
    assert_eq!(
        story.told(),
        [
            "44 rows of 0 to Landing",
            "5 rows of 1 to Landing",
            "commit [s1×5 s0×300] []"
        ]
    );
}

#[test]
fn rows_behind_the_last_state_stay_out_of_the_commit() {
    let mut story = Story::new(&[APPEND, APPEND]);
    story
        .rows(0, 10)
        .state(0)
        .rows(0, 7)
        .rows(1, 3)
        .later(11)
        .state(1);
    assert_eq!(
        story.told(),
        [
            "10 rows of 0 to Landing",
            "3 rows of 1 to Landing",
            "commit [s0×10 s1×3] []"
        ]
    );
    story.end(&[Outcome::Incomplete, Outcome::Complete]);
    assert_eq!(
        story.told(),
        ["commit [] []", "end [Incomplete, Complete]"],
        "the seven rows are read again next time"
    );
}

#[test]
fn a_silent_source_does_not_keep_its_states_waiting() {
    let mut story = Story::new(&[APPEND]);
    story.rows(0, 1).state(0);
    assert_eq!(
        story.lanes.patience(story.now()),
        Some(Duration::from_secs(10))
    );
    let now = story.later(10).now();
    story.lanes.tick(now);
    assert_eq!(story.told(), ["1 rows of 0 to Landing", "commit [s0×1] []"]);
    assert_eq!(story.lanes.patience(story.now()), None);
}

#[test]
fn what_the_last_chunk_brought_is_told_while_the_source_is_silent() {
    let mut story = Story::new(&[APPEND]);
    story.rows(0, 3);
    let now = story.now();
    story.lanes.tell(now);
    assert!(story.lanes.take_ops().is_empty(), "it is not time yet");
    assert_eq!(story.lanes.silence(now), Some(Duration::from_secs(1)));
    let now = story.later(1).now();
    story.lanes.tell(now);
    let ops = story.lanes.take_ops();
    assert!(matches!(ops[..], [Op::Progress { read: 3, .. }]), "{ops:?}");
    assert_eq!(story.lanes.silence(now), None, "nothing is left to tell");
}

#[test]
fn streams_that_come_mixed_do_not_fill_the_memory() {
    let mut story = Story::new(&[APPEND, APPEND]);
    for _ in 0..200 {
        story.rows(0, 100).rows(1, 100);
        assert!(
            story.lanes.held < HELD_BACK + 2 * FLUSH_AT,
            "{}",
            story.lanes.held
        );
    }
    let told = story.told();
    assert!(
        told.iter().any(|op| op.contains("of 1 to Stage")),
        "stream 1 goes by its staging table while stream 0 runs ahead"
    );
    assert!(!told.iter().any(|op| op.starts_with("commit")));
    story.later(11).state(1).state(0);
    assert!(
        story
            .told()
            .last()
            .is_some_and(|op| op.starts_with("commit [s1×20000 s0×20000] [1≤20000 Nothing]"))
    );
    story.rows(1, 1).later(11).state(1);
    assert_eq!(
        story.told(),
        ["1 rows of 1 to Landing", "commit [s1×1] []"],
        "and then straight again"
    );
}

#[test]
fn only_rows_before_the_state_leave_the_staging_table() {
    let mut story = Story::new(&[DEDUP]);
    story.rows(0, 1).state(0).later(11).state(0);
    assert_eq!(
        story.told(),
        ["1 rows of 0 to Landing", "commit [s0×1 s0×0] []"],
        "an empty table takes rows directly"
    );
    story.rows(0, 256).state(0).rows(0, 256).later(11);
    let now = story.now();
    story.lanes.tick(now);
    assert_eq!(
        story.told(),
        [
            "256 rows of 0 to Stage",
            "256 rows of 0 to Stage",
            "commit [s0×256] [0≤256 Rows]"
        ]
    );
    story.rows(0, 1).later(11).state(0);
    assert_eq!(
        story.told(),
        ["1 rows of 0 to Stage", "commit [s0×257] [0≤513 Nothing]"]
    );
}

#[test]
fn a_new_table_nobody_sees_never_holds_up_the_others() {
    let mut story = Story::new(&[NEW_TABLE, APPEND]);
    story.rows(0, 300).rows(1, 1).later(11).state(1);
    assert_eq!(
        story.told(),
        [
            "256 rows of 0 to Landing",
            "1 rows of 1 to Landing",
            "commit [s1×1] []"
        ]
    );
}

#[test]
fn a_source_that_dies_ahead_of_its_states_takes_the_open_transaction_along() {
    let mut story = Story::new(&[APPEND, APPEND, APPEND]);
    story.rows(1, 1).state(1).rows(0, 300).end(&[
        Outcome::Incomplete,
        Outcome::Complete,
        Outcome::Complete,
    ]);
    assert_eq!(
        story.told(),
        [
            "256 rows of 0 to Landing",
            "rollback",
            "end [Incomplete, Incomplete, Complete]"
        ],
        "stream 1 had a row waiting that is not committed, so it is not complete either"
    );
}

#[test]
fn a_global_state_speaks_for_all_streams() {
    let mut story = Story::new(&[APPEND, APPEND]);
    story.rows(0, 300).rows(1, 2).later(11);
    let now = story.now();
    story.lanes.state(Scope::All, "g".to_owned(), None, now);
    assert_eq!(
        story.told(),
        [
            "256 rows of 0 to Landing",
            "44 rows of 0 to Landing",
            "2 rows of 1 to Landing",
            "commit [g×302] []"
        ]
    );
}

#[test]
fn what_is_done_is_saved_before_the_next_stream_runs_ahead() {
    let mut story = Story::new(&[APPEND, APPEND]);
    story.rows(0, 300).state(0).later(3).rows(1, 300);
    assert_eq!(
        story.told(),
        [
            "256 rows of 0 to Landing",
            "44 rows of 0 to Landing",
            "commit [s0×300] []",
            "256 rows of 1 to Landing"
        ]
    );
}

#[test]
fn a_run_that_cannot_go_on_keeps_what_its_states_cover() {
    let mut story = Story::new(&[APPEND]);
    story.rows(0, 3).state(0).rows(0, 2);
    let now = story.now();
    story.lanes.save(now);
    assert_eq!(story.told(), ["3 rows of 0 to Landing", "commit [s0×3] []"]);
}

#[test]
fn a_stream_begins_anew_only_before_its_first_row() {
    let mut story = Story::new(&[APPEND]);
    story.lanes.anew(0);
    story.rows(0, 1).lanes.anew(0);
    assert_eq!(story.told(), ["0 anew"]);
}
