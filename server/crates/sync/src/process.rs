//! Connector programs: started in the sandbox, watched, read line by line, and gone when the run is over.

pub mod answer;
mod contain;
mod files;
mod guard;
pub mod launcher;
mod output;
mod redact;
mod run;
mod stderr;
mod tree;
mod verdict;
mod watch;

use std::ffi::OsString;
use std::io;
use std::path::{Path, PathBuf};

use airbyte::protocol::{
    AirbyteCatalog, AirbyteMessage, ConfiguredAirbyteCatalog, ConnectorSpecification,
};
use bytes::Bytes;
use serde_json::Value;
use tokio::sync::mpsc;

pub(crate) use redact::secrets;
pub use redact::{Redactor, secret_fields};

use crate::connector::{RunContext, Steps};
use crate::fault::Fault;
use run::{Question, Run};
pub(crate) use watch::plain_bytes;

/// A connector program: what to start and what it may read.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Program {
    /// Absolute path of the executable.
    pub command: PathBuf,
    /// Arguments before the protocol's own (`spec`, `check --config …`).
    pub args: Vec<OsString>,
    /// Arguments after the protocol's own.
    pub options: Vec<OsString>,
    /// Folders and files it may read besides the system's libraries: its virtual environment, its interpreter.
    pub readable: Vec<PathBuf>,
    /// Variables of its environment, besides the few every connector gets. Never secrets.
    pub env: Vec<(String, String)>,
    pub way_out: WayOut,
}

/// How the program reaches other servers.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum WayOut {
    /// By itself.
    Own,
    /// Its HTTP client goes by a [`Gate`](crate::outbound::Gate), which leads where calls from here may go. That keeps a
    /// description from calling other addresses, not a program that means to.
    Gate,
}

impl Program {
    /// A plain executable that needs nothing but itself and the system's libraries.
    pub fn executable(command: impl Into<PathBuf>) -> Self {
        let command = command.into();
        let readable = command
            .parent()
            .map(Path::to_path_buf)
            .into_iter()
            .collect();
        Self {
            command,
            args: Vec::new(),
            options: Vec::new(),
            readable,
            env: Vec::new(),
            way_out: WayOut::Own,
        }
    }

    /// A script installed into a Python virtual environment. The interpreter's own folder, which the environment only
    /// links to, is made readable too.
    pub fn python(venv: &Path, script: &str) -> io::Result<Self> {
        let bin = venv.join("bin");
        let interpreter = bin.join("python").canonicalize()?;
        let home = interpreter
            .parent()
            .and_then(Path::parent)
            .map(Path::to_path_buf);
        let readable = std::iter::once(venv.canonicalize()?).chain(home).collect();
        Ok(Self {
            command: bin.join(script),
            args: Vec::new(),
            options: Vec::new(),
            readable,
            env: Vec::new(),
            way_out: WayOut::Own,
        })
    }

    /// Airbyte's runtime for low-code manifests in its virtual environment, with a manifest and its components in Python,
    /// if it has any.
    pub fn low_code(
        venv: &Path,
        script: &str,
        manifest: &Path,
        components: Option<&Path>,
    ) -> io::Result<Self> {
        let mut program = Self::python(venv, script)?;
        let manifest = [("--manifest-path", manifest)];
        let components_option = components.map(|file| ("--components-path", file));
        for (option, file) in manifest.into_iter().chain(components_option) {
            let file = file.canonicalize()?;
            program.options.extend([option.into(), file.clone().into()]);
            program.readable.push(file);
        }
        if components.is_some() {
            // They are whoever's the manifest is, and nothing gets more rights by them: the sandbox holds as ever.
            program
                .env
                .push(("AIRBYTE_ENABLE_UNSAFE_CODE".to_owned(), "true".to_owned()));
        } else {
            program.way_out = WayOut::Gate;
        }
        Ok(program)
    }
}

/// Asks for the connector's specification.
pub async fn spec(program: &Program, cx: &RunContext) -> Result<ConnectorSpecification, Fault> {
    let run = Run::start(program, Question::Spec, cx)?;
    let answer = answer::first(run, cx, |message| match message {
        AirbyteMessage::Spec { spec } => Some(spec),
        _ => None,
    })
    .await?;
    answer.ok_or_else(|| Fault::bug("The connector gave no specification of its settings."))
}

/// Tries the configuration; the connector itself knows no steps, so there are two: it starts, and the account answers.
pub async fn check(
    program: &Program,
    config: &Value,
    cx: &RunContext,
    steps: &Steps,
) -> Result<(), Fault> {
    let run = steps
        .run("Connector starts", async {
            Ok((Run::start(program, Question::Check { config }, cx)?, None))
        })
        .await?;
    steps
        .run("Account answers", async {
            answer::status(run, cx).await.map(|()| ((), None))
        })
        .await
}

/// Asks for the streams.
pub async fn discover(
    program: &Program,
    config: &Value,
    cx: &RunContext,
) -> Result<AirbyteCatalog, Fault> {
    let run = Run::start(program, Question::Discover { config }, cx)?;
    let answer = answer::first(run, cx, |message| match message {
        AirbyteMessage::Catalog { catalog } => Some(catalog),
        _ => None,
    })
    .await?;
    answer.ok_or_else(|| Fault::bug("The connector ended without listing its tables."))
}

/// Reads streams; see [`crate::connector::Connector::read`].
pub async fn read(
    program: &Program,
    config: &Value,
    catalog: &ConfiguredAirbyteCatalog,
    state: &[Value],
    cx: &RunContext,
    out: mpsc::Sender<Bytes>,
) -> Result<(), Fault> {
    Run::start(
        program,
        Question::Read {
            config,
            catalog,
            state,
        },
        cx,
    )?
    .forward(cx, &out)
    .await
}
