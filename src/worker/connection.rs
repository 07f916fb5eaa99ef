//! One connection to a Tomcat: opening it as the worker's properties say, and probing it.

use super::failure::Failure;
use super::scratch::Received;
use crate::ajp::control::{CPING, Ending, Pong, Tail, ending, pong};
use crate::config::worker_spec::AjpSpec;
use crate::log::Log;
use crate::say;
use crate::shm::board::Counted;
use crate::sys::socket::{Dial, Idle, Socket};
use crate::text::show;
use crate::time::Millis;
use std::io::{self, IoSlice};
use std::net::{IpAddr, SocketAddr};
use std::time::{Duration, Instant};

/// A connection that is open and, between requests, clean: nothing is owed in either direction, but perhaps one
/// small packet of the backend.
#[derive(Debug)]
pub(super) struct Connection {
    socket: Socket,
    /// The address it leads to, as the pool counts them.
    era: u32,
    _open: Counted,
    idle_since: Instant,
    /// When the backend last gave a sign of life.
    heard: Instant,
    owed: Owed,
}

/// What the backend has to send before a connection can carry the next request.
#[derive(Clone, Copy, Debug)]
enum Owed {
    Nothing,
    /// The packet that ends the last reply, of which so much has come: the client had the whole of it before.
    End(Tail),
    /// The answer to a probe, by then.
    Pong(Instant),
}

/// Where a connection is to lead.
#[allow(missing_debug_implementations)] // holds a function
pub(super) struct Target<'t> {
    /// Tried in turn.
    pub(super) addresses: &'t [SocketAddr],
    /// The local address to come from.
    pub(super) source: Option<IpAddr>,
    /// The pool's number for these addresses.
    pub(super) era: u32,
    /// Counts the connection once it is open.
    pub(super) count: &'t dyn Fn() -> Counted,
}

/// Whether an idle connection can carry a request.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Fitness {
    /// As far as the kernel knows.
    Fit,
    /// The same, but if the backend closed it behind its last packet the kernel may not know yet, or was not asked.
    Likely,
    /// Not yet: the backend is still busy with the last one.
    Busy,
    /// Never again.
    Unfit,
}

/// A backend that closes a connection after a reply does so in this time: whoever takes the connection meanwhile may be
/// faster than the end of the stream.
const FRESH: Duration = Duration::from_millis(2);

/// A request that can have no other connection waits so long for what its backend owes; a sane one sends it at once. Then
/// a new connection costs less.
const LINGER: Duration = Duration::from_millis(100);

/// Most slices that are sent with one call. A body packet of the usual size lies in two or three, one of 64 KiB in ten.
const SLICES: usize = 11;

impl Connection {
    /// Opens a connection to the first of `addresses` that answers.
    pub(super) fn open(spec: &AjpSpec, target: &Target<'_>, log: &dyn Log) -> Result<Self, Failure> {
        let warn = |error: &io::Error| {
            say!(log, Error, "worker {}: source address cannot be used: {error}", show(&spec.name));
        };
        let mut last = Failure::NoAddress;
        for to in target.addresses {
            let dial = Dial {
                to: *to,
                from: target.source.filter(|source| source.is_ipv4() == to.is_ipv4()),
                timeout: spec.socket.connect_timeout,
                keepalive: spec.socket.keepalive,
                buffer: spec.socket.buffer,
                send_timeout: super::ajp::socket_wait(spec),
                warn: &warn,
            };
            match Socket::connect(&dial) {
                Ok(socket) => return Ok(Self::new(socket, target)),
                Err(error) => {
                    say!(log, Info, "worker {}: connect to {to} failed: {error}", show(&spec.name));
                    last = Failure::Connect(error);
                }
            }
        }
        Err(last)
    }

    fn new(socket: Socket, target: &Target<'_>) -> Self {
        let (era, open, now) = (target.era, (target.count)(), Instant::now());
        Self { socket, era, _open: open, idle_since: now, heard: now, owed: Owed::Nothing }
    }

    /// Of which era of its pool it is.
    pub(super) fn era(&self) -> u32 {
        self.era
    }

    /// Lets its idle time begin now.
    pub(super) fn restart_idling(&mut self) {
        self.idle_since = Instant::now();
    }

    /// Whether it can carry a request: the backend has not closed it and has sent nothing that nobody asked for, which
    /// the next client would get for an answer. Costs one system call; two if something was owed, unless the request is
    /// one that can simply be asked again (`repeatable`) should the backend just have closed it.
    pub(super) fn fitness(&mut self, repeatable: bool) -> Fitness {
        let owed = self.owes();
        if let Some(hindrance) = self.take_owed() {
            return hindrance;
        }
        let heard_now = owed && repeatable;
        if !heard_now && self.socket.idle() != Idle::Quiet {
            Fitness::Unfit
        } else if heard_now || (repeatable && self.idle_since.elapsed() < FRESH) {
            Fitness::Likely
        } else {
            Fitness::Fit
        }
    }

    /// Receives what is owed, if it has come; what stands in the way of the next request if not. There is room for more
    /// than it has, which shows whether there is something behind it, but not whether the stream ends there.
    fn take_owed(&mut self) -> Option<Fitness> {
        let before = match self.owed {
            Owed::Nothing => return None,
            Owed::End(come) => come,
            Owed::Pong(_) => Tail::default(),
        };
        let mut buffer = [0; 64];
        let (start, room) = buffer.split_at_mut(before.bytes().len());
        start.copy_from_slice(before.bytes());
        let received = match self.socket.receive_now(room) {
            Ok(0) => return Some(Fitness::Unfit),
            Ok(n) => buffer.get(..before.bytes().len() + n).unwrap_or_default(),
            Err(e) if e.kind() == io::ErrorKind::WouldBlock => return Some(self.while_owed()),
            Err(_) => return Some(Fitness::Unfit),
        };
        let owed = match self.owed {
            Owed::Nothing => return None,
            Owed::End(_) => match ending(received) {
                Ending::Clean => Owed::Nothing,
                Ending::NotYet(come) => Owed::End(come),
                Ending::No => return Some(Fitness::Unfit),
            },
            // Five bytes do not come in pieces from a sane backend.
            Owed::Pong(_) if pong(received) == Pong::Yes(received.len()) => Owed::Nothing,
            Owed::Pong(_) => return Some(Fitness::Unfit),
        };
        self.heard = Instant::now();
        self.owed = owed;
        self.owes().then_some(Fitness::Busy)
    }

    fn while_owed(&self) -> Fitness {
        match self.owed {
            Owed::Pong(until) if Instant::now() >= until => Fitness::Unfit,
            Owed::Nothing | Owed::End(_) | Owed::Pong(_) => Fitness::Busy,
        }
    }

    /// Notes that an exchange ended: cleanly, or but for the packet that ends the reply, of which so much has come.
    pub(super) fn rest(&mut self, owed_end: Option<Tail>) -> Instant {
        self.idle_since = Instant::now();
        self.heard = self.idle_since;
        self.owed = owed_end.map_or(Owed::Nothing, Owed::End);
        self.idle_since
    }

    /// Whether the backend still has to send something.
    pub(super) fn owes(&self) -> bool {
        !matches!(self.owed, Owed::Nothing)
    }

    /// Whether the backend was asked for a sign of life and it has not been received.
    pub(super) fn owes_pong(&self) -> bool {
        matches!(self.owed, Owed::Pong(_))
    }

    /// Asks an idle connection's backend for a sign of life, to be received by whoever looks next. Waits for nothing:
    /// there is always room for five bytes in the buffer of a connection that is idle.
    pub(super) fn ask(&mut self, timeout: Millis) -> io::Result<()> {
        self.send(&mut [IoSlice::new(&CPING)])?;
        self.owed = Owed::Pong(Instant::now() + Duration::from_millis(timeout.0.into()));
        Ok(())
    }

    /// How long the backend has given no sign of life.
    pub(super) fn silent_for(&self) -> Duration {
        self.heard.elapsed()
    }

    /// Since when it has been idle.
    pub(super) fn idle_since(&self) -> Instant {
        self.idle_since
    }

    /// How long it has been idle.
    pub(super) fn idle_for(&self) -> Duration {
        self.idle_since.elapsed()
    }

    /// Asks the backend for a sign of life and waits for it.
    pub(super) fn probe(&mut self, timeout: Millis, received: &mut Received) -> Result<(), Failure> {
        self.send(&mut [IoSlice::new(&CPING)]).map_err(|_| Failure::Probe)?;
        received.clear();
        self.owed = Owed::Pong(Instant::now() + Duration::from_millis(timeout.0.into()));
        let first = self.socket.receive(received.room(), Some(timeout));
        self.hear(first, received)
    }

    /// Waits a moment for the backend to send what it owes. Then as [`fitness`](Self::fitness).
    pub(super) fn settle(&mut self, repeatable: bool) -> Fitness {
        let until = Instant::now() + LINGER;
        loop {
            let fitness = self.fitness(repeatable);
            if fitness != Fitness::Busy {
                return fitness;
            }
            // A backend that never stops sending would always be readable.
            let late = Instant::now() >= until;
            if late || !self.socket.is_readable_within(left(until)).unwrap_or(false) {
                return Fitness::Unfit;
            }
        }
    }

    /// Takes the answer, of which `first` is the first piece. One answer may come in several; the whole of it has to be
    /// there in time.
    fn hear(&mut self, first: io::Result<usize>, received: &mut Received) -> Result<(), Failure> {
        let Owed::Pong(until) = self.owed else { return Ok(()) };
        let mut got = first;
        loop {
            match got {
                Ok(0) | Err(_) => return Err(Failure::Probe),
                Ok(n) => received.filled(n),
            }
            match pong(received.bytes()) {
                Pong::Yes(n) if n == received.bytes().len() => break,
                Pong::NotYet if Instant::now() < until => {}
                Pong::Yes(_) | Pong::No | Pong::NotYet => return Err(Failure::Probe),
            }
            got = self.socket.receive_within(received.room(), left(until));
        }
        received.clear();
        self.owed = Owed::Nothing;
        self.heard = Instant::now();
        Ok(())
    }

    pub(super) fn send(&self, parts: &mut [IoSlice<'_>]) -> io::Result<()> {
        self.socket.send_all(parts)
    }

    /// Sends a frame and the slices it announces, without copying them.
    pub(super) fn send_framed(&self, frame: &[u8], slices: &[IoSlice<'_>]) -> io::Result<()> {
        let mut parts = [IoSlice::new(&[]); 1 + SLICES];
        let mut chunks = slices.chunks(parts.len() - 1);
        let mut head = frame;
        loop {
            let chunk = chunks.next().unwrap_or_default();
            if let Some((first, rest)) = parts.split_first_mut() {
                *first = IoSlice::new(head);
                for (part, slice) in rest.iter_mut().zip(chunk) {
                    *part = IoSlice::new(slice);
                }
            }
            let filled = parts.get_mut(..=chunk.len()).unwrap_or_default();
            self.send(filled)?;
            head = &[];
            if chunks.len() == 0 {
                return Ok(());
            }
        }
    }

    pub(super) fn receive(&mut self, into: &mut Received, wait: Option<Millis>) -> io::Result<usize> {
        let got = self.socket.receive(into.room(), wait)?;
        into.filled(got);
        Ok(got)
    }

    /// The same for a wait that is the rest of a longer one.
    pub(super) fn receive_within(&mut self, into: &mut Received, left: Millis) -> io::Result<usize> {
        let got = self.socket.receive_within(into.room(), left)?;
        into.filled(got);
        Ok(got)
    }

    /// Makes the coming close a reset.
    pub(super) fn reset_on_close(&self) {
        self.socket.reset_on_close();
    }

    /// The descriptor's number, for log lines.
    pub(super) fn number(&self) -> i32 {
        self.socket.raw()
    }
}

/// The time until then, rounded up.
fn left(until: Instant) -> Millis {
    let left = until.saturating_duration_since(Instant::now());
    Millis(u32::try_from(left.as_micros().div_ceil(1000)).unwrap_or(u32::MAX))
}
