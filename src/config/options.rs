//! `JkOptions`: words that are switched on or off, and what a virtual host makes of the main server's.

use crate::config::nearest;
use crate::text;

/// In which form the URI goes to Tomcat.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Forward {
    /// Decoded by httpd and encoded anew, path parameters kept.
    #[default]
    Proxy,
    /// Decoded by httpd.
    Compat,
    /// As the client sent it.
    CompatUnparsed,
    /// Decoded by httpd and encoded by httpd.
    Escaped,
}

/// Whose address is told to Tomcat as the client's.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Address {
    /// The server's own (`ForwardLocalAddress`).
    Local,
    /// The peer of the TCP connection, whatever mod_remoteip says (`ForwardPhysicalAddress`).
    Physical,
}

/// An option that depends on no other.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Flag {
    ForwardDirectories,
    FlushPackets,
    FlushHeader,
    DisableReuse,
    ForwardKeySize,
    ForwardSslCertChain,
    RejectUnsafeUri,
}

/// A set of flags.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
struct Flags(u8);

impl Flags {
    const fn with(self, flag: Flag) -> Self {
        Self(self.0 | 1 << flag as u8)
    }
    const fn has(self, flag: Flag) -> bool {
        self.0 & 1 << flag as u8 != 0
    }
    const fn plus(self, other: Self) -> Self {
        Self(self.0 | other.0)
    }
    const fn minus(self, other: Self) -> Self {
        Self(self.0 & !other.0)
    }
}

/// What holds before any `JkOptions`.
const BY_DEFAULT: Flags = Flags(0).with(Flag::ForwardKeySize);

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Word {
    Forward(Forward),
    Address(Address),
    Flag(Flag),
    /// Says how slashes are collapsed; without effect since 1.2.42.
    Collapse,
}

const NOTHING: &str = "Nothing any more; a warning says so.";

/// All words, in any case, with what they do.
const WORDS: &[(&str, Word, &str)] = &[
    (
        "ForwardURIProxy",
        Word::Forward(Forward::Proxy),
        "The path as httpd decoded it, encoded again, with path parameters.",
    ),
    (
        "ForwardURICompat",
        Word::Forward(Forward::Compat),
        "The same path, not encoded. Blanks and control characters go out as they are: better not.",
    ),
    (
        "ForwardURICompatUnparsed",
        Word::Forward(Forward::CompatUnparsed),
        "The path as the client wrote it, also where a rule has rewritten it. If a servlet container may take it for another path than the one that access rules saw, the answer is 400 (D8); a path with `%2F` passes with `AllowEncodedSlashes On` only.",
    ),
    (
        "ForwardURIEscaped",
        Word::Forward(Forward::Escaped),
        "The path as httpd decoded it, encoded by httpd's own rules: the same as `ForwardURIProxy` but for lower-case digits.",
    ),
    (
        "ForwardDirectories",
        Word::Flag(Flag::ForwardDirectories),
        "A directory without an index file goes to the worker of `JkWorkerIndicator`. Modules that list directories and stand before this one in the order of `LoadModule` lines come first.",
    ),
    (
        "ForwardLocalAddress",
        Word::Address(Address::Local),
        "Tomcat is told httpd's own address as the client's, and the port 0.",
    ),
    (
        "ForwardPhysicalAddress",
        Word::Address(Address::Physical),
        "Tomcat is told the address of the TCP connection, whatever mod_remoteip says.",
    ),
    ("FlushPackets", Word::Flag(Flag::FlushPackets), "Each body packet is passed on at once."),
    ("FlushHeader", Word::Flag(Flag::FlushHeader), "The headers of a reply are passed on at once."),
    ("DisableReuse", Word::Flag(Flag::DisableReuse), "A connection to Tomcat is closed after one request."),
    ("ForwardKeySize", Word::Flag(Flag::ForwardKeySize), "Tomcat is told the bits of the TLS cipher's key."),
    (
        "ForwardSSLCertChain",
        Word::Flag(Flag::ForwardSslCertChain),
        "Tomcat is told the client's certificate with its chain (`JkCERTCHAINPrefix`).",
    ),
    (
        "RejectUnsafeURI",
        Word::Flag(Flag::RejectUnsafeUri),
        "A path that has `%` or `\\` after decoding, and that a rule maps, is refused with 400 (D7).",
    ),
    ("CollapseSlashesAll", Word::Collapse, NOTHING),
    ("CollapseSlashesNone", Word::Collapse, NOTHING),
    ("CollapseSlashesUnmount", Word::Collapse, NOTHING),
];

/// All options with what they do and whether they are on by default, for the reference page.
pub fn words() -> impl Iterator<Item = (&'static str, &'static str, bool)> {
    let on = |word: &Word| match word {
        Word::Forward(forward) => *forward == Forward::default(),
        Word::Flag(flag) => BY_DEFAULT.has(*flag),
        Word::Address(_) | Word::Collapse => false,
    };
    WORDS.iter().map(move |(name, word, help)| (*name, *help, on(word)))
}

/// The `JkOptions` of one server, as given and with what it inherited.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct JkOptions {
    forward: Option<Forward>,
    address: Option<Address>,
    plus: Flags,
    minus: Flags,
    minus_local: bool,
    minus_physical: bool,
    collapse: bool,
    /// What the main server made of its own, or the defaults.
    inherited: Options,
}

/// What holds for a server in the end.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Options {
    /// The form of the URI.
    pub forward: Forward,
    /// Whose address is told, if not the client's.
    pub address: Option<Address>,
    flags: Flags,
}

impl Default for Options {
    fn default() -> Self {
        Self { forward: Forward::Proxy, address: None, flags: BY_DEFAULT }
    }
}

impl Default for JkOptions {
    fn default() -> Self {
        Self {
            forward: None,
            address: None,
            plus: Flags(0),
            minus: Flags(0),
            minus_local: false,
            minus_physical: false,
            collapse: false,
            inherited: Options::default(),
        }
    }
}

impl Options {
    /// `ForwardDirectories`: directory requests that httpd would list go to Tomcat.
    pub const fn forward_directories(&self) -> bool {
        self.flags.has(Flag::ForwardDirectories)
    }
    /// `FlushPackets`: flush after every packet of a body.
    pub const fn flush_packets(&self) -> bool {
        self.flags.has(Flag::FlushPackets)
    }
    /// `FlushHeader`: flush after the headers.
    pub const fn flush_header(&self) -> bool {
        self.flags.has(Flag::FlushHeader)
    }
    /// `DisableReuse`: one connection for each request.
    pub const fn disable_reuse(&self) -> bool {
        self.flags.has(Flag::DisableReuse)
    }
    /// `ForwardKeySize`: tell the TLS key size.
    pub const fn forward_key_size(&self) -> bool {
        self.flags.has(Flag::ForwardKeySize)
    }
    /// `ForwardSSLCertChain`: tell the chain of the client's certificate.
    pub const fn forward_ssl_cert_chain(&self) -> bool {
        self.flags.has(Flag::ForwardSslCertChain)
    }
    /// `RejectUnsafeURI`: refuse URIs with `%` or `\` in them after decoding.
    pub const fn reject_unsafe_uri(&self) -> bool {
        self.flags.has(Flag::RejectUnsafeUri)
    }
}

impl JkOptions {
    /// Takes the words of one directive.
    ///
    /// # Errors
    /// An unknown word, or one that cannot be switched off, in words. Those before it have been taken.
    pub fn take(&mut self, line: &[u8]) -> Result<(), String> {
        let mut rest = text::trim(line);
        while let Some((word, after)) = next_word(rest) {
            self.word(&word)?;
            rest = after;
        }
        Ok(())
    }

    fn word(&mut self, written: &[u8]) -> Result<(), String> {
        let (on, name) = match written.split_first() {
            Some((b'-', name)) => (false, name),
            Some((b'+', name)) => (true, name),
            Some(_) | None => (true, written),
        };
        let uri = name.get(..10).is_some_and(|start| start.eq_ignore_ascii_case(b"ForwardURI"));
        if !on && uri {
            return Err(format!(
                "JkOptions: \"{}\" cannot be switched off; switch another ForwardURI option on instead",
                text::show(written)
            ));
        }
        let known = WORDS.iter().find(|(word, ..)| name.eq_ignore_ascii_case(word.as_bytes()));
        let (_, word, _) = known.ok_or_else(|| unknown(name))?;
        match word {
            Word::Forward(forward) => self.forward = Some(*forward),
            Word::Address(address) => self.address(*address, on),
            Word::Flag(flag) if on => self.plus = self.plus.with(*flag),
            Word::Flag(flag) => self.minus = self.minus.with(*flag),
            Word::Collapse => self.collapse = true,
        }
        Ok(())
    }

    /// Either word takes away what an earlier one of the two switched on.
    fn address(&mut self, address: Address, on: bool) {
        self.address = on.then_some(address);
        match (on, address) {
            (true, _) => {}
            (false, Address::Local) => self.minus_local = true,
            (false, Address::Physical) => self.minus_physical = true,
        }
    }

    /// What a virtual host with these options has below a main server with those.
    ///
    /// Unlike in mod_jk the two address options exclude each other here too.
    #[must_use]
    pub fn below(self, main: &Self) -> Self {
        Self { inherited: main.resolve(), ..self }
    }

    /// What holds in the end. Within one server `-` counts more than `+`, whatever the order.
    pub fn resolve(&self) -> Options {
        let switched_off = |address: &Address| match address {
            Address::Local => self.minus_local,
            Address::Physical => self.minus_physical,
        };
        Options {
            forward: self.forward.unwrap_or(self.inherited.forward),
            address: self.address.or(self.inherited.address).filter(|address| !switched_off(address)),
            flags: self.inherited.flags.plus(self.plus).minus(self.minus),
        }
    }

    /// Whether a word about collapsing slashes was given, which deserves a warning.
    pub const fn names_collapse(&self) -> bool {
        self.collapse
    }
}

fn unknown(name: &[u8]) -> String {
    if name.eq_ignore_ascii_case(b"ForwardSSLKeySize") {
        return "JkOptions: the option is called ForwardKeySize".to_owned();
    }
    if name.is_empty() {
        return "JkOptions: a sign stands alone; write it directly before the option".to_owned();
    }
    let near = nearest::did_you_mean(name, WORDS.iter().map(|(word, ..)| word.as_bytes()));
    format!("JkOptions: there is no option \"{}\"{near}", text::show(name))
}

/// The next word as httpd cuts it: between blanks, or between quotes, in which a backslash protects a quote.
fn next_word(line: &[u8]) -> Option<(Vec<u8>, &[u8])> {
    let (&first, rest) = line.split_first()?;
    if !matches!(first, b'"' | b'\'') {
        let end = line.iter().position(|b| text::is_space(*b)).unwrap_or(line.len());
        let (word, after) = line.split_at_checked(end)?;
        return Some((word.to_vec(), text::trim(after)));
    }
    let mut word = Vec::new();
    let mut left = rest;
    while let Some((&byte, after)) = left.split_first() {
        left = after;
        match (byte, left.split_first()) {
            (b'\\', Some((&next, after))) if next == first || next == b'\\' => {
                word.push(next);
                left = after;
            }
            (byte, _) if byte == first => break,
            (byte, _) => word.push(byte),
        }
    }
    Some((word, text::trim(left)))
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    fn given(lines: &[&str]) -> JkOptions {
        let mut options = JkOptions::default();
        for line in lines {
            options.take(line.as_bytes()).unwrap();
        }
        options
    }

    #[test]
    fn proxy_and_key_size_are_on_by_default() {
        let options = given(&[]).resolve();
        assert_eq!((options.forward, options.address), (Forward::Proxy, None));
        assert!(options.forward_key_size() && !options.flush_packets() && !options.forward_ssl_cert_chain());
    }

    #[test]
    fn the_last_form_of_the_uri_counts() {
        for (lines, forward) in [
            (&["ForwardURICompat"][..], Forward::Compat),
            (&["+forwarduricompat ForwardURIEscaped"], Forward::Escaped),
            (&["ForwardURICompatUnparsed", "+ForwardURIProxy"], Forward::Proxy),
            (&["\"ForwardURICompatUnparsed\""], Forward::CompatUnparsed),
        ] {
            assert_eq!(given(lines).resolve().forward, forward, "{lines:?}");
        }
    }

    #[test]
    fn minus_counts_more_than_plus_in_one_server() {
        for line in ["+FlushPackets -FlushPackets", "-FlushPackets +FlushPackets", "-flushpackets"] {
            assert!(!given(&[line]).resolve().flush_packets(), "{line}");
        }
        assert!(!given(&["-ForwardKeySize"]).resolve().forward_key_size());
    }

    #[test]
    fn a_virtual_host_adds_to_and_takes_from_the_main_server() {
        for (main, vhost, on) in [
            ("+FlushPackets", "", true),
            ("+FlushPackets", "-FlushPackets", false),
            ("-FlushPackets", "+FlushPackets", true),
            ("+FlushPackets -FlushPackets", "", false),
            ("", "+FlushPackets -FlushPackets", false),
        ] {
            let merged = given(&[vhost]).below(&given(&[main]));
            assert_eq!(merged.resolve().flush_packets(), on, "{main} | {vhost}");
            assert_eq!(merged.below(&given(&[main])), merged);
        }
    }

    #[test]
    fn the_form_of_the_uri_is_inherited_unless_chosen() {
        for (main, vhost, forward) in [
            ("ForwardURICompat", "FlushHeader", Forward::Compat),
            ("ForwardURICompat", "ForwardURIProxy", Forward::Proxy),
            ("", "ForwardURIEscaped", Forward::Escaped),
        ] {
            assert_eq!(given(&[vhost]).below(&given(&[main])).resolve().forward, forward, "{main} | {vhost}");
        }
    }

    #[test]
    fn the_two_addresses_exclude_each_other_everywhere() {
        for (main, vhost, address) in [
            ("", "ForwardLocalAddress ForwardPhysicalAddress", Some(Address::Physical)),
            ("", "ForwardLocalAddress -ForwardPhysicalAddress", None),
            ("", "-ForwardPhysicalAddress ForwardLocalAddress", Some(Address::Local)),
            ("", "-ForwardLocalAddress ForwardLocalAddress", None),
            ("ForwardLocalAddress", "", Some(Address::Local)),
            ("ForwardLocalAddress", "ForwardPhysicalAddress", Some(Address::Physical)),
            ("ForwardLocalAddress", "-ForwardLocalAddress", None),
            ("ForwardLocalAddress", "-ForwardPhysicalAddress", Some(Address::Local)),
            ("ForwardLocalAddress", "-ForwardLocalAddress +ForwardPhysicalAddress", Some(Address::Physical)),
        ] {
            let merged = given(&[vhost]).below(&given(&[main]));
            assert_eq!(merged.resolve().address, address, "{main} | {vhost}");
        }
    }

    #[test]
    fn wrong_words_are_told_with_the_right_one() {
        for (line, part) in [
            ("+FlushPacket", "did you mean \"FlushPackets\""),
            ("+ForwardSSLKeySize", "ForwardKeySize"),
            ("-ForwardURIProxy", "cannot be switched off"),
            ("-ForwardURIwhatever", "cannot be switched off"),
            ("+ FlushPackets", "a sign stands alone"),
            ("Bogus", "no option \"Bogus\""),
        ] {
            let message = JkOptions::default().take(line.as_bytes()).unwrap_err();
            assert!(message.contains(part), "{line}: {message}");
        }
    }

    #[test]
    fn collapsing_slashes_is_accepted_and_remembered() {
        assert!(given(&["-CollapseSlashesUnmount"]).names_collapse());
        assert!(!given(&["", "  "]).names_collapse());
    }
}
