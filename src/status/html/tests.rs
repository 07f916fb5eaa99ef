use std::collections::BTreeSet;

use super::policy::{SCRIPT, STYLE};
use super::{field, render};
use crate::balance::{Activation, State};
use crate::status::Provenance;
use crate::status::answer::{Answer, Content};
use crate::status::command::{Kind, Mime};
use crate::status::plan::Scope;
use crate::status::refusal::{Refusal, TextFault};
use crate::status::report::{
    Address, AjpCommon, AjpReport, LATENCY_BOUNDS, Latency, LbReport, MapReport, Matching, MemberReport,
    Moment, PoolReport, ProbeReport, Report, Sample,
};
use crate::status::request::{self, Request};
use crate::status::settings::{self, Accepts, Setting};
use crate::status::tests::sample;
use crate::status::token::Token;
use crate::text::Text;
use crate::time::Seconds;
use crate::uri::Source;

const NOW: Moment = Moment { unix: Seconds(1_000_000), offset: 0 };

fn text(text: &str) -> Text {
    text.as_bytes().into()
}

fn map(uri: &str) -> MapReport {
    MapReport {
        server: text("main"),
        uri: text(uri),
        matching: Matching::Wildcard,
        unmount: false,
        disabled: false,
        source: Source::File,
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

fn member(name: &str, activation: Activation, state: State) -> MemberReport {
    let ajp = AjpCommon {
        name: text(name),
        host: text("10.0.0.1"),
        port: 8009,
        last_reset: Seconds(999_000),
        max_busy: 7,
        ..AjpCommon::default()
    };
    MemberReport {
        ajp,
        activation,
        state,
        factor: 1,
        route: text(name),
        elected: 1200,
        ..MemberReport::default()
    }
}

fn lb(name: &str, members: Vec<MemberReport>) -> LbReport {
    let maps = vec![map("/a|/*"), map("/b/*")];
    LbReport { name: text(name), members, maps, map_count: 2, retries: 2, ..LbReport::default() }
}

fn report(balancers: Vec<LbReport>) -> Report {
    Report { server_name: text("www.example"), server_port: 80, now: NOW, balancers, ..Report::default() }
}

fn one_of_each() -> Report {
    use Activation::{Active, Disabled, Stopped};
    let members = vec![
        member("m1", Active, State::Ok),
        member("m2", Disabled, State::Idle),
        member("m3", Stopped, State::Busy),
        member("m4", Active, State::Error),
    ];
    let ajp = AjpCommon { name: text("solo"), ..AjpCommon::default() };
    let solo = AjpReport { ajp, state: State::Ok, maps: vec![map("/solo")], ..AjpReport::default() };
    Report { ajp_workers: vec![solo], ..report(vec![lb("lb", members)]) }
}

/// The page that a query is answered with. The report is cut to what was asked for, as whoever gathers it does.
fn page(report: &Report, query: &str) -> String {
    answered(report, query, false, None)
}

fn answered(report: &Report, query: &str, read_only: bool, refusal: Option<&Refusal>) -> String {
    let spec = crate::config::worker_spec::StatusSpec { read_only, ..sample::spec() };
    let token = Token::new([0xab; 16]);
    let request = Request {
        query: query.as_bytes(),
        form: None,
        user: None,
        from: Provenance::default(),
        token: &token,
    };
    let asked = request::read(&spec, &request);
    let mut report = report.clone();
    if let Ok(command) = &asked.command {
        if let (Some(worker), true) = (&command.worker, command.kind != Kind::List) {
            report.balancers.retain(|lb| lb.name == *worker);
            report.ajp_workers.retain(|ajp| ajp.ajp.name == *worker);
        }
    }
    let scope = Scope::Everything;
    let result = match (refusal, &asked.command) {
        (Some(refusal), _) | (None, Err(refusal)) => Err(refusal),
        (None, Ok(command)) if command.kind.changes() => Ok(Content::Done),
        (None, Ok(_)) => Ok(Content::Shown { scope: &scope, report: &report }),
    };
    let mut out = Vec::new();
    render(&Answer { spec: &spec, asked: &asked, path: b"/status", token: &token, result }, &mut out);
    String::from_utf8(out).unwrap_or_else(|error| panic!("no UTF-8: {error}"))
}

/// The page without style and script.
fn markup(page: &str) -> String {
    page.replace(STYLE, "").replace(SCRIPT, "")
}

/// From the first `start` to the next `end`, both included.
fn part<'p>(page: &'p str, start: &str, end: &str) -> &'p str {
    let at = page.find(start).unwrap_or_else(|| panic!("{start} is missing in {page}"));
    let rest = page.get(at..).unwrap_or_default();
    let len = rest.find(end).unwrap_or_else(|| panic!("{end} is missing in {rest}"));
    rest.get(..len + end.len()).unwrap_or_default()
}

/// Every page there is.
const QUERIES: &[&str] = &[
    "",
    "re=7&opt=4",
    "cmd=show&w=lb",
    "cmd=show&w=lb&sw=m4",
    "cmd=show&w=solo",
    "cmd=edit&w=lb",
    "cmd=edit&w=lb&sw=m1",
    "cmd=edit&w=solo",
    "cmd=edit&w=lb&att=vwa",
    "cmd=edit&w=lb&att=vwn",
    "cmd=edit&w=lb&att=none",
    "cmd=edit&w=lb&sw=m1&ask=disable",
    "cmd=edit&w=lb&ask=reset",
    "cmd=reset&w=lb",
    "cmd=version",
    "cmd=dump",
    "cmd=nonsense",
];

/// The values of an attribute, wherever it stands.
fn values<'p>(page: &'p str, name: &str) -> Vec<&'p str> {
    let start = format!(" {name}=\"");
    page.split(&start).skip(1).filter_map(|rest| rest.split('"').next()).collect()
}

#[test]
fn a_row_says_everything_in_words() {
    let shown =
        answered(&report(vec![lb("lb", vec![member("m1", Activation::Active, State::Ok)])]), "", true, None);
    let row = concat!(
        r#"<tr id="b0m0" data-count="1200" data-of="m1"><th scope="row">"#,
        r#"<a href="/status?cmd=show&amp;w=lb&amp;sw=m1">m1</a><span class="small soft mono">10.0.0.1:8009</span></th>"#,
        r#"<td data-name="State"><div><span data-watch="state"><span class="mark good">"#,
        r##"<svg class="icon" aria-hidden="true"><use href="#i-dot"></use></svg>OK</span></span></div></td>"##,
        r#"<td data-name="Activation"><div><span data-watch="activation"><span class="mark good">"#,
        r##"<svg class="icon" aria-hidden="true"><use href="#i-go"></use></svg>Active</span></span></div></td>"##,
        r#"<td class="num" data-name="Requests"><div>1,200<span class="small soft">"#,
        r#"<span class="rate">1.2</span>/s</span><svg class="load" viewBox="0 0 100 6" preserveAspectRatio="none""#,
        r#" role="img" aria-label="100 % of all requests"><rect width="100" height="6"></rect></svg></div></td>"#,
        r#"<td class="num" data-name="Sessions"><div>0</div></td>"#,
        r#"<td class="num" data-name="Busy"><div>0<span class="small soft most">max 7</span></div></td>"#,
        r#"<td class="num" data-name="Errors"><div>0</div></td>"#,
        r#"<td class="num" data-name="Latency"><div>–</div></td>"#,
        r#"<td class="lately" data-name="Lately"><div><svg class="spark" viewBox="0 0 300 30""#,
        r#" preserveAspectRatio="none" aria-hidden="true" data-own><path class="area" d=""></path>"#,
        r#"<path d=""></path></svg></div></td></tr>"#,
    );
    assert_eq!(part(&shown, "<tr id=\"b0m0\"", "</tr>"), row);
}

#[test]
fn a_question_is_a_form_with_target_and_token() {
    let shown = page(&one_of_each(), "cmd=edit&from=show&w=lb&sw=m1&ask=disable&opt=2");
    let form = concat!(
        r#"<form method="post" action="/status" autocomplete="off"><input type="hidden" name="cmd" value="update">"#,
        r#"<input type="hidden" name="from" value="show"><input type="hidden" name="w" value="lb">"#,
        r#"<input type="hidden" name="sw" value="m1"><input type="hidden" name="opt" value="2">"#,
        r#"<input type="hidden" name="token" value="abababababababababababababababab">"#,
        r#"<input type="hidden" name="vwa" value="d"><div class="end"><button class="main hurts">Drain m1</button>"#,
        r#"<a class="button" href="/status?cmd=show&amp;w=lb&amp;sw=m1&amp;opt=2" data-close>Cancel</a></div></form>"#,
    );
    assert_eq!(part(&shown, "<form method", "</form>"), form);
}

#[test]
fn buttons_fit_what_a_member_does() {
    let shown = page(&one_of_each(), "");
    for (row, buttons) in [
        ("b0m0", &["Drain", "Edit"][..]),
        ("b0m1", &["Activate", "Stop", "Edit"]),
        ("b0m2", &["Activate", "Edit"]),
        ("b0m3", &["Try now", "Drain", "Edit"]),
    ] {
        let row = part(&shown, &format!("<tr id=\"{row}\""), "</tr>");
        let words: Vec<&str> = row
            .split(" data-ask>")
            .skip(1)
            .chain(row.split("<button class=\"button\">").skip(1))
            .filter_map(|rest| rest.split('<').next())
            .collect();
        let (words, buttons): (BTreeSet<_>, BTreeSet<_>) =
            (words.into_iter().collect(), buttons.iter().copied().collect());
        assert_eq!(words, buttons);
    }
}

#[test]
fn a_read_only_page_offers_nothing() {
    for (query, read_only) in
        [("", true), ("opt=32", false), ("cmd=show&w=lb&sw=m4", true), ("cmd=edit&w=lb", true)]
    {
        let shown = markup(&answered(&one_of_each(), query, read_only, None));
        for offer in ["method=\"post\"", "data-ask", "ababab"] {
            assert!(!shown.contains(offer), "{query} {offer}");
        }
    }
}

#[test]
fn whatever_is_shown_stays_text() {
    let evil = "\"'><x-evil onload=x>&lt;\u{0}\n{}";
    let common = AjpCommon {
        name: text(evil),
        host: text(evil),
        source: Some(text(evil)),
        latency: Some(Latency::default()),
        pool: Some(PoolReport::default()),
        probes: Some(ProbeReport { last: Some(NOW), ..ProbeReport::default() }),
        ..AjpCommon::default()
    };
    let of_member = MemberReport {
        ajp: common.clone(),
        route: text(evil),
        redirect: text(evil),
        domain: text(evil),
        first_error: Some(NOW),
        state: State::Error,
        ..MemberReport::default()
    };
    let of_map = MapReport {
        server: text(evil),
        fail_on_status: text(evil),
        active: text(evil),
        disabled_members: text(evil),
        stopped_members: text(evil),
        ..map(evil)
    };
    // Names that a query can say, since some characters cannot reach this room in one.
    for name in [evil, "'@&\\"] {
        let mut evil_lb = lb(
            name,
            vec![MemberReport { ajp: AjpCommon { name: text(name), ..common.clone() }, ..of_member.clone() }],
        );
        evil_lb.maps = vec![of_map.clone()];
        let mut shown = report(vec![evil_lb]);
        shown.ajp_workers = vec![AjpReport {
            ajp: AjpCommon { name: text("solo"), ..common.clone() },
            maps: vec![of_map.clone()],
            state: State::Error,
            last_error: Some(NOW),
            ..AjpReport::default()
        }];
        shown.server_name = text(evil);
        shown.web_server = text(evil);
        shown.jk_version = text(evil);
        shown.configuration = vec![(text(evil), text(evil))];
        let query = "%27@%26%5C";
        for kind in ["list", "show", "edit", "dump", "version", "reset"] {
            for rest in [
                "".to_owned(),
                format!("&w={query}"),
                format!("&w={query}&sw={query}"),
                "&w=solo".to_owned(),
                format!("&w={query}&att=vwn"),
                format!("&w={query}&ask=reset"),
                format!("&find={query}&re=%22%3E&from=%27"),
            ] {
                let page = markup(&page(&shown, &format!("cmd={kind}{rest}")));
                assert!(
                    !page.contains("<x-evil") && !page.contains("'><") && !page.contains('\0'),
                    "{kind}{rest}: {page}"
                );
                assert!(!page.contains("=\"\"'"), "{kind}{rest}: {page}");
            }
        }
        let fault = TextFault::TooLong;
        let refusal =
            Refusal::BadText { what: "route", value: text(evil), worker: text(evil), fault, wildcard: false };
        assert!(!markup(&answered(&shown, "", false, Some(&refusal))).contains("<x-evil"));
    }
}

#[test]
fn nothing_needs_more_than_the_policy_allows() {
    for query in QUERIES {
        let shown = markup(&page(&one_of_each(), query));
        assert_eq!(
            shown.matches("<script").count(),
            usize::from(shown.contains("<main id=\"main\" tabindex"))
        );
        assert_eq!(shown.matches("<style").count(), 1);
        for banned in [" style=", "src=", "javascript:", "http://", "https://", " onclick", " onload"] {
            assert!(!shown.contains(banned), "{query}: {banned}");
        }
    }
    assert!(!STYLE.contains("</") && !SCRIPT.contains("</") && !SCRIPT.contains("<!--"));
    for banned in ["innerHTML", "eval(", "document.write", "insertAdjacentHTML"] {
        assert!(!SCRIPT.contains(banned), "{banned}");
    }
}

#[test]
fn names_that_refer_to_others_find_them() {
    for query in QUERIES {
        let shown = markup(&page(&one_of_each(), query));
        let ids: Vec<&str> = values(&shown, "id");
        let known: BTreeSet<&str> = ids.iter().copied().collect();
        assert_eq!(known.len(), ids.len(), "{query}: an id stands twice");
        let labels =
            ["for", "aria-labelledby", "aria-describedby"].iter().flat_map(|name| values(&shown, name));
        let anchors = values(&shown, "href").into_iter().filter_map(|link| link.strip_prefix('#'));
        for name in labels.chain(anchors) {
            assert!(known.contains(name), "{query}: {name}");
        }
    }
}

#[test]
fn every_table_and_field_has_a_name() {
    for query in QUERIES {
        let shown = markup(&page(&one_of_each(), query));
        assert_eq!(shown.matches("<table").count(), shown.matches("<caption").count(), "{query}");
        assert_eq!(
            shown.matches("<th").count() - shown.matches("<thead").count(),
            shown.matches(" scope=").count()
        );
        for control in shown.split("<input ").skip(1).chain(shown.split("<select ").skip(1)) {
            let control = control.split('>').next().unwrap_or_default();
            let id = control.split("id=\"").nth(1).and_then(|rest| rest.split('"').next());
            let is_named = id.is_some_and(|id| shown.contains(&format!(" for=\"{id}\"")));
            let needs_none = control.contains("type=\"hidden\"") || control.contains("type=\"checkbox\"");
            assert!(is_named || needs_none, "{query}: {control}");
        }
    }
}

#[test]
fn options_hide_parts() {
    let all = markup(&page(&one_of_each(), ""));
    for (option, part) in [
        (0x001, "<table class=\"cards members"),
        (0x002, "id=\"rules\""),
        (0x004, "id=\"legend\""),
        (0x008, "id=\"b0\""),
        (0x008, "id=\"glance\""),
        (0x010, "id=\"ajp\""),
        (0x020, "method=\"post\""),
        (0x040, "method Request"),
        (0x080, "id=\"glance\""),
        (0x080, "maintenance in"),
        (0x100, "10.0.0.1:8009"),
    ] {
        assert!(all.contains(part), "{part}");
        let shown = markup(&page(&one_of_each(), &format!("opt={option}")));
        assert!(!shown.contains(part), "{option}: {part}");
    }
}

#[test]
fn the_first_sentence_tells_how_bad_it_is() {
    use Activation::{Active, Disabled, Stopped};
    for (members, sentence) in [
        (&[(Active, State::Ok), (Active, State::Idle)][..], "All 2 workers are fine."),
        (&[(Active, State::Ok)], "The only worker is fine."),
        (&[(Active, State::Ok), (Disabled, State::Ok)], "1 of 2 members is not in full service."),
        (&[(Active, State::Ok), (Active, State::Error)], "1 of 2 members is out of service."),
        (
            &[(Active, State::Ok), (Stopped, State::Ok), (Active, State::Error)],
            "2 of 3 members are out of service.",
        ),
        (&[(Stopped, State::Ok), (Active, State::Error)], "lb takes no requests."),
        (&[], "lb takes no requests."),
    ] {
        let members = members.iter().map(|(activation, state)| member("m", *activation, *state)).collect();
        let shown = page(&report(vec![lb("lb", members)]), "");
        assert_eq!(part(&shown, "<strong>", "</strong>"), format!("<strong>{sentence}</strong>"));
    }
    assert!(page(&report(Vec::new()), "").contains("There are no workers to show."));
    let mut solo = one_of_each();
    solo.ajp_workers.iter_mut().for_each(|worker| worker.state = State::Error);
    assert!(page(&solo, "").contains("<strong>solo takes no requests.</strong>"));
}

#[test]
fn a_member_without_address_is_told_from_one_that_somebody_stopped() {
    for (address, told) in
        [(Address::Invalid, "stopped"), (Address::Unresolved, "stopped, its address is unresolved")]
    {
        let mut stopped = member("m1", Activation::Stopped, State::Idle);
        stopped.ajp.address = address;
        let shown = page(&report(vec![lb("lb", vec![stopped])]), "");
        assert!(shown.contains(&format!("</a> of lb: {told}</li>")), "{told}: {shown}");
    }
}

#[test]
fn rules_are_searched_and_not_all_shown_at_once() {
    let mut many = report(vec![lb("lb", vec![member("m1", Activation::Active, State::Ok)])]);
    many.balancers
        .iter_mut()
        .for_each(|lb| lb.maps = (0..1000).map(|n| map(&format!("/App?{n}|/*"))).collect());
    for (query, rows, count) in [
        ("", 100, "100 of 1,000 rules."),
        ("rules=all", 1000, "All 1,000 rules."),
        ("find=app%3F99", 11, "11 of 11 found among 1,000 rules."),
        ("find=/app", 100, "100 of 1,000 rules."),
        ("find=%3F1", 100, "100 of 111 found among 1,000 rules."),
        ("find=LB", 100, "100 of 1,000 rules."),
        ("find=nowhere", 0, "None of 1,000 rules contains that."),
    ] {
        let shown = page(&many, query);
        let section = part(&shown, "id=\"rules\"", "</section>");
        assert_eq!(section.matches("<th scope=\"row\"").count(), rows, "{query}");
        assert!(section.contains(count), "{query}: {}", part(section, "role=\"status\"", "</p>"));
        let is_cut = rows == 100;
        assert_eq!(section.contains("Show all"), is_cut, "{query}");
    }
}

#[test]
fn without_the_script_the_browser_reloads_as_asked() {
    let refresh = "<noscript><meta http-equiv=\"refresh\" content=\"7\"></noscript>";
    for (query, reloads) in
        [("re=7", true), ("re=7&cmd=show&w=lb", true), ("re=7&cmd=edit&w=lb", false), ("", false)]
    {
        assert_eq!(page(&one_of_each(), query).contains(refresh), reloads, "{query}");
    }
    assert!(page(&one_of_each(), "re=7").contains("data-every=\"7\""));
}

#[test]
fn a_change_that_was_made_leads_back() {
    for (query, link) in [
        ("cmd=reset&w=lb", "/status"),
        ("cmd=reset&w=lb&from=show&opt=2", "/status?cmd=show&amp;w=lb&amp;opt=2"),
        ("cmd=update&w=lb&sw=m1&from=show", "/status?cmd=show&amp;w=lb&amp;sw=m1"),
        ("cmd=update&w=lb&sw=m1&from=update", "/status"),
    ] {
        let shown = page(&one_of_each(), query);
        assert!(shown.contains(&format!("http-equiv=\"refresh\" content=\"3;url={link}\"")), "{query}");
        assert!(shown.contains("data-done") && shown.contains("Action finished"));
    }
}

#[test]
fn links_lead_to_the_same_in_other_forms() {
    let shown = page(&one_of_each(), "cmd=show&w=lb&sw=m1&opt=4");
    for mime in Mime::ALL.into_iter().filter(|mime| *mime != Mime::Html) {
        let link = format!("/status?cmd=show&amp;w=lb&amp;sw=m1&amp;mime={}&amp;opt=4", mime.name());
        assert!(shown.contains(&link), "{link}");
    }
}

/// What the settings table and a field must agree on.
fn agree<C, S>(settings: &[Setting<C>], fields: &[&field::Field<S>]) {
    let keys: BTreeSet<_> = settings.iter().map(|setting| setting.key).collect();
    assert_eq!(keys, fields.iter().map(|field| field.key).collect());
    for setting in settings {
        let Some(field) = fields.iter().find(|field| field.key == setting.key) else { continue };
        let agrees = match (&setting.accepts, field.input) {
            (Accepts::Number { least, most, .. }, field::Input::Packet) => *least <= 8192 && *most == 65536,
            (
                Accepts::Number { least, .. },
                field::Input::From(lowest) | field::Input::Millis(lowest) | field::Input::Seconds(lowest),
            ) => *least == lowest,
            (Accepts::Flag(_), field::Input::Choice(choices)) => choices.len() == 2,
            (Accepts::Choice { words, .. }, field::Input::Choice(choices)) => {
                choices.len() == words.len()
                    && choices
                        .iter()
                        .all(|(value, _)| setting.read(value.as_bytes()).is_ok_and(|read| read.is_some()))
            }
            (Accepts::Text { .. }, field::Input::Text) => true,
            (
                Accepts::Number { .. } | Accepts::Flag(_) | Accepts::Choice { .. } | Accepts::Text { .. },
                _,
            ) => false,
        };
        assert!(agrees, "{}", setting.key);
    }
}

#[test]
fn forms_offer_every_setting_within_its_limits() {
    agree(settings::LB, &field::LB.iter().collect::<Vec<_>>());
    agree(settings::MEMBER, &field::MEMBER.iter().chain([&field::ACTIVATION]).collect::<Vec<_>>());
    agree(settings::AJP, &field::AJP.iter().collect::<Vec<_>>());
}

#[test]
fn a_form_that_is_sent_unchanged_changes_nothing() {
    let report = one_of_each();
    let seat = report.balancers.first().and_then(|lb| Some((lb, lb.members.first()?)));
    let Some((lb, member)) = seat else { panic!("no member") };
    for setting in settings::MEMBER {
        let field = field::MEMBER.iter().chain([&field::ACTIVATION]).find(|field| field.key == setting.key);
        let value = field.map(|field| (field.value)(member)).unwrap_or_default();
        assert!(setting.read(&value).is_ok_and(|change| change.is_some()), "{}", setting.key);
    }
    for setting in settings::LB.iter().filter(|setting| matches!(setting.accepts, Accepts::Choice { .. })) {
        let field = field::LB.iter().find(|field| field.key == setting.key);
        let value = field.map(|field| (field.value)(lb)).unwrap_or_default();
        assert!(setting.read(&value).is_ok_and(|change| change.is_some()), "{}", setting.key);
    }
}

#[test]
fn the_last_minutes_are_drawn_from_the_start_where_they_are_known() {
    let own = " data-own";
    let sample = |at, requests| Sample { at: Seconds(at), requests, ..Sample::default() };
    let mut report = report(vec![lb("lb", vec![member("m1", Activation::Active, State::Ok)])]);
    for query in ["", "cmd=show&w=lb&sw=m1"] {
        assert!(markup(&page(&report, query)).contains(own), "{query}: left to the script");
    }
    report.balancers[0].members[0].ajp.history =
        vec![sample(999_970, 1000), sample(999_980, 1100), sample(999_990, 1150)];
    for query in ["", "cmd=show&w=lb&sw=m1"] {
        let page = markup(&page(&report, query));
        assert!(page.contains(" d=\"M0 1L300 15\"") && !page.contains(own), "{query}");
    }
}

#[test]
fn latency_is_shown_bucket_by_bucket() {
    let mut report = one_of_each();
    let counts = [5, 0, 95, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0];
    for member in report.balancers.iter_mut().flat_map(|lb| &mut lb.members) {
        member.ajp.latency = Some(Latency { counts, sum: 1 });
    }
    let shown = page(&report, "cmd=show&w=lb&sw=m1");
    let table = part(&shown, "<table class=\"buckets", "</table>");
    assert_eq!(table.matches("<th scope=\"row\"").count(), LATENCY_BOUNDS.len() + 1);
    assert!(table.contains("width=\"52\"") && table.contains("width=\"1000\""), "{table}");
    assert!(page(&report, "").contains("p95 4.8\u{a0}ms"));
}
