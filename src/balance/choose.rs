//! Which member of an lb gets a request.
//!
//! First the routes of the session are tried; each may lead to a member directly, to its domain, or to a stand-in.
//! If none does, the balancing method picks by value. If that finds nobody, a hot standby may help.

use super::state::{Activation, State};

/// A picture of an lb's members for one request.
///
/// Asked piece by piece and only for what is needed, so that a sticky pick costs the same with 2 and with 256 members.
/// Members are numbered from 0 in the order of configuration.
pub trait Members {
    /// How many there are.
    fn len(&self) -> usize;
    /// Whether there are none.
    fn is_empty(&self) -> bool {
        self.len() == 0
    }
    /// The route it answers to.
    fn route(&self, member: usize) -> &[u8];
    /// The group it belongs to, empty if none.
    fn domain(&self, member: usize) -> &[u8];
    /// The route of its preferred stand-in, empty if none.
    fn redirect(&self, member: usize) -> &[u8];
    /// What decides whether it can be used, and how gladly.
    fn standing(&self, member: usize) -> Standing;
    /// Whether it is in error for everybody, so that it can be put back to work. That only this request avoids it does
    /// not make it so: this request has just had its try there.
    fn can_be_forced(&self, member: usize) -> bool;
    /// Its value under the balancing method.
    fn value(&self, member: usize) -> u64;
    /// Shows number, standing and value of members, from `start` on and then from 0. `see` answers what weight is to be
    /// beaten from then on; implementors may leave out those that do not beat it, if they know a quicker way to find
    /// out: with hundreds of members this is most of what a pick costs.
    fn look_around(&self, start: usize, mut see: impl FnMut(usize, Standing, u64) -> Weight) {
        for member in (start..self.len()).chain(0..start) {
            see(member, self.standing(member), self.value(member));
        }
    }
    /// The first member with exactly this route. Implementors may know a quicker way.
    fn by_route(&self, route: &[u8]) -> Option<usize> {
        (0..self.len()).find(|&member| self.route(member) == route)
    }
}

/// How one member stands for one request.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Standing {
    /// How it is doing in this request's own picture.
    pub state: State,
    /// What it may do for this request; the rule's word counts more than the member's own.
    pub activation: Activation,
    /// Members with a larger one are for when no nearer one can be used.
    pub distance: i64,
}

/// What members are compared by: first the distance, then the value. Less is better.
pub type Weight = (i64, u64);

/// A weight that every member beats.
pub const WORST: Weight = (i64::MAX, 0);

/// What a request wants of its member.
pub struct Wanted<'s, 'r> {
    /// The routes of its session, in the order in which they are to be tried. On the second and later picks of a request
    /// mod_jk looks at the first session candidate only; hand in no more than that one's.
    pub routes: &'s mut dyn Iterator<Item = &'r [u8]>,
    /// Whether it has a session at all, even one without a route.
    pub has_session: bool,
    /// `sticky_session_force`: a request with a session must not move to another member.
    pub force: bool,
    /// The request makes no session, so values do not matter: members take turns.
    pub stateless: bool,
}

/// Who gets the request.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[must_use]
pub enum Choice<'m> {
    /// This member.
    Member {
        /// Its number.
        index: usize,
        /// Whether it is the one the session belongs to. If not, `set_session_cookie` applies.
        sticky: bool,
        /// What mod_jk would do to the route that it sends along.
        route: OutRoute<'m>,
        /// After a value pick: where the next one of this process is to start looking.
        next: Option<usize>,
    },
    /// Nobody can take it.
    None,
}

/// What mod_jk makes of the route it tells the backend and the access log.
///
/// mod_jk sets it at the first attempt and may keep it when the request moves on, so the backend can be told
/// another member's route. Ours tells each backend its own; this is kept for those who want to know how the member
/// was found.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum OutRoute<'m> {
    /// The member's own route.
    Member,
    /// The domain through which the member was found.
    Domain(&'m [u8]),
    /// None: the member stands in for another by `redirect`.
    Cleared,
}

/// Picks a member. `next` is where a value pick starts looking: what the last one in this process answered, 0 at first.
pub fn choose<'m, M: Members>(members: &'m M, wanted: Wanted<'_, '_>, next: usize) -> Choice<'m> {
    if members.len() == 1 && members.standing(0).activation != Activation::Disabled {
        return only_member(members);
    }
    for route in wanted.routes {
        if let Some(choice) = by_session(members, route, wanted.force) {
            return choice;
        }
    }
    if wanted.force && wanted.has_session {
        return Choice::None;
    }
    by_value(members, State::usable, wanted.stateless, next)
        .or_else(|| hot_standby(members, wanted.force))
        .or_else(|| last_resort(members, wanted.stateless, next))
        .unwrap_or(Choice::None)
}

/// No session needs to be looked at.
fn only_member<M: Members>(members: &M) -> Choice<'_> {
    if usable_sticky(members, 0) {
        Choice::Member { index: 0, sticky: true, route: OutRoute::Member, next: None }
    } else {
        Choice::None
    }
}

/// The member that serves sessions of `route`.
fn by_session<'m, M: Members>(members: &'m M, route: &[u8], force: bool) -> Option<Choice<'m>> {
    match members.by_route(route) {
        Some(index) if usable_sticky(members, index) => {
            Some(Choice::Member { index, sticky: true, route: OutRoute::Member, next: None })
        }
        Some(_) if force => None,
        Some(index) => stand_in(members, index),
        None => by_domain(members, route),
    }
}

/// Who serves the sessions of a member that cannot. The redirect goes before the domain, even if it leads nowhere.
fn stand_in<M: Members>(members: &M, failed: usize) -> Option<Choice<'_>> {
    let redirect = members.redirect(failed);
    if redirect.is_empty() {
        return by_domain(members, members.domain(failed));
    }
    let index = members.by_route(redirect).filter(|&index| usable_sticky(members, index))?;
    Some(Choice::Member { index, sticky: false, route: OutRoute::Cleared, next: None })
}

/// The best usable member of a domain. mod_jk cuts the name it looks for at its first dot, so a domain with
/// a dot inside is never found.
fn by_domain<'m, M: Members>(members: &'m M, name: &[u8]) -> Option<Choice<'m>> {
    let domain = name.split(|&byte| byte == b'.').next().filter(|domain| !domain.is_empty())?;
    let weight = |index| {
        let Standing { state, activation, distance } = members.standing(index);
        let fit = activation == Activation::Active && state.usable();
        fit.then(|| (distance, members.value(index), index))
    };
    let there = (0..members.len()).filter(|&index| members.domain(index) == domain);
    let (_, _, index) = there.filter_map(weight).min()?;
    Some(Choice::Member { index, sticky: false, route: OutRoute::Domain(members.domain(index)), next: None })
}

/// The nearest member with the lowest value, among the active ones in a state that is `fit`; the first found wins a
/// tie, which with the moving start makes equals take turns.
#[inline(never)] // apart from the rest, the loop gets all registers
fn by_value<M: Members>(
    members: &M,
    fit: impl Fn(State) -> bool,
    stateless: bool,
    next: usize,
) -> Option<Choice<'_>> {
    let start = next.checked_rem(members.len())?;
    let (mut least, mut best) = (WORST, None);
    members.look_around(start, |index, Standing { state, activation, distance }, value| {
        let weight = (distance, if stateless { 0 } else { value });
        if weight < least && activation == Activation::Active && fit(state) {
            (least, best) = (weight, Some(index));
        }
        least
    });
    let index = best?;
    Some(Choice::Member { index, sticky: false, route: OutRoute::Member, next: Some(index + 1) })
}

/// When nobody can be picked by value, the first member that names a redirect makes every request one of its stand-in's:
/// this is how a disabled standby serves requests without a session. No session lives there yet, so the client is told
/// the route as after a pick by value.
fn hot_standby<M: Members>(members: &M, force: bool) -> Option<Choice<'_>> {
    let redirect = (0..members.len()).map(|index| members.redirect(index)).find(|route| !route.is_empty())?;
    match by_session(members, redirect, force)? {
        Choice::Member { index, route, next, .. } => {
            Some(Choice::Member { index, sticky: false, route, next })
        }
        Choice::None => None,
    }
}

/// Ours, not mod_jk's: while a member is being probed others are spared the risk, but if the alternative is certain
/// failure the risk is the better one. Not as long as some member is in error, for those can be forced to work.
fn last_resort<M: Members>(members: &M, stateless: bool, next: usize) -> Option<Choice<'_>> {
    let some_in_error = (0..members.len()).any(|index| members.can_be_forced(index));
    if some_in_error { None } else { by_value(members, |state| state == State::Probe, stateless, next) }
}

/// A disabled member still serves its sessions. An lb with one member cannot spare it while it is probed.
fn usable_sticky<M: Members>(members: &M, index: usize) -> bool {
    let Standing { state, activation, .. } = members.standing(index);
    let fit = state.usable() || (state == State::Probe && members.len() == 1);
    fit && activation != Activation::Stopped
}

#[cfg(test)]
#[allow(clippy::indexing_slicing)]
mod tests {
    use super::*;

    #[derive(Clone)]
    struct Member {
        route: &'static str,
        domain: &'static str,
        redirect: &'static str,
        distance: i64,
        activation: Activation,
        state: State,
        value: u64,
    }

    struct Lb(Vec<Member>);

    impl Members for Lb {
        fn len(&self) -> usize {
            self.0.len()
        }
        fn route(&self, member: usize) -> &[u8] {
            self.0[member].route.as_bytes()
        }
        fn domain(&self, member: usize) -> &[u8] {
            self.0[member].domain.as_bytes()
        }
        fn redirect(&self, member: usize) -> &[u8] {
            self.0[member].redirect.as_bytes()
        }
        fn standing(&self, member: usize) -> Standing {
            let Member { state, activation, distance, .. } = self.0[member];
            Standing { state, activation, distance }
        }
        fn can_be_forced(&self, member: usize) -> bool {
            self.0[member].state == State::Error
        }
        fn value(&self, member: usize) -> u64 {
            self.0[member].value
        }
    }

    const STATES: [State; 7] =
        [State::Idle, State::Ok, State::Recover, State::Force, State::Busy, State::Error, State::Probe];
    const ACTIVATIONS: [Activation; 3] = [Activation::Active, Activation::Disabled, Activation::Stopped];

    fn member(route: &'static str) -> Member {
        Member {
            route,
            domain: "",
            redirect: "",
            distance: 0,
            activation: Activation::Active,
            state: State::Ok,
            value: 0,
        }
    }

    fn lb(count: usize) -> Lb {
        Lb(["m1", "m2", "m3", "m4"].into_iter().take(count).map(member).collect())
    }

    /// Who is picked for a request with these routes, the first of them in sight.
    fn pick<'m>(lb: &'m Lb, routes: &[&'static str], force: bool) -> Choice<'m> {
        let mut routes = routes.iter().map(|route| route.as_bytes());
        let has_session = routes.len() > 0;
        choose(lb, Wanted { routes: &mut routes, has_session, force, stateless: false }, 0)
    }

    fn sticky<'m>(index: usize) -> Choice<'m> {
        Choice::Member { index, sticky: true, route: OutRoute::Member, next: None }
    }

    fn standby<'m>(index: usize) -> Choice<'m> {
        Choice::Member { index, sticky: false, route: OutRoute::Member, next: None }
    }

    fn redirected<'m>(index: usize) -> Choice<'m> {
        Choice::Member { index, sticky: false, route: OutRoute::Cleared, next: None }
    }

    fn in_domain(index: usize, domain: &str) -> Choice<'_> {
        Choice::Member { index, sticky: false, route: OutRoute::Domain(domain.as_bytes()), next: None }
    }

    fn value<'m>(index: usize) -> Choice<'m> {
        Choice::Member { index, sticky: false, route: OutRoute::Member, next: Some(index + 1) }
    }

    /// m1 in every state and activation, all but well: what its sessions get.
    fn for_each_unfit_m1(lb: &mut Lb, mut check: impl FnMut(&Lb, &str)) {
        for state in STATES {
            for activation in ACTIVATIONS {
                if state.usable() && activation != Activation::Stopped {
                    continue;
                }
                lb.0[0].state = state;
                lb.0[0].activation = activation;
                check(lb, &format!("{state:?} {activation:?}"));
            }
        }
    }

    #[test]
    fn a_well_member_gets_its_sessions_even_if_disabled() {
        for state in STATES.into_iter().filter(|state| state.usable()) {
            for activation in [Activation::Active, Activation::Disabled] {
                for force in [false, true] {
                    let mut lb = lb(3);
                    lb.0[0] = Member { state, activation, redirect: "m3", value: 9, ..member("m1") };
                    assert_eq!(pick(&lb, &["m1"], force), sticky(0), "{state:?} {activation:?} {force}");
                }
            }
        }
    }

    #[test]
    fn the_redirect_takes_over_in_any_usable_state_unless_stopped() {
        for state in STATES {
            for activation in ACTIVATIONS {
                let mut lb = lb(3);
                lb.0[0].redirect = "m3";
                lb.0[0].domain = "east";
                lb.0[1].domain = "east";
                lb.0[2] = Member { state, activation, ..member("m3") };
                let fit = state.usable() && activation != Activation::Stopped;
                for_each_unfit_m1(&mut lb, |lb, what| {
                    let expected = if fit { redirected(2) } else { value(1) };
                    assert_eq!(pick(lb, &["m1"], false), expected, "{what}; m3 {state:?} {activation:?}");
                    assert_eq!(pick(lb, &["m1"], true), Choice::None, "{what}");
                });
            }
        }
    }

    #[test]
    fn a_redirect_that_leads_nowhere_hides_the_domain() {
        let mut lb = lb(3);
        lb.0[0] = Member { redirect: "gone", domain: "east", state: State::Error, ..member("m1") };
        lb.0[2] = Member { domain: "east", ..member("m3") };
        assert_eq!(pick(&lb, &["m1"], false), value(1));
    }

    #[test]
    fn without_redirect_another_active_member_of_the_domain_takes_over() {
        for state in STATES {
            for activation in ACTIVATIONS {
                let mut lb = lb(3);
                lb.0[0].domain = "east";
                lb.0[2] = Member { domain: "east", state, activation, ..member("m3") };
                let fit = state.usable() && activation == Activation::Active;
                for_each_unfit_m1(&mut lb, |lb, what| {
                    let expected = if fit { in_domain(2, "east") } else { value(1) };
                    assert_eq!(pick(lb, &["m1"], false), expected, "{what}; m3 {state:?} {activation:?}");
                    assert_eq!(pick(lb, &["m1"], true), Choice::None, "{what}");
                });
            }
        }
    }

    #[test]
    fn without_redirect_and_domain_a_session_moves_by_value_or_not_at_all_if_forced() {
        for_each_unfit_m1(&mut lb(3), |lb, what| {
            assert_eq!(pick(lb, &["m1"], false), value(1), "{what}");
            assert_eq!(pick(lb, &["m1"], true), Choice::None, "{what}");
        });
    }

    #[test]
    fn an_unknown_route_is_picked_by_value_or_refused_if_forced() {
        for route in ["zz", "M1", "m1 ", "m1.x", ""] {
            assert_eq!(pick(&lb(3), &[route], false), value(0), "{route}");
            assert_eq!(pick(&lb(3), &[route], true), Choice::None, "{route}");
        }
    }

    #[test]
    fn a_forced_session_without_a_route_is_refused_and_no_session_is_picked_by_value() {
        for (has_session, force, expected) in
            [(true, true, Choice::None), (true, false, value(0)), (false, true, value(0))]
        {
            let lb = lb(3);
            let mut routes = core::iter::empty();
            let wanted = Wanted { routes: &mut routes, has_session, force, stateless: false };
            assert_eq!(choose(&lb, wanted, 0), expected);
        }
    }

    #[test]
    fn the_first_route_that_leads_to_a_member_wins() {
        let mut lb = lb(3);
        lb.0[1].state = State::Error;
        for (routes, force, expected) in [
            (&["zz", "m3", "m1"][..], false, sticky(2)),
            (&["m2", "m3"], false, sticky(2)),
            (&["m2", "m3"], true, sticky(2)),
            (&["m2", "zz"], true, Choice::None),
        ] {
            assert_eq!(pick(&lb, routes, force), expected, "{routes:?}");
        }
    }

    #[test]
    fn an_unknown_route_may_name_a_domain_up_to_its_first_dot() {
        let mut lb = lb(4);
        for (index, domain, distance, value) in
            [(0, "west", 0, 0), (1, "east", 1, 0), (2, "east", 0, 7), (3, "east", 0, 7)]
        {
            lb.0[index] = Member { domain, distance, value, ..lb.0[index].clone() };
        }
        for (route, force, expected) in [
            ("east", false, in_domain(2, "east")),
            ("east.gone", false, in_domain(2, "east")),
            ("east.gone", true, in_domain(2, "east")),
            ("eastern", false, value(0)),
            (".east", false, value(0)),
        ] {
            assert_eq!(pick(&lb, &[route], force), expected, "{route}");
        }
        lb.0[3].value = 6;
        assert_eq!(pick(&lb, &["east"], false), in_domain(3, "east"));
        lb.0[2].activation = Activation::Disabled;
        lb.0[3].state = State::Busy;
        assert_eq!(pick(&lb, &["east"], false), in_domain(1, "east"));
    }

    #[test]
    fn a_domain_with_a_dot_is_never_found() {
        let mut lb = lb(3);
        lb.0[0] = Member { domain: "east.a", state: State::Error, ..member("m1") };
        lb.0[2].domain = "east.a";
        assert_eq!(pick(&lb, &["m1"], false), value(1));
        assert_eq!(pick(&lb, &["east.a"], false), value(1));
    }

    #[test]
    fn the_only_member_is_taken_without_looking_at_the_session() {
        for state in STATES {
            for activation in ACTIVATIONS {
                let lb = Lb(vec![Member { state, activation, ..member("m1") }]);
                // mod_jk refuses during a probe; ours must not
                let fit = state.usable() || state == State::Probe;
                let (own, foreign) = match activation {
                    Activation::Active if fit => (sticky(0), sticky(0)),
                    Activation::Disabled if fit => (sticky(0), Choice::None),
                    Activation::Active | Activation::Disabled | Activation::Stopped => {
                        (Choice::None, Choice::None)
                    }
                };
                for force in [false, true] {
                    assert_eq!(pick(&lb, &["m1"], force), own, "{state:?} {activation:?}");
                    assert_eq!(pick(&lb, &["zz"], force), foreign, "{state:?} {activation:?}");
                }
                assert_eq!(pick(&lb, &[], false), foreign, "{state:?} {activation:?}");
            }
        }
    }

    #[test]
    fn value_picks_take_active_members_in_a_usable_state_only() {
        for state in STATES {
            for activation in ACTIVATIONS {
                let mut lb = lb(2);
                lb.0[0] = Member { state, activation, ..member("m1") };
                lb.0[1].value = 1;
                let fit = state.usable() && activation == Activation::Active;
                let expected = if fit { value(0) } else { value(1) };
                assert_eq!(pick(&lb, &[], false), expected, "{state:?} {activation:?}");
            }
        }
    }

    #[test]
    fn the_nearest_member_with_the_lowest_value_wins_and_a_tie_goes_to_the_first_after_the_last_pick() {
        for (distances, values, next, stateless, picked) in [
            ([0, 0, 0], [2, 1, 1], 0, false, 1),
            ([0, 0, 0], [2, 1, 1], 2, false, 2),
            ([0, 0, 0], [1, 1, 1], 3, false, 0),
            ([0, 0, 0], [1, 1, 1], usize::MAX, false, 0),
            ([0, 0, -1], [0, 0, 9], 0, false, 2),
            ([1, 1, 0], [0, 0, 9], 0, true, 2),
            ([0, 0, 0], [0, 0, 9], 2, true, 2),
            ([0, 0, 1], [9, 9, 0], 2, true, 0),
        ] {
            let mut lb = lb(3);
            for index in 0..3 {
                lb.0[index].distance = distances[index];
                lb.0[index].value = values[index];
            }
            let mut routes = core::iter::empty();
            let wanted = Wanted { routes: &mut routes, has_session: false, force: false, stateless };
            assert_eq!(choose(&lb, wanted, next), value(picked), "{distances:?} {values:?} {next}");
        }
    }

    #[test]
    fn a_disabled_standby_serves_everybody_once_all_others_are_down() {
        let mut lb = lb(3);
        lb.0[0] = Member { redirect: "m3", ..member("m1") };
        lb.0[2].activation = Activation::Disabled;
        assert_eq!(pick(&lb, &[], false), value(0));
        lb.0[0].state = State::Error;
        lb.0[1].state = State::Error;
        for force in [false, true] {
            assert_eq!(pick(&lb, &[], force), standby(2));
        }
        assert_eq!(pick(&lb, &["m2"], false), standby(2));
        assert_eq!(pick(&lb, &["m2"], true), Choice::None);
        lb.0[2].activation = Activation::Stopped;
        assert_eq!(pick(&lb, &[], false), Choice::None);
    }

    #[test]
    fn only_the_first_redirect_is_looked_at_for_a_standby() {
        let mut lb = lb(4);
        for (index, redirect) in [(0, ""), (1, "m3"), (2, "m4"), (3, "")] {
            lb.0[index] = Member { redirect, state: State::Error, ..lb.0[index].clone() };
        }
        lb.0[3] = Member { activation: Activation::Disabled, ..member("m4") };
        // m3 is down as well, but names m4 in its turn
        assert_eq!(pick(&lb, &[], false), redirected(3));
        assert_eq!(pick(&lb, &[], true), Choice::None);
        lb.0[1].redirect = "zz";
        assert_eq!(pick(&lb, &[], false), Choice::None);
    }

    #[test]
    fn a_member_under_probe_serves_when_the_alternative_is_failure() {
        for (others, activation, expected) in [
            (State::Busy, Activation::Active, value(0)),
            (State::Probe, Activation::Stopped, value(0)),
            (State::Ok, Activation::Stopped, value(0)),
            (State::Ok, Activation::Active, value(1)),
            (State::Error, Activation::Active, Choice::None), // can be forced
        ] {
            let mut lb = lb(3);
            lb.0[0].state = State::Probe;
            for index in [1, 2] {
                lb.0[index] = Member { state: others, activation, ..lb.0[index].clone() };
            }
            assert_eq!(pick(&lb, &[], false), expected, "{others:?} {activation:?}");
            assert_eq!(pick(&lb, &["m1"], true), Choice::None, "{others:?} {activation:?}");
        }
    }

    #[test]
    fn an_lb_without_members_has_nobody() {
        assert_eq!(pick(&lb(0), &["m1"], false), Choice::None);
        assert_eq!(pick(&lb(0), &[], true), Choice::None);
    }
}
