//! What the one form of the page knows while it is filled in: whether its text is still the one that was checked, and which
//! of its buttons was pressed.

use leptos::prelude::*;

use crate::ui::FormState;

/// A button of the form.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Pressed {
    Check,
    /// Of the integration at this position.
    Try(usize),
    Add,
}

#[derive(Clone, Copy)]
pub struct Filling {
    /// Nothing where no text was found right.
    checked: StoredValue<Option<String>>,
    has_changed: RwSignal<bool>,
    pressed: RwSignal<Pressed>,
}

impl Filling {
    pub fn begin(checked: Option<String>, text: &str) -> Self {
        let has_changed = differs(checked.as_deref(), text);
        Self {
            checked: StoredValue::new(checked),
            has_changed: RwSignal::new(has_changed),
            pressed: RwSignal::new(Pressed::Check),
        }
    }

    /// The text is this now.
    pub fn typed(self, text: &str) {
        let has_changed = self
            .checked
            .with_value(|checked| differs(checked.as_deref(), text));
        self.has_changed.set(has_changed);
    }

    pub fn press(self, button: Pressed) {
        self.pressed.set(button);
    }

    /// What stands below tells of another text than the one above.
    pub fn is_stale(self) -> bool {
        self.has_changed.get()
    }

    /// Stands beside a button and says that the form is on its way by it. To be made inside of the form.
    pub fn on_its_way(self, button: Pressed, words: &'static str) -> AnyView {
        let busy = FormState::busy();
        view! {
            <span role="status" class="text-label text-ink-mute">
                {move || (busy.get() && self.pressed.get() == button).then_some(words)}
            </span>
        }
        .into_any()
    }
}

/// What is blank around a text counts for nothing.
fn differs(checked: Option<&str>, text: &str) -> bool {
    checked.is_some_and(|checked| checked.trim() != text.trim())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_a_text_that_was_checked_can_become_another() {
        assert!(!differs(None, "b"));
        assert!(differs(Some("a"), "b"));
        assert!(!differs(Some("\na\n"), "a\n"));
        assert!(differs(Some("a"), "a b"));
    }
}
