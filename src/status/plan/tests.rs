use super::super::LbChange;
use super::*;
use crate::balance::{Activation, Lock, Method};
use crate::time::{Millis, Seconds};

fn text(s: &str) -> Text {
    s.as_bytes().into()
}

fn inventory() -> Inventory {
    let members = [("m1", "r1"), ("m2", "r2"), ("x3", "")].map(|(name, route)| (text(name), text(route)));
    Inventory(vec![
        (text("lb"), Listed::Lb(members.to_vec())),
        (text("solo"), Listed::Ajp),
        (text("st"), Listed::Status),
    ])
}

fn ask(query: &str) -> Result<Plan, Refusal> {
    let mut parameters = Parameters::default();
    parameters.read(query.as_bytes()).unwrap();
    let given = |key: &str| parameters.get(key).map(Text::from);
    let command = Command {
        kind: Kind::parse(parameters.get("cmd").unwrap_or(b"list")).unwrap(),
        mime: super::super::Mime::Text,
        worker: given("w"),
        member: given("sw"),
        attribute: given("att"),
        refresh: 0,
        options: super::super::Options(0),
        from: Kind::List,
        previous: None,
        parameters,
    };
    plan(&command, &inventory())
}

fn lb_changes(query: &str) -> Vec<LbChange> {
    match ask(&format!("cmd=update&w=lb&{query}")) {
        Ok(Plan::Do(Action::UpdateLb { changes, .. })) => changes,
        other => panic!("{query}: {other:?}"),
    }
}

fn member_changes(query: &str) -> Vec<MemberChange> {
    match ask(&format!("cmd=update&w=lb&sw=m1&{query}")) {
        Ok(Plan::Do(Action::UpdateMembers { mut members, .. })) => members.remove(0).1,
        other => panic!("{query}: {other:?}"),
    }
}

fn ajp_changes(query: &str) -> Vec<AjpChange> {
    match ask(&format!("cmd=update&w=solo&{query}")) {
        Ok(Plan::Do(Action::UpdateAjp { changes, .. })) => changes,
        other => panic!("{query}: {other:?}"),
    }
}

#[test]
fn commands_find_their_workers_or_say_what_is_wrong() {
    let lb = |member: Option<&str>| Ok(Plan::Show(Scope::Lb { lb: text("lb"), member: member.map(text) }));
    for (query, plan) in [
        ("cmd=list&w=zz", Ok(Plan::Show(Scope::Everything))),
        ("cmd=version&w=zz", Ok(Plan::Show(Scope::Nothing))),
        ("cmd=dump", Ok(Plan::Show(Scope::Configuration))),
        ("cmd=show&w=lb", lb(None)),
        ("cmd=show&w=lb&sw=m2", lb(Some("m2"))),
        ("cmd=edit&w=lb&sw=m2", lb(Some("m2"))),
        ("cmd=show&w=solo", Ok(Plan::Show(Scope::Ajp { worker: text("solo") }))),
        ("cmd=show&w=st", Ok(Plan::Show(Scope::Nothing))),
        ("cmd=show&w=zz&sw=m*", Err(Refusal::UnknownWorker)),
        ("cmd=show&w=lb&sw=m*", Err(Refusal::Wildcard)),
        ("cmd=show&w=solo&sw=m*", Err(Refusal::Wildcard)),
        ("cmd=show&w=st&sw=m*", Err(Refusal::Wildcard)),
        ("cmd=show&w=lb&sw=M1", Err(Refusal::UnknownMember)),
        ("cmd=update&w=lb&sw=q*", Err(Refusal::UnknownMember)),
        ("cmd=update&w=lb&sw=m?", Err(Refusal::UnknownMember)),
        ("cmd=update&w=solo&sw=q*", Err(Refusal::NoMembers)),
        ("cmd=update&w=st&sw=x", Err(Refusal::NoMembers)),
        ("cmd=update&w=st", Err(Refusal::UpdateFailed)),
        ("cmd=reset&w=st", Err(Refusal::ResetFailed)),
        ("cmd=reset&w=lb&sw=m*", Err(Refusal::Wildcard)),
        ("cmd=reset&w=lb", Ok(Plan::Do(Action::ResetLb { lb: text("lb") }))),
        ("cmd=reset&w=lb&sw=m1", Ok(Plan::Do(Action::ResetMember { lb: text("lb"), member: text("m1") }))),
        ("cmd=reset&w=solo", Ok(Plan::Do(Action::ResetAjp { worker: text("solo") }))),
        ("cmd=recover&w=st", Err(Refusal::RecoverFailed)),
        ("cmd=recover&w=lb", Err(Refusal::RecoverFailed)),
        ("cmd=recover&w=solo", Err(Refusal::RecoverFailed)),
        ("cmd=recover&w=lb&sw=zz", Err(Refusal::UnknownMember)),
        ("cmd=recover&w=lb&sw=m1", Ok(Plan::Do(Action::Recover { lb: text("lb"), member: text("m1") }))),
    ] {
        assert_eq!(ask(query), plan, "{query}");
    }
}

#[test]
fn balancers_take_what_is_in_range_and_ignore_other_numbers() {
    for (query, changes) in [
        ("vlr=1", &[LbChange::Retries(1)][..]),
        ("vlr=7abc", &[LbChange::Retries(7)]),
        ("vlr=0", &[]),
        ("vlr=2147483647", &[LbChange::Retries(2147483647)]),
        ("vlr=2147483648", &[]),
        ("vlri=5&vlt=6", &[LbChange::RetryInterval(Millis(5)), LbChange::RecoverTime(Seconds(6))]),
        ("vlt=6&vlri=5", &[LbChange::RetryInterval(Millis(5)), LbChange::RecoverTime(Seconds(6))]),
        ("vlri=0&vlt=0&vlee=0", &[]),
        ("vlee=1", &[LbChange::ErrorEscalationTime(Seconds(1))]),
        ("vlx=0", &[LbChange::MaxReplyTimeouts(0)]),
        ("vlx=-1", &[]),
        ("vls=0&vlf=on", &[LbChange::StickySession(false), LbChange::StickySessionForce(true)]),
        ("vlm=sessions", &[LbChange::Method(Method::Session)]),
        ("vlm=2", &[LbChange::Method(Method::Busyness)]),
        ("vll=P", &[LbChange::Lock(Lock::Pessimistic)]),
        ("vwa=d&vart=5", &[]),
    ] {
        assert_eq!(lb_changes(query), changes, "{query}");
    }
}

#[test]
fn members_take_their_own_settings_and_those_of_their_connection() {
    for (query, changes) in [
        ("vwa=d", &[MemberChange::Activation(Activation::Disabled)][..]),
        ("vwa=2", &[MemberChange::Activation(Activation::Stopped)]),
        ("vwf=1", &[MemberChange::Factor(1)]),
        ("vwf=0", &[]),
        ("vwd=0", &[MemberChange::Distance(0)]),
        ("vwd=-1", &[]),
        ("vwn=", &[MemberChange::Route(text(""))]),
        ("vwn=r1", &[MemberChange::Route(text("r1"))]),
        ("vwr=+b%20", &[MemberChange::Redirect(text(" b "))]),
        ("vwc=a%26b%27", &[MemberChange::Domain(text("a&b'"))]),
        ("vlr=5", &[]),
        ("vart=5", &[MemberChange::Ajp(AjpChange::ReplyTimeout(Millis(5)))]),
    ] {
        assert_eq!(member_changes(query), changes, "{query}");
    }
}

#[test]
fn connections_take_what_is_in_range() {
    let address = |host: Option<&str>, port| AjpChange::Address { host: host.map(text), port };
    for (query, changes) in [
        ("vahst=h&vaprt=9", &[address(Some("h"), Some(9))][..]),
        ("vahst=h", &[address(Some("h"), None)]),
        ("vaprt=0", &[address(None, Some(0))]),
        ("vaprt=65535", &[address(None, Some(65535))]),
        ("vaprt=65536", &[]),
        ("vaprt=-1", &[]),
        ("vacpt=0", &[AjpChange::ConnectionPoolTimeout(Seconds(0))]),
        ("vapng=1", &[AjpChange::PingTimeout(Millis(1))]),
        ("vact=2", &[AjpChange::ConnectTimeout(Millis(2))]),
        ("vapt=3", &[AjpChange::PrepostTimeout(Millis(3))]),
        ("var=0", &[]),
        ("var=1", &[AjpChange::Retries(1)]),
        ("vari=0", &[]),
        ("vari=4", &[AjpChange::RetryInterval(Millis(4))]),
        ("vacpi=0", &[]),
        ("vacpi=5", &[AjpChange::ConnectionPingInterval(Seconds(5))]),
        ("varo=31", &[AjpChange::RecoveryOptions(31)]),
        ("vabl=0", &[AjpChange::BusyLimit(0)]),
        ("vamps=7168", &[]),
        ("vamps=7169", &[AjpChange::MaxPacketSize(8192)]),
        ("vamps=8192", &[AjpChange::MaxPacketSize(8192)]),
        ("vamps=9000", &[AjpChange::MaxPacketSize(9216)]),
        ("vamps=65000", &[AjpChange::MaxPacketSize(65536)]),
        ("vamps=65537", &[]),
        ("vwa=d", &[]),
        ("att=vart&val0=7", &[]),
        ("att=vart&val0=7&vart=8", &[AjpChange::ReplyTimeout(Millis(8))]),
    ] {
        assert_eq!(ajp_changes(query), changes, "{query}");
    }
}

#[test]
fn what_is_no_value_stops_the_whole_command_and_is_named() {
    for (query, what, value) in [
        ("w=lb&vlr=abc&vlx=5", "retries", "abc"),
        ("w=lb&vlx=", "max_reply_timeouts", ""),
        ("w=lb&vls=x", "sticky_session", "x"),
        ("w=lb&vlm=x", "method", "x"),
        ("w=lb&vll=", "lock", ""),
        ("w=lb&sw=m1&vwf=5&vwa=", "activation", ""),
        ("w=lb&sw=*&vwa=x", "activation", "x"),
        ("w=lb&att=vwa&val0=d&val1=x", "activation", "x"),
        ("w=lb&att=vart&val1=", "reply_timeout", ""),
        ("w=solo&vahst=", "host name", ""),
        ("w=solo&vaprt=x", "port", "x"),
        ("w=solo&vart=x", "reply_timeout", "x"),
    ] {
        match ask(&format!("cmd=update&{query}")) {
            Err(Refusal::BadText { what: named, value: told, fault: TextFault::NoValue, .. }) => {
                assert_eq!((named, told), (what, text(value)), "{query}");
            }
            other => panic!("{query}: {other:?}"),
        }
    }
}

#[test]
fn a_star_names_members_in_their_order() {
    let names = |query: &str| match ask(&format!("cmd=update&w=lb&vwa=d&{query}")) {
        Ok(Plan::Do(Action::UpdateMembers { members, wildcard, .. })) => (
            members.iter().map(|(name, _)| crate::text::show(name).to_string()).collect::<Vec<_>>(),
            wildcard,
        ),
        other => panic!("{other:?}"),
    };
    assert_eq!(names("sw=m*"), (vec!["m1".to_owned(), "m2".to_owned()], true));
    assert_eq!(names("sw=*"), (vec!["m1".to_owned(), "m2".to_owned(), "x3".to_owned()], true));
    assert_eq!(names("sw=x3"), (vec!["x3".to_owned()], false));
}

#[test]
fn one_attribute_of_all_members_is_set_by_place() {
    let stop = || vec![MemberChange::Activation(Activation::Stopped)];
    for (query, members) in [
        ("att=vwa&val0=s&val2=s", vec![(text("m1"), stop()), (text("x3"), stop())]),
        ("att=vabl&val1=4", vec![(text("m2"), vec![MemberChange::Ajp(AjpChange::BusyLimit(4))])]),
        (
            "att=vwn&val0=r2&val1=r1",
            vec![
                (text("m1"), vec![MemberChange::Route(text("r2"))]),
                (text("m2"), vec![MemberChange::Route(text("r1"))]),
            ],
        ),
        ("att=vahst&val0=h", vec![(text("m1"), vec![])]),
        ("att=vlr&val0=3", vec![(text("m1"), vec![])]),
        ("att=&val0=3", vec![(text("m1"), vec![])]),
        ("att=vwa&val3=s", vec![]),
    ] {
        let wanted = Plan::Do(Action::UpdateMembers { lb: text("lb"), members, wildcard: false });
        assert_eq!(ask(&format!("cmd=update&w=lb&{query}")), Ok(wanted), "{query}");
    }
}

#[test]
fn a_bad_text_stops_the_whole_command_before_anything_is_changed() {
    let long = "x".repeat(64);
    for (query, message) in [
        (
            format!("sw=m1&vwa=d&vwn={long}"),
            format!("new route '{long}' too long for sub worker 'm1', see log file for details."),
        ),
        (
            format!("sw=m*&vwr={long}"),
            format!("new redirect '{long}' too long for sub worker 'm1', see log file for details. Aborting further wildcard updates."),
        ),
        (
            format!("sw=x3&vahst={long}"),
            format!("new host name '{long}' too long for sub worker 'x3', see log file for details."),
        ),
        (
            format!("att=vwc&val1={long}"),
            format!("new domain '{long}' too long for sub worker 'm2', see log file for details."),
        ),
        (
            "sw=m1&vwc=a%0ab".to_owned(),
            "new domain 'a\\nb' with control characters for sub worker 'm1', see log file for details.".to_owned(),
        ),
        (
            "sw=m1&vwn=r2".to_owned(),
            "new route 'r2' of another sub worker is not possible for sub worker 'm1', see log file for details.".to_owned(),
        ),
        (
            "att=vwn&val0=q&val1=q".to_owned(),
            "new route 'q' of another sub worker is not possible for sub worker 'm1', see log file for details.".to_owned(),
        ),
    ] {
        let refusal = ask(&format!("cmd=update&w=lb&{query}")).err().map(|refusal| refusal.to_string());
        assert_eq!(refusal, Some(format!("Update failed (at least partially): {message}")), "{query}");
    }
}

#[test]
fn texts_may_have_63_bytes_and_empty_routes_may_repeat() {
    let longest = "x".repeat(63);
    assert_eq!(member_changes(&format!("vwc={longest}")), [MemberChange::Domain(text(&longest))]);
    assert_eq!(member_changes("vwn="), [MemberChange::Route(text(""))]);
    assert!(ask("cmd=update&w=lb&sw=*&vwn=").is_ok());
}
