//! What every control wears: label, hint, error, wired together for assistive technology.

use leptos::prelude::*;

use super::{FormState, Icon};

/// Ids of a field's parts, and whether a hint is there to be read out.
#[derive(Clone)]
pub struct Wires {
    pub id: String,
    hint: bool,
    pub error: Signal<Option<String>>,
}

impl Wires {
    pub fn new(name: &str, hint: bool) -> Self {
        Self {
            id: FormState::field_id(name),
            hint,
            error: FormState::error_at(name),
        }
    }

    /// For `aria-describedby`: the hint, and the error while there is one.
    pub fn described_by(&self) -> impl Fn() -> Option<String> + Clone + Send + 'static + use<> {
        let Self { id, hint, error } = self.clone();
        move || match (hint, error.with(Option::is_some)) {
            (true, true) => Some(format!("{id}-hint {id}-error")),
            (true, false) => Some(format!("{id}-hint")),
            (false, true) => Some(format!("{id}-error")),
            (false, false) => None,
        }
    }

    pub fn invalid(&self) -> impl Fn() -> Option<&'static str> + Clone + Send + 'static + use<> {
        let error = self.error;
        move || error.with(Option::is_some).then_some("true")
    }
}

/// One control or several?
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Shape {
    /// One control, named by a label.
    #[default]
    One,
    /// Several controls, named by a legend.
    Set,
}

/// Does the form need an answer here?
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Need {
    #[default]
    Required,
    Optional,
}

impl Need {
    pub const fn of(required: bool) -> Self {
        if required {
            Self::Required
        } else {
            Self::Optional
        }
    }
}

#[component]
pub fn Field(
    wires: Wires,
    #[prop(into)] label: String,
    #[prop(optional_no_strip)] hint: Option<String>,
    #[prop(optional)] need: Need,
    #[prop(optional)] shape: Shape,
    children: Children,
) -> impl IntoView {
    let Wires { id, error, .. } = wires;
    let optional = (need == Need::Optional)
        .then(|| view! { <span class="font-normal text-ink-mute">" optional"</span> });
    let hint = hint.map(
        |hint| view! { <p id=format!("{id}-hint") class="text-label text-ink-soft">{unbroken(&hint)}</p> },
    );
    let error_id = format!("{id}-error");
    let error = move || {
        error.get().map(|detail| {
            view! {
                <p id=error_id.clone() class="flex gap-1.5 text-label text-bad">
                    <Icon name="circle-alert" class="mt-0.5 size-4 shrink-0" />
                    <span>{detail}</span>
                </p>
            }
        })
    };
    match shape {
        Shape::One => view! {
            <div class="space-y-1.5">
                <label for=id class="block font-medium">{label}{optional}</label>
                {hint}
                {children()}
                {error}
            </div>
        }
        .into_any(),
        Shape::Set => view! {
            <fieldset id=id tabindex="-1" class="space-y-1.5">
                <legend class="font-medium">{label}{optional}</legend>
                {hint}
                {children()}
                {error}
            </fieldset>
        }
        .into_any(),
    }
}

/// What stands at both ends of a line of a key or certificate.
const DASHES: &str = "-----";

/// Words of a hint in which a line such as `-----BEGIN CERTIFICATE-----` is not broken between its dashes.
fn unbroken(words: &str) -> AnyView {
    if !words.contains(DASHES) {
        return words.to_owned().into_any();
    }
    pieces(words)
        .into_iter()
        .map(|(words, is_line)| {
            if is_line {
                view! { <span class="whitespace-nowrap">{words}</span> }.into_any()
            } else {
                words.into_any()
            }
        })
        .collect_view()
        .into_any()
}

/// The words cut into pieces, and whether a piece is such a line.
fn pieces(words: &str) -> Vec<(String, bool)> {
    let mut pieces = Vec::new();
    let mut rest = words;
    while let Some((before, inside, behind)) = rest.split_once(DASHES).and_then(|(before, rest)| {
        let (inside, behind) = rest.split_once(DASHES)?;
        Some((before, inside, behind))
    }) {
        pieces.push((before.to_owned(), false));
        pieces.push((format!("{DASHES}{inside}{DASHES}"), true));
        rest = behind;
    }
    pieces.push((rest.to_owned(), false));
    pieces.retain(|(words, _)| !words.is_empty());
    pieces
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_of_certificates_stay_whole() {
        let part = |words: &str, is_line: bool| (words.to_owned(), is_line);
        assert_eq!(
            pieces("Format: -----BEGIN CERTIFICATE----- … -----END CERTIFICATE-----."),
            [
                part("Format: ", false),
                part("-----BEGIN CERTIFICATE-----", true),
                part(" … ", false),
                part("-----END CERTIFICATE-----", true),
                part(".", false),
            ]
        );
        assert_eq!(pieces("only ----- one"), [part("only ----- one", false)]);
    }
}
