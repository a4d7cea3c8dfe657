//! The tile of an integration: its logo in our ink, or its monogram.

use leptos::prelude::*;

use super::Icon;

#[component]
pub fn BrandTile(
    /// File name in `/brands/`.
    logo: Option<String>,
    #[prop(into)] monogram: String,
    #[prop(default = Tile::Medium)] size: Tile,
) -> impl IntoView {
    let inner = match logo {
        Some(logo) => {
            let href = format!("/brands/{logo}.svg#mark");
            view! { <svg class=size.mark() viewBox="0 0 24 24" aria-hidden="true"><use href=href></use></svg> }
                .into_any()
        }
        None if monogram.is_empty() => view! { <Icon name="plug" /> }.into_any(),
        None => view! { <span aria-hidden="true">{monogram}</span> }.into_any(),
    };
    view! { <span class=size.class()>{inner}</span> }.into_any()
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Tile {
    Small,
    Medium,
    Large,
}

impl Tile {
    const fn class(self) -> &'static str {
        match self {
            Self::Small => {
                "grid size-7 shrink-0 place-items-center rounded-control border border-line bg-page text-[0.6875rem] font-semibold text-ink-soft"
            }
            Self::Medium => {
                "grid size-10 shrink-0 place-items-center rounded-card border border-line bg-page text-label font-semibold text-ink-soft"
            }
            Self::Large => {
                "grid size-14 shrink-0 place-items-center rounded-card border border-line bg-page text-base font-semibold text-ink-soft"
            }
        }
    }

    const fn mark(self) -> &'static str {
        match self {
            Self::Small => "size-4 text-ink-soft",
            Self::Medium => "size-5 text-ink-soft",
            Self::Large => "size-7 text-ink-soft",
        }
    }
}
