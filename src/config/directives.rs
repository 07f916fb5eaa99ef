//! Every directive: its arguments, where it may stand, what it does.
//!
//! httpd is told of [`TABLE`] and calls [`Directive::run`] for each line; the reference page is made from it too.

mod apply;
mod table;

use crate::config::diagnostic::Place;
use crate::config::settings::Settings;
use crate::text::Text;

pub use table::{GROUPS, Group, TABLE};

/// How many arguments httpd takes apart; the names follow those of httpd.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Takes {
    /// Exactly one (`TAKE1`). httpd refuses an empty one.
    One,
    /// One or two (`TAKE12`). httpd drops an empty second one.
    OneOrTwo,
    /// The rest of the line as it stands (`RAW_ARGS`), in the first.
    Raw,
}

/// Where a directive may stand.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Scope {
    /// The main server only; it holds for the whole module.
    Server,
    /// The main server and virtual hosts.
    ServerOrVhost,
    /// These, and sections such as `<Location>`; never `.htaccess`.
    Anywhere,
}

/// What becomes of a directive that is given again in the same server.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Repeated {
    /// The last line counts.
    Replaces,
    /// All lines count.
    Adds,
    /// All lines count, of those about the same name the last.
    Named,
    /// It is an error.
    Refused,
}

/// What a virtual host gets of a directive in the main server.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Inherited {
    /// The main server's, unless it has its own.
    Yes,
    /// The main server's with `JkMountCopy` only.
    Rules,
    /// As these words say.
    Whole(&'static str),
}

/// The arguments of one line.
#[derive(Clone, Copy, Debug, Default)]
pub struct Args<'a> {
    /// The first, or the rest of the line.
    pub first: Option<&'a [u8]>,
    /// The second.
    pub second: Option<&'a [u8]>,
}

impl<'a> Args<'a> {
    /// The first argument; httpd sees to it that there is one.
    fn one(&self) -> &'a [u8] {
        self.first.unwrap_or_default()
    }
}

/// Asks the host about paths.
pub trait Surroundings {
    /// A path as httpd resolves it below `ServerRoot`.
    fn absolute(&self, path: &[u8]) -> Text;
    /// Whether a regular file of this name exists.
    fn is_regular_file(&self, path: &[u8]) -> bool;
    /// Whether a directory of this name exists.
    fn is_directory(&self, path: &[u8]) -> bool;
}

/// Where a line stands.
#[derive(Clone)]
pub struct Context<'c> {
    /// The text of the section around it, such as `/app` in `<Location /app>`.
    pub path: Option<&'c [u8]>,
    /// It stands in no virtual host.
    pub main_server: bool,
    /// File and line.
    pub place: Place,
    /// The host.
    pub host: &'c dyn Surroundings,
}

/// What a directive does: writes to the settings of its server, or says why not. The text follows httpd's
/// "Syntax error on line N of FILE:".
pub type Apply = fn(&mut Settings, &Args<'_>, &Context<'_>) -> Result<(), String>;

/// One directive.
#[derive(Clone, Copy)]
pub struct Directive {
    /// Its name; httpd compares regardless of case.
    pub name: &'static str,
    /// Its arguments.
    pub takes: Takes,
    /// Where it may stand.
    pub scope: Scope,
    /// What the arguments are. httpd puts it behind "JkX takes one argument, ".
    pub help: &'static str,
    /// What it does.
    pub apply: Apply,
    /// The arguments as the reference page writes them.
    pub syntax: &'static str,
    /// What holds without it, for a reader.
    pub default: &'static str,
    /// What it is for, for a reader; Markdown.
    pub meaning: &'static str,
    /// What is different in mod_jk, with the rows of `docs/COMPATIBILITY.md`; empty if nothing is.
    pub differs: &'static str,
    /// What becomes of a second line.
    pub repeated: Repeated,
    /// What a virtual host gets of the main server's.
    pub inherited: Inherited,
}

impl Directive {
    /// Checks the place, which httpd has mostly done, and applies.
    ///
    /// # Errors
    /// What is wrong and what would be right, for httpd to print.
    pub fn run(&self, settings: &mut Settings, args: &Args<'_>, at: &Context<'_>) -> Result<(), String> {
        let name = self.name;
        match self.scope {
            Scope::Server if !at.main_server => {
                Err(format!("{name} cannot occur within <VirtualHost>; move it to the main server"))
            }
            Scope::Server | Scope::ServerOrVhost if at.path.is_some() => {
                Err(format!("{name} cannot occur within a section; move it out"))
            }
            Scope::Server | Scope::ServerOrVhost | Scope::Anywhere => (self.apply)(settings, args, at),
        }
    }
}

/// The directive of this name, in any case.
pub fn find(name: &[u8]) -> Option<&'static Directive> {
    TABLE.iter().find(|directive| name.eq_ignore_ascii_case(directive.name.as_bytes()))
}

#[cfg(test)]
mod tests;
