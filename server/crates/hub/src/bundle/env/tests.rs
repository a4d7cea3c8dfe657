//! Real readers read what was written: bash, dash, node and dotenvy must all see the same values.

use std::{fs, path::Path, process::Command};

use super::*;

const HOSTILE: [&str; 12] = [
    "plain",
    "",
    "two words",
    "$(touch pwned) `id` ${HOME} $HOME",
    "a#b # c",
    "it's",
    "say \"hi\"",
    "postgresql://app:p%40ss@db.example.com:5432/t?schema=t_x&sslmode=require",
    " leading and trailing ",
    "emoji 🎉 ünï",
    "; rm -rf / && echo | cat > x",
    "export A=B !event ~ * ?",
];

/// Names and values as a reader sees them, one `name=value` a record, records ended by NUL.
type Reader = fn(&Path, &[String]) -> Vec<String>;

fn shell(program: &str, file: &Path, names: &[String]) -> Vec<String> {
    let prints: String = names
        .iter()
        .map(|name| format!("printf '%s\\0' \"${name}\"; "))
        .collect::<Vec<_>>()
        .concat();
    let script = format!("set -a; . \"$1\"; {prints}");
    output(
        Command::new(program)
            .args(["-c", &script, program])
            .arg(file),
    )
}

fn node(file: &Path, names: &[String]) -> Vec<String> {
    let list = serde_json::to_string(names).expect("names are JSON");
    let script = format!(
        "for (const n of {list}) process.stdout.write((process.env[n] ?? '<none>') + '\\0')"
    );
    output(
        Command::new("node")
            .arg(format!("--env-file={}", file.display()))
            .args(["-e", &script]),
    )
}

fn dotenvy(file: &Path, names: &[String]) -> Vec<String> {
    let pairs: std::collections::HashMap<String, String> = dotenvy::from_path_iter(file)
        .expect("the file opens")
        .collect::<Result<_, _>>()
        .expect("the file parses");
    names
        .iter()
        .map(|name| pairs.get(name).cloned().unwrap_or_default())
        .collect()
}

fn output(command: &mut Command) -> Vec<String> {
    let output = command
        .env_clear()
        .env("PATH", "/usr/bin:/bin")
        .output()
        .expect("the reader starts");
    assert!(
        output.status.success() && output.stderr.is_empty(),
        "{}",
        String::from_utf8_lossy(&output.stderr)
    );
    let text = String::from_utf8(output.stdout).expect("UTF-8");
    text.split_terminator('\0').map(str::to_owned).collect()
}

/// Random values from a fixed seed, full of the letters that readers fight over.
fn random_values(count: usize) -> Vec<String> {
    const LETTERS: &[char] = &[
        'a', 'Z', '0', ' ', '\'', '"', '$', '{', '}', '(', ')', '#', '=', '&', ';', '|', '<', '>',
        '~', '*', '?', '!', '`', '\\', '%', 'é', '🎉', ',',
    ];
    let mut seed = 0x9e37_79b9_7f4a_7c15_u64;
    let mut next = || {
        seed ^= seed << 13;
        seed ^= seed >> 7;
        seed ^= seed << 17;
        usize::try_from(seed >> 33).expect("31 bits fit")
    };
    (0..count)
        .map(|_| {
            (0..next() % 12)
                .map(|_| LETTERS[next() % LETTERS.len()])
                .collect()
        })
        .collect()
}

#[test]
fn every_reader_sees_what_was_written() {
    let values: Vec<String> = HOSTILE
        .iter()
        .map(|value| (*value).to_owned())
        .chain(random_values(300))
        .collect();
    let mut file = EnvFile::new();
    file.comment("first\nPWNED=1\r\nPWNED=2\u{2028}PWNED=3 $(touch pwned)");
    let mut names = vec!["PWNED".to_owned()];
    let mut written = vec![String::new()];
    for value in values {
        let name = format!("V{}", names.len());
        if file.set(&name, &value).is_ok() {
            names.push(name);
            written.push(value);
        }
        file.blank();
    }
    assert!(written.len() > 150, "most values can be written");
    let folder = std::env::temp_dir().join(format!("bundle-env-{}", std::process::id()));
    fs::create_dir_all(&folder).expect("a folder");
    let path = folder.join("app.env");
    fs::write(&path, file.into_text()).expect("the file is written");
    let readers: [(&str, Reader); 4] = [
        ("bash", |file, names| shell("bash", file, names)),
        ("dash", |file, names| shell("dash", file, names)),
        ("node", node),
        ("dotenvy", dotenvy),
    ];
    for (reader, read) in readers {
        let mut seen = read(&path, &names);
        if reader == "node" {
            seen[0] = seen[0].replace("<none>", "");
        }
        assert_eq!(seen, written, "{reader}");
    }
    assert!(!folder.join("pwned").exists());
    fs::remove_dir_all(folder).expect("cleaned up");
}

#[test]
fn what_not_every_reader_can_read_is_refused() {
    for value in [
        "a\nb",
        "a\rb",
        "nul\0",
        "it's $HOME",
        "it's \"quoted\"",
        "back\\slash's",
    ] {
        assert!(EnvFile::new().set("A", value).is_err(), "{value:?}");
    }
    for name in ["", "a", "1A", "A-B", "A B", "A=B", "A\nB"] {
        assert!(EnvFile::new().set(name, "x").is_err(), "{name:?}");
    }
}
