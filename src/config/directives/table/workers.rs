//! Where the workers come from, and how they are looked after.

use super::new;
use crate::config::directives::Repeated::{Adds, Refused};
use crate::config::directives::Scope::Server;
use crate::config::directives::Takes::{One, Raw};
use crate::config::directives::{Directive, apply};

pub(super) const ALL: &[Directive] = &[
    new("JkWorkersFile", One, Server, "the path of workers.properties", apply::workers_file)
        .repeated(Refused)
        .page(
            "PATH",
            "none: a single worker `ajp13` at localhost:8009",
            "The file that names the workers and their properties ([workers.md](workers.md)). A relative path begins \
             at `ServerRoot`. `apachectl configtest` reads the file too.",
        )
        .differs("a broken file is refused by `configtest`, not at the next restart (D11, D47, D48)."),
    new("JkWorkerProperty", Raw, Server, "a property of a worker, name=value", apply::worker_property)
        .repeated(Adds)
        .page(
            "NAME=VALUE",
            "none",
            "A line of `workers.properties` in httpd's own configuration, read before the file. Where both give a \
             property that has one value, the file counts; lists are joined.",
        ),
    new("JkShmFile", One, Server, "the path of a file for shared state", apply::shm_file)
        .page("PATH", "none", "Nothing. What child processes share lies in memory.")
        .differs("no file is written (D50)."),
    new(
        "JkShmSize",
        One,
        Server,
        "the size of shared memory in KiB; it is found automatically",
        apply::shm_size,
    )
    .page("KIB", "as needed", "Nothing. Shared memory has the size that the workers need.")
    .differs("the number is not used at all (D50)."),
    new(
        "JkWatchdogInterval",
        One,
        Server,
        "the seconds between rounds of maintenance by a thread, 0 for no thread",
        apply::watchdog,
    )
    .page(
        "SECONDS",
        "0",
        "How often a thread of each child process looks for maintenance that is due: closing idle connections, \
         letting balancing values fade and failed members recover. What is done then, and how often at most, is \
         `worker.maintain`.",
    )
    .differs("without it there is such a thread all the same, which looks each second; under prefork requests do it \
              in passing (D42)."),
];
