//! Memory: small pieces from mimalloc, large ones from the system, which is told to take them back at once.
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

/// To be called before anything else. On its own the system would keep more and more of what is given back: each large
/// piece moves the border from which on it lets go, up to 32 MiB.
#[cfg(all(target_os = "linux", target_env = "gnu"))]
pub fn begin() {
    let border = libc::c_int::try_from(LARGE).unwrap_or(libc::c_int::MAX);
    #[expect(unsafe_code, reason = "the system's own call")]
    // SAFETY: it takes two numbers and there is no other thread yet. If it refuses, all is as it was.
    let _ = unsafe { libc::mallopt(libc::M_MMAP_THRESHOLD, border) };
}

/// Others have no such border.
#[cfg(not(all(target_os = "linux", target_env = "gnu")))]
pub const fn begin() {}

/// From now on small pieces go back to the system at once, too: for a program that does one thing beside many others. To
/// be called while there is one thread.
pub fn spare() {
    /// `mi_option_purge_delay` of `mimalloc.h`, in milliseconds.
    const PURGE_DELAY: libmimalloc_sys::mi_option_t = 15;
    #[expect(unsafe_code, reason = "mimalloc's own call")]
    // SAFETY: an option is a number, and no other thread reads it meanwhile.
    unsafe {
        libmimalloc_sys::mi_option_set(PURGE_DELAY, 0);
    }
}

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
