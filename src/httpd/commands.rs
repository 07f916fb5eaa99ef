//! The module's directives as httpd wants them: one C record for each entry of the table in `config`.

use super::apr::{Pool, bytes, maybe};
use super::ffi::{self, cmd_func, cmd_how, cmd_parms, command_rec};
use super::{plan, server};
use crate::config::diagnostic::Place;
use crate::config::directives::{self, Args, Context, Directive, Scope, Surroundings, Takes};
use crate::text::Text;
use std::ffi::{c_char, c_void};
use std::path::Path;

const COUNT: usize = directives::TABLE.len();

/// Names and help texts with the zero byte that C wants; the longest have room.
static NAMES: [[u8; 40]; COUNT] = texts(false);
static HELP: [[u8; 120]; COUNT] = texts(true);

#[allow(clippy::indexing_slicing)] // bounds are checked when the constant is made
const fn texts<const LEN: usize>(help: bool) -> [[u8; LEN]; COUNT] {
    let mut all = [[0; LEN]; COUNT];
    let mut i = 0;
    while i < COUNT {
        let directive = &directives::TABLE[i];
        let text = if help { directive.help } else { directive.name }.as_bytes();
        assert!(text.len() < LEN, "a name or help text is longer than its place");
        let mut at = 0;
        while at < text.len() {
            all[i][at] = text[at];
            at += 1;
        }
        i += 1;
    }
    all
}

/// The command table, with the empty record that ends it.
#[repr(transparent)]
pub(super) struct Table([command_rec; COUNT + 1]);

// SAFETY: the pointers inside point to constants, and httpd only reads the table.
unsafe impl Sync for Table {}

impl Table {
    pub(super) const fn as_ptr(&'static self) -> *const command_rec {
        self.0.as_ptr()
    }
}

pub(super) static TABLE: Table = Table(records());

const END: command_rec = command_rec {
    name: std::ptr::null(),
    func: cmd_func { no_args: None },
    cmd_data: std::ptr::null_mut(),
    req_override: 0,
    args_how: cmd_how::NO_ARGS,
    errmsg: std::ptr::null(),
};

#[allow(clippy::indexing_slicing)] // bounds are checked when the constant is made
const fn records() -> [command_rec; COUNT + 1] {
    let mut all = [END; COUNT + 1];
    let mut i = 0;
    while i < COUNT {
        let directive: &'static Directive = &directives::TABLE[i];
        let (func, args_how) = match directive.takes {
            Takes::One => (cmd_func { take1: Some(one) }, cmd_how::TAKE1),
            Takes::OneOrTwo => (cmd_func { take2: Some(two) }, cmd_how::TAKE12),
            Takes::Raw => (cmd_func { raw_args: Some(one) }, cmd_how::RAW_ARGS),
        };
        let places = match directive.scope {
            Scope::Server | Scope::ServerOrVhost => ffi::RSRC_CONF,
            Scope::Anywhere => ffi::RSRC_CONF | ffi::ACCESS_CONF,
        };
        all[i] = command_rec {
            name: NAMES[i].as_ptr().cast(),
            func,
            cmd_data: std::ptr::from_ref(directive).cast_mut().cast(),
            req_override: super::apr::int(places),
            args_how,
            errmsg: HELP[i].as_ptr().cast(),
        };
        i += 1;
    }
    all
}

unsafe extern "C" fn one(cmd: *mut cmd_parms, _: *mut c_void, first: *const c_char) -> *const c_char {
    // SAFETY: httpd hands a directive handler its live parameters and arguments.
    unsafe { run(cmd, first, std::ptr::null()) }
}

unsafe extern "C" fn two(
    cmd: *mut cmd_parms,
    _: *mut c_void,
    first: *const c_char,
    second: *const c_char,
) -> *const c_char {
    // SAFETY: as in `one`.
    unsafe { run(cmd, first, second) }
}

/// Applies a directive; the answer is NULL or the error in words.
unsafe fn run(cmd: *mut cmd_parms, first: *const c_char, second: *const c_char) -> *const c_char {
    super::boundary::guard(c"internal error in mod_jk".as_ptr(), || {
        // SAFETY: the parameters are live; `cmd_data` is the entry that `records` put there.
        let (cmd, directive) = unsafe { (&*cmd, &*(*(*cmd).cmd).cmd_data.cast::<Directive>()) };
        // SAFETY: the pool of a directive outlives it.
        let pool = unsafe { Pool::new(cmd.pool) };
        // SAFETY: httpd reads its configuration in one thread.
        let Some(settings) = (unsafe { server::settings(cmd.server) }) else { return std::ptr::null() };
        let host = Host { pool };
        // SAFETY: strings of the configuration pool.
        let (args, path, place) =
            unsafe { (Args { first: maybe(first), second: maybe(second) }, maybe(cmd.path), place(cmd)) };
        // SAFETY: the server is live.
        let main_server = unsafe { (*cmd.server).is_virtual } == 0;
        match directive.run(settings, &args, &Context { path, main_server, place, host: &host }) {
            Ok(()) => std::ptr::null(),
            Err(message) => pool.text(&[message.as_bytes()]),
        }
    })
}

unsafe fn place(cmd: &cmd_parms) -> Place {
    // SAFETY: by the caller; the directive is NULL or live, with a file name that is NULL or a string.
    unsafe {
        match cmd.directive.as_ref() {
            Some(line) => Place::new(bytes(line.filename), u32::try_from(line.line_num).unwrap_or(0)),
            None => Place::new(b"", 0),
        }
    }
}

struct Host {
    pool: Pool,
}

impl Surroundings for Host {
    fn absolute(&self, path: &[u8]) -> Text {
        plan::below_root(self.pool, path).into()
    }

    fn is_regular_file(&self, path: &[u8]) -> bool {
        use std::os::unix::ffi::OsStrExt;
        Path::new(std::ffi::OsStr::from_bytes(path)).is_file()
    }

    fn is_directory(&self, path: &[u8]) -> bool {
        use std::os::unix::ffi::OsStrExt;
        Path::new(std::ffi::OsStr::from_bytes(path)).is_dir()
    }
}
