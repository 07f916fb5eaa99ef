//! Finds httpd's and APR's headers, generates bindings for exactly what `src/httpd` uses, compiles the C shim.
//!
//! Overrides: `APXS` (path of apxs), `APR_CONFIG` (path of apr-1-config), `HTTPD_INCLUDEDIR` (folder of httpd.h).
//! Without the feature `httpd` there is nothing to do.

fn main() {
    #[cfg(feature = "httpd")]
    if let Err(message) = httpd::build() {
        println!("cargo::error={message}");
        std::process::exit(1);
    }
}

#[cfg(feature = "httpd")]
mod httpd {
    use std::env;
    use std::path::{Path, PathBuf};
    use std::process::Command;

    const FUNCTIONS: &[&str] = &[
        "ap_add_common_vars",
        "ap_add_version_component",
        "ap_get_brigade",
        "ap_get_input_filter_handle",
        "ap_get_remote_host",
        "ap_get_server_description",
        "ap_get_server_name",
        "ap_get_server_port",
        "ap_get_status_line",
        "ap_hook_(check_config|child_init|handler|log_transaction|map_to_storage|post_config|translate_name)",
        "ap_map_http_request_error",
        "ap_mpm_query",
        "ap_piped_log_write_fd",
        "ap_state_query",
        "ap_open_piped_log",
        "ap_pass_brigade",
        "ap_rwrite",
        "ap_retained_data_(create|get)",
        "ap_run_default_port",
        "ap_server_root_relative",
        "ap_set_content_length",
        "ap_set_content_type",
        "ap_set_last_modified",
        "ap_setup_client_block",
        "ap_update_mtime",
        "ap_bucket_error_create",
        "apr_optional_hook_add",
        "apr_brigade_(cleanup|create|destroy)",
        "apr_bucket_(eos|flush|transient)_create",
        "apr_date_parse_http",
        "apr_filepath_merge",
        "apr_os_file_get",
        "apr_palloc",
        "apr_pool_cleanup_(null|register)",
        "apr_pstrdup",
        "apr_pstrmemdup",
        "apr_stat",
        "apr_table_(addn|copy|do|elts|get|setn|unset)",
    ];
    const TYPES: &[&str] =
        &["module", "command_rec", "cmd_parms", "request_rec", "server_rec", "conn_rec", "apr_table_entry_t"];
    const CONSTANTS: &[&str] = &[
        "AP_FILTER_ERROR",
        "AP_MPMQ_.*",
        "AP_SQ_.*",
        "AP_STATUS_.*",
        "APLOG_.*",
        "APR_(SUCCESS|EOF|EAGAIN|EGENERAL|ENOENT|EINTR|TIMEUP|EOL)",
        "APR_HOOK_.*",
        "APR_(READ|WRITE|APPEND|CREATE|LARGEFILE|FOPEN_.*|FPROT_.*|OS_DEFAULT|REG)",
        "APR_FILEPATH_.*",
        "APR_FINFO_.*",
        "CONN_STATE_.*",
        "DIR_MAGIC_TYPE",
        "HTTP_.*",
        "M_.*",
        "METHODS",
        "MODULE_MAGIC_.*",
        "OK|DECLINED|DONE|SUSPENDED",
        "PROXYREQ_.*",
        "REMOTE_.*",
        "REQUEST_CHUNKED_DECHUNK",
        "RSRC_CONF|ACCESS_CONF|EXEC_ON_READ|OR_.*|GLOBAL_ONLY",
        "NOT_IN_.*",
        "AP_(MODE|MODULE)_.*",
        "MAX_STRING_LEN",
        "ap_server_conf",
        "ap_conftree",
        "ap_listeners",
    ];

    pub(super) fn build() -> Result<(), String> {
        for name in ["APXS", "APR_CONFIG", "HTTPD_INCLUDEDIR", "LIBCLANG_PATH"] {
            println!("cargo::rerun-if-env-changed={name}");
        }
        for file in ["build.rs", "include/wrapper.h", "include/shim.h", "src/httpd/shim.c"] {
            println!("cargo::rerun-if-changed={file}");
        }
        let flags = header_flags()?;
        bindings(&flags)?;
        shim(&flags)?;
        // The host unloads and reloads modules at every restart; whether that really unmaps a Rust library
        // depends on accidents (thread-local destructors), so ask for one behaviour.
        println!("cargo::rustc-cdylib-link-arg=-Wl,-z,nodelete");
        Ok(())
    }

    /// `-I`, `-D` and the like for httpd.h and apr.h.
    fn header_flags() -> Result<Vec<String>, String> {
        let apxs = env::var("APXS").unwrap_or_else(|_| "apxs".to_owned());
        let httpd = match env::var("HTTPD_INCLUDEDIR") {
            Ok(folder) => PathBuf::from(folder),
            Err(_) => query(&apxs, &["-q", "INCLUDEDIR"])
                .map(PathBuf::from)
                .or_else(|| usual_place("httpd.h", &["apache2", "httpd"]))
                .ok_or_else(|| missing("apxs and httpd.h", "apache2-dev", "httpd-devel"))?,
        };
        if !httpd.join("httpd.h").is_file() {
            return Err(format!(
                "{} has no httpd.h: set HTTPD_INCLUDEDIR to the folder that has it, or {}",
                httpd.display(),
                missing("httpd.h", "apache2-dev", "httpd-devel")
            ));
        }
        let apr = env::var("APR_CONFIG")
            .ok()
            .or_else(|| query(&apxs, &["-q", "APR_CONFIG"]))
            .unwrap_or_else(|| "apr-1-config".to_owned());
        let apr_flags = query(&apr, &["--includes", "--cppflags"])
            .or_else(|| query("pkg-config", &["--cflags", "apr-1"]))
            .ok_or_else(|| missing("apr-1-config", "libapr1-dev", "apr-devel"))?;
        let mut flags: Vec<String> = apr_flags.split_whitespace().map(str::to_owned).collect();
        if let Some(util) = usual_place("apr_buckets.h", &["apr-1.0", "apr-1"]) {
            flags.push(format!("-I{}", util.display()));
        }
        flags.push(format!("-I{}", httpd.display()));
        flags.push("-Iinclude".to_owned());
        Ok(flags)
    }

    fn bindings(flags: &[String]) -> Result<(), String> {
        let mut builder = bindgen::Builder::default()
            .header("include/wrapper.h")
            .header("include/shim.h")
            .clang_args(flags)
            .default_enum_style(bindgen::EnumVariation::ModuleConsts)
            .allowlist_function("jk_shim_.*")
            .generate_comments(false)
            .derive_debug(false)
            .rust_target(bindgen::RustTarget::stable(82, 0).map_err(|e| e.to_string())?)
            .layout_tests(true)
            .parse_callbacks(Box::new(bindgen::CargoCallbacks::new()));
        for function in FUNCTIONS {
            builder = builder.allowlist_function(function);
        }
        for name in TYPES {
            builder = builder.allowlist_type(name);
        }
        for name in CONSTANTS {
            builder = builder.allowlist_var(name);
        }
        // bindgen panics when it finds no libclang; the packages' names help more than its message.
        let generated = std::panic::catch_unwind(std::panic::AssertUnwindSafe(|| builder.generate()))
            .map_err(|_| {
                missing(
                    "libclang (or it could not be loaded: see LIBCLANG_PATH)",
                    "libclang-dev",
                    "clang-devel",
                )
            })?
            .map_err(|e| {
                format!(
                    "httpd's headers could not be read: {e}; {}",
                    missing("C headers", "libc6-dev", "glibc-devel")
                )
            })?;
        let out = PathBuf::from(env::var("OUT_DIR").map_err(|e| e.to_string())?).join("bindings.rs");
        generated.write_to_file(&out).map_err(|e| format!("cannot write {}: {e}", out.display()))
    }

    fn shim(flags: &[String]) -> Result<(), String> {
        let mut build = cc::Build::new();
        build.file("src/httpd/shim.c").warnings(true).flag_if_supported("-Wno-unused-parameter");
        for flag in flags {
            build.flag(flag);
        }
        build.try_compile("jk_shim").map_err(|e| {
            format!("src/httpd/shim.c does not compile: {e}; {}", missing("a C compiler", "gcc", "gcc"))
        })
    }

    fn query(program: &str, args: &[&str]) -> Option<String> {
        let output = Command::new(program).args(args).output().ok().filter(|o| o.status.success())?;
        let text = String::from_utf8(output.stdout).ok()?;
        // apxs prints a trailing separator on some systems.
        let text = text.trim().trim_end_matches(';').trim();
        (!text.is_empty()).then(|| text.to_owned())
    }

    fn usual_place(header: &str, folders: &[&str]) -> Option<PathBuf> {
        ["/usr/include", "/usr/local/include", "/usr/local/apache2/include"]
            .iter()
            .flat_map(|prefix| folders.iter().map(move |folder| Path::new(prefix).join(folder)))
            .chain(std::iter::once(PathBuf::from("/usr/local/apache2/include")))
            .find(|folder| folder.join(header).is_file())
    }

    fn missing(what: &str, debian: &str, fedora: &str) -> String {
        format!(
            "{what} not found. Debian, Ubuntu: apt-get install {debian}. Fedora, RHEL: dnf install {fedora}."
        )
    }
}
