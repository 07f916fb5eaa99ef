//! One probe of a backend on a connection of its own, which is closed after it. A probe never waits: whoever makes it
//! looks now and then, best when its socket has something to say.

use super::ajp::AjpWorker;
use super::failure::Failure;
use crate::ajp::control::{CPING, Pong, pong};
use crate::sys::readiness::Event;
use crate::sys::socket::{Dial, Socket};
use crate::time::Millis;
use std::io::{self, IoSlice};
use std::net::{IpAddr, SocketAddr};
use std::time::{Duration, Instant};

/// The longest wait for an answer where `ping_timeout` forbids pings of connections.
const LONGEST: Millis = Millis(10_000);

/// A probe under way.
pub(super) struct Probe {
    terms: Terms,
    /// Addresses that are left to try.
    left: std::vec::IntoIter<SocketAddr>,
    socket: Socket,
    stage: Stage,
}

/// How a worker wants to be probed.
#[derive(Clone, Copy)]
struct Terms {
    source: Option<IpAddr>,
    connect: Duration,
    answer: Duration,
}

impl Terms {
    fn of(worker: &AjpWorker) -> Self {
        let answer = worker.spec.probe.timeout.unwrap_or(LONGEST);
        let connect = worker.spec.socket.connect_timeout.map_or(answer, |own| own.min(answer));
        Self { source: worker.source(), connect: span(connect), answer: span(answer) }
    }

    /// Begins to connect to the first address that does not fail at once; `failure` is what is known so far.
    fn connect(&self, left: &mut std::vec::IntoIter<SocketAddr>, mut failure: Failure) -> Begun {
        for to in left {
            let dial = Dial {
                to,
                from: self.source.filter(|source| source.is_ipv4() == to.is_ipv4()),
                timeout: None,
                keepalive: false,
                buffer: None,
                send_timeout: None,
                warn: &|_| (),
            };
            match Socket::begin(&dial) {
                Ok(socket) => return Ok((socket, Stage::Connecting(Instant::now() + self.connect))),
                Err(error) => failure = Failure::Connect(error),
            }
        }
        Err(failure)
    }
}

type Begun = Result<(Socket, Stage), Failure>;

/// What is waited for, and until when.
#[derive(Clone, Copy)]
enum Stage {
    Connecting(Instant),
    Asked(Instant),
}

/// What a look at a probe has shown.
#[derive(Debug)]
pub(super) enum Sign {
    /// The backend answered.
    Pong,
    /// Nothing yet.
    NotYet,
    /// It did not answer, and no other address is left.
    None(Failure),
}

impl Probe {
    /// Begins a probe.
    ///
    /// # Errors
    /// If no address can be connected to, as far as that shows at once.
    pub(super) fn begin(worker: &AjpWorker) -> Result<Self, Failure> {
        let terms = Terms::of(worker);
        let mut left = worker.addresses().to_vec().into_iter();
        let (socket, stage) = terms.connect(&mut left, Failure::NoAddress)?;
        Ok(Self { terms, left, socket, stage })
    }

    /// What to wait for.
    pub(super) fn awaited(&self) -> (&Socket, Event) {
        match self.stage {
            Stage::Connecting(_) => (&self.socket, Event::Writable),
            Stage::Asked(_) => (&self.socket, Event::Readable),
        }
    }

    /// Goes as far as it can without waiting.
    pub(super) fn look(&mut self) -> Sign {
        match self.step() {
            Ok(true) => Sign::Pong,
            Ok(false) => Sign::NotYet,
            Err(failure) => match self.terms.connect(&mut self.left, failure) {
                Ok(begun) => {
                    (self.socket, self.stage) = begun;
                    Sign::NotYet
                }
                Err(failure) => Sign::None(failure),
            },
        }
    }

    fn step(&mut self) -> Result<bool, Failure> {
        match self.stage {
            Stage::Connecting(until) => {
                if self.socket.is_connected().map_err(Failure::Connect)? {
                    self.socket.send_all(&mut [IoSlice::new(&CPING)]).map_err(Failure::Send)?;
                    self.stage = Stage::Asked(Instant::now() + self.terms.answer);
                    return Ok(false);
                }
                within(until).map_err(|error| Failure::Connect(error.into()))
            }
            Stage::Asked(until) => {
                let mut packet = [0; 6];
                match self.socket.receive_now(&mut packet) {
                    Ok(n) if pong(packet.get(..n).unwrap_or_default()) == Pong::Yes(n) => Ok(true),
                    Err(e) if e.kind() == io::ErrorKind::WouldBlock => {
                        within(until).map_err(|_| Failure::Probe)
                    }
                    Ok(_) | Err(_) => Err(Failure::Probe),
                }
            }
        }
    }
}

/// Nothing has come yet; an error once `until` has passed.
fn within(until: Instant) -> Result<bool, io::ErrorKind> {
    if Instant::now() < until { Ok(false) } else { Err(io::ErrorKind::TimedOut) }
}

fn span(Millis(ms): Millis) -> Duration {
    Duration::from_millis(ms.into())
}
