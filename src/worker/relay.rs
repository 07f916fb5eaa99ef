//! The second half of an attempt: the reply on its way from the backend to the client.

use super::attempt::{Attempt, Left, count};
use super::batch::Batch;
use super::client::{Client, Then};
use super::failure::{Failure, Reach, may_ask_again};
use super::scratch::Received;
use super::upload::Upload;
use crate::ajp::control::{Ending, ending};
use crate::ajp::exchange::{Event, Progress};
use crate::ajp::refusal::{Refusal, refusal};
use crate::ajp::reply::ReplyHead;
use crate::sys::socket::is_silence;
use crate::time::Millis;
use std::io::{self, IoSlice};
use std::time::{Duration, Instant};

/// Bytes of the packet that ends a reply; it belongs to this exchange, whenever it is received.
const END_PACKET: usize = 6;

/// A reply that may be a refusal is held back for so long. Tomcat sends all of it at once.
const HOLD: Duration = Duration::from_secs(1);

impl Attempt<'_> {
    /// Passes the reply on.
    pub(super) fn relay(
        &mut self,
        received: &mut Received,
        upload: &mut Upload<'_>,
        client: &mut dyn Client,
    ) -> Result<Left, Failure> {
        loop {
            match self.receive(received).and_then(|()| self.pass(received, upload, client)) {
                Ok(None) => {}
                Ok(Some(left)) => return Ok(left),
                Err(failure) if failure.is_backends() && self.exchange.is_whole() => {
                    // The fault came too late to matter to this client.
                    self.deliver(client, &mut Batch::new(), Then::End)?;
                    return Ok(Left::Unclean);
                }
                Err(failure) => return Err(failure),
            }
        }
    }

    /// Waits for bytes of the backend. While a reply is held back, the end of the wait is no failure but the end of that.
    fn receive(&mut self, received: &mut Received) -> Result<(), Failure> {
        let held_for = self.held_since.map(|since| since.elapsed());
        let partial = !received.bytes().is_empty() && held_for.is_none();
        let bound = self.bound(partial);
        if !partial {
            self.partial_since = None;
        } else {
            let since = *self.partial_since.get_or_insert_with(Instant::now);
            if bound.wait.is_some_and(|Millis(ms)| since.elapsed() > Duration::from_millis(ms.into())) {
                return Err(bound.passed(io::ErrorKind::TimedOut.into()));
            }
        }
        let connection = self.lease.connection().ok_or(Failure::NoSlot)?;
        let got = match held_for {
            None => connection.receive(received, bound.wait),
            Some(held) => connection.receive_within(received, shorter(HOLD.saturating_sub(held), bound.wait)),
        };
        match got {
            Ok(0) => Err(Failure::Lost(io::ErrorKind::UnexpectedEof.into())),
            Ok(_) => {
                self.heard = true;
                Ok(())
            }
            Err(e) if is_silence(&e) && held_for.is_some() => {
                self.release();
                Ok(())
            }
            Err(e) if is_silence(&e) => Err(bound.passed(e)),
            Err(e) => Err(Failure::Lost(e)),
        }
    }

    /// The first byte of a packet may take `reply_timeout`, also where that is longer than `socket_timeout`, as in
    /// mod_jk. A packet that comes in pieces has to be whole within the shorter one.
    fn bound(&self, partial: bool) -> Bound {
        let reply = self.task.reply_timeout.unwrap_or(self.worker.spec.reply_timeout);
        let socket = self.worker.socket_wait();
        match (reply, socket) {
            (Some(reply), Some(socket)) if partial && socket < reply => {
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
    ) -> Result<Option<Left>, Failure> {
        if self.exchange.progress() == Progress::Nothing && self.is_held(received)? {
            return Ok(None);
        }
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
            self.read += count(step.used);
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
                    let clean = reuse && used == bytes.len() && !self.task.no_reuse;
                    break Some(if clean { Left::Clean } else { Left::Unclean });
                }
            }
        };
        let ended = match ended {
            None if self.may_leave_early() => {
                self.deliver(client, &mut batch, Then::End)?;
                self.read += count(END_PACKET);
                let begun = bytes.get(used..).unwrap_or_default();
                let left = match ending(begun) {
                    Ending::NotYet(come) => Left::OwingEnd(come),
                    Ending::Clean | Ending::No => Left::Unclean,
                };
                Some(left)
            }
            None => {
                self.deliver(client, &mut batch, Then::More)?;
                None
            }
            Some(left) => Some(left),
        };
        received.consume(used);
        Ok(ended)
    }

    /// Whether what has come of the reply may turn out to be a refusal, which is for another member if the request may
    /// be asked again; else the client gets it.
    fn is_held(&mut self, received: &mut Received) -> Result<bool, Failure> {
        let verdict = if self.released { Refusal::No } else { refusal(received.bytes()) };
        if verdict == Refusal::No || !self.may_go_elsewhere() {
            self.held_since = None;
            return Ok(false);
        }
        if verdict == Refusal::Yes {
            self.read += count(received.bytes().len());
            return Err(Failure::Stopping);
        }
        let since = *self.held_since.get_or_insert_with(Instant::now);
        if since.elapsed() >= HOLD || received.room().is_empty() {
            self.release();
        }
        Ok(!self.released)
    }

    /// Holds nothing back any more.
    fn release(&mut self) {
        self.held_since = None;
        self.released = true;
    }

    /// Whether a refusal would be no answer: `fail_on_status` has no say in it, and the request may be asked again
    /// though its reply had begun.
    fn may_go_elsewhere(&self) -> bool {
        let (options, method) = (self.worker.recovery(), self.task.request.method);
        let begun = Reach { head: true, ..self.reach };
        self.worker.fails_on(self.task, 503).is_none()
            && [self.reach, begun]
                .into_iter()
                .all(|reach| may_ask_again(options, &Failure::Stopping, reach, method))
    }

    /// Whether the client can have its end before the backend has said that it is done. Tomcat sends that in a
    /// packet of its own, for which nobody needs to wait: it is received when the connection is used next.
    fn may_leave_early(&self) -> bool {
        self.exchange.is_answered() && self.withheld.is_none() && !self.task.no_reuse
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
        let len = upload.next(client, want, |part| {
            if part.len == 0 {
                return connection.send(&mut [IoSlice::new(&exchange.end_body())]).map_err(Failure::Lost);
            }
            let frame = exchange.frame_body(part.len);
            connection.send_framed(&frame, part.slices).map_err(Failure::Lost)
        })?;
        self.sent += count(6 + len);
        Ok(())
    }
}

/// The shorter of two waits, the second of which may be without end.
fn shorter(one: Duration, other: Option<Millis>) -> Millis {
    let one = u32::try_from(one.as_millis()).unwrap_or(u32::MAX);
    Millis(other.map_or(one, |Millis(other)| one.min(other)))
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
