//! Which addresses httpd listens on, and whose requests arrive there.

use super::{ffi, server};
use std::iter::successors;

/// Whether virtual hosts take each request that comes in, so that the main server's own configuration serves none.
///
/// # Safety
/// `main` is the first of httpd's list of servers, all of whose configuration has been read.
pub(super) unsafe fn all_taken(main: *mut ffi::server_rec) -> bool {
    // SAFETY: httpd's lists end with NULL, and nobody changes them while the configuration is checked.
    unsafe {
        let next = |at: &&ffi::ap_listen_rec| at.next.as_ref();
        let mut places = successors(ffi::ap_listeners.as_ref(), next).peekable();
        let hosts: Vec<_> = server::all(main).skip(1).collect();
        places.peek().is_some()
            && places.all(|place| hosts.iter().any(|host| takes((**host).addrs, place.bind_addr)))
    }
}

/// Whether one of a virtual host's addresses covers what is listened on.
///
/// # Safety
/// `addrs` is NULL or a virtual host's list, `place` NULL or the address of a listener.
unsafe fn takes(addrs: *const ffi::server_addr_rec, place: *const ffi::apr_sockaddr_t) -> bool {
    // SAFETY: by the contract; httpd's list ends with NULL.
    unsafe {
        let Some(place) = place.as_ref() else { return false };
        successors(addrs.as_ref(), |at| at.next.as_ref()).any(|at| {
            let host = number(at.host_addr);
            let any = !host.is_empty() && host.iter().all(|byte| *byte == 0);
            (any || host == number(place)) && (at.host_port == 0 || at.host_port == place.port)
        })
    }
}

/// The bytes of an IP address; all 0 is any address, as httpd has it too.
///
/// # Safety
/// `address` is NULL or an address made by APR, which outlives the answer.
unsafe fn number<'a>(address: *const ffi::apr_sockaddr_t) -> &'a [u8] {
    // SAFETY: APR keeps so many bytes at that place inside the address.
    unsafe {
        match address.as_ref() {
            Some(address) if !address.ipaddr_ptr.is_null() => std::slice::from_raw_parts(
                address.ipaddr_ptr.cast::<u8>(),
                usize::try_from(address.ipaddr_len).unwrap_or(0),
            ),
            Some(_) | None => &[],
        }
    }
}
