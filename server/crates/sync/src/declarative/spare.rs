//! Large buffers that were used and come back: a page is read into memory that the last one left, and its records go out in
//! memory that those before them left. Memory that is new costs the system more time than what is done with it.

use std::sync::{Mutex, PoisonError};

use bytes::Bytes;

/// What may wait in the whole process together.
const MOST: usize = 2 * 1024 * 1024;
/// A larger one goes back to the system.
const LARGEST: usize = 2 * 1024 * 1024;
/// A smaller one is not worth it.
const SMALLEST: usize = 32 * 1024;

static SPARE: Mutex<Vec<Vec<u8>>> = Mutex::new(Vec::new());

/// An empty buffer with at least so much room.
pub fn buffer(room: usize) -> Vec<u8> {
    if room < SMALLEST {
        return Vec::with_capacity(room);
    }
    // Pages of one list are about as large as each other: what one left is large enough for the next.
    let room = room.next_multiple_of(SMALLEST);
    take(room).unwrap_or_else(|| Vec::with_capacity(room))
}

/// What was gathered, as a piece that gives its memory back when nobody has it any longer.
pub fn shared(buffer: Vec<u8>) -> Bytes {
    if (SMALLEST..=LARGEST).contains(&buffer.capacity()) {
        Bytes::from_owner(Lent(buffer))
    } else {
        Bytes::from(buffer)
    }
}

struct Lent(Vec<u8>);

impl AsRef<[u8]> for Lent {
    fn as_ref(&self) -> &[u8] {
        &self.0
    }
}

impl Drop for Lent {
    fn drop(&mut self) {
        let mut buffer = std::mem::take(&mut self.0);
        buffer.clear();
        let mut spare = SPARE.lock().unwrap_or_else(PoisonError::into_inner);
        spare.push(buffer);
        // Those that wait longest fit the pages that come now least of all.
        let mut waiting: usize = spare.iter().map(Vec::capacity).sum();
        while waiting > MOST {
            waiting -= spare.remove(0).capacity();
        }
    }
}

/// One with enough room.
fn take(room: usize) -> Option<Vec<u8>> {
    let mut spare = SPARE.lock().unwrap_or_else(PoisonError::into_inner);
    let fits = spare.iter().position(|buffer| buffer.capacity() >= room);
    fits.map(|at| spare.remove(at))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_page_is_read_into_what_the_last_one_left() {
        let mut first = buffer(LARGEST - 1);
        let room = first.capacity();
        first.extend_from_slice(b"rows");
        let lent = shared(first);
        let part = lent.slice(1..);
        drop(lent);
        // Somebody still has a part of it.
        assert_eq!(&part[..], b"ows");
        drop(part);
        let again = buffer(LARGEST - 9);
        assert!(again.is_empty() && again.capacity() == room);
    }

    #[test]
    fn what_is_small_or_huge_goes_back_to_the_system() {
        for size in [SMALLEST - 1, LARGEST + 1] {
            let before = waiting(size);
            drop(shared(Vec::with_capacity(size)));
            assert_eq!(waiting(size), before);
        }
    }

    fn waiting(size: usize) -> usize {
        let spare = SPARE.lock().unwrap();
        spare.iter().filter(|one| one.capacity() == size).count()
    }
}
