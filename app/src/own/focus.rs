//! A form of this page is answered by the page itself: its reader goes on where the answer stands.

use leptos::prelude::*;

use crate::browser;

/// Ids of what may be the answer.
pub const MISTAKES: &str = "own-mistakes";
pub const CHANGED: &str = "own-changed";
pub const REFUSED: &str = "own-refused";
pub const READING: &str = "own-reading";
pub const ROWS: &str = "own-rows";
pub const FAILED: &str = "own-failed";
pub const DONE: &str = "own-done";

/// Puts the keyboard's focus there once the page is alive.
pub fn on(id: String) {
    Effect::new(move |_| {
        let id = id.clone();
        request_animation_frame(move || browser::focus_id(&id));
    });
}
