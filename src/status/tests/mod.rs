//! Whole answers: those of the original, and the new formats.

mod golden;
mod new_formats;
pub(super) mod sample;
