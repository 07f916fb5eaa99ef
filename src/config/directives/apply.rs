//! What each directive does.

use super::{Args, Context};
use crate::config::diagnostic::Diagnostic;
use crate::config::indicators::Indicator;
use crate::config::nearest;
use crate::config::properties;
use crate::config::settings::{LogTarget, MountCopy, PropertyLine, Settings, StripSession};
use crate::log::Level;
use crate::request_log::Format;
use crate::text::{self, Text};
use crate::time::Seconds;

type Done = Result<(), String>;

pub(super) fn workers_file(settings: &mut Settings, args: &Args<'_>, at: &Context<'_>) -> Done {
    if settings.globals.workers_file.is_some() {
        return Err("JkWorkersFile is given a second time; only one file is possible".to_owned());
    }
    settings.globals.workers_file = Some(existing_file("JkWorkersFile", args, at)?);
    Ok(())
}

pub(super) fn worker_property(settings: &mut Settings, args: &Args<'_>, at: &Context<'_>) -> Done {
    let text = args.one();
    properties::check_directive(text).map_err(|reason| format!("JkWorkerProperty: {reason}"))?;
    settings.globals.properties.push(PropertyLine { text: text.into(), place: at.place.clone() });
    Ok(())
}

pub(super) fn shm_file(settings: &mut Settings, args: &Args<'_>, at: &Context<'_>) -> Done {
    settings.globals.shm_file = Some(at.host.absolute(args.one()));
    Ok(())
}

pub(super) fn shm_size(settings: &mut Settings, args: &Args<'_>, at: &Context<'_>) -> Done {
    settings.globals.shm_size = Some(u32::try_from(text::atoi(args.one())).unwrap_or(0));
    let message = "JkShmSize has no effect, the size is found automatically; it can be removed";
    settings.notices.push(Diagnostic::warning(Some(at.place.clone()), message));
    Ok(())
}

pub(super) fn watchdog(settings: &mut Settings, args: &Args<'_>, at: &Context<'_>) -> Done {
    settings.globals.watchdog = Some(seconds("JkWatchdogInterval", settings, args, at));
    Ok(())
}

pub(super) fn mount(settings: &mut Settings, args: &Args<'_>, at: &Context<'_>) -> Done {
    let (pattern, worker) = pattern_and_worker("JkMount", args, at)?;
    match settings.mounts.mount(pattern, worker, at.place.clone()) {
        Some(earlier) if *earlier != *worker => repeated("JkMount", settings, pattern, &earlier, at),
        Some(_) | None => {}
    }
    Ok(())
}

pub(super) fn unmount(settings: &mut Settings, args: &Args<'_>, at: &Context<'_>) -> Done {
    let (pattern, worker) = pattern_and_worker("JkUnMount", args, at)?;
    match settings.mounts.unmount(pattern, worker, at.place.clone()) {
        Some(earlier) if *earlier != *worker => repeated("JkUnMount", settings, pattern, &earlier, at),
        Some(_) | None => {}
    }
    Ok(())
}

/// mod_jk keeps one worker for each pattern that is mounted, and one for each that is unmounted.
fn repeated(name: &str, settings: &mut Settings, pattern: &[u8], earlier: &[u8], at: &Context<'_>) {
    let (pattern, earlier) = (text::show(pattern), text::show(earlier));
    let advice = if name == "JkUnMount" { "; the worker * stands for all" } else { "" };
    let message =
        format!("{name} named \"{pattern}\" before, for \"{earlier}\"; this line takes its place{advice}");
    settings.notices.push(Diagnostic::warning(Some(at.place.clone()), message));
}

/// Inside of a section its text is the pattern, outside the first argument.
fn pattern_and_worker<'a>(
    name: &str,
    args: &Args<'a>,
    at: &Context<'a>,
) -> Result<(&'a [u8], &'a [u8]), String> {
    let (pattern, worker) = match (at.path, args.second) {
        (Some(path), None) => (path, args.one()),
        (None, Some(worker)) => (args.one(), worker),
        (Some(path), Some(_)) => {
            return Err(format!(
                "{name} takes only a worker here: the pattern is that of the section, \"{}\"",
                text::show(path)
            ));
        }
        (None, None) => {
            return Err(format!("{name} needs a pattern and a worker, as in {name} /app/* worker1"));
        }
    };
    match pattern.first() {
        Some(b'/') => Ok((pattern, worker)),
        Some(_) if at.path.is_none() && worker.starts_with(b"/") => {
            let (pattern, worker) = (text::show(worker), text::show(pattern));
            Err(format!("{name}: the pattern comes first; write {name} {pattern} {worker}"))
        }
        Some(_) | None => Err(bad_pattern(name, pattern, at.path.is_some())),
    }
}

fn bad_pattern(name: &str, pattern: &[u8], section: bool) -> String {
    let shown = text::show(pattern);
    if section {
        return format!(
            "{name}: \"{shown}\" is no path that begins with \"/\"; use <Location /path> or write the pattern here"
        );
    }
    let rest = text::show(pattern.get(1..).unwrap_or_default());
    match pattern.first() {
        Some(b'!') => {
            format!("{name}: \"{shown}\" does not begin with \"/\"; exclusions are written JkUnMount {rest}")
        }
        Some(b'-') => {
            format!("{name}: \"{shown}\" does not begin with \"/\"; only mount files can hold disabled rules")
        }
        Some(_) if memchr::memmem::find(pattern, b"://").is_some() => {
            format!("{name}: \"{shown}\" is a URL; write only its path, which begins with \"/\"")
        }
        Some(_) | None => format!("{name}: \"{shown}\" does not begin with \"/\"; write \"/{shown}\""),
    }
}

pub(super) fn mount_file(settings: &mut Settings, args: &Args<'_>, at: &Context<'_>) -> Done {
    settings.mount_file = Some(existing_file("JkMountFile", args, at)?);
    Ok(())
}

pub(super) fn mount_file_reload(settings: &mut Settings, args: &Args<'_>, at: &Context<'_>) -> Done {
    settings.mount_file_reload = Some(seconds("JkMountFileReload", settings, args, at));
    Ok(())
}

pub(super) fn mount_copy(settings: &mut Settings, args: &Args<'_>, at: &Context<'_>) -> Done {
    let word = args.one();
    settings.mount_copy = Some(match on_or_off(word) {
        Some(true) => {
            if at.main_server {
                let message =
                    "JkMountCopy On has no effect in the main server; write All, or On in a virtual host";
                settings.notices.push(Diagnostic::warning(Some(at.place.clone()), message));
            }
            MountCopy::On
        }
        Some(false) => MountCopy::Off,
        None if !word.eq_ignore_ascii_case(b"all") => {
            return Err(format!("JkMountCopy must be On, Off or All, not \"{}\"", text::show(word)));
        }
        None if !at.main_server => {
            return Err(
                "JkMountCopy All belongs in the main server; write On for this virtual host".to_owned()
            );
        }
        None => MountCopy::All,
    });
    Ok(())
}

pub(super) fn auto_alias(settings: &mut Settings, args: &Args<'_>, at: &Context<'_>) -> Done {
    if !args.one().starts_with(b"/") {
        let message = "JkAutoAlias is not completed by ServerRoot; write an absolute path";
        settings.notices.push(Diagnostic::warning(Some(at.place.clone()), message));
    }
    settings.auto_alias = Some(args.one().into());
    Ok(())
}

pub(super) fn strip_session(settings: &mut Settings, args: &Args<'_>, _: &Context<'_>) -> Done {
    let on = switch("JkStripSession", args.one())?;
    settings.strip_session = Some(StripSession { on, mark: args.second.map(Text::from) });
    Ok(())
}

pub(super) fn log_file(settings: &mut Settings, args: &Args<'_>, at: &Context<'_>) -> Done {
    settings.log_file = Some(match args.one().strip_prefix(b"|") {
        Some(program) if text::trim(program).is_empty() => {
            return Err("JkLogFile: no program follows the \"|\"".to_owned());
        }
        Some(program) => LogTarget::Pipe(program.into()),
        None => LogTarget::File(file_in_a_directory("JkLogFile", args, at)?),
    });
    Ok(())
}

/// A file that can be made: one that cannot would stop the server later.
fn file_in_a_directory(name: &str, args: &Args<'_>, at: &Context<'_>) -> Result<Text, String> {
    let path = at.host.absolute(args.one());
    if at.host.is_directory(&path) {
        return Err(format!("{name} {}: this is a directory; name a file in it", text::show(&path)));
    }
    let folder =
        path.iter().rposition(|b| *b == b'/').and_then(|slash| path.get(..slash)).unwrap_or_default();
    if folder.is_empty() || at.host.is_directory(folder) {
        return Ok(path);
    }
    let (path, folder) = (text::show(&path), text::show(folder));
    Err(format!(
        "{name} {path}: there is no directory {folder}; create it, or name a file in one that exists"
    ))
}

pub(super) fn log_level(settings: &mut Settings, args: &Args<'_>, at: &Context<'_>) -> Done {
    let word = args.one();
    if Level::known(word).is_none() {
        let message = format!(
            "JkLogLevel \"{}\" counts as info; write trace, debug, info, warn, error or emerg",
            text::show(word)
        );
        settings.notices.push(Diagnostic::warning(Some(at.place.clone()), message));
    }
    settings.log_level = Some(Level::parse(word));
    Ok(())
}

pub(super) fn log_stamp(settings: &mut Settings, args: &Args<'_>, _: &Context<'_>) -> Done {
    settings.log_stamp = Some(args.one().into());
    Ok(())
}

pub(super) fn request_log(settings: &mut Settings, args: &Args<'_>, at: &Context<'_>) -> Done {
    if let Err(wrong) = Format::parse(args.one()) {
        let message = format!(
            "JkRequestLogFormat: {} stands for nothing, so no lines are written; the letters are b B H m p q r R s T U v V w",
            text::show(&wrong)
        );
        settings.notices.push(Diagnostic::warning(Some(at.place.clone()), message));
    }
    settings.request_log = Some(args.one().into());
    Ok(())
}

pub(super) fn options(settings: &mut Settings, args: &Args<'_>, at: &Context<'_>) -> Done {
    let named = settings.options.names_collapse();
    settings.options.take(args.one())?;
    if !named && settings.options.names_collapse() {
        let message = "JkOptions: CollapseSlashes options have no effect any more and can be removed";
        settings.notices.push(Diagnostic::warning(Some(at.place.clone()), message));
    }
    Ok(())
}

pub(super) fn env_var(settings: &mut Settings, args: &Args<'_>, _: &Context<'_>) -> Done {
    settings.set_env(args.one(), args.second);
    Ok(())
}

pub(super) fn extract_ssl(settings: &mut Settings, args: &Args<'_>, _: &Context<'_>) -> Done {
    settings.extract_ssl = Some(switch("JkExtractSSL", args.one())?);
    Ok(())
}

pub(super) fn indicator(settings: &mut Settings, args: &Args<'_>, indicator: Indicator) -> Done {
    settings.indicators.set(indicator, args.one());
    Ok(())
}

fn existing_file(name: &str, args: &Args<'_>, at: &Context<'_>) -> Result<Text, String> {
    let path = at.host.absolute(args.one());
    if at.host.is_regular_file(&path) {
        return Ok(path);
    }
    Err(format!(
        "{name}: there is no regular file \"{}\"; relative paths begin at ServerRoot",
        text::show(&path)
    ))
}

fn switch(name: &str, word: &[u8]) -> Result<bool, String> {
    on_or_off(word).ok_or_else(|| {
        let near = nearest::did_you_mean(word, [&b"On"[..], b"Off"]);
        format!("{name} must be On or Off, not \"{}\"{near}", text::show(word))
    })
}

fn on_or_off(word: &[u8]) -> Option<bool> {
    if word.eq_ignore_ascii_case(b"on") {
        return Some(true);
    }
    word.eq_ignore_ascii_case(b"off").then_some(false)
}

/// A number as C's `atoi` reads it; text and negative numbers are 0, which switches off.
fn seconds(name: &str, settings: &mut Settings, args: &Args<'_>, at: &Context<'_>) -> Seconds {
    let word = args.one();
    let number = text::atoi(word);
    let clean = text::is_int(word);
    if number < 0 || !clean {
        let read = number.max(0);
        let message = format!("{name} \"{}\" counts as {read}; write a number of seconds", text::show(word));
        settings.notices.push(Diagnostic::warning(Some(at.place.clone()), message));
    }
    Seconds(u64::try_from(number).unwrap_or(0))
}
