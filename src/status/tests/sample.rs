//! Values that tests of this room share: the status workers and the report behind `tests/recorded/status`.

use core::net::SocketAddr;

use crate::balance::{Activation, Lock, Method, State};
use crate::config::worker_spec::StatusSpec;
use crate::status::report::*;
use crate::text::Text;
use crate::time::Seconds;
use crate::uri::Source;

pub(super) fn text(text: &str) -> Text {
    text.as_bytes().into()
}

fn list(list: &str) -> Vec<Text> {
    list.split(',').map(text).collect()
}

/// A status worker without any properties.
pub(in crate::status) fn spec() -> StatusSpec {
    StatusSpec {
        name: text("st"),
        css: None,
        read_only: false,
        users: Vec::new(),
        user_case_insensitive: false,
        good: list("a.o,a.i,a.b,a.r"),
        bad: list("e,s"),
        prefix: text("worker"),
        ns: text("jk:"),
        xmlns: text("xmlns:jk=\"http://tomcat.apache.org\""),
        doctype: None,
        mounts: Vec::new(),
    }
}

/// The status worker `own` of the recorded server.
pub(super) fn own() -> StatusSpec {
    StatusSpec {
        ns: text(""),
        xmlns: text(""),
        doctype: Some(text("<!DOCTYPE status>")),
        prefix: text("jk"),
        good: list("a,d"),
        bad: list("s"),
        ..spec()
    }
}

/// Its status worker `closed`.
pub(super) fn closed() -> StatusSpec {
    StatusSpec { users: list("alice,bob"), ..spec() }
}

const RESET: Seconds = Seconds(1_795_375_405);

const fn at(unix: u64) -> Moment {
    Moment { unix: Seconds(unix), offset: 0 }
}

/// What the recorded server had to tell.
pub(super) fn report() -> Report {
    Report {
        server_name: text("www.example.com"),
        server_port: 80,
        now: at(1_795_375_406),
        web_server: text("Apache/2.4 mod_jk/1.2.48"),
        jk_version: text("mod_jk/1.2.48"),
        maintain: Seconds(60),
        balancers: vec![lb()],
        ajp_workers: vec![solo(), gone()],
        configuration: configuration(),
    }
}

fn lb() -> LbReport {
    LbReport {
        name: text("lb"),
        sticky_session: true,
        retries: 2,
        retry_interval: 100,
        recover_time: 30,
        error_escalation_time: 15,
        method: Method::Session,
        lock: Lock::Optimistic,
        members: vec![m1(), m2(), m3()],
        max_busy: 1,
        maintained: Some(RESET),
        last_reset: RESET,
        map_count: 9,
        maps: lb_maps(),
        ..LbReport::default()
    }
}

fn connection(name: &str, port: u16) -> AjpCommon {
    AjpCommon {
        name: text(name),
        host: text("127.0.0.1"),
        port,
        address: Address::Known(SocketAddr::from(([127, 0, 0, 1], port))),
        ping_timeout: 10000,
        retries: 2,
        retry_interval: 100,
        max_packet_size: 8192,
        max_busy: 1,
        last_reset: RESET,
        ..AjpCommon::default()
    }
}

fn m1() -> MemberReport {
    MemberReport {
        ajp: AjpCommon {
            transferred: 1236,
            read: 204,
            connected: 1,
            max_connected: 1,
            ..connection("m1", 22001)
        },
        state: State::Ok,
        factor: 1,
        route: text("r1"),
        domain: text("east"),
        mult: 6,
        value: 18,
        elected: 4,
        sessions: 3,
        ..MemberReport::default()
    }
}

fn m2() -> MemberReport {
    MemberReport {
        ajp: AjpCommon {
            transferred: 1236,
            read: 102,
            connected: 1,
            max_connected: 1,
            ..connection("m2", 22002)
        },
        activation: Activation::Disabled,
        state: State::Ok,
        factor: 2,
        route: text("m2"),
        redirect: text("r1"),
        mult: 3,
        elected: 2,
        ..MemberReport::default()
    }
}

fn m3() -> MemberReport {
    MemberReport {
        ajp: AjpCommon { reply_timeout: 60000, ..connection("m3", 22003) },
        state: State::Error,
        factor: 3,
        route: text("m3"),
        distance: 1,
        mult: 2,
        elected: 1,
        errors: 1,
        first_error: Some(at(1_795_375_405)),
        last_error: Some(RESET),
        ..MemberReport::default()
    }
}

fn solo() -> AjpReport {
    AjpReport {
        ajp: AjpCommon {
            connection_pool_timeout: 600,
            busy_limit: 7,
            transferred: 1236,
            read: 53,
            connected: 1,
            max_connected: 1,
            ..connection("solo", 22004)
        },
        state: State::Ok,
        used: 1,
        map_count: 2,
        maps: twice(&map("/solo")),
        ..AjpReport::default()
    }
}

fn gone() -> AjpReport {
    AjpReport {
        ajp: AjpCommon { retries: 1, ..connection("gone", 22005) },
        state: State::Error,
        used: 1,
        errors: 1,
        last_error: Some(at(1_795_375_405)),
        map_count: 2,
        maps: twice(&map("/gone")),
    }
}

fn map(uri: &str) -> MapReport {
    MapReport {
        server: text("www.example.com"),
        uri: text(uri),
        matching: if uri.contains('*') { Matching::Wildcard } else { Matching::Exact },
        unmount: false,
        disabled: false,
        source: Source::Directive,
        reply_timeout: -1,
        sticky_ignore: false,
        stateless: false,
        fail_on_status: text(""),
        active: text(""),
        disabled_members: text(""),
        stopped_members: text(""),
        use_server_errors: 0,
    }
}

fn lb_maps() -> Vec<MapReport> {
    let main = [
        MapReport {
            reply_timeout: 30000,
            sticky_ignore: true,
            stateless: true,
            fail_on_status: text("500,-503"),
            active: text("m1"),
            disabled_members: text("m2"),
            stopped_members: text("m3"),
            use_server_errors: 400,
            ..map("/app/status/*.do")
        },
        MapReport { unmount: true, ..map("/app/static/*") },
        MapReport { source: Source::File, ..map("/fromfile/*") },
        map("/app/*"),
    ];
    let extra = MapReport { server: text("other.example [*:8080]"), ..map("/extra/*") };
    let copied = main.iter().map(in_virtual_host).collect::<Vec<_>>();
    main.into_iter().chain([extra]).chain(copied).collect()
}

fn twice(map: &MapReport) -> Vec<MapReport> {
    vec![map.clone(), in_virtual_host(map)]
}

fn in_virtual_host(map: &MapReport) -> MapReport {
    MapReport { server: text("www.example.com [*:8080]"), ..map.clone() }
}

fn configuration() -> Vec<(Text, Text)> {
    let pair = |line: &str| {
        let (key, value) = line.split_once('=').unwrap_or_default();
        (text(key), text(value))
    };
    CONFIGURATION.lines().map(pair).collect()
}

const CONFIGURATION: &str = "\
ServerRoot=/srv/httpd
worker.list=lb,st,solo,gone,own,closed
worker.st.type=status
worker.lb.type=lb
worker.lb.balance_workers=m1,m2,m3
worker.lb.recover_time=30
worker.lb.method=S
worker.m1.type=ajp13
worker.m1.host=127.0.0.1
worker.m1.port=22001
worker.m1.lbfactor=1
worker.m1.route=r1
worker.m1.domain=east
worker.m2.type=ajp13
worker.m2.host=127.0.0.1
worker.m2.port=22002
worker.m2.lbfactor=2
worker.m2.activation=D
worker.m2.redirect=r1
worker.m3.type=ajp13
worker.m3.host=127.0.0.1
worker.m3.port=22003
worker.m3.lbfactor=3
worker.m3.distance=1
worker.m3.reply_timeout=60000
worker.solo.type=ajp13
worker.solo.host=127.0.0.1
worker.solo.port=22004
worker.solo.secret=hush
worker.solo.connection_pool_timeout=600
worker.solo.busy_limit=7
worker.gone.type=ajp13
worker.gone.host=127.0.0.1
worker.gone.port=22005
worker.gone.retries=1
worker.own.type=status
worker.own.ns=-
worker.own.xmlns=-
worker.own.doctype=<!DOCTYPE status>
worker.own.prefix=jk
worker.own.good=a,d
worker.own.bad=s
worker.closed.type=status
worker.closed.user=alice,bob";
