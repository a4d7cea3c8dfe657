//! A page is answered each time it is asked for, also by many threads at once.

use std::thread;

use reqwest::StatusCode;

use crate::harness::{Hub, Person};

/// One page in some hundreds was once left waiting for ever, or broke, when threads shared its rendering.
const TIMES: usize = 500;

#[test]
fn the_home_page_is_never_left_waiting() {
    let hub = Hub::start_with(&[("TOKIO_WORKER_THREADS", "12".to_owned())]);
    thread::scope(|people| {
        for name in ["Anna", "Ben", "Cleo"] {
            let hub = &hub;
            people.spawn(move || {
                let person = Person::joining(hub, name);
                for _ in 0..TIMES {
                    let home = person.get("/");
                    assert_eq!(home.status, StatusCode::OK);
                    assert!(home.text.contains("</html>"), "{}", home.text.len());
                }
            });
        }
    });
}
