//! The properties themselves.

use super::{Key, Kind, Repeat, Role, Standing, Unit};

const AJP: &[Role] = &[Role::Ajp];
const AJP_LB: &[Role] = &[Role::Ajp, Role::Lb];
const MEMBER: &[Role] = &[Role::Member];
const LB: &[Role] = &[Role::Lb];
const STATUS: &[Role] = &[Role::Status];
const GLOBAL: &[Role] = &[Role::Global];
const ANY: &[Role] = &[Role::Ajp, Role::Lb, Role::Status];

const COUNT: Kind = Kind::Number { low: 0, high: i32::MAX };
const FROM_1: Kind = Kind::Number { low: 1, high: i32::MAX };
const OR_OFF: Kind = Kind::Number { low: -1, high: i32::MAX };

/// All properties, in the order of the reference page.
pub const TABLE: &[Key] = &[
    // The module.
    key("list", GLOBAL, Kind::List, "ajp13", "The workers that exist and can be mounted; others are only members"),
    key("maintain", GLOBAL, COUNT, "60", "Shortest time between two rounds of maintenance; 0 switches it off")
        .unit(Unit::Seconds).joined(b'*'),
    // Every worker.
    key("type", ANY, Kind::Word(&["ajp13", "lb", "status"]), "ajp13", "What the worker is")
        .once().range("ajp13, lb or status")
        .differs("`ajp12` and `ajp14` exist (D49)"),
    key("reference", ANY, Kind::Text, "none", "A prefix such as worker.template whose properties hold here too")
        .once().range("a prefix without its last dot"),
    key("mount", ANY, Kind::List, "none", "Patterns of URIs mapped to the worker in the main server")
        .range("patterns that begin with a slash"),
    // Where Tomcat is.
    key("host", AJP, Kind::Name, "localhost", "Name or address of the Tomcat; no port and no brackets").once()
        .differs("of several addresses only the first is tried (D35)"),
    key("port", AJP, Kind::Number { low: 1, high: 65535 }, "8009", "Port of Tomcat's AJP connector")
        .once().range("1 to 65535; 0 for no contact"),
    key("source", AJP, Kind::Name, "none", "Local address from which connections are made").once(),
    key("prefer_ipv6", AJP, Kind::Flag, "false", "Take an IPv6 address if the host has addresses of both kinds").once(),
    key("socket_timeout", AJP, COUNT, "0", "Longest wait for one read or write on the connection; 0 for no limit. Where there is a reply_timeout, that one counts until a packet begins")
        .once().unit(Unit::Seconds)
        .differs("sending is not bounded (D17)"),
    key("socket_connect_timeout", AJP, COUNT, "socket_timeout", "Longest wait for the TCP connection; 0 for no limit")
        .once().unit(Unit::Millis),
    key("socket_keepalive", AJP, Kind::Flag, "false", "Let the system probe idle connections").once(),
    key("socket_buffer", AJP, COUNT, "the system's", "Size of the socket's buffers, at least max_packet_size")
        .once().unit(Unit::Bytes),
    key("max_packet_size", AJP, Kind::Number { low: 8192, high: 65536 }, "8192",
        "Largest AJP packet; must equal packetSize of Tomcat's connector")
        .once().unit(Unit::Bytes).range("8192 to 65536, rounded up to a multiple of 1024"),
    key("secret", AJP_LB, Kind::Text, "none",
        "What Tomcat's connector demands of each request, and answers 403 without; on a balancer, for members without their own").once(),
    key("secret_file", AJP_LB, Kind::Text, "none",
        "A file whose first line is the secret, relative to ServerRoot; read at each start and restart").once()
        .range("name of a file; not together with secret")
        .differs("unknown there (D95)"),
    key("secretkey", AJP, Kind::Text, "none", "The secret of an ajp14 login; of no use with ajp13").joined(b'*'),
    // The pool.
    key("connection_pool_size", AJP, FROM_1, "threads of a child process",
        "Most connections of one child process").once(),
    key("cachesize", AJP, FROM_1, "none", "Old name of connection_pool_size").once().instead("connection_pool_size"),
    key("connection_pool_minsize", AJP, COUNT, "half of the pool, rounded up",
        "Idle connections are kept while no more than this many are open").once(),
    key("connection_pool_timeout", AJP, COUNT, "0", "Idle time after which a connection is closed; 0 for never")
        .once().unit(Unit::Seconds),
    key("cache_timeout", AJP, COUNT, "none", "Old name of connection_pool_timeout")
        .once().unit(Unit::Seconds).instead("connection_pool_timeout"),
    key("connection_acquire_timeout", AJP, COUNT, "retries times retry_interval",
        "Longest wait for a free connection; 0 for none").once().unit(Unit::Millis)
        .differs("0 makes every request fail (D18); whoever waits looks each 100 ms (D34)"),
    key("recycle_timeout", &[], Kind::Ignored, "none", "Accepted without effect").once().gone(),
    // Probing.
    key("ping_mode", AJP, Kind::Letters("CPIA"), "none",
        "When connections are probed: C after connecting, P before a request, I while idle, A all of these").once().range("any of the letters C, P, I, A")
        ,
    key("ping_timeout", AJP, COUNT, "10000", "Longest wait for the answer to a probe").once().unit(Unit::Millis)
        .differs("half an answer is waited for without end (D17)"),
    key("connect_timeout", AJP, OR_OFF, "0; ping_timeout with mode C",
        "Longest wait for the answer to a probe right after connecting; negative for no probe").once().unit(Unit::Millis),
    key("prepost_timeout", AJP, OR_OFF, "0; ping_timeout with mode P",
        "Longest wait for the answer to a probe before a request; negative for no probe").once().unit(Unit::Millis),
    key("connection_ping_interval", AJP, COUNT, "0; a hundredth of ping_timeout with mode I",
        "Time without a sign of life after which maintenance probes an idle connection; 0 for never")
        .once().unit(Unit::Seconds)
        .differs("without connection_pool_timeout each round of maintenance probes all; requests wait meanwhile (D25)"),
    // One request.
    key("reply_timeout", AJP, COUNT, "0", "Longest wait for each packet of a reply; 0 for no limit")
        .once().unit(Unit::Millis)
        .differs("a packet that drips is waited for without end (D17)"),
    key("retries", AJP_LB, FROM_1, "2", "Attempts of one request at this worker; on a balancer, rounds over its members")
        .once(),
    key("retry_interval", AJP_LB, COUNT, "100", "Pause before a further attempt or round; 0 for none")
        .once().unit(Unit::Millis)
        .differs("0 makes every request fail (D18)"),
    key("recovery_options", AJP, Kind::Number { low: 0, high: 31 }, "none",
        "None: like 0, but a POST that Tomcat may have executed is not sent again. Sum of: 1 no retry once Tomcat has the request, 2 nor once it sent headers, 4 cut Tomcat off when the client \
         leaves, 8 retry HEAD all the same, 16 retry GET all the same").once()
        .differs("where it is not set 0 counts, and a POST may run twice (D59); it sends again even when the client has seen a part of the reply (D1)"),
    key("fail_on_status", AJP, Kind::Numbers, "none",
        "Status codes of a reply that count as a failure; with a minus sign the worker is not put into error for it")
        .range("status codes, each perhaps with a minus sign"),
    key("busy_limit", AJP, COUNT, "0", "Most requests at once over all child processes; 0 for no limit").once()
        .differs("a killed child leaves its requests counted for ever (D14)"),
    // Part of a balancer.
    key("lbfactor", MEMBER, FROM_1, "1", "Share of the load, relative to the other members").once()
        .differs("odd factors can overflow (D39)"),
    key("distance", MEMBER, Kind::Number { low: i32::MIN, high: i32::MAX }, "0",
        "Members of a smaller distance are preferred").joined(b'*'),
    key("route", MEMBER, Kind::Name, "name of the worker", "The member's jvmRoute, as it stands in session ids").once(),
    key("jvm_route", MEMBER, Kind::Name, "none", "Old name of route").once().instead("route"),
    key("domain", MEMBER, Kind::Name, "the route up to its first dot",
        "Group of members that share sessions").once(),
    key("redirect", MEMBER, Kind::Name, "none", "Route of the member that takes over first").once(),
    key("activation", MEMBER, Kind::Letter("ads012"), "active",
        "Active, disabled (only requests of its sessions) or stopped (none)").once().range("active, disabled or stopped"),
    key("disabled", MEMBER, Kind::Flag, "false", "Old form of activation=disabled").once().instead("activation"),
    key("stopped", MEMBER, Kind::Flag, "false", "Old form of activation=stopped").once().instead("activation"),
    // Balancer.
    key("balance_workers", LB, Kind::List, "none, required", "The members"),
    key("balanced_workers", LB, Kind::List, "none", "Old name of balance_workers").joined(b'*').instead("balance_workers"),
    key("sticky_session", LB, Kind::Flag, "true", "Requests of a session go to the member of its route").once(),
    key("sticky_session_force", LB, Kind::Flag, "false", "Requests of a session fail rather than move to another member")
        .once(),
    key("method", LB, Kind::Letter("rtbsn01234"), "request",
        "What is balanced: request, traffic, busyness, session, next").once().range("request, traffic, busyness, session or next")
        .differs("`busyness` counts steps instead of open requests (D37)"),
    key("lock", LB, Kind::Letter("op01"), "optimistic", "How exactly members are counted: optimistic, pessimistic").once().range("optimistic or pessimistic")
        .differs("pessimistic locks a file several times for each attempt; here both count exactly, without a lock (D107)"),
    key("lb_retries", LB, FROM_1, "2", "Most members tried in one round").once(),
    key("recover_time", LB, FROM_1, "60", "Longest time before a request tries a failed member again")
        .once().unit(Unit::Seconds),
    key("probe_interval", LB, COUNT, "1",
        "Time between two probes of a member that could not be reached or broke off; the next request tries it once it \
         answers; 0 for no probes")
        .once().unit(Unit::Seconds)
        .differs("unknown there; only `recover_time` brings a member back (D94)"),
    key("error_escalation_time", LB, COUNT, "half of recover_time",
        "Time before an error of some requests counts for the member as a whole; 0 at once").once().unit(Unit::Seconds),
    key("max_reply_timeouts", LB, COUNT, "0", "Reply timeouts a member may have before it counts as failed").once(),
    key("session_cookie", LB, Kind::Name, "JSESSIONID", "Cookie that carries the session id").once(),
    key("session_path", LB, Kind::Name, ";jsessionid", "Path parameter that carries it, with its semicolon").once(),
    key("set_session_cookie", LB, Kind::Flag, "false", "Send a cookie with the route to clients that have no session").once()
        .differs("after a failover the client gets two (D16)"),
    key("session_cookie_path", LB, Kind::Name, "/", "PATH of that cookie").once()
        .differs("that of a rule is not used (D16)"),
    // Status page.
    key("css", STATUS, Kind::Text, "none", "URL of a style sheet").once(),
    key("read_only", STATUS, Kind::Flag, "false", "Refuse every change").once(),
    key("user", STATUS, Kind::List, "everybody", "Who may see the page"),
    key("user_case_insensitive", STATUS, Kind::Flag, "false", "Compare user names regardless of case").once(),
    key("good", STATUS, Kind::List, "a.o,a.i,a.b,a.r", "What members count as good: activation, state, or both with a dot"),
    key("bad", STATUS, Kind::List, "e,s", "What members count as bad"),
    key("prefix", STATUS, Kind::Text, "worker", "First part of the names in the properties format").once(),
    key("ns", STATUS, Kind::Text, "jk:", "Prefix of XML elements, with its colon; - for none").once(),
    key("xmlns", STATUS, Kind::Text, "xmlns:jk=\"http://tomcat.apache.org\"",
        "Name space attribute of the XML root; - for none").once(),
    key("doctype", STATUS, Kind::Text, "none", "Line after the XML declaration").once(),
    // Of no use any more.
    ignored("sysprops"),
    ignored("stderr"),
    ignored("stdout"),
    ignored("mx"),
    ignored("ms"),
    ignored("class_path").joined(b':'),
    ignored("bridge"),
    ignored("jvm_lib"),
    ignored("ld_path").joined(b':'),
    ignored("cmd_line").joined(b' '),
    ignored("native_lib"),
    ignored("local_worker").once(),
    ignored("local_worker_only").once(),
];

/// A current property; lists are joined with commas.
const fn key(
    name: &'static str,
    applies_to: &'static [Role],
    kind: Kind,
    default: &'static str,
    help: &'static str,
) -> Key {
    let (repeat, standing) = (Repeat::Join(b','), Standing::Current);
    Key {
        name,
        applies_to,
        kind,
        unit: Unit::None,
        default,
        range: range(kind),
        help,
        differs: "",
        repeat,
        standing,
    }
}

const fn ignored(name: &'static str) -> Key {
    key(name, &[], Kind::Ignored, "none", "Accepted without effect").joined(b'*').gone()
}

const fn range(kind: Kind) -> &'static str {
    match kind {
        Kind::Number { low: 0, high: 31 } => "0 to 31",
        Kind::Number { low: 0, .. } => "a number from 0",
        Kind::Number { low: 1, .. } => "a number from 1",
        Kind::Number { .. } => "a number",
        Kind::Flag => "true or false",
        Kind::Text | Kind::Ignored => "any text",
        Kind::Name => "a text of at most 63 bytes",
        Kind::Word(_) => "a word",
        Kind::Letter(_) => "a word, known by its first letter",
        Kind::Letters(_) => "a mix of letters",
        Kind::List => "words separated by blanks or commas",
        Kind::Numbers => "numbers separated by blanks or commas",
    }
}

impl Key {
    const fn once(self) -> Self {
        Self { repeat: Repeat::Replace, ..self }
    }

    const fn joined(self, with: u8) -> Self {
        Self { repeat: Repeat::Join(with), ..self }
    }

    const fn unit(self, unit: Unit) -> Self {
        Self { unit, ..self }
    }

    const fn range(self, range: &'static str) -> Self {
        Self { range, ..self }
    }

    const fn differs(self, differs: &'static str) -> Self {
        Self { differs, ..self }
    }

    const fn instead(self, name: &'static str) -> Self {
        Self { standing: Standing::Replaced(name), ..self }
    }

    const fn gone(self) -> Self {
        Self { standing: Standing::Gone, ..self }
    }
}
