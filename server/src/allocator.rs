//! Memory: small pieces from mimalloc, large ones from the system, which takes them back at once.
//!
//! A page is drawn from thousands of short-lived pieces, on which the system's allocator spends a third of its time. Hashing
//! a password takes 64 MiB for a moment, and a sync moves its rows in buffers: mimalloc would keep both until something
//! else happens.

use std::{
    alloc::{GlobalAlloc, Layout, System},
    ptr,
};

use mimalloc::MiMalloc;

/// Buffers begin here; what a page is drawn from is smaller.
const LARGE: usize = 256 * 1024;

pub struct Allocator;

const fn is_large(size: usize) -> bool {
    size >= LARGE
}

#[expect(unsafe_code, reason = "an allocator is unsafe by its trait")]
// SAFETY: the size tells which allocator a piece comes from, and whoever gives it back gives the same size. So each of the
// two is only ever asked about pieces of its own, with the layout they were made with.
unsafe impl GlobalAlloc for Allocator {
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        // SAFETY: the caller's promises are those that both ask for.
        unsafe {
            if is_large(layout.size()) {
                System.alloc(layout)
            } else {
                MiMalloc.alloc(layout)
            }
        }
    }

    unsafe fn alloc_zeroed(&self, layout: Layout) -> *mut u8 {
        // SAFETY: as above.
        unsafe {
            if is_large(layout.size()) {
                System.alloc_zeroed(layout)
            } else {
                MiMalloc.alloc_zeroed(layout)
            }
        }
    }

    unsafe fn dealloc(&self, piece: *mut u8, layout: Layout) {
        // SAFETY: the size leads to the allocator that made it.
        unsafe {
            if is_large(layout.size()) {
                System.dealloc(piece, layout);
            } else {
                MiMalloc.dealloc(piece, layout);
            }
        }
    }

    unsafe fn realloc(&self, piece: *mut u8, layout: Layout, size: usize) -> *mut u8 {
        // SAFETY: as above; what changes sides is copied, as much as both hold.
        unsafe {
            match (is_large(layout.size()), is_large(size)) {
                (true, true) => System.realloc(piece, layout, size),
                (false, false) => MiMalloc.realloc(piece, layout, size),
                _ => {
                    let moved = self.alloc(Layout::from_size_align_unchecked(size, layout.align()));
                    if !moved.is_null() {
                        ptr::copy_nonoverlapping(piece, moved, layout.size().min(size));
                        self.dealloc(piece, layout);
                    }
                    moved
                }
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Grows and shrinks across the border, byte by known byte.
    #[test]
    fn what_changes_sides_keeps_what_it_holds() {
        let byte = |at: usize| u8::try_from(at % 251).expect("a byte");
        let mut piece: Vec<u8> = Vec::new();
        for size in [LARGE / 2, LARGE - 1, LARGE, 3 * LARGE, 80 * LARGE] {
            piece.reserve_exact(size - piece.len());
            piece.extend((piece.len()..size).map(byte));
        }
        for size in [2 * LARGE, LARGE, LARGE - 1, 10] {
            piece.truncate(size);
            piece.shrink_to_fit();
            assert!(
                piece
                    .iter()
                    .enumerate()
                    .all(|(at, found)| *found == byte(at))
            );
        }
        let zeroes = vec![0_u8; LARGE + 1];
        assert!(zeroes.iter().all(|found| *found == 0));
    }
}
