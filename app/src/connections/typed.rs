//! What is typed into a connector's form, kept in this tab of the browser until it is sent: loading the page anew loses
//! nothing but secrets, which are never kept here.
//!
//! Runs in browsers only: the server has no effects and no events.

use leptos::{html::Div, prelude::*, web_sys::js_sys::Reflect};
use model::{Control, Field, Form};
use wasm_bindgen::{JsCast, JsValue};
use web_sys::{Element, Storage};

/// The field with the connection's name.
const NAME: &str = "form.name";
/// Controls of these types hold secrets, files, or what no person typed.
const NEVER: [&str; 3] = ["password", "file", "hidden"];

/// Where a form's answers are kept, and which.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Keep {
    key: String,
    /// The fields that may be kept: those without secrets.
    fields: Vec<String>,
    /// Names of connections that exist. Answers for one of these were sent: they are kept there.
    sent: Vec<String>,
    begin: Begin,
}

/// What the page shows first.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Begin {
    /// What was typed before.
    Typed,
    /// What it came with: it was sent just now, and came back.
    AsItIs,
}

impl Keep {
    /// For the form that posts to `key`.
    pub fn new(key: String, form: &Form, sent: Vec<String>, begin: Begin) -> Self {
        let mut fields = vec![NAME.to_owned()];
        for section in &form.sections {
            add(&section.fields, &mut fields);
        }
        add(&form.more, &mut fields);
        Self {
            key,
            fields,
            sent,
            begin,
        }
    }

    fn holds(&self, name: &str) -> bool {
        self.fields.iter().any(|field| field == name)
    }

    fn is_sent(&self, answers: &[(String, String)]) -> bool {
        answers.iter().any(|(name, value)| {
            let same = |sent: &String| sent.to_lowercase() == value.trim().to_lowercase();
            name == NAME && self.sent.iter().any(same)
        })
    }
}

/// Adds the names of fields, and of those inside them, that hold no secret.
fn add(list: &[Field], names: &mut Vec<String>) {
    for field in list {
        match &field.control {
            Control::Secret { .. } | Control::File { .. } => {}
            Control::Group { fields } => add(fields, names),
            Control::Rows { rows, .. } => {
                for row in rows {
                    add(row, names);
                }
            }
            Control::OneOf { branches, .. } => {
                names.push(field.name.clone());
                for branch in branches {
                    add(&branch.fields, names);
                }
            }
            _ => names.push(field.name.clone()),
        }
    }
}

/// Around a form: keeps what is typed, and types it again where the page is loaded anew.
#[component]
pub fn Typed(keep: Keep, children: Children) -> impl IntoView {
    let place = NodeRef::<Div>::new();
    let keep = StoredValue::new(keep);
    Effect::new(move |_| {
        if let Some(place) = place.get() {
            keep.with_value(|keep| fill(&place, keep));
        }
    });
    let note = move || {
        if let Some(place) = place.get_untracked() {
            keep.with_value(|keep| store(&place, keep));
        }
    };
    view! {
        <div node_ref=place on:input=move |_| note() on:change=move |_| note()>
            {children()}
        </div>
    }
    .into_any()
}

/// Once the page is alive: forgets what was typed into a form, because it was sent.
pub fn forget(key: String) {
    Effect::new(move |_| {
        if let Some(storage) = storage() {
            let _gone = storage.remove_item(&key);
        }
    });
}

fn storage() -> Option<Storage> {
    web_sys::window()?.session_storage().ok().flatten()
}

fn store(place: &Element, keep: &Keep) {
    let answers: Vec<(String, String)> = controls(place, keep)
        .into_iter()
        .filter(|control| !control.ticks() || control.is_ticked())
        .map(|control| (control.name.clone(), control.value()))
        .collect();
    if let (Some(storage), Ok(text)) = (storage(), serde_json::to_string(&answers)) {
        // A browser that keeps nothing loses what was typed, and nothing else.
        let _kept = storage.set_item(&keep.key, &text);
    }
}

fn fill(place: &Element, keep: &Keep) {
    let Some(storage) = storage().filter(|_| keep.begin == Begin::Typed) else {
        return;
    };
    let text = storage.get_item(&keep.key).ok().flatten();
    let Some(mut answers) =
        text.and_then(|text| serde_json::from_str::<Vec<(String, String)>>(&text).ok())
    else {
        return;
    };
    if keep.is_sent(&answers) {
        let _gone = storage.remove_item(&keep.key);
        return;
    }
    for control in controls(place, keep) {
        let known = answers.iter().position(|(name, _)| *name == control.name);
        if control.ticks() {
            let answer = (control.name.clone(), control.value());
            // One of several answers always is chosen.
            if known.is_some() || control.kind == "checkbox" {
                control.set("checked", &answers.contains(&answer).into());
            }
        } else if let Some(at) = known {
            // Lists have several of one name: each takes the next.
            let (_, value) = answers.remove(at);
            control.set("value", &value.into());
        }
    }
}

/// A control whose answer may be kept.
struct Answered {
    element: Element,
    name: String,
    kind: String,
}

impl Answered {
    /// Is it ticked rather than filled in?
    fn ticks(&self) -> bool {
        matches!(self.kind.as_str(), "radio" | "checkbox")
    }

    fn is_ticked(&self) -> bool {
        self.get("checked").is_truthy()
    }

    fn value(&self) -> String {
        self.get("value").as_string().unwrap_or_default()
    }

    fn get(&self, property: &str) -> JsValue {
        Reflect::get(&self.element, &property.into()).unwrap_or(JsValue::UNDEFINED)
    }

    fn set(&self, property: &str, value: &JsValue) {
        let _set = Reflect::set(&self.element, &property.into(), value);
    }
}

fn controls(place: &Element, keep: &Keep) -> Vec<Answered> {
    let Ok(found) = place.query_selector_all("input[name], textarea[name], select[name]") else {
        return Vec::new();
    };
    (0..found.length())
        .filter_map(|index| {
            let element = found.item(index)?.dyn_into::<Element>().ok()?;
            let name = element.get_attribute("name")?;
            let kind = element.get_attribute("type").unwrap_or_default();
            let may = keep.holds(&name) && !NEVER.contains(&kind.as_str());
            may.then_some(Answered {
                element,
                name,
                kind,
            })
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use model::{Branch, Section};

    use super::*;

    fn field(name: &str, control: Control) -> Field {
        Field {
            name: name.to_owned(),
            label: name.to_owned(),
            hint: None,
            example: None,
            required: false,
            control,
        }
    }

    fn secret(name: &str) -> Field {
        let control = Control::Secret {
            set_on: None,
            multiline: true,
        };
        field(name, control)
    }

    fn switch(name: &str) -> Field {
        field(name, Control::Switch { on: false })
    }

    fn keep(sent: &[&str]) -> Keep {
        let branches = vec![Branch {
            title: "Key".to_owned(),
            hint: None,
            fields: vec![switch("tunnel.0.host"), secret("tunnel.0.key")],
        }];
        let one_of = Control::OneOf {
            chosen: 0,
            branches,
        };
        let form = Form {
            token: String::new(),
            suggested_name: String::new(),
            sections: vec![Section {
                title: None,
                fields: vec![switch("host"), secret("password")],
            }],
            more: vec![field("tunnel", one_of)],
            sign_in: None,
        };
        let sent = sent.iter().map(|name| (*name).to_owned()).collect();
        Keep::new("/connect/postgresql".to_owned(), &form, sent, Begin::Typed)
    }

    #[test]
    fn secrets_are_never_kept() {
        let keep = keep(&[]);
        for name in [NAME, "host", "tunnel", "tunnel.0.host"] {
            assert!(keep.holds(name), "{name}");
        }
        for name in ["password", "tunnel.0.key", "form.token"] {
            assert!(!keep.holds(name), "{name}");
        }
    }

    #[test]
    fn what_was_sent_is_not_typed_again() {
        let answers = [(NAME.to_owned(), " Elbe Shop ".to_owned())];
        assert!(keep(&["Elbe shop"]).is_sent(&answers));
        assert!(!keep(&["Elbe shop 2"]).is_sent(&answers));
    }
}
