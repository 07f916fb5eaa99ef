//! Which record a name gets, and whether there are enough of them.

use super::{Board, BoardError, Column, Room};
use crate::shm::course::Course;
use crate::shm::slot::{AjpSlot, LbSlot, MemberSlot, Tag};
use crate::sys::clock;
use crate::sys::mapping::Shared;
use std::sync::atomic::Ordering::{Relaxed, Release};

impl Board {
    /// Whether it has room for a configuration beside the one before, whose children may still run.
    pub fn has_room_for(&self, need: Room) -> bool {
        let now = self.head.generation.load(Relaxed);
        let free = |tags: &mut dyn Iterator<Item = &Tag>| {
            tags.filter(|tag| is_free(tag, now.wrapping_add(1))).count()
        };
        self.census.pids.len() >= need.children
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

fn is_free(tag: &Tag, now: u32) -> bool {
    let generation = tag.generation.load(Relaxed);
    generation == 0 || now.wrapping_sub(generation) >= 2
}
