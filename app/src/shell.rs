//! What stands around every page: document, navigation, theme, and what a refused form left behind.

pub mod api;
mod document;
mod flash;
mod landing;
mod layout;
mod nav;
mod not_found;
#[cfg(feature = "ssr")]
mod refused;
#[cfg(feature = "ssr")]
mod scriptless;
#[cfg(feature = "ssr")]
mod small_page;
mod theme;

use leptos::prelude::*;

pub use document::shell;
pub use flash::{Flash, flash_of, flash_resource};
pub use layout::Layout;
pub use not_found::NotFound;
#[cfg(feature = "ssr")]
pub use refused::refused_page;
#[cfg(feature = "ssr")]
pub use scriptless::scriptless_page;
#[cfg(feature = "ssr")]
pub use small_page::small_page;
pub use theme::{ShownTheme, Theme};

/// Counts accepted forms: data that depends on it is asked for again.
#[derive(Clone, Copy)]
struct Changes(RwSignal<u32>);

/// Grows with each accepted form that stays on its page.
pub fn changes() -> RwSignal<u32> {
    expect_context::<Changes>().0
}

/// Provides what every page may ask for.
pub fn provide_shell() {
    provide_context(Changes(RwSignal::new(0)));
    flash::provide_flash();
    ShownTheme::provide();
}
