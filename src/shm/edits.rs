//! What administrators changed at run time: one record per worker, member and balancer, beside those that count.
//!
//! A record has two pages. Readers copy the one in force; who changes something writes the other and then turns
//! over. So nobody waits for a reader, and a process that is killed meanwhile leaves a page that nobody reads.
//! Writers take turns; [`Board::edit`](super::Board::edit) sees to that.
//!
//! What the numbers and texts mean is the business of those who edit. With each goes the configured value that it
//! replaced: if the configuration says something else later, the configuration wins.

use super::slot::NAME_MAX;
use crate::shared_record;
use crate::text::Text;
use std::net::{Ipv6Addr, SocketAddr, SocketAddrV6};
use std::sync::atomic::Ordering::{Acquire, Relaxed, Release};
use std::sync::atomic::{AtomicU8, AtomicU32, AtomicU64, fence};

/// How many numbers of one worker can be changed.
pub const NUMBERS: usize = 13;
/// How many texts can be.
pub const TEXTS: usize = 3;
/// How many addresses a changed host may have; further ones are left out.
pub const ADDRESSES: usize = 8;
/// Longest text, in bytes.
pub const TEXT_MAX: usize = NAME_MAX;

/// A changed value.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Edit<T> {
    /// The value now.
    pub value: T,
    /// The configured value that it replaced.
    pub was: T,
}

/// All changes of one worker.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Edits {
    /// Changed numbers.
    pub numbers: [Option<Edit<u64>>; NUMBERS],
    /// Changed texts, of at most [`TEXT_MAX`] bytes.
    pub texts: [Option<Edit<Text>>; TEXTS],
    /// What the host resolved to when it was changed.
    pub addresses: Vec<SocketAddr>,
}

shared_record! {
    struct Cell {
        len: AtomicU8,
        bytes: [AtomicU8; TEXT_MAX],
    }
}

shared_record! {
    struct Address {
        high: AtomicU64,
        low: AtomicU64,
        port: AtomicU32,
        scope: AtomicU32,
    }
}

shared_record! {
    struct Page {
        /// Bits: which numbers are changed.
        numbers_set: AtomicU32,
        /// Bits: which texts are.
        texts_set: AtomicU32,
        addresses_len: AtomicU32,
        values: [AtomicU64; NUMBERS],
        values_were: [AtomicU64; NUMBERS],
        texts: [Cell; TEXTS],
        texts_were: [Cell; TEXTS],
        addresses: [Address; ADDRESSES],
    }
}

shared_record! {
    /// The record.
    pub struct EditSlot {
        /// Counts the changes; 0: nothing was ever changed. The lowest bit names the page in force.
        version: AtomicU32,
        pages: [Page; 2],
    }
}

impl EditSlot {
    /// Differs after each change; 0 as long as nothing was ever changed.
    pub fn version(&self) -> u32 {
        self.version.load(Acquire)
    }

    /// What is changed.
    pub fn read(&self) -> Edits {
        loop {
            let version = self.version.load(Acquire);
            if version == 0 {
                return Edits::default();
            }
            let edits = self.page(version).read();
            fence(Acquire);
            // A page is written again only two turns later; then what was just read may be a mixture.
            if self.version.load(Relaxed) == version {
                return edits;
            }
        }
    }

    /// Replaces what is changed. One writer at a time.
    pub(super) fn write(&self, edits: &Edits) {
        let next = match self.version.load(Relaxed).wrapping_add(1) {
            0 => 2,
            next => next,
        };
        fence(Release);
        self.page(next).write(edits);
        self.version.store(next, Release);
    }

    /// Nothing is changed any more.
    pub(super) fn clear(&self) {
        if self.version.load(Relaxed) != 0 {
            self.write(&Edits::default());
        }
    }

    pub(super) fn copy_from(&self, other: &Self) {
        if other.version.load(Relaxed) != 0 {
            self.write(&other.read());
        }
    }

    fn page(&self, version: u32) -> &Page {
        let [even, odd] = &self.pages;
        if version.is_multiple_of(2) { even } else { odd }
    }
}

impl Page {
    fn read(&self) -> Edits {
        let mut edits = Edits::default();
        let numbers = edits.numbers.iter_mut().zip(self.values.iter().zip(&self.values_were));
        for (_, (to, (value, was))) in set(&self.numbers_set, numbers) {
            *to = Some(Edit { value: value.load(Relaxed), was: was.load(Relaxed) });
        }
        let texts = edits.texts.iter_mut().zip(self.texts.iter().zip(&self.texts_were));
        for (_, (to, (value, was))) in set(&self.texts_set, texts) {
            *to = Some(Edit { value: value.get(), was: was.get() });
        }
        let addresses = usize::try_from(self.addresses_len.load(Relaxed)).unwrap_or(0);
        edits.addresses = self.addresses.iter().take(addresses).map(Address::get).collect();
        edits
    }

    fn write(&self, edits: &Edits) {
        let cells = self.values.iter().zip(&self.values_were);
        for (edit, (value, was)) in edits.numbers.iter().zip(cells).filter_map(both) {
            value.store(edit.value, Relaxed);
            was.store(edit.was, Relaxed);
        }
        let cells = self.texts.iter().zip(&self.texts_were);
        for (edit, (value, was)) in edits.texts.iter().zip(cells).filter_map(both) {
            value.put(&edit.value);
            was.put(&edit.was);
        }
        for (address, cell) in edits.addresses.iter().zip(&self.addresses) {
            cell.put(*address);
        }
        let addresses = edits.addresses.len().min(ADDRESSES);
        self.addresses_len.store(u32::try_from(addresses).unwrap_or(0), Relaxed);
        self.numbers_set.store(bits(edits.numbers.iter().map(Option::is_some)), Relaxed);
        self.texts_set.store(bits(edits.texts.iter().map(Option::is_some)), Relaxed);
    }
}

/// Those of `items` whose bit is set.
fn set<I>(mask: &AtomicU32, items: impl Iterator<Item = I>) -> impl Iterator<Item = (u32, I)> {
    let mask = mask.load(Relaxed);
    (0u32..).zip(items).filter(move |(bit, _)| mask >> bit & 1 != 0)
}

fn both<E, C>((edit, cell): (&Option<E>, C)) -> Option<(&E, C)> {
    edit.as_ref().map(|edit| (edit, cell))
}

fn bits(set: impl Iterator<Item = bool>) -> u32 {
    (0u32..).zip(set).filter(|(_, set)| *set).fold(0, |mask, (bit, _)| mask | 1 << bit)
}

impl Cell {
    fn get(&self) -> Text {
        let len = usize::from(self.len.load(Relaxed));
        self.bytes.iter().take(len).map(|byte| byte.load(Relaxed)).collect()
    }

    fn put(&self, text: &[u8]) {
        for (byte, value) in self.bytes.iter().zip(text) {
            byte.store(*value, Relaxed);
        }
        self.len.store(u8::try_from(text.len().min(TEXT_MAX)).unwrap_or(0), Relaxed);
    }
}

impl Address {
    /// IPv4 addresses are kept as IPv6 ones, as the system maps them.
    fn get(&self) -> SocketAddr {
        let bits = u128::from(self.high.load(Relaxed)) << 64 | u128::from(self.low.load(Relaxed));
        let port = u16::try_from(self.port.load(Relaxed)).unwrap_or(0);
        let ip = Ipv6Addr::from_bits(bits);
        match ip.to_ipv4_mapped() {
            Some(v4) => SocketAddr::new(v4.into(), port),
            None => SocketAddrV6::new(ip, port, 0, self.scope.load(Relaxed)).into(),
        }
    }

    fn put(&self, address: SocketAddr) {
        let (ip, scope) = match address {
            SocketAddr::V4(v4) => (v4.ip().to_ipv6_mapped(), 0),
            SocketAddr::V6(v6) => (*v6.ip(), v6.scope_id()),
        };
        let bits = ip.to_bits();
        self.high.store(u64::try_from(bits >> 64).unwrap_or(0), Relaxed);
        self.low.store(u64::try_from(bits & u128::from(u64::MAX)).unwrap_or(0), Relaxed);
        self.port.store(address.port().into(), Relaxed);
        self.scope.store(scope, Relaxed);
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used, clippy::indexing_slicing)]
mod tests {
    use super::*;
    use crate::sys::mapping::Region;
    use std::sync::atomic::AtomicBool;

    fn slot() -> &'static EditSlot {
        &Region::new(size_of::<EditSlot>()).unwrap().records::<EditSlot>(0, 1).unwrap()[0]
    }

    fn text(text: &str) -> Text {
        text.as_bytes().into()
    }

    #[test]
    fn what_is_written_is_read() {
        let slot = slot();
        assert_eq!(slot.read(), Edits::default());
        let mut edits = Edits::default();
        edits.numbers[0] = Some(Edit { value: u64::MAX, was: 0 });
        edits.numbers[NUMBERS - 1] = Some(Edit { value: 0, was: 5 });
        edits.texts[2] = Some(Edit { value: text(&"x".repeat(TEXT_MAX)), was: text("") });
        edits.addresses =
            ["127.0.0.1:8009", "[fe80::1%7]:65535", "[::]:0"].map(|a| a.parse().unwrap()).into();
        slot.write(&edits);
        assert_eq!(slot.read(), edits);
        edits.numbers[0] = None;
        edits.addresses.clear();
        slot.write(&edits);
        assert_eq!(slot.read(), edits, "the other page");
        slot.clear();
        assert_eq!(slot.read(), Edits::default());
    }

    #[test]
    fn a_page_that_nobody_turned_to_is_not_read() {
        let slot = slot();
        let mut edits = Edits::default();
        edits.texts[0] = Some(Edit { value: text("whole"), was: text("") });
        slot.write(&edits);
        let next = slot.version.load(Relaxed) + 1;
        slot.page(next).texts[0].put(b"hal");
        slot.page(next).texts_set.store(1, Relaxed);
        assert_eq!(slot.read(), edits, "its writer was killed");
    }

    #[test]
    fn readers_never_see_a_mixture() {
        let slot = slot();
        let done = AtomicBool::new(false);
        std::thread::scope(|scope| {
            scope.spawn(|| {
                for round in 0..20_000u64 {
                    let letter = [b'a' + u8::try_from(round % 26).unwrap(); TEXT_MAX];
                    let mut edits = Edits::default();
                    edits.texts[0] = Some(Edit { value: letter[..].into(), was: letter[..].into() });
                    edits.numbers[3] = Some(Edit { value: round, was: round });
                    slot.write(&edits);
                }
                done.store(true, Release);
            });
            while !done.load(Acquire) {
                let edits = slot.read();
                let (Some(text), Some(number)) = (&edits.texts[0], &edits.numbers[3]) else { continue };
                assert!(text.value.iter().all(|byte| *byte == text.value[0]) && text.value == text.was);
                assert_eq!(text.value[0], b'a' + u8::try_from(number.value % 26).unwrap());
            }
        });
    }
}
