//! The processes below one process, read from `/proc`: their memory, their number, their end.

use std::collections::HashMap;
use std::fs;

use nix::sys::signal::{Signal, kill};
use nix::unistd::Pid;

/// Rounds of listing and killing before giving up; each round leaves only what forked during it.
const ROUNDS: usize = 100;

/// One line of the process table.
#[derive(Debug, Clone, Copy)]
struct Entry {
    pid: i32,
    parent: i32,
    threads: u64,
    resident_pages: u64,
    zombie: bool,
}

/// What a process tree takes at one moment.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Weight {
    pub memory_bytes: u64,
    /// Processes and threads.
    pub tasks: u64,
}

/// Memory and tasks of everything below `root`, which itself is not counted.
pub fn weigh(root: i32) -> Weight {
    let page = page_size();
    below(root, &table())
        .into_iter()
        .fold(Weight::default(), |sum, entry| Weight {
            memory_bytes: sum.memory_bytes + entry.resident_pages * page,
            tasks: sum.tasks + entry.threads,
        })
}

/// Kills everything below `root`, and says whether nothing is left. `root` must be the reaper of its descendants
/// (sub-reaper or init of a namespace), so that no orphan can leave the tree.
pub fn kill_below(root: i32) -> bool {
    for _ in 0..ROUNDS {
        let alive: Vec<_> = below(root, &table())
            .into_iter()
            .filter(|entry| !entry.zombie)
            .collect();
        if alive.is_empty() {
            return true;
        }
        for entry in alive {
            // Already gone is as good as killed.
            let _ = kill(Pid::from_raw(entry.pid), Signal::SIGKILL);
        }
    }
    false
}

fn below(root: i32, table: &[Entry]) -> Vec<Entry> {
    let mut children: HashMap<i32, Vec<Entry>> = HashMap::new();
    for entry in table {
        children.entry(entry.parent).or_default().push(*entry);
    }
    let mut found = Vec::new();
    let mut open = vec![root];
    while let Some(pid) = open.pop() {
        for entry in children.remove(&pid).unwrap_or_default() {
            open.push(entry.pid);
            found.push(entry);
        }
    }
    found
}

fn table() -> Vec<Entry> {
    let Ok(folder) = fs::read_dir("/proc") else {
        return Vec::new();
    };
    folder
        .filter_map(Result::ok)
        .filter(|entry| {
            entry
                .file_name()
                .as_encoded_bytes()
                .first()
                .is_some_and(u8::is_ascii_digit)
        })
        .filter_map(|entry| fs::read_to_string(entry.path().join("stat")).ok())
        .filter_map(|stat| parse(&stat))
        .collect()
}

/// Reads `pid (name) state ppid …`; the name may hold spaces and brackets, so the last bracket ends it.
fn parse(stat: &str) -> Option<Entry> {
    let (pid, rest) = stat.split_once(" (")?;
    let (_, fields) = rest.rsplit_once(") ")?;
    let fields: Vec<&str> = fields.split_ascii_whitespace().collect();
    Some(Entry {
        pid: pid.parse().ok()?,
        zombie: matches!(*fields.first()?, "Z" | "X"),
        parent: fields.get(1)?.parse().ok()?,
        threads: fields.get(17)?.parse().ok()?,
        resident_pages: fields.get(21)?.parse().ok()?,
    })
}

fn page_size() -> u64 {
    let size = nix::unistd::sysconf(nix::unistd::SysconfVar::PAGE_SIZE)
        .ok()
        .flatten();
    size.and_then(|size| u64::try_from(size).ok())
        .unwrap_or(4096)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reads_a_stat_line_whose_name_has_brackets() {
        let line = "4242 (a) (b) R 17 4242 4242 0 -1 4194304 1 0 0 0 3 4 0 0 20 0 5 0 9 1000000 321 184467 1 1 0\n";
        let entry = parse(line).expect("a valid line");
        assert_eq!(
            (
                entry.pid,
                entry.parent,
                entry.threads,
                entry.resident_pages,
                entry.zombie
            ),
            (4242, 17, 5, 321, false)
        );
    }

    #[test]
    fn finds_grandchildren_only_below_the_root() {
        let entry = |pid, parent| Entry {
            pid,
            parent,
            threads: 1,
            resident_pages: 1,
            zombie: false,
        };
        let table = [entry(2, 1), entry(3, 2), entry(4, 3), entry(5, 1)];
        let mut pids: Vec<_> = below(2, &table)
            .into_iter()
            .map(|entry| entry.pid)
            .collect();
        pids.sort_unstable();
        assert_eq!(pids, [3, 4]);
    }
}
