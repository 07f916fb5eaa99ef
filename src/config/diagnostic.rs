//! What is to be said about the configuration: how bad, where, what is wrong and what would be right.

use core::fmt;
use std::sync::Arc;

use crate::text;

/// A line of a configuration file. Shown as `file:line`.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Place {
    /// The file as the administrator named it.
    pub file: Arc<str>,
    /// Counted from 1.
    pub line: u32,
}

impl Place {
    /// A place in `file`, whose name is made printable.
    pub fn new(file: &[u8], line: u32) -> Self {
        Self { file: text::show(file).to_string().into(), line }
    }

    /// Another line of the same file.
    pub fn at(&self, line: u32) -> Self {
        Self { file: Arc::clone(&self.file), line }
    }
}

impl fmt::Display for Place {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}:{}", self.file, self.line)
    }
}

/// How bad it is, worst first.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Severity {
    /// mod_jk would not start with this, so neither do we.
    Error,
    /// mod_jk starts with this and logs an error, as we do: a part of it cannot work.
    Fault,
    /// mod_jk starts with this, but it is hardly meant.
    Warning,
    /// Works as it stands; worth a look.
    Note,
}

/// One thing found in the configuration. Never contains a secret.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Diagnostic {
    /// How bad it is.
    pub severity: Severity,
    /// Where it stands; `None` for what stands nowhere, such as a missing property.
    pub place: Option<Place>,
    /// One line: what is wrong, then what would be right.
    pub message: String,
}

impl Diagnostic {
    /// A reason not to start.
    pub fn error(place: Option<Place>, message: impl Into<String>) -> Self {
        Self { severity: Severity::Error, place, message: message.into() }
    }

    /// Something that cannot work, though the rest can.
    pub fn fault(place: Option<Place>, message: impl Into<String>) -> Self {
        Self { severity: Severity::Fault, place, message: message.into() }
    }

    /// Something that is hardly meant.
    pub fn warning(place: Option<Place>, message: impl Into<String>) -> Self {
        Self { severity: Severity::Warning, place, message: message.into() }
    }

    /// Something worth a look.
    pub fn note(place: Option<Place>, message: impl Into<String>) -> Self {
        Self { severity: Severity::Note, place, message: message.into() }
    }
}

impl fmt::Display for Diagnostic {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.place {
            Some(place) => write!(f, "{place}: {}", self.message),
            None => f.write_str(&self.message),
        }
    }
}

/// Whether the server must not start.
pub fn has_errors(all: &[Diagnostic]) -> bool {
    all.iter().any(|one| one.severity == Severity::Error)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_diagnostic_begins_with_its_place() {
        let place = Some(Place::new(b"conf/w\n.properties", 7));
        assert_eq!(Diagnostic::error(place, "no").to_string(), "conf/w\\n.properties:7: no");
        assert_eq!(Diagnostic::note(None, "no").to_string(), "no");
    }

    #[test]
    fn only_errors_stop_the_server() {
        assert!(!has_errors(&[
            Diagnostic::fault(None, ""),
            Diagnostic::warning(None, ""),
            Diagnostic::note(None, "")
        ]));
        assert!(has_errors(&[Diagnostic::note(None, ""), Diagnostic::error(None, "")]));
    }
}
