//! Why a command is not obeyed, in the words that scripts know.

use core::fmt;

use crate::text::{self, Text};

/// Why there is no result but an error. `Display` is the message of the answer.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Refusal {
    /// The user is not in the list of the status worker.
    Denied,
    /// The request was sent by a page of another site, or by our page without its token.
    Foreign,
    /// A bad escape in the query.
    BadQuery,
    /// The status worker or the request is read-only.
    ReadOnly,
    /// `cmd` is none.
    UnknownCommand,
    /// `mime` is none.
    UnknownMime,
    /// `w` is missing or empty.
    NoWorker,
    /// `sw` is there but empty.
    EmptyMember,
    /// `w` is no worker.
    UnknownWorker,
    /// `sw` is no member.
    UnknownMember,
    /// `sw` was given with a worker that has no members.
    NoMembers,
    /// `sw` is a pattern, and the command is no update.
    Wildcard,
    /// A value cannot be taken.
    BadText {
        /// `route`, `redirect`, `domain`, `host name`, or the property.
        what: &'static str,
        /// The text.
        value: Text,
        /// The worker or member it was meant for.
        worker: Text,
        /// What is wrong with it.
        fault: TextFault,
        /// Whether further members of a pattern were left alone.
        wildcard: bool,
    },
    /// A host has no address.
    Unresolved {
        /// Host name.
        host: Text,
        /// Port.
        port: u16,
        /// The worker or member it was meant for.
        worker: Text,
        /// Whether further members of a pattern were left alone.
        wildcard: bool,
    },
    /// Nothing of the worker can be updated.
    UpdateFailed,
    /// Nothing of the worker can be reset.
    ResetFailed,
    /// No member was named, or it is not in error.
    RecoverFailed,
    /// There are no properties.
    DumpFailed,
}

/// What is wrong with a text.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum TextFault {
    /// More than [`TEXT_MAX`](super::change::TEXT_MAX) bytes.
    TooLong,
    /// Control characters would break log lines and lists.
    ControlCharacter,
    /// Another member of the balancer has this route.
    Duplicate,
    /// It is no number, no switch or no word that the setting knows.
    NoValue,
}

/// The message of an answer without errors.
pub const FINISHED: &str = "Action finished";

impl fmt::Display for Refusal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let message = match self {
            Self::Denied => "Access denied.",
            Self::Foreign => "Changes are not accepted from other sites.",
            Self::BadQuery => "Error during parsing of URI",
            Self::ReadOnly => "This command is not allowed in read only mode.",
            Self::UnknownCommand => "Invalid command.",
            Self::UnknownMime => "Invalid mime type.",
            Self::NoWorker => "NULL or EMPTY worker param",
            Self::EmptyMember => "EMPTY sub worker param",
            Self::UnknownWorker => "Could not find given worker",
            Self::UnknownMember => "could not find sub worker",
            Self::NoMembers => "worker type has no sub workers",
            Self::Wildcard => "wildcard not allowed in sub worker for this command",
            Self::BadText { what, value, worker, fault, wildcard } => {
                return bad_text(f, what, value, worker, *fault, *wildcard);
            }
            Self::Unresolved { host, port, worker, wildcard } => {
                return write!(
                    f,
                    "{PARTIALLY}could not resolve address '{}:{port}' for sub worker '{}'.{}",
                    text::show(host),
                    text::show(worker),
                    aborting(*wildcard)
                );
            }
            Self::UpdateFailed => "Update failed",
            Self::ResetFailed => "Reset failed",
            Self::RecoverFailed => "Marking worker for recovery failed",
            Self::DumpFailed => "Dumping configuration failed",
        };
        f.write_str(message)
    }
}

fn bad_text(
    f: &mut fmt::Formatter<'_>,
    what: &str,
    value: &[u8],
    worker: &[u8],
    fault: TextFault,
    wildcard: bool,
) -> fmt::Result {
    let fault = match fault {
        TextFault::TooLong => "too long",
        TextFault::ControlCharacter => "with control characters",
        TextFault::Duplicate => "of another sub worker is not possible",
        TextFault::NoValue => "is not valid",
    };
    let (value, worker) = (text::show(value), text::show(worker));
    write!(
        f,
        "{PARTIALLY}new {what} '{value}' {fault} for sub worker '{worker}', see log file for details."
    )?;
    f.write_str(aborting(wildcard))
}

const PARTIALLY: &str = "Update failed (at least partially): ";

const fn aborting(wildcard: bool) -> &'static str {
    if wildcard { " Aborting further wildcard updates." } else { "" }
}
