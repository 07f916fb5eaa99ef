//! One AJP worker, alone or as member of a balancer: its address, its connections, and the tries it spends on a
//! request.

use super::attempt::{Answer, Attempt};
use super::connection::{Connection, Fitness, Target};
use super::edition::{self, Edition};
use super::failure::{Failure, may_ask_again};
use super::pool::{Lease, Pool};
use super::registry::Process;
use super::resolve;
use super::settings::HOST;
use super::task::{Means, Task};
use crate::ajp::request::Recipient;
use crate::config::worker_spec::{AddressSpec, AjpSpec, Recovery, Secret};
use crate::log::Log;
use crate::say;
use crate::shm::board::{Board, BoardError, Column};
use crate::shm::slot::AjpSlot;
use crate::text::show;
use crate::time::{Clock, Millis, Seconds};
use std::net::{IpAddr, SocketAddr};
use std::sync::Arc;
use std::sync::atomic::Ordering::Relaxed;
use std::time::Duration;

/// Nobody waits longer than this for the packet that ends a reply before maintenance looks for it.
const SETTLED: Duration = Duration::from_secs(1);

/// An AJP worker in this process.
#[derive(Debug)]
pub(super) struct AjpWorker {
    /// As it is now.
    pub(super) spec: AjpSpec,
    pub(super) slot: &'static AjpSlot,
    pub(super) column: Column,
    addresses: Vec<SocketAddr>,
    /// The pool's number for these addresses.
    era: u32,
    pool: Arc<Pool>,
    configured: Arc<Configured>,
    edition: Edition,
}

/// What the configuration says, resolved.
#[derive(Debug)]
struct Configured {
    spec: AjpSpec,
    addresses: Vec<SocketAddr>,
    source: Option<IpAddr>,
}

/// When a backend is asked for a sign of life, and how long it may take.
#[derive(Clone, Copy, Debug)]
pub(super) struct Probes {
    pub(super) after_connect: Option<Millis>,
    pub(super) before_request: Option<Millis>,
}

/// What became of a request at one worker.
pub(super) struct Served {
    pub(super) result: Result<Answer, Failure>,
    /// Whether the request may be asked again elsewhere.
    pub(super) again: bool,
    /// Bytes received and sent.
    pub(super) bytes: u64,
}

impl AjpWorker {
    /// Makes the worker; looks its host up, which may take as long as the resolver takes.
    pub(super) fn new(spec: AjpSpec, board: &Board, log: &dyn Log) -> Result<Self, BoardError> {
        let (slot, column) = board.ajp(&spec.name)?;
        edition::review(&spec, board, column, log);
        resolve_anew(&spec, board, column, log);
        let addresses = backend_addresses(&spec, log);
        let source = spec.address.source.as_deref().and_then(|source| source_address(&spec, source, log));
        let pool = Arc::new(Pool::new(size(spec.pool.size)));
        let configured = Arc::new(Configured { spec, addresses, source });
        Ok(Self::now(configured, Edition::first(board, column), slot, column, pool))
    }

    fn now(
        configured: Arc<Configured>,
        edition: Edition,
        slot: &'static AjpSlot,
        column: Column,
        pool: Arc<Pool>,
    ) -> Self {
        let (edition, edits) = edition.renew();
        let spec = edition::edited(&configured.spec, &edits);
        let moved = edits.texts.get(HOST).is_some_and(Option::is_some);
        let addresses = if moved { edits.addresses } else { configured.addresses.clone() };
        Self { spec, slot, column, addresses, era: 0, pool, configured, edition }
    }

    /// The same worker with what was changed since. Its connections stay, but for those to an address that it left.
    pub(super) fn renewed(&self) -> Self {
        let (configured, pool) = (Arc::clone(&self.configured), Arc::clone(&self.pool));
        let mut new = Self::now(configured, self.edition, self.slot, self.column, pool);
        new.era = if new.addresses == self.addresses { self.era } else { self.pool.move_on() };
        if self.spec.pool.idle_timeout.is_none() && new.spec.pool.idle_timeout.is_some() {
            self.pool.restart_idling();
        }
        new
    }

    /// Whether something was changed since.
    pub(super) fn is_outdated(&self) -> bool {
        self.edition.is_outdated()
    }

    /// What is changed is changed against this.
    pub(super) fn configured(&self) -> &AjpSpec {
        &self.configured.spec
    }

    pub(super) fn pool(&self) -> &Pool {
        &self.pool
    }

    /// Whether the configuration gives it an address that can be connected to.
    pub(super) fn has_configured_address(&self) -> bool {
        !self.configured.addresses.is_empty()
    }

    /// Where its Tomcat is; empty if that is not known.
    pub(super) fn addresses(&self) -> &[SocketAddr] {
        &self.addresses
    }

    /// The local address of its connections.
    pub(super) fn source(&self) -> Option<IpAddr> {
        self.configured.source
    }

    pub(super) fn recovery(&self) -> Recovery {
        self.spec.recovery
    }

    pub(super) fn probes(&self) -> Probes {
        Probes { after_connect: self.spec.probe.connect, before_request: self.spec.probe.prepost }
    }

    pub(super) fn open(&self, process: &Process, log: &dyn Log) -> Result<Connection, Failure> {
        let (addresses, source, era) = (&*self.addresses, self.configured.source, self.era);
        let count = || process.enter(process.board().open_column(self.column));
        Connection::open(&self.spec, &Target { addresses, source, era, count: &count }, log)
    }

    /// Whether `fail_on_status` names the status, and if so whether it is a hard failure. The rule's list replaces
    /// the worker's; a negative entry is a soft one.
    pub(super) fn fails_on(&self, task: &Task<'_>, status: u16) -> Option<bool> {
        let list = task.rule.fail_on_status.as_deref().unwrap_or(&self.spec.fail_on_status);
        list.iter().find(|entry| entry.unsigned_abs() == u32::from(status)).map(|entry| *entry > 0)
    }

    /// The right to use one connection.
    pub(super) fn take(&self) -> Result<Lease<'_>, Failure> {
        let wait = Duration::from_millis(self.spec.pool.acquire_timeout.0.into());
        self.pool.take(wait).ok_or(Failure::NoSlot)
    }

    /// Whether a request would be refused for `busy_limit`.
    pub(super) fn is_full(&self, board: &Board) -> bool {
        let Some(limit) = self.spec.busy_limit else { return false };
        if board.busy(self.column) < limit {
            return false;
        }
        // A child that was killed may still be counted; nobody is refused on its account.
        board.bury();
        board.busy(self.column) >= limit
    }

    /// Whether this process has a free connection.
    pub(super) fn has_room(&self) -> bool {
        self.pool.has_room()
    }

    /// Bytes of the largest packet, in either direction.
    pub(super) fn packet_limit(&self) -> usize {
        size(self.spec.max_packet_size)
    }

    /// The longest wait for one read or write.
    pub(super) fn socket_wait(&self) -> Option<Millis> {
        socket_wait(&self.spec)
    }

    /// What Tomcat demands of each request.
    pub(super) fn secret(&self) -> Option<&[u8]> {
        self.spec.secret.as_ref().map(Secret::reveal)
    }

    /// Serves a request, trying as often as `retries` says.
    pub(super) fn serve<'a>(
        &'a self,
        lease: Lease<'a>,
        task: &'a Task<'a>,
        to: &Recipient<'_>,
        set_cookie: Option<&'a [u8]>,
        means: &mut Means<'_>,
    ) -> Served {
        self.slot.used.fetch_add(1, Relaxed);
        if self.is_full(means.process.board()) {
            return Served { result: Err(Failure::BusyLimit), again: true, bytes: 0 };
        }
        let _busy = means.process.enter(self.column);
        let served = match task.request.encode(to, self.packet_limit(), &mut means.scratch.packet) {
            Ok(()) => self.try_all(lease, task, set_cookie, means),
            Err(error) => Served { result: Err(Failure::TooLarge(error)), again: false, bytes: 0 },
        };
        self.count(&served, task.clock);
        served
    }

    fn try_all<'a>(
        &'a self,
        lease: Lease<'a>,
        task: &'a Task<'a>,
        set_cookie: Option<&'a [u8]>,
        means: &mut Means<'_>,
    ) -> Served {
        let mut attempt = Attempt::new(self, task, means.process, lease, set_cookie);
        let (mut bytes, mut tries) = (0, 1);
        loop {
            let result = attempt.run(means.scratch, means.client);
            self.slot.read.fetch_add(attempt.read, Relaxed);
            self.slot.sent.fetch_add(attempt.sent, Relaxed);
            self.slot.latency.add(attempt.took);
            bytes += attempt.read + attempt.sent;
            let reach = attempt.reach;
            let Err(failure) = &result else { return Served { result, again: false, bytes } };
            if matches!(failure, Failure::ReplyTimeout) {
                self.slot.reply_timeouts.fetch_add(1, Relaxed);
            }
            let again = may_ask_again(self.spec.recovery, failure, reach, task.request.method);
            if again {
                means.client.forget_head();
            }
            let stale = again && attempt.was_stale(failure);
            self.tell(task.log, tries, failure, stale);
            if stale {
                // Asking first would have cost no try, so not asking does not either.
                attempt = attempt.again();
                continue;
            }
            if !again || tries >= self.spec.retries {
                return Served { result, again, bytes };
            }
            tries += 1;
            std::thread::sleep(Duration::from_millis(self.spec.retry_interval.0.into()));
            attempt = attempt.again();
        }
    }

    /// Clients cause no errors in the log, and a connection that was closed while it was idle is none.
    fn tell(&self, log: &dyn Log, tries: u32, failure: &Failure, stale: bool) {
        let name = show(&self.spec.name);
        if stale || failure.is_clients() {
            say!(log, Info, "worker {name}: try {tries}: {failure}");
        } else {
            say!(log, Error, "worker {name}: try {tries}: {failure}");
        }
    }

    fn count(&self, served: &Served, clock: &dyn Clock) {
        match &served.result {
            Ok(_) => self.slot.error_time.store(0, Relaxed),
            Err(failure) if failure.is_clients() => {
                self.slot.client_errors.fetch_add(1, Relaxed);
            }
            Err(_) => {
                self.slot.errors.fetch_add(1, Relaxed);
                self.slot.error_time.store(clock.now().0, Relaxed);
            }
        }
    }

    /// Closes connections that were idle for longer than `connection_pool_timeout`, down to
    /// `connection_pool_minsize`, and asks for a sign of life where there was none for `connection_ping_interval`.
    pub(super) fn tidy(&self, now: Seconds, log: &dyn Log) {
        if let Some(limit) = self.spec.pool.idle_timeout {
            let limit = Duration::from_secs(limit.0);
            drop(self.pool.weed(size(self.spec.pool.min_size), |connection| connection.idle_for() > limit));
        }
        self.hear(now, log);
        self.ask();
    }

    /// Closes all idle connections.
    pub(super) fn drop_idle(&self) {
        drop(self.pool.take_out(|_| true));
    }

    /// Asks the backend on each connection that was silent for too long. Nobody waits for the answers, and a request
    /// may take such a connection: it finds the answer, or goes by.
    fn ask(&self) {
        let (Some(interval), Some(timeout)) = (self.spec.probe.interval, self.spec.probe.timeout) else {
            return;
        };
        let interval = Duration::from_secs(interval.0);
        let mut silent = self.pool.take_out(|c| !c.owes() && c.silent_for() > interval);
        silent.retain_mut(|c| c.fitness(false) == Fitness::Fit && c.ask(timeout).is_ok());
        self.pool.put_back(silent);
    }

    /// Takes the answers that have come, and the ends of replies that were left early; closes connections whose backend
    /// has not answered in time, or is gone. What a request finds out before is not counted.
    pub(super) fn hear(&self, now: Seconds, log: &dyn Log) {
        let mut owing = self.pool.take_out(|c| c.owes_pong() || (c.owes() && c.idle_for() > SETTLED));
        owing.retain_mut(|connection| {
            let asked = connection.owes_pong();
            let fitness = connection.fitness(false);
            if asked && fitness != Fitness::Busy {
                self.slot.probes.ended(fitness != Fitness::Unfit, now);
            }
            if fitness == Fitness::Unfit {
                let (name, number) = (show(&self.spec.name), connection.number());
                let why = if asked { "does not answer" } else { "was closed by the backend" };
                say!(log, Info, "worker {name}: idle connection {number} {why} and is closed");
            }
            fitness != Fitness::Unfit
        });
        self.pool.put_back(owing);
    }
}

/// At a restart: looks a changed host up again, as the configured ones are. If that fails, what it was resolved to
/// when it was changed stays.
fn resolve_anew(configured: &AjpSpec, board: &Board, column: Column, log: &dyn Log) {
    let (_, edits) = Edition::first(board, column).renew();
    if edits.texts.get(HOST).is_none_or(Option::is_none) {
        return;
    }
    let addresses = backend_addresses(&edition::edited(configured, &edits), log);
    if !addresses.is_empty() && addresses != edits.addresses {
        // If somebody changes it at this moment, that counts; so it does if this fails.
        let _ = board.edit(column, |now| {
            let same = now.texts == edits.texts && now.numbers == edits.numbers;
            now.addresses = addresses;
            same
        });
    }
}

fn backend_addresses(spec: &AjpSpec, log: &dyn Log) -> Vec<SocketAddr> {
    let AddressSpec { host, port, prefer_ipv6, .. } = &spec.address;
    if *port == 0 {
        return Vec::new();
    }
    match resolve::addresses(host, *port, *prefer_ipv6) {
        Ok(addresses) => addresses,
        Err(error) => {
            say!(log, Error, "worker {}: host {} cannot be resolved: {error}", show(&spec.name), show(host));
            Vec::new()
        }
    }
}

fn source_address(spec: &AjpSpec, source: &[u8], log: &dyn Log) -> Option<IpAddr> {
    match resolve::addresses(source, 0, spec.address.prefer_ipv6) {
        Ok(addresses) => addresses.first().map(SocketAddr::ip),
        Err(error) => {
            say!(
                log,
                Warn,
                "worker {}: source {} cannot be resolved: {error}",
                show(&spec.name),
                show(source)
            );
            None
        }
    }
}

/// `socket_timeout` is given in seconds.
pub(super) fn socket_wait(spec: &AjpSpec) -> Option<Millis> {
    let Seconds(seconds) = spec.socket.timeout?;
    Some(Millis(u32::try_from(seconds.saturating_mul(1000)).unwrap_or(u32::MAX)))
}

fn size(number: u32) -> usize {
    usize::try_from(number).unwrap_or(usize::MAX)
}
