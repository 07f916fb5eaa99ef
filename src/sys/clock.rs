//! The wall clock, and local time as text.

use crate::time::{Clock, Seconds};
use std::ffi::CString;
use std::time::{SystemTime, UNIX_EPOCH};

/// The system's clock.
#[derive(Clone, Copy, Debug, Default)]
pub struct SystemClock;

impl Clock for SystemClock {
    fn now(&self) -> Seconds {
        Seconds(now().0)
    }
}

/// Seconds since 1970 and the microseconds beyond.
pub fn now() -> (u64, u32) {
    let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
    (since.as_secs(), since.subsec_micros())
}

/// `seconds` in local time, written by `format` (strftime); appended to `out`. A result longer than 255 bytes is
/// left out, as is a format with a NUL.
pub fn local_time(format: &[u8], seconds: u64, out: &mut Vec<u8>) {
    let (Ok(format), Ok(seconds)) = (CString::new(format), libc::time_t::try_from(seconds)) else { return };
    // SAFETY: all-zero is a valid `tm`.
    let mut parts: libc::tm = unsafe { std::mem::zeroed() };
    // SAFETY: both pointers are to live values of the right types.
    if unsafe { libc::localtime_r(&raw const seconds, &raw mut parts) }.is_null() {
        return;
    }
    let mut text = [0u8; 256];
    // SAFETY: strftime writes at most `text.len()` bytes, the NUL included.
    let len =
        unsafe { libc::strftime(text.as_mut_ptr().cast(), text.len(), format.as_ptr(), &raw const parts) };
    out.extend_from_slice(text.get(..len).unwrap_or_default());
}

/// How many seconds local time was ahead of UTC at that time; east is positive.
pub fn utc_offset(seconds: u64) -> i32 {
    let Ok(seconds) = libc::time_t::try_from(seconds) else { return 0 };
    // SAFETY: all-zero is a valid `tm`.
    let mut parts: libc::tm = unsafe { std::mem::zeroed() };
    // SAFETY: both pointers are to live values of the right types.
    unsafe { libc::localtime_r(&raw const seconds, &raw mut parts) };
    i32::try_from(parts.tm_gmtoff).unwrap_or(0)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn time_is_written_as_asked_for() {
        let mut out = b"x".to_vec();
        local_time(b"[%Y]", 86_400 * 200, &mut out);
        assert_eq!(out, b"x[1970]");
    }
}
