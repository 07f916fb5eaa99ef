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
        if room.has(held.and(need)) { Ok(self) } else { self.grow(larger(room, held, need)) }
    }

    /// How many records the next configuration cannot have, unless they are its own.
    fn held(&self) -> Room {
        let next = self.head.generation.load(Relaxed).wrapping_add(1);
        let held = |tags: &mut dyn Iterator<Item = &Tag>| tags.filter(|tag| !is_free(tag, next)).count();
        Room {
            ajp: held(&mut self.ajp.iter().map(|slot| &slot.tag)),
            members: held(&mut self.members.iter().map(|slot| &slot.tag)),
            lbs: held(&mut self.lbs.iter().map(|slot| &slot.tag)),
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
        let (slot, index, new) = self.claim(self.ajp, |slot| &slot.tag, b"", name)?;
        let column = Column(index);
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
        let (slot, index, new) = self.claim(self.members, |slot| &slot.tag, lb, name)?;
        let column = Column(self.ajp.len() + index);
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
        let (slot, index, new) = self.claim(self.lbs, |slot| &slot.tag, b"", name)?;
        let column = Column(self.ajp.len() + self.members.len() + index);
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
        tag: fn(&T) -> &Tag,
        parent: &[u8],
        name: &[u8],
    ) -> Result<(&'static T, usize, bool), BoardError> {
        let now = self.head.generation.load(Relaxed);
        let known =
            slots.iter().position(|s| tag(s).generation.load(Relaxed) != 0 && tag(s).is(parent, name));
        let index = match known {
            Some(index) => index,
            None => slots.iter().position(|s| is_free(tag(s), now)).ok_or(BoardError::Full)?,
        };
        let slot = slots.get(index).ok_or(BoardError::Full)?;
        // What left the configuration and comes back later is not what it was.
        let new = is_free(tag(slot), now);
        tag(slot).set(parent, name);
        tag(slot).generation.store(now, Release);
        Ok((slot, index, new))
    }
}

/// What the new need alone asks for may be less than there is, or too little beside what is held.
fn larger(room: Room, held: Room, need: Room) -> Room {
    need.doubled().or(held.and(need)).or(room)
}

fn is_free(tag: &Tag, now: u32) -> bool {
    let generation = tag.generation.load(Relaxed);
    generation == 0 || now.wrapping_sub(generation) >= 2
}

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
}
