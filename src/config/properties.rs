//! The properties of the whole server: one ordered map of names and values, each with the place it stands at.
//!
//! It is filled in mod_jk's order: `JkWorkerProperty` lines, the variable `ServerRoot`, workers.properties; then
//! [`Properties::resolve_references`].

use std::collections::BTreeMap;
use std::ops::Bound;

use crate::config::diagnostic::{Diagnostic, Place};
use crate::config::expand;
use crate::config::lines::{self, Said};
use crate::config::nearest;
use crate::config::worker_keys::{self, Repeat, Standing};
use crate::text::{self, Text};

/// Asks for a variable of the environment.
pub type Environment<'e> = &'e dyn Fn(&[u8]) -> Option<Vec<u8>>;

/// The longest argument of `JkWorkerProperty` in bytes.
const LONGEST_DIRECTIVE: usize = 8192;

/// One property or variable.
#[derive(Clone, PartialEq, Eq)]
pub struct Entry {
    /// The whole name, such as `worker.node1.host`.
    pub key: Text,
    /// Its value, variables replaced; never empty.
    pub value: Text,
    /// Where it was written; `None` for `ServerRoot`.
    pub place: Option<Place>,
    /// It was copied here through a `reference`.
    pub inherited: bool,
    /// Some value contains it as `$(key)`.
    pub quoted: bool,
}

impl core::fmt::Debug for Entry {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        let value: &[u8] = if worker_keys::is_secret(&self.key) { b"(hidden)" } else { &self.value };
        write!(f, "{}={}", text::show(&self.key), text::show(value))
    }
}

/// See the module's head.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Properties {
    entries: Vec<Entry>,
    index: BTreeMap<Text, usize>,
}

impl Properties {
    /// No properties yet.
    pub fn new() -> Self {
        Self::default()
    }

    /// The entry of this very name.
    pub fn get(&self, key: &[u8]) -> Option<&Entry> {
        self.entries.get(*self.index.get(key)?)
    }

    /// All entries in the order in which their names were first seen.
    pub fn iter(&self) -> impl Iterator<Item = &Entry> {
        self.entries.iter()
    }

    /// Number of entries.
    pub fn len(&self) -> usize {
        self.entries.len()
    }

    /// Whether there is no entry.
    pub fn is_empty(&self) -> bool {
        self.entries.is_empty()
    }

    /// The entries whose names begin with `prefix`, in the order of their names.
    pub fn with_prefix<'p, 'q>(&'p self, prefix: &'q [u8]) -> impl Iterator<Item = &'p Entry> + use<'p, 'q> {
        self.places(prefix).filter_map(|at| self.entries.get(at))
    }

    /// Copies of the same, in the order of [`iter`](Self::iter).
    pub(super) fn copy_with_prefix(&self, prefix: &[u8]) -> Vec<Entry> {
        let mut places: Vec<usize> = self.places(prefix).collect();
        places.sort_unstable();
        places.into_iter().filter_map(|at| self.entries.get(at).cloned()).collect()
    }

    fn places<'p, 'q>(&'p self, prefix: &'q [u8]) -> impl Iterator<Item = usize> + use<'p, 'q> {
        let from = self.index.range::<[u8], _>((Bound::Included(prefix), Bound::Unbounded));
        from.take_while(move |(key, _)| key.starts_with(prefix)).map(|(_, at)| *at)
    }

    /// Puts the variable `ServerRoot`, which the file may use but `JkWorkerProperty` lines may not.
    pub fn set_server_root(&mut self, path: &[u8]) {
        self.put(b"ServerRoot", path.into(), None);
    }

    /// Reads workers.properties. mod_jk stops at the first unknown property; this goes on, to name them all.
    pub fn read_file(&mut self, bytes: &[u8], file: &[u8], env: Environment<'_>, out: &mut Vec<Diagnostic>) {
        let file = Place::new(file, 0);
        warn_of_byte_order_mark(bytes, &file, out);
        for line in lines::lines(bytes) {
            let place = Some(file.at(line.number));
            if line.rest {
                out.push(too_long(place.clone()));
            }
            let said = lines::read(line.text);
            warn_of_cut_secret(&said, line.text, place.as_ref(), out);
            self.take(said, place, env, out);
        }
    }

    /// Reads the argument of one `JkWorkerProperty` that [`check_directive`] has accepted.
    pub fn read_directive(
        &mut self,
        line: &[u8],
        place: Option<Place>,
        env: Environment<'_>,
        out: &mut Vec<Diagnostic>,
    ) {
        self.take(lines::parse(line), place, env, out);
    }

    fn take(
        &mut self,
        said: Said<'_>,
        place: Option<Place>,
        env: Environment<'_>,
        out: &mut Vec<Diagnostic>,
    ) {
        match said {
            Said::Nothing => {}
            Said::Nonsense(line) => out.push(ignored_line(line, place)),
            Said::Empty(key) if worker_keys::is_secret(key) => {
                out.push(Diagnostic::warning(place, empty(key)))
            }
            Said::Empty(key) => out.push(Diagnostic::note(place, empty(key))),
            Said::Pair { key, value } => self.add(key, value, place, env, out),
        }
    }

    /// Adds a name and a value: checks the name, replaces variables, joins with an earlier value or replaces it.
    fn add(
        &mut self,
        key: &[u8],
        value: &[u8],
        place: Option<Place>,
        env: Environment<'_>,
        out: &mut Vec<Diagnostic>,
    ) {
        if let Err(diagnostic) = inspect_key(key, place.as_ref(), out) {
            out.push(diagnostic);
            return;
        }
        let expanded = expand::expand(value, &mut |name| self.lookup(name, env));
        let shown = text::show(key);
        out.extend(expanded.problems.iter().map(|problem| {
            Diagnostic::warning(place.clone(), format!("the value of \"{shown}\": {problem}"))
        }));
        if expanded.text.is_empty() {
            out.push(Diagnostic::warning(place, empty(key)));
            return;
        }
        let value = match (self.get(key), Repeat::of(key)) {
            (None, _) => expanded.text,
            (Some(earlier), Repeat::Replace) => {
                out.push(Diagnostic::warning(place.clone(), replaced(earlier)));
                expanded.text
            }
            (Some(earlier), Repeat::Join(with)) => {
                if with == b'*' {
                    out.push(Diagnostic::warning(place.clone(), starred(earlier)));
                }
                [&earlier.value, &[with][..], &expanded.text].concat().into()
            }
        };
        self.put(key, value, place);
    }

    /// What `$(name)` stands for: an entry so far, else a variable of the environment.
    fn lookup(&mut self, name: &[u8], env: Environment<'_>) -> Option<Text> {
        match self.index.get(name).and_then(|at| self.entries.get_mut(*at)) {
            Some(entry) => {
                entry.quoted = true;
                Some(entry.value.clone())
            }
            None => env(name).map(Text::from),
        }
    }

    /// Sets a value; a name that is already there keeps its position.
    fn put(&mut self, key: &[u8], value: Text, place: Option<Place>) {
        if let Some(entry) = self.index.get(key).and_then(|at| self.entries.get_mut(*at)) {
            entry.value = value;
            entry.place = place;
            return;
        }
        self.append(Entry { key: key.into(), value, place, inherited: false, quoted: false });
    }

    /// Sets the secret that `file` named.
    pub(super) fn set_secret(&mut self, key: &[u8], secret: Text, file: &Entry) {
        self.put(key, secret, file.place.clone());
        if let Some(entry) = self.index.get(key).and_then(|at| self.entries.get_mut(*at)) {
            entry.inherited = file.inherited;
        }
    }

    /// Appends an entry whose name is new.
    pub(super) fn append(&mut self, entry: Entry) {
        self.index.insert(entry.key.clone(), self.entries.len());
        self.entries.push(entry);
    }
}

/// Checks the argument of one `JkWorkerProperty` while httpd reads its configuration.
///
/// # Errors
/// What is wrong with it, in words. A line without `=` is no error; mod_jk ignores it.
pub fn check_directive(line: &[u8]) -> Result<(), String> {
    if line.len() > LONGEST_DIRECTIVE {
        return Err(format!("the line has {} bytes; at most {LONGEST_DIRECTIVE} are possible", line.len()));
    }
    match lines::parse(line) {
        Said::Pair { key, .. } if key.starts_with(b"worker.") => worker_keys::check(key).map(|_| ()),
        Said::Pair { .. } | Said::Nothing | Said::Nonsense(_) | Said::Empty(_) => Ok(()),
    }
}

/// Refuses an unknown `worker.` name and reports a deprecated one.
fn inspect_key(key: &[u8], place: Option<&Place>, out: &mut Vec<Diagnostic>) -> Result<(), Diagnostic> {
    if !key.starts_with(b"worker.") {
        out.extend(misspelt_worker(key).map(|message| Diagnostic::warning(place.cloned(), message)));
        return Ok(());
    }
    let known = worker_keys::check(key).map_err(|message| Diagnostic::error(place.cloned(), message))?;
    let shown = text::show(key);
    let deprecated = match known.standing {
        Standing::Current => return Ok(()),
        Standing::Gone => format!("\"{shown}\" has no effect any more and can be removed"),
        Standing::Replaced(name) => format!("\"{shown}\" is deprecated; use \"{name}\" instead"),
    };
    out.push(Diagnostic::warning(place.cloned(), deprecated));
    Ok(())
}

/// `workers.list` and the like are variables for mod_jk, which cannot be meant.
fn misspelt_worker(key: &[u8]) -> Option<String> {
    let (first, _) = text::split_once(key, b'.')?;
    worker_keys::find(worker_keys::suffix(key)?)?;
    let near = first.eq_ignore_ascii_case(b"worker") || nearest::nearest(first, [&b"worker"[..]]).is_some();
    near.then(|| {
        format!("\"{}\" is only a variable; names of properties begin with \"worker.\"", text::show(key))
    })
}

fn warn_of_byte_order_mark(bytes: &[u8], file: &Place, out: &mut Vec<Diagnostic>) {
    if bytes.starts_with(b"\xef\xbb\xbf") {
        let message =
            "the file begins with a byte order mark, which becomes part of its first name; save it without";
        out.push(Diagnostic::warning(Some(file.at(1)), message));
    }
}

fn warn_of_cut_secret(said: &Said<'_>, line: &[u8], place: Option<&Place>, out: &mut Vec<Diagnostic>) {
    let key = match said {
        Said::Pair { key, .. } | Said::Empty(key) => key,
        Said::Nothing | Said::Nonsense(_) => return,
    };
    if worker_keys::is_secret(key) && lines::comment_touches_value(line) {
        let shown = text::show(key);
        let message = format!(
            "the value of \"{shown}\" ends before the \"#\", which cannot be escaped here; \
             JkWorkerProperty takes values with \"#\""
        );
        out.push(Diagnostic::warning(place.cloned(), message));
    }
}

pub(super) fn too_long(place: Option<Place>) -> Diagnostic {
    let most = lines::LONGEST;
    let message = format!("the line is longer than {most} bytes and its rest is taken for a line of its own");
    Diagnostic::warning(place, message)
}

/// A line without a name and a `=`. It is not quoted: it may hold a secret.
pub(super) fn ignored_line(line: &[u8], place: Option<Place>) -> Diagnostic {
    let message = match text::split_once(line, b'=') {
        Some(_) => "there is no name before the \"=\"; the line is ignored",
        None => "the line is ignored, it has no \"=\"; write name=value",
    };
    Diagnostic::warning(place, message)
}

pub(super) fn empty(key: &[u8]) -> String {
    format!("\"{}\" has no value and counts as not set", text::show(key))
}

pub(super) fn replaced(earlier: &Entry) -> String {
    format!(
        "\"{}\" was set before{}; this value replaces that one",
        text::show(&earlier.key),
        first_place(earlier)
    )
}

fn starred(earlier: &Entry) -> String {
    let key = text::show(&earlier.key);
    let first = first_place(earlier);
    format!(
        "\"{key}\" was set before{first}; both values are joined with \"*\", so only one line should stay"
    )
}

fn first_place(entry: &Entry) -> String {
    entry.place.as_ref().map_or_else(String::new, |place| format!(" ({place})"))
}

#[cfg(test)]
#[allow(clippy::unwrap_used, clippy::indexing_slicing)]
mod tests {
    use super::*;
    use crate::config::diagnostic::Severity;

    fn env(name: &[u8]) -> Option<Vec<u8>> {
        match name {
            b"HOME_OF_TOMCAT" => Some(b"/opt/tomcat".to_vec()),
            b"NOTHING" => Some(Vec::new()),
            _ => None,
        }
    }

    fn read(file: &[u8]) -> (Properties, Vec<Diagnostic>) {
        let (mut properties, mut out) = (Properties::new(), Vec::new());
        properties.set_server_root(b"/srv");
        properties.read_file(file, b"w", &env, &mut out);
        (properties, out)
    }

    #[test]
    fn values_of_one_name_are_replaced_or_joined() {
        for (file, key, value) in [
            (&b"worker.a.port=1\nworker.a.port=2"[..], &b"worker.a.port"[..], &b"2"[..]),
            (b"worker.list=a\nworker.list=b,c", b"worker.list", b"a,b,c"),
            (b"worker.maintain=60\nworker.maintain=30", b"worker.maintain", b"60*30"),
            (b"v=1\nv=2", b"v", b"1*2"),
            (b"worker.a.class_path=x\nworker.a.class_path=y", b"worker.a.class_path", b"x:y"),
            (b"worker.a.cmd_line=x\nworker.a.cmd_line=y", b"worker.a.cmd_line", b"x y"),
            (b"worker.a.port=1\nworker.a.port=", b"worker.a.port", b"1"),
            (b"x.port=1\nx.port=2", b"x.port", b"2"),
        ] {
            let (properties, _) = read(file);
            assert_eq!(&*properties.get(key).unwrap().value, value, "{}", text::show(file));
        }
    }

    #[test]
    fn variables_come_from_the_lines_above_and_the_environment() {
        for (file, value) in [
            (&b"v=1\nx=$(v)"[..], &b"1"[..]),
            (b"x=$(v)\nv=1", b"$(v)"),
            (b"x=$(ServerRoot)/a", b"/srv/a"),
            (b"x=$(HOME_OF_TOMCAT)", b"/opt/tomcat"),
            (b"HOME_OF_TOMCAT=/mine\nx=$(HOME_OF_TOMCAT)", b"/mine"),
            (b"worker.a.port=8010\nx=$(worker.a.port)", b"8010"),
        ] {
            let (properties, _) = read(file);
            assert_eq!(&*properties.get(b"x").unwrap().value, value, "{}", text::show(file));
        }
        assert!(read(b"x=$(NOTHING)").0.get(b"x").is_none());
    }

    #[test]
    fn names_are_never_expanded() {
        assert!(read(b"v=1\n$(v)=2").0.get(b"$(v)").is_some());
    }

    #[test]
    fn entries_keep_the_order_of_their_first_line() {
        let (properties, _) = read(b"b=1\na=2\nb=3");
        let keys: Vec<_> = properties.iter().map(|entry| &*entry.key).collect();
        assert_eq!(keys, [&b"ServerRoot"[..], b"b", b"a"]);
        let named: Vec<_> = properties.with_prefix(b"a").map(|entry| &*entry.key).collect();
        assert_eq!(named, [b"a"]);
    }

    #[test]
    fn an_unknown_property_does_not_hide_the_next_one() {
        let (_, out) = read(b"worker.a.hots=x\nworker.b.prot=1");
        let lines: Vec<_> = out.iter().map(ToString::to_string).collect();
        assert_eq!(
            lines,
            [
                "w:1: \"worker.a.hots\": there is no worker property \"hots\"; did you mean \"host\"?",
                "w:2: \"worker.b.prot\": there is no worker property \"prot\"; did you mean \"port\"?",
            ]
        );
    }

    #[test]
    fn the_file_comes_after_the_directives() {
        let (mut properties, mut out) = (Properties::new(), Vec::new());
        properties.read_directive(
            b"worker.a.secret=ab#cd",
            Some(Place::new(b"httpd.conf", 9)),
            &env,
            &mut out,
        );
        assert_eq!(&*properties.get(b"worker.a.secret").unwrap().value, b"ab#cd");
        properties.read_file(b"worker.a.secret=xyzzy#cd", b"w", &env, &mut out);
        assert_eq!(&*properties.get(b"worker.a.secret").unwrap().value, b"xyzzy");
        let said: String = out.iter().map(|one| format!("{one}\n")).collect();
        assert!(said.contains("w:1: \"worker.a.secret\" was set before (httpd.conf:9)"), "{said}");
        assert!(said.contains("cannot be escaped"), "{said}");
        assert!(!said.contains("xyzzy") && !said.contains("ab#"), "{said}");
        assert!(!format!("{properties:?}").contains("xyzzy"));
    }

    #[test]
    fn a_directive_is_refused_with_the_reason() {
        for (line, part) in [
            (&b"worker.a.prot=1"[..], Some("did you mean \"port\"")),
            (b"worker.a.port=1", None),
            (b"worker.a.prot", None),
            (b"v=1", None),
            (b"", None),
            (&[b'x'; 8193], Some("8193 bytes")),
            (&[b'x'; 8192], None),
        ] {
            match (check_directive(line), part) {
                (Ok(()), None) => {}
                (Err(message), Some(part)) => assert!(message.contains(part), "{message}"),
                (got, wanted) => assert!(got.is_ok() && wanted.is_none(), "{got:?} {wanted:?}"),
            }
        }
    }

    #[test]
    fn nothing_but_unknown_properties_is_an_error() {
        let (_, out) =
            read(b"\xef\xbb\xbfa=1\nworkers.list=a\nx\n=1\nworker.a.host=\nworker.a.mx=1\nx=$(y)\nx=1");
        assert!(out.iter().all(|one| one.severity != Severity::Error), "{out:?}");
        assert_eq!(out.len(), 8, "{out:#?}");
    }
}
