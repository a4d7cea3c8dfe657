//! Light, dark, or as the system says: a cookie that a plain form sets.

use leptos::{prelude::*, server_fn::ServerFn};
use serde::{Deserialize, Serialize};

use super::api::SetTheme;
use crate::{browser, ui::Icon};

/// Where the document says its theme.
const ATTRIBUTE: &str = "data-theme";

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Theme {
    System,
    Light,
    Dark,
}

impl Theme {
    const ALL: [Self; 3] = [Self::System, Self::Light, Self::Dark];

    pub const fn name(self) -> &'static str {
        match self {
            Self::System => "system",
            Self::Light => "light",
            Self::Dark => "dark",
        }
    }

    /// An unknown word means: as the system says.
    pub fn parse(name: &str) -> Self {
        Self::ALL
            .into_iter()
            .find(|theme| theme.name() == name)
            .unwrap_or(Self::System)
    }

    /// The attribute of `<html>`; the style sheet follows the system without one.
    pub const fn attribute(self) -> Option<&'static str> {
        match self {
            Self::System => None,
            Self::Light => Some("light"),
            Self::Dark => Some("dark"),
        }
    }

    const fn label(self) -> &'static str {
        match self {
            Self::System => "As the system",
            Self::Light => "Light",
            Self::Dark => "Dark",
        }
    }

    const fn icon(self) -> &'static str {
        match self {
            Self::System => "monitor",
            Self::Light => "sun",
            Self::Dark => "moon",
        }
    }
}

/// What the server has written on the document.
#[cfg(feature = "ssr")]
pub fn of_document() -> Theme {
    crate::server::theme()
}

/// The same, read there: both sides begin alike.
#[cfg(not(feature = "ssr"))]
pub fn of_document() -> Theme {
    let name = browser::root_attribute(ATTRIBUTE);
    name.map_or(Theme::System, |name| Theme::parse(&name))
}

/// The theme that a page shows: one for all its switches.
#[derive(Clone, Copy)]
pub struct ShownTheme(RwSignal<Theme>);

impl ShownTheme {
    pub fn provide() {
        provide_context(Self(RwSignal::new(of_document())));
    }

    pub fn here() -> Self {
        expect_context()
    }

    /// Changes the page at once. What was chosen is stored by the form that the button stands in.
    pub fn change(self, theme: Theme) {
        browser::set_root_attribute(ATTRIBUTE, theme.attribute());
        self.0.set(theme);
    }

    /// For `aria-pressed`.
    pub fn pressed(self, theme: Theme) -> &'static str {
        if self.0.get() == theme {
            "true"
        } else {
            "false"
        }
    }
}

/// Three buttons in a form. Scripts change the page at once; the form stores the choice.
#[component]
pub fn ThemeSwitch() -> impl IntoView {
    let shown = ShownTheme::here();
    let buttons = Theme::ALL
        .into_iter()
        .map(|theme| {
            view! {
                <button
                    type="submit"
                    name="theme"
                    value=theme.name()
                    class="grid size-7 place-items-center rounded-control text-ink-mute hover:bg-sunken hover:text-ink aria-pressed:bg-sunken aria-pressed:text-ink pointer-coarse:size-11"
                    aria-label=format!("Theme: {}", theme.label())
                    aria-pressed=move || shown.pressed(theme)
                    title=theme.label()
                    on:click=move |_| shown.change(theme)
                >
                    <Icon name=theme.icon() />
                </button>
            }
        })
        .collect_view();
    view! { <crate::ui::Form action=SetTheme::PATH id="theme" class="flex gap-0.5">{buttons}</crate::ui::Form> }.into_any()
}
