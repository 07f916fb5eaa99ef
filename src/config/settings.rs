//! What the directives of one server say, what a virtual host inherits, and what holds in the end.

use crate::config::diagnostic::{Diagnostic, Place};
use crate::config::indicators::{Indicators, Names};
use crate::config::options::{JkOptions, Options};
use crate::config::properties::{Environment, Properties};
use crate::config::secret_file::{self, Files};
use crate::config::stamp::Stamp;
use crate::log::Level;
use crate::text::Text;
use crate::time::Seconds;
use crate::uri::RuleTable;

/// Log file of a server that names none, below the server's root.
pub const DEFAULT_LOG_FILE: &[u8] = b"logs/mod_jk.log";
/// Shared memory file if none is named, below the server's root.
pub const DEFAULT_SHM_FILE: &[u8] = b"logs/jk-runtime-status";
/// What `JkStripSession` removes if it names nothing.
pub const DEFAULT_SESSION_MARK: &[u8] = b";jsessionid";
/// How often a mount file is looked at.
const DEFAULT_RELOAD: Seconds = Seconds(60);

/// The directives of one server as given; `None` is "not given".
#[derive(Clone, Debug, Default)]
pub struct Settings {
    /// What is allowed in the main server only.
    pub globals: Globals,
    /// `JkMount` and `JkUnMount`, also those inside of sections.
    pub mounts: RuleTable<Place>,
    /// `JkMountFile`, an absolute path.
    pub mount_file: Option<Text>,
    /// `JkMountFileReload`; 0 is never.
    pub mount_file_reload: Option<Seconds>,
    /// `JkMountCopy`.
    pub mount_copy: Option<MountCopy>,
    /// `JkAutoAlias`, as written.
    pub auto_alias: Option<Text>,
    /// `JkStripSession`.
    pub strip_session: Option<StripSession>,
    /// `JkLogFile`.
    pub log_file: Option<LogTarget>,
    /// `JkLogLevel`.
    pub log_level: Option<Level>,
    /// `JkLogStampFormat`.
    pub log_stamp: Option<Text>,
    /// `JkRequestLogFormat`.
    pub request_log: Option<Text>,
    /// `JkExtractSSL`.
    pub extract_ssl: Option<bool>,
    /// The `Jk...Indicator` directives.
    pub indicators: Indicators,
    /// `JkOptions`.
    pub options: JkOptions,
    /// `JkEnvVar`, each name once.
    pub env: Vec<EnvVar>,
    /// What was remarked while the directives were read.
    pub notices: Vec<Diagnostic>,
}

/// Directives of the main server that hold for the whole module.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Globals {
    /// `JkWorkersFile`, an absolute path.
    pub workers_file: Option<Text>,
    /// `JkWorkerProperty`, in order.
    pub properties: Vec<PropertyLine>,
    /// `JkShmFile`, an absolute path.
    pub shm_file: Option<Text>,
    /// `JkShmSize` in KiB; shared memory takes what it needs all the same.
    pub shm_size: Option<u32>,
    /// `JkWatchdogInterval`; `None` and 0 are the same: no maintenance but by requests.
    pub watchdog: Option<Seconds>,
}

/// The argument of one `JkWorkerProperty`.
#[derive(Clone, PartialEq, Eq)]
pub struct PropertyLine {
    /// `name=value`
    pub text: Text,
    /// Where it stands.
    pub place: Place,
}

impl core::fmt::Debug for PropertyLine {
    /// The text may be a secret.
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        write!(f, "PropertyLine({})", self.place)
    }
}

/// Which servers take over the main server's mounts.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum MountCopy {
    /// This virtual host does. Says nothing in the main server.
    On,
    /// This virtual host does not.
    Off,
    /// In the main server: all virtual hosts do that say nothing else.
    All,
}

/// `JkStripSession`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct StripSession {
    /// Whether a session id is cut from the URI of a request that goes nowhere.
    pub on: bool,
    /// What it begins with; `None` for [`DEFAULT_SESSION_MARK`].
    pub mark: Option<Text>,
}

/// Where log lines go.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum LogTarget {
    /// A file; below the server's root if the path is relative.
    File(Text),
    /// A program with its arguments.
    Pipe(Text),
}

impl LogTarget {
    /// The path of the file, or the program's line.
    #[must_use]
    pub fn name(&self) -> &[u8] {
        match self {
            Self::File(name) | Self::Pipe(name) => name,
        }
    }
}

/// A variable that is told to Tomcat with each request.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct EnvVar {
    /// Its name.
    pub name: Text,
    /// What is told if the request has no such variable; `None` is nothing.
    pub default: Option<Text>,
}

/// What holds for one server.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Effective {
    /// How often the mount file is looked at; `None` is never.
    pub mount_file_reload: Option<Seconds>,
    /// The directory of `JkAutoAlias`.
    pub auto_alias: Option<Text>,
    /// What is cut from the URIs of requests that go nowhere; `None` is nothing.
    pub strip_session: Option<Text>,
    /// Where log lines go.
    pub log_file: LogTarget,
    /// Whether a directive said so; if not, the administrator should be told.
    pub log_file_given: bool,
    /// Which lines are kept.
    pub log_level: Level,
    /// How a line begins.
    pub log_stamp: Stamp,
    /// The format of `JkRequestLogFormat`; `None` is no such line.
    pub request_log: Option<Text>,
    /// Whether TLS data are told to Tomcat.
    pub extract_ssl: bool,
    /// Names of variables.
    pub names: Names,
    /// `JkOptions`.
    pub options: Options,
    /// Variables that are told to Tomcat.
    pub env: Vec<EnvVar>,
}

impl Settings {
    /// Notes `JkEnvVar`: of a name, in any case, the last default counts at the first position.
    pub fn set_env(&mut self, name: &[u8], default: Option<&[u8]>) {
        let default = default.map(Text::from);
        match self.env.iter_mut().find(|known| known.name.eq_ignore_ascii_case(name)) {
            Some(known) => known.default = default,
            None => self.env.push(EnvVar { name: name.into(), default }),
        }
    }

    /// Whether this server has mounts or a mount file of its own.
    pub fn has_own_rules(&self) -> bool {
        !self.mounts.is_empty() || self.mount_file.is_some()
    }

    /// What holds for this server, which has been [merged](merge) if it is a virtual host.
    pub fn effective(&self) -> Effective {
        let or_default = |name: &Option<Text>| name.clone().unwrap_or_else(|| DEFAULT_SESSION_MARK.into());
        Effective {
            mount_file_reload: self.reload(),
            auto_alias: self.auto_alias.clone(),
            strip_session: self
                .strip_session
                .as_ref()
                .filter(|strip| strip.on)
                .map(|strip| or_default(&strip.mark)),
            log_file: self.log_file.clone().unwrap_or_else(|| LogTarget::File(DEFAULT_LOG_FILE.into())),
            log_file_given: self.log_file.is_some(),
            log_level: self.log_level.unwrap_or(Level::Info),
            log_stamp: self.log_stamp.as_deref().map_or_else(Stamp::default, Stamp::parse),
            request_log: self.request_log.clone(),
            extract_ssl: self.extract_ssl.unwrap_or(true),
            names: self.indicators.resolve(),
            options: self.options.resolve(),
            env: self.env.clone(),
        }
    }

    /// How often this server's own mount file is looked at; `None` is never.
    pub fn reload(&self) -> Option<Seconds> {
        Some(self.mount_file_reload.unwrap_or(DEFAULT_RELOAD)).filter(|every| *every > Seconds(0))
    }
}

/// A virtual host below the main server. What depends on `JkMountCopy` other than `JkAutoAlias` stays the virtual
/// host's own; [`map_source`](crate::config::map_source::map_source) looks at both. Merging twice changes nothing.
///
/// httpd hands out the main server's settings for a virtual host without any Jk directive; its host must be given
/// `merge(main, &Settings::default())` instead.
pub fn merge(main: &Settings, vhost: &Settings) -> Settings {
    let copies = copies(main, vhost);
    Settings {
        globals: Globals::default(),
        mounts: vhost.mounts.clone(),
        mount_file: vhost.mount_file.clone(),
        mount_copy: vhost.mount_copy,
        mount_file_reload: vhost.mount_file_reload.or(main.mount_file_reload),
        auto_alias: vhost.auto_alias.clone().or_else(|| main.auto_alias.clone().filter(|_| copies)),
        strip_session: vhost.strip_session.clone().or_else(|| main.strip_session.clone()),
        log_file: vhost.log_file.clone().or_else(|| main.log_file.clone()),
        log_level: vhost.log_level.or(main.log_level),
        log_stamp: vhost.log_stamp.clone().or_else(|| main.log_stamp.clone()),
        request_log: vhost.request_log.clone().or_else(|| main.request_log.clone()),
        extract_ssl: vhost.extract_ssl.or(main.extract_ssl),
        indicators: vhost.indicators.below(&main.indicators),
        options: vhost.options.below(&main.options),
        env: merge_env(&main.env, &vhost.env),
        notices: vhost.notices.clone(),
    }
}

/// Whether a virtual host takes over the main server's mounts.
pub fn copies(main: &Settings, vhost: &Settings) -> bool {
    match vhost.mount_copy {
        Some(MountCopy::On | MountCopy::All) => true,
        Some(MountCopy::Off) => false,
        None => main.mount_copy == Some(MountCopy::All),
    }
}

/// The virtual host's variables, then those of the main server that it does not name.
fn merge_env(main: &[EnvVar], vhost: &[EnvVar]) -> Vec<EnvVar> {
    let named = |var: &&EnvVar| !vhost.iter().any(|own| own.name.eq_ignore_ascii_case(&var.name));
    vhost.iter().chain(main.iter().filter(named)).cloned().collect()
}

impl Globals {
    /// All properties in mod_jk's order: `JkWorkerProperty` lines, `ServerRoot`, the file; then references.
    /// `file` holds the bytes of [`workers_file`](Self::workers_file) if there is one.
    pub fn properties(
        &self,
        file: Option<&[u8]>,
        server_root: &[u8],
        env: Environment<'_>,
        secrets: Files<'_>,
        out: &mut Vec<Diagnostic>,
    ) -> Properties {
        let mut properties = Properties::new();
        for line in &self.properties {
            properties.read_directive(&line.text, Some(line.place.clone()), env, out);
        }
        properties.set_server_root(server_root);
        if let Some(bytes) = file {
            let name = self.workers_file.as_deref().unwrap_or(b"workers.properties");
            properties.read_file(bytes, name, env, out);
        }
        properties.resolve_references(out);
        secret_file::fill_in(&mut properties, secrets, out);
        properties
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::indicators::Indicator;
    use crate::text;

    #[test]
    fn nothing_said_means_mod_jks_defaults() {
        let all = Settings::default().effective();
        assert_eq!(all.mount_file_reload, Some(Seconds(60)));
        assert_eq!(all.log_file, LogTarget::File(b"logs/mod_jk.log"[..].into()));
        assert!(!all.log_file_given && all.extract_ssl);
        assert_eq!((all.log_level, all.strip_session, all.request_log), (Level::Info, None, None));
        assert_eq!(all.names.of(Indicator::RequestId), b"UNIQUE_ID");
    }

    #[test]
    fn variables_of_a_virtual_host_come_first_and_replace_those_of_the_main_server() {
        let (mut main, mut vhost) = (Settings::default(), Settings::default());
        main.set_env(b"A", Some(b"1"));
        main.set_env(b"B", None);
        main.set_env(b"a", Some(b"2"));
        vhost.set_env(b"C", None);
        vhost.set_env(b"b", Some(b"3"));
        let merged = merge(&main, &vhost);
        let one = |var: &EnvVar| {
            format!("{}={}", text::show(&var.name), text::show(var.default.as_deref().unwrap_or(b"-")))
        };
        assert_eq!(merged.env.iter().map(one).collect::<Vec<_>>(), ["C=-", "b=3", "A=2"]);
        assert_eq!(merge(&main, &merged).env, merged.env);
    }

    #[test]
    fn a_virtual_host_keeps_what_it_says_and_inherits_the_rest() {
        let main = Settings {
            strip_session: Some(StripSession { on: true, mark: Some(b";x"[..].into()) }),
            log_level: Some(Level::Debug),
            mount_file_reload: Some(Seconds(0)),
            extract_ssl: Some(false),
            mount_file: Some(b"/m"[..].into()),
            ..Settings::default()
        };
        let plain = merge(&main, &Settings::default());
        assert_eq!(plain.effective().strip_session.as_deref(), Some(&b";x"[..]));
        assert_eq!(plain.effective().mount_file_reload, None);
        assert_eq!(
            (plain.log_level, plain.extract_ssl, plain.mount_file),
            (Some(Level::Debug), Some(false), None)
        );
        let own = Settings {
            strip_session: Some(StripSession { on: true, mark: None }),
            log_level: Some(Level::Warn),
            ..Settings::default()
        };
        let own = merge(&main, &own).effective();
        assert_eq!(own.strip_session.as_deref(), Some(&b";jsessionid"[..]));
        assert_eq!((own.log_level, own.extract_ssl), (Level::Warn, false));
    }

    #[test]
    fn an_alias_directory_is_inherited_with_the_mounts() {
        let some = |copy| Settings { mount_copy: copy, ..Settings::default() };
        for (main_copy, vhost_copy, inherited) in [
            (None, None, false),
            (None, Some(MountCopy::On), true),
            (Some(MountCopy::All), None, true),
            (Some(MountCopy::All), Some(MountCopy::Off), false),
            (Some(MountCopy::On), None, false),
        ] {
            let main = Settings { auto_alias: Some(b"/d"[..].into()), ..some(main_copy) };
            let merged = merge(&main, &some(vhost_copy));
            assert_eq!(merged.auto_alias.is_some(), inherited, "{main_copy:?} {vhost_copy:?}");
        }
    }

    #[test]
    fn properties_come_from_directives_then_the_file() {
        let place = Place::new(b"httpd.conf", 1);
        let line = |text: &str| PropertyLine { text: text.as_bytes().into(), place: place.clone() };
        let globals = Globals {
            properties: vec![line("worker.list=a"), line("worker.a.host=$(ServerRoot)")],
            ..Globals::default()
        };
        let mut out = Vec::new();
        let file = Some(&b"worker.list=b\nworker.b.host=$(ServerRoot)"[..]);
        let properties = globals.properties(file, b"/r", &|_| None, &|_| Err(String::new()), &mut out);
        for (key, value) in [
            (&b"worker.list"[..], &b"a,b"[..]),
            (b"worker.a.host", b"$(ServerRoot)"),
            (b"worker.b.host", b"/r"),
        ] {
            assert_eq!(properties.get(key).map(|entry| &*entry.value), Some(value), "{}", text::show(key));
        }
        assert!(!format!("{globals:?}").contains("worker."));
    }
}
