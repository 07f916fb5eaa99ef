//! `docs/reference`: rendered from the tables of directives and properties. `UPDATE_REFERENCE=1` writes the pages; a run
//! without it fails when one of them is not what the tables say.

#![allow(clippy::unwrap_used, clippy::panic)] // a test: it fails by panicking

use mod_jk::config::directives::{Directive, GROUPS, Inherited, Repeated, Scope, TABLE};
use mod_jk::config::options;
use mod_jk::config::worker_keys::{self, Key, Repeat, Role, Standing, Unit};
use mod_jk::uri::extensions::known_extensions;
use std::fmt::Write;
use std::path::{Path, PathBuf};

const DIRECTIVES: &str = "# Directives

Every directive of this module: how it is written, what holds without it, what it does, and what differs in mod_jk.
Numbers like D7 are rows of [COMPATIBILITY.md](../COMPATIBILITY.md). The properties of workers are in
[workers.md](workers.md).

This page is made from the table that httpd is given. To change it, change `src/config/directives/table`, then run
`UPDATE_REFERENCE=1 cargo test --no-default-features --test reference`.
";

const WORKERS: &str = "# Properties of workers

What `workers.properties` and `JkWorkerProperty` may hold: lines of the form `worker.NAME.PROPERTY=VALUE`, where NAME is
that of a worker. `#` begins a comment, wherever it stands. `$(NAME)` stands for an earlier line `NAME=...` or a variable
of httpd's environment. Numbers may end in `k` or `m` for their 1024 or 1048576 fold; switches are `true`, `on`, `yes` or
`1`, and their contraries. Lists are separated by blanks or commas. Numbers like D7 are rows of
[COMPATIBILITY.md](../COMPATIBILITY.md).

This page is made from the table by which the file is read. To change it, change `src/config/worker_keys/table.rs`, then
run `UPDATE_REFERENCE=1 cargo test --no-default-features --test reference`.
";

/// The sections of the page of properties.
const SECTIONS: &[(&str, &str, &[Role])] = &[
    ("The module", "Written without the name of a worker: `worker.list=...`.", &[Role::Global]),
    ("Every worker", "", &[Role::Ajp, Role::Lb, Role::Status]),
    ("Tomcats: type `ajp13`", "", &[Role::Ajp]),
    ("Tomcats and balancers", "", &[Role::Ajp, Role::Lb]),
    (
        "Members of a balancer",
        "Written on the `ajp13` worker that `balance_workers` names, besides the properties above.",
        &[Role::Member],
    ),
    ("Balancers: type `lb`", "", &[Role::Lb]),
    ("Status pages: type `status`", "What can be asked of it is in [status.md](status.md).", &[Role::Status]),
    ("Without effect", "Accepted, because old files have them.", &[]),
];

fn directives() -> String {
    let mut page = DIRECTIVES.to_owned();
    for group in GROUPS {
        write!(page, "\n## {}\n", group.title).unwrap();
        group.directives.iter().for_each(|one| directive(one, &mut page));
    }
    page + "\n## Options\n\nThe words of [`JkOptions`](#jkoptions).\n\n"
        + &option_rows()
        + "\n## Extensions\n\n\
        What may follow the worker in a rule, each behind a semicolon and without blanks: `JkMount /app/* lb;stateless=1`. \
        Those about sessions and members need a balancer. What is not understood is left out, with a warning.\n\n"
        + &extension_rows()
}

fn directive(one: &Directive, page: &mut String) {
    write!(page, "\n### {}\n\n    {} {}\n\n", one.name, one.name, one.syntax).unwrap();
    writeln!(page, "- Where: {}", place(one.scope)).unwrap();
    writeln!(page, "- Default: {}", default(one)).unwrap();
    writeln!(page, "- Given again: {}", repeated(one.repeated)).unwrap();
    if one.scope != Scope::Server {
        writeln!(page, "- In a virtual host: {}", inherited(one.inherited)).unwrap();
    }
    write!(page, "\n{}\n", one.meaning).unwrap();
    if !one.differs.is_empty() {
        write!(page, "\nDifferent from mod_jk: {}\n", one.differs).unwrap();
    }
}

fn place(scope: Scope) -> &'static str {
    match scope {
        Scope::Server => "main server",
        Scope::ServerOrVhost => "main server, virtual host",
        Scope::Anywhere => "main server, virtual host, `<Location>` and other sections with a path",
    }
}

fn default(one: &Directive) -> String {
    if one.name.ends_with("Indicator") || one.name.ends_with("Prefix") {
        return format!("`{}`", one.default);
    }
    one.default.to_owned()
}

fn repeated(repeated: Repeated) -> &'static str {
    match repeated {
        Repeated::Replaces => "the last line counts",
        Repeated::Adds => "all lines count",
        Repeated::Named => "all lines count, of those with the same name the last",
        Repeated::Refused => "an error",
    }
}

fn inherited(inherited: Inherited) -> &'static str {
    match inherited {
        Inherited::Yes => "that of the main server, unless it has its own",
        Inherited::Rules => "that of the main server only with [`JkMountCopy`](#jkmountcopy)",
        Inherited::Whole(words) => words,
    }
}

fn option_rows() -> String {
    let mut rows = "| option | by default | what it does |\n|---|---|---|\n".to_owned();
    for (name, help, on) in options::words() {
        writeln!(rows, "| `{name}` | {} | {help} |", if on { "on" } else { "off" }).unwrap();
    }
    rows
}

fn extension_rows() -> String {
    let mut rows = "| extension | what it does |\n|---|---|\n".to_owned();
    for (name, help) in known_extensions() {
        writeln!(rows, "| `{name}=` | {help} |").unwrap();
    }
    rows
}

fn workers() -> String {
    let mut page = WORKERS.to_owned();
    for (title, intro, roles) in SECTIONS {
        write!(page, "\n## {title}\n\n").unwrap();
        if !intro.is_empty() {
            write!(page, "{intro}\n\n").unwrap();
        }
        page += "| property | default | value | what it does |\n|---|---|---|---|\n";
        let rows = worker_keys::TABLE.iter().filter(|key| key.applies_to == *roles);
        rows.for_each(|key| property(key, &mut page));
    }
    page
}

fn property(key: &Key, page: &mut String) {
    let unit = match key.unit {
        Unit::None => String::new(),
        Unit::Seconds | Unit::Millis | Unit::Bytes => format!(", {}", key.unit.label()),
    };
    let mut meaning = key.help.to_owned();
    match key.standing {
        Standing::Current | Standing::Gone => {}
        Standing::Replaced(name) => write!(meaning, " (deprecated: write `{name}`)").unwrap(),
    }
    meaning.push('.');
    match key.repeat {
        Repeat::Join(b',') => meaning.push_str(" Lines add up."),
        Repeat::Join(_) | Repeat::Replace => {}
    }
    if !key.differs.is_empty() {
        write!(meaning, " *mod_jk:* {}.", key.differs).unwrap();
    }
    let cells = [key.default, key.range].map(|cell| cell.replace('|', "\\|"));
    writeln!(
        page,
        "| `{}` | {} | {}{unit} | {} |",
        key.name,
        cells[0],
        cells[1],
        meaning.replace('|', "\\|")
    )
    .unwrap();
}

/// The page with its paragraphs in lines of at most 120 characters, where words allow it. Tables and examples stay.
fn wrapped(page: &str) -> String {
    let mut out = String::new();
    for line in page.lines() {
        if line.starts_with(['|', '#', ' ']) || line.len() <= 120 {
            out += line;
        } else {
            let mut length = 0;
            for word in line.split(' ') {
                if length > 0 && length + 1 + word.len() > 120 {
                    out.push('\n');
                    length = 0;
                } else if length > 0 {
                    out.push(' ');
                    length += 1;
                }
                out += word;
                length += word.len();
            }
        }
        out.push('\n');
    }
    out
}

fn page_file(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("docs/reference").join(name)
}

#[test]
fn pages_say_what_the_tables_say() {
    for (name, page) in [("directives.md", directives()), ("workers.md", workers())] {
        let (file, page) = (page_file(name), wrapped(&page));
        if std::env::var_os("UPDATE_REFERENCE").is_some() {
            std::fs::create_dir_all(file.parent().unwrap()).unwrap();
            std::fs::write(&file, &page).unwrap();
        }
        let kept = std::fs::read_to_string(&file).unwrap_or_default();
        let line = kept.lines().zip(page.lines()).position(|(kept, made)| kept != made);
        assert!(
            kept == page,
            "docs/reference/{name} is not what the tables say, first at line {}; \
             write it with UPDATE_REFERENCE=1 cargo test --no-default-features --test reference",
            line.unwrap_or_else(|| kept.lines().count().min(page.lines().count())) + 1
        );
    }
}

#[test]
fn every_property_has_its_section() {
    for key in worker_keys::TABLE {
        let sections = SECTIONS.iter().filter(|(_, _, roles)| key.applies_to == *roles).count();
        assert_eq!(sections, 1, "{}", key.name);
    }
}

#[test]
fn every_directive_has_its_page() {
    for one in TABLE {
        assert!(
            !one.syntax.is_empty() && !one.default.is_empty() && one.meaning.ends_with(['.', ']']),
            "{}",
            one.name
        );
        assert!(one.differs.is_empty() || one.differs.ends_with('.'), "{}", one.name);
    }
    assert!(options::words().all(|(_, help, _)| help.ends_with('.')));
    assert!(known_extensions().all(|(_, help)| help.ends_with('.')));
}

#[test]
fn each_difference_has_a_number_of_its_own() {
    let rows =
        std::fs::read_to_string(Path::new(env!("CARGO_MANIFEST_DIR")).join("docs/COMPATIBILITY.md")).unwrap();
    let mut numbers: Vec<u32> =
        rows.lines().filter_map(|line| line.strip_prefix("| D")?.split(' ').next()?.parse().ok()).collect();
    numbers.sort_unstable();
    assert!(numbers.len() > 80, "the table was not read");
    let twice: Vec<_> = numbers.windows(2).filter(|pair| pair[0] == pair[1]).collect();
    assert!(twice.is_empty(), "{twice:?}");
}

#[test]
fn rows_of_differences_exist() {
    let rows =
        std::fs::read_to_string(Path::new(env!("CARGO_MANIFEST_DIR")).join("docs/COMPATIBILITY.md")).unwrap();
    let pages = directives() + &workers();
    for piece in pages.split(|c: char| !c.is_ascii_alphanumeric()) {
        let Some(number) = piece.strip_prefix('D').filter(|rest| !rest.is_empty()) else { continue };
        if number.bytes().all(|b| b.is_ascii_digit()) {
            assert!(rows.contains(&format!("| {piece} |")), "{piece} is no row of docs/COMPATIBILITY.md");
        }
    }
}
