//! Who uses the cluster of a data folder, and whose turn it is to start or stop it: two lock files. The kernel lets go
//! of a lock when its process ends, however it ends.

use std::{
    fs::{self, File},
    path::Path,
};

use anyhow::Context;

/// Held, shared, by every process that uses the cluster.
const USERS: &str = "postgres.users";
/// Held by the one process that is starting or stopping it.
const TURN: &str = "postgres.turn";

/// One process's place among the users.
#[derive(Debug)]
pub struct Turns {
    users: File,
    turn: File,
}

/// Nobody else starts or stops the cluster while this lives.
#[derive(Debug)]
pub struct Turn(File);

impl Drop for Turn {
    fn drop(&mut self) {
        if let Err(error) = self.0.unlock() {
            tracing::warn!(%error, "the turn to start PostgreSQL can't be given back");
        }
    }
}

impl Turns {
    /// Becomes one of the users.
    pub fn join(data_dir: &Path) -> anyhow::Result<Self> {
        let open = |name: &str| {
            File::create(data_dir.join(name))
                .with_context(|| format!("{} can't be written", data_dir.join(name).display()))
        };
        let turns = Self {
            users: open(USERS)?,
            turn: open(TURN)?,
        };
        // With the turn: nobody can be counting the users just now.
        let turn = turns.take()?;
        turns.users.lock_shared()?;
        drop(turn);
        Ok(turns)
    }

    /// Waits until nobody else is starting or stopping the cluster.
    pub fn take(&self) -> anyhow::Result<Turn> {
        self.turn
            .lock()
            .context("the data folder can't be locked")?;
        // The same lock by another handle.
        Ok(Turn(self.turn.try_clone()?))
    }

    /// Stops being a user; was it the last one? Only with the turn.
    pub fn alone(&self) -> anyhow::Result<bool> {
        self.users.unlock()?;
        match self.users.try_lock() {
            Ok(()) => Ok(true),
            Err(fs::TryLockError::WouldBlock) => Ok(false),
            Err(fs::TryLockError::Error(error)) => {
                Err(error).context("the data folder can't be locked")
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_the_last_to_leave_is_alone() {
        let folder = tempfile::tempdir().expect("a folder");
        let first = Turns::join(folder.path()).expect("joined");
        let second = Turns::join(folder.path()).expect("joined");
        assert!(!first.alone().expect("counted"));
        assert!(second.alone().expect("counted"));
    }
}
