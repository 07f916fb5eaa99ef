//! A connection to one Tomcat as it was asked for: address, socket, pool, probes, retries, all defaults filled in.

use core::fmt;

use crate::config::attributes::Attributes;
use crate::config::mounts::Mounted;
use crate::text::{self, Text};
use crate::time::{Millis, Seconds};

/// Limits of an AJP packet, in bytes.
const SMALLEST_PACKET: u32 = 8192;
const LARGEST_PACKET: u32 = 65536;
const DEFAULT_PORT: i32 = 8009;

/// A worker of type `ajp13`, alone or as member of a balancer.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AjpSpec {
    /// The worker's name.
    pub name: Text,
    /// Where its Tomcat is.
    pub address: AddressSpec,
    /// How a connection is made.
    pub socket: SocketSpec,
    /// Most bytes of one AJP packet, its header included: 8192 to 65536, a multiple of 1024.
    pub max_packet_size: u32,
    /// What Tomcat demands of each request.
    pub secret: Option<Secret>,
    /// Its connections.
    pub pool: PoolSpec,
    /// When connections are probed.
    pub probe: ProbeSpec,
    /// Longest wait for each packet of a reply; `None` is for ever.
    pub reply_timeout: Option<Millis>,
    /// Attempts of one request, the first included; at least 1.
    pub retries: u32,
    /// Pause before a further attempt. 0 means none, and unlike in mod_jk never that nothing is tried.
    pub retry_interval: Millis,
    /// What is not tried again.
    pub recovery: Recovery,
    /// Statuses of a reply that count as failures; a negative one does not put the worker into error.
    pub fail_on_status: Box<[i32]>,
    /// Most requests at once over all processes.
    pub busy_limit: Option<u32>,
    /// Rules of `worker.NAME.mount`; a member that is not in `worker.list` has none.
    pub mounts: Vec<Mounted>,
}

/// Where a Tomcat is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AddressSpec {
    /// Name or literal address, not resolved.
    pub host: Text,
    /// 0: the worker is never contacted.
    pub port: u16,
    /// The local address connections come from.
    pub source: Option<Text>,
    /// Take an IPv6 address if there are both kinds.
    pub prefer_ipv6: bool,
}

/// How a connection is made.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SocketSpec {
    /// Longest wait for one read or write; `None` is for ever.
    pub timeout: Option<Seconds>,
    /// Longest wait for the TCP connection; `None` leaves it to the system.
    pub connect_timeout: Option<Millis>,
    /// Let the system probe idle connections.
    pub keepalive: bool,
    /// Bytes of the system's buffers, never less than a packet; `None` leaves them alone.
    pub buffer: Option<u32>,
}

/// The connections of one process to one worker.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PoolSpec {
    /// Most connections. 0 makes every request fail, as in mod_jk.
    pub size: u32,
    /// Idle ones are kept while no more than this many are open.
    pub min_size: u32,
    /// Idle time after which one is closed; `None` is never.
    pub idle_timeout: Option<Seconds>,
    /// Longest wait for a free one. 0 means no waiting, and unlike in mod_jk never that nothing is tried.
    pub acquire_timeout: Millis,
}

/// When a connection is asked whether it lives.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ProbeSpec {
    /// The letters of `ping_mode`.
    pub mode: PingMode,
    /// Longest wait for an answer where nothing else is said; `None` if it was set to 0 or less.
    pub timeout: Option<Millis>,
    /// Probe right after connecting, and wait that long.
    pub connect: Option<Millis>,
    /// Probe before each request on a connection that was used before, and wait that long.
    pub prepost: Option<Millis>,
    /// Idle time after which maintenance probes; never without `timeout`.
    pub interval: Option<Seconds>,
}

/// `ping_mode`.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct PingMode {
    /// C: after connecting.
    pub connect: bool,
    /// P: before a request.
    pub prepost: bool,
    /// I: while idle.
    pub interval: bool,
}

/// `recovery_options`: what must not be tried again.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Recovery {
    bits: u32,
    given: bool,
}

impl Recovery {
    /// These bits, given by the administrator.
    pub const fn of(bits: u32) -> Self {
        Self { bits, given: true }
    }
    /// The bits; 0 if nothing is configured.
    pub const fn bits(self) -> u32 {
        self.bits
    }
    /// Nothing is configured. mod_jk has no such thing: it takes it for 0, by which everything is tried again.
    pub const fn is_default(self) -> bool {
        !self.given
    }
    /// Bit 1: not once Tomcat has the request.
    pub const fn stop_after_send(self) -> bool {
        self.bits & 1 != 0
    }
    /// Bit 2: not once Tomcat has sent headers.
    pub const fn stop_after_headers(self) -> bool {
        self.bits & 2 != 0
    }
    /// Bit 4: when the client leaves, cut Tomcat off rather than read what it still sends.
    pub const fn cut_on_abort(self) -> bool {
        self.bits & 4 != 0
    }
    /// Bit 8: HEAD is tried again in spite of bit 1.
    pub const fn retry_head(self) -> bool {
        self.bits & 8 != 0
    }
    /// Bit 16: GET is tried again in spite of bit 1.
    pub const fn retry_get(self) -> bool {
        self.bits & 16 != 0
    }
}

/// Bytes that no message shows.
#[derive(Clone, PartialEq, Eq)]
pub struct Secret(Text);

impl Secret {
    /// Takes the bytes.
    pub fn new(bytes: Text) -> Self {
        Self(bytes)
    }
    /// The bytes, for the one who sends them.
    pub fn reveal(&self) -> &[u8] {
        &self.0
    }
}

impl fmt::Debug for Secret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("(hidden)")
    }
}

impl AjpSpec {
    /// Reads a worker; `pool_size` is the default of its pool.
    pub(crate) fn read(name: &[u8], from: &Attributes<'_>, pool_size: u32) -> Self {
        let max_packet_size = packet_size(from);
        let retries = from.at_least(1, "retries", 2);
        let retry_interval = from.at_least(0, "retry_interval", 100);
        Self {
            name: name.into(),
            address: address(from),
            socket: socket(from, max_packet_size),
            max_packet_size,
            secret: from.text("secret").map(Secret::new),
            pool: pool(from, pool_size, retries.saturating_mul(retry_interval)),
            probe: probe(from),
            reply_timeout: from.positive("reply_timeout").map(Millis),
            retries,
            retry_interval: Millis(retry_interval),
            recovery: recovery(from),
            fail_on_status: from.list("fail_on_status").iter().map(|word| text::atoi(word)).collect(),
            busy_limit: from.positive("busy_limit"),
            mounts: Vec::new(),
        }
    }
}

fn recovery(from: &Attributes<'_>) -> Recovery {
    match from.int("recovery_options") {
        Some(bits) => Recovery::of(u32::try_from(bits).unwrap_or(0)),
        None => Recovery::default(),
    }
}

/// Rounded up to whole KiB, then brought into the limits.
fn packet_size(from: &Attributes<'_>) -> u32 {
    let asked = from.at_least(0, "max_packet_size", SMALLEST_PACKET).min(LARGEST_PACKET);
    asked.next_multiple_of(1024).clamp(SMALLEST_PACKET, LARGEST_PACKET)
}

fn address(from: &Attributes<'_>) -> AddressSpec {
    AddressSpec {
        host: from.text_or("host", "localhost"),
        port: port(from),
        source: from.text("source"),
        prefer_ipv6: from.flag("prefer_ipv6", false),
    }
}

/// mod_jk does not check the number: it uses the low 16 bits of a positive one.
fn port(from: &Attributes<'_>) -> u16 {
    let number = from.int("port").unwrap_or(DEFAULT_PORT).max(0) % (1 << 16);
    u16::try_from(number).unwrap_or(0)
}

fn socket(from: &Attributes<'_>, packet: u32) -> SocketSpec {
    let timeout = from.positive("socket_timeout");
    let connect = match from.int("socket_connect_timeout") {
        Some(_) => from.positive("socket_connect_timeout"),
        None => timeout.map(|seconds| seconds.saturating_mul(1000)),
    };
    SocketSpec {
        timeout: timeout.map(|seconds| Seconds(seconds.into())),
        connect_timeout: connect.map(Millis),
        keepalive: from.flag("socket_keepalive", false),
        buffer: from.positive("socket_buffer").map(|bytes| bytes.max(packet)),
    }
}

fn pool(from: &Attributes<'_>, default_size: u32, default_wait: u32) -> PoolSpec {
    let size = first_not_negative(from, "connection_pool_size", "cachesize").unwrap_or(default_size);
    let idle = first_not_negative(from, "connection_pool_timeout", "cache_timeout").unwrap_or(0);
    PoolSpec {
        size,
        min_size: from.at_least(0, "connection_pool_minsize", size.div_ceil(2)),
        idle_timeout: seconds(idle),
        acquire_timeout: Millis(from.at_least(0, "connection_acquire_timeout", default_wait)),
    }
}

/// The new name counts, and the old one if the new one is absent or negative.
fn first_not_negative(from: &Attributes<'_>, new: &str, old: &str) -> Option<u32> {
    [new, old].into_iter().filter_map(|name| from.int(name)).find_map(|number| u32::try_from(number).ok())
}

fn probe(from: &Attributes<'_>) -> ProbeSpec {
    let mode = from.text("ping_mode").map_or_else(PingMode::default, |letters| ping_mode(&letters));
    let timeout = Some(from.at_least(0, "ping_timeout", 10_000)).filter(|millis| *millis > 0);
    ProbeSpec {
        mode,
        timeout: timeout.map(Millis),
        connect: own_or(from.int("connect_timeout"), mode.connect, timeout).map(Millis),
        prepost: own_or(from.int("prepost_timeout"), mode.prepost, timeout).map(Millis),
        interval: own_or(
            from.int("connection_ping_interval"),
            mode.interval,
            timeout.map(|millis| millis / 100),
        )
        .filter(|_| timeout.is_some())
        .and_then(seconds),
    }
}

/// Unknown letters are skipped; A stands for all and ends the scan.
fn ping_mode(letters: &[u8]) -> PingMode {
    let mut mode = PingMode::default();
    for letter in letters {
        match letter.to_ascii_uppercase() {
            b'A' => return PingMode { connect: true, prepost: true, interval: true },
            b'C' => mode.connect = true,
            b'P' => mode.prepost = true,
            b'I' => mode.interval = true,
            _ => {}
        }
    }
    mode
}

/// A value of its own counts; exactly 0, or none, is filled by the mode; a negative one switches off in spite of it.
fn own_or(own: Option<i32>, mode: bool, by_mode: Option<u32>) -> Option<u32> {
    match own.unwrap_or(0) {
        0 => by_mode.filter(|_| mode),
        number => u32::try_from(number).ok(),
    }
}

fn seconds(number: u32) -> Option<Seconds> {
    (number > 0).then(|| Seconds(number.into()))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::properties::Properties;

    fn read(lines: &[&str]) -> AjpSpec {
        let mut properties = Properties::new();
        let file: String = lines.iter().map(|line| format!("worker.a.{line}\n")).collect();
        properties.read_file(file.as_bytes(), b"w", &|_| None, &mut Vec::new());
        AjpSpec::read(b"a", &Attributes::of(&properties, b"a"), 25)
    }

    #[test]
    fn nothing_asked_means_mod_jks_defaults() {
        let ajp = read(&[]);
        assert_eq!((&*ajp.address.host, ajp.address.port), (&b"localhost"[..], 8009));
        assert_eq!(
            ajp.socket,
            SocketSpec { timeout: None, connect_timeout: None, keepalive: false, buffer: None }
        );
        assert_eq!(
            ajp.pool,
            PoolSpec { size: 25, min_size: 13, idle_timeout: None, acquire_timeout: Millis(200) }
        );
        assert_eq!((ajp.probe.connect, ajp.probe.prepost, ajp.probe.interval), (None, None, None));
        assert_eq!(ajp.probe.timeout, Some(Millis(10_000)));
        assert_eq!((ajp.retries, ajp.retry_interval, ajp.reply_timeout), (2, Millis(100), None));
        assert_eq!((ajp.max_packet_size, ajp.busy_limit, ajp.recovery), (8192, None, Recovery::default()));
    }

    #[test]
    fn ports_lose_what_does_not_fit() {
        for (value, port) in [
            ("80", 80),
            ("87046", 21510),
            ("0", 0),
            ("-1", 0),
            ("65536", 0),
            ("abc", 8009),
            ("99999999999", 8009),
            ("8k", 8192),
        ] {
            assert_eq!(read(&[&format!("port={value}")]).address.port, port, "{value}");
        }
    }

    #[test]
    fn packets_are_rounded_up_to_whole_kib() {
        for (value, size) in [("1", 8192), ("8193", 9216), ("64k", 65536), ("1m", 65536), ("-5", 8192)] {
            assert_eq!(read(&[&format!("max_packet_size={value}")]).max_packet_size, size, "{value}");
        }
    }

    #[test]
    fn probes_follow_mode_and_timeouts() {
        let ms = |number| Some(Millis(number));
        let s = |number| Some(Seconds(number));
        for (lines, connect, prepost, interval) in [
            (&["ping_mode=CP"][..], ms(10_000), ms(10_000), None),
            (&["ping_mode=a"], ms(10_000), ms(10_000), s(100)),
            (&["ping_mode=xI", "ping_timeout=500"], None, None, s(5)),
            (&["ping_mode=A", "connect_timeout=7", "prepost_timeout=-1"], ms(7), None, s(100)),
            (&["connect_timeout=5", "connection_ping_interval=9"], ms(5), None, s(9)),
            (&["ping_mode=A", "ping_timeout=0", "connection_ping_interval=9"], None, None, None),
            (&["ping_mode=I", "ping_timeout=99"], None, None, None),
            (&["ping_mode=C", "connect_timeout=abc"], ms(10_000), None, None),
        ] {
            let probe = read(lines).probe;
            assert_eq!(
                (probe.connect, probe.prepost, probe.interval),
                (connect, prepost, interval),
                "{lines:?}"
            );
        }
    }

    #[test]
    fn old_names_of_the_pool_stand_in_for_absent_and_negative_new_ones() {
        for (lines, size, min, idle) in [
            (&["cachesize=7"][..], 7, 4, None),
            (&["cachesize=7", "connection_pool_size=3"], 3, 2, None),
            (&["cachesize=7", "connection_pool_size=-1"], 7, 4, None),
            (&["connection_pool_size=-1"], 25, 13, None),
            (&["connection_pool_size=0"], 0, 0, None),
            (&["cache_timeout=60", "connection_pool_minsize=0"], 25, 0, Some(Seconds(60))),
            (&["cache_timeout=60", "connection_pool_timeout=0"], 25, 13, None),
        ] {
            let pool = read(lines).pool;
            assert_eq!((pool.size, pool.min_size, pool.idle_timeout), (size, min, idle), "{lines:?}");
        }
    }

    #[test]
    fn waiting_for_a_connection_defaults_to_all_pauses() {
        for (lines, millis) in [
            (&["retries=5"][..], 500),
            (&["retry_interval=0"], 0),
            (&["retry_interval=-1"], 0),
            (&["connection_acquire_timeout=0"], 0),
            (&["connection_acquire_timeout=50"], 50),
            (&["retries=2147483647", "retry_interval=1000"], u32::MAX),
        ] {
            assert_eq!(read(lines).pool.acquire_timeout, Millis(millis), "{lines:?}");
        }
    }

    #[test]
    fn socket_limits_fill_each_other() {
        let socket = read(&["socket_timeout=3", "socket_buffer=100"]).socket;
        assert_eq!((socket.connect_timeout, socket.buffer), (Some(Millis(3000)), Some(8192)));
        let socket = read(&["socket_timeout=3", "socket_connect_timeout=0", "socket_buffer=-1"]).socket;
        assert_eq!((socket.connect_timeout, socket.buffer), (None, None));
    }

    #[test]
    fn failing_statuses_are_read_as_c_reads_numbers() {
        let ajp = read(&["fail_on_status=503z,-404 x", "fail_on_status=500", "secret=abc"]);
        assert_eq!(&*ajp.fail_on_status, [503, -404, 0, 500]);
        assert!(!format!("{ajp:?}").contains("abc"));
    }
}
