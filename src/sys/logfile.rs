//! A file that several processes append lines to.

use std::fs::{File, OpenOptions};
use std::io::{self, Write};
use std::os::fd::{FromRawFd, OwnedFd};
use std::os::unix::fs::OpenOptionsExt;
use std::path::Path;

/// An open log: a file, or the pipe of a log program.
#[derive(Debug)]
pub struct LogFile {
    file: File,
}

impl LogFile {
    /// Opens `path` for appending, readable for all, closed when a program is executed.
    ///
    /// # Errors
    /// The operating system's.
    pub fn open(path: &Path) -> io::Result<Self> {
        let file = OpenOptions::new().append(true).create(true).mode(0o644).open(path)?;
        Ok(Self { file })
    }

    /// A log on a copy of a descriptor that somebody else owns.
    ///
    /// # Errors
    /// The operating system's; for instance when `fd` is no open descriptor.
    pub fn copy_of(fd: i32) -> io::Result<Self> {
        // SAFETY: duplicating a number that is no descriptor fails; a new descriptor is ours alone.
        let copy = unsafe { libc::fcntl(fd, libc::F_DUPFD_CLOEXEC, 3) };
        if copy < 0 {
            return Err(io::Error::last_os_error());
        }
        // SAFETY: as above.
        let owned = unsafe { OwnedFd::from_raw_fd(copy) };
        Ok(Self { file: owned.into() })
    }

    /// Appends a line in one call, so that lines of different processes do not mix.
    ///
    /// # Errors
    /// The operating system's.
    pub fn append(&self, line: &[u8]) -> io::Result<()> {
        (&self.file).write_all(line)
    }
}
