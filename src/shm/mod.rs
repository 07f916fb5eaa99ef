//! SHARED STATE: what all children of one server know of workers and members.
