//! One TCP connection to a backend.
//!
//! Waits are bounded by the socket's own receive and send timeouts, set once and changed only when another bound
//! is asked for: an answered request costs no `poll`. `EINTR` (prefork delivers signals to the thread that
//! serves) is never an error.

use crate::time::Millis;
use std::io::{self, IoSlice};
use std::net::{IpAddr, SocketAddr};
use std::os::fd::{AsRawFd, FromRawFd, OwnedFd};
use std::time::{Duration, Instant};

/// How to open a connection.
#[derive(Clone, Copy)]
#[allow(missing_debug_implementations)] // holds a closure
pub struct Dial<'a> {
    /// Where to.
    pub to: SocketAddr,
    /// Local address to bind, any port.
    pub from: Option<IpAddr>,
    /// How long connecting may take; `None` leaves it to the kernel (minutes).
    pub timeout: Option<Millis>,
    /// `SO_KEEPALIVE`.
    pub keepalive: bool,
    /// `SO_SNDBUF` and `SO_RCVBUF` in bytes; `None` keeps the kernel's.
    pub buffer: Option<u32>,
    /// Bound of each send; `None` waits for ever.
    pub send_timeout: Option<Millis>,
    /// Told what went wrong without being fatal (the source address could not be bound).
    pub warn: &'a dyn Fn(&io::Error),
}

/// A connected stream socket.
#[derive(Debug)]
pub struct Socket {
    fd: OwnedFd,
    /// The socket's own receive timeout (`SO_RCVTIMEO`); `None` is for ever.
    receive_timeout: Option<Millis>,
}

/// What an idle connection has to say.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Idle {
    /// Nothing: it can be used.
    Quiet,
    /// Bytes nobody asked for.
    Noisy,
    /// The peer has closed it, or it is broken.
    Closed,
}

impl Socket {
    /// Connects as `dial` says.
    ///
    /// # Errors
    /// The operating system's; `TimedOut` when `dial.timeout` is over.
    pub fn connect(dial: &Dial<'_>) -> io::Result<Self> {
        let socket = Self::begin(dial)?;
        if !socket.wait(libc::POLLOUT, dial.timeout)? {
            return Err(io::ErrorKind::TimedOut.into());
        }
        socket.outcome()?;
        socket.set_blocking()?;
        Ok(socket)
    }

    /// Begins to connect as `dial` says, but for its timeout; see [`is_connected`](Self::is_connected). Nothing waits on such
    /// a socket.
    ///
    /// # Errors
    /// The operating system's.
    pub fn begin(dial: &Dial<'_>) -> io::Result<Self> {
        let family = if dial.to.is_ipv4() { libc::AF_INET } else { libc::AF_INET6 };
        let kind = libc::SOCK_STREAM | libc::SOCK_CLOEXEC | libc::SOCK_NONBLOCK;
        // SAFETY: plain system call; the result is checked.
        let fd = check(unsafe { libc::socket(family, kind, 0) })?;
        // SAFETY: the descriptor is new and ours alone.
        let fd = unsafe { OwnedFd::from_raw_fd(fd) };
        let socket = Self { fd, receive_timeout: None };
        socket.set_option(libc::IPPROTO_TCP, libc::TCP_NODELAY, &1i32)?;
        if dial.keepalive {
            socket.set_option(libc::SOL_SOCKET, libc::SO_KEEPALIVE, &1i32)?;
        }
        if let Some(bytes) = dial.buffer {
            let bytes = i32::try_from(bytes).unwrap_or(i32::MAX);
            socket.set_option(libc::SOL_SOCKET, libc::SO_SNDBUF, &bytes)?;
            socket.set_option(libc::SOL_SOCKET, libc::SO_RCVBUF, &bytes)?;
        }
        if dial.send_timeout.is_some() {
            socket.set_option(libc::SOL_SOCKET, libc::SO_SNDTIMEO, &timeval(dial.send_timeout))?;
        }
        if let Some(from) = dial.from {
            if let Err(error) = socket.bind(from) {
                (dial.warn)(&error);
            }
        }
        let (address, len) = raw_address(&dial.to);
        // SAFETY: as in `bind`.
        match check(unsafe { libc::connect(socket.raw(), (&raw const address).cast(), len) }) {
            Ok(_) => Ok(socket),
            Err(e) if matches!(e.raw_os_error(), Some(libc::EINPROGRESS | libc::EINTR)) => Ok(socket),
            Err(e) => Err(e),
        }
    }

    /// Whether a socket that began to connect has done so by now.
    ///
    /// # Errors
    /// The operating system's, if it cannot connect.
    pub fn is_connected(&self) -> io::Result<bool> {
        let done = self.wait(libc::POLLOUT, Some(Millis(0)))?;
        if done { self.outcome().map(|()| true) } else { Ok(false) }
    }

    fn bind(&self, from: IpAddr) -> io::Result<()> {
        let (address, len) = raw_address(&SocketAddr::new(from, 0));
        // SAFETY: `address` is a valid socket address of `len` bytes that outlives the call.
        check(unsafe { libc::bind(self.raw(), (&raw const address).cast(), len) }).map(drop)
    }

    /// How connecting ended.
    fn outcome(&self) -> io::Result<()> {
        match self.pending_error()? {
            0 => Ok(()),
            code => Err(io::Error::from_raw_os_error(code)),
        }
    }

    fn pending_error(&self) -> io::Result<i32> {
        let mut code = 0i32;
        let mut len = socklen::<i32>();
        // SAFETY: `code` has room for the `len` bytes that SO_ERROR writes.
        check(unsafe {
            let out = (&raw mut code).cast();
            libc::getsockopt(self.raw(), libc::SOL_SOCKET, libc::SO_ERROR, out, &raw mut len)
        })?;
        Ok(code)
    }

    fn set_blocking(&self) -> io::Result<()> {
        // SAFETY: fcntl on our own descriptor.
        let flags = check(unsafe { libc::fcntl(self.raw(), libc::F_GETFL) })?;
        // SAFETY: as above.
        check(unsafe { libc::fcntl(self.raw(), libc::F_SETFL, flags & !libc::O_NONBLOCK) }).map(drop)
    }

    fn set_option<T>(&self, level: i32, name: i32, value: &T) -> io::Result<()> {
        // SAFETY: `value` is a live object of exactly the length passed.
        check(unsafe {
            libc::setsockopt(self.raw(), level, name, std::ptr::from_ref(value).cast(), socklen::<T>())
        })
        .map(drop)
    }

    /// Sends all bytes of `parts`, in order.
    ///
    /// # Errors
    /// The operating system's; `TimedOut` when the send timeout passed without progress. Part of the bytes may
    /// have been sent.
    pub fn send_all(&self, mut parts: &mut [IoSlice<'_>]) -> io::Result<()> {
        IoSlice::advance_slices(&mut parts, 0);
        while !parts.is_empty() {
            match self.send_some(parts) {
                Ok(sent) => IoSlice::advance_slices(&mut parts, sent),
                Err(e) if e.kind() == io::ErrorKind::Interrupted => {}
                Err(e) => return Err(timed_out(e)),
            }
        }
        Ok(())
    }

    fn send_some(&self, parts: &[IoSlice<'_>]) -> io::Result<usize> {
        if let [only] = parts {
            // SAFETY: the slice is readable for its length.
            let sent =
                unsafe { libc::send(self.raw(), only.as_ptr().cast(), only.len(), libc::MSG_NOSIGNAL) };
            return count(sent);
        }
        // SAFETY: all-zero is a valid msghdr: no address, no control data.
        let mut message: libc::msghdr = unsafe { std::mem::zeroed() };
        message.msg_iov = parts.as_ptr().cast_mut().cast();
        message.msg_iovlen = parts.len().min(IOV_MAX) as _;
        // SAFETY: `IoSlice` has the layout of iovec; sendmsg only reads what it points to.
        count(unsafe { libc::sendmsg(self.raw(), &raw const message, libc::MSG_NOSIGNAL) })
    }

    /// Receives what has come into `buffer`, waiting at most `timeout` (`None`: for ever) if nothing has. 0 is the
    /// end of the stream.
    ///
    /// # Errors
    /// `TimedOut`, or the operating system's.
    pub fn receive(&mut self, buffer: &mut [u8], timeout: Option<Millis>) -> io::Result<usize> {
        // The socket's own timeout is only ever lowered: a longer wait is several short ones, so that probes and
        // replies with different bounds do not cost a call each time they take turns.
        if let Some(wanted) = timeout.filter(|wanted| self.receive_timeout.is_none_or(|now| now > *wanted)) {
            self.set_option(libc::SOL_SOCKET, libc::SO_RCVTIMEO, &timeval(Some(wanted)))?;
            self.receive_timeout = Some(wanted);
        }
        let start = (self.receive_timeout != timeout).then(Instant::now);
        loop {
            match self.receive_with(buffer, 0) {
                Ok(got) => return Ok(got),
                Err(e) if e.kind() == io::ErrorKind::Interrupted => {}
                Err(e) if e.kind() == io::ErrorKind::WouldBlock => self.wait_on(timeout, start)?,
                Err(e) => return Err(e),
            }
        }
    }

    /// As [`receive`](Self::receive), for a bound that will hardly come again, such as the rest of a longer one: it costs
    /// a call more and leaves the socket's own timeout alone.
    ///
    /// # Errors
    /// `TimedOut`, or the operating system's.
    pub fn receive_within(&self, buffer: &mut [u8], left: Millis) -> io::Result<usize> {
        if self.is_readable_within(left)? {
            self.receive_now(buffer)
        } else {
            Err(io::ErrorKind::TimedOut.into())
        }
    }

    /// Waits until there is something to receive, or the end of the stream; false when that takes longer than `left`.
    ///
    /// # Errors
    /// The operating system's.
    pub fn is_readable_within(&self, left: Millis) -> io::Result<bool> {
        self.wait(libc::POLLIN, Some(left))
    }

    /// After the socket's own timeout has passed: whether a wait of `timeout` that began at `start` goes on.
    fn wait_on(&self, timeout: Option<Millis>, start: Option<Instant>) -> io::Result<()> {
        let (Some(Millis(ms)), Some(start)) = (timeout, start) else {
            return if timeout.is_none() { Ok(()) } else { Err(io::ErrorKind::TimedOut.into()) };
        };
        let left = Duration::from_millis(ms.into()).saturating_sub(start.elapsed());
        let left = Millis(u32::try_from(left.as_millis()).unwrap_or(u32::MAX));
        let whole_slice = self.receive_timeout.is_some_and(|slice| left >= slice);
        if whole_slice || (left > Millis(0) && self.wait(libc::POLLIN, Some(left))?) {
            Ok(())
        } else {
            Err(io::ErrorKind::TimedOut.into())
        }
    }

    /// Receives what has come into `buffer` without waiting. 0 is the end of the stream.
    ///
    /// # Errors
    /// `WouldBlock` if nothing has come, or the operating system's.
    pub fn receive_now(&self, buffer: &mut [u8]) -> io::Result<usize> {
        self.receive_with(buffer, libc::MSG_DONTWAIT)
    }

    fn receive_with(&self, buffer: &mut [u8], flags: i32) -> io::Result<usize> {
        // SAFETY: the buffer is writable for its length.
        count(unsafe { libc::recv(self.raw(), buffer.as_mut_ptr().cast(), buffer.len(), flags) })
    }

    /// Whether an idle connection may be used: the peer has not closed it and has sent nothing.
    pub fn idle(&self) -> Idle {
        match self.receive_with(&mut [0], libc::MSG_PEEK | libc::MSG_DONTWAIT) {
            Ok(0) => Idle::Closed,
            Ok(_) => Idle::Noisy,
            Err(e) if matches!(e.kind(), io::ErrorKind::WouldBlock | io::ErrorKind::Interrupted) => {
                Idle::Quiet
            }
            Err(_) => Idle::Closed,
        }
    }

    /// Waits until one of `events` is there; false when `timeout` is over.
    fn wait(&self, events: i16, timeout: Option<Millis>) -> io::Result<bool> {
        let deadline = timeout.map(|Millis(ms)| Instant::now() + Duration::from_millis(ms.into()));
        loop {
            let left = deadline.map_or(-1, |at| {
                let ms = at.saturating_duration_since(Instant::now()).as_micros().div_ceil(1000);
                i32::try_from(ms).unwrap_or(i32::MAX)
            });
            let mut poll = libc::pollfd { fd: self.raw(), events, revents: 0 };
            // SAFETY: one pollfd, writable during the call.
            match check(unsafe { libc::poll(&raw mut poll, 1, left) }) {
                Ok(ready) => return Ok(ready > 0),
                Err(e) if e.kind() == io::ErrorKind::Interrupted => {}
                Err(e) => return Err(e),
            }
        }
    }

    /// Makes the coming close a reset: for a connection whose peer must not take it for an orderly end.
    pub fn reset_on_close(&self) {
        let linger = libc::linger { l_onoff: 1, l_linger: 0 };
        // A failure leaves an ordinary close, which is what would have happened anyway.
        let _ = self.set_option(libc::SOL_SOCKET, libc::SO_LINGER, &linger);
    }

    /// The descriptor's number, for log lines.
    pub fn raw(&self) -> i32 {
        self.fd.as_raw_fd()
    }
}

#[allow(clippy::cast_possible_truncation)] // single-digit constants
const V4_FAMILY: libc::sa_family_t = libc::AF_INET as libc::sa_family_t;
#[allow(clippy::cast_possible_truncation)] // as above
const V6_FAMILY: libc::sa_family_t = libc::AF_INET6 as libc::sa_family_t;

/// What one `sendmsg` may carry on Linux.
const IOV_MAX: usize = 1024;

/// Whether a wait of ours is over: the backend is silent. The kernel's own `ETIMEDOUT` has the same kind but says that the
/// connection is gone, since nobody acknowledges anything any more.
pub fn is_silence(error: &io::Error) -> bool {
    error.kind() == io::ErrorKind::TimedOut && error.raw_os_error().is_none()
}

fn timed_out(error: io::Error) -> io::Error {
    // On a blocking socket the kernel reports a passed SO_RCVTIMEO/SO_SNDTIMEO as EAGAIN.
    if error.kind() == io::ErrorKind::WouldBlock { io::ErrorKind::TimedOut.into() } else { error }
}

fn timeval(timeout: Option<Millis>) -> libc::timeval {
    // Zero would mean "for ever" to the kernel.
    let ms = timeout.map_or(0, |Millis(ms)| ms.max(1));
    libc::timeval { tv_sec: i64::from(ms / 1000), tv_usec: i64::from(ms % 1000 * 1000) }
}

#[allow(clippy::cast_possible_truncation)] // sizes of socket option types are tiny
const fn socklen<T>() -> libc::socklen_t {
    size_of::<T>() as libc::socklen_t
}

fn check(answer: i32) -> io::Result<i32> {
    if answer < 0 { Err(io::Error::last_os_error()) } else { Ok(answer) }
}

fn count(answer: isize) -> io::Result<usize> {
    usize::try_from(answer).map_err(|_| io::Error::last_os_error())
}

fn raw_address(address: &SocketAddr) -> (libc::sockaddr_storage, libc::socklen_t) {
    // SAFETY: all-zero is a valid sockaddr_storage.
    let mut storage: libc::sockaddr_storage = unsafe { std::mem::zeroed() };
    let len = match address {
        SocketAddr::V4(v4) => {
            let raw = libc::sockaddr_in {
                sin_family: V4_FAMILY,
                sin_port: v4.port().to_be(),
                sin_addr: libc::in_addr { s_addr: u32::from_ne_bytes(v4.ip().octets()) },
                sin_zero: [0; 8],
            };
            // SAFETY: sockaddr_storage is made to hold any socket address and is aligned for it.
            unsafe { (&raw mut storage).cast::<libc::sockaddr_in>().write(raw) };
            socklen::<libc::sockaddr_in>()
        }
        SocketAddr::V6(v6) => {
            let raw = libc::sockaddr_in6 {
                sin6_family: V6_FAMILY,
                sin6_port: v6.port().to_be(),
                sin6_flowinfo: v6.flowinfo(),
                sin6_addr: libc::in6_addr { s6_addr: v6.ip().octets() },
                sin6_scope_id: v6.scope_id(),
            };
            // SAFETY: as above.
            unsafe { (&raw mut storage).cast::<libc::sockaddr_in6>().write(raw) };
            socklen::<libc::sockaddr_in6>()
        }
    };
    (storage, len)
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;
    use std::io::{Read, Write};
    use std::net::{TcpListener, TcpStream};

    fn pair() -> (Socket, TcpStream) {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let socket = Socket::connect(&dial(listener.local_addr().unwrap())).unwrap();
        (socket, listener.accept().unwrap().0)
    }

    fn dial(to: SocketAddr) -> Dial<'static> {
        let timeout = Some(Millis(2000));
        Dial { to, from: None, timeout, keepalive: true, buffer: None, send_timeout: None, warn: &|_| () }
    }

    #[test]
    fn all_parts_arrive_in_order() {
        let (socket, mut peer) = pair();
        let big = vec![7u8; 300_000];
        let reader = std::thread::spawn(move || {
            let mut all = vec![0; 300_004];
            peer.read_exact(&mut all).unwrap();
            all
        });
        socket
            .send_all(&mut [IoSlice::new(b"ab"), IoSlice::new(b""), IoSlice::new(&big), IoSlice::new(b"yz")])
            .unwrap();
        let all = reader.join().unwrap();
        assert!(all.starts_with(b"ab\x07") && all.ends_with(b"\x07yz"));
    }

    #[test]
    fn silence_is_a_timeout_and_the_end_is_zero() {
        let (mut socket, peer) = pair();
        let mut buffer = [0; 8];
        let error = socket.receive(&mut buffer, Some(Millis(10))).unwrap_err();
        assert!(is_silence(&error), "{error:?}");
        assert!(!is_silence(&io::Error::from_raw_os_error(libc::ETIMEDOUT)));
        drop(peer);
        assert_eq!(socket.receive(&mut buffer, None).unwrap(), 0);
    }

    #[test]
    fn a_wait_longer_than_the_sockets_own_timeout_is_kept() {
        let (mut socket, mut peer) = pair();
        let mut buffer = [0; 8];
        socket.receive(&mut buffer, Some(Millis(5))).unwrap_err();
        let begun = Instant::now();
        let error = socket.receive(&mut buffer, Some(Millis(28))).unwrap_err();
        assert_eq!(error.kind(), io::ErrorKind::TimedOut);
        assert!(begun.elapsed() >= Duration::from_millis(27), "{:?}", begun.elapsed());
        let writer = std::thread::spawn(move || {
            std::thread::sleep(Duration::from_millis(20));
            peer.write_all(b"late").unwrap();
        });
        assert_eq!(socket.receive(&mut buffer, None).unwrap(), 4);
        writer.join().unwrap();
    }

    #[test]
    fn an_idle_connection_is_quiet_noisy_or_closed() {
        let (socket, mut peer) = pair();
        assert_eq!(socket.idle(), Idle::Quiet);
        peer.write_all(b"x").unwrap();
        while socket.idle() == Idle::Quiet {}
        assert_eq!(socket.idle(), Idle::Noisy);
        let (socket, peer) = pair();
        drop(peer);
        while socket.idle() == Idle::Quiet {}
        assert_eq!(socket.idle(), Idle::Closed);
    }

    #[test]
    fn a_refused_connection_says_so() {
        let port = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap();
        let error = Socket::connect(&dial(port)).unwrap_err();
        assert_eq!(error.kind(), io::ErrorKind::ConnectionRefused);
    }
}
