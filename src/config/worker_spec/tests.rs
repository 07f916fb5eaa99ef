#![allow(clippy::unwrap_used, clippy::indexing_slicing, clippy::panic)]

use super::*;
use crate::config::diagnostic::Diagnostic;
use crate::config::diagnostic::Severity;
use crate::config::properties::Properties;
use crate::config::worker_keys::{Kind, Role, Standing, TABLE};
use crate::text;

fn workers(file: &str) -> (Workers, Vec<Diagnostic>) {
    let (mut properties, mut out) = (Properties::new(), Vec::new());
    properties.read_file(file.as_bytes(), b"w", &|_| None, &mut out);
    properties.resolve_references(&mut out);
    let (workers, more) = build(&properties, &Defaults { pool_size: 25 });
    out.extend(more);
    (workers, out)
}

fn names(workers: &Workers) -> Vec<String> {
    workers.workers.iter().map(|worker| text::show(worker.name()).to_string()).collect()
}

#[test]
fn a_sticky_pair_is_read_without_a_word() {
    let (workers, out) = workers(
        "worker.list=lb,jkstatus\n\
         worker.template.type=ajp13\nworker.template.ping_mode=A\nworker.template.socket_timeout=10\n\
         worker.node1.reference=worker.template\nworker.node1.host=10.0.0.1\nworker.node1.route=n1\n\
         worker.node2.reference=worker.template\nworker.node2.host=10.0.0.2\nworker.node2.activation=d\n\
         worker.lb.type=lb\nworker.lb.balance_workers=node1 node2\nworker.lb.secret=x\nworker.lb.mount=/app /app/*\n\
         worker.jkstatus.type=status\n",
    );
    assert_eq!(out, []);
    assert_eq!(names(&workers), ["lb", "jkstatus"]);
    assert_eq!(workers.maintain, Some(Seconds(60)));
    let lb = workers.balancers().next().unwrap();
    assert_eq!(lb.mounts.len(), 2);
    assert!(lb.mounts.iter().all(|one| one.place == Some(crate::config::diagnostic::Place::new(b"w", 14))));
    let (first, second) = (&lb.members[0], &lb.members[1]);
    assert_eq!((&*first.route, &*second.route), (&b"n1"[..], &b"node2"[..]));
    assert_eq!(second.ajp.socket.timeout, Some(Seconds(10)));
    assert_eq!(second.ajp.secret.as_ref().unwrap().reveal(), b"x");
    assert_eq!(workers.get(b"jkstatus").unwrap().type_name(), "status");
}

#[test]
fn without_a_list_there_is_one_implicit_worker() {
    for file in ["", "worker.list=", "worker.list=,", "worker.a.host=x"] {
        let (workers, out) = workers(file);
        assert_eq!(names(&workers), ["ajp13"], "{file}");
        assert!(out.iter().any(|one| one.message.contains("worker.list is missing")), "{file}: {out:?}");
        assert!(out.iter().all(|one| one.severity != Severity::Error), "{file}: {out:?}");
    }
}

#[test]
fn a_name_listed_twice_is_one_worker() {
    let (workers, out) = workers("worker.list=a,b,a\nworker.a.port=1\nworker.b.port=1");
    assert_eq!(names(&workers), ["a", "b"]);
    assert!(out.iter().any(|one| one.message == "worker.list names \"a\" twice"), "{out:?}");
}

#[test]
fn the_balancers_secret_does_not_reach_another_balancer() {
    let (workers, _) = workers(
        "worker.list=x,y\nworker.x.type=lb\nworker.x.balance_workers=m\nworker.x.secret=s\n\
         worker.y.type=lb\nworker.y.balance_workers=m\nworker.m.port=1",
    );
    let secrets: Vec<_> = workers.balancers().map(|lb| lb.members[0].ajp.secret.is_some()).collect();
    assert_eq!(secrets, [true, false]);
}

#[test]
fn a_balancer_sends_packets_as_large_as_its_largest_member() {
    let (workers, _) = workers(
        "worker.list=x\nworker.x.type=lb\nworker.x.balance_workers=m,n\nworker.m.port=1\n\
         worker.n.max_packet_size=20k",
    );
    assert_eq!(workers.balancers().next().unwrap().max_packet_size, 20480);
}

#[test]
fn maintenance_can_be_switched_off() {
    for (value, seconds) in [("0", None), ("-1", None), ("60*30", Some(60)), ("x", Some(60)), ("5", Some(5))]
    {
        let (workers, _) = workers(&format!("worker.list=a\nworker.a.port=1\nworker.maintain={value}"));
        assert_eq!(workers.maintain, seconds.map(Seconds), "{value}");
    }
}

/// Something other than the default.
fn sample(kind: Kind, name: &str) -> &'static str {
    match (kind, name) {
        (_, "max_packet_size") => "64k",
        (_, "port") => "8010",
        (_, "sticky_session") => "false",
        (Kind::Number { .. }, _) => "7",
        (Kind::Flag, _) => "true",
        (Kind::Letter(_), _) => "s",
        (Kind::Letters(_), _) => "A",
        (_, "lock") => "p",
        (_, "mount") => "/x",
        (Kind::Numbers, _) => "500",
        (Kind::Text | Kind::Name | Kind::Word(_) | Kind::List | Kind::Ignored, _) => "x",
    }
}

#[test]
fn every_property_of_the_table_reaches_a_spec() {
    let base = "worker.list=a,l,s\nworker.l.type=lb\nworker.l.balance_workers=m\nworker.s.type=status\n\
                worker.a.host=h\nworker.m.host=h\nworker.o.type=ajp13\n";
    let (plain, _) = workers(base);
    for key in TABLE.iter().filter(|key| key.kind != Kind::Ignored) {
        // These three shape the others; secretkey belongs to ajp14, which is refused; files are read by the host.
        if matches!(
            key.name,
            "list" | "type" | "reference" | "secretkey" | "secret_file" | "balanced_workers"
        ) {
            continue;
        }
        for role in key.applies_to {
            let worker = match role {
                Role::Global => "worker.",
                Role::Ajp => "worker.a.",
                Role::Member => "worker.m.",
                Role::Lb => "worker.l.",
                Role::Status => "worker.s.",
            };
            let value = if key.name == "lock" { "p" } else { sample(key.kind, key.name) };
            let (changed, out) = workers(&format!("{base}{worker}{}={value}\n", key.name));
            assert_ne!(changed, plain, "{worker}{}={value} {out:?}", key.name);
        }
    }
}

#[test]
fn defaults_of_the_table_are_those_of_the_specs() {
    let base = "worker.list=a,l,s\nworker.l.type=lb\nworker.l.balance_workers=m\nworker.s.type=status\n\
                worker.a.port=8009\nworker.m.port=8009\n";
    let (plain, _) = workers(base);
    for key in TABLE.iter().filter(|key| key.standing == Standing::Current) {
        let sure = !matches!(key.kind, Kind::Text | Kind::Name | Kind::Word(_)) && !key.default.contains(' ');
        let known =
            ["host", "session_cookie", "session_path", "session_cookie_path", "prefix", "ns", "xmlns"];
        let unset = ["none", "socket_timeout", "everybody"];
        if !(sure || known.contains(&key.name)) || unset.contains(&key.default) || key.name == "list" {
            continue;
        }
        for role in key.applies_to {
            let worker = match role {
                Role::Global => "worker.",
                Role::Ajp => "worker.a.",
                Role::Member => "worker.m.",
                Role::Lb => "worker.l.",
                Role::Status => "worker.s.",
            };
            let (same, _) = workers(&format!("{base}{worker}{}={}\n", key.name, key.default));
            assert_eq!(same, plain, "{worker}{}={}", key.name, key.default);
        }
    }
}
