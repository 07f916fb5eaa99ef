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

/// Runs `body` while this thread takes no signals; a thread that it starts never takes any. The host's handlers expect
/// to run in the host's own threads.
pub fn without_signals<T>(body: impl FnOnce() -> T) -> T {
    // SAFETY: an all-zero set is a place to write to; both calls get pointers to live sets.
    let before = unsafe {
        let (mut all, mut before): (libc::sigset_t, libc::sigset_t) =
            (std::mem::zeroed(), std::mem::zeroed());
        libc::sigfillset(&raw mut all);
        libc::pthread_sigmask(libc::SIG_SETMASK, &raw const all, &raw mut before);
        before
    };
    let result = body();
    // SAFETY: puts back the mask that the first call gave.
    unsafe { libc::pthread_sigmask(libc::SIG_SETMASK, &raw const before, std::ptr::null_mut()) };
    result
}

/// Random bytes that nobody can guess.
///
/// # Errors
/// The operating system's, if it has none.
pub fn random<const N: usize>() -> std::io::Result<[u8; N]> {
    let mut bytes = [0; N];
    // SAFETY: the pointer and the length are those of a live array.
    let got = unsafe { libc::getrandom(bytes.as_mut_ptr().cast(), N, 0) };
    if usize::try_from(got) == Ok(N) { Ok(bytes) } else { Err(std::io::Error::last_os_error()) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn this_process_exists_and_an_impossible_one_does_not() {
        assert!(exists(id()));
        assert!(!exists(u32::MAX));
    }

    #[test]
    fn signals_stay_away_from_threads_that_are_started_without_them() {
        let blocked = || {
            // SAFETY: asks for the mask of this thread.
            unsafe {
                let mut now: libc::sigset_t = std::mem::zeroed();
                libc::pthread_sigmask(libc::SIG_SETMASK, std::ptr::null(), &raw mut now);
                libc::sigismember(&raw const now, libc::SIGTERM) == 1
            }
        };
        let before = blocked();
        let thread = without_signals(|| std::thread::spawn(blocked));
        assert_eq!((thread.join().ok(), blocked()), (Some(true), before));
    }
}
