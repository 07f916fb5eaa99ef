//! What httpd sees: the module record, its commands and hooks.

use super::boundary::guard;
use super::ffi::{self, module};
use super::{commands, handler, mapping, request_lines, server, startup};
use std::ffi::c_int;
use std::ptr::null;

const DECLINED: c_int = ffi::DECLINED;
const FAILED: c_int = super::apr::int(ffi::HTTP_INTERNAL_SERVER_ERROR);

/// The record that `LoadModule jk_module` names. httpd writes its index and handle into it.
#[unsafe(no_mangle)]
#[allow(unreachable_pub)] // found by name, in no Rust path
pub static mut jk_module: module = module {
    version: super::apr::int(ffi::MODULE_MAGIC_NUMBER_MAJOR),
    minor_version: super::apr::int(ffi::MODULE_MAGIC_NUMBER_MINOR),
    module_index: -1,
    name: c"mod_jk.c".as_ptr(),
    dynamic_load_handle: std::ptr::null_mut(),
    next: std::ptr::null_mut(),
    magic: ffi::MODULE_MAGIC_COOKIE as _,
    rewrite_args: None,
    create_dir_config: None,
    merge_dir_config: None,
    create_server_config: Some(create_server_config),
    merge_server_config: Some(merge_server_config),
    cmds: commands::TABLE.as_ptr(),
    register_hooks: Some(register_hooks),
    flags: 0,
};

/// Our place in httpd's per-server and per-request vectors.
pub(super) fn index() -> usize {
    // SAFETY: httpd writes the index once, when it loads the module, before any hook can run.
    usize::try_from(unsafe { (&raw const jk_module.module_index).read() }).unwrap_or(0)
}

/// All at MIDDLE without lists of predecessors, as the original: among modules at MIDDLE the order of LoadModule
/// lines decides, and configurations rely on it.
unsafe extern "C" fn register_hooks(_pool: *mut ffi::apr_pool_t) {
    const MIDDLE: c_int = super::apr::int(ffi::APR_HOOK_MIDDLE);
    // SAFETY: httpd's hook registration, called from where httpd wants it called.
    unsafe {
        ffi::ap_hook_check_config(Some(check_config), null(), null(), MIDDLE);
        ffi::ap_hook_post_config(Some(post_config), null(), null(), MIDDLE);
        ffi::ap_hook_child_init(Some(child_init), null(), null(), MIDDLE);
        ffi::ap_hook_translate_name(Some(translate_name), null(), null(), MIDDLE);
        ffi::ap_hook_map_to_storage(Some(map_to_storage), null(), null(), MIDDLE);
        ffi::ap_hook_handler(Some(handle), null(), null(), MIDDLE);
        ffi::ap_hook_log_transaction(Some(log_transaction), null(), null(), MIDDLE);
    }
    let hook: StatusHook = server_status;
    // SAFETY: the type of the hook `status_hook` of mod_status, whose name APR knows it by. Where mod_status is not
    // loaded nobody calls it.
    unsafe {
        let hook = std::mem::transmute::<StatusHook, unsafe extern "C" fn()>(hook);
        ffi::apr_optional_hook_add(c"status_hook".as_ptr(), Some(hook), null(), null(), MIDDLE);
    }
}

/// A hook of mod_status.
type StatusHook = unsafe extern "C" fn(*mut ffi::request_rec, c_int) -> c_int;

unsafe extern "C" fn server_status(r: *mut ffi::request_rec, flags: c_int) -> c_int {
    // SAFETY: mod_status hands in the request that it answers.
    guard(DECLINED, || unsafe { super::server_status::add(r, flags) })
}

unsafe extern "C" fn create_server_config(
    pool: *mut ffi::apr_pool_t,
    _server: *mut ffi::server_rec,
) -> *mut std::ffi::c_void {
    // SAFETY: httpd hands in the configuration pool.
    guard(std::ptr::null_mut(), || unsafe { server::create(pool) })
}

unsafe extern "C" fn merge_server_config(
    pool: *mut ffi::apr_pool_t,
    base: *mut std::ffi::c_void,
    add: *mut std::ffi::c_void,
) -> *mut std::ffi::c_void {
    // SAFETY: both are what `create_server_config` or this function gave httpd.
    guard(std::ptr::null_mut(), || unsafe { server::merge(pool, base, add) })
}

unsafe extern "C" fn check_config(
    pconf: *mut ffi::apr_pool_t,
    _plog: *mut ffi::apr_pool_t,
    _ptemp: *mut ffi::apr_pool_t,
    main: *mut ffi::server_rec,
) -> c_int {
    // SAFETY: httpd hands in its configuration pool and the main server.
    guard(FAILED, || unsafe { startup::check(pconf, main) })
}

unsafe extern "C" fn post_config(
    pconf: *mut ffi::apr_pool_t,
    _plog: *mut ffi::apr_pool_t,
    _ptemp: *mut ffi::apr_pool_t,
    main: *mut ffi::server_rec,
) -> c_int {
    // SAFETY: as above.
    guard(FAILED, || unsafe { startup::start(pconf, main) })
}

unsafe extern "C" fn child_init(pchild: *mut ffi::apr_pool_t, main: *mut ffi::server_rec) {
    // SAFETY: httpd hands in the child's pool and the main server.
    guard((), || unsafe { startup::child(pchild, main) });
}

unsafe extern "C" fn translate_name(r: *mut ffi::request_rec) -> c_int {
    // SAFETY: httpd gives a hook a live request that no other thread uses until it returns.
    guard(FAILED, || unsafe { mapping::translate_name(r) })
}

unsafe extern "C" fn map_to_storage(r: *mut ffi::request_rec) -> c_int {
    // SAFETY: as above.
    guard(FAILED, || unsafe { mapping::map_to_storage(r) })
}

unsafe extern "C" fn log_transaction(r: *mut ffi::request_rec) -> c_int {
    // SAFETY: as above.
    guard(DECLINED, || unsafe { request_lines::log_transaction(r) })
}

unsafe extern "C" fn handle(r: *mut ffi::request_rec) -> c_int {
    // SAFETY: as above.
    unsafe {
        if (*r).handler.is_null() {
            return DECLINED;
        }
    }
    // SAFETY: as above.
    guard(FAILED, || unsafe { handler::handle(r) })
}
