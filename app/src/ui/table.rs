//! Tables: a caption for those who cannot see it, headed columns, cards on small screens.

use leptos::prelude::*;

/// A column and how its cells stand.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Column {
    Text(&'static str),
    Number(&'static str),
    /// Buttons: the heading is only read out.
    Acts(&'static str),
}

impl Column {
    fn head(self) -> AnyView {
        match self {
            Self::Text(word) => view! { <th scope="col">{word}</th> }.into_any(),
            Self::Number(word) => view! { <th scope="col" class="num">{word}</th> }.into_any(),
            Self::Acts(word) => {
                view! { <th scope="col"><span class="sr-only">{word}</span></th> }.into_any()
            }
        }
    }
}

/// Rows come as children; each of their cells names its column in `data-label` for the cards.
#[component]
pub fn Table(
    #[prop(into)] caption: String,
    columns: &'static [Column],
    children: Children,
) -> impl IntoView {
    let heads = columns.iter().map(|column| column.head()).collect_view();
    view! {
        <table class="table table-cards">
            <caption class="sr-only">{caption}</caption>
            <thead>
                <tr>{heads}</tr>
            </thead>
            <tbody>{children()}</tbody>
        </table>
    }
    .into_any()
}
