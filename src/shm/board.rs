//! Where the records lie, and who may take one.
//!
//! The parent makes the board once and finds it again at each restart (the host keeps its address). Each restart
//! is a *generation*: records of names that the new configuration still has are kept as they are, others are
//! reused, but not before a second restart has passed, since children of the last generation may still write.
//!
//! How many requests are under way is counted per child process and added up when asked for. A child that was
//! killed takes its counts with it: its place is cleared when the next child takes it, and does not count once
//! maintenance has seen that the process is gone.

use super::slot::{AjpSlot, LbSlot, MemberSlot, Tag};
use crate::shared_record;
use crate::sys::mapping::{Region, Shared};
use crate::sys::process;
use std::fmt;
use std::sync::atomic::Ordering::{AcqRel, Acquire, Relaxed, Release};
use std::sync::atomic::{AtomicU32, AtomicU64};

const MAGIC: u64 = 0x6d6f_645f_6a6b_0001;

shared_record! {
    struct Head {
        magic: AtomicU64,
        generation: AtomicU32,
        ajp: AtomicU32,
        members: AtomicU32,
        lbs: AtomicU32,
        children: AtomicU32,
        /// Places among the children that were ever taken: the rows from here on are empty.
        places: AtomicU32,
        maintained: AtomicU64,
    }
}

/// How many records of each kind a board has room for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Room {
    /// AJP workers.
    pub ajp: usize,
    /// Members of balancers.
    pub members: usize,
    /// Balancers.
    pub lbs: usize,
    /// Child processes that may live at once, old generations included.
    pub children: usize,
}

impl Room {
    /// Twice as much, and some: so that a configuration may grow at restarts before the board has to.
    #[must_use]
    pub fn doubled(self) -> Self {
        let more = |n: usize| n.saturating_mul(2).saturating_add(32);
        Self {
            ajp: more(self.ajp),
            members: more(self.members),
            lbs: more(self.lbs),
            children: more(self.children),
        }
    }
}

/// Why a record cannot be had.
#[derive(Debug)]
pub enum BoardError {
    /// The operating system gives no memory.
    NoMemory(std::io::Error),
    /// More names than the board has room for.
    Full,
}

impl fmt::Display for BoardError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::NoMemory(error) => write!(f, "no shared memory for worker state: {error}"),
            Self::Full => f.write_str("the shared memory for worker state is full"),
        }
    }
}

/// All shared records of one server. Copies refer to the same memory.
#[derive(Clone, Copy, Debug)]
pub struct Board {
    region: Region,
    head: &'static Head,
    ajp: &'static [AjpSlot],
    members: &'static [MemberSlot],
    lbs: &'static [LbSlot],
    pids: &'static [AtomicU32],
    /// Requests under way: one row per child, one column per record (AJP workers, members, balancers in turn).
    busy: &'static [AtomicU32],
}

impl Board {
    /// A new, empty board.
    ///
    /// # Errors
    /// When there is no memory.
    pub fn new(room: Room) -> Result<Self, BoardError> {
        let region = Region::new(Layout::of(room).end).map_err(BoardError::NoMemory)?;
        let board = Self::lay(region, room).ok_or(BoardError::Full)?;
        let small = |n: usize| u32::try_from(n).unwrap_or(u32::MAX);
        board.head.ajp.store(small(room.ajp), Relaxed);
        board.head.members.store(small(room.members), Relaxed);
        board.head.lbs.store(small(room.lbs), Relaxed);
        board.head.children.store(small(room.children), Relaxed);
        board.head.magic.store(MAGIC, Release);
        Ok(board)
    }

    /// The board that lies in `region`; `None` if there is none or it was laid out by another version.
    pub fn find(region: Region) -> Option<Self> {
        let head = region.records::<Head>(0, 1)?.first()?;
        let count = |field: &AtomicU32| usize::try_from(field.load(Relaxed)).ok();
        if head.magic.load(Acquire) != MAGIC {
            return None;
        }
        let room = Room {
            ajp: count(&head.ajp)?,
            members: count(&head.members)?,
            lbs: count(&head.lbs)?,
            children: count(&head.children)?,
        };
        Self::lay(region, room)
    }

    fn lay(region: Region, room: Room) -> Option<Self> {
        let layout = Layout::of(room);
        Some(Self {
            region,
            head: region.records(0, 1)?.first()?,
            ajp: region.records(layout.ajp, room.ajp)?,
            members: region.records(layout.members, room.members)?,
            lbs: region.records(layout.lbs, room.lbs)?,
            pids: region.records(layout.pids, room.children)?,
            busy: region.records(layout.busy, room.children.checked_mul(layout.columns)?)?,
        })
    }

    /// The memory it lies in.
    pub fn region(&self) -> Region {
        self.region
    }

    /// How much it has room for.
    pub fn room(&self) -> Room {
        Room {
            ajp: self.ajp.len(),
            members: self.members.len(),
            lbs: self.lbs.len(),
            children: self.pids.len(),
        }
    }

    /// Whether it has room for a configuration beside the one before, whose children may still run.
    pub fn has_room_for(&self, need: Room) -> bool {
        let now = self.head.generation.load(Relaxed);
        let free = |tags: &mut dyn Iterator<Item = &Tag>| {
            tags.filter(|tag| is_free(tag, now.wrapping_add(1))).count()
        };
        self.pids.len() >= need.children
            && free(&mut self.ajp.iter().map(|slot| &slot.tag)) >= need.ajp
            && free(&mut self.members.iter().map(|slot| &slot.tag)) >= need.members
            && free(&mut self.lbs.iter().map(|slot| &slot.tag)) >= need.lbs
    }

    /// A larger board with the same content. Children that run on the old one keep it.
    ///
    /// # Errors
    /// When there is no memory.
    pub fn grow(&self, room: Room) -> Result<Self, BoardError> {
        let larger = Self::new(room)?;
        larger.head.generation.store(self.head.generation.load(Relaxed), Relaxed);
        larger.head.maintained.store(self.head.maintained.load(Relaxed), Relaxed);
        larger.ajp.iter().zip(self.ajp).for_each(|(new, old)| new.copy_from(old));
        larger.members.iter().zip(self.members).for_each(|(new, old)| new.copy_from(old));
        larger.lbs.iter().zip(self.lbs).for_each(|(new, old)| new.copy_from(old));
        Ok(larger)
    }

    /// Begins the next generation: names that are asked for from now on are kept, others fall free.
    pub fn next_generation(&self) {
        self.head.generation.fetch_add(1, AcqRel);
    }

    /// The record of an AJP worker.
    ///
    /// # Errors
    /// When the board is full.
    pub fn ajp(&self, name: &[u8]) -> Result<(&'static AjpSlot, Column), BoardError> {
        let index = self.claim(self.ajp, |slot| &slot.tag, b"", name, AjpSlot::clear)?;
        self.ajp.get(index).map(|slot| (slot, Column(index))).ok_or(BoardError::Full)
    }

    /// The record of the member `name` of the balancer `lb`.
    ///
    /// # Errors
    /// When the board is full.
    pub fn member(&self, lb: &[u8], name: &[u8]) -> Result<(&'static MemberSlot, Column), BoardError> {
        let index = self.claim(self.members, |slot| &slot.tag, lb, name, MemberSlot::clear)?;
        let column = Column(self.ajp.len() + index);
        self.members.get(index).map(|slot| (slot, column)).ok_or(BoardError::Full)
    }

    /// The record of a balancer.
    ///
    /// # Errors
    /// When the board is full.
    pub fn lb(&self, name: &[u8]) -> Result<(&'static LbSlot, Column), BoardError> {
        let index = self.claim(self.lbs, |slot| &slot.tag, b"", name, LbSlot::clear)?;
        let column = Column(self.ajp.len() + self.members.len() + index);
        self.lbs.get(index).map(|slot| (slot, column)).ok_or(BoardError::Full)
    }

    /// Index of the record of `name`: its own of an earlier generation, else one that is free. Only the parent
    /// calls this, and only one thread of it.
    fn claim<T: Shared>(
        &self,
        slots: &[T],
        tag: fn(&T) -> &Tag,
        parent: &[u8],
        name: &[u8],
        clear: fn(&T),
    ) -> Result<usize, BoardError> {
        let now = self.head.generation.load(Relaxed);
        let known =
            slots.iter().position(|s| tag(s).generation.load(Relaxed) != 0 && tag(s).is(parent, name));
        let index = match known {
            Some(index) => index,
            None => slots.iter().position(|s| is_free(tag(s), now)).ok_or(BoardError::Full)?,
        };
        let slot = slots.get(index).ok_or(BoardError::Full)?;
        if known.is_none() {
            clear(slot);
            tag(slot).set(parent, name);
        }
        tag(slot).generation.store(now, Release);
        Ok(index)
    }

    /// Takes a place for this process among the children. Without a free one the last place is shared, and a
    /// killed child may then leave counts behind.
    pub fn join(&self) -> Child {
        let me = process::id();
        let Some(place) = self.pids.iter().position(|pid| take_place(pid, me)) else {
            return Child { place: self.pids.len().saturating_sub(1) };
        };
        self.head.places.fetch_max(u32::try_from(place + 1).unwrap_or(u32::MAX), Relaxed);
        self.clear_row(place);
        Child { place }
    }

    /// Gives the place back; the counts of a child that ends in order are zero by then.
    pub fn leave(&self, child: Child) {
        if let Some(pid) = self.pids.get(child.place) {
            let _ = pid.compare_exchange(process::id(), 0, AcqRel, Relaxed);
        }
    }

    /// Clears the counts of children that no longer exist.
    pub fn bury(&self) {
        for (place, pid) in self.pids.iter().enumerate() {
            let id = pid.load(Acquire);
            if id != 0
                && !process::exists(id)
                && pid.compare_exchange(id, process::id(), AcqRel, Relaxed).is_ok()
            {
                self.clear_row(place);
                pid.store(0, Release);
            }
        }
    }

    /// How many requests are under way for a record, over all children.
    pub fn busy(&self, column: Column) -> u32 {
        let places = usize::try_from(self.head.places.load(Relaxed)).unwrap_or(0);
        let taken = self.pids.iter().enumerate().take(places).filter(|(_, pid)| pid.load(Relaxed) != 0);
        taken.filter_map(|(place, _)| self.row(place).get(column.0)).map(|n| n.load(Relaxed)).sum()
    }

    /// Counts a request until the guard is dropped.
    pub fn enter(&self, child: Child, column: Column) -> Busy {
        let count = self.row(child.place).get(column.0);
        if let Some(count) = count {
            count.fetch_add(1, Relaxed);
        }
        Busy(count)
    }

    fn clear_row(&self, place: usize) {
        for count in self.row(place) {
            count.store(0, Relaxed);
        }
    }

    fn row(&self, place: usize) -> &'static [AtomicU32] {
        let columns = self.ajp.len() + self.members.len() + self.lbs.len();
        self.busy.get(place * columns..(place + 1) * columns).unwrap_or_default()
    }

    /// Whether global maintenance is due; true for exactly one caller per interval.
    pub fn maintenance_due(&self, now: u64, interval: u64) -> bool {
        let last = self.head.maintained.load(Relaxed);
        now.saturating_sub(last) >= interval
            && self.head.maintained.compare_exchange(last, now, AcqRel, Relaxed).is_ok()
    }
}

fn is_free(tag: &Tag, now: u32) -> bool {
    let generation = tag.generation.load(Relaxed);
    generation == 0 || now.wrapping_sub(generation) >= 2
}

fn take_place(pid: &AtomicU32, me: u32) -> bool {
    let holder = pid.load(Acquire);
    (holder == 0 || holder == me || !process::exists(holder))
        && pid.compare_exchange(holder, me, AcqRel, Relaxed).is_ok()
}

/// Which record a count belongs to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Column(usize);

/// This process's place among the children.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Child {
    place: usize,
}

/// One request under way; dropping it ends it, on every path.
#[derive(Debug)]
#[must_use]
pub struct Busy(Option<&'static AtomicU32>);

impl Drop for Busy {
    fn drop(&mut self) {
        if let Some(count) = self.0 {
            let _ = count.fetch_update(Relaxed, Relaxed, |n| Some(n.saturating_sub(1)));
        }
    }
}

struct Layout {
    ajp: usize,
    members: usize,
    lbs: usize,
    pids: usize,
    busy: usize,
    end: usize,
    columns: usize,
}

impl Layout {
    fn of(room: Room) -> Self {
        let columns = room.ajp + room.members + room.lbs;
        let ajp = align(size_of::<Head>());
        let members = align(ajp + room.ajp * size_of::<AjpSlot>());
        let lbs = align(members + room.members * size_of::<MemberSlot>());
        let pids = align(lbs + room.lbs * size_of::<LbSlot>());
        let busy = align(pids + room.children * size_of::<AtomicU32>());
        let end = align(busy + room.children * columns * size_of::<AtomicU32>());
        Self { ajp, members, lbs, pids, busy, end, columns }
    }
}

const fn align(offset: usize) -> usize {
    offset.next_multiple_of(64)
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    fn board() -> Board {
        let board = Board::new(Room { ajp: 3, members: 3, lbs: 2, children: 4 }).unwrap();
        board.next_generation();
        board
    }

    #[test]
    fn a_name_keeps_its_record_over_restarts() {
        let board = board();
        board.ajp(b"a").unwrap();
        let (slot, column) = board.ajp(b"b").unwrap();
        slot.used.store(5, Relaxed);
        board.next_generation();
        let again = Board::find(board.region()).unwrap();
        let (slot, same) = again.ajp(b"b").unwrap();
        assert_eq!((slot.used.load(Relaxed), same), (5, column));
    }

    #[test]
    fn a_record_is_reused_only_after_a_second_restart() {
        let board = board();
        for name in [b"a", b"b", b"c"] {
            board.member(b"lb", name).unwrap();
        }
        board.next_generation();
        board.member(b"lb", b"a").unwrap();
        assert!(board.member(b"lb", b"d").is_err(), "b and c may still be written by old children");
        board.next_generation();
        let (_, column) = board.member(b"lb", b"a").unwrap();
        let (_, new) = board.member(b"lb", b"d").unwrap();
        assert_ne!(column, new);
    }

    #[test]
    fn the_same_member_in_two_balancers_has_two_records() {
        let board = board();
        assert_ne!(board.member(b"x", b"m").unwrap().1, board.member(b"y", b"m").unwrap().1);
    }

    #[test]
    fn a_board_that_grew_knows_what_the_old_one_knew() {
        let board = board();
        let (slot, _) = board.member(b"lb", b"a").unwrap();
        slot.value.store(9, Relaxed);
        slot.set_state(crate::balance::State::Error);
        assert!(!board.has_room_for(Room { ajp: 1, members: 3, lbs: 1, children: 1 }), "one is taken");
        let larger = board.grow(Room { ajp: 9, members: 9, lbs: 9, children: 9 }).unwrap();
        let (slot, _) = larger.member(b"lb", b"a").unwrap();
        assert_eq!((slot.value.load(Relaxed), slot.state()), (9, crate::balance::State::Error));
    }

    #[test]
    fn busy_counts_end_with_their_guard() {
        let board = board();
        let (_, column) = board.ajp(b"a").unwrap();
        let child = board.join();
        let guard = board.enter(child, column);
        let other = board.enter(child, column);
        assert_eq!(board.busy(column), 2);
        drop((guard, other));
        assert_eq!(board.busy(column), 0);
    }

    #[test]
    fn counts_of_a_dead_child_vanish() {
        let board = board();
        let (_, column) = board.ajp(b"a").unwrap();
        let child = board.join();
        std::mem::forget(board.enter(child, column));
        board.pids[child.place].store(u32::MAX >> 1, Relaxed);
        assert_eq!(board.busy(column), 1);
        board.bury();
        assert_eq!(board.busy(column), 0);
    }

    #[test]
    fn maintenance_is_due_once_per_interval() {
        let board = board();
        assert!(board.maintenance_due(100, 10));
        assert!(!board.maintenance_due(105, 10));
        assert!(board.maintenance_due(110, 10));
        assert!(!board.maintenance_due(110, 10));
    }
}
