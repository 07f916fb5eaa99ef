//! Which workers a command is about, and what it does to them.

use super::change::{Action, AjpChange, MemberChange};
use super::command::{Command, Kind};
use super::parameters::Parameters;
use super::refusal::{Refusal, TextFault};
use super::settings::{self, Setting};
use crate::text::Text;
use crate::uri::pattern;

/// The workers of `worker.list` by name, in its order: all that is needed to know whether a command makes sense.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Inventory(pub Vec<(Text, Listed)>);

/// What kind of worker stands in the list.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Listed {
    /// A balancer with its members in their order: name and present route.
    Lb(Vec<(Text, Text)>),
    /// An AJP worker.
    Ajp,
    /// A status worker.
    Status,
}

/// What to do for a command.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Plan {
    /// Gather a report of these workers and render it. Also for `edit`, whose forms show the present values.
    Show(Scope),
    /// Apply this and render whether it went well.
    Do(Action),
}

/// The part of the world that a report is about.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Scope {
    /// All balancers and AJP workers, but for what [`Options`](super::Options) hide.
    Everything,
    /// One balancer. The report holds all its members even if one alone is shown.
    Lb {
        /// Its name.
        lb: Text,
        /// The only member to show.
        member: Option<Text>,
    },
    /// One AJP worker.
    Ajp {
        /// Its name.
        worker: Text,
    },
    /// The properties of the start.
    Configuration,
    /// No worker: versions only.
    Nothing,
}

/// What to do for a command that [`read`](super::request::read) let pass.
pub fn plan(command: &Command, inventory: &Inventory) -> Result<Plan, Refusal> {
    match command.kind {
        Kind::List => Ok(Plan::Show(Scope::Everything)),
        Kind::Version => Ok(Plan::Show(Scope::Nothing)),
        Kind::Dump => Ok(Plan::Show(Scope::Configuration)),
        Kind::Show | Kind::Edit => Target::of(command, inventory).map(|target| Plan::Show(target.scope())),
        Kind::Update => Target::of(command, inventory)?.update(command).map(Plan::Do),
        Kind::Reset => Target::of(command, inventory)?.reset().map(Plan::Do),
        Kind::Recover => Target::of(command, inventory)?.recover().map(Plan::Do),
    }
}

/// Whom a command is about.
enum Target<'i> {
    Lb {
        lb: &'i [u8],
        members: &'i [Member],
    },
    /// At least one.
    Members {
        lb: &'i [u8],
        all: &'i [Member],
        chosen: Vec<&'i [u8]>,
        wildcard: bool,
    },
    Ajp(&'i [u8]),
    Status,
}

/// Name and route.
type Member = (Text, Text);

impl<'i> Target<'i> {
    fn of(command: &Command, inventory: &'i Inventory) -> Result<Self, Refusal> {
        let wanted = command.worker.as_deref().ok_or(Refusal::NoWorker)?;
        let (name, listed) =
            inventory.0.iter().find(|(name, _)| **name == *wanted).ok_or(Refusal::UnknownWorker)?;
        let wildcard = command.member.as_ref().is_some_and(|member| member.contains(&b'*'));
        if wildcard && command.kind != Kind::Update {
            return Err(Refusal::Wildcard);
        }
        match (listed, &command.member) {
            (Listed::Lb(members), None) => Ok(Self::Lb { lb: name, members }),
            (Listed::Lb(all), Some(member)) => {
                let chosen: Vec<&[u8]> = matching(all, member, wildcard).collect();
                if chosen.is_empty() {
                    return Err(Refusal::UnknownMember);
                }
                Ok(Self::Members { lb: name, all, chosen, wildcard })
            }
            (Listed::Ajp, None) => Ok(Self::Ajp(name)),
            (Listed::Status, None) => Ok(Self::Status),
            (Listed::Ajp | Listed::Status, Some(_)) => Err(Refusal::NoMembers),
        }
    }

    fn scope(self) -> Scope {
        match self {
            Self::Lb { lb, .. } => Scope::Lb { lb: lb.into(), member: None },
            Self::Members { lb, chosen, .. } => {
                Scope::Lb { lb: lb.into(), member: chosen.first().map(|name| (*name).into()) }
            }
            Self::Ajp(worker) => Scope::Ajp { worker: worker.into() },
            Self::Status => Scope::Nothing,
        }
    }

    fn update(self, command: &Command) -> Result<Action, Refusal> {
        let values = &command.parameters;
        match (self, &command.attribute) {
            (Self::Lb { lb, .. }, None) => {
                let changes = read_all(settings::LB, values, lb, false)?;
                Ok(Action::UpdateLb { lb: lb.into(), changes })
            }
            (Self::Lb { lb, members }, Some(attribute)) => {
                let changes = attribute_of_all(attribute, members, values)?;
                update_members(lb, members, changes, false)
            }
            (Self::Members { lb, all, chosen, wildcard }, _) => {
                let changes =
                    chosen.into_iter().map(|name| Ok((name.into(), member(name, values, wildcard)?)));
                update_members(lb, all, changes.collect::<Result<_, _>>()?, wildcard)
            }
            (Self::Ajp(worker), _) => {
                Ok(Action::UpdateAjp { worker: worker.into(), changes: ajp(worker, values, false)? })
            }
            (Self::Status, _) => Err(Refusal::UpdateFailed),
        }
    }

    fn reset(self) -> Result<Action, Refusal> {
        match self {
            Self::Lb { lb, .. } => Ok(Action::ResetLb { lb: lb.into() }),
            Self::Members { lb, chosen, .. } => {
                let member = chosen.first().map(|name| (*name).into()).ok_or(Refusal::ResetFailed)?;
                Ok(Action::ResetMember { lb: lb.into(), member })
            }
            Self::Ajp(worker) => Ok(Action::ResetAjp { worker: worker.into() }),
            Self::Status => Err(Refusal::ResetFailed),
        }
    }

    fn recover(self) -> Result<Action, Refusal> {
        match self {
            Self::Members { lb, chosen, .. } => {
                let member = chosen.first().map(|name| (*name).into()).ok_or(Refusal::RecoverFailed)?;
                Ok(Action::Recover { lb: lb.into(), member })
            }
            Self::Lb { .. } | Self::Ajp(_) | Self::Status => Err(Refusal::RecoverFailed),
        }
    }
}

fn matching<'i>(all: &'i [Member], wanted: &[u8], wildcard: bool) -> impl Iterator<Item = &'i [u8]> {
    let fits = move |name: &[u8]| if wildcard { pattern::matches(wanted, name) } else { name == wanted };
    all.iter().map(|(name, _)| &**name).filter(move |name| fits(name))
}

/// The changes that the parameters of one target ask for.
fn read_all<C>(
    table: &[Setting<C>],
    values: &Parameters,
    worker: &[u8],
    wildcard: bool,
) -> Result<Vec<C>, Refusal> {
    let given = table.iter().filter_map(|setting| Some((setting, values.get(setting.key)?)));
    given.filter_map(|(setting, value)| read_one(setting, value, worker, wildcard).transpose()).collect()
}

fn read_one<C>(
    setting: &Setting<C>,
    value: &[u8],
    worker: &[u8],
    wildcard: bool,
) -> Result<Option<C>, Refusal> {
    setting.read(value).map_err(|fault| bad_text(setting.what(), value, worker, fault, wildcard))
}

fn bad_text(what: &'static str, value: &[u8], worker: &[u8], fault: TextFault, wildcard: bool) -> Refusal {
    Refusal::BadText { what, value: value.into(), worker: worker.into(), fault, wildcard }
}

fn member(name: &[u8], values: &Parameters, wildcard: bool) -> Result<Vec<MemberChange>, Refusal> {
    let mut changes = read_all(settings::MEMBER, values, name, wildcard)?;
    changes.extend(ajp(name, values, wildcard)?.into_iter().map(MemberChange::Ajp));
    Ok(changes)
}

fn ajp(worker: &[u8], values: &Parameters, wildcard: bool) -> Result<Vec<AjpChange>, Refusal> {
    let mut changes: Vec<AjpChange> = address(worker, values, wildcard)?.into_iter().collect();
    changes.extend(read_all(settings::AJP, values, worker, wildcard)?);
    Ok(changes)
}

/// Host and port are one change, so that requests never see one without the other.
fn address(worker: &[u8], values: &Parameters, wildcard: bool) -> Result<Option<AjpChange>, Refusal> {
    let bad = |what, value, fault| bad_text(what, value, worker, fault, wildcard);
    let host = values.get(settings::HOST).map(|host| match settings::checked(host) {
        Ok(text) if text.is_empty() => Err(bad("host name", host, TextFault::NoValue)),
        checked => checked.map_err(|fault| bad("host name", host, fault)),
    });
    let port = values
        .get(settings::PORT)
        .map(|port| settings::number_of(port).map_err(|fault| bad("port", port, fault)));
    let host = host.transpose()?;
    let port = port.transpose()?.and_then(|number| u16::try_from(number).ok());
    Ok((host.is_some() || port.is_some()).then_some(AjpChange::Address { host, port }))
}

/// `val0`, `val1`, ... belong to the members in their order; who gets none stays as it is.
fn attribute_of_all(
    attribute: &[u8],
    members: &[Member],
    values: &Parameters,
) -> Result<Vec<(Text, Vec<MemberChange>)>, Refusal> {
    let mut all = Vec::with_capacity(members.len());
    for (at, (name, _)) in members.iter().enumerate() {
        if let Some(value) = values.get(&format!("val{at}")) {
            all.push((name.clone(), attribute_of_one(attribute, value, name)?.into_iter().collect()));
        }
    }
    Ok(all)
}

/// An unknown attribute changes nothing.
fn attribute_of_one(attribute: &[u8], value: &[u8], name: &[u8]) -> Result<Option<MemberChange>, Refusal> {
    if let Some(setting) = settings::MEMBER.iter().find(|setting| setting.key.as_bytes() == attribute) {
        return read_one(setting, value, name, false);
    }
    match settings::AJP.iter().find(|setting| setting.key.as_bytes() == attribute) {
        Some(setting) => Ok(read_one(setting, value, name, false)?.map(MemberChange::Ajp)),
        None => Ok(None),
    }
}

fn update_members(
    lb: &[u8],
    all: &[Member],
    members: Vec<(Text, Vec<MemberChange>)>,
    wildcard: bool,
) -> Result<Action, Refusal> {
    match taken_route(all, &members) {
        Some((name, route)) => Err(bad_text("route", route, name, TextFault::Duplicate, wildcard)),
        None => Ok(Action::UpdateMembers { lb: lb.into(), members, wildcard }),
    }
}

/// The first member that would get a route which, after all changes, another member has too.
fn taken_route<'c>(all: &[Member], members: &'c [(Text, Vec<MemberChange>)]) -> Option<(&'c [u8], &'c [u8])> {
    let new_route = |name: &[u8]| {
        let (_, changes) = members.iter().find(|(changed, _)| **changed == *name)?;
        changes.iter().find_map(|change| match change {
            MemberChange::Route(route) => Some(&**route),
            MemberChange::Activation(_)
            | MemberChange::Factor(_)
            | MemberChange::Redirect(_)
            | MemberChange::Domain(_)
            | MemberChange::Distance(_)
            | MemberChange::Ajp(_) => None,
        })
    };
    members.iter().find_map(|(name, _)| {
        let route = new_route(name).filter(|route| !route.is_empty())?;
        let (_, old) = all.iter().find(|(known, _)| known == name)?;
        let taken = all
            .iter()
            .filter(|(other, _)| other != name)
            .any(|(other, kept)| new_route(other).unwrap_or(kept) == route);
        (**old != *route && taken).then_some((&**name, route))
    })
}

#[cfg(test)]
#[allow(clippy::unwrap_used, clippy::panic)]
mod tests;
