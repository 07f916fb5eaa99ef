#![allow(clippy::unwrap_used, clippy::indexing_slicing, clippy::panic)]

use super::*;
use crate::config::indicators::Indicator;
use crate::config::settings::{LogTarget, MountCopy};
use crate::log::Level;
use crate::text;
use crate::time::Seconds;

struct Host;

impl Surroundings for Host {
    fn absolute(&self, path: &[u8]) -> Text {
        if path.starts_with(b"/") { path.into() } else { [b"/srv/", path].concat().into() }
    }
    fn is_regular_file(&self, path: &[u8]) -> bool {
        path.starts_with(b"/srv/conf/")
    }
    fn is_directory(&self, path: &[u8]) -> bool {
        !path.ends_with(b"absent") && !path.ends_with(b".log")
    }
}

struct Line<'a> {
    text: &'a str,
    path: Option<&'a str>,
    main: bool,
}

impl<'a> Line<'a> {
    fn new(text: &'a str) -> Self {
        Self { text, path: None, main: true }
    }

    /// Cuts arguments at blanks; `""` is not supported.
    fn run(&self, settings: &mut Settings) -> Result<(), String> {
        let (name, rest) = self.text.split_once(' ').unwrap_or((self.text, ""));
        let directive = find(name.as_bytes()).unwrap();
        let mut words = rest.split(' ').filter(|word| !word.is_empty()).map(str::as_bytes);
        let args = match directive.takes {
            Takes::Raw => Args { first: Some(rest.as_bytes()), second: None },
            Takes::One => Args { first: words.next(), second: None },
            Takes::OneOrTwo => Args { first: words.next(), second: words.next() },
        };
        let place = Place::new(b"httpd.conf", 1);
        let path = self.path.map(str::as_bytes);
        directive.run(settings, &args, &Context { path, main_server: self.main, place, host: &Host })
    }
}

fn run(lines: &[&str]) -> Settings {
    let mut settings = Settings::default();
    for line in lines {
        Line::new(line).run(&mut settings).unwrap();
    }
    settings
}

#[test]
fn every_directive_of_mod_jk_is_known_once() {
    let known = "JkWorkersFile JkWorkerProperty JkShmFile JkShmSize JkMountFile JkMountFileReload JkMount JkUnMount \
        JkMountCopy JkAutoAlias JkStripSession JkWorkerIndicator JkWatchdogInterval JkLogFile JkLogLevel \
        JkLogStampFormat JkRequestLogFormat JkRequestIdIndicator JkExtractSSL JkHTTPSIndicator \
        JkSSLPROTOCOLIndicator JkCERTSIndicator JkCIPHERIndicator JkCERTCHAINPrefix JkSESSIONIndicator \
        JkKEYSIZEIndicator JkRemoteHostIndicator JkRemoteAddrIndicator JkRemotePortIndicator \
        JkRemoteUserIndicator JkAuthTypeIndicator JkLocalNameIndicator JkLocalPortIndicator \
        JkLocalAddrIndicator JkIgnoreCLIndicator JkOptions JkEnvVar";
    for name in known.split_whitespace() {
        assert!(find(name.to_lowercase().as_bytes()).is_some(), "{name}");
    }
    assert_eq!(TABLE.len(), known.split_whitespace().count());
    assert!(TABLE.iter().all(|directive| !directive.help.is_empty()));
}

#[test]
fn every_directive_changes_the_settings() {
    let plain = format!("{:?}", Settings::default());
    for directive in TABLE {
        let value = match directive.name {
            "JkWorkersFile" | "JkMountFile" => "conf/x",
            "JkMount" | "JkUnMount" => "/x w",
            "JkMountCopy" | "JkStripSession" => "On",
            "JkExtractSSL" => "Off",
            "JkOptions" => "+FlushPackets",
            "JkWorkerProperty" => "a=b",
            "JkLogFile" => "7.log",
            _ => "7",
        };
        let settings = run(&[&format!("{} {value}", directive.name)]);
        assert_ne!(format!("{settings:?}"), plain, "{}", directive.name);
    }
}

#[test]
fn every_indicator_has_its_directive() {
    let mut settings = Settings::default();
    for directive in
        TABLE.iter().filter(|one| one.name.ends_with("Indicator") || one.name.ends_with("Prefix"))
    {
        Line::new(&format!("{} X_{}", directive.name, directive.name)).run(&mut settings).unwrap();
    }
    let names = settings.effective().names;
    for (indicator, directive) in [
        (Indicator::Worker, "JkWorkerIndicator"),
        (Indicator::RequestId, "JkRequestIdIndicator"),
        (Indicator::Https, "JkHTTPSIndicator"),
        (Indicator::SslProtocol, "JkSSLPROTOCOLIndicator"),
        (Indicator::Certs, "JkCERTSIndicator"),
        (Indicator::Cipher, "JkCIPHERIndicator"),
        (Indicator::CertChainPrefix, "JkCERTCHAINPrefix"),
        (Indicator::SslSession, "JkSESSIONIndicator"),
        (Indicator::KeySize, "JkKEYSIZEIndicator"),
        (Indicator::RemoteHost, "JkRemoteHostIndicator"),
        (Indicator::RemoteAddr, "JkRemoteAddrIndicator"),
        (Indicator::RemotePort, "JkRemotePortIndicator"),
        (Indicator::RemoteUser, "JkRemoteUserIndicator"),
        (Indicator::AuthType, "JkAuthTypeIndicator"),
        (Indicator::LocalName, "JkLocalNameIndicator"),
        (Indicator::LocalPort, "JkLocalPortIndicator"),
        (Indicator::LocalAddr, "JkLocalAddrIndicator"),
        (Indicator::IgnoreCl, "JkIgnoreCLIndicator"),
    ] {
        assert_eq!(names.of(indicator), format!("X_{directive}").as_bytes(), "{directive}");
    }
}

#[test]
fn paths_are_completed_and_checked() {
    let settings =
        run(&["JkWorkersFile conf/w", "JkShmFile logs/shm", "JkLogFile logs/jk.log", "JkAutoAlias apps"]);
    assert_eq!(settings.globals.workers_file.as_deref(), Some(&b"/srv/conf/w"[..]));
    assert_eq!(settings.globals.shm_file.as_deref(), Some(&b"/srv/logs/shm"[..]));
    assert_eq!(settings.log_file, Some(LogTarget::File(b"/srv/logs/jk.log"[..].into())));
    assert_eq!(settings.auto_alias.as_deref(), Some(&b"apps"[..]));
    let settings = run(&["JkLogFile |/bin/rotate"]);
    assert_eq!(settings.log_file, Some(LogTarget::Pipe(b"/bin/rotate"[..].into())));
}

#[test]
fn numbers_are_read_as_c_reads_them() {
    for (value, seconds, notices) in
        [("5", 5, 0), ("0", 0, 0), ("-5", 0, 1), ("x", 0, 1), ("5s", 5, 1), ("99999999999", 1_215_752_191, 1)]
    {
        let settings = run(&[&format!("JkWatchdogInterval {value}"), &format!("JkMountFileReload {value}")]);
        assert_eq!(settings.globals.watchdog, Some(Seconds(seconds)), "{value}");
        assert_eq!(settings.mount_file_reload, Some(Seconds(seconds)), "{value}");
        assert_eq!(settings.notices.len(), notices * 2, "{value}");
    }
}

#[test]
fn the_last_line_of_a_kind_counts() {
    let settings = run(&[
        "JkMountCopy all",
        "JkMountCopy ON",
        "JkLogLevel warning",
        "JkStripSession On ;foo",
        "JkStripSession Off",
        "JkEnvVar A 1",
        "JkEnvVar a",
    ]);
    assert_eq!(settings.mount_copy, Some(MountCopy::On));
    assert_eq!(settings.log_level, Some(Level::Info));
    assert!(settings.strip_session.is_some_and(|strip| !strip.on && strip.mark.is_none()));
    assert_eq!(settings.env.len(), 1);
    assert_eq!(settings.env[0].default, None);
}

#[test]
fn mounts_stand_inside_and_outside_of_sections() {
    let mut settings = run(&["JkMount /a w1", "JkUnMount /a/x w1", "JkMount /a w2;reply_timeout=1"]);
    for path in ["/loc|/*", "/lm/.*", "/var/www"] {
        Line { text: "JkMount w3", path: Some(path), main: true }.run(&mut settings).unwrap();
    }
    let rows: Vec<_> = settings
        .mounts
        .entries()
        .iter()
        .map(|entry| format!("{}={}", text::show(entry.key), text::show(entry.worker)))
        .collect();
    assert_eq!(rows, ["/a=w2;reply_timeout=1", "!/a/x=w1", "/loc|/*=w3", "/lm/.*=w3", "/var/www=w3"]);
    assert_eq!(settings.notices.len(), 1);
    assert!(settings.notices[0].message.contains("for \"w1\"; this line takes its place"));
}

#[test]
fn wrong_lines_are_refused_with_what_would_be_right() {
    let long = format!("JkWorkerProperty worker.a.host={}", "x".repeat(9000));
    for (text, path, main, part) in [
        ("JkMount /a", None, true, "as in JkMount /app/* worker1"),
        ("JkUnMount /a", None, true, "as in JkUnMount /app/* worker1"),
        ("JkMount /a w", Some("/loc"), true, "takes only a worker here"),
        ("JkMount *.jsp w", None, true, "write \"/*.jsp\""),
        ("JkMount app/* w", None, true, "write \"/app/*\""),
        ("JkMount !/a w", None, true, "JkUnMount /a"),
        ("JkMount -/a w", None, true, "only mount files can hold disabled rules"),
        ("JkMount w /a", None, true, "write JkMount /a w"),
        ("JkMount http://host/a w", None, true, "write only its path"),
        ("JkMount w", Some("^/a"), true, "no path that begins with \"/\""),
        ("JkMount w", Some("*.php"), true, "use <Location /path>"),
        ("JkMountFile conf/m", Some("/loc"), true, "cannot occur within a section"),
        ("JkMountFile missing", None, true, "no regular file \"/srv/missing\""),
        ("JkWorkersFile missing", None, true, "relative paths begin at ServerRoot"),
        ("JkWorkersFile conf/w", None, false, "move it to the main server"),
        ("JkWorkerProperty a=b", None, false, "cannot occur within <VirtualHost>"),
        ("JkShmFile x", None, false, "move it to the main server"),
        ("JkShmSize 1", None, false, "move it to the main server"),
        ("JkWatchdogInterval 1", None, false, "move it to the main server"),
        ("JkWorkerProperty worker.a.prot=8009", None, true, "did you mean \"port\""),
        ("JkWorkerProperty worker.a.xyzzy=1", None, true, "no worker property \"xyzzy\""),
        (&long, None, true, "at most 8192"),
        ("JkMountCopy Yes", None, true, "must be On, Off or All"),
        ("JkMountCopy All", None, false, "write On for this virtual host"),
        ("JkStripSession Yes", None, true, "must be On or Off, not \"Yes\""),
        ("JkExtractSSL 1", None, true, "must be On or Off"),
        ("JkExtractSSL of", None, true, "did you mean"),
        ("JkOptions +FlushPacket", None, true, "did you mean \"FlushPackets\""),
        ("JkOptions -ForwardURICompat", None, true, "cannot be switched off"),
        ("JkLogFile |", None, true, "no program follows"),
        ("JkLogFile absent/jk.log", None, true, "there is no directory /srv/absent"),
        ("JkLogFile logs", None, true, "this is a directory; name a file in it"),
    ] {
        let said = Line { text, path, main }.run(&mut Settings::default()).unwrap_err();
        assert!(said.contains(part), "{text}: {said}");
    }
    let mut settings = run(&["JkWorkersFile conf/w"]);
    assert!(Line::new("JkWorkersFile conf/w").run(&mut settings).unwrap_err().contains("a second time"));
}

#[test]
fn what_mod_jk_accepts_in_silence_is_remarked_on() {
    for (lines, part) in [
        (&["JkLogLevel warning"][..], "counts as info"),
        (&["JkShmSize 100"], "has no effect"),
        (&["JkOptions +CollapseSlashesAll", "JkOptions CollapseSlashesNone"], "CollapseSlashes"),
        (&["JkMountFileReload never"], "counts as 0"),
        (&["JkWatchdogInterval -1"], "counts as 0"),
        (&["JkAutoAlias apps"], "absolute path"),
        (&["JkMountCopy On"], "write All, or On in a virtual host"),
        (&["JkUnMount /a w1", "JkUnMount /a w2"], "the worker * stands for all"),
    ] {
        let notices = run(lines).notices;
        assert_eq!(notices.len(), 1, "{lines:?}");
        assert!(notices[0].to_string().starts_with("httpd.conf:1: "), "{notices:?}");
        assert!(notices[0].message.contains(part), "{notices:?}");
    }
}
