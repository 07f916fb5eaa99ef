//! A balancer as it was asked for, with its members.

use crate::balance::{Activation, Lock, Method};
use crate::config::ajp_spec::{AjpSpec, Secret};
use crate::config::attributes::Attributes;
use crate::config::mounts::Mounted;
use crate::text::Text;
use crate::time::{Millis, Seconds};

/// A worker of type `lb`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LbSpec {
    /// The worker's name.
    pub name: Text,
    /// In the order of `balance_workers`; at least one, their routes differ.
    pub members: Vec<MemberSpec>,
    /// Requests of a session go to the member of its route.
    pub sticky_session: bool,
    /// They fail rather than go elsewhere.
    pub sticky_session_force: bool,
    /// What is balanced.
    pub method: Method,
    /// How exactly.
    pub lock: Lock,
    /// Rounds over the members; at least 1.
    pub retries: u32,
    /// Most members tried in one round; at least 1.
    pub lb_retries: u32,
    /// Pause between rounds; 0 means none.
    pub retry_interval: Millis,
    /// How long a failed member is left alone; at least 1.
    pub recover_time: Seconds,
    /// Time between two probes of a failed member; `None` for no probes.
    pub probe_interval: Option<Seconds>,
    /// How long errors of some requests are no error of the member.
    pub error_escalation_time: Seconds,
    /// Reply timeouts that are no error of the member.
    pub max_reply_timeouts: u32,
    /// Cookie that carries session ids.
    pub session_cookie: Text,
    /// Path parameter that does, with its semicolon.
    pub session_path: Text,
    /// Send a cookie with the route to clients without a session.
    pub set_session_cookie: bool,
    /// PATH of that cookie.
    pub session_cookie_path: Text,
    /// The largest packet of its members, in bytes.
    pub max_packet_size: u32,
    /// Rules of `worker.NAME.mount`.
    pub mounts: Vec<Mounted>,
}

/// One member.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct MemberSpec {
    /// Its Tomcat; the balancer's secret has been filled in.
    pub ajp: AjpSpec,
    /// Share of the load; at least 1.
    pub factor: u32,
    /// Members of a smaller one are preferred.
    pub distance: i32,
    /// Its jvmRoute.
    pub route: Text,
    /// Its group; empty for none.
    pub domain: Text,
    /// Route of its preferred stand-in; empty for none.
    pub redirect: Text,
    /// What it may do at the start. A member without a port is stopped.
    pub activation: Activation,
}

impl LbSpec {
    /// Reads a balancer with members already read.
    pub(crate) fn read(name: &[u8], from: &Attributes<'_>, members: Vec<MemberSpec>) -> Self {
        let recover_time = from.at_least(1, "recover_time", 60);
        Self {
            name: name.into(),
            sticky_session: from.flag("sticky_session", true),
            sticky_session_force: from.flag("sticky_session_force", false),
            method: from.text("method").map_or_else(Method::default, |word| Method::parse(&word)),
            lock: from.text("lock").map_or_else(Lock::default, |word| Lock::parse(&word)),
            retries: from.at_least(1, "retries", 2),
            lb_retries: from.at_least(1, "lb_retries", 2),
            retry_interval: Millis(from.at_least(0, "retry_interval", 100)),
            recover_time: Seconds(recover_time.into()),
            probe_interval: Some(Seconds(from.at_least(0, "probe_interval", 1).into()))
                .filter(|interval| *interval > Seconds(0)),
            error_escalation_time: Seconds(
                from.at_least(0, "error_escalation_time", recover_time / 2).into(),
            ),
            max_reply_timeouts: from.at_least(0, "max_reply_timeouts", 0),
            session_cookie: from.text_or("session_cookie", "JSESSIONID"),
            session_path: from.text_or("session_path", ";jsessionid"),
            set_session_cookie: from.flag("set_session_cookie", false),
            session_cookie_path: from.text_or("session_cookie_path", "/"),
            max_packet_size: members.iter().map(|member| member.ajp.max_packet_size).max().unwrap_or(8192),
            members,
            mounts: Vec::new(),
        }
    }
}

impl MemberSpec {
    /// Reads a member; `secret` is the balancer's.
    pub(crate) fn read(name: &[u8], from: &Attributes<'_>, pool_size: u32, secret: Option<&Secret>) -> Self {
        let mut ajp = AjpSpec::read(name, from, pool_size);
        ajp.secret = ajp.secret.or_else(|| secret.cloned());
        let route = from.text("route").or_else(|| from.text("jvm_route")).unwrap_or_else(|| name.into());
        Self {
            factor: from.at_least(1, "lbfactor", 1),
            distance: from.int("distance").unwrap_or(0),
            domain: from.text("domain").unwrap_or_else(|| domain_of(&route)),
            route,
            redirect: from.text_or("redirect", ""),
            activation: activation(from, ajp.address.port),
            ajp,
        }
    }
}

/// What stands before the first dot of a route, if it has one.
fn domain_of(route: &[u8]) -> Text {
    crate::text::split_once(route, b'.').map_or_else(Text::default, |(domain, _)| domain.into())
}

fn activation(from: &Attributes<'_>, port: u16) -> Activation {
    if port == 0 {
        return Activation::Stopped;
    }
    match from.entry("activation") {
        Some(entry) => Activation::parse(&entry.value),
        None if from.flag("stopped", false) => Activation::Stopped,
        None if from.flag("disabled", false) => Activation::Disabled,
        None => Activation::Active,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::properties::Properties;

    fn member(lines: &[&str]) -> MemberSpec {
        let mut properties = Properties::new();
        let file: String = lines.iter().map(|line| format!("worker.a.{line}\n")).collect();
        properties.read_file(file.as_bytes(), b"w", &|_| None, &mut Vec::new());
        let secret = Secret::new(b"lb's"[..].into());
        MemberSpec::read(b"a", &Attributes::of(&properties, b"a"), 1, Some(&secret))
    }

    #[test]
    fn a_member_may_be_switched_in_the_old_way_too() {
        for (lines, activation) in [
            (&[][..], Activation::Active),
            (&["activation=d"], Activation::Disabled),
            (&["activation=Stop"], Activation::Stopped),
            (&["activation=x"], Activation::Active),
            (&["disabled=true"], Activation::Disabled),
            (&["disabled=true", "stopped=1"], Activation::Stopped),
            (&["stopped=1", "activation=a"], Activation::Active),
            (&["port=0", "activation=a"], Activation::Stopped),
        ] {
            assert_eq!(member(lines).activation, activation, "{lines:?}");
        }
    }

    #[test]
    fn the_route_is_the_name_unless_said_otherwise_and_its_first_part_the_domain() {
        for (lines, route, domain) in [
            (&[][..], "a", ""),
            (&["route=r"], "r", ""),
            (&["jvm_route=j"], "j", ""),
            (&["route=r", "jvm_route=j"], "r", ""),
            (&["route=east.r.1"], "east.r.1", "east"),
            (&["route=east.r", "domain=west"], "east.r", "west"),
        ] {
            let member = member(lines);
            assert_eq!((&*member.route, &*member.domain), (route.as_bytes(), domain.as_bytes()), "{lines:?}");
        }
    }

    #[test]
    fn a_member_without_a_secret_gets_the_balancers() {
        let secret = |lines: &[&str]| member(lines).ajp.secret.map(|secret| secret.reveal().to_vec());
        assert_eq!(secret(&[]), Some(b"lb's".to_vec()));
        assert_eq!(secret(&["secret=mine"]), Some(b"mine".to_vec()));
    }

    #[test]
    fn half_of_the_recovery_time_is_the_default_escalation() {
        for (lines, recover, escalation) in [
            (&[][..], 60, 30),
            (&["recover_time=1"], 1, 0),
            (&["recover_time=0"], 1, 0),
            (&["recover_time=90", "error_escalation_time=0"], 90, 0),
        ] {
            let mut properties = Properties::new();
            let file: String = lines.iter().map(|line| format!("worker.a.{line}\n")).collect();
            properties.read_file(file.as_bytes(), b"w", &|_| None, &mut Vec::new());
            let lb = LbSpec::read(b"a", &Attributes::of(&properties, b"a"), Vec::new());
            assert_eq!(
                (lb.recover_time, lb.error_escalation_time),
                (Seconds(recover), Seconds(escalation)),
                "{lines:?}"
            );
        }
    }
}
