//! Any query to a status worker, and any bytes as names: what it leads to keeps its limits, and no answer has more lines
//! than its values ask for.

use mod_jk::config::worker_spec::StatusSpec;
use mod_jk::status::change::{Action, AjpChange, MemberChange, TEXT_MAX};
use mod_jk::status::report::{LbReport, MemberReport};
use mod_jk::status::{
    Answer, Content, Inventory, Listed, Plan, Provenance, Report, Request, Token, format, plan, read,
};

const TOKEN: Token = Token::new([0; Token::BYTES]);

/// What must hold for any input; panics if it does not. Line 1 is the query; all that follows is a form, and a name.
pub fn check(data: &[u8]) {
    let (query, name) = data.split_at(data.iter().position(|b| *b == b'\n').unwrap_or(data.len()));
    let spec = spec();
    let request = Request { query, form: Some(name), user: None, from: Provenance::default(), token: &TOKEN };
    let asked = read(&spec, &request);
    let planned = asked.command.clone().and_then(|command| plan(&command, &inventory()));
    if let Ok(Plan::Do(action)) = &planned {
        within_limits(action);
    }
    let report = report(name);
    let result = match &planned {
        Ok(Plan::Show(scope)) => Ok(Content::Shown { scope, report: &report }),
        Ok(Plan::Do(_)) => Ok(Content::Done),
        Err(refusal) => Err(refusal),
    };
    let mut out = Vec::new();
    let answer = Answer { spec: &spec, asked: &asked, path: b"/jk", token: &TOKEN, result };
    let kind = format::render(&answer, &mut out);
    assert!(!out.is_empty() && (kind == "text/html" || out.ends_with(b"\n")));
    if kind == "application/json" {
        assert_eq!(out.iter().filter(|b| **b == b'\n').count(), 1);
    }
    if kind == "text/xml" {
        assert!(out.iter().filter(|b| **b == b'"').count() % 2 == 0);
        assert!(core::str::from_utf8(&out).is_ok());
    }
    if kind == "text/plain" {
        assert!(out.iter().all(|b| *b == b'\n' || !b.is_ascii_control()));
    }
}

fn within_limits(action: &Action) {
    let fits = |text: &[u8]| text.len() <= TEXT_MAX && !text.iter().any(u8::is_ascii_control);
    if let Action::UpdateMembers { members, .. } = action {
        for change in members.iter().flat_map(|(_, changes)| changes) {
            match change {
                MemberChange::Route(text) | MemberChange::Redirect(text) | MemberChange::Domain(text) => {
                    assert!(fits(text));
                }
                MemberChange::Factor(factor) => assert!(*factor >= 1),
                MemberChange::Ajp(AjpChange::Address { host, port }) => {
                    assert!(host.is_some() || port.is_some());
                    assert!(host.as_ref().is_none_or(|host| !host.is_empty() && fits(host)));
                }
                MemberChange::Ajp(AjpChange::MaxPacketSize(size)) => {
                    assert!((8192..=65536).contains(size) && size % 1024 == 0);
                }
                MemberChange::Activation(_) | MemberChange::Distance(_) | MemberChange::Ajp(_) => {}
            }
        }
    }
}

fn spec() -> StatusSpec {
    StatusSpec {
        name: (*b"st").into(),
        css: None,
        read_only: false,
        users: Vec::new(),
        user_case_insensitive: false,
        good: vec![(*b"a").into()],
        bad: vec![(*b"e").into()],
        prefix: (*b"worker").into(),
        ns: (*b"jk:").into(),
        xmlns: Default::default(),
        doctype: None,
        mounts: Vec::new(),
    }
}

fn inventory() -> Inventory {
    let members = [b"m1", b"m2"].map(|name| ((*name).into(), (*name).into()));
    Inventory(vec![
        ((*b"lb").into(), Listed::Lb(members.to_vec())),
        ((*b"solo").into(), Listed::Ajp),
        ((*b"st").into(), Listed::Status),
    ])
}

/// Every text that a configuration or a client may choose is `name`.
fn report(name: &[u8]) -> Report {
    let mut member = MemberReport {
        route: name.into(),
        redirect: name.into(),
        domain: name.into(),
        ..MemberReport::default()
    };
    member.ajp.name = name.into();
    member.ajp.host = name.into();
    member.ajp.source = Some(name.into());
    Report {
        server_name: name.into(),
        web_server: name.into(),
        balancers: vec![LbReport { name: name.into(), members: vec![member], ..LbReport::default() }],
        configuration: vec![(name.into(), name.into())],
        ..Report::default()
    }
}
