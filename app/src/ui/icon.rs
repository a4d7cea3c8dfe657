//! Icons from the sprite, and the mark of the product.

use leptos::prelude::*;

/// One icon of `/icons.svg`. Decoration only: a word stands beside it.
#[component]
pub fn Icon(
    name: &'static str,
    /// `size-4` or `size-5`, and anything about its place.
    #[prop(default = "size-4 shrink-0")]
    class: &'static str,
) -> impl IntoView {
    let href = format!("/icons.svg#{name}");
    view! { <svg class=class aria-hidden="true"><use href=href></use></svg> }.into_any()
}

/// Three lines flowing into one.
#[component]
pub fn Mark(#[prop(default = "size-6 text-river")] class: &'static str) -> impl IntoView {
    // Not written into the view: a wholly static element inside an svg does not hydrate.
    let href = "/mark.svg#mark".to_owned();
    view! {
        <svg
            class=class
            viewBox="0 0 24 24"
            fill="none"
            stroke="currentColor"
            stroke-width="1.75"
            stroke-linecap="round"
            stroke-linejoin="round"
            aria-hidden="true"
        >
            <use href=href></use>
        </svg>
    }
    .into_any()
}

#[cfg(test)]
mod tests {
    use std::{fs, path::Path};

    const ICONS: &str = include_str!("../../../public/icons.svg");

    /// Names of icons in a source file: `icon="…"`, and `name="…"` of an [`super::Icon`].
    fn named(source: &str) -> Vec<&str> {
        let icons = source.split("icon=\"").skip(1);
        let drawn = source.split("<Icon name=\"").skip(1);
        icons
            .chain(drawn)
            .filter_map(|rest| rest.split('"').next())
            .collect()
    }

    fn missing(folder: &Path, found: &mut Vec<String>) {
        for entry in fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                missing(&path, found);
            } else {
                let source = fs::read_to_string(&path).unwrap();
                let unknown = named(&source)
                    .into_iter()
                    .filter(|name| !ICONS.contains(&format!("id=\"{name}\"")));
                found.extend(unknown.map(|name| format!("{name} in {}", path.display())));
            }
        }
    }

    #[test]
    fn every_icon_that_is_named_is_drawn() {
        let mut found = Vec::new();
        missing(
            &Path::new(env!("CARGO_MANIFEST_DIR")).join("src"),
            &mut found,
        );
        found.retain(|name| !name.contains("icon.rs"));
        assert!(found.is_empty(), "{found:#?}");
    }
}
