//! A request to a status worker, read and checked in the order in which mod_jk complains.

use super::command::{Asked, Command, Kind, Mime, Options};
use super::guard::{self, Provenance};
use super::parameters::Parameters;
use super::refusal::Refusal;
use super::token::Token;
use crate::config::worker_spec::StatusSpec;
use crate::text::{self, Text};

/// What counts of a request.
#[derive(Clone, Copy, Debug)]
pub struct Request<'r> {
    /// What follows the question mark of the URI, not decoded.
    pub query: &'r [u8],
    /// The body of a POST of type `application/x-www-form-urlencoded`; no other body counts.
    pub form: Option<&'r [u8]>,
    /// The user that httpd knows, or the variable named by `JkRemoteUserIndicator`.
    pub user: Option<&'r [u8]>,
    /// Where it was made.
    pub from: Provenance<'r>,
    /// What the forms of our pages carry.
    pub token: &'r Token,
}

/// What is asked for, or why it is refused. Whether the named workers exist is not known here.
pub fn read(spec: &StatusSpec, request: &Request<'_>) -> Asked {
    let Sent { parameters, token, whole } = Sent::read(request);
    let mime = parameters.get("mime").map_or(Some(Mime::Html), Mime::parse);
    let options = Options(parameters.get("opt").map_or(0, bits));
    let read_only = spec.read_only || options.has(Options::READ_ONLY);
    let command = may_see(spec, request.user)
        .and(whole)
        .and_then(|()| command(parameters, mime, options, read_only))
        .and_then(|command| meant(command, &request.from, token));
    Asked { mime: mime.unwrap_or(Mime::Properties), command, read_only }
}

/// All parameters of a request.
struct Sent {
    parameters: Parameters,
    /// Whether the right token came with them, if any.
    token: Option<bool>,
    /// An error if not all could be read.
    whole: Result<(), Refusal>,
}

impl Sent {
    /// The body of a form counts only if it is one of our pages': mod_jk looks at no body.
    fn read(request: &Request<'_>) -> Self {
        let mut parameters = Parameters::default();
        let mut whole = parameters.read(request.query);
        parameters.take(Token::FIELD);
        let mut form = Parameters::default();
        let form_whole = request.form.map_or(Ok(()), |body| form.read(body));
        let token = form.take(Token::FIELD).map(|given| request.token.is(&given));
        if token.is_some() {
            whole = whole.and(form_whole);
            form.iter().for_each(|(key, value)| parameters.set(key, value.into()));
        }
        Self { parameters, token, whole }
    }
}

fn may_see(spec: &StatusSpec, user: Option<&[u8]>) -> Result<(), Refusal> {
    let same = |known: &[u8], user: &[u8]| {
        if spec.user_case_insensitive { known.eq_ignore_ascii_case(user) } else { known == user }
    };
    let listed = user.is_some_and(|user| spec.users.iter().any(|known| same(known, user)));
    if spec.users.is_empty() || listed { Ok(()) } else { Err(Refusal::Denied) }
}

fn meant(command: Command, from: &Provenance<'_>, token: Option<bool>) -> Result<Command, Refusal> {
    let meant = !command.kind.changes() || guard::allows(from, token);
    if meant { Ok(command) } else { Err(Refusal::Foreign) }
}

fn command(
    parameters: Parameters,
    mime: Option<Mime>,
    options: Options,
    read_only: bool,
) -> Result<Command, Refusal> {
    let kind = parameters.get("cmd").map_or(Some(Kind::List), Kind::parse);
    if read_only && kind.is_some_and(Kind::needs_writing) {
        return Err(Refusal::ReadOnly);
    }
    let kind = kind.ok_or(Refusal::UnknownCommand)?;
    let mime = mime.ok_or(Refusal::UnknownMime)?;
    let given = |key: &str| parameters.get(key).map(Text::from);
    let (worker, member) = (given("w"), given("sw"));
    if kind.needs_worker() {
        worker.as_deref().filter(|name| !name.is_empty()).ok_or(Refusal::NoWorker)?;
        if member.as_deref().is_some_and(<[u8]>::is_empty) {
            return Err(Refusal::EmptyMember);
        }
    }
    Ok(Command {
        kind,
        mime,
        worker,
        member,
        attribute: given("att"),
        refresh: parameters.get("re").map_or(0, |text| u32::try_from(text::atoi(text)).unwrap_or(0)),
        options,
        from: parameters.get("from").and_then(Kind::parse).unwrap_or_default(),
        previous: given("psw"),
        parameters,
    })
}

/// A bit mask; -1 is all of them.
fn bits(text: &[u8]) -> u32 {
    text::atoi(text).cast_unsigned()
}

#[cfg(test)]
mod tests;
