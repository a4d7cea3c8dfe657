//! What finds a failed request in the log: shown with every error, ready to be sent to support.

use leptos::prelude::*;

use super::{CopyButton, Icon};

/// The reference of a request; nothing where the error never reached a server.
pub fn reference(request_id: Option<String>) -> Option<AnyView> {
    let id = request_id?;
    Some(
        view! {
            <p class="flex flex-wrap items-center gap-1.5 text-label text-ink-mute">
                <Icon name="hash" />
                "Reference "
                <code class="font-mono text-xs break-all">{id.clone()}</code>
                <CopyButton text=id about="the reference" />
            </p>
        }
        .into_any(),
    )
}
