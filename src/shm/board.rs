//! Where the records lie, and who may take one.
//!
//! The parent makes the board once and finds it again at each restart (the host keeps its address). Each restart
//! is a *generation*: records of names that the new configuration still has are kept as they are, others are
//! reused, but not before a second restart has passed, since children of the last generation may still write, and
//! not while any child still counts in them.
//!
//! What is under way is counted in the `census`, what administrators change stands in
//! [`edits`](super::edits); both have one entry per record, found by its [`Column`].

mod claim;
mod edit;
mod room;

use super::census::{Census, Gauge};
use super::course::Course;
use super::edits::EditSlot;
use super::slot::{AjpSlot, LbSlot, MemberSlot};
use crate::shared_record;
use crate::sys::mapping::Region;
use crate::time::Seconds;
use std::fmt;
use std::sync::atomic::Ordering::{AcqRel, Acquire, Relaxed, Release};
use std::sync::atomic::{AtomicU32, AtomicU64};

pub use super::census::{Child, Column, Counted};
pub use room::Room;

const MAGIC: u64 = 0x6d6f_645f_6a6b_0003;

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
        /// Counts the changes of all workers, so that one look tells whether there were any.
        edits: AtomicU32,
        /// The process that is changing something; 0: none.
        editor: AtomicU32,
    }
}

/// Why a record cannot be had.
#[derive(Debug)]
pub enum BoardError {
    /// The operating system gives no memory.
    NoMemory(std::io::Error),
    /// More names than the board has room for.
    Full,
    /// Another process does not come to an end with its change.
    Occupied,
}

impl fmt::Display for BoardError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::NoMemory(error) => write!(f, "no shared memory for worker state: {error}"),
            Self::Full => f.write_str("the shared memory for worker state is full"),
            Self::Occupied => f.write_str("another process is in the middle of a change"),
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
    edits: &'static [EditSlot],
    census: Census,
    /// One per AJP worker, apart from what requests touch.
    courses: &'static [Course],
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
        let head: &Head = region.records(0, 1)?.first()?;
        Some(Self {
            region,
            head,
            ajp: region.records(layout.ajp, room.ajp)?,
            members: region.records(layout.members, room.members)?,
            lbs: region.records(layout.lbs, room.lbs)?,
            edits: region.records(layout.edits, layout.records)?,
            census: Census {
                places: &head.places,
                pids: region.records(layout.pids, room.children)?,
                counts: region.records(layout.counts, room.children.checked_mul(layout.columns)?)?,
                gauges: region.records(layout.gauges, layout.columns)?,
            },
            courses: region.records(layout.courses, room.ajp)?,
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
            children: self.census.pids.len(),
        }
    }

    /// Which configuration is in force: differs after each restart, also for children that run on an old board.
    pub fn generation(&self) -> u32 {
        self.head.generation.load(Acquire)
    }

    /// Begins the next generation: names that are asked for from now on are kept, others fall free.
    pub fn next_generation(&self) {
        // The counts of children that were killed would hold records for ever where there is no maintenance.
        self.bury();
        self.head.generation.fetch_add(1, AcqRel);
    }

    fn edits_by_kind(&self) -> [&'static [EditSlot]; 3] {
        let (ajp, rest) = self.edits.split_at_checked(self.ajp.len()).unwrap_or_default();
        let (members, lbs) = rest.split_at_checked(self.members.len()).unwrap_or_default();
        [ajp, members, lbs]
    }

    fn gauges_by_kind(&self) -> [&'static [Gauge]; 4] {
        let (ajp, rest) = self.census.gauges.split_at_checked(self.ajp.len()).unwrap_or_default();
        let (members, rest) = rest.split_at_checked(self.members.len()).unwrap_or_default();
        let (lbs, open) = rest.split_at_checked(self.lbs.len()).unwrap_or_default();
        [ajp, members, lbs, open]
    }

    /// Takes a place for this process among the children.
    pub fn join(&self) -> Child {
        self.census.join()
    }

    /// Gives the place back.
    pub fn leave(&self, child: Child) {
        self.census.leave(child);
    }

    /// Clears the counts of children that no longer exist.
    pub fn bury(&self) {
        self.census.bury();
    }

    /// How many requests are under way for a record, or connections open, over all children.
    pub fn busy(&self, column: Column) -> u32 {
        self.census.sum(column)
    }

    /// The most that were under way or open at once since the last reset.
    pub fn max_busy(&self, column: Column) -> u32 {
        self.census.peak(column)
    }

    /// Begins to measure [`max_busy`](Self::max_busy) anew.
    pub fn reset_max_busy(&self, column: Column) {
        self.census.reset_peak(column);
    }

    /// Counts a request or a connection until the guard is dropped.
    pub fn enter(&self, child: Child, column: Column) -> Counted {
        self.census.enter(child, column)
    }

    /// Where the open connections of an AJP worker are counted, given where its requests are.
    pub fn open_column(&self, ajp: Column) -> Column {
        Column(ajp.0 + self.edits.len())
    }

    /// The last minutes of an AJP worker.
    pub fn course(&self, ajp: Column) -> Option<&'static Course> {
        self.courses.get(ajp.0)
    }

    /// Whether global maintenance is due; true for exactly one caller per interval.
    pub fn maintenance_due(&self, now: Seconds, interval: Seconds) -> bool {
        let last = self.head.maintained.load(Relaxed);
        now.is_due(Seconds(last), interval)
            && self.head.maintained.compare_exchange(last, now.0, AcqRel, Relaxed).is_ok()
    }
}

struct Layout {
    ajp: usize,
    members: usize,
    lbs: usize,
    edits: usize,
    pids: usize,
    gauges: usize,
    counts: usize,
    courses: usize,
    end: usize,
    /// AJP workers, members and balancers, in this order.
    records: usize,
    /// The same, and the connections of AJP workers.
    columns: usize,
}

impl Layout {
    fn of(room: Room) -> Self {
        let records = room.ajp + room.members + room.lbs;
        let columns = records + room.ajp;
        let ajp = align(size_of::<Head>());
        let members = align(ajp + room.ajp * size_of::<AjpSlot>());
        let lbs = align(members + room.members * size_of::<MemberSlot>());
        let edits = align(lbs + room.lbs * size_of::<LbSlot>());
        let pids = align(edits + records * size_of::<EditSlot>());
        let gauges = align(pids + room.children * size_of::<AtomicU32>());
        let counts = align(gauges + columns * size_of::<Gauge>());
        let courses = align(counts + room.children * columns * size_of::<AtomicU32>());
        let end = courses + room.ajp * size_of::<Course>();
        Self { ajp, members, lbs, edits, pids, gauges, counts, courses, end, records, columns }
    }
}

const fn align(offset: usize) -> usize {
    offset.next_multiple_of(64)
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::super::course::Look;
    use super::super::edits::{Edit, Edits};
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
    fn a_record_that_is_reused_has_no_past() {
        let board = Board::new(Room { ajp: 1, members: 1, lbs: 1, children: 1 }).unwrap();
        board.next_generation();
        let course = |name: &[u8]| board.course(board.ajp(name).unwrap().1).unwrap();
        course(b"a").keep(&Look { at: Seconds(1000), ..Look::default() });
        board.next_generation();
        assert_eq!(course(b"a").looks(Seconds(1001)).len(), 1);
        board.next_generation();
        board.next_generation();
        assert_eq!(course(b"b").looks(Seconds(1001)), []);
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
        let (_, ajp) = board.ajp(b"a").unwrap();
        let look = Look { at: Seconds(1000), used: 4, ..Look::default() };
        board.course(ajp).unwrap().keep(&look);
        let larger = board.with_room_for(Room { ajp: 1, members: 3, lbs: 1, children: 1 }).unwrap();
        assert!(larger.room().members >= 4, "one is taken");
        let (_, ajp) = larger.ajp(b"a").unwrap();
        assert_eq!(larger.course(ajp).unwrap().looks(Seconds(1001)), [look]);
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
        board.census.kill(child);
        assert_eq!(board.busy(column), 1);
        board.bury();
        assert_eq!(board.busy(column), 0);
    }

    #[test]
    fn maintenance_is_due_once_per_interval() {
        let board = board();
        let due = |now| board.maintenance_due(Seconds(now), Seconds(10));
        assert_eq!([due(100), due(105), due(110), due(110)], [true, false, true, false]);
        assert_eq!([due(50), due(50), due(60)], [true, false, true], "the clock was set back");
    }

    fn set_first(value: u64) -> impl FnOnce(&mut Edits) -> bool {
        move |edits| {
            edits.numbers = Default::default();
            *edits.numbers.first_mut().unwrap() = Some(Edit { value, was: 0 });
            true
        }
    }

    fn first(board: &Board, column: Column) -> Option<u64> {
        board.edits_of(column).unwrap().read().numbers.first().unwrap().as_ref().map(|edit| edit.value)
    }

    #[test]
    fn changes_outlive_restarts_but_not_an_absence() {
        let board = board();
        let (_, lb) = board.lb(b"lb").unwrap();
        assert!(board.edit(lb, set_first(7)).unwrap());
        assert!(!board.edit(lb, |_| false).unwrap());
        assert_eq!(board.edits(), 1);
        board.next_generation();
        assert_eq!((board.lb(b"lb").unwrap().1, first(&board, lb)), (lb, Some(7)));
        board.next_generation();
        board.next_generation();
        let (_, lb) = board.lb(b"lb").unwrap();
        assert_eq!(first(&board, lb), None);
    }

    #[test]
    fn changes_move_to_a_larger_board() {
        let board = board();
        let (_, ajp) = board.ajp(b"a").unwrap();
        let (_, member) = board.member(b"lb", b"a").unwrap();
        let (_, lb) = board.lb(b"lb").unwrap();
        for (column, value) in [(ajp, 1), (member, 2), (lb, 3)] {
            assert!(board.edit(column, set_first(value)).unwrap());
        }
        let larger = board.with_room_for(Room { ajp: 9, members: 9, lbs: 9, children: 9 }).unwrap();
        let columns =
            [larger.ajp(b"a").unwrap().1, larger.member(b"lb", b"a").unwrap().1, larger.lb(b"lb").unwrap().1];
        assert_eq!(columns.map(|column| first(&larger, column)), [Some(1), Some(2), Some(3)]);
    }

    #[test]
    fn a_process_that_was_killed_in_its_turn_is_passed_over() {
        let board = board();
        let (_, lb) = board.lb(b"lb").unwrap();
        board.head.editor.store(u32::MAX >> 1, Relaxed);
        assert!(board.edit(lb, set_first(7)).unwrap());
        assert_eq!(board.head.editor.load(Relaxed), 0);
    }

    #[test]
    fn the_peak_is_that_of_all_children_together() {
        let board = board();
        let (_, ajp) = board.ajp(b"a").unwrap();
        let open = board.open_column(ajp);
        let (one, other) = (board.join(), Child { place: 3 });
        let guards = [board.enter(one, ajp), board.enter(other, ajp), board.enter(one, open)];
        drop(guards);
        drop(board.enter(one, ajp));
        assert_eq!((board.max_busy(ajp), board.max_busy(open)), (2, 1));
        board.reset_max_busy(ajp);
        drop(board.enter(one, ajp));
        assert_eq!((board.max_busy(ajp), board.max_busy(open)), (1, 1));
    }

    #[test]
    fn a_dead_child_does_not_raise_the_next_peak() {
        let board = board();
        let (_, column) = board.ajp(b"a").unwrap();
        let child = board.join();
        std::mem::forget([board.enter(child, column), board.enter(child, column)]);
        board.census.kill(child);
        board.bury();
        let child = board.join();
        let three = [0; 3].map(|_| board.enter(child, column));
        assert_eq!(board.max_busy(column), 3);
        drop(three);
    }
}
