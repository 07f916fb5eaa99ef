//! The fence at every entry: no panic leaves the module.
//!
//! A panic that reached C would abort the process and with it all requests of the child. Here it ends as the
//! entry's fallback value and one line in httpd's error log.

use std::cell::RefCell;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Once;

thread_local! {
    static LAST_PANIC: RefCell<String> = const { RefCell::new(String::new()) };
}

/// Runs `body`; a panic in it becomes `fallback`.
pub(super) fn guard<T>(fallback: T, body: impl FnOnce() -> T) -> T {
    note_panics();
    match catch_unwind(AssertUnwindSafe(body)) {
        Ok(value) => value,
        Err(_) => {
            let what = LAST_PANIC.with(|cell| std::mem::take(&mut *cell.borrow_mut()));
            super::logging::to_error_log(&format!("internal error, please report it: {what}"));
            fallback
        }
    }
}

/// Makes panics leave their message here instead of on the server's standard error. The hook is this library's
/// own: other modules in the process are not touched.
fn note_panics() {
    static ONCE: Once = Once::new();
    ONCE.call_once(|| {
        std::panic::set_hook(Box::new(|info| {
            let text = info.to_string().replace(['\r', '\n'], " ");
            LAST_PANIC.with(|cell| {
                if let Ok(mut last) = cell.try_borrow_mut() {
                    *last = text;
                }
            });
        }));
    });
}

#[cfg(test)]
mod tests {
    use std::panic::{AssertUnwindSafe, catch_unwind};

    #[test]
    fn a_panic_is_caught_with_its_place() {
        super::note_panics();
        assert!(catch_unwind(AssertUnwindSafe(|| panic!("so\nwhat"))).is_err());
        let text = super::LAST_PANIC.with(|cell| cell.borrow().clone());
        assert!(text.contains("so what") && text.contains("boundary.rs"), "{text}");
    }
}
