//! What a refused form left behind for the page that shows it again, where no scripts kept it in place.

use leptos::prelude::*;
use leptos_router::hooks::use_location;
use serde::{Deserialize, Serialize};

use crate::error::Error;

/// A form that was sent and refused.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Flash {
    /// Path the form posts to.
    pub form: String,
    pub error: Error,
    /// Names and values as they were typed, secrets left out.
    pub typed: Vec<(String, String)>,
}

#[derive(Clone, Copy)]
struct FlashContext {
    data: Resource<Option<Flash>>,
    /// True until the first navigation inside the page: what was left behind belongs to the page that was loaded.
    fresh: RwSignal<bool>,
}

pub fn provide_flash() {
    let data = Resource::new(
        || (),
        |()| async { super::api::load_flash().await.ok().flatten() },
    );
    provide_context(FlashContext {
        data,
        fresh: RwSignal::new(true),
    });
}

/// Must stand inside the router.
pub fn forget_flash_on_navigation() {
    let FlashContext { fresh, .. } = expect_context::<FlashContext>();
    let path = use_location().pathname;
    Effect::new(move |before: Option<String>| {
        let now = path.get();
        if before.is_some_and(|before| before != now) {
            fresh.set(false);
        }
        now
    });
}

/// Pages wait for it before they show forms.
pub fn flash_resource() -> Resource<Option<Flash>> {
    expect_context::<FlashContext>().data
}

/// What the form that posts to `action` left behind.
pub fn flash_of(action: &str) -> Option<Flash> {
    let FlashContext { data, fresh } = use_context::<FlashContext>()?;
    let flash = fresh
        .get_untracked()
        .then(|| data.get_untracked())
        .flatten()
        .flatten();
    flash.filter(|flash| flash.form == action)
}
