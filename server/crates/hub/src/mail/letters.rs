//! What the mails say, as plain text and as simple HTML made from the same sentences.

/// One mail without its recipient.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Letter {
    pub subject: String,
    parts: Vec<Part>,
}

#[derive(Debug, Clone, PartialEq, Eq)]
enum Part {
    Text(String),
    /// Shown large, to be typed elsewhere.
    Code(String),
    Link {
        words: &'static str,
        url: String,
    },
}

impl Letter {
    /// The six digits that prove an address.
    pub fn code(code: &str, minutes: i64) -> Self {
        Self {
            subject: format!("{code} is your Tributary code"),
            parts: vec![
                Part::Text("Enter this code where you signed up:".to_owned()),
                Part::Code(code.to_owned()),
                Part::Text(format!(
                    "It works for {minutes} minutes. If you did not sign up, ignore this mail: without the code nothing happens."
                )),
            ],
        }
    }

    /// Somebody signed up with an address that has an account.
    pub fn already_have_account(public_url: &str) -> Self {
        Self {
            subject: "You already have a Tributary account".to_owned(),
            parts: vec![
                Part::Text(
                    "Somebody, probably you, signed up with this address. There is an account for it already, so nothing was changed.".to_owned(),
                ),
                Part::Link {
                    words: "Sign in",
                    url: format!("{public_url}/sign-in"),
                },
                Part::Link {
                    words: "Set a new password",
                    url: format!("{public_url}/reset"),
                },
                Part::Text("If it was not you, there is nothing to do.".to_owned()),
            ],
        }
    }

    /// The link that lets a person set a new password.
    pub fn reset(public_url: &str, token: &str, minutes: i64) -> Self {
        Self {
            subject: "Set a new Tributary password".to_owned(),
            parts: vec![
                Part::Text("Open this link to set a new password:".to_owned()),
                Part::Link {
                    words: "Set a new password",
                    url: format!("{public_url}/reset/{token}"),
                },
                Part::Text(format!(
                    "It works once, for {minutes} minutes, and signs out every browser. If you did not ask for it, ignore this mail: your password stays."
                )),
            ],
        }
    }

    /// A workspace that an operator made for somebody.
    pub fn invitation(public_url: &str, token: &str, workspace: &str, hours: i64) -> Self {
        Self {
            subject: format!("{workspace} on Tributary is yours"),
            parts: vec![
                Part::Text(format!(
                    "A workspace named {workspace} was made for you. Choose a password to open it:"
                )),
                Part::Link {
                    words: "Choose a password",
                    url: format!("{public_url}/reset/{token}"),
                },
                Part::Text(format!("The link works once, for {hours} hours.")),
            ],
        }
    }

    /// The password was changed: the last warning when it was somebody else.
    pub fn password_changed(public_url: &str) -> Self {
        Self {
            subject: "Your Tributary password was changed".to_owned(),
            parts: vec![
                Part::Text(
                    "The password of your account was changed, and every browser was signed out."
                        .to_owned(),
                ),
                Part::Text("If it was not you, set a new one now:".to_owned()),
                Part::Link {
                    words: "Set a new password",
                    url: format!("{public_url}/reset"),
                },
            ],
        }
    }

    pub(super) fn text(&self) -> String {
        let parts: Vec<String> = self
            .parts
            .iter()
            .map(|part| match part {
                Part::Text(text) => text.clone(),
                Part::Code(code) => format!("    {code}"),
                Part::Link { words, url } => format!("{words}:\n{url}"),
            })
            .collect();
        parts.join("\n\n") + "\n"
    }

    pub(super) fn html(&self) -> String {
        let body: String = self
            .parts
            .iter()
            .map(|part| match part {
                Part::Text(text) => format!("<p>{}</p>", escape(text)),
                Part::Code(code) => format!(
                    "<p style=\"font:600 28px ui-monospace,monospace;letter-spacing:.2em\">{}</p>",
                    escape(code)
                ),
                Part::Link { words, url } => {
                    format!("<p><a href=\"{}\">{}</a></p>", escape(url), escape(words))
                }
            })
            .collect();
        format!(
            "<!doctype html><html lang=\"en\"><body style=\"font:16px/1.5 system-ui,sans-serif;max-width:32rem;margin:2rem auto;padding:0 1rem\">{body}</body></html>"
        )
    }
}

fn escape(text: &str) -> String {
    text.replace('&', "&amp;")
        .replace('<', "&lt;")
        .replace('>', "&gt;")
        .replace('"', "&quot;")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn both_forms_say_the_same() {
        let letter = Letter::invitation("https://hub.example", "tok", "Müller <& Söhne>", 24);
        assert!(letter.text().contains("named Müller <& Söhne> was made"));
        assert!(
            letter
                .html()
                .contains("named Müller &lt;&amp; Söhne&gt; was made")
        );
        assert!(letter.text().contains("https://hub.example/reset/tok"));
        assert!(
            letter
                .html()
                .contains("href=\"https://hub.example/reset/tok\"")
        );
    }
}
