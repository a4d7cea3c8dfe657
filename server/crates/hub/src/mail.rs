//! Mails: sent through a server when one is configured, otherwise written as files for a developer to open.

mod letters;

use std::{
    path::{Path, PathBuf},
    time::Duration,
};

use lettre::{
    AsyncSmtpTransport, AsyncTransport, Message, Tokio1Executor,
    message::{Mailbox, MultiPart},
};
use secrecy::{ExposeSecret, SecretString};
use time::{OffsetDateTime, macros::format_description};
use tokio::{
    fs::{DirBuilder, OpenOptions},
    io::AsyncWriteExt,
};

pub use letters::Letter;

const TIMEOUT: Duration = Duration::from_secs(10);

/// Mail can't be set up or sent.
#[derive(Debug, thiserror::Error)]
pub enum MailError {
    #[error("the sender “{0}” is not an address such as Tributary <no-reply@example.com>")]
    Sender(String),
    #[error("SMTP_URL is not an address such as smtps://user:password@mail.example.com")]
    Url,
    #[error("“{0}” is not an address mail can be sent to")]
    Recipient(String),
    #[error("the mail could not be put together")]
    Form(#[from] lettre::error::Error),
    #[error("the mail server did not take the mail")]
    Smtp(#[source] lettre::transport::smtp::Error),
    #[error("the mail folder {path} can't be written")]
    Folder {
        path: PathBuf,
        #[source]
        source: std::io::Error,
    },
}

/// Where mails go.
#[derive(Debug, Clone)]
pub enum Mail {
    Smtp {
        transport: AsyncSmtpTransport<Tokio1Executor>,
        from: Mailbox,
        host: String,
    },
    Folder {
        dir: PathBuf,
        from: Mailbox,
    },
}

impl Mail {
    /// A mail server: `smtps://user:password@host`, or `smtp://host?tls=required` for STARTTLS.
    pub fn smtp(url: &SecretString, from: &str) -> Result<Self, MailError> {
        let transport = AsyncSmtpTransport::<Tokio1Executor>::from_url(url.expose_secret())
            .map_err(|_| MailError::Url)?
            .timeout(Some(TIMEOUT))
            .build();
        let host = url.expose_secret().rsplit('@').next().unwrap_or_default();
        let host = host
            .trim_start_matches("smtps://")
            .trim_start_matches("smtp://");
        Ok(Self::Smtp {
            transport,
            from: sender(from)?,
            host: host.split(['/', '?']).next().unwrap_or_default().to_owned(),
        })
    }

    /// A folder: each mail is one `.eml` file.
    pub fn folder(dir: &Path, from: &str) -> Result<Self, MailError> {
        Ok(Self::Folder {
            dir: dir.to_owned(),
            from: sender(from)?,
        })
    }

    /// Hands the mail over. Nobody waits for a slow mail server, so how long this takes does not tell whether an
    /// address is known; what fails is logged.
    pub async fn send(&self, to: &str, letter: Letter, now: OffsetDateTime) {
        match self {
            Self::Folder { .. } => report(to, self.deliver(to, &letter, now).await),
            Self::Smtp { .. } => {
                let (mail, to) = (self.clone(), to.to_owned());
                tokio::spawn(async move { report(&to, mail.deliver(&to, &letter, now).await) });
            }
        }
    }

    /// Delivers one mail; a folder tells the file.
    pub async fn deliver(
        &self,
        to: &str,
        letter: &Letter,
        now: OffsetDateTime,
    ) -> Result<Option<PathBuf>, MailError> {
        match self {
            Self::Smtp {
                transport, from, ..
            } => {
                let message = compose(from, to, letter)?;
                transport.send(message).await.map_err(MailError::Smtp)?;
                Ok(None)
            }
            Self::Folder { dir, from } => {
                let message = compose(from, to, letter)?;
                let path = dir.join(file_name(to, now));
                write(dir, &path, &message.formatted())
                    .await
                    .map_err(|source| MailError::Folder {
                        path: path.clone(),
                        source,
                    })?;
                Ok(Some(path))
            }
        }
    }

    /// Does the mail server answer, or is the folder there? In words.
    pub async fn check(&self) -> Result<String, String> {
        match self {
            Self::Smtp {
                transport, host, ..
            } => match transport.test_connection().await {
                Ok(true) => Ok(format!("{host} answers and takes our login.")),
                Ok(false) => Err(format!("{host} closed the connection.")),
                Err(error) => Err(format!("{host} does not answer: {error}.")),
            },
            Self::Folder { dir, .. } => {
                make(dir).await.map_err(|error| {
                    format!("The folder {} can't be made: {error}.", dir.display())
                })?;
                Ok(format!(
                    "No mail server is configured: mails are files in {}.",
                    dir.display()
                ))
            }
        }
    }
}

fn sender(from: &str) -> Result<Mailbox, MailError> {
    from.parse().map_err(|_| MailError::Sender(from.to_owned()))
}

fn compose(from: &Mailbox, to: &str, letter: &Letter) -> Result<Message, MailError> {
    let to: Mailbox = to
        .trim()
        .parse()
        .map_err(|_| MailError::Recipient(to.to_owned()))?;
    Ok(Message::builder()
        .from(from.clone())
        .to(to)
        .subject(letter.subject.as_str())
        .multipart(MultiPart::alternative_plain_html(
            letter.text(),
            letter.html(),
        ))?)
}

/// `20260102T030405.678901-ana@example.com.eml`: sorts by time, and holds nothing that leaves the folder.
fn file_name(to: &str, now: OffsetDateTime) -> String {
    let time = now
        .format(format_description!(
            "[year][month][day]T[hour][minute][second].[subsecond digits:6]"
        ))
        .expect("every instant has these parts");
    let to: String = to
        .trim()
        .chars()
        .map(|letter| match letter {
            'a'..='z' | 'A'..='Z' | '0'..='9' | '@' | '.' | '-' | '_' | '+' => letter,
            _ => '_',
        })
        .collect();
    format!("{time}-{to}.eml")
}

/// What mails say opens accounts: other accounts of the machine read none.
async fn make(dir: &Path) -> std::io::Result<()> {
    DirBuilder::new()
        .recursive(true)
        .mode(0o700)
        .create(dir)
        .await
}

async fn write(dir: &Path, path: &Path, bytes: &[u8]) -> std::io::Result<()> {
    make(dir).await?;
    let mut file = OpenOptions::new()
        .write(true)
        .create(true)
        .truncate(true)
        .mode(0o600)
        .open(path)
        .await?;
    file.write_all(bytes).await?;
    file.flush().await
}

fn report(to: &str, delivered: Result<Option<PathBuf>, MailError>) {
    match delivered {
        Ok(Some(path)) => tracing::info!(path = %path.display(), "a mail was written"),
        Ok(None) => {}
        Err(error) => {
            let cause = std::error::Error::source(&error).map(ToString::to_string);
            tracing::error!(to, %error, cause, "a mail was not delivered");
        }
    }
}

#[cfg(test)]
mod tests {
    use std::os::unix::fs::PermissionsExt;

    use super::*;

    fn mode(path: &Path) -> u32 {
        let found = std::fs::metadata(path).expect("it is there");
        found.permissions().mode() & 0o777
    }

    #[tokio::test]
    async fn other_accounts_of_the_machine_read_no_mail() {
        let folder = tempfile::tempdir().expect("a folder");
        let mails = folder.path().join("mail");
        let mail = Mail::folder(&mails, "hub@example.com").expect("a sender");
        let letter = Letter::code("123456", 15);
        let written = mail
            .deliver("ana@example.com", &letter, OffsetDateTime::UNIX_EPOCH)
            .await
            .expect("it is written")
            .expect("a file");
        assert_eq!((mode(&mails), mode(&written)), (0o700, 0o600));
    }
}
