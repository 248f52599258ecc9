//! One thread's memory: chunks that are filled from front to back and freed together.
//!
//! Our own rather than a library's because of what the evaluator does all day: it takes a few
//! words at a time, by the hundred million. Pages are asked of the system many at a time, shortly
//! before they are used: one call costs less than as many page faults. (Its large pages would cost
//! still less, where it has them ready; where it first has to find and clear them, far more.)

#![allow(unsafe_code)] // memory from the system, handed out piece by piece

use std::alloc::Layout;
use std::cell::{Cell, RefCell};
use std::ptr::NonNull;
use std::sync::OnceLock;
use std::sync::atomic::{AtomicUsize, Ordering};

use super::env::Spare;
use super::keys::Memory;

/// The first chunk; each is twice as large as the one before, up to the largest.
const FIRST_CHUNK: usize = 64 * 1024;
const LARGEST_CHUNK: usize = 32 * 1024 * 1024;
/// Pages of the system. Where they are larger, populating fails and nothing is lost.
const PAGE: usize = 4096;
/// How much of a chunk is made ready for use at a time.
const STRIDE: usize = 256 * 1024;

/// Bytes in all chunks of all arenas.
static HELD: AtomicUsize = AtomicUsize::new(0);

/// What a thread panics with when there is no memory left for an evaluation.
///
/// There is no going on from here, and no good in it being a result: it may happen wherever
/// anything is allocated.
#[derive(Clone, Copy, Debug)]
pub struct OutOfMemory;

/// Memory of one thread. Used through the one [`super::Local`] that was made for it.
pub(super) struct Arena {
    /// Where the unused part of the newest chunk begins, and where what is ready of it ends.
    next: Cell<*mut u8>,
    end: Cell<*mut u8>,
    /// Where that chunk ends.
    chunk_end: Cell<*mut u8>,
    chunks: RefCell<Vec<(NonNull<u8>, Layout)>>,
    /// Of a region's: the thread's own, for what has to stay.
    home: Option<NonNull<Arena>>,
    spare: Spare,
    keys: Memory,
}

// SAFETY: it is used through its one `Local` alone, which can't leave its thread; the heap only
// keeps and drops it.
unsafe impl Send for Arena {}

impl Default for Arena {
    fn default() -> Arena {
        let nothing = Cell::new(std::ptr::null_mut());
        Arena {
            next: nothing.clone(),
            end: nothing.clone(),
            chunk_end: nothing,
            chunks: RefCell::default(),
            home: None,
            spare: Spare::default(),
            keys: Memory::default(),
        }
    }
}

impl Arena {
    /// That of a region: what has to stay is made in `home`, or where that has its own.
    pub(super) fn within(home: &Arena) -> Arena {
        let mut arena = Arena::default();
        arena.home = Some(home.home.unwrap_or(NonNull::from(home)));
        arena
    }

    /// Of a region's: the thread's own.
    #[inline]
    pub(super) fn home(&self) -> Option<NonNull<Arena>> {
        self.home
    }

    /// Does this lie in its memory?
    pub(super) fn has(&self, place: NonNull<u8>) -> bool {
        let address = place.addr().get();
        let within = |(start, layout): &(NonNull<u8>, Layout)| {
            address.checked_sub(start.addr().get()).is_some_and(|at| at < layout.size())
        };
        self.chunks.borrow().iter().rev().any(within)
    }

    /// Bytes asked of the system.
    pub(super) fn size(&self) -> usize {
        self.chunks.borrow().iter().map(|(_, layout)| layout.size()).sum()
    }

    /// Uninitialised memory that lives as long as the arena.
    #[inline]
    pub(super) fn take(&self, layout: Layout) -> NonNull<u8> {
        let next = self.next.get();
        let padding = next.addr().wrapping_neg() & (layout.align() - 1);
        let room = self.end.get().addr() - next.addr();
        if let Some(needed) = layout.size().checked_add(padding)
            && needed <= room
            && let Some(start) = NonNull::new(next.wrapping_add(padding))
        {
            self.next.set(next.wrapping_add(needed));
            return start;
        }
        self.take_more(layout)
    }

    /// As [`Arena::take`], where what is ready doesn't suffice.
    #[cold]
    #[inline(never)]
    fn take_more(&self, layout: Layout) -> NonNull<u8> {
        let needed = layout.size().saturating_add(layout.align());
        if needed <= self.chunk_end.get().addr() - self.next.get().addr() {
            self.ready(needed);
            return self.take(layout);
        }
        let last = self.chunks.borrow().last().map_or(0, |(_, layout)| layout.size());
        let usual = (last * 2).clamp(FIRST_CHUNK, LARGEST_CHUNK);
        if needed > usual / 4 {
            // A large piece gets memory of its own, and the chunk in use stays in use.
            let (start, _) = self.chunk(needed);
            let padding = start.as_ptr().addr().wrapping_neg() & (layout.align() - 1);
            // The growth of chunks looks at the last one, which this isn't.
            let mut chunks = self.chunks.borrow_mut();
            if let [.., before, alone] = &mut **chunks {
                std::mem::swap(before, alone);
            }
            // SAFETY: the chunk has room for the layout and its alignment.
            return unsafe { start.add(padding) };
        }
        let (start, size) = self.chunk(usual);
        self.next.set(start.as_ptr());
        self.end.set(start.as_ptr());
        self.chunk_end.set(start.as_ptr().wrapping_add(size));
        self.ready(needed);
        self.take(layout)
    }

    /// Makes the next part of the chunk ready: at least so many bytes, which it has.
    fn ready(&self, needed: usize) {
        let start = self.end.get();
        let left = self.chunk_end.get().addr() - start.addr();
        let size = needed.next_multiple_of(STRIDE).min(left);
        if size >= STRIDE {
            populate(start, size);
        }
        self.end.set(start.wrapping_add(size));
    }

    fn chunk(&self, size: usize) -> (NonNull<u8>, usize) {
        let align = if size >= STRIDE { PAGE } else { align_of::<u128>() };
        // Only a size beyond the address space fails.
        let size = size.checked_next_multiple_of(align).unwrap_or(usize::MAX);
        let Ok(layout) = Layout::from_size_align(size, align) else { out_of_memory() };
        let held = HELD.fetch_add(layout.size(), Ordering::Relaxed);
        if held.saturating_add(layout.size()) > most() {
            out_of_memory()
        }
        // SAFETY: the size isn't zero.
        let Some(start) = NonNull::new(unsafe { std::alloc::alloc(layout) }) else {
            out_of_memory()
        };
        self.chunks.borrow_mut().push((start, layout));
        (start, layout.size())
    }

    /// Environments to be used again.
    #[inline]
    pub(super) fn spare(&self) -> &Spare {
        &self.spare
    }

    /// Names of sets to be used again.
    #[inline]
    pub(super) fn keys(&self) -> &Memory {
        &self.keys
    }

    /// Bytes asked of the system, but for those that are ready and unused.
    #[cfg(test)]
    pub(super) fn allocated(&self) -> usize {
        self.size() - (self.end.get().addr() - self.next.get().addr())
    }
}

#[cold]
#[allow(clippy::panic, reason = "whoever allocates anything can't go on, nor say so in a result")]
fn out_of_memory() -> ! {
    std::panic::panic_any(OutOfMemory)
}

/// Bytes that all arenas together may have: nearly what the machine has. A system that promises more
/// than it has would end the process when it comes to use it, and perhaps others instead.
fn most() -> usize {
    static MOST: OnceLock<usize> = OnceLock::new();
    *MOST.get_or_init(|| {
        let machine = rustix::system::sysinfo();
        let units = machine.totalram.saturating_add(machine.totalswap);
        let bytes = units.saturating_mul(u64::from(machine.mem_unit));
        usize::try_from(bytes / 16 * 15).unwrap_or(usize::MAX)
    })
}

/// Has the system find memory for these pages now. Where it can't, each is found when touched.
fn populate(start: *mut u8, size: usize) {
    let first = start.addr().next_multiple_of(PAGE) - start.addr();
    let whole = size.saturating_sub(first) / PAGE * PAGE;
    // SAFETY: whole pages within memory of ours that is not in use yet; their content stays.
    let _ = unsafe {
        rustix::mm::madvise(
            start.wrapping_add(first).cast(),
            whole,
            rustix::mm::Advice::LinuxPopulateWrite,
        )
    };
}

impl Drop for Arena {
    fn drop(&mut self) {
        for (start, layout) in self.chunks.get_mut().drain(..) {
            if cfg!(debug_assertions) {
                // Who still looks at it is to be found out.
                // SAFETY: the chunk is so long, and ours.
                unsafe { start.as_ptr().write_bytes(0xA5, layout.size()) };
            }
            // SAFETY: it was allocated with this layout, and is freed nowhere else.
            unsafe { std::alloc::dealloc(start.as_ptr(), layout) };
            HELD.fetch_sub(layout.size(), Ordering::Relaxed);
        }
    }
}
