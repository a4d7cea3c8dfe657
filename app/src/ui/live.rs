//! Following work that goes on: ask again with growing pauses, rest while nobody looks, stop when it is over.

use std::time::Duration;

use leptos::{
    leptos_dom::helpers::{TimeoutHandle, set_timeout_with_handle},
    prelude::*,
};

use serde::{Serialize, de::DeserializeOwned};

use crate::{browser, error::Error};

const FIRST_PAUSE: u64 = 600;
const LONGEST_PAUSE: u64 = 4000;
/// Each pause is this much longer than the one before, in percent.
const GROWTH: u64 = 120;

/// Refetches `data` until `over` says it will not change any more. A failed load is tried again, too.
pub fn follow<T: Clone + Serialize + DeserializeOwned + Send + Sync + 'static>(
    data: Resource<Result<T, Error>>,
    over: fn(&T) -> bool,
) {
    let pause = StoredValue::new(FIRST_PAUSE);
    let timer = StoredValue::new(None::<TimeoutHandle>);
    let ask = Callback::new(move |()| data.refetch());
    Effect::new(move |_| {
        let goes_on = data.with(|data| match data {
            Some(Ok(data)) => !over(data),
            Some(Err(error)) => error.code == crate::error::Code::Offline,
            None => false,
        });
        if goes_on {
            let length = pause.get_value();
            pause.set_value((length * GROWTH / 100).min(LONGEST_PAUSE));
            wait(ask, timer, length);
        }
    });
    on_cleanup(move || stop(timer));
}

fn stop(timer: StoredValue<Option<TimeoutHandle>>) {
    if let Some(Some(timer)) = timer.try_get_value() {
        timer.clear();
    }
}

/// One timer at a time: one that nobody remembers would ring after the page is gone.
fn wait(then: Callback<()>, timer: StoredValue<Option<TimeoutHandle>>, length: u64) {
    let ring = move || {
        if browser::is_hidden() {
            wait(then, timer, LONGEST_PAUSE);
        } else {
            then.run(());
        }
    };
    stop(timer);
    if let Ok(handle) = set_timeout_with_handle(ring, Duration::from_millis(length)) {
        timer.set_value(Some(handle));
    }
}

/// Loads the page again every few seconds where no scripts run.
#[component]
pub fn ReloadWithoutScript() -> impl IntoView {
    view! { <noscript inner_html=r#"<meta http-equiv="refresh" content="3">"#></noscript> }
        .into_any()
}
