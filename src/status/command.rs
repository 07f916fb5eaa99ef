//! What was asked for: the query string, read once.

use super::parameters::Parameters;
use super::refusal::Refusal;
use crate::text::Text;

/// A command with all its parameters. Whether the workers it names exist is not known yet; see
/// [`plan`](super::plan()).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Command {
    /// `cmd`
    pub kind: Kind,
    /// `mime`
    pub mime: Mime,
    /// `w`: the worker; there and not empty if [`Kind::needs_worker`].
    pub worker: Option<Text>,
    /// `sw`: the member; not empty if [`Kind::needs_worker`]. With update it may hold `*`.
    pub member: Option<Text>,
    /// `att`: one attribute is meant, for all members.
    pub attribute: Option<Text>,
    /// `re`: seconds between refreshes of an HTML page; 0 for none.
    pub refresh: u32,
    /// `opt`
    pub options: Options,
    /// `from`: where an HTML page leads back to.
    pub from: Kind,
    /// `psw`: the member that was shown before; for links of HTML pages.
    pub previous: Option<Text>,
    /// All parameters in the order of the query, each key once with its last value, decoded and masked. Links of
    /// HTML pages are made from it, and the values of an update are read from it.
    pub parameters: Parameters,
}

/// What is to be done.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Kind {
    /// Show everything.
    #[default]
    List,
    /// Show one worker.
    Show,
    /// Show a form.
    Edit,
    /// Change settings.
    Update,
    /// Set counters to zero.
    Reset,
    /// Show versions.
    Version,
    /// Let a member in error be tried at once.
    Recover,
    /// Show the properties of the start.
    Dump,
}

/// The form of an answer.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Mime {
    /// A page for people.
    #[default]
    Html,
    /// mod_jk's XML.
    Xml,
    /// mod_jk's lines of text.
    Text,
    /// mod_jk's properties.
    Properties,
    /// One JSON object, described by `docs/reference/status.schema.json`.
    Json,
    /// OpenMetrics text, for Prometheus.
    Metrics,
}

/// The bits of `opt`.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Options(pub u32);

impl Options {
    /// Members are not shown.
    pub const HIDE_MEMBERS: u32 = 0x001;
    /// Rules are not shown.
    pub const HIDE_MAPS: u32 = 0x002;
    /// The page has no legend.
    pub const HIDE_LEGEND: u32 = 0x004;
    /// Balancers are not listed.
    pub const HIDE_BALANCERS: u32 = 0x008;
    /// AJP workers are not listed.
    pub const HIDE_AJP_WORKERS: u32 = 0x010;
    /// Nothing may be changed by this request.
    pub const READ_ONLY: u32 = 0x020;
    /// The page does not show settings of balancers.
    pub const HIDE_LB_CONFIGURATION: u32 = 0x040;
    /// The page does not show the summaries of balancers.
    pub const HIDE_LB_SUMMARY: u32 = 0x080;
    /// The page does not show settings of AJP workers.
    pub const HIDE_AJP_CONFIGURATION: u32 = 0x100;
    /// JSON has no samples of the past. mod_jk does not know this bit and ignores it.
    pub const HIDE_HISTORY: u32 = 0x200;

    /// Whether any of these bits is set.
    pub const fn has(self, bits: u32) -> bool {
        self.0 & bits != 0
    }
}

/// A request as it was understood: in which form to answer, and the command or why there is none.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Asked {
    /// The form of the answer; known even if the command is refused.
    pub mime: Mime,
    /// The command.
    pub command: Result<Command, Refusal>,
    /// The status worker is read-only, or this request asked to be.
    pub read_only: bool,
}

impl Kind {
    /// All commands, in the order of the reference.
    pub const ALL: [Self; 8] = [
        Self::List,
        Self::Show,
        Self::Edit,
        Self::Update,
        Self::Reset,
        Self::Version,
        Self::Recover,
        Self::Dump,
    ];

    /// The word of `cmd`, lower case only.
    pub fn parse(word: &[u8]) -> Option<Self> {
        Self::ALL.into_iter().find(|kind| kind.name().as_bytes() == word)
    }

    /// The word of `cmd`.
    pub const fn name(self) -> &'static str {
        match self {
            Self::List => "list",
            Self::Show => "show",
            Self::Edit => "edit",
            Self::Update => "update",
            Self::Reset => "reset",
            Self::Version => "version",
            Self::Recover => "recover",
            Self::Dump => "dump",
        }
    }

    /// It alters something: refused to other sites.
    pub const fn changes(self) -> bool {
        match self {
            Self::Update | Self::Reset | Self::Recover => true,
            Self::List | Self::Show | Self::Edit | Self::Version | Self::Dump => false,
        }
    }

    /// It alters something or leads there: refused in read-only mode.
    pub const fn needs_writing(self) -> bool {
        self.changes() || matches!(self, Self::Edit)
    }

    /// It needs the parameter `w`.
    pub const fn needs_worker(self) -> bool {
        match self {
            Self::Show | Self::Edit | Self::Update | Self::Reset | Self::Recover => true,
            Self::List | Self::Version | Self::Dump => false,
        }
    }
}

impl Mime {
    /// All forms, in the order of the reference.
    pub const ALL: [Self; 6] =
        [Self::Html, Self::Xml, Self::Text, Self::Properties, Self::Json, Self::Metrics];

    /// The word of `mime`, lower case only.
    pub fn parse(word: &[u8]) -> Option<Self> {
        Self::ALL.into_iter().find(|mime| mime.name().as_bytes() == word)
    }

    /// The word of `mime`.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Html => "html",
            Self::Xml => "xml",
            Self::Text => "txt",
            Self::Properties => "prop",
            Self::Json => "json",
            Self::Metrics => "metrics",
        }
    }
}
