//! A balancer's members: they must be of type ajp13 and differ in their routes.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use super::builder::{Builder, Type, type_of_worker};
use super::{LbSpec, MemberSpec, Secret};
use crate::config::attributes::Attributes;
use crate::config::diagnostic::Place;
use crate::config::properties::Properties;
use crate::config::worker_keys::{self, Role};
use crate::text::{self, Text};

impl Builder<'_> {
    pub(super) fn lb(&mut self, name: &[u8], from: &Attributes<'_>) -> Option<LbSpec> {
        self.inspection.worker(from, &[Role::Lb], &mut self.out);
        let (names, place) = members_of(from);
        if names.is_empty() {
            let shown = text::show(name);
            let place = place.or_else(|| from.entry("type").and_then(|entry| entry.place.clone()));
            let message =
                format!("balancer \"{shown}\" has no members; name them in worker.{shown}.balance_workers");
            self.error(place, message);
            return None;
        }
        let secret = from.text("secret").map(Secret::new);
        let members: Vec<_> =
            names.iter().map(|member| self.member(name, member, secret.as_ref(), place.as_ref())).collect();
        let members = members.into_iter().collect::<Option<Vec<_>>>()?;
        self.routes_differ(name, &members, place.clone())?;
        let lb = LbSpec::read(name, from, members);
        self.remark_balancer(&lb, place);
        Some(lb)
    }

    fn member(
        &mut self,
        lb: &[u8],
        name: &[u8],
        secret: Option<&Secret>,
        place: Option<&Place>,
    ) -> Option<MemberSpec> {
        let from = Attributes::of(self.properties, name);
        let list = format!("worker.{}.balance_workers", text::show(lb));
        self.remark_undefined(&list, name, &from, place);
        match self.accept(name, &from, place.cloned())? {
            Type::Ajp => {}
            Type::Lb | Type::Status => {
                let message = self.wrong_member(lb, name);
                self.error(place.cloned(), message);
                return None;
            }
        }
        let member = MemberSpec::read(name, &from, self.pool_size, secret);
        self.inspection.worker(&from, &[Role::Ajp, Role::Member], &mut self.out);
        self.remark_pool(&from, &member.ajp.pool);
        Some(member)
    }

    /// A member must be of type ajp13; if it is a balancer that contains this one, the whole circle is told.
    fn wrong_member(&self, lb: &[u8], member: &[u8]) -> String {
        let (shown, lb_shown) = (text::show(member), text::show(lb));
        if type_of_worker(self.properties, member) == Some(Type::Status) {
            return format!(
                "member \"{shown}\" of balancer \"{lb_shown}\" is of type status; only ajp13 is possible"
            );
        }
        match self.circle(lb, member) {
            Some(way) => {
                let names: Vec<_> = way.iter().map(|name| text::show(name).to_string()).collect();
                format!("balancers contain each other: {}; members must be of type ajp13", names.join(" -> "))
            }
            None => format!(
                "member \"{shown}\" of balancer \"{lb_shown}\" is a balancer itself; only ajp13 is possible, \
                 so list the members of \"{shown}\" instead"
            ),
        }
    }

    /// The way from `lb` through its member back to itself, if there is one.
    fn circle(&self, lb: &[u8], member: &[u8]) -> Option<Vec<Text>> {
        let mut came_from: BTreeMap<Text, Text> = BTreeMap::new();
        let mut left = vec![(Text::from(member), Text::from(lb))];
        while let Some((name, before)) = left.pop() {
            if came_from.contains_key(&name) || type_of_worker(self.properties, &name) != Some(Type::Lb) {
                continue;
            }
            came_from.insert(name.clone(), before);
            if *name == *lb {
                return Some(way_back(lb, &came_from));
            }
            let (members, _) = members_of(&Attributes::of(self.properties, &name));
            left.extend(members.into_iter().map(|member| (member, name.clone())));
        }
        None
    }

    fn routes_differ(&mut self, lb: &[u8], members: &[MemberSpec], place: Option<Place>) -> Option<()> {
        let mut seen: HashMap<&[u8], &[u8]> = HashMap::new();
        for member in members {
            let name = &*member.ajp.name;
            let Some(other) = seen.insert(&member.route, name) else { continue };
            let lb = text::show(lb);
            let message = if other == name {
                format!("balancer \"{lb}\" has the member \"{}\" twice", text::show(name))
            } else {
                format!(
                    "members \"{}\" and \"{}\" of balancer \"{lb}\" have the same route \"{}\"; give each its own, \
                     the jvmRoute of its Tomcat",
                    text::show(other),
                    text::show(name),
                    text::show(&member.route)
                )
            };
            let from = Attributes::of(self.properties, name);
            let route = from.entry("route").or_else(|| from.entry("jvm_route"));
            let route = route.filter(|_| other != name).and_then(|entry| entry.place.clone());
            self.error(route.or(place), message);
            return None;
        }
        Some(())
    }
}

/// The members of every worker that has such a property, whether listed or not.
pub(super) fn members(properties: &Properties) -> BTreeSet<Text> {
    let lists = properties.iter().filter(|entry| {
        matches!(worker_keys::suffix(&entry.key), Some(b"balance_workers" | b"balanced_workers"))
    });
    lists.flat_map(|entry| text::list(&entry.value)).map(Text::from).collect()
}

/// The members of one balancer, and where they are named.
fn members_of(from: &Attributes<'_>) -> (Vec<Text>, Option<Place>) {
    let old = ["balance_workers", "balanced_workers"];
    let name = old.into_iter().find(|name| from.entry(name).is_some()).unwrap_or("balance_workers");
    (from.list(name), from.entry(name).and_then(|entry| entry.place.clone()))
}

/// From `lb` to itself, along the balancers through which it was found.
fn way_back(lb: &[u8], came_from: &BTreeMap<Text, Text>) -> Vec<Text> {
    let mut way = vec![Text::from(lb)];
    let mut at = came_from.get(lb);
    while let Some(name) = at.filter(|_| way.len() <= came_from.len()) {
        way.push(name.clone());
        at = if **name == *lb { None } else { came_from.get(name) };
    }
    way.reverse();
    way
}
