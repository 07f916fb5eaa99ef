//! THE OPERATING SYSTEM: sockets, readiness, shared memory.
