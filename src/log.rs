//! Log levels and the trait through which every room speaks; where the lines go is the host's business.
#![forbid(unsafe_code)]

use core::fmt;

/// How much a line matters, as `JkLogLevel` names it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Level {
    /// Entry, exit and packet dumps.
    Trace,
    /// Decisions on the way of a request.
    Debug,
    /// What an administrator may want to know; all that clients can cause.
    Info,
    /// Configuration that works but is probably not meant.
    Warn,
    /// Requests failed because of a backend or the configuration.
    Error,
    /// The module cannot work.
    Emerg,
}

impl Level {
    /// Reads a `JkLogLevel` word in any case; like mod_jk, takes any other word for `info`.
    pub fn parse(word: &[u8]) -> Self {
        Self::known(word).unwrap_or(Self::Info)
    }

    /// Reads a level, `None` for a word that names none.
    pub fn known(word: &[u8]) -> Option<Self> {
        [Self::Trace, Self::Debug, Self::Info, Self::Warn, Self::Error, Self::Emerg]
            .into_iter()
            .find(|level| word.eq_ignore_ascii_case(level.label().as_bytes()))
    }

    /// The word in a log line.
    pub const fn label(self) -> &'static str {
        match self {
            Self::Trace => "trace",
            Self::Debug => "debug",
            Self::Info => "info",
            Self::Warn => "warn",
            Self::Error => "error",
            Self::Emerg => "emerg",
        }
    }
}

/// Where in the source a line was written; mod_jk puts it into each line.
#[derive(Clone, Copy, Debug)]
pub struct Origin {
    /// `module_path!()`.
    pub module: &'static str,
    /// `file!()`.
    pub file: &'static str,
    /// `line!()`.
    pub line: u32,
}

/// Takes log lines.
pub trait Log {
    /// Whether a line of this level would be kept; asked before a message is formatted.
    fn enabled(&self, level: Level) -> bool;
    /// Keeps one line.
    fn line(&self, level: Level, origin: Origin, message: fmt::Arguments<'_>);
}

/// Writes one line to a [`Log`] if its level is on: `say!(log, Info, "member {} is back", name)`.
#[macro_export]
macro_rules! say {
    ($log:expr, $level:ident, $($message:tt)+) => {{
        let log: &dyn $crate::log::Log = &*$log;
        if log.enabled($crate::log::Level::$level) {
            log.line(
                $crate::log::Level::$level,
                $crate::log::Origin { module: module_path!(), file: file!(), line: line!() },
                format_args!($($message)+),
            );
        }
    }};
}

/// A log that keeps nothing; for tests and tools.
#[derive(Clone, Copy, Debug, Default)]
pub struct Silent;

impl Log for Silent {
    fn enabled(&self, _level: Level) -> bool {
        false
    }
    fn line(&self, _level: Level, _origin: Origin, _message: fmt::Arguments<'_>) {}
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_unknown_level_is_info() {
        for (word, level) in [
            (&b"TRACE"[..], Level::Trace),
            (b"warn", Level::Warn),
            (b"warning", Level::Info),
            (b"", Level::Info),
        ] {
            assert_eq!(Level::parse(word), level);
        }
    }

    #[test]
    fn levels_are_ordered_by_weight() {
        assert!(Level::Trace < Level::Debug && Level::Error < Level::Emerg);
    }
}
