//! One connection to a Tomcat: opening it as the worker's properties say, and probing it.

use super::failure::Failure;
use super::scratch::Received;
use crate::ajp::control::{CPING, Pong, pong};
use crate::config::worker_spec::AjpSpec;
use crate::log::Log;
use crate::say;
use crate::sys::socket::{Dial, Idle, Socket};
use crate::text::show;
use crate::time::Millis;
use std::io::{self, IoSlice};
use std::net::{IpAddr, SocketAddr};
use std::time::{Duration, Instant};

/// A connection that is open and, between requests, clean: nothing is owed in either direction.
#[derive(Debug)]
pub(super) struct Connection {
    socket: Socket,
    idle_since: Instant,
}

/// A connection given back less than this ago is taken again without asking the kernel whether it still lives:
/// under load that would be one system call for every request.
const FRESH: Duration = Duration::from_millis(2);

impl Connection {
    /// Opens a connection to the first of `addresses` that answers.
    pub(super) fn open(
        spec: &AjpSpec,
        addresses: &[SocketAddr],
        source: Option<IpAddr>,
        log: &dyn Log,
    ) -> Result<Self, Failure> {
        let warn = |error: &io::Error| {
            say!(log, Error, "worker {}: source address cannot be used: {error}", show(&spec.name));
        };
        let mut last = Failure::NoAddress;
        for to in addresses {
            let dial = Dial {
                to: *to,
                from: source.filter(|source| source.is_ipv4() == to.is_ipv4()),
                timeout: spec.socket.connect_timeout,
                keepalive: spec.socket.keepalive,
                buffer: spec.socket.buffer,
                send_timeout: super::ajp::socket_wait(spec),
                warn: &warn,
            };
            match Socket::connect(&dial) {
                Ok(socket) => return Ok(Self { socket, idle_since: Instant::now() }),
                Err(error) => {
                    say!(log, Info, "worker {}: connect to {to} failed: {error}", show(&spec.name));
                    last = Failure::Connect(error);
                }
            }
        }
        Err(last)
    }

    /// Whether it can carry a request, as far as this side knows.
    pub(super) fn usable(&self) -> bool {
        self.idle_since.elapsed() < FRESH || self.quiet()
    }

    /// Whether the backend has neither closed it nor sent anything. Costs a system call.
    pub(super) fn quiet(&self) -> bool {
        self.socket.idle() == Idle::Quiet
    }

    /// Notes that an exchange ended cleanly.
    pub(super) fn rest(&mut self) {
        self.idle_since = Instant::now();
    }

    /// How long it has been idle.
    pub(super) fn idle_for(&self) -> Duration {
        self.idle_since.elapsed()
    }

    /// Asks the backend for a sign of life and waits for it.
    pub(super) fn probe(&mut self, timeout: Millis, received: &mut Received) -> Result<(), Failure> {
        self.send(&mut [IoSlice::new(&CPING)]).map_err(|_| Failure::Probe)?;
        let start = Instant::now();
        let limit = Duration::from_millis(timeout.0.into());
        received.clear();
        loop {
            // One answer may come in pieces; the whole of it has to be there in time.
            let left = limit.saturating_sub(start.elapsed());
            let left = Millis(u32::try_from(left.as_millis()).unwrap_or(u32::MAX).max(1));
            match self.socket.receive(received.room(), Some(left)) {
                Ok(0) | Err(_) => return Err(Failure::Probe),
                Ok(n) => received.filled(n),
            }
            match pong(received.bytes()) {
                Pong::Yes(n) if n == received.bytes().len() => break,
                Pong::Yes(_) | Pong::No => return Err(Failure::Probe),
                Pong::NotYet if start.elapsed() >= limit => return Err(Failure::Probe),
                Pong::NotYet => {}
            }
        }
        received.clear();
        Ok(())
    }

    pub(super) fn send(&self, parts: &mut [IoSlice<'_>]) -> io::Result<()> {
        self.socket.send_all(parts)
    }

    /// Sends a frame and the slices it announces, without copying them.
    pub(super) fn send_framed(&self, frame: &[u8], slices: &[IoSlice<'_>]) -> io::Result<()> {
        let mut parts = [IoSlice::new(&[]); 17];
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

    /// Makes the coming close a reset.
    pub(super) fn reset_on_close(&self) {
        self.socket.reset_on_close();
    }

    /// The descriptor's number, for log lines.
    pub(super) fn number(&self) -> i32 {
        self.socket.raw()
    }
}
