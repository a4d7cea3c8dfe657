//! Where the keyboard starts after a navigation without a page load: where it would after one.

use std::time::Duration;

use leptos::prelude::*;
use leptos_router::hooks::use_location;
use web_sys::Element;

use crate::browser;

/// Pause before the first look, and between two.
const PAUSE: Duration = Duration::from_millis(120);
/// How often what an address names is looked for: its page may still wait for its data.
const LOOKS: u32 = 25;
/// The heading of every page.
const TITLE: &str = "page-title";

/// A page that somebody has come to.
struct Landing {
    /// Path and hash of what is shown now.
    shown: Memo<String>,
    address: String,
    /// What the address names on the page, if anything.
    id: String,
}

/// At what the address names, or else at the new heading.
pub fn land_on_navigation() {
    let location = use_location();
    let (path, hash) = (location.pathname, location.hash);
    let shown = Memo::new(move |_| format!("{}{}", path.get(), hash.get()));
    Effect::new(move |before: Option<(String, String)>| {
        let (address, path) = (shown.get(), path.get_untracked());
        let id = hash.get_untracked().trim_start_matches('#').to_owned();
        // On the page itself an address that names nothing leads nowhere.
        let is_come = before.is_some_and(|(address_before, path_before)| {
            path_before != path || !id.is_empty() && address_before != address
        });
        if is_come {
            arrive(Landing {
                shown,
                address: address.clone(),
                id,
            });
        }
        (address, path)
    });
}

/// The title has the keyboard while what the address names is waited for.
fn arrive(landing: Landing) {
    set_timeout(
        move || {
            if landing.is_left() || begin_at(&landing.id) {
                return;
            }
            browser::focus_id(TITLE);
            if !landing.id.is_empty() {
                look_again(landing, focused(), LOOKS);
            }
        },
        PAUSE,
    );
}

/// Until it is there, or the reader has begun elsewhere.
fn look_again(landing: Landing, at_first: Option<Element>, left: u32) {
    set_timeout(
        move || {
            if landing.is_left() || !still_rests(at_first.as_ref()) || begin_at(&landing.id) {
                return;
            }
            if left > 1 {
                look_again(landing, at_first, left - 1);
            }
        },
        PAUSE,
    );
}

impl Landing {
    /// Whoever has gone on since is left alone.
    fn is_left(&self) -> bool {
        self.shown.try_get_untracked().as_ref() != Some(&self.address)
    }
}

fn focused() -> Option<Element> {
    web_sys::window()?.document()?.active_element()
}

/// Whether the keyboard is where it was at first, or where it falls by itself.
fn still_rests(at_first: Option<&Element>) -> bool {
    focused()
        .is_none_or(|now| now.tag_name() == "BODY" || now.id() == TITLE || at_first == Some(&now))
}

/// Unfolds what the element with this id is in, and puts it in sight and under the keyboard. `false` where there is none.
fn begin_at(id: &str) -> bool {
    let element = web_sys::window()
        .and_then(|window| window.document())
        .and_then(|document| document.get_element_by_id(id));
    let Some(element) = element else {
        return false;
    };
    let mut folded = element.closest("details").ok().flatten();
    while let Some(details) = folded {
        let _unfolded = details.set_attribute("open", "");
        let outer = details.parent_element();
        folded = outer.and_then(|outer| outer.closest("details").ok().flatten());
    }
    element.scroll_into_view();
    browser::focus_id(id);
    true
}
