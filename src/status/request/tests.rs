use super::*;
use crate::status::tests::sample::spec;

const TOKEN: Token = Token::new([7; 16]);

fn ask(spec: &StatusSpec, query: &str) -> (Mime, Option<Refusal>) {
    let request = Request {
        query: query.as_bytes(),
        form: None,
        user: None,
        from: Provenance::default(),
        token: &TOKEN,
    };
    let asked = read(spec, &request);
    (asked.mime, asked.command.err())
}

#[test]
fn complaints_come_in_the_order_of_mod_jk() {
    let open = spec();
    let read_only = StatusSpec { read_only: true, ..spec() };
    let closed = StatusSpec { users: vec![b"alice"[..].into()], ..spec() };
    for (spec, query, mime, refusal) in [
        (&open, "", Mime::Html, None),
        (&open, "cmd=list&w=zz&sw=&mime=txt", Mime::Text, None),
        (&open, "mime=txt&cmd=bar", Mime::Text, Some(Refusal::UnknownCommand)),
        (&open, "mime=txt&cmd=", Mime::Text, Some(Refusal::UnknownCommand)),
        (&open, "mime=txt&cmd=LIST", Mime::Text, Some(Refusal::UnknownCommand)),
        (&open, "mime=foo&cmd=bar", Mime::Properties, Some(Refusal::UnknownCommand)),
        (&open, "mime=foo", Mime::Properties, Some(Refusal::UnknownMime)),
        (&open, "mime=&cmd=list", Mime::Properties, Some(Refusal::UnknownMime)),
        (&open, "mime=foo&cmd=show", Mime::Properties, Some(Refusal::UnknownMime)),
        (&open, "mime=xml&cmd=show", Mime::Xml, Some(Refusal::NoWorker)),
        (&open, "mime=xml&cmd=show&w=&sw=", Mime::Xml, Some(Refusal::NoWorker)),
        (&open, "mime=xml&cmd=update&w=zz&sw=", Mime::Xml, Some(Refusal::EmptyMember)),
        (&open, "mime=txt&w=%zz&cmd=bar", Mime::Text, Some(Refusal::BadQuery)),
        (&open, "w=%zz&mime=txt", Mime::Html, Some(Refusal::BadQuery)),
        (&open, "mime=txt&opt=32&cmd=update&w=lb", Mime::Text, Some(Refusal::ReadOnly)),
        (&open, "mime=txt&opt=33&cmd=edit", Mime::Text, Some(Refusal::ReadOnly)),
        (&open, "mime=txt&opt=-1&cmd=edit&w=lb", Mime::Text, Some(Refusal::ReadOnly)),
        (&open, "mime=txt&opt=4294967295&cmd=edit&w=lb", Mime::Text, Some(Refusal::ReadOnly)),
        (&open, "mime=txt&opt=-33&cmd=edit&w=lb", Mime::Text, None),
        (&read_only, "mime=bogus&cmd=edit", Mime::Properties, Some(Refusal::ReadOnly)),
        (&read_only, "mime=bogus&cmd=bogus", Mime::Properties, Some(Refusal::UnknownCommand)),
        (&read_only, "mime=txt&cmd=show&w=lb", Mime::Text, None),
        (&closed, "mime=xml&w=%zz", Mime::Xml, Some(Refusal::Denied)),
        (&closed, "mime=foo&cmd=bar", Mime::Properties, Some(Refusal::Denied)),
    ] {
        assert_eq!(ask(spec, query), (mime, refusal), "{query}");
    }
}

#[test]
fn users_are_those_of_the_list() {
    let listed = StatusSpec { users: vec![b"alice"[..].into(), b"bob"[..].into()], ..spec() };
    let any_case = StatusSpec { user_case_insensitive: true, ..listed.clone() };
    for (spec, user, seen) in [
        (&spec(), None, true),
        (&spec(), Some("carol"), true),
        (&listed, Some("bob"), true),
        (&listed, Some("Bob"), false),
        (&listed, Some("bo"), false),
        (&listed, Some(""), false),
        (&listed, None, false),
        (&any_case, Some("BOB"), true),
        (&any_case, Some("bobby"), false),
    ] {
        assert_eq!(may_see(spec, user.map(str::as_bytes)).is_ok(), seen, "{user:?}");
    }
}

#[test]
fn all_parameters_reach_the_command() {
    let query = b"cmd=show&w=lb&sw=m1&att=vwa&re=10s&opt=5&from=edit&psw=m2&mime=prop&x=1";
    let request = Request { query, form: None, user: None, from: Provenance::default(), token: &TOKEN };
    let command = read(&spec(), &request).command.ok();
    let seen = command.map(|c| {
        let names = [c.worker, c.member, c.attribute, c.previous].map(|name| name.map(|n| n.to_vec()));
        (c.kind, c.mime, c.refresh, c.options, c.from, names, c.parameters.get("x") == Some(b"1"))
    });
    let names = [&b"lb"[..], b"m1", b"vwa", b"m2"].map(|name| Some(name.to_vec()));
    assert_eq!(seen, Some((Kind::Show, Mime::Properties, 10, Options(5), Kind::Edit, names, true)));
}

#[test]
fn a_form_counts_only_with_our_token() {
    let right = format!("token={}&cmd=reset&w=lb", TOKEN.text());
    let foreign = Provenance { fetch_site: Some(b"cross-site"), ..Provenance::default() };
    for (form, query, from, outcome) in [
        (right.as_str(), "", foreign, Ok(Kind::Reset)),
        (right.as_str(), "cmd=show&w=x", foreign, Ok(Kind::Reset)),
        ("token=0&cmd=reset&w=lb", "", Provenance::default(), Err(Refusal::Foreign)),
        ("cmd=reset&w=lb", "", Provenance::default(), Ok(Kind::List)),
        ("cmd=%zz", "cmd=version", Provenance::default(), Ok(Kind::Version)),
        ("", "cmd=reset&w=lb", Provenance::default(), Ok(Kind::Reset)),
        ("", "cmd=reset&w=lb", foreign, Err(Refusal::Foreign)),
        ("", "cmd=show&w=lb", foreign, Ok(Kind::Show)),
    ] {
        let request =
            Request { query: query.as_bytes(), form: Some(form.as_bytes()), user: None, from, token: &TOKEN };
        let command = read(&spec(), &request).command;
        assert!(command.as_ref().map_or(true, |c| c.parameters.get(Token::FIELD).is_none()));
        assert_eq!(command.map(|c| c.kind), outcome, "{form} {query}");
    }
    let by_address = format!("token={}&cmd=reset&w=lb", TOKEN.text());
    let request =
        Request { query: by_address.as_bytes(), form: None, user: None, from: foreign, token: &TOKEN };
    assert_eq!(read(&spec(), &request).command.err(), Some(Refusal::Foreign));
}
