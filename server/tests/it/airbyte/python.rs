//! Runs scripts of this folder with the Python that has Airbyte's own client.

use std::{
    fs,
    hash::{DefaultHasher, Hash, Hasher},
    io::Write,
    path::{Path, PathBuf},
    process::{Command, Stdio},
};

fn place(script: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("tests/it/airbyte")
        .join(script)
}

/// The same as long as the script and the client that it asks are the same.
pub fn sameness(script: &str) -> u64 {
    let mut hasher = DefaultHasher::new();
    fs::read(place(script))
        .expect("the script")
        .hash(&mut hasher);
    python().hash(&mut hasher);
    hasher.finish()
}

/// What a script prints.
pub fn run(script: &str, stdin: &str) -> Vec<u8> {
    let path = place(script);
    let mut child = Command::new(python())
        .arg(path)
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .expect("the client's Python runs");
    child
        .stdin
        .take()
        .expect("piped")
        .write_all(stdin.as_bytes())
        .expect("the script reads");
    let output = child.wait_with_output().expect("the script ends");
    assert!(
        output.status.success(),
        "{script}: {}",
        String::from_utf8_lossy(&output.stderr)
    );
    output.stdout
}

#[expect(
    clippy::disallowed_methods,
    reason = "the test command says where the client is installed"
)]
fn python() -> String {
    std::env::var("TEST_AIRBYTE_PYTHON").expect(
        "TEST_AIRBYTE_PYTHON is a Python with the package airbyte-api; “cargo hub test” sets it",
    )
}
