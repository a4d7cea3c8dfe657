//! Running other programs: quietly into a log with a time limit, or in the open with their last words kept.

use std::{
    fs::{self, File},
    io::{BufRead, BufReader, Read, Seek, SeekFrom, Write},
    path::Path,
    process::{Command, ExitStatus, Stdio},
    thread,
    time::{Duration, Instant},
};

use anyhow::{Context, Result, bail};

use crate::{place, report::Step};

/// How often a quiet child is looked at.
const POLL: Duration = Duration::from_millis(100);
/// How much of a log is looked at for its last lines.
const TAIL: u64 = 4096;
/// How many of the last lines of a failed child are shown.
const LAST_LINES: usize = 15;

/// Runs a program with its output in a log file; shows the log's last line while it runs, and its end when it fails.
pub fn quiet(step: &mut Step, log: &str, command: &mut Command, limit: Duration) -> Result<()> {
    let path = place::logs()?.join(format!("{log}.log"));
    let file = File::create(&path).with_context(|| format!("cannot write {}", path.display()))?;
    let name = command.get_program().to_string_lossy().into_owned();
    let mut child = command
        .stdin(Stdio::null())
        .stdout(file.try_clone()?)
        .stderr(file)
        .spawn()
        .with_context(|| format!("`{name}` cannot be started"))?;
    let started = Instant::now();
    loop {
        if let Some(status) = child.try_wait()? {
            return finished(&name, status, &path);
        }
        if started.elapsed() > limit {
            child.kill()?;
            child.wait()?;
            bail!(
                "`{name}` gave no result within {} seconds (log: {})",
                limit.as_secs(),
                path.display()
            );
        }
        step.busy_with(last_lines(&path, 1).trim());
        thread::sleep(POLL);
    }
}

fn finished(name: &str, status: ExitStatus, log: &Path) -> Result<()> {
    if status.success() {
        return Ok(());
    }
    bail!(
        "`{name}` failed ({status}); its last words (log: {}):\n{}",
        log.display(),
        last_lines(log, LAST_LINES)
    );
}

/// The last lines of a file that are not empty.
pub fn last_lines(path: &Path, count: usize) -> String {
    let Ok(mut file) = File::open(path) else {
        return String::new();
    };
    let length = fs::metadata(path).map_or(0, |data| data.len());
    let mut bytes = Vec::new();
    let read = file
        .seek(SeekFrom::Start(length.saturating_sub(TAIL)))
        .and_then(|_| file.read_to_end(&mut bytes));
    if read.is_err() {
        return String::new();
    }
    let text = String::from_utf8_lossy(&bytes);
    let lines: Vec<&str> = text
        .split(['\n', '\r'])
        .filter(|line| !line.trim().is_empty())
        .collect();
    let from = lines.len().saturating_sub(count);
    lines[from..]
        .iter()
        .map(|line| format!("      {line}"))
        .collect::<Vec<_>>()
        .join("\n")
}

/// Runs a program with its output on the screen.
pub fn open(command: &mut Command) -> Result<()> {
    let name = describe(command);
    let status = command
        .stdin(Stdio::null())
        .status()
        .with_context(|| format!("`{name}` cannot be started"))?;
    if !status.success() {
        bail!("`{name}` failed ({status})");
    }
    Ok(())
}

/// Runs a program with its output on the screen and returns the lines of it that `keep` chooses.
pub fn watched(command: &mut Command, keep: fn(&str) -> bool) -> Result<Watched> {
    let name = describe(command);
    // One pipe for both streams keeps their lines in order.
    let (reader, writer) = std::io::pipe()?;
    command
        .stdin(Stdio::null())
        .stdout(writer.try_clone()?)
        .stderr(writer);
    let mut child = command
        .spawn()
        .with_context(|| format!("`{name}` cannot be started"))?;
    // The command holds the writing ends; the pipe ends only when they are closed.
    command.stdout(Stdio::null()).stderr(Stdio::null());
    let mut kept = Vec::new();
    let mut lines = BufReader::new(reader);
    let mut line = Vec::new();
    while lines.read_until(b'\n', &mut line)? > 0 {
        std::io::stdout().write_all(&line)?;
        let text = String::from_utf8_lossy(&line);
        if keep(&text) {
            kept.push(text.trim().to_owned());
        }
        line.clear();
    }
    let status = child.wait()?;
    Ok(Watched { name, status, kept })
}

/// How a watched program ended.
pub struct Watched {
    name: String,
    status: ExitStatus,
    pub kept: Vec<String>,
}

impl Watched {
    /// An error unless the program ended well.
    pub fn check(&self) -> Result<()> {
        if self.status.success() {
            return Ok(());
        }
        bail!("`{}` failed ({})", self.name, self.status)
    }
}

/// A command as a person would type it, without the folder of the program.
fn describe(command: &Command) -> String {
    let program = Path::new(command.get_program());
    let program = program
        .file_name()
        .unwrap_or(program.as_os_str())
        .to_string_lossy()
        .into_owned();
    let arguments = command
        .get_args()
        .map(|argument| argument.to_string_lossy().into_owned());
    std::iter::once(program)
        .chain(arguments)
        .collect::<Vec<_>>()
        .join(" ")
}

/// What a program prints, or an error with what it said.
pub fn output(command: &mut Command) -> Result<String> {
    let name = describe(command);
    let output = command
        .stdin(Stdio::null())
        .output()
        .with_context(|| format!("`{name}` cannot be started"))?;
    if !output.status.success() {
        bail!(
            "`{name}` failed ({}): {}",
            output.status,
            String::from_utf8_lossy(&output.stderr).trim()
        );
    }
    Ok(String::from_utf8_lossy(&output.stdout).trim().to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_last_lines_leave_out_empty_ones() {
        let file = std::env::temp_dir().join(format!("xtask-lines-{}", std::process::id()));
        fs::write(&file, "one\n\ntwo\r  three\n\n")
            .expect("the folder for temporary files is writable");
        let lines = last_lines(&file, 2);
        fs::remove_file(&file).expect("it was just written");
        assert_eq!(lines, "      two\n        three");
    }

    #[test]
    fn a_failed_program_is_named_with_what_it_said() {
        let error = output(Command::new("sh").args(["-c", "echo no such table >&2; exit 3"]))
            .expect_err("it exits with 3");
        let text = error.to_string();
        assert!(text.starts_with("`sh -c echo no such table"), "{text}");
        assert!(text.ends_with("no such table"), "{text}");
    }

    #[test]
    fn chosen_lines_of_a_watched_program_are_kept() {
        let mut command = Command::new("sh");
        command.args(["-c", "echo 3 passed; echo noise; echo 1 failed >&2; exit 1"]);
        let watched = watched(&mut command, |line| {
            line.starts_with(|first: char| first.is_ascii_digit())
        })
        .expect("sh can be started");
        assert_eq!(watched.kept, ["3 passed", "1 failed"]);
        assert!(watched.check().is_err());
    }
}
