//! Every property a worker may have: what it is for, how its value is written, its default.
//!
//! The reader of workers.properties, the builder of the specs, the reference page and the completeness tests all
//! walk [`TABLE`].

mod table;

use crate::config::nearest;
use crate::text;

pub use table::TABLE;

/// The longest name, host, route and the like, in bytes; mod_jk keeps them in shared memory (60 until 1.2.48).
pub const LONGEST_NAME: usize = 63;

/// What a property describes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Role {
    /// The whole module: `worker.list` and the like, without the name of a worker.
    Global,
    /// A connection to one Tomcat, alone or as member of a balancer.
    Ajp,
    /// The part an AJP worker plays in a balancer; written on the member.
    Member,
    /// A balancer.
    Lb,
    /// A status page.
    Status,
}

/// How a value is written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// A whole number, with `k` or `m` for its 1024 or 1048576 fold. What lies outside is accepted, but hardly meant.
    Number {
        /// Smallest sensible value.
        low: i32,
        /// Largest sensible value.
        high: i32,
    },
    /// A switch.
    Flag,
    /// Any bytes.
    Text,
    /// At most [`LONGEST_NAME`] bytes.
    Name,
    /// One of these words, in lower case.
    Word(&'static [&'static str]),
    /// A word of which the first character counts, one of these in either case.
    Letter(&'static str),
    /// A mix of these letters in either case.
    Letters(&'static str),
    /// Words separated by blanks or commas; may be repeated.
    List,
    /// Numbers separated by blanks or commas; may be repeated.
    Numbers,
    /// Accepted without effect.
    Ignored,
}

/// What a number counts.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Unit {
    /// Nothing, or things the help names.
    None,
    /// Seconds.
    Seconds,
    /// Milliseconds.
    Millis,
    /// Bytes.
    Bytes,
}

impl Unit {
    /// The word behind a number.
    pub const fn label(self) -> &'static str {
        match self {
            Self::None => "",
            Self::Seconds => "seconds",
            Self::Millis => "milliseconds",
            Self::Bytes => "bytes",
        }
    }
}

/// What becomes of a property written twice.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Repeat {
    /// The later value replaces the earlier one.
    Replace,
    /// The values are joined with this byte. With `*` that is hardly ever useful.
    Join(u8),
}

impl Repeat {
    /// The rule for a whole key. mod_jk looks only at what follows the last dot, so it applies to variables too;
    /// unknown names ending in `_path` are joined with a colon and all others with an asterisk.
    pub fn of(key: &[u8]) -> Self {
        match suffix(key).and_then(find) {
            Some(known) => known.repeat,
            None if key.ends_with(b"_path") => Self::Join(b':'),
            None => Self::Join(b'*'),
        }
    }
}

/// Whether a property should still be used.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Standing {
    /// Yes.
    Current,
    /// No, use the named one.
    Replaced(&'static str),
    /// No, it does nothing.
    Gone,
}

/// One property.
#[derive(Clone, Copy, Debug)]
pub struct Key {
    /// What follows the last dot.
    pub name: &'static str,
    /// What it describes; nothing if it is accepted without effect.
    pub applies_to: &'static [Role],
    /// How its value is written.
    pub kind: Kind,
    /// What a number counts.
    pub unit: Unit,
    /// What holds when it is not set, for a reader.
    pub default: &'static str,
    /// What a value may be, for a reader.
    pub range: &'static str,
    /// What it does.
    pub help: &'static str,
    /// What mod_jk does else, with the rows of `docs/COMPATIBILITY.md`; empty if nothing.
    pub differs: &'static str,
    /// What becomes of a second value.
    pub repeat: Repeat,
    /// Whether it should still be used.
    pub standing: Standing,
}

impl Key {
    /// Whether a later value replaces an earlier one.
    pub fn single_valued(&self) -> bool {
        self.repeat == Repeat::Replace
    }

    /// Whether it says something about any of these.
    pub fn concerns(&self, roles: &[Role]) -> bool {
        self.applies_to.iter().any(|role| roles.contains(role))
    }
}

/// The property of this name; names are case-sensitive.
pub fn find(name: &[u8]) -> Option<&'static Key> {
    TABLE.iter().find(|key| key.name.as_bytes() == name)
}

/// What follows the last dot of a key.
pub fn suffix(key: &[u8]) -> Option<&[u8]> {
    let dot = memchr::memrchr(b'.', key)?;
    key.get(dot + 1..)
}

/// What stands between `worker.` and the last dot: the name of the worker, which may contain dots itself. `None`
/// for `worker.list` and for keys that are not about workers.
pub fn worker_name(key: &[u8]) -> Option<&[u8]> {
    let rest = key.strip_prefix(b"worker.")?;
    let dot = memchr::memrchr(b'.', rest)?;
    rest.get(..dot)
}

/// Checks a key that begins with `worker.`: mod_jk wants it to end in a known name and does not look at the middle.
///
/// # Errors
/// What is wrong with it, in words.
pub fn check(key: &[u8]) -> Result<&'static Key, String> {
    let name = suffix(key).unwrap_or_default();
    find(name).ok_or_else(|| {
        let names =
            TABLE.iter().filter(|key| key.standing == Standing::Current).map(|key| key.name.as_bytes());
        format!(
            "\"{}\": there is no worker property \"{}\"{}",
            text::show(key),
            text::show(name),
            nearest::did_you_mean(name, names)
        )
    })
}

/// Whether a value under this key must never be shown. Variables count if their name says so.
pub fn is_secret(key: &[u8]) -> bool {
    text::find(&key.to_ascii_lowercase(), b"secret").is_some()
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    #[test]
    fn no_property_lacks_help_default_or_range() {
        for key in TABLE {
            assert!(!key.help.is_empty() && !key.default.is_empty() && !key.range.is_empty(), "{}", key.name);
            assert_eq!(TABLE.iter().filter(|other| other.name == key.name).count(), 1, "{} twice", key.name);
            assert_eq!(key.applies_to.is_empty(), key.kind == Kind::Ignored, "{}", key.name);
        }
    }

    #[test]
    fn every_replacement_is_a_current_property() {
        for key in TABLE {
            match key.standing {
                Standing::Replaced(name) => {
                    assert_eq!(find(name.as_bytes()).unwrap().standing, Standing::Current, "{}", key.name);
                }
                Standing::Gone => assert_eq!(key.kind, Kind::Ignored, "{}", key.name),
                Standing::Current => assert_ne!(key.kind, Kind::Ignored, "{}", key.name),
            }
        }
    }

    #[test]
    fn the_names_mod_jk_knows_are_all_there() {
        let known = "list maintain type reference host port source prefer_ipv6 socket_timeout socket_connect_timeout \
            socket_keepalive socket_buffer max_packet_size secret secretkey connection_pool_size \
            connection_pool_minsize connection_pool_timeout connection_acquire_timeout cachesize cache_timeout \
            recycle_timeout ping_mode ping_timeout connect_timeout prepost_timeout connection_ping_interval \
            reply_timeout retries retry_interval recovery_options fail_on_status busy_limit lbfactor distance route \
            jvm_route domain redirect activation disabled stopped balance_workers balanced_workers sticky_session \
            sticky_session_force method lock lb_retries recover_time error_escalation_time max_reply_timeouts \
            session_cookie session_path set_session_cookie session_cookie_path css read_only user \
            user_case_insensitive good bad prefix ns xmlns doctype mount sysprops stderr stdout mx ms class_path \
            bridge jvm_lib ld_path cmd_line native_lib local_worker local_worker_only";
        for name in known.split_whitespace() {
            assert!(find(name.as_bytes()).is_some(), "{name}");
        }
        let ours = ["probe_interval", "secret_file"];
        assert!(ours.iter().all(|name| find(name.as_bytes()).is_some()));
        assert_eq!(TABLE.len(), known.split_whitespace().count() + ours.len());
    }

    #[test]
    fn the_deprecated_ones_are_those_mod_jk_warns_about() {
        let mut deprecated: Vec<_> =
            TABLE.iter().filter(|key| key.standing != Standing::Current).map(|key| key.name).collect();
        deprecated.sort_unstable();
        let known = "balanced_workers bridge cache_timeout cachesize class_path cmd_line disabled jvm_lib jvm_route \
            ld_path local_worker local_worker_only ms mx native_lib recycle_timeout stderr stdout stopped sysprops";
        assert_eq!(deprecated, known.split_whitespace().collect::<Vec<_>>());
    }

    #[test]
    fn repeated_keys_follow_their_last_part() {
        for (key, repeat) in [
            (&b"worker.a.port"[..], Repeat::Replace),
            (b"x.port", Repeat::Replace),
            (b"port", Repeat::Join(b'*')),
            (b"worker.list", Repeat::Join(b',')),
            (b"worker.a.fail_on_status", Repeat::Join(b',')),
            (b"worker.a.class_path", Repeat::Join(b':')),
            (b"my_path", Repeat::Join(b':')),
            (b"worker.a.cmd_line", Repeat::Join(b' ')),
            (b"worker.a.session_path", Repeat::Replace),
            (b"worker.maintain", Repeat::Join(b'*')),
            (b"worker.a.distance", Repeat::Join(b'*')),
            (b"worker.a.balanced_workers", Repeat::Join(b'*')),
        ] {
            assert_eq!(Repeat::of(key), repeat, "{}", text::show(key));
        }
    }

    #[test]
    fn keys_are_taken_apart_at_their_last_dot() {
        for (key, worker, name) in [
            (&b"worker.a.b.host"[..], Some(&b"a.b"[..]), Some(&b"host"[..])),
            (b"worker.list", None, Some(b"list")),
            (b"worker..host", Some(b""), Some(b"host")),
            (b"other.a.host", None, Some(b"host")),
            (b"x", None, None),
        ] {
            assert_eq!((worker_name(key), suffix(key)), (worker, name), "{}", text::show(key));
        }
    }

    #[test]
    fn an_unknown_property_is_refused_with_the_nearest_name() {
        for (key, part) in [
            (&b"worker.a.prot"[..], "did you mean \"port\"?"),
            (b"worker.a.Host", "did you mean \"host\"?"),
            (b"worker.a.balanced_worker", "did you mean \"balance_workers\"?"),
            (b"worker.", "no worker property \"\""),
            (b"worker.a.zzzzzz", "no worker property \"zzzzzz\""),
        ] {
            assert!(check(key).unwrap_err().contains(part), "{} {:?}", text::show(key), check(key));
        }
        assert!(check(b"worker.w.foo.list").is_ok());
    }
}
