//! The table of components and cases, and every difference, for people.

use std::collections::BTreeMap;
use std::fmt::Write;
use std::path::PathBuf;

use super::case::{Case, Operation};

/// How one case went.
pub struct Verdict {
    pub case: Case,
    /// What Airbyte's runtime did otherwise than the case says.
    pub problems: Vec<(Operation, String)>,
    /// Where ours differs.
    pub differences: Vec<(Operation, String)>,
}

impl Verdict {
    fn mark(&self) -> &'static str {
        match (&self.problems[..], &self.differences[..]) {
            ([_, ..], _) => "!",
            ([], []) if self.case.script.deviates.is_some() => "≈",
            ([], []) => "✓",
            ([], [_, ..]) => "✗",
        }
    }

    pub fn good(&self) -> bool {
        self.problems.is_empty() && self.differences.is_empty()
    }
}

/// The whole report in Markdown.
pub fn markdown(verdicts: &[Verdict]) -> String {
    let same = verdicts
        .iter()
        .filter(|verdict| verdict.mark() == "✓")
        .count();
    let mut out = format!(
        "# Declarative runtime against Airbyte's\n\n{same} of {} cases are the same. ✓ same, ≈ other on purpose, ✗ differs, ! the case itself is wrong\n\n",
        verdicts.len()
    );
    out.push_str("| component | cases |\n|---|---|\n");
    let mut components = BTreeMap::<String, Vec<String>>::new();
    for verdict in verdicts {
        for component in verdict.case.components() {
            let cases = components.entry(component).or_default();
            cases.push(format!("{} {}", verdict.mark(), verdict.case.name));
        }
    }
    for (component, cases) in components {
        writeln!(out, "| {component} | {} |", cases.join(", ")).unwrap();
    }
    for verdict in verdicts.iter().filter(|verdict| !verdict.good()) {
        writeln!(
            out,
            "\n## {}\n\n{}\n",
            verdict.case.name, verdict.case.script.about
        )
        .unwrap();
        for (operation, text) in &verdict.problems {
            writeln!(out, "- Airbyte's own, {operation:?}: {text}").unwrap();
        }
        if let Some(deviation) = &verdict.case.script.deviates {
            writeln!(out, "Other on purpose: {}\n", deviation.because).unwrap();
        }
        for (operation, text) in &verdict.differences {
            writeln!(out, "- {operation:?}: {}", text.replace('\n', "\n  ")).unwrap();
        }
    }
    out
}

/// Keeps the report where builds keep theirs.
pub fn keep(name: &str, text: &str) -> PathBuf {
    // The test binary stands in `<target>/<profile>/deps`.
    let binary = std::env::current_exe().unwrap();
    let path = binary.ancestors().nth(3).unwrap().join(name);
    std::fs::write(&path, text).unwrap();
    path
}
