//! Looks at a running connector four times a second and says when it takes more than it may.

use std::time::Duration;

use super::guard::Guard;
use crate::connector::{Limits, Usage};
use crate::fault::Fault;

/// Often enough to stop a memory hog before the machine suffers, seldom enough to cost nothing.
const EVERY: Duration = Duration::from_millis(250);

/// Ends only with a fault: too much memory, too many processes, or too long.
pub async fn watch(guard: &Guard, limits: &Limits, wall: Duration, usage: &Usage) -> Fault {
    let end = tokio::time::sleep(wall);
    tokio::pin!(end);
    let mut ticks = tokio::time::interval(EVERY);
    ticks.set_missed_tick_behavior(tokio::time::MissedTickBehavior::Delay);
    loop {
        tokio::select! {
            () = &mut end => return Fault::timeout(format!(
                "The connector took longer than {} and was stopped. Choose fewer tables, or ask the operator to allow more time.",
                plain_duration(wall)
            )),
            _ = ticks.tick() => {
                let weight = guard.weigh();
                usage.saw_memory(weight.memory_bytes);
                if weight.tasks > limits.processes {
                    return Fault::upstream(format!(
                        "The connector started more processes than it may ({} of {}) and was stopped.", weight.tasks, limits.processes
                    ));
                }
                if weight.memory_bytes > limits.memory_bytes {
                    return Fault::upstream(format!(
                        "The connector needed more memory than it may use ({} of {}) and was stopped. Choose fewer tables, or ask the operator to allow more.",
                        plain_bytes(weight.memory_bytes), plain_bytes(limits.memory_bytes)
                    ));
                }
            }
        }
    }
}

/// A size as people write it.
pub fn plain_bytes(bytes: u64) -> String {
    const UNITS: [(&str, u64); 3] = [("GiB", 1 << 30), ("MiB", 1 << 20), ("KiB", 1 << 10)];
    let unit = UNITS.iter().find(|(_, size)| bytes >= *size);
    unit.map_or_else(
        || format!("{bytes} bytes"),
        |(name, size)| format!("{}.{} {name}", bytes / size, bytes % size * 10 / size),
    )
}

/// A duration as people say it.
pub fn plain_duration(duration: Duration) -> String {
    match duration.as_secs() {
        seconds if seconds >= 7200 => format!("{} hours", seconds / 3600),
        seconds if seconds >= 120 => format!("{} minutes", seconds / 60),
        seconds => format!("{seconds} seconds"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sizes_and_durations_read_well() {
        assert_eq!(plain_bytes(20_971_520), "20.0 MiB");
        assert_eq!(plain_bytes(1_610_612_736), "1.5 GiB");
        assert_eq!(plain_bytes(12), "12 bytes");
        assert_eq!(plain_duration(Duration::from_mins(10)), "10 minutes");
    }
}
