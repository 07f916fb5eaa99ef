//! Waiting for several sockets at once, and waking whoever waits.

use super::socket::Socket;
use std::io;
use std::os::fd::{AsRawFd, FromRawFd, OwnedFd};
use std::time::{Duration, Instant};

/// What a socket is waited for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Event {
    /// It can be written to; of one that connects: it has done so, or failed.
    Writable,
    /// Something has come, or the connection has ended.
    Readable,
}

/// Rung once, heard by everybody from then on. Ringing is safe inside a signal handler.
#[derive(Debug)]
pub struct Bell(OwnedFd);

impl Bell {
    /// A bell that has not been rung.
    ///
    /// # Errors
    /// The operating system's.
    pub fn new() -> io::Result<Self> {
        // SAFETY: plain system call; the result is checked.
        let fd = unsafe { libc::eventfd(0, libc::EFD_CLOEXEC | libc::EFD_NONBLOCK) };
        if fd < 0 {
            return Err(io::Error::last_os_error());
        }
        // SAFETY: the descriptor is new and ours alone.
        Ok(Self(unsafe { OwnedFd::from_raw_fd(fd) }))
    }

    /// Rings it.
    pub fn ring(&self) {
        let one = 1u64;
        // SAFETY: reads eight bytes of a live integer. It can fail only if it was rung 2^64 times.
        let _ = unsafe { libc::write(self.0.as_raw_fd(), (&raw const one).cast(), size_of::<u64>()) };
    }

    /// Waits until it is rung, until one of `sockets` is ready, or for `longest`. True if it was rung.
    pub fn wait(&self, sockets: &[(&Socket, Event)], longest: Duration) -> bool {
        let end = Instant::now() + longest;
        let mut polls = vec![poll(self.0.as_raw_fd(), libc::POLLIN)];
        polls.extend(sockets.iter().map(|(socket, event)| poll(socket.raw(), event.bits())));
        loop {
            let left = end.saturating_duration_since(Instant::now()).as_micros().div_ceil(1000);
            let left = i32::try_from(left).unwrap_or(i32::MAX);
            // SAFETY: as many records as there are, writable during the call.
            let ready = unsafe { libc::poll(polls.as_mut_ptr(), polls.len() as libc::nfds_t, left) };
            if ready >= 0 || io::Error::last_os_error().kind() != io::ErrorKind::Interrupted {
                return polls.first().is_some_and(|bell| ready > 0 && bell.revents != 0);
            }
        }
    }
}

impl Event {
    const fn bits(self) -> i16 {
        match self {
            Self::Writable => libc::POLLOUT,
            Self::Readable => libc::POLLIN,
        }
    }
}

const fn poll(fd: i32, events: i16) -> libc::pollfd {
    libc::pollfd { fd, events, revents: 0 }
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    #[test]
    fn a_bell_is_heard_by_all_once_it_was_rung() {
        let bell = Bell::new().unwrap();
        assert!(!bell.wait(&[], Duration::from_millis(1)));
        bell.ring();
        bell.ring();
        assert!(bell.wait(&[], Duration::from_secs(60)));
        assert!(bell.wait(&[], Duration::ZERO));
    }
}
