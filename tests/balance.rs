//! The rooms `session` and `balance` together, moved by a small lb without network or clock: requests and picks
//! recorded from mod_jk (`tests/vectors`), and worked examples of its arithmetic and of its retries.
#![allow(clippy::unwrap_used, clippy::indexing_slicing, clippy::panic)]

use mod_jk::balance::{
    Activation, Answer, Choice, Cure, Facts, MemberUpkeep, Members, Method, Outcome, Rounds, Schedule,
    Standing, State, Step, Wanted, choose, judge, maintain, multipliers,
};
use mod_jk::session::{Session, SessionKeys};
use mod_jk::time::Seconds;

const KEYS: SessionKeys<'_> = SessionKeys { cookie: b"JSESSIONID", path: b";jsessionid" };

/// Rows of a tab-separated file, comments and the line of column names left out.
fn rows(file: &'static str) -> impl Iterator<Item = Vec<&'static str>> {
    file.lines().filter(|line| !line.starts_with('#')).skip(1).map(|line| line.split('\t').collect())
}

/// A balancer whose members are called m1, m2 ... and answer to their names.
struct Lb {
    method: Method,
    mults: Vec<u64>,
    distances: Vec<i32>,
    redirects: Vec<&'static str>,
    members: Vec<MemberUpkeep>,
    routes: Vec<String>,
    next: usize,
}

impl Lb {
    fn new(method: Method, factors: &[u32]) -> Self {
        let member = MemberUpkeep {
            state: State::Ok,
            activation: Activation::Active,
            value: 0,
            elected: 0,
            elected_before: 0,
            first_error: None,
            last_error: None,
            reply_timeouts: 0,
        };
        Self {
            method,
            mults: multipliers(factors),
            distances: vec![0; factors.len()],
            redirects: vec![""; factors.len()],
            members: vec![member; factors.len()],
            routes: (1..=factors.len()).map(|number| format!("m{number}")).collect(),
            next: 0,
        }
    }

    fn states(&self) -> Vec<State> {
        self.members.iter().map(|member| member.state).collect()
    }

    fn values(&self) -> Vec<u64> {
        self.members.iter().map(|member| member.value).collect()
    }

    fn set_values<const N: usize>(&mut self, values: [u64; N]) {
        for (member, value) in self.members.iter_mut().zip(values) {
            member.value = value;
        }
    }

    /// Picks a member and remembers where to go on. Says whether it was a value pick.
    fn pick(&mut self, states: &[State], session: &Session<'_>, stateless: bool) -> Option<(usize, bool)> {
        let picture = Picture { lb: self, states };
        let wanted =
            Wanted { routes: &mut session.routes(), has_session: session.exists(), force: false, stateless };
        match choose(&picture, wanted, self.next) {
            Choice::Member { index, next, .. } => {
                self.next = next.unwrap_or(self.next);
                Some((index, next.is_some()))
            }
            Choice::None => None,
        }
    }

    fn start(&mut self, index: usize, session: &Session<'_>, stateless: bool) {
        self.members[index].value += self.method.on_start(self.mults[index], session.exists(), stateless);
        self.members[index].elected += 1;
    }

    fn end(&mut self, index: usize, bytes: u64) {
        let value = self.members[index].value;
        self.members[index].value = self.method.on_end(self.mults[index], bytes).apply(value);
    }

    /// Starts a request without a session.
    fn open(&mut self, stateless: bool) -> usize {
        let (index, _) = self.pick(&self.states(), &Session::none(), stateless).unwrap();
        self.start(index, &Session::none(), stateless);
        index
    }

    /// So many requests without a session, one after the other; who served them.
    fn serve(&mut self, count: usize, stateless: bool, bytes: impl Fn(usize) -> u64) -> String {
        let served = (0..count).map(|_| {
            let index = self.open(stateless);
            self.end(index, bytes(index));
            self.routes[index].clone()
        });
        served.collect::<Vec<_>>().join(" ")
    }

    fn maintain(&mut self, intervals: u64, recover_time: u64, now: u64) {
        let schedule = Schedule {
            method: self.method,
            intervals,
            recover_time: Seconds(recover_time),
            escalation: Seconds(recover_time / 2),
            now: Seconds(now),
        };
        let _events = maintain(&mut self.members, &schedule);
    }

    /// One request that may be tried repeatedly. Each attempt ends as `outcome` says; who was tried, `|` for
    /// a pause and `!` for a forced recovery, and the last word.
    fn request(
        &mut self,
        session: &Session<'_>,
        mut rounds: Rounds,
        outcome: impl Fn(usize) -> Outcome,
    ) -> (String, Answer) {
        let mut own = self.states();
        let mut looked_at = *session;
        let mut answer = Answer::Status(503);
        let mut trace = Vec::new();
        loop {
            match rounds.step() {
                Step::Stop => break,
                Step::Pause => {
                    own = self.states();
                    trace.push("|".to_owned());
                }
                Step::Attempt => {
                    let picked = self.pick(&own, &looked_at, false);
                    looked_at = session.first_only();
                    if let Some((index, _)) = picked {
                        trace.push(self.routes[index].clone());
                        if !self.attempt(index, session, outcome(index), &mut own[index], &mut answer) {
                            break;
                        }
                    } else if rounds.may_force() && self.force(&mut own) {
                        rounds.give_back();
                        trace.push("!".to_owned());
                    } else {
                        answer = Answer::Status(503);
                    }
                }
            }
        }
        (trace.join(" "), answer)
    }

    /// Whether the request goes on.
    fn attempt(
        &mut self,
        index: usize,
        session: &Session<'_>,
        outcome: Outcome,
        own: &mut State,
        answer: &mut Answer,
    ) -> bool {
        self.start(index, session, false);
        let member = &mut self.members[index];
        member.state = member.state.picked();
        let now = Seconds(1000);
        let verdict = judge(
            outcome,
            &Facts {
                now,
                shared: member.state,
                others_busy: false,
                escalation: Seconds(30),
                first_error: member.first_error,
                reply_timeouts: 1,
                max_reply_timeouts: 0,
                cure: Cure::Time,
                on_trial: false,
            },
        );
        member.state = verdict.shared.unwrap_or(member.state);
        (member.first_error, member.last_error) =
            verdict.times.apply(member.first_error, member.last_error, now);
        *own = verdict.own.unwrap_or(*own);
        *answer = verdict.answer;
        self.end(index, 0);
        verdict.go_on
    }

    fn force(&mut self, own: &mut [State]) -> bool {
        let mut any = false;
        for (member, own) in self.members.iter_mut().zip(own) {
            if member.state == State::Error {
                (member.state, *own) = (State::Force, State::Force);
                any = true;
            }
        }
        any
    }
}

struct Picture<'l> {
    lb: &'l Lb,
    states: &'l [State],
}

impl Members for Picture<'_> {
    fn len(&self) -> usize {
        self.states.len()
    }
    fn route(&self, member: usize) -> &[u8] {
        self.lb.routes[member].as_bytes()
    }
    fn domain(&self, _member: usize) -> &[u8] {
        b""
    }
    fn redirect(&self, member: usize) -> &[u8] {
        self.lb.redirects[member].as_bytes()
    }
    fn standing(&self, member: usize) -> Standing {
        Standing {
            state: self.states[member],
            activation: self.lb.members[member].activation,
            distance: self.lb.distances[member].into(),
        }
    }
    fn can_be_forced(&self, member: usize) -> bool {
        self.states[member] == State::Error
    }
    fn value(&self, member: usize) -> u64 {
        self.lb.members[member].value
    }
}

/// The strings of a JSON array; the only escape that occurs is `\"`.
fn strings(json: &str) -> Vec<String> {
    let mut found = Vec::new();
    let mut chars = json.chars();
    while chars.by_ref().any(|c| c == '"') {
        let mut text = String::new();
        loop {
            match chars.next().unwrap() {
                '"' => break,
                '\\' => text.push(chars.next().unwrap()),
                c => text.push(c),
            }
        }
        found.push(text);
    }
    found
}

#[test]
fn sessions_are_found_and_lead_to_members_as_recorded() {
    let mut count = 0;
    for row in rows(include_str!("vectors/session-vectors.tsv")) {
        let [label, path, cookies, jk_route, sticky_ignore, candidates, member] = row[..] else {
            panic!("{row:?}")
        };
        // as httpd hands it on: decoded, without the query string
        let uri = path.split('?').next().unwrap().replace("%3B", ";");
        let headers = strings(cookies);
        let separate: Vec<&[u8]> = headers.iter().map(|header| header.as_bytes()).collect();
        let merged = headers.join(", ");
        for cookies in [&separate[..], &[merged.as_bytes()]] {
            let session = if sticky_ignore == "1" {
                Session::none()
            } else {
                Session::find(uri.as_bytes(), cookies, Some(jk_route.as_bytes()), &KEYS)
            };
            let dot = if jk_route.is_empty() { "" } else { "." };
            let seen: Vec<_> = session.candidates().map(|id| format!("{dot}{}", id.escape_ascii())).collect();
            let expected = candidates.as_bytes().escape_ascii().to_string();
            assert_eq!(seen.join(";"), expected, "{label}");
            assert_eq!(session.exists(), !candidates.is_empty(), "{label}");

            let mut lb = Lb::new(Method::Request, &[1, 1, 1]);
            let (index, by_value) = lb.pick(&lb.states(), &session, false).unwrap();
            assert_eq!(if by_value { "*" } else { &lb.routes[index] }, member, "{label}");
        }
        count += 1;
    }
    assert_eq!(count, 52);
}

#[test]
fn members_are_picked_in_the_recorded_order() {
    let mut count = 0;
    for row in rows(include_str!("vectors/pick-vectors.tsv")) {
        let [method, _lock, factors, distances, flags, picks] = row[..] else { panic!("{row:?}") };
        let factors: Vec<u32> = factors.split(',').map(|factor| factor.parse().unwrap()).collect();
        let mut lb = Lb::new(Method::parse(method.as_bytes()), &factors);
        for (index, distance) in distances.split(',').filter(|text| !text.is_empty()).enumerate() {
            lb.distances[index] = distance.parse().unwrap();
        }
        assert_eq!(lb.serve(24, flags == "stateless", |_| 0), picks, "{row:?}");
        count += 1;
    }
    assert_eq!(count, 15);
}

#[test]
fn values_and_the_next_start_move_with_each_pick() {
    let mut lb = Lb::new(Method::Request, &[1, 2, 3]);
    for (pick, member, values, next) in [
        (1, "m1", [6, 0, 0], 1),
        (2, "m2", [6, 3, 0], 2),
        (3, "m3", [6, 3, 2], 3),
        (4, "m3", [6, 3, 4], 3),
        (5, "m2", [6, 6, 4], 2),
        (6, "m3", [6, 6, 6], 3),
        (7, "m1", [12, 6, 6], 1),
    ] {
        assert_eq!(lb.serve(1, false, |_| 0), member, "pick {pick}");
        assert_eq!((lb.values(), lb.next), (values.to_vec(), next), "pick {pick}");
    }
}

#[test]
fn farther_members_serve_once_all_nearer_ones_are_down() {
    let mut lb = Lb::new(Method::Request, &[1, 1, 1]);
    lb.distances = vec![0, 0, 1];
    for (down, picks) in [(None, "m1 m2 m1"), (Some(0), "m2 m2 m2"), (Some(1), "m3 m3 m3")] {
        if let Some(down) = down {
            lb.members[down].state = State::Error;
        }
        assert_eq!(lb.serve(3, false, |_| 0), picks);
    }
}

#[test]
fn busyness_spreads_open_requests_by_weight() {
    let mut lb = Lb::new(Method::Busyness, &[1, 2, 3]);
    let open: Vec<usize> = (0..12).map(|_| lb.open(false)).collect();
    assert_eq!(open, [0, 1, 2, 2, 1, 2, 0, 1, 2, 2, 1, 2]);
    assert_eq!(lb.values(), [12, 12, 12]);
    for index in open {
        lb.end(index, 0);
    }
    assert_eq!(lb.values(), [0, 0, 0]);
}

#[test]
fn traffic_avoids_a_talkative_member_until_the_others_have_caught_up() {
    let mut lb = Lb::new(Method::Traffic, &[1, 1, 2]);
    let bytes = |index| if index == 0 { 20_234 } else { 253 };
    assert_eq!(lb.serve(12, false, bytes), "m1 m2 m3 m3 m2 m3 m3 m2 m3 m3 m2 m3");
    assert_eq!(lb.values(), [40_468, 2024, 1771]);
}

#[test]
fn values_fade_between_requests() {
    let mut lb = Lb::new(Method::Request, &[1, 1, 1]);
    for (requests, before, intervals, after) in [(30, 10, 1, 5), (30, 15, 2, 3)] {
        lb.serve(requests, false, |_| 0);
        assert_eq!(lb.values(), [before; 3]);
        lb.maintain(intervals, 60, 1000);
        assert_eq!(lb.values(), [after; 3]);
    }
}

#[test]
fn next_keeps_the_differences() {
    let mut lb = Lb::new(Method::Next, &[1, 2, 3]);
    lb.serve(9, false, |_| 0);
    assert_eq!(lb.values(), [12, 9, 8]);
    lb.maintain(1, 60, 1000);
    assert_eq!(lb.values(), [4, 1, 0]);
}

#[test]
fn a_member_that_comes_back_is_neither_flooded_nor_starved() {
    let mut lb = Lb::new(Method::Request, &[1, 1, 1]);
    lb.set_values([4, 4, 4]);
    lb.members[0].state = State::Error;
    (lb.members[0].first_error, lb.members[0].last_error) = (Some(Seconds(0)), Some(Seconds(0)));
    lb.maintain(1, 3, 2);
    assert_eq!(lb.values(), [2, 2, 2]);
    assert_eq!(lb.members[0].state, State::Error);
    lb.serve(24, false, |_| 0);
    assert_eq!(lb.values(), [2, 14, 14]);
    lb.maintain(1, 3, 4);
    assert_eq!(lb.values(), [7, 7, 7]);
    assert_eq!(lb.members[0].state, State::Recover);
    assert_eq!(lb.serve(6, false, |_| 0), "m1 m2 m3 m1 m2 m3");
}

#[test]
fn requests_that_everybody_loses_are_tried_as_often_as_recorded() {
    // each attempt here stands for the member's own retries, 2 requests sent by default
    for (lb_retries, retries, trace, answer) in [
        (2, 2, "m1 m2 | m3 ! m1", 502),
        (10, 2, "m1 m2 m3 | ! m1 m2 m3", 502),
        (2, 1, "m1 m2", 502),
        (1, 3, "m1 | m2 | m3", 502),
        // forcing is allowed once, so the last round finds nobody
        (10, 3, "m1 m2 m3 | ! m1 m2 m3 |", 503),
    ] {
        let mut lb = Lb::new(Method::Request, &[1, 1, 1]);
        let rounds = Rounds::new(3, lb_retries, retries);
        let seen = lb.request(&Session::none(), rounds, |_| Outcome::Lost);
        assert_eq!(seen, (trace.to_owned(), Answer::Status(answer)), "{lb_retries} {retries}");
    }
}

#[test]
fn outcomes_end_a_request_or_send_it_on() {
    for (first, trace, answer, state) in [
        (Outcome::Answered, "m1", Answer::Backend, State::Ok),
        (Outcome::TooLarge, "m1", Answer::Status(413), State::Ok),
        (Outcome::ClientRead, "m1", Answer::Aborted(400), State::Ok),
        (Outcome::Unrecoverable, "m1", Answer::Status(500), State::Error),
        (Outcome::Malformed, "m1 m2", Answer::Backend, State::Ok),
        (Outcome::HardStatus, "m1 m2", Answer::Backend, State::Error),
        (Outcome::ReplyTimeout, "m1 m2", Answer::Backend, State::Error),
        (Outcome::Reset, "m1 m2", Answer::Backend, State::Recover),
        (Outcome::NoSlot, "m1 m2", Answer::Backend, State::Busy),
    ] {
        let mut lb = Lb::new(Method::Request, &[1, 1, 1]);
        let outcome = |index| if index == 0 { first } else { Outcome::Answered };
        let seen = lb.request(&Session::none(), Rounds::new(3, 2, 2), outcome);
        assert_eq!(seen, (trace.to_owned(), answer), "{first:?}");
        assert_eq!(lb.states(), [state, State::Ok, State::Ok], "{first:?}");
    }
}

#[test]
fn a_recovering_member_is_probed_by_the_request_that_picks_it() {
    for (outcome, state) in
        [(Outcome::Answered, State::Ok), (Outcome::Lost, State::Error), (Outcome::SoftStatus, State::Ok)]
    {
        let mut lb = Lb::new(Method::Request, &[1, 1]);
        lb.members[0].state = State::Recover;
        let rounds = Rounds::new(2, 1, 1);
        let (trace, _) = lb.request(&Session::none(), rounds, |_| outcome);
        assert_eq!((trace.as_str(), lb.members[0].state), ("m1", state), "{outcome:?}");
    }
}

#[test]
fn later_attempts_look_at_the_first_session_id_only() {
    let cookies: [&[u8]; 1] = [b"JSESSIONID=a.zz; JSESSIONID=b.m2"];
    let session = Session::find(b"/", &cookies, None, &KEYS);
    let mut lb = Lb::new(Method::Request, &[1, 1, 1]);
    lb.redirects[1] = "m3";
    let outcome = |index| if index == 1 { Outcome::Unreachable } else { Outcome::Answered };
    let (trace, _) = lb.request(&session, Rounds::new(3, 2, 2), outcome);
    assert_eq!(trace, "m2 m1");
    // the next request sees both from the start, and m2 in error
    let (trace, _) = lb.request(&session, Rounds::new(3, 2, 2), outcome);
    assert_eq!(trace, "m3");
}
