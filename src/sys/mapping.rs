//! Memory shared by a parent and all children it forks, as records made of atomics.
//!
//! A region is mapped anonymously before the fork and never unmapped, so references into it are `'static`. It
//! starts as zeros. Only types made by [`shared_record!`](crate::shared_record) can be laid over it: they consist
//! of atomics alone, so zero is a valid value and any process may write at any time.

use std::io;
use std::ptr::NonNull;
use std::sync::atomic::{AtomicI32, AtomicI64, AtomicU8, AtomicU32, AtomicU64};

/// Types whose every bit pattern, all zeros included, is a valid value that may be read and written by several
/// processes at once.
///
/// # Safety
/// Implementors consist of atomics only and hold no pointers and no padding that is read. Use
/// [`shared_record!`](crate::shared_record), which checks the fields.
pub unsafe trait Shared: Sync {}

macro_rules! atomics {
    ($($atomic:ty),+) => {$(
        // SAFETY: an atomic integer accepts every bit pattern and concurrent access.
        unsafe impl Shared for $atomic {}
    )+};
}
atomics!(AtomicU8, AtomicU32, AtomicU64, AtomicI32, AtomicI64);
// SAFETY: an array adds nothing to its elements.
unsafe impl<T: Shared, const N: usize> Shared for [T; N] {}

/// Declares a `repr(C)` record whose fields are all [`Shared`](crate::sys::mapping::Shared).
#[macro_export]
macro_rules! shared_record {
    ($(#[$meta:meta])* $vis:vis struct $name:ident { $($(#[$field_meta:meta])* $fvis:vis $field:ident : $kind:ty),+ $(,)? }) => {
        $(#[$meta])*
        #[repr(C, align(64))]
        #[derive(Debug)]
        $vis struct $name { $($(#[$field_meta])* $fvis $field: $kind),+ }

        const _: () = {
            const fn shared<T: $crate::sys::mapping::Shared>() {}
            $(shared::<$kind>();)+
        };
        // SAFETY: every field was just checked to be `Shared`; `repr(C)` adds only padding that nobody reads.
        unsafe impl $crate::sys::mapping::Shared for $name {}
    };
}

/// A region of shared memory. Copies refer to the same memory.
#[derive(Clone, Copy, Debug)]
pub struct Region {
    base: NonNull<u8>,
    len: usize,
}

// SAFETY: the region is never unmapped, and access goes through `Shared` types only, which are `Sync`.
unsafe impl Send for Region {}
// SAFETY: as above.
unsafe impl Sync for Region {}

impl Region {
    /// Maps `len` bytes of zeros, to be shared with children forked later. Pages cost nothing until touched.
    ///
    /// # Errors
    /// The operating system's, when there is no address space left.
    pub fn new(len: usize) -> io::Result<Self> {
        // SAFETY: a fresh anonymous mapping at an address of the kernel's choice touches no memory of ours.
        let base = unsafe {
            libc::mmap(
                std::ptr::null_mut(),
                len,
                libc::PROT_READ | libc::PROT_WRITE,
                libc::MAP_SHARED | libc::MAP_ANONYMOUS | libc::MAP_NORESERVE,
                -1,
                0,
            )
        };
        if base == libc::MAP_FAILED {
            return Err(io::Error::last_os_error());
        }
        NonNull::new(base.cast()).map(|base| Self { base, len }).ok_or_else(io::Error::last_os_error)
    }

    /// The region again, from what [`Region::parts`] gave earlier in this process or in the parent it was forked
    /// from.
    ///
    /// # Safety
    /// `address` and `len` come from `parts` of a region made by this process or by an ancestor before the fork.
    pub unsafe fn from_parts(address: usize, len: usize) -> Option<Self> {
        NonNull::new(std::ptr::with_exposed_provenance_mut(address)).map(|base| Self { base, len })
    }

    /// Address and length, for keeping where only plain numbers survive.
    pub fn parts(self) -> (usize, usize) {
        (self.base.as_ptr().expose_provenance(), self.len)
    }

    /// The `count` records of type `T` that start at byte `offset`; `None` if they do not fit or are not aligned.
    pub fn records<T: Shared>(self, offset: usize, count: usize) -> Option<&'static [T]> {
        let end = size_of::<T>().checked_mul(count)?.checked_add(offset)?;
        if end > self.len || !offset.is_multiple_of(align_of::<T>()) || align_of::<T>() > 4096 {
            return None;
        }
        // SAFETY: the bytes lie inside a mapping that is page aligned and never unmapped, and `T: Shared`
        // accepts any content and concurrent writers.
        Some(unsafe { std::slice::from_raw_parts(self.base.as_ptr().add(offset).cast::<T>(), count) })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::sync::atomic::Ordering;

    shared_record! {
        struct Pair { first: AtomicU32, second: AtomicU64 }
    }

    #[test]
    fn records_start_as_zeros_and_stay_inside() {
        let region = Region::new(4096).unwrap();
        let pairs = region.records::<Pair>(64, 2).unwrap();
        assert_eq!(pairs[1].second.load(Ordering::Relaxed), 0);
        pairs[1].first.store(7, Ordering::Relaxed);
        assert_eq!(region.records::<Pair>(128, 1).unwrap()[0].first.load(Ordering::Relaxed), 7);
        assert!(region.records::<Pair>(4096, 1).is_none(), "past the end");
        assert!(region.records::<Pair>(32, 1).is_none(), "not aligned");
        assert!(region.records::<Pair>(0, usize::MAX).is_none(), "length overflows");
    }

    #[test]
    fn a_region_is_found_again_by_its_numbers() {
        let region = Region::new(4096).unwrap();
        region.records::<AtomicU64>(8, 1).unwrap()[0].store(42, Ordering::Relaxed);
        let (address, len) = region.parts();
        // SAFETY: the numbers come from `parts` two lines above.
        let again = unsafe { Region::from_parts(address, len) }.unwrap();
        assert_eq!(again.records::<AtomicU64>(8, 1).unwrap()[0].load(Ordering::Relaxed), 42);
    }
}
