//! APR's strings, tables and pools with Rust's types.

use super::ffi;
use std::ffi::{CStr, c_char, c_int, c_void};
use std::marker::PhantomData;

/// The bytes of a C string; empty for NULL.
///
/// # Safety
/// `text` is NULL or a NUL-terminated string that lives as long as `'a` and does not change meanwhile.
pub(super) unsafe fn bytes<'a>(text: *const c_char) -> &'a [u8] {
    // SAFETY: by the function's contract.
    unsafe { maybe(text) }.unwrap_or_default()
}

/// The bytes of a C string, `None` for NULL.
///
/// # Safety
/// As for [`bytes`].
pub(super) unsafe fn maybe<'a>(text: *const c_char) -> Option<&'a [u8]> {
    if text.is_null() {
        return None;
    }
    // SAFETY: by the function's contract.
    Some(unsafe { CStr::from_ptr(text) }.to_bytes())
}

/// An APR pool that outlives the value.
#[derive(Clone, Copy)]
pub(super) struct Pool(*mut ffi::apr_pool_t);

impl Pool {
    /// # Safety
    /// `pool` is a live pool for as long as the value and what it gives out are used.
    pub(super) const unsafe fn new(pool: *mut ffi::apr_pool_t) -> Self {
        Self(pool)
    }

    pub(super) const fn raw(self) -> *mut ffi::apr_pool_t {
        self.0
    }

    /// A NUL-terminated copy of the parts, joined.
    pub(super) fn text(self, parts: &[&[u8]]) -> *mut c_char {
        let len: usize = parts.iter().map(|part| part.len()).sum();
        // SAFETY: the pool is live; APR aborts the process rather than return NULL (httpd sets that handler).
        let start = unsafe { ffi::apr_palloc(self.0, len + 1) }.cast::<u8>();
        let mut at = start;
        for part in parts {
            // SAFETY: the parts' lengths sum up to `len`, and the block has `len + 1` bytes.
            unsafe {
                std::ptr::copy_nonoverlapping(part.as_ptr(), at, part.len());
                at = at.add(part.len());
            }
        }
        // SAFETY: `at` is the last byte of the block.
        unsafe { at.write(0) };
        start.cast()
    }

    /// Moves `value` into the pool: it is dropped when the pool is cleared.
    pub(super) fn keep<T>(self, value: T) -> *mut T {
        let value = Box::into_raw(Box::new(value));
        // SAFETY: `drop_box` gets back exactly the pointer that `Box::into_raw` gave.
        unsafe {
            ffi::apr_pool_cleanup_register(
                self.0,
                value.cast(),
                Some(drop_box::<T>),
                Some(ffi::apr_pool_cleanup_null),
            );
        }
        value
    }
}

unsafe extern "C" fn drop_box<T>(value: *mut c_void) -> ffi::apr_status_t {
    super::boundary::guard(0, || {
        // SAFETY: `Pool::keep` registered it with a pointer of `Box::into_raw`, and APR runs a cleanup once.
        drop(unsafe { Box::from_raw(value.cast::<T>()) });
        0
    })
}

/// An APR table, borrowed from what it belongs to.
#[derive(Clone, Copy)]
pub(super) struct Table<'t> {
    table: *mut ffi::apr_table_t,
    owner: PhantomData<&'t ()>,
}

impl<'t> Table<'t> {
    /// # Safety
    /// `table` is a live table for all of `'t`, and entries read from it are neither freed nor changed in place
    /// meanwhile (APR never does so with pool strings).
    pub(super) const unsafe fn new(table: *mut ffi::apr_table_t) -> Self {
        Self { table, owner: PhantomData }
    }

    /// The first value of `key`, compared without case.
    pub(super) fn get(self, key: &CStr) -> Option<&'t [u8]> {
        // SAFETY: by the contract of `new`.
        unsafe { maybe(ffi::apr_table_get(self.table, key.as_ptr())) }
    }

    /// Sets `key` to `value`, both pool strings or static ones.
    pub(super) fn set(self, key: *const c_char, value: *const c_char) {
        // SAFETY: the table keeps both pointers, and they live as long as its pool.
        unsafe { ffi::apr_table_setn(self.table, key, value) };
    }

    /// Adds an entry of two pool strings beside others of the same key.
    pub(super) fn add(self, key: *const c_char, value: *const c_char) {
        // SAFETY: as for `set`.
        unsafe { ffi::apr_table_addn(self.table, key, value) };
    }

    /// All entries in their order.
    pub(super) fn entries(self) -> impl Iterator<Item = (&'t [u8], &'t [u8])> {
        // SAFETY: an APR table is an array of apr_table_entry_t; httpd's own code reads it in the same way.
        let entries: &'t [ffi::apr_table_entry_t] = unsafe {
            let array = ffi::apr_table_elts(self.table);
            let count = usize::try_from((*array).nelts).unwrap_or(0);
            if count == 0 { &[] } else { std::slice::from_raw_parts((*array).elts.cast(), count) }
        };
        // SAFETY: keys and values of tables are C strings.
        entries.iter().filter(|e| !e.key.is_null()).map(|e| unsafe { (bytes(e.key), bytes(e.val)) })
    }
}

/// An httpd integer as Rust's.
pub(super) const fn int(value: u32) -> c_int {
    value.cast_signed()
}
