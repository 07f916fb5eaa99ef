//! One exchange with one backend, from the free connection to the end of the reply.
//!
//! Everything an attempt knows lives in [`Attempt`], not on the stack of nested calls, and *waiting for the
//! reply* is the only place where it blocks on the backend: a driver that does not hold a thread meanwhile can
//! leave there and come back.

use super::ajp::AjpWorker;
use super::batch::Batch;
use super::client::{Client, ClientError, Then};
use super::failure::{Failure, Reach};
use super::pool::Lease;
use super::scratch::{Received, Scratch};
use super::task::Task;
use super::upload::{SHORT, Upload};
use crate::ajp::control::CLIENT_EOF;
use crate::ajp::exchange::{Event, Exchange, Terms};
use crate::ajp::reply::ReplyHead;
use crate::say;
use crate::text::show;
use crate::time::Millis;
use std::io::{self, IoSlice};
use std::time::{Duration, Instant};

/// One exchange under way.
pub(super) struct Attempt<'a> {
    worker: &'a AjpWorker,
    task: &'a Task<'a>,
    lease: Lease<'a>,
    exchange: Exchange,
    set_cookie: Option<&'a [u8]>,
    withheld: Option<u16>,
    /// Since when part of a packet is there, if it is.
    partial_since: Option<Instant>,
    /// How far it got.
    pub(super) reach: Reach,
    /// Payload bytes received.
    pub(super) read: u64,
    /// Payload bytes sent.
    pub(super) sent: u64,
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
            lease,
            exchange: Exchange::new(terms),
            set_cookie,
            withheld: None,
            partial_since: None,
            reach: Reach::default(),
            read: 0,
            sent: 0,
        }
    }

    /// The same request again, after a failure: with another idle connection, if there is one.
    pub(super) fn again(mut self) -> Self {
        self.lease.next_idle();
        Self::new(self.worker, self.task, self.lease, self.set_cookie)
    }

    /// Runs it. The connection is given back if the exchange ended cleanly, else closed.
    pub(super) fn run(&mut self, scratch: &mut Scratch, client: &mut dyn Client) -> Result<Answer, Failure> {
        let Scratch { packet, kept, received } = scratch;
        let mut upload = Upload::again(kept);
        let result = self
            .connect(received)
            .and_then(|()| self.send_request(packet, &mut upload, client))
            .and_then(|()| self.relay(received, &mut upload, client));
        match result {
            Ok(true) => self.lease.keep(),
            Ok(false) => self.lease.close(),
            Err(ref failure) => self.abandon(failure),
        }
        result.map(|_| Answer { withheld: self.withheld })
    }

    fn abandon(&mut self, failure: &Failure) {
        if failure.is_clients() && self.worker.recovery().cut_on_abort() {
            if let Some(connection) = self.lease.connection() {
                connection.reset_on_close();
            }
        }
        self.lease.close();
    }

    /// Makes sure that there is a connection that answers, if the worker wants to know.
    fn connect(&mut self, received: &mut Received) -> Result<(), Failure> {
        received.clear();
        let probes = self.worker.probes();
        while let Some(connection) = self.lease.connection() {
            if connection.usable()
                && probes.before_request.is_none_or(|t| connection.probe(t, received).is_ok())
            {
                return Ok(());
            }
            let number = connection.number();
            say!(self.task.log, Debug, "worker {}: idle connection {number} is closed", self.name());
            self.lease.next_idle();
        }
        let connection = self.lease.put(self.worker.open(self.task.log)?);
        match probes.after_connect.or(probes.before_request) {
            Some(timeout) => connection.probe(timeout, received),
            None => Ok(()),
        }
    }

    /// Sends the request packet and, for a body of known length, its first part with it.
    fn send_request(
        &mut self,
        packet: &[u8],
        upload: &mut Upload<'_>,
        client: &mut dyn Client,
    ) -> Result<(), Failure> {
        let connection = self.lease.connection().ok_or(Failure::NoSlot)?;
        self.reach.sent = true;
        self.sent += payload(packet.len());
        let Some(want) = self.exchange.first_body() else {
            return connection.send(&mut [IoSlice::new(packet)]).map_err(Failure::Send);
        };
        match upload.first(client, want) {
            Ok(body) => {
                let frame = self.exchange.frame_body(body.len());
                self.sent += payload(frame.len() + body.len());
                let mut parts = [IoSlice::new(packet), IoSlice::new(&frame), IoSlice::new(body)];
                connection.send(&mut parts).map_err(Failure::Send)
            }
            Err(error) => {
                // What mod_jk tells Tomcat in this case: the request, and that its body is empty.
                let _ = connection.send(&mut [IoSlice::new(packet), IoSlice::new(&CLIENT_EOF)]);
                Err(Failure::Client(error))
            }
        }
    }

    /// Passes the reply on. True if the connection is clean afterwards.
    fn relay(
        &mut self,
        received: &mut Received,
        upload: &mut Upload<'_>,
        client: &mut dyn Client,
    ) -> Result<bool, Failure> {
        loop {
            self.receive(received)?;
            if let Some(clean) = self.pass(received, upload, client)? {
                return Ok(clean);
            }
        }
    }

    /// Waits for bytes of the backend. A packet that comes in pieces has to be whole within the same bound as its
    /// first byte.
    fn receive(&mut self, received: &mut Received) -> Result<(), Failure> {
        let bound = self.bound();
        if received.bytes().is_empty() {
            self.partial_since = None;
        } else {
            let since = *self.partial_since.get_or_insert_with(Instant::now);
            if bound.wait.is_some_and(|Millis(ms)| since.elapsed() > Duration::from_millis(ms.into())) {
                return Err(bound.passed(io::ErrorKind::TimedOut.into()));
            }
        }
        let connection = self.lease.connection().ok_or(Failure::NoSlot)?;
        match connection.receive(received, bound.wait) {
            Ok(0) => Err(Failure::Lost(io::ErrorKind::UnexpectedEof.into())),
            Ok(_) => Ok(()),
            Err(e) if e.kind() == io::ErrorKind::TimedOut => Err(bound.passed(e)),
            Err(e) => Err(Failure::Lost(e)),
        }
    }

    fn bound(&self) -> Bound {
        let reply = self.task.reply_timeout.unwrap_or(self.worker.spec.reply_timeout);
        let socket = self.worker.socket_wait();
        match (reply, socket) {
            (Some(reply), Some(socket)) if socket < reply => {
                Bound { wait: Some(socket), by_reply_timeout: false }
            }
            (Some(reply), _) => Bound { wait: Some(reply), by_reply_timeout: true },
            (None, socket) => Bound { wait: socket, by_reply_timeout: false },
        }
    }

    /// Passes on what was received. `Some` when the reply has ended.
    fn pass(
        &mut self,
        received: &mut Received,
        upload: &mut Upload<'_>,
        client: &mut dyn Client,
    ) -> Result<Option<bool>, Failure> {
        let bytes = received.bytes();
        let mut used = 0;
        let mut batch = Batch::new();
        let ended = loop {
            let step = match self.exchange.advance(bytes.get(used..).unwrap_or_default()) {
                Ok(step) => step,
                Err(error) => {
                    // What was whole before is the client's, however the bytes happened to arrive.
                    self.deliver(client, &mut batch, Then::More)?;
                    return Err(Failure::Protocol(error));
                }
            };
            if step.used == 0 && step.event.is_none() {
                break None;
            }
            used += step.used;
            self.partial_since = None;
            self.read += payload(step.used);
            match step.event {
                None => {}
                Some(Event::Head(head)) => self.head(&head, client, &mut batch)?,
                Some(Event::Body(piece)) => self.body(piece, client, &mut batch)?,
                Some(Event::Flush) => self.deliver(client, &mut batch, Then::Flush)?,
                Some(Event::WantsBody(want)) => {
                    self.deliver(client, &mut batch, Then::More)?;
                    self.upload(want, upload, client)?;
                }
                Some(Event::Finished { reuse }) => {
                    self.deliver(client, &mut batch, Then::End)?;
                    let surplus = used < bytes.len();
                    break Some(reuse && !surplus && !self.task.no_reuse);
                }
            }
        };
        if ended.is_none() {
            self.deliver(client, &mut batch, Then::More)?;
        }
        received.consume(used);
        Ok(ended)
    }

    fn head(
        &mut self,
        head: &ReplyHead<'_>,
        client: &mut dyn Client,
        batch: &mut Batch<'_>,
    ) -> Result<(), Failure> {
        let status = head.status;
        if let Some(hard) = self.worker.fails_on(self.task, status) {
            return Err(Failure::Status { code: status, hard });
        }
        self.reach.head = true;
        if self.task.rule.use_server_errors.is_some_and(|from| i32::from(status) >= from) {
            self.withheld = Some(status);
            client.withhold(head);
            return Ok(());
        }
        client.head(head, self.set_cookie).map_err(Failure::Client)?;
        if self.task.flush.head { self.deliver(client, batch, Then::Flush) } else { Ok(()) }
    }

    fn body<'b>(
        &mut self,
        piece: &'b [u8],
        client: &mut dyn Client,
        batch: &mut Batch<'b>,
    ) -> Result<(), Failure> {
        if self.withheld.is_some() {
            return Ok(());
        }
        batch.push(piece);
        if self.task.flush.packets {
            self.deliver(client, batch, Then::Flush)
        } else if batch.is_full() {
            self.deliver(client, batch, Then::More)
        } else {
            Ok(())
        }
    }

    fn deliver(&mut self, client: &mut dyn Client, batch: &mut Batch<'_>, then: Then) -> Result<(), Failure> {
        if self.withheld.is_some() || (batch.pieces().is_empty() && then == Then::More) {
            return Ok(());
        }
        self.reach.delivered = true;
        let result = client.deliver(batch.pieces(), then).map_err(Failure::Client);
        batch.clear();
        result
    }

    /// Answers the backend's wish for more of the request body.
    fn upload(
        &mut self,
        want: usize,
        upload: &mut Upload<'_>,
        client: &mut dyn Client,
    ) -> Result<(), Failure> {
        self.reach.pulled = true;
        let connection = self.lease.connection().ok_or(Failure::NoSlot)?;
        if want == 0 {
            let end = self.exchange.end_body();
            return connection.send(&mut [IoSlice::new(&end)]).map_err(Failure::Lost);
        }
        let exchange = &mut self.exchange;
        let known_length = matches!(self.task.request.body, crate::ajp::request::Body::Length(_));
        let len = upload.next(client, want, |part| {
            if part.len == 0 && known_length {
                return Err(Failure::Client(ClientError::Read(SHORT)));
            }
            if part.len == 0 {
                return connection.send(&mut [IoSlice::new(&exchange.end_body())]).map_err(Failure::Lost);
            }
            let frame = exchange.frame_body(part.len);
            connection.send_framed(&frame, part.slices).map_err(Failure::Lost)
        })?;
        self.sent += payload(6 + len);
        Ok(())
    }

    fn name(&self) -> crate::text::Shown<'_> {
        show(&self.worker.spec.name)
    }
}

impl From<ClientError> for Failure {
    fn from(error: ClientError) -> Self {
        Self::Client(error)
    }
}

/// Bytes of a packet without its four-byte header, which is what mod_jk counts.
fn payload(packet: usize) -> u64 {
    u64::try_from(packet.saturating_sub(4)).unwrap_or(0)
}

/// How long the backend may take, and what it means if it takes longer.
#[derive(Clone, Copy)]
struct Bound {
    wait: Option<Millis>,
    by_reply_timeout: bool,
}

impl Bound {
    fn passed(self, error: io::Error) -> Failure {
        if self.by_reply_timeout { Failure::ReplyTimeout } else { Failure::Lost(error) }
    }
}
