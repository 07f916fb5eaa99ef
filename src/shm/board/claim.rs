//! Which record a name gets, and whether there are enough of them.

use super::{Board, BoardError, Column, Room};
use crate::shm::course::Course;
use crate::shm::slot::{AjpSlot, LbSlot, MemberSlot, Tag};
use crate::sys::clock;
use crate::sys::mapping::Shared;
use std::sync::atomic::Ordering::{Relaxed, Release};

impl Board {
    /// A board with the same content that has room for a configuration beside the one before, whose children may still
    /// run: this one, or else a larger one. Children that run on this one keep it.
    ///
    /// # Errors
    /// When there is no memory.
    pub fn with_room_for(self, need: Room) -> Result<Self, BoardError> {
        let (room, held) = (self.room(), self.held());
        if room.has(held.and(need)) {
            return Ok(self);
        }
        let grown = self.grow(larger(room, held, need))?;
        // Children that stay behind are to see that there was a restart.
        self.next_generation();
        Ok(grown)
    }

    /// How many records the next configuration cannot have, unless they are its own.
    fn held(&self) -> Room {
        let next = self.head.generation.load(Relaxed).wrapping_add(1);
        let held = |first: Column, tags: &mut dyn Iterator<Item = &Tag>| {
            let free = |(index, tag): &(usize, &Tag)| self.idle_age(tag, first.plus(*index), next).is_some();
            tags.enumerate().filter(|record| !free(record)).count()
        };
        let [ajp, members, lbs] = self.first_columns();
        Room {
            ajp: held(ajp, &mut self.ajp.iter().map(|slot| &slot.tag)),
            members: held(members, &mut self.members.iter().map(|slot| &slot.tag)),
            lbs: held(lbs, &mut self.lbs.iter().map(|slot| &slot.tag)),
            children: 0,
        }
    }

    /// A board of at least the same size with the same content, each record in its place.
    pub(super) fn grow(&self, room: Room) -> Result<Self, BoardError> {
        let larger = Self::new(room)?;
        larger.head.generation.store(self.head.generation.load(Relaxed), Relaxed);
        larger.head.maintained.store(self.head.maintained.load(Relaxed), Relaxed);
        larger.ajp.iter().zip(self.ajp).for_each(|(new, old)| new.copy_from(old));
        larger.courses.iter().zip(self.courses).for_each(|(new, old)| new.copy_from(old));
        larger.members.iter().zip(self.members).for_each(|(new, old)| new.copy_from(old));
        larger.lbs.iter().zip(self.lbs).for_each(|(new, old)| new.copy_from(old));
        for (new, old) in larger.edits_by_kind().into_iter().zip(self.edits_by_kind()) {
            new.iter().zip(old).for_each(|(new, old)| new.copy_from(old));
        }
        for (new, old) in larger.gauges_by_kind().into_iter().zip(self.gauges_by_kind()) {
            new.iter().zip(old).for_each(|(new, old)| new.copy_peak(old));
        }
        Ok(larger)
    }

    /// The record of an AJP worker.
    ///
    /// # Errors
    /// When the board is full.
    pub fn ajp(&self, name: &[u8]) -> Result<(&'static AjpSlot, Column), BoardError> {
        let [first, ..] = self.first_columns();
        let (slot, column, new) = self.claim(self.ajp, first, |slot| &slot.tag, b"", name)?;
        if new {
            slot.clear(clock::now().0);
            self.census.clear(column);
            self.census.clear(self.open_column(column));
            self.course(column).into_iter().for_each(Course::clear);
            self.clear_edits(column);
        }
        Ok((slot, column))
    }

    /// The record of the member `name` of the balancer `lb`.
    ///
    /// # Errors
    /// When the board is full.
    pub fn member(&self, lb: &[u8], name: &[u8]) -> Result<(&'static MemberSlot, Column), BoardError> {
        let [_, first, _] = self.first_columns();
        let (slot, column, new) = self.claim(self.members, first, |slot| &slot.tag, lb, name)?;
        if new {
            slot.clear();
            self.census.clear(column);
            self.clear_edits(column);
        }
        Ok((slot, column))
    }

    /// The record of a balancer.
    ///
    /// # Errors
    /// When the board is full.
    pub fn lb(&self, name: &[u8]) -> Result<(&'static LbSlot, Column), BoardError> {
        let [.., first] = self.first_columns();
        let (slot, column, new) = self.claim(self.lbs, first, |slot| &slot.tag, b"", name)?;
        if new {
            slot.clear(clock::now().0);
            self.census.clear(column);
            self.clear_edits(column);
        }
        Ok((slot, column))
    }

    /// The record of `name`, and whether it starts anew: its own if the last configuration had it too, else one that
    /// is free. Only the parent calls this, and only one thread of it.
    fn claim<T: Shared>(
        &self,
        slots: &'static [T],
        first: Column,
        tag: fn(&T) -> &Tag,
        parent: &[u8],
        name: &[u8],
    ) -> Result<(&'static T, Column, bool), BoardError> {
        let now = self.head.generation.load(Relaxed);
        // What left the configuration and comes back later is not what it was.
        let own = slots.iter().position(|s| age(tag(s), now) < OLD && tag(s).is(parent, name));
        let index = match own {
            Some(index) => index,
            None => self.vacant(slots.iter().map(tag), first, now).ok_or(BoardError::Full)?,
        };
        let slot = slots.get(index).ok_or(BoardError::Full)?;
        tag(slot).set(parent, name);
        tag(slot).generation.store(now, Release);
        Ok((slot, first.plus(index), own.is_none()))
    }

    /// The record that was given up the longest ago; best one that never was anybody's.
    fn vacant<'t>(
        &self,
        tags: impl Iterator<Item = &'t Tag> + Clone,
        first: Column,
        now: u32,
    ) -> Option<usize> {
        let mut oldest: Option<(u32, usize)> = None;
        for (index, tag) in tags.clone().enumerate() {
            let best = oldest.map_or(0, |(age, _)| age);
            // Only what would be taken is worth the look at what children count.
            if age(tag, now) > best && self.idle_age(tag, first.plus(index), now).is_some() {
                oldest = Some((age(tag, now), index));
            }
        }
        // There was room enough a moment ago. If an old child has just begun something, better a number that is wrong
        // until it ends than a server that does not start.
        oldest.map(|(_, index)| index).or_else(|| tags.clone().position(|tag| age(tag, now) >= OLD))
    }

    /// How old a free record is; `None` if it is not free: children may live that have it, or still count in it.
    fn idle_age(&self, tag: &Tag, column: Column, now: u32) -> Option<u32> {
        let age = age(tag, now);
        let is_idle = || {
            let open = if column.0 < self.ajp.len() { self.busy(self.open_column(column)) } else { 0 };
            self.busy(column) == 0 && open == 0
        };
        (age == NEVER || (age >= OLD && is_idle())).then_some(age)
    }

    /// Where the columns of AJP workers, members and balancers begin.
    fn first_columns(&self) -> [Column; 3] {
        [Column(0), Column(self.ajp.len()), Column(self.ajp.len() + self.members.len())]
    }
}

/// What the new need alone asks for may be less than there is, or too little beside what is held.
fn larger(room: Room, held: Room, need: Room) -> Room {
    need.doubled().or(held.and(need)).or(room)
}

/// How many restarts ago the record was somebody's.
fn age(tag: &Tag, now: u32) -> u32 {
    match tag.generation.load(Relaxed) {
        0 => NEVER,
        generation => now.wrapping_sub(generation),
    }
}

/// The age of a record that was never used.
const NEVER: u32 = u32::MAX;

/// Children of the last restart but one have ended, but for those that are held up by a request.
const OLD: u32 = 2;

#[cfg(test)]
#[allow(clippy::unwrap_used, clippy::indexing_slicing)]
mod tests {
    use super::*;
    use crate::shm::edits::Edit;

    const ONE: Room = Room { ajp: 1, members: 1, lbs: 1, children: 1 };

    /// Starts with workers, members and balancers of these names. What is new is marked with `mark`.
    fn start(board: Board, names: &[String], mark: u64) -> Board {
        let n = names.len();
        let board = board.with_room_for(Room { ajp: n, members: n, lbs: n, children: 1 }).unwrap();
        board.next_generation();
        for column in columns(&board, names) {
            let marked = board.edit(column, |edits| {
                let [first, ..] = &mut edits.numbers;
                let is_new = first.is_none();
                first.get_or_insert(Edit { value: mark, was: 0 });
                is_new
            });
            marked.unwrap();
        }
        board
    }

    fn columns(board: &Board, names: &[String]) -> Vec<Column> {
        let of = |name: &String| {
            let name = name.as_bytes();
            [board.ajp(name).unwrap().1, board.member(b"lb", name).unwrap().1, board.lb(name).unwrap().1]
        };
        names.iter().flat_map(of).collect()
    }

    fn marks(board: &Board, names: &[String]) -> Vec<u64> {
        let mark = |column| board.edits_of(column).unwrap().read().numbers[0].as_ref().unwrap().value;
        columns(board, names).into_iter().map(mark).collect()
    }

    #[test]
    fn configurations_may_follow_one_another_in_any_order() {
        // How many names each start has, and how many of them, the last ones, are from the start before.
        for starts in [
            &[(40, 0), (10, 0), (100, 0), (35, 0)][..],
            &[(40, 0), (10, 0), (100, 0), (35, 35)],
            &[(100, 0), (50, 0), (170, 0), (110, 0)],
            &[(1, 0), (200, 1), (1, 1), (200, 1), (1, 1)],
        ] {
            let mut board = Board::new(ONE.doubled()).unwrap();
            let mut names: Vec<String> = Vec::new();
            for (mark, (count, kept)) in (1..).zip(starts) {
                names.drain(..names.len() - kept);
                let before = marks(&board, &names);
                names.extend((*kept..*count).map(|n| format!("{mark}-{n}")));
                board = start(board, &names, mark);
                let expected = [before, vec![mark; 3 * (count - kept)]].concat();
                assert_eq!(marks(&board, &names), expected, "{starts:?}, start {mark}");
            }
        }
    }

    #[test]
    fn a_board_grows_no_further_than_it_must() {
        let mut board = Board::new(ONE.doubled()).unwrap();
        for mark in 1..20 {
            let names: Vec<String> = (0..50).map(|n| format!("{mark}-{n}")).collect();
            board = start(board, &names, mark);
            assert_eq!(board.room().ajp, 132, "start {mark}");
        }
    }

    #[test]
    fn whoever_stays_on_a_board_that_was_too_small_sees_the_restart() {
        let board = start(Board::new(ONE.doubled()).unwrap(), &["a".to_owned()], 1);
        let before = board.generation();
        assert_eq!(board.with_room_for(ONE).unwrap().generation(), before, "it is large enough");
        let grown = board.with_room_for(Room { ajp: 100, ..ONE }).unwrap();
        assert_eq!(grown.generation(), before);
        assert_ne!(board.generation(), before);
    }

    fn start_with(board: &Board, names: &[&str]) -> Vec<usize> {
        board.next_generation();
        names.iter().map(|name| board.ajp(name.as_bytes()).unwrap().1.0).collect()
    }

    #[test]
    fn the_longest_free_record_is_taken_first() {
        let board = Board::new(Room { ajp: 4, ..ONE }).unwrap();
        for (names, records) in [
            (&["a", "b"][..], &[0, 1][..]),
            (&["b"], &[1]),
            (&["c"], &[2]),
            (&["c", "d"], &[2, 3]),
            (&["c", "e"], &[2, 0]),
            (&["c", "f", "g"], &[2, 1, 3]),
        ] {
            assert_eq!(start_with(&board, names), records, "{names:?}");
        }
    }

    #[test]
    fn a_record_in_which_a_child_counts_is_left_to_it() {
        for open in [false, true] {
            let board = Board::new(Room { ajp: 3, ..ONE }).unwrap();
            assert_eq!(start_with(&board, &["old"]), [0]);
            let column = if open { board.open_column(Column(0)) } else { Column(0) };
            let busy = board.enter(board.join(), column);
            let next = [["a"], ["b"], ["c"], ["d"]].map(|names| start_with(&board, &names));
            assert_eq!(next, [[1], [2], [1], [2]], "open: {open}");
            let need = Room { ajp: 2, members: 0, lbs: 0, children: 1 };
            assert!(board.with_room_for(need).unwrap().room().ajp > 3);
            assert_eq!(start_with(&board, &["old"]), [1], "what comes back is somebody else");
            drop(busy);
            assert_eq!(board.with_room_for(need).unwrap().room().ajp, 3);
            assert_eq!(start_with(&board, &["e"]), [0]);
        }
    }

    #[test]
    fn rather_than_none_a_record_is_taken_from_a_child_and_begins_at_zero() {
        let board = Board::new(ONE).unwrap();
        assert_eq!(start_with(&board, &["a"]), [0]);
        let child = board.join();
        let (busy, open) = (board.enter(child, Column(0)), board.enter(child, board.open_column(Column(0))));
        board.next_generation();
        assert_eq!(start_with(&board, &["b"]), [0]);
        assert_eq!((board.busy(Column(0)), board.busy(board.open_column(Column(0)))), (0, 0));
        let one = board.enter(child, Column(0));
        assert_eq!((board.busy(Column(0)), board.max_busy(Column(0))), (1, 1));
        drop((one, busy, open));
        assert_eq!(board.busy(Column(0)), 0);
    }
}
