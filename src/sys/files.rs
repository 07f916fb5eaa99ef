//! What stands on disk: kinds and versions of files, and their content.

use std::ffi::OsStr;
use std::io::{self, Read};
use std::os::unix::ffi::OsStrExt;
use std::os::unix::fs::{MetadataExt, OpenOptionsExt};
use std::path::Path;

/// What a name stands for, symbolic links followed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// A regular file.
    File,
    /// A directory.
    Directory,
    /// A pipe, a device, a socket.
    Other,
}

/// What the system tells about a name.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Entry {
    /// What it stands for.
    pub kind: Kind,
    /// Time of the last modification in seconds since 1970, and the nanoseconds beyond.
    pub modified: (i64, u32),
    /// Bytes.
    pub size: u64,
}

/// A path from bytes.
pub fn path(name: &[u8]) -> &Path {
    Path::new(OsStr::from_bytes(name))
}

/// Asks the system about a name.
///
/// # Errors
/// The operating system's.
pub fn entry(name: &[u8]) -> io::Result<Entry> {
    let found = std::fs::metadata(path(name))?;
    let kind = match (found.is_file(), found.is_dir()) {
        (true, _) => Kind::File,
        (false, true) => Kind::Directory,
        (false, false) => Kind::Other,
    };
    let nanos = u32::try_from(found.mtime_nsec()).unwrap_or(0);
    Ok(Entry { kind, modified: (found.mtime(), nanos), size: found.len() })
}

/// The kind of what a name stands for; `None` if it cannot be told.
pub fn kind(name: &[u8]) -> Option<Kind> {
    entry(name).ok().map(|entry| entry.kind)
}

/// Whether a name is that of a regular file itself, not of a link to one.
pub fn is_plain(name: &[u8]) -> bool {
    std::fs::symlink_metadata(path(name)).is_ok_and(|found| found.is_file())
}

/// The bytes of a file.
///
/// # Errors
/// The operating system's.
pub fn read(name: &[u8]) -> io::Result<Vec<u8>> {
    std::fs::read(path(name))
}

/// More of a file with a secret is not read.
const PRIVATE: u64 = 4096;

/// The first 4096 bytes of a regular file, and whether every user of the machine may read it.
///
/// # Errors
/// The operating system's, or that it is no regular file.
pub fn read_private(name: &[u8]) -> io::Result<(Vec<u8>, bool)> {
    let file = std::fs::OpenOptions::new().read(true).custom_flags(libc::O_NONBLOCK).open(path(name))?;
    let what = file.metadata()?;
    if !what.is_file() {
        return Err(io::Error::new(io::ErrorKind::InvalidInput, "it is no regular file"));
    }
    let mut bytes = Vec::new();
    file.take(PRIVATE).read_to_end(&mut bytes)?;
    Ok((bytes, what.mode() & 0o004 != 0))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_stand_for_files_directories_or_nothing() {
        let here = env!("CARGO_MANIFEST_DIR").as_bytes();
        let file = [here, b"/Cargo.toml"].concat();
        assert_eq!(kind(here), Some(Kind::Directory));
        assert_eq!(kind(b"/dev/null"), Some(Kind::Other));
        assert_eq!(kind(&[here, b"/no such file"].concat()), None);
        assert_eq!(kind(b"with\0nul"), None);
        assert!(is_plain(&file) && !is_plain(here) && !is_plain(b"/dev/null") && !is_plain(b"/dev/stderr"));
        let entry = entry(&file).unwrap();
        assert_eq!((entry.kind, entry.size), (Kind::File, read(&file).unwrap().len() as u64));
        assert!(entry.modified.0 > 0);
    }
}
