//! What is wrong with a rule, in words for an administrator; the caller adds the file and the line.

use core::fmt;

use super::extensions::{Override, known_extensions};
use super::pattern::Unreachable;
use crate::text::{Text, show};

/// Why a rule cannot be used.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum RuleError {
    /// Nothing is left for the pattern, as before the bar of `|/x`.
    Empty {
        /// The key of this rule, as written.
        key: Text,
    },
    /// The pattern does not begin with a slash, or the prefixes stand in the wrong order or apart from it.
    NotAbsolute {
        /// The key of this rule, as written.
        key: Text,
        /// What was probably meant.
        right: Text,
    },
    /// The key begins with the mark that some editors put at the start of a file.
    ByteOrderMark {
        /// The key of this rule, without the mark.
        key: Text,
    },
}

impl fmt::Display for RuleError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Empty { key } if key.is_empty() => {
                f.write_str("a rule has an empty pattern; a pattern begins with '/'")
            }
            Self::Empty { key } => {
                write!(f, "no pattern follows the prefix \"{}\"; a pattern begins with '/'", show(key))
            }
            Self::NotAbsolute { key, right } => write!(
                f,
                "pattern \"{}\" must begin with '/', directly after the prefixes '-' and '!' if there are any \
                 (in this order); write \"{}\"",
                show(key),
                show(right)
            ),
            Self::ByteOrderMark { key } => {
                write!(f, "a byte order mark stands before \"{}\"; save the file without it", show(key))
            }
        }
    }
}

impl std::error::Error for RuleError {}

/// What is allowed but probably not meant.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum RuleWarning {
    /// Not an extension; left out.
    UnknownExtension {
        /// As written.
        piece: Text,
        /// The extension it resembles.
        meant: Option<&'static str>,
    },
    /// An extension that may be given once came again; the first stays.
    Repeated {
        /// Its name.
        name: &'static str,
        /// What is left out.
        piece: Text,
    },
    /// An extension without a value; left out.
    NoValue {
        /// Its name.
        name: &'static str,
    },
    /// Text where a number belongs; read as C's `atoi` does.
    NotANumber {
        /// As written.
        piece: Text,
        /// What became of it.
        read_as: i32,
    },
    /// A member in more than one of `active`, `disabled`, `stopped`, or twice in one.
    MemberTwice {
        /// Its name.
        member: Text,
        /// What counts.
        wins: Override,
    },
    /// The pattern can match no request.
    NeverMatches {
        /// The pattern.
        pattern: Text,
        /// Why.
        why: Unreachable,
    },
    /// The pattern contains an escape like `%20`, but the path is decoded before it is compared.
    Encoded {
        /// The pattern.
        pattern: Text,
    },
}

impl fmt::Display for RuleWarning {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::UnknownExtension { piece, meant } => {
                write!(f, "unknown rule extension \"{}\" is ignored", show(piece))?;
                match meant {
                    Some(name) => write!(f, "; write \"{name}=VALUE\", without blanks"),
                    None => {
                        let known: Vec<_> = known_extensions().map(|(name, _)| name).collect();
                        write!(f, "; there are {}", known.join(", "))
                    }
                }
            }
            Self::Repeated { name, piece } => write!(
                f,
                "rule extension \"{}\" is ignored: \"{name}\" was given before; list all values there",
                show(piece)
            ),
            Self::NoValue { name } => write!(f, "rule extension \"{name}=\" is ignored: it has no value"),
            Self::NotANumber { piece, read_as } => write!(
                f,
                "rule extension \"{}\" should be a whole number; it is read as {read_as}",
                show(piece)
            ),
            Self::MemberTwice { member, wins } => write!(
                f,
                "member \"{}\" is named more than once in a rule; it will be {}",
                show(member),
                wins.label()
            ),
            Self::NeverMatches { pattern, why } => {
                write!(f, "pattern \"{}\" matches no request: {}", show(pattern), reason(*why))
            }
            Self::Encoded { pattern } => write!(
                f,
                "pattern \"{}\" is compared with the decoded path; write the character itself for an escape",
                show(pattern)
            ),
        }
    }
}

const fn reason(why: Unreachable) -> &'static str {
    match why {
        Unreachable::Parameter => "';' and what follows in a segment is removed before; leave it out",
        Unreachable::DoubleSlash => "'//' is made one slash before; write '/'",
        Unreachable::DotSegment => "'.' and '..' are resolved before; leave them out",
    }
}
