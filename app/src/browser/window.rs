//! A window beside this page, for a provider's pages.

use std::cell::RefCell;

use leptos::web_sys::js_sys::Reflect;
use wasm_bindgen::JsValue;

thread_local! {
    /// The one that was opened last.
    static OPENED: RefCell<Option<web_sys::Window>> = const { RefCell::new(None) };
}

/// What came of asking for a window.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Beside {
    NotAsked,
    Open,
    /// The browser allows none.
    Blocked,
}

impl Beside {
    /// Must be asked for while the click is handled: later a browser takes it for an advertisement.
    pub fn open() -> Self {
        let opened = web_sys::window().and_then(|window| {
            window
                .open_with_url_and_target_and_features("", "_blank", "popup,width=600,height=700")
                .ok()
                .flatten()
        });
        let Some(opened) = opened else {
            return Self::Blocked;
        };
        OPENED.with_borrow_mut(|kept| *kept = Some(opened));
        Self::Open
    }

    /// Shows the window that is open; where there is none any more, a new one at this address.
    pub fn again(path: &str) -> Self {
        if !looks_closed() {
            with(|opened| {
                let _shown = opened.focus();
            });
            return Self::Open;
        }
        let new = Self::open();
        new.lead(path);
        new
    }

    /// Leaves in it for an address of ours, once.
    pub fn lead(self, path: &str) {
        if self == Self::Open {
            with(|opened| {
                // A page over there could lead this one elsewhere. Nor can it be led or closed from here any more.
                let _cut = Reflect::set(opened, &"opener".into(), &JsValue::NULL);
                let _led = opened.location().set_href(path);
            });
        }
    }

    /// Before it has left.
    pub fn close(self) {
        if self == Self::Open {
            with(|opened| {
                let _closed = opened.close();
            });
        }
    }
}

/// Whether it looks closed. A provider may cut the tie between the windows; then this is so while it is open.
pub fn looks_closed() -> bool {
    OPENED.with_borrow(|kept| {
        kept.as_ref()
            .is_none_or(|opened| opened.closed().unwrap_or(true))
    })
}

fn with(act: impl FnOnce(&web_sys::Window)) {
    OPENED.with_borrow(|kept| {
        if let Some(opened) = kept {
            act(opened);
        }
    });
}
