//! One installation with `uv`: an environment, the package in its exact version, and what to say meanwhile.

use std::path::Path;
use std::process::Stdio;
use std::time::Duration;

use sync::fault::Fault;
use tokio::io::{AsyncBufReadExt, BufReader};
use tokio::process::Command;

use crate::config::PythonTools;
use crate::definitions::Package;

/// Big connectors bring hundreds of megabytes over slow lines.
const PATIENCE: Duration = Duration::from_mins(30);
/// Lines of uv's own words kept for a failure.
const TAIL: usize = 12;
/// Whether uv starts is known sooner, unless the machine is very busy.
const START: Duration = Duration::from_secs(10);

/// Hears how far an installation is.
pub type Tell<'a> = dyn Fn(&str) + Send + Sync + 'a;

/// Makes the environment in `folder`, which must not exist.
pub async fn install(
    tools: &PythonTools,
    package: &Package,
    folder: &Path,
    tell: &Tell<'_>,
) -> Result<(), Fault> {
    tell("Making a Python environment for the connector.");
    let mut make = uv(tools);
    // Relocatable: its programs still work after the folder has been renamed.
    make.args(["venv", "--relocatable", "--python", &package.python])
        .arg(folder);
    run(make, package, tell).await?;
    tell("Finding out what the connector needs.");
    let mut add = uv(tools);
    // Compiled now, because the sandbox lets a connector write nothing into its own folder.
    add.args(["pip", "install", "--compile-bytecode", "--python"])
        .arg(folder.join("bin/python"));
    add.arg(format!("{}=={}", package.package, package.version));
    run(add, package, tell).await?;
    if folder.join("bin").join(&package.script).is_file() {
        return Ok(());
    }
    Err(Fault::bug(format!(
        "The package {} brought no program called {}.",
        package.package, package.script
    )))
}

/// Whether what installs starts at all.
pub async fn can_start(tools: &PythonTools) -> bool {
    let mut ask = uv(tools);
    ask.arg("--version").stderr(Stdio::null());
    match tokio::time::timeout(START, ask.status()).await {
        Ok(Ok(status)) => status.success(),
        Ok(Err(error)) => {
            tracing::warn!(%error, "the program uv does not start: Airbyte's own connectors and runtime can't be installed");
            false
        }
        // It did, and takes its time.
        Err(_) => true,
    }
}

fn uv(tools: &PythonTools) -> Command {
    let mut command = Command::new(&tools.uv);
    command
        .env_clear()
        .envs(tools.env.iter().map(|(name, value)| (name, value)))
        .args(["--no-progress", "--color", "never"])
        .stdin(Stdio::null())
        .stdout(Stdio::null())
        .stderr(Stdio::piped())
        .kill_on_drop(true);
    command
}

async fn run(mut command: Command, package: &Package, tell: &Tell<'_>) -> Result<(), Fault> {
    let mut child = command.spawn().map_err(|error| {
        Fault::unsupported("Not available on this server at the moment; its operators know why.")
            .with_detail(format!("The program uv does not start: {error}"))
    })?;
    let stderr = child.stderr.take().expect("it was asked for as a pipe");
    let mut lines = BufReader::new(stderr).lines();
    let mut tail = Vec::new();
    let work = async {
        while let Ok(Some(line)) = lines.next_line().await {
            if let Some(words) = in_plain_words(&line) {
                tell(&words);
            }
            tail.push(line);
            if tail.len() > TAIL {
                tail.remove(0);
            }
        }
        child.wait().await
    };
    let ended = tokio::time::timeout(PATIENCE, work).await;
    match ended {
        Ok(Ok(status)) if status.success() => Ok(()),
        Ok(Ok(_)) => Err(why(package, &tail.join("\n"))),
        Ok(Err(error)) => Err(why(package, &error.to_string())),
        Err(_) => Err(Fault::timeout(
            "Installing the connector took longer than half an hour and was given up.",
        )),
    }
}

/// What uv reports between its steps: `Resolved 90 packages in 2s`.
fn in_plain_words(line: &str) -> Option<String> {
    let mut words = line.split_whitespace();
    let (verb, count) = (words.next()?, words.next()?);
    count.parse::<u32>().ok()?;
    match verb {
        "Resolved" => Some(format!("Downloading {count} packages.")),
        "Prepared" => Some("Putting the packages in place.".to_owned()),
        "Installed" => Some("Preparing the connector for a quick start.".to_owned()),
        _ => None,
    }
}

/// uv's words stay in the detail; the message says what a person can do.
fn why(package: &Package, words: &str) -> Fault {
    let lower = words.to_lowercase();
    let says = |parts: &[&str]| parts.iter().any(|part| lower.contains(part));
    let fault = if says(&["no space left", "disk quota"]) {
        Fault::bug("The connector could not be installed: the disk of this server is full.")
    } else if says(&["no interpreter found", "no download found"]) {
        Fault::unsupported(format!(
            "The connector needs Python {}, which is not on this server. Ask its operator to install it.",
            package.python
        ))
    } else if says(&[
        "dns",
        "connect",
        "timed out",
        "network",
        "error sending request",
        "tls",
    ]) {
        Fault::unreachable(
            "The connector could not be downloaded: the Python package registry was not reachable. Try again in a moment.",
        )
    } else if says(&["no solution found", "was not found in the package registry"]) {
        Fault::unsupported(format!(
            "The Python package registry does not offer {} {} for this server.",
            package.package, package.version
        ))
    } else {
        Fault::bug("The connector could not be installed.")
    };
    fault.with_detail(words.to_owned())
}

#[cfg(test)]
mod tests {
    use sync::fault::Kind;

    use super::*;

    fn package() -> Package {
        Package {
            package: "p".into(),
            version: "1".into(),
            python: "3.11".into(),
            script: "s".into(),
            disk_mb: 1,
        }
    }

    #[test]
    fn progress_reads_like_a_person_wrote_it() {
        assert_eq!(
            in_plain_words("Resolved 90 packages in 2.1s").as_deref(),
            Some("Downloading 90 packages.")
        );
        assert_eq!(in_plain_words("Using CPython 3.11.7"), None);
        assert_eq!(in_plain_words(""), None);
    }

    #[test]
    fn failures_say_what_helps() {
        assert_eq!(
            why(&package(), "error: No space left on device (os error 28)").kind,
            Kind::Bug
        );
        assert_eq!(
            why(&package(), "dns error: failed to lookup").kind,
            Kind::Unreachable
        );
        assert_eq!(
            why(&package(), "× No solution found when resolving").kind,
            Kind::Unsupported
        );
    }

    #[tokio::test]
    async fn a_missing_uv_is_told_plainly() {
        let tools = PythonTools {
            uv: "/nonexistent/uv".into(),
            env: Vec::new(),
        };
        let fault = install(
            &tools,
            &package(),
            Path::new("/nonexistent/venv"),
            &|_: &str| {},
        )
        .await
        .unwrap_err();
        assert_eq!(fault.kind, Kind::Unsupported);
        assert!(!fault.message.contains("uv"), "{fault}");
        let detail = fault.detail.unwrap();
        assert!(detail.starts_with("The program uv does not start: "));
        assert!(!can_start(&tools).await);
    }

    #[tokio::test]
    async fn whatever_says_its_version_can_start() {
        for (program, can) in [("true", true), ("false", false)] {
            let tools = PythonTools {
                uv: program.into(),
                env: Vec::new(),
            };
            assert_eq!(can_start(&tools).await, can, "{program}");
        }
    }
}
