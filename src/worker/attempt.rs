//! One exchange with one backend, from the free connection to the end of the reply.
//!
//! Everything an attempt knows lives in [`Attempt`], not on the stack of nested calls, and *waiting for the
//! reply* is the only place where it blocks on the backend: a driver that does not hold a thread meanwhile can
//! leave there and come back.

use super::ajp::AjpWorker;
use super::client::{Client, ClientError};
use super::connection::Fitness;
use super::failure::{Failure, Reach, is_idempotent, may_ask_again};
use super::pool::Lease;
use super::registry::Process;
use super::scratch::{Received, Scratch};
use super::task::Task;
use super::upload::Upload;
use crate::ajp::control::{CLIENT_EOF, CPING, CPONG, Tail};
use crate::ajp::exchange::{Exchange, Terms};
use crate::say;
use crate::text::show;
use crate::time::Millis;
use std::io::{self, IoSlice};
use std::time::{Duration, Instant};

/// So many idle connections whose backend is not quite done with the last request are passed over before a new one is
/// opened. Most are a moment later, so that there need not be more connections than requests at a time and a few.
const PASSED_OVER: u32 = 4;

/// One exchange under way.
pub(super) struct Attempt<'a> {
    pub(super) worker: &'a AjpWorker,
    pub(super) task: &'a Task<'a>,
    process: &'a Process,
    pub(super) lease: Lease<'a>,
    pub(super) exchange: Exchange,
    pub(super) set_cookie: Option<&'a [u8]>,
    pub(super) withheld: Option<u16>,
    /// Since when a reply is held back that may be the refusal of a backend that is being stopped.
    pub(super) held_since: Option<Instant>,
    /// It has been held back for long enough, and is the client's.
    pub(super) released: bool,
    /// Since when part of a packet is there, if it is.
    pub(super) partial_since: Option<Instant>,
    /// Idle connections are taken only if there is no doubt about them.
    careful: bool,
    /// The backend may have closed the connection before it was taken.
    doubtful: bool,
    /// The backend has sent something.
    pub(super) heard: bool,
    /// How far it got.
    pub(super) reach: Reach,
    /// Bytes received.
    pub(super) read: u64,
    /// Bytes sent.
    pub(super) sent: u64,
    /// How long it took.
    pub(super) took: Duration,
}

/// A reply that was passed on in full, or withheld for the host to answer.
#[derive(Clone, Copy, Debug)]
pub(super) struct Answer {
    /// Its status, if it was withheld.
    pub(super) withheld: Option<u16>,
}

impl<'a> Attempt<'a> {
    pub(super) fn new(
        worker: &'a AjpWorker,
        task: &'a Task<'a>,
        process: &'a Process,
        lease: Lease<'a>,
        set_cookie: Option<&'a [u8]>,
    ) -> Self {
        let terms = Terms {
            head_request: task.request.method == b"HEAD",
            body: task.request.body,
            packet_limit: worker.packet_limit(),
        };
        Self {
            worker,
            task,
            process,
            lease,
            exchange: Exchange::new(terms),
            set_cookie,
            withheld: None,
            held_since: None,
            released: false,
            partial_since: None,
            careful: false,
            doubtful: false,
            heard: false,
            reach: Reach::default(),
            read: 0,
            sent: 0,
            took: Duration::ZERO,
        }
    }

    /// The same request again, after a failure: with another idle connection, if there is one.
    pub(super) fn again(mut self) -> Self {
        self.lease.next_idle();
        Self { careful: true, ..Self::new(self.worker, self.task, self.process, self.lease, self.set_cookie) }
    }

    /// Whether it failed for nothing but a connection that the backend had closed before. A backend that is silent is
    /// another matter.
    pub(super) fn was_stale(&self, failure: &Failure) -> bool {
        let lost = matches!(failure, Failure::Lost(error) | Failure::Send(error) if error.kind() != io::ErrorKind::TimedOut);
        self.doubtful && !self.heard && lost
    }

    /// Runs it. The connection is given back if the exchange ended cleanly, else closed.
    pub(super) fn run(&mut self, scratch: &mut Scratch, client: &mut dyn Client) -> Result<Answer, Failure> {
        let begun = Instant::now();
        let Scratch { packet, kept, received } = scratch;
        let mut upload = Upload::again(kept);
        let result = self
            .connect(received)
            .and_then(|()| self.send_request(packet, &mut upload, client))
            .and_then(|()| self.relay(received, &mut upload, client));
        let ended = match result {
            Ok(Left::Clean) => self.lease.keep(None),
            Ok(Left::OwingEnd(come)) => self.lease.keep(Some(come)),
            Ok(Left::Unclean) => self.lease.close(),
            Err(ref failure) => self.abandon(failure),
        };
        self.took = ended.duration_since(begun);
        result.map(|_| Answer { withheld: self.withheld })
    }

    fn abandon(&mut self, failure: &Failure) -> Instant {
        if failure.is_clients() && self.worker.recovery().cut_on_abort() {
            if let Some(connection) = self.lease.connection() {
                connection.reset_on_close();
            }
        }
        self.lease.close()
    }

    /// Makes sure that there is a connection that answers, if the worker wants to know.
    fn connect(&mut self, received: &mut Received) -> Result<(), Failure> {
        received.clear();
        let probes = self.worker.probes();
        let repeatable = !self.careful && self.is_repeatable();
        let mut passed_over = 0;
        while let Some(connection) = self.lease.connection() {
            let number = connection.number();
            let mut fitness = connection.fitness(repeatable);
            if fitness == Fitness::Busy && !self.lease.can_put_aside() {
                fitness = self.lease.connection().map_or(Fitness::Unfit, |busy| busy.settle(repeatable));
            }
            self.doubtful = fitness == Fitness::Likely && probes.before_request.is_none();
            match fitness {
                Fitness::Fit | Fitness::Likely
                    if probes.before_request.is_none_or(|timeout| self.probe(timeout, received).is_ok()) =>
                {
                    return Ok(());
                }
                Fitness::Fit | Fitness::Likely | Fitness::Unfit => {
                    say!(self.task.log, Debug, "worker {}: idle connection {number} is closed", self.name());
                    self.lease.next_idle();
                }
                Fitness::Busy => {
                    passed_over += 1;
                    self.lease.put_aside(passed_over < PASSED_OVER);
                }
            }
        }
        self.doubtful = false;
        self.lease.put(self.worker.open(self.process, self.task.log)?);
        match probes.after_connect.or(probes.before_request) {
            Some(timeout) => self.probe(timeout, received),
            None => Ok(()),
        }
    }

    /// Asks the connection at hand for a sign of life. Its bytes count as traffic of the request.
    fn probe(&mut self, timeout: Millis, received: &mut Received) -> Result<(), Failure> {
        let connection = self.lease.connection().ok_or(Failure::NoSlot)?;
        self.sent += count(CPING.len());
        connection.probe(timeout, received)?;
        self.read += count(CPONG.len());
        Ok(())
    }

    /// Whether the request could be sent again if nothing came back: that is harmless, and allowed.
    fn is_repeatable(&self) -> bool {
        let lost = Failure::Lost(io::ErrorKind::UnexpectedEof.into());
        let sent = Reach { sent: true, ..Reach::default() };
        let method = self.task.request.method;
        is_idempotent(method) && may_ask_again(self.worker.recovery(), &lost, sent, method)
    }

    /// Sends the request packet and, for a body of known length, its first part. Each is a segment of its own, as
    /// mod_jk sends them; dissectors rely on it.
    fn send_request(
        &mut self,
        packet: &[u8],
        upload: &mut Upload<'_>,
        client: &mut dyn Client,
    ) -> Result<(), Failure> {
        let connection = self.lease.connection().ok_or(Failure::NoSlot)?;
        self.reach.sent = true;
        self.sent += count(packet.len());
        connection.send(&mut [IoSlice::new(packet)]).map_err(Failure::Send)?;
        let Some(want) = self.exchange.first_body() else { return Ok(()) };
        match upload.first(client, want) {
            Ok([]) => {
                let end = self.exchange.end_body();
                self.sent += count(end.len());
                connection.send(&mut [IoSlice::new(&end)]).map_err(Failure::Lost)
            }
            Ok(body) => {
                let frame = self.exchange.frame_body(body.len());
                self.sent += count(frame.len() + body.len());
                connection.send(&mut [IoSlice::new(&frame), IoSlice::new(body)]).map_err(Failure::Lost)
            }
            Err(error) => {
                // What mod_jk tells Tomcat in this case: that the body is empty.
                let _ = connection.send(&mut [IoSlice::new(&CLIENT_EOF)]);
                Err(Failure::Client(error))
            }
        }
    }

    fn name(&self) -> crate::text::Shown<'_> {
        show(&self.worker.spec.name)
    }
}

/// In which state an exchange left its connection.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Left {
    /// It can be used again.
    Clean,
    /// The same, once the packet that ends the reply has come; so much of it has.
    OwingEnd(Tail),
    /// It must be closed.
    Unclean,
}

impl From<ClientError> for Failure {
    fn from(error: ClientError) -> Self {
        Self::Client(error)
    }
}

/// A number of bytes as the counters take it. Whole packets count, headers included, as in mod_jk.
pub(super) fn count(bytes: usize) -> u64 {
    u64::try_from(bytes).unwrap_or(0)
}
