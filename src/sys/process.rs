//! Processes: who we are, and who still lives.

/// The id of this process.
pub fn id() -> u32 {
    std::process::id()
}

/// Whether a process with this id exists (also if it belongs to somebody else).
pub fn exists(pid: u32) -> bool {
    let Ok(pid) = libc::pid_t::try_from(pid) else { return false };
    // SAFETY: signal 0 delivers nothing; the call only checks for existence.
    let answer = unsafe { libc::kill(pid, 0) };
    answer == 0 || std::io::Error::last_os_error().raw_os_error() == Some(libc::EPERM)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn this_process_exists_and_an_impossible_one_does_not() {
        assert!(exists(id()));
        assert!(!exists(u32::MAX));
    }
}
