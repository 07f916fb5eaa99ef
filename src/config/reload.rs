//! When a mount file is looked at again, and what a look means.
//!
//! Pure: the host tells the time and what it found, a [`Watch`] answers what is to be done. As in mod_jk a file is
//! looked at by requests only, more than so many whole seconds after the last look, and it has changed when its
//! modification time is another one, older or newer. Unlike mod_jk, a file that cannot be used changes nothing, and
//! why is said once.

use crate::time::Seconds;

/// Which content a file has, as far as its directory entry tells.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Version {
    /// Time of the last modification, in whole seconds since 1970.
    pub seconds: i64,
    /// The nanoseconds beyond.
    pub nanos: u32,
    /// Bytes.
    pub size: u64,
}

/// What to do after a look.
#[derive(Clone, Debug, PartialEq, Eq)]
#[must_use]
pub enum Step {
    /// Nothing: the rules in force are those of the file, or the reason why not was told before.
    Keep,
    /// Tell this; the rules in force stay.
    Say(String),
    /// Read the file and [tell](Watch::read) how that went.
    Read(Version),
}

/// How reading a file went.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Outcome {
    /// Its rules are in force, or it was read and cannot be used. Either way this content is done with.
    Done,
    /// It could not be read, for this reason; whoever may have changed that did not change the file.
    Unreadable(String),
}

/// What is known about one mount file.
#[derive(Clone, Debug)]
pub struct Watch {
    every: Option<Seconds>,
    last: Seconds,
    done: Option<Done>,
    /// Why which content could not be had at the last look.
    trouble: Option<(Option<Version>, String)>,
}

/// The content that was read last.
#[derive(Clone, Copy, Debug)]
struct Done {
    version: Version,
    /// It was written in the very second in which it was read, or just before: somebody may still be at it.
    fresh: bool,
}

impl Watch {
    /// A file that was looked at now, at start; `every` is `None` for never again.
    pub fn new(every: Option<Seconds>, now: Seconds) -> Self {
        Self { every, last: now, done: None, trouble: None }
    }

    /// The first second in which the file is looked at again; `None` is never.
    pub fn next(&self) -> Option<Seconds> {
        self.every.map(|every| Seconds(self.last.0.saturating_add(every.0).saturating_add(1)))
    }

    /// Whether it is time for a look.
    pub fn is_due(&self, now: Seconds) -> bool {
        self.next().is_some_and(|next| now >= next)
    }

    /// A look: `found` is the file's version, or why there is none.
    pub fn look(&mut self, now: Seconds, found: Result<Version, String>) -> Step {
        self.last = now;
        match found {
            Err(reason) => self.once(None, reason).map_or(Step::Keep, Step::Say),
            Ok(version) if self.done.is_some_and(|done| !done.differs(version)) => {
                self.trouble = None;
                Step::Keep
            }
            Ok(version) => Step::Read(version),
        }
    }

    /// Notes how reading `version` went; the answer is what to tell, if anything.
    pub fn read(&mut self, now: Seconds, version: Version, outcome: Outcome) -> Option<String> {
        match outcome {
            Outcome::Done => {
                let fresh = i64::try_from(now.0).is_ok_and(|now| version.seconds >= now.saturating_sub(1));
                self.done = Some(Done { version, fresh });
                self.trouble = None;
                None
            }
            Outcome::Unreadable(reason) => self.once(Some(version), reason),
        }
    }

    /// The reason, if it is not that of the last look at the same content.
    fn once(&mut self, version: Option<Version>, reason: String) -> Option<String> {
        let trouble = Some((version, reason.clone()));
        let known = self.trouble == trouble;
        self.trouble = trouble;
        (!known).then_some(reason)
    }
}

impl Done {
    /// mod_jk compares whole seconds, and so never notices a change in the second of the last one. Where that second
    /// was not over when the file was read, everything is compared.
    fn differs(self, now: Version) -> bool {
        now.seconds != self.version.seconds || (self.fresh && now != self.version)
    }
}

#[cfg(test)]
#[allow(clippy::panic)]
mod tests {
    use super::*;

    const fn version(seconds: i64, nanos: u32) -> Version {
        Version { seconds, nanos, size: 10 }
    }

    /// A file of that modification time, read at second 1000.
    fn loaded(modified: i64) -> Watch {
        let mut watch = Watch::new(Some(Seconds(1)), Seconds(1000));
        assert_eq!(watch.read(Seconds(1000), version(modified, 0), Outcome::Done), None);
        watch
    }

    #[test]
    fn a_look_is_due_when_more_than_the_interval_has_passed() {
        for (every, now, due) in [
            (Some(1), 1000, false),
            (Some(1), 1001, false),
            (Some(1), 1002, true),
            (Some(60), 1060, false),
            (Some(60), 1061, true),
            (Some(60), 900, false),
            (Some(u64::MAX), u64::MAX - 1, false),
            (None, u64::MAX, false),
        ] {
            let mut watch = Watch::new(every.map(Seconds), Seconds(1000));
            assert_eq!(watch.is_due(Seconds(now)), due, "{every:?} {now}");
            if due {
                let _ = watch.look(Seconds(now), Ok(version(1, 0)));
                assert!(!watch.is_due(Seconds(now)) && !watch.is_due(Seconds(now + every.unwrap_or(0))));
            }
        }
    }

    #[test]
    fn another_modification_time_is_a_change() {
        for (modified, found, changed) in [
            (500, version(500, 0), false),
            (500, version(501, 0), true),
            (500, version(499, 0), true),
            (500, version(1, 0), true),
            (500, version(i64::MAX, 0), true),
            (500, version(500, 7), false),
            (500, Version { size: 11, ..version(500, 0) }, false),
            // Read while its second was not over, or just was.
            (1000, version(1000, 0), false),
            (1000, version(1000, 7), true),
            (1000, Version { size: 11, ..version(1000, 0) }, true),
            (999, version(999, 7), true),
            (998, version(998, 7), false),
            (5000, version(5000, 7), true),
        ] {
            let step = loaded(modified).look(Seconds(1002), Ok(found));
            let expected = if changed { Step::Read(found) } else { Step::Keep };
            assert_eq!(step, expected, "{modified} {found:?}");
        }
    }

    #[test]
    fn a_file_that_cannot_be_used_is_told_of_once() {
        let mut watch = loaded(500);
        assert_eq!(watch.look(Seconds(1002), Ok(version(600, 0))), Step::Read(version(600, 0)));
        assert_eq!(watch.read(Seconds(1002), version(600, 0), Outcome::Done), None);
        assert_eq!(watch.look(Seconds(1004), Ok(version(600, 0))), Step::Keep);
    }

    /// The looks of one file, and what each leads to: `keep`, `read`, or what is said. A version is read at once;
    /// those of an odd second cannot be read.
    fn story(looks: &[Result<i64, &str>]) -> Vec<String> {
        let mut watch = loaded(500);
        let mut tell = |(look, now): (&Result<i64, &str>, u64)| {
            let now = Seconds(now);
            match watch.look(now, look.map(|at| version(at, 0)).map_err(str::to_owned)) {
                Step::Keep => "keep".to_owned(),
                Step::Say(what) => what,
                Step::Read(version) if version.seconds % 2 == 0 => {
                    assert_eq!(watch.read(now, version, Outcome::Done), None);
                    "read".to_owned()
                }
                Step::Read(version) => {
                    let outcome = Outcome::Unreadable("denied".to_owned());
                    watch.read(now, version, outcome).unwrap_or_else(|| "tried".to_owned())
                }
            }
        };
        looks.iter().zip((1002..).step_by(2)).map(&mut tell).collect()
    }

    #[test]
    fn what_keeps_a_file_from_being_read_is_told_once_and_tried_again() {
        for (looks, steps) in [
            (&[Err("gone"), Err("gone"), Err("no way there")][..], &["gone", "keep", "no way there"][..]),
            (&[Err("gone"), Ok(500), Err("gone")], &["gone", "keep", "gone"]),
            (&[Err("gone"), Ok(502)], &["gone", "read"]),
            (&[Ok(501), Ok(501), Ok(503), Ok(504)], &["denied", "tried", "denied", "read"]),
            (&[Ok(501), Ok(500), Ok(501)], &["denied", "keep", "denied"]),
            (&[Ok(501), Ok(502), Ok(503)], &["denied", "read", "denied"]),
        ] {
            assert_eq!(story(looks), steps, "{looks:?}");
        }
    }
}
