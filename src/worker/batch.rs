//! Pieces of a reply's body that are passed on together: one pass through the host's filters for each receive.

/// How many pieces of a body are passed on at once: as many packets of the usual size as a receive buffer holds.
const BATCH: usize = 8;

/// Pieces of the body that are passed on together.
pub(super) struct Batch<'b> {
    pieces: [&'b [u8]; BATCH],
    len: usize,
}

impl<'b> Batch<'b> {
    pub(super) fn new() -> Self {
        Self { pieces: [&[]; BATCH], len: 0 }
    }

    pub(super) fn push(&mut self, piece: &'b [u8]) {
        if let Some(place) = self.pieces.get_mut(self.len) {
            *place = piece;
            self.len += 1;
        }
    }

    pub(super) fn is_full(&self) -> bool {
        self.len == BATCH
    }

    pub(super) fn pieces(&self) -> &[&'b [u8]] {
        self.pieces.get(..self.len).unwrap_or_default()
    }

    pub(super) fn clear(&mut self) {
        self.len = 0;
    }
}
