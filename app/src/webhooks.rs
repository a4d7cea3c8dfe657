//! Events that a tool sends by itself: where they come in, how they are signed, and how that goes.

mod address;
pub mod api;
mod arriving;
mod given;
mod newest;
mod off;
mod page;
mod panel;
#[cfg(feature = "ssr")]
pub mod post;

pub use off::OffPage;
pub use page::EventsPage;
pub use panel::panel;

use model::WebhookScheme;

/// Who sends, in words. The open standard is a way of signing that any tool may follow: there the tool is named.
fn sender(scheme: WebhookScheme, integration: &str) -> String {
    if scheme == WebhookScheme::StandardWebhooks {
        integration.to_owned()
    } else {
        scheme.label().to_owned()
    }
}
