//! A bar for work whose end is known, and for work whose end is not.

use leptos::prelude::*;

#[component]
pub fn Bar(
    /// How much is done of how much; without a maximum it only shows that work goes on.
    done: i64,
    #[prop(optional)] of: Option<i64>,
    #[prop(into)] label: String,
) -> impl IntoView {
    let value = of.map(|_| done.to_string());
    view! { <progress class="bar" value=value max=of.map(|of| of.max(1).to_string()) aria-label=label></progress> }.into_any()
}
